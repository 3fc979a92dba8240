import Catalog

extension SchemaReader {
  /// What a Product or ProductGroup says, with its offers and variants.
  ///
  /// - Parameter offer: What it stands in as `itemOffered`, where it does.
  mutating func product(_ value: JSONValue, types: SchemaTypes, of offer: JSONValue? = nil)
    -> ProductReading?
  {
    var reading = ProductReading(syntax: syntax, path: path(value))
    reading.texts.reserveCapacity(12)
    let isGroup = types.contains(.group)
    readTexts(value, into: &reading, at: reading.path)
    reading.pictures = pictures(value)
    for key: StaticString in ["url", "@id", "mainEntityOfPage"] {
      if let url = value[key]?.string ?? value[key]?["@id"]?.string { reading.urls.append(url) }
    }
    let currency = currency(of: value, at: reading.path)
    // Under `@reverse` stands what names this thing (JSON-LD 1.1, 4.8).
    let reverse = value["@reverse"]
    var offers =
      (value.all("offers") + value.all("offer") + (reverse?.all("itemOffered") ?? []))
      .flatMap(Self.numbered)
    // An Offer whose `itemprop` was forgotten still stands inside.
    if offers.isEmpty {
      offers = value.all("@nested").filter { SchemaTypes($0).contains(.offer) }
    }
    if offers.isEmpty, let offer { offers = [offer] }
    readOffers(offers, currency: currency, into: &reading)
    if reading.price == nil {
      reading.price = fact(value["price"], at: reading.path, "price", currency: currency)
    }
    // `itemprop="offers"` without an item of its own.
    if reading.stock == nil, let raw = Self.name(value["availability"]),
      let found = StockWords.read(raw)
    {
      reading.stock = StockFact(
        availability: found, raw: raw, path: Self.path(reading.path, "availability"))
    }
    readVariants(value, isGroup: isGroup, into: &reading)
    reading.isRange =
      offers.count == 1 && isRange(offers[0]) && reading.variants.isEmpty
      && reading.text(.sku) == nil && reading.text(.gtin) == nil
    let isEmpty = reading.texts.isEmpty && reading.price == nil && reading.pictures.isEmpty
    return isEmpty ? nil : reading
  }

  private func path(_ value: JSONValue) -> String {
    guard let type = SchemaTypes.first(of: value) else { return value.tape.origin }
    return value.tape.origin + " " + type
  }

  static func path(_ base: String, _ key: StaticString) -> String {
    let count = base.utf8.count + 1 + key.utf8CodeUnitCount
    return String(unsafeUninitializedCapacity: count) { bytes in
      var base = base
      let start = base.withUTF8 { bytes.update(fromContentsOf: $0) }
      bytes[start] = 0x2E
      _ = key.withUTF8Buffer { bytes[(start + 1)...].update(fromContentsOf: $0) }
      return count
    }
  }

  private func readTexts(_ value: JSONValue, into reading: inout ProductReading, at path: String) {
    func add(_ field: Field, _ key: StaticString, bonus: Int = 0) {
      guard let raw = Self.name(spoken(value[key])), var text = PlainText.clean(raw) else { return }
      // `productID="sku:V-1"`, in schema.org's own words.
      if field == .sku, let colon = text.firstIndex(of: ":"), text[..<colon].allSatisfy(\.isLetter)
      {
        text = String(text[colon...].dropFirst())
      }
      reading.add(field, text, at: Self.path(path, key), raw: raw, bonus: bonus)
    }
    add(.name, "name")
    add(.description, "description")
    add(.color, "color")
    add(.sku, "sku")
    add(.sku, "productID", bonus: -4)
    if reading.text(.sku) == nil { add(.sku, "mpn", bonus: -10) }
    for brand in value.all("brand") {
      if let raw = Self.name(brand), let text = PlainText.clean(raw).flatMap(BrandText.clean) {
        reading.add(.brand, text, at: path + ".brand", raw: raw)
        break
      }
    }
    if reading.text(.brand) == nil { add(.brand, "manufacturer", bonus: -10) }
    if let category = value.all("category").last, let raw = Self.name(category),
      let text = PlainText.clean(raw)
    {
      reading.add(.category, text, at: path + ".category", raw: raw)
    }
    for key: StaticString in ["gtin13", "gtin", "gtin12", "gtin14", "gtin8", "ean", "isbn", "upc"] {
      guard let raw = value[key]?.text else { continue }
      // A key that promises a number keeps a value even where its check digit is wrong: no.
      if let gtin = Gtin.readBook(raw) {
        reading.add(.gtin, gtin, at: Self.path(path, key), raw: raw)
        break
      }
    }
    if reading.text(.gtin) == nil, let id = value["productID"]?.text {
      let digits = id.split(separator: ":").last.map(String.init) ?? id
      if digits.utf8.count >= 12, let gtin = Gtin.readBook(digits) {
        reading.add(.gtin, gtin, at: path + ".productID", raw: id)
      }
    }
    readProperties(value.all("additionalProperty"), into: &reading, at: path)
  }

  /// `{"@type": "PropertyValue", "name": "Color", "value": "Red"}`, where nothing else says it.
  private func readProperties(
    _ properties: [JSONValue], into reading: inout ProductReading, at path: String
  ) {
    for property in properties.prefix(64) {
      guard let name = property["name"]?.string, let raw = Self.name(property["value"]) else {
        continue
      }
      switch Vocabulary.concept(name) {
      case .color where reading.text(.color) == nil:
        reading.add(
          .color, PlainText.clean(raw), at: path + ".additionalProperty", raw: raw, bonus: -6)
      case .gtin where reading.text(.gtin) == nil:
        reading.add(
          .gtin, Gtin.read(raw), at: path + ".additionalProperty", raw: raw, bonus: -6)
      default: continue
      }
    }
  }

  /// Of one text in several languages that of the page, else English, else the first:
  /// `[{"@language": "en", "@value": …}, …]` or `{"en": …, "de": …}`.
  private func spoken(_ value: JSONValue?) -> JSONValue? {
    guard let value, value.isContainer else { return value }
    if value.isObject { return StateShapes(context: context).translation(value) ?? value }
    let wanted = (context.language ?? "en").lowercased().prefix(2)
    var best: (value: JSONValue, rank: Int)?
    for member in value.memberIndices.prefix(64) where value.tape[member].kind == .reference {
      // What wraps a value stands for it; its members are inside.
      var inner = member + 1
      var language: String?
      while inner < Int(value.tape[member].end) {
        if Bytes.equals(value.tape.key(inner), "@language") {
          language = JSONValue(tape: value.tape, at: inner).string?.lowercased()
        }
        inner = Int(value.tape[inner].end)
      }
      guard let language else { continue }
      let rank = language.hasPrefix(wanted) ? 2 : language.hasPrefix("en") ? 1 : 0
      if rank > best?.rank ?? -1 { best = (JSONValue(tape: value.tape, at: member), rank) }
    }
    return best?.value ?? value
  }

  /// A string, a number's text, or the name of the thing that stands in its place.
  static func name(_ value: JSONValue?) -> String? {
    guard let value else { return nil }
    if let text = value.text { return text }
    if value.isArray { return name(value.firstMember) }
    let target = value.target
    return target["name"]?.text ?? target["@value"]?.text ?? target["value"]?.text
  }

  // MARK: Variants

  private mutating func readVariants(
    _ value: JSONValue, isGroup: Bool, into reading: inout ProductReading
  ) {
    guard partBudget > 0 else { return }
    var parts =
      value.all("hasVariant") + value.all("model") + (value["@reverse"]?.all("isVariantOf") ?? [])
    var isOwnGroup = isGroup
    if parts.isEmpty, let group = value["isVariantOf"]?.target {
      parts = group.all("hasVariant")
      isOwnGroup = false
      if reading.text(.brand) == nil, let brand = Self.name(group["brand"]) {
        reading.add(.brand, brand, at: reading.path + ".isVariantOf.brand")
      }
    }
    var first: ProductReading?
    var isFirstHere = false
    var stocks: [(fact: StockFact, isHere: Bool)] = []
    for part in parts.prefix(512) {
      partBudget -= 1
      guard partBudget > 0 else { break }
      guard part.isObject else { continue }
      var inner = ProductReading(syntax: syntax, path: reading.path + ".hasVariant")
      readTexts(part, into: &inner, at: inner.path)
      readOffers(part.all("offers"), currency: nil, into: &inner)
      inner.pictures = pictures(part)
      inner.urls = [part["url"]?.string].compactMap { $0 } + inner.urls
      var variant = VariantReading()
      variant.name = inner.text(.name)
      variant.sku = inner.text(.sku)
      variant.gtin = inner.text(.gtin)
      variant.color = inner.text(.color)
      variant.size = Self.name(part["size"])
      variant.pictures = inner.pictures
      variant.price = inner.price
      variant.listPrice = inner.listPrice
      variant.stock = inner.stock
      variant.url = inner.urls.first
      reading.variants.append(variant)
      let isHere = inner.urls.contains { context.isExactlyThisPage($0) }
      if let stock = inner.stock { stocks.append((stock, isHere)) }
      if first == nil || (isHere && !isFirstHere) {
        first = inner
        isFirstHere = isHere
      }
    }
    guard isOwnGroup, let first else { return }
    // A group is sold as its variants: the one at hand speaks where the group is silent.
    for text in first.texts where reading.text(text.field) == nil && text.field != .name {
      reading.texts.append(text)
    }
    if reading.price == nil {
      reading.price = first.price
      reading.listPrice = first.listPrice
      reading.otherPrices = first.otherPrices
    }
    if reading.stock == nil { reading.stock = Self.stock(of: stocks) }
    if reading.pictures.isEmpty { reading.pictures = first.pictures }
  }

  // MARK: Pictures

  func pictures(_ value: JSONValue) -> [Picture] {
    var found: [Picture] = []
    for key: StaticString in ["image", "images", "photo"] {
      for image in value.all(key).prefix(256) {
        if let address = image.string {
          // Some write a list into one string.
          if address.contains(" http") || address.contains(",http") {
            for part in address.split(whereSeparator: { $0 == " " || $0 == "," }) {
              found.append(Picture(address: String(part)))
            }
          } else {
            found.append(Picture(address: address))
          }
          continue
        }
        let address =
          image["contentUrl"]?.first?.string ?? image["url"]?.first?.string
          ?? image["@id"]?.string ?? image["thumbnailUrl"]?.first?.string
        guard let address else { continue }
        let width = image["width"]
        found.append(
          Picture(address: address, width: width?.integer ?? width?["value"]?.integer ?? 0))
      }
    }
    return found
  }
}
