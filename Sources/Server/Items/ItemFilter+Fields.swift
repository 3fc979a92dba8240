import Catalog
import Storage

extension ItemFilter {
  /// Reads the filters that every route with items understands; see `Operation.Parameter.filters`.
  init(_ fields: Fields, now: Timestamp) throws(Problem) {
    self.init()
    kinds = try Self.read("kind", fields, "product, post, creator") { ItemKind(name: $0) }
    minimumPrice = try Self.price("price_min", fields)
    maximumPrice = try Self.price("price_max", fields)
    if let minimumPrice, let maximumPrice, minimumPrice > maximumPrice {
      throw .invalid("price_min", "\(minimumPrice) is above the price_max of \(maximumPrice)")
    }
    currencies = try Self.read("currency", fields, "ISO 4217 codes") { Currency($0) }
    retailers = fields.all("retailer")
    brands = fields.all("brand")
    categories = fields.all("category")
    creators = fields.all("creator")
    availability = try fields.choice("availability", Availability.allCases.map(\.rawValue))
      .flatMap(Availability.init)
    if let text = try fields.one("seen_since") {
      guard let moment = Timestamp(reading: text, now: now) else {
        throw .invalid(
          "seen_since",
          "\(Fields.quoted(text)) is neither RFC 3339 nor an age like 30m, 24h, 7d, 2w")
      }
      // In whole minutes, so that the same age asked for twice is the same filter.
      seenSince = Timestamp(milliseconds: moment.milliseconds / 60_000 * 60_000)
    }
    includesGone = try fields.flag("include_gone") ?? false
    colours = ColourSet(
      try Self.read(
        "colour", fields, ColourName.allCases.map(\.description).joined(separator: ", ")
      ) { ColourName(name: $0) })
    looksLike = fields.all("looks_like")
    shot = try fields.choice("shot", ShotKind.allCases.map(\.rawValue)).flatMap(ShotKind.init)
  }

  private static func read<Value>(
    _ name: String, _ fields: Fields, _ allowed: @autoclosure () -> String,
    _ make: (String) -> Value?
  ) throws(Problem) -> [Value] {
    var values: [Value] = []
    for text in fields.all(name) {
      guard let value = make(text) else {
        throw .invalid(name, "\(Fields.quoted(text)) is not among \(allowed())")
      }
      values.append(value)
    }
    return values
  }

  private static func price(_ name: String, _ fields: Fields) throws(Problem) -> Amount? {
    guard let text = try fields.one(name) else { return nil }
    guard let amount = Amount(text) else {
      throw .invalid(name, "\(Fields.quoted(text)) is not a decimal such as 49.90")
    }
    return amount
  }

  /// Whether the item passes, as far as the record tells; `creators` is not looked at.
  func admits(_ item: ItemRecord) -> Bool {
    func isAmong<Value: Equatable>(_ value: Value?, _ allowed: [Value]) -> Bool {
      allowed.isEmpty || value.map(allowed.contains) == true
    }
    let price = item.offer.price?.amount
    return (includesGone || !item.isGone) && isAmong(item.kind, kinds)
      && isAmong(item.offer.price?.currency, currencies) && isAmong(item.retailer, retailers)
      && isAmong(item.brand, brands) && isAmong(item.category, categories)
      && minimumPrice.map { bound in price.map { $0 >= bound } ?? false } ?? true
      && maximumPrice.map { bound in price.map { $0 <= bound } ?? false } ?? true
      && availability.map { $0 == item.offer.availability } ?? true
      && seenSince.map { $0 <= item.firstSeen } ?? true
  }
}

extension Problem {
  /// What a client is told of a catalog that cannot be read.
  init(_ error: StorageError) {
    switch error {
    case .absent, .olderSchema, .newerSchema, .locked:
      self.init(.catalogNotReady, error.description, retryAfter: 5)
    case .replaced:
      self.init(.catalogNotReady, Self.replacedCatalog, retryAfter: 5)
      cause = error.description
    case .full, .corrupt, .failed:
      self.init(.failed, "the catalog cannot be read; the server's log has the cause")
      cause = error.description
    }
  }
}

extension Problem {
  /// Of what is told to clients, who have no use for where it was.
  static let replacedCatalog =
    "the catalog was removed or replaced: the server wants starting again"
}

/// Asks the catalog; its errors become answers.
func asking<Value>(_ ask: () async throws(StorageError) -> Value) async throws(Problem) -> Value {
  do throws(StorageError) {
    return try await ask()
  } catch {
    throw Problem(error)
  }
}
