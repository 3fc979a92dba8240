import Catalog

/// Prices, stock and variants out of offers.
extension SchemaReader {
  /// Offers of a thing's own that are read whatever others took of the budget.
  private static let ownOffers = 64
  /// Offers of a thing that are read, those inside others among them.
  private static let mostOffers = 512

  /// Reads offers with those inside them: the page's own, else the first that can be bought, gives the
  /// price.
  ///
  /// - Parameter currency: What is said of the currency beside the offers.
  mutating func readOffers(
    _ offers: [JSONValue], currency: PriceFact.Source?, into reading: inout ProductReading
  ) {
    let path = reading.path + ".offers"
    var stocks: [(fact: StockFact, isHere: Bool)] = []
    var options: [(price: PriceFact, list: PriceFact?, stock: StockFact?, matches: Bool)] = []
    // Offers without offers of their own.
    var single: [JSONValue] = []
    var pending = offers.prefix(Self.mostOffers).map { (offer: $0, isPart: false, depth: 0) }
    var parts: [PriceFact] = []
    var seen = 0
    while let (offer, isPart, depth) = pending.first, seen < Self.mostOffers,
      partBudget > 0 || seen < Self.ownOffers
    {
      pending.removeFirst()
      seen += 1
      partBudget -= 1
      // Offers of offers are read, not a chain of things that name each other.
      let inner =
        depth < 4 && partBudget > 0 ? offer.all("offers").flatMap(Self.numbered) : []
      partBudget -= inner.count
      let currency = self.currency(of: offer, at: path) ?? currency
      var price = fact(offer["price"], at: path, "price", currency: currency)
      if price == nil { price = fact(offer["lowPrice"], at: path, "lowPrice", currency: currency) }
      let specified = specifiedPrices(offer, at: path, currency: currency)
      let list = specified.list
      price = price ?? specified.price
      let stock = offer["availability"]?.first.flatMap { value -> StockFact? in
        let text = value.text ?? Self.name(value) ?? value["@id"]?.string
        guard let text, let found = StockWords.read(text) else { return nil }
        return StockFact(
          availability: found, raw: text, path: Self.path(path, "availability"))
      }
      let url = offer["url"]?.string
      if let stock {
        stocks.append((stock, isHere: url.map { context.isExactlyThisPage($0) } ?? false))
      }
      if let url { if reading.urls.count < 8 { reading.urls.append(url) } }
      if inner.isEmpty { single.append(offer) }
      if !inner.isEmpty, pending.count < Self.mostOffers {
        let isPriced = isPart || price != nil
        pending.insert(contentsOf: inner.prefix(256).map { ($0, isPriced, depth + 1) }, at: 0)
      }
      // The parts of a range that has a price are its variants and not its price, unless that is seen.
      if isPart || !inner.isEmpty || isRange(offer), parts.count < 8 {
        parts += [price, fact(offer["highPrice"], at: path, "highPrice", currency: currency)]
          .compactMap(\.self)
      }
      if isPart { continue }
      if let price {
        let matches = url.map { context.isThisPage($0) } ?? false
        options.append((price, list, stock, matches))
      }
      if let seller = Self.name(offer["seller"]).flatMap(PlainText.clean) {
        if reading.text(.retailer) == nil {
          reading.add(.retailer, seller, at: path + ".seller")
        }
      }
      if reading.text(.sku) == nil, offers.count == 1, let sku = offer["sku"]?.text {
        reading.add(.sku, sku, at: path + ".sku")
      }
      for key: StaticString in ["gtin13", "gtin", "gtin12", "gtin14", "gtin8"]
      where offers.count == 1 {
        if reading.text(.gtin) == nil, let raw = offer[key]?.text, let gtin = Gtin.read(raw) {
          reading.add(.gtin, gtin, at: path + ".gtin", raw: raw)
        }
      }
    }
    // The page's own offer, else the first that can be bought, else the first.
    let chosen =
      options.indices.first { options[$0].matches && options.count > 1 }
      ?? options.indices.first {
        options[$0].stock?.availability != .soldOut && options[$0].price.amount.tenThousandths > 0
      } ?? options.indices.first
    if let chosen, options[chosen].price.amount.tenThousandths > 0 {
      let amount = options[chosen].price.amount
      reading.price = options[chosen].price
      reading.listPrice = options[chosen].list
      let others = options.lazy.map(\.price).filter { $0.amount != amount }.prefix(8)
      reading.otherPrices = Array(
        (Array(others) + parts.filter { $0.amount != amount }).prefix(8))
    }
    reading.stock = Self.stock(of: stocks)
    readOfferVariants(single, into: &reading)
  }

  /// An `AggregateOffer` that names the ends of its range and no offer inside.
  func isRange(_ offer: JSONValue) -> Bool {
    guard let low = offer["lowPrice"]?.text, let high = offer["highPrice"]?.text else {
      return false
    }
    return low != high && offer["offers"] == nil
  }

  /// The stock of the one offer that names this very page, else that of any that can be bought.
  static func stock(of facts: [(fact: StockFact, isHere: Bool)]) -> StockFact? {
    let here = facts.filter(\.isHere)
    if here.count == 1 { return here[0].fact }
    return (facts.first { $0.fact.availability == .inStock } ?? facts.first)?.fact
  }

  /// The members of a list that was written as an object: `{"0": {…}, "1": {…}}`.
  static func numbered(_ value: JSONValue) -> [JSONValue] {
    guard value.isObject, value.count > 0, value["@type"] == nil,
      value.memberIndices.allSatisfy({ value.tape.key($0).allSatisfy(Bytes.isDigit) })
    else { return [value] }
    return value.members.map(\.target)
  }

  /// Several offers that each name a thing of their own are variants.
  private func readOfferVariants(_ offers: [JSONValue], into reading: inout ProductReading) {
    guard offers.count > 1 else { return }
    for offer in offers.prefix(512) {
      let item = offer["itemOffered"]?.target
      guard let sku = offer["sku"]?.text ?? item?["sku"]?.text else { continue }
      var variant = VariantReading()
      variant.sku = sku
      variant.color = Self.name(item?["color"]) ?? Self.name(offer["color"])
      variant.size = Self.name(item?["size"])
      variant.gtin = (offer["gtin13"] ?? offer["gtin"])?.text.flatMap(Gtin.read)
      let path = reading.path + ".offers"
      variant.price = fact(
        offer["price"], at: path, "price", currency: currency(of: offer, at: path))
      variant.url = offer["url"]?.string
      if let item { variant.pictures = pictures(item) }
      if let text = offer["availability"]?.string, let found = StockWords.read(text) {
        variant.stock = StockFact(availability: found, raw: text)
      }
      reading.variants.append(variant)
    }
  }

  // MARK: Specifications

  /// What an offer's `priceSpecification` says: what a visitor pays for one, what stood there before,
  /// and nothing of shipping, of what members pay and of what a kilogram costs, unless that is all.
  private func specifiedPrices(
    _ offer: JSONValue, at path: String, currency: PriceFact.Source?
  ) -> (price: PriceFact?, list: PriceFact?) {
    let path = path + ".priceSpecification"
    var list: PriceFact?
    // The best so far: 3 is a plain price.
    var best: (rank: Int, fact: PriceFact)?
    for whole in offer.all("priceSpecification", limit: 64) {
      let parts = whole.all("priceComponent")
      for part in parts.isEmpty || whole["price"] != nil ? [whole] : Array(parts.prefix(16)) {
        guard part["validForMemberTier"] == nil, !isCharge(part),
          let fact = fact(
            part["price"] ?? part["minPrice"], at: path, "price",
            currency: self.currency(of: part, at: path) ?? self.currency(of: whole, at: path)
              ?? currency)
        else { continue }
        if isListPrice(part) {
          list = list ?? fact
          continue
        }
        let isOfMany = (part["eligibleQuantity"]?["minValue"]?.text).map { $0 != "1" } ?? false
        let isNet = part["valueAddedTaxIncluded"].map {
          $0.boolean == false || $0.string == "false"
        }
        let rank = part["referenceQuantity"] != nil ? 0 : isOfMany ? 1 : isNet ?? false ? 2 : 3
        if rank > best?.rank ?? -1 { best = (rank, fact) }
      }
    }
    return (best?.fact ?? list, list)
  }

  /// `DeliveryChargeSpecification`, `PaymentChargeSpecification`: what comes on top.
  private func isCharge(_ specification: JSONValue) -> Bool {
    SchemaTypes.first(of: specification)?.hasSuffix("ChargeSpecification") ?? false
  }

  func currency(of value: JSONValue, at path: String) -> PriceFact.Source? {
    Self.name(value["priceCurrency"]).map {
      PriceFact.Source(raw: $0, path: Self.path(path, "priceCurrency"))
    }
  }

  private func isListPrice(_ value: JSONValue) -> Bool {
    guard let type = value["priceType"]?.text ?? value["priceType"]?["@id"]?.string else {
      return false
    }
    let bytes = Array(type.utf8)[...]
    return Bytes.contains(bytes, "strike") || Bytes.contains(bytes, "list")
      || Bytes.contains(bytes, "msrp") || Bytes.contains(bytes, "srp")
      || Bytes.contains(bytes, "regular")
  }

  /// A price of schema.org: a number, or a string that should be one.
  func fact(
    _ value: JSONValue?, at path: String, _ key: StaticString, currency: PriceFact.Source?
  ) -> PriceFact? {
    guard let value = value?.first, let raw = value.text else {
      if let value, value.isObject {
        // A MonetaryAmount names its currency.
        let own = (value["currency"] ?? value["priceCurrency"])?.string.map {
          PriceFact.Source(raw: $0, path: Self.path(path, "currency"))
        }
        return fact(
          value["price"] ?? value["value"] ?? value["@value"], at: path, key,
          currency: own ?? currency)
      }
      return nil
    }
    let code = currency.flatMap { context.currencyCode($0.raw) }
    var fact: PriceFact
    if value.kind == .number {
      guard let amount = Amount(rounding: raw) else { return nil }
      fact = PriceFact(amount: amount, currency: code, raw: raw)
    } else {
      guard let found = context.structuredPrice(raw, currency: code) else { return nil }
      fact = PriceFact(
        amount: found.amount, currency: code ?? found.currency?.code, raw: raw,
        isDoubtful: found.isDoubtful)
    }
    fact.path = Self.path(path, key)
    if code != nil { fact.currencySource = currency }
    return fact
  }
}
