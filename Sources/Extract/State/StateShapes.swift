import Catalog

/// Reads values of state payloads by their shape: texts, money, stock and pictures.
struct StateShapes {
  let context: PageContext

  // MARK: Text

  /// A string, a number, or the string that an object stands for: by language, or by a name.
  func text(_ value: JSONValue?, depth: Int = 0) -> String? {
    guard let value, depth < 3 else { return nil }
    let target = value.target
    if let text = target.text { return PlainText.clean(text) }
    if target.isArray { return text(target.firstMember, depth: depth + 1) }
    guard target.isObject else { return nil }
    if let translated = translation(target) { return text(translated, depth: depth + 1) }
    for concept: Concept in [.name, .displayName, .formatted, .amount, .slug] {
      if let member = target.member(concept), let text = text(member, depth: depth + 1) {
        return text
      }
    }
    return nil
  }

  /// The page's language, else English, else the first, of `{"en": …, "de-CH": …}`.
  func translation(_ value: JSONValue) -> JSONValue? {
    guard value.count > 0, value.count <= 64 else { return nil }
    let wanted = context.language?.lowercased() ?? "en"
    var best: (value: JSONValue, rank: Int)?
    for index in value.memberIndices {
      let key = value.tape.key(index)
      guard key.count >= 2, key.count <= 7, key.prefix(2).allSatisfy(Bytes.isLetter),
        key.count == 2 || key[key.startIndex + 2] == 0x2D || key[key.startIndex + 2] == 0x5F
      else { return nil }
      let member = JSONValue(tape: value.tape, at: index)
      guard member.isString else { return nil }
      let name = String(decoding: key.map(Bytes.lower), as: UTF8.self)
        .replacing("_", with: "-")
      let rank =
        name == wanted ? 3 : name.prefix(2) == wanted.prefix(2) ? 2 : name.hasPrefix("en") ? 1 : 0
      if best == nil || rank > best!.rank { best = (member, rank) }
    }
    return best?.value
  }

  // MARK: Money

  struct Prices {
    var price: PriceFact?
    var list: PriceFact?
  }

  /// What an object, a number or a string says of money.
  ///
  /// - Parameter isMinor: Bare whole numbers are hundredths, as in Shopify's product objects.
  func prices(_ value: JSONValue?, currency: String?, isMinor: Bool = false, depth: Int = 0)
    -> Prices
  {
    guard let value = value?.target, depth < 5 else { return Prices() }
    if value.kind == .number {
      let raw = value.text ?? ""
      return Prices(price: number(raw, currency: currency, isMinor: isMinor))
    }
    if let raw = value.string {
      guard raw.utf8.count < 120, raw.utf8.contains(where: Bytes.isDigit) else { return Prices() }
      guard let found = context.structuredPrice(raw, currency: currency) else { return Prices() }
      return Prices(
        price: PriceFact(
          amount: found.amount, currency: currency ?? found.currency?.code, raw: raw,
          isDoubtful: found.isDoubtful))
    }
    if value.isArray {
      var first: Prices?
      for member in value.members.prefix(16) {
        let found = prices(member, currency: currency, isMinor: isMinor, depth: depth + 1)
        if found.price == nil { continue }
        if first == nil { first = found }
      }
      return first ?? Prices()
    }
    guard value.isObject else { return Prices() }
    return objectPrices(value, currency: currency, isMinor: isMinor, depth: depth)
  }

  private func objectPrices(_ value: JSONValue, currency: String?, isMinor: Bool, depth: Int)
    -> Prices
  {
    let currency = self.currency(value.member(.currency)) ?? currency
    if let digits = value["currency_minor_unit"]?.integer, 0...4 ~= digits {
      return minorPrices(value, currency: currency, digits: digits)
    }
    if let minor = value.member(.minorAmount), let raw = minor.text {
      let digits =
        value.member(.fractionDigits)?.integer ?? currency.map(CurrencySymbols.digits) ?? 2
      if let amount = Amount(rounding: raw + "e-\(max(0, min(digits, 8)))") {
        return Prices(price: PriceFact(amount: amount, currency: currency, raw: raw))
      }
    }
    func read(_ concept: Concept) -> PriceFact? {
      for member in value.members(concept) {
        if let found = prices(member, currency: currency, isMinor: isMinor, depth: depth + 1).price
        {
          return found
        }
      }
      return nil
    }
    var regular = Prices()
    for concept: Concept in [.current, .price, .amount, .prices, .range, .formatted] {
      guard regular.price == nil else { break }
      for member in value.members(concept) where member.isContainer || member.text != nil {
        // Beside a price a discount is what was taken off.
        if concept == .current, value.member(.price) != nil,
          Bytes.equals(member.tape.key(member.index), "discount")
        {
          continue
        }
        let found = prices(member, currency: currency, isMinor: isMinor, depth: depth + 1)
        if found.price != nil {
          regular = found
          break
        }
      }
    }
    if let whole = regular.price, isWhole(whole.raw) {
      // `{"value": 3900, "decimalValue": "39.00"}`
      for concept: Concept in [.amount, .formatted] {
        for member in value.members(concept) where member.text != nil {
          if let told = prices(member, currency: currency).price, whole.isHundredfold(of: told) {
            regular.price = told
          }
        }
      }
    }
    if regular.price == nil {
      // `{"EUR": 12.5, "USD": 14}`
      for index in value.memberIndices where value.tape[index].keyCount == 3 {
        let code = String(decoding: value.tape.key(index), as: UTF8.self)
        guard CurrencySymbols.isCode(code) else { continue }
        let found = prices(
          JSONValue(tape: value.tape, at: index), currency: code, isMinor: isMinor, depth: depth + 1
        )
        if found.price != nil {
          regular = found
          break
        }
      }
    }
    return combine(
      price: regular.price, sale: read(.salePrice),
      list: read(.listPrice) ?? read(.was) ?? regular.list)
  }

  /// WooCommerce's store API: `{"price": "3900", "regular_price": "5900", "currency_minor_unit": 2}`.
  private func minorPrices(_ value: JSONValue, currency: String?, digits: Int) -> Prices {
    func read(_ key: StaticString) -> PriceFact? {
      guard let raw = value[key]?.text, raw.utf8.allSatisfy(Bytes.isDigit),
        let amount = Amount(rounding: "\(raw)e-\(digits)")
      else { return nil }
      return PriceFact(amount: amount, currency: currency, raw: raw)
    }
    return combine(price: read("price"), sale: read("sale_price"), list: read("regular_price"))
  }

  /// A sale price under a price makes the price the regular one.
  func combine(price: PriceFact?, sale: PriceFact?, list: PriceFact?) -> Prices {
    let zero = Amount(tenThousandths: 0)
    var result = Prices(price: price ?? sale, list: list)
    if let sale, let price, sale.amount > zero, sale.amount < price.amount {
      result.price = sale
      result.list = list.map { $0.amount > price.amount ? $0 : price } ?? price
    }
    if result.price == nil { result.price = list }
    if let shown = result.list, let paid = result.price, shown.amount <= paid.amount {
      result.list = nil
    }
    return result
  }

  private func number(_ raw: String, currency: String?, isMinor: Bool) -> PriceFact? {
    let isWhole = !raw.utf8.contains(0x2E)
    guard let amount = Amount(rounding: isMinor && isWhole ? raw + "e-2" : raw),
      amount.tenThousandths >= 0
    else { return nil }
    return PriceFact(amount: amount, currency: currency, raw: raw)
  }

  /// Whether the bare whole numbers of a thing are hundredths: what stands beside one says a hundredth of
  /// it, as in `{"price": 3900, "priceMoney": {"value": "39.00"}}`.
  func countsHundredths(_ value: JSONValue) -> Bool {
    guard value.isObject, value.count <= 200 else { return false }
    var wholes: [PriceFact] = []
    for concept: Concept in [.price, .salePrice, .listPrice] {
      for member in value.members(concept) where member.kind == .number {
        guard let raw = member.text, isWhole(raw), let amount = Amount(rounding: raw) else {
          continue
        }
        wholes.append(PriceFact(amount: amount, raw: raw))
      }
    }
    guard !wholes.isEmpty else { return false }
    return value.members.contains { member in
      let told = member.isObject ? member.member(.amount) ?? member.member(.formatted) : member
      guard let told, let text = told.text, text.utf8.count < 40,
        let price = prices(told, currency: nil).price
      else { return false }
      return wholes.contains { $0.isHundredfold(of: price) }
    }
  }

  private func isWhole(_ raw: String) -> Bool {
    raw.utf8.count > 2 && raw.utf8.allSatisfy(Bytes.isDigit)
  }

  func currency(_ value: JSONValue?) -> String? {
    guard let value = value?.target else { return nil }
    if let text = value.string { return context.currencyCode(text) }
    for key: StaticString in ["code", "isoCode", "iso", "id", "currencyCode", "isocode", "symbol"] {
      if let text = value[key]?.string, let code = context.currencyCode(text) { return code }
    }
    return nil
  }

  // MARK: Stock

  func stock(_ concept: Concept, _ value: JSONValue) -> StockFact? {
    if value.isObject {
      // `{"status": "IN_STOCK"}`
      for key: StaticString in ["status", "value", "code", "state", "stockLevelStatus"] {
        if let raw = value[key]?.target.string, let found = StockWords.read(raw) {
          return StockFact(availability: found, raw: raw)
        }
      }
      return nil
    }
    let raw = value.text ?? value.boolean.map { $0 ? "true" : "false" } ?? ""
    switch concept {
    case .available:
      if let flag = value.boolean { return fact(flag, raw) }
      if let number = value.integer { return fact(number > 0, raw) }
      return value.string.flatMap { text in
        StockWords.read(text).map { StockFact(availability: $0, raw: raw) }
      }
    case .soldOut:
      if let flag = value.boolean { return fact(!flag, raw) }
      return nil
    case .quantity:
      return value.integer.map { fact($0 > 0, raw) }
    case .stockStatus:
      if let flag = value.boolean { return fact(flag, raw) }
      if let number = value.integer { return fact(number > 0, raw) }
      return value.string.flatMap { text in
        StockWords.read(text).map { StockFact(availability: $0, raw: raw) }
      }
    default:
      return nil
    }
  }

  /// What offers say of stock: that one of them can be bought, else what the first says.
  func offerStock(_ value: JSONValue, depth: Int = 0, budget: inout Int) -> StockFact? {
    guard depth < 3, budget > 0 else { return nil }
    var first: StockFact?
    let offers = value.isArray ? value.memberIndices.prefix(64).map { $0 } : [value.index]
    for index in offers {
      let offer = JSONValue(tape: value.tape, at: index).target
      budget -= 1 + offer.count
      guard budget > 0 else { break }
      guard offer.isObject else { continue }
      for index in offer.memberIndices {
        let member = JSONValue(tape: offer.tape, at: index).target
        let concept = offer.tape[index].concept
        let found =
          concept == .prices
          ? offerStock(member, depth: depth + 1, budget: &budget) : stock(concept, member)
        guard let found else { continue }
        if found.availability == .inStock { return found }
        first = first ?? found
      }
    }
    return first
  }

  private func fact(_ isInStock: Bool, _ raw: String) -> StockFact {
    StockFact(availability: isInStock ? .inStock : .soldOut, raw: raw)
  }

  // MARK: Pictures

  private static let smallWords = WordSet(["thumb", "small"])
  private static let largeWords = WordSet(["zoom", "large", "full", "orig", "hires", "big"])

  /// The first of the largest of Salesforce's `imageGroups: [{"viewType": "large", "images": […]}]`.
  private func largestView(_ groups: JSONValue) -> JSONValue? {
    var best: (group: JSONValue, rank: Int)?
    for group in groups.members.prefix(64) {
      guard group.count < 32, let view = group["viewType"]?.string, group["images"] != nil else {
        return nil
      }
      let name = Array(view.utf8)[...]
      let rank = Self.largeWords.occurs(in: name) ? 2 : Self.smallWords.occurs(in: name) ? 0 : 1
      if best == nil || rank > best!.rank { best = (group, rank) }
    }
    return best?.group
  }

  /// The addresses of pictures below `value`, one for each object.
  func pictures(_ value: JSONValue, depth: Int = 0, budget: inout Int) -> [Picture] {
    budget -= 1
    guard depth < 5, budget > 0 else { return [] }
    let value = value.target
    if value.isString {
      guard let text = value.string,
        PictureFinder.looksLikeAddress(text) || text.hasPrefix("/") && text.utf8.count > 8
      else { return [] }
      return [Picture(address: text)]
    }
    if value.isArray {
      if let group = largestView(value) {
        return pictures(group, depth: depth + 1, budget: &budget)
      }
      var found: [Picture] = []
      for member in value.members.prefix(128) {
        found += pictures(member, depth: depth + 1, budget: &budget)
      }
      return found
    }
    guard value.isObject else { return [] }
    if let kind = value.member(.type)?.string?.lowercased(),
      kind.contains("video") || kind.contains("model")
    {
      return []
    }
    var best: (picture: Picture, rank: Int)?
    let width = value.member(.width)?.integer ?? 0
    var inner: [JSONValue] = []
    // `{"large": {"url": …}, "small": {"url": …}}` is one picture.
    var largest: (value: JSONValue, rank: Int)?
    var isSized = false
    for index in value.memberIndices {
      let member = JSONValue(tape: value.tape, at: index).target
      let concept = value.tape[index].concept
      if let text = member.string {
        let key = value.tape.key(index)
        let isAddress =
          PictureFinder.looksLikeAddress(text)
          || (text.hasPrefix("/") && (concept == .images || concept == .url) && text.utf8.count > 8)
        guard isAddress else { continue }
        let rank: Int
        if concept == .thumbnail || Self.smallWords.occurs(in: key) {
          rank = 0
        } else if Self.largeWords.occurs(in: key) {
          rank = 4
        } else {
          rank = concept == .images ? 3 : concept == .url ? 2 : 1
        }
        if best == nil || rank > best!.rank { best = (Picture(address: text, width: width), rank) }
      } else if member.isContainer {
        inner.append(member)
        guard member.isObject else { continue }
        let key = value.tape.key(index)
        let rank =
          concept == .thumbnail || Self.smallWords.occurs(in: key)
          ? 0 : Self.largeWords.occurs(in: key) ? 2 : 1
        isSized = isSized || rank != 1
        if largest == nil || rank > largest!.rank { largest = (member, rank) }
      }
    }
    if let best { return [best.picture] }
    if isSized, inner.count > 1, let largest {
      return pictures(largest.value, depth: depth + 1, budget: &budget)
    }
    var found: [Picture] = []
    for member in inner.prefix(64) { found += pictures(member, depth: depth + 1, budget: &budget) }
    return found
  }
}

extension JSONValue {
  /// The first member that means `concept` and is not null.
  func member(_ concept: Concept) -> JSONValue? {
    guard kind == .object else { return nil }
    for index in memberIndices where tape[index].concept == concept {
      let value = JSONValue(tape: tape, at: index)
      if !value.isNull { return value.target }
    }
    return nil
  }

  /// The value itself, or the only one of its list; `nil` for other containers, and for a list of lists
  /// of lists, which may be one of itself.
  var single: JSONValue? {
    var value = self
    for _ in 0..<3 {
      guard value.isArray else { return value.isObject ? nil : value }
      guard value.count == 1, let only = value.firstMember else { return nil }
      value = only
    }
    return nil
  }

  func members(_ concept: Concept) -> [JSONValue] {
    guard kind == .object else { return [] }
    return memberIndices.compactMap { index in
      guard tape[index].concept == concept else { return nil }
      let value = JSONValue(tape: tape, at: index)
      return value.isNull ? nil : value.target
    }
  }
}

extension PriceFact {
  /// `39.00` and `€ 39` are amounts of money, `39 points` is not.
  fileprivate func isHundredfold(of other: PriceFact) -> Bool {
    let isMoney = other.currency != nil || other.raw.utf8.contains { $0 == 0x2E || $0 == 0x2C }
    return isMoney && other.amount.tenThousandths > 0
      && other.amount.tenThousandths.multipliedReportingOverflow(by: 100)
        == (amount.tenThousandths, false)
  }
}
