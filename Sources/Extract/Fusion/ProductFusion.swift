import Catalog

/// Makes one product of what all syntaxes say about it.
struct ProductFusion {
  let context: PageContext
  var readings: [ProductReading]
  private let categories: [TextFact]
  /// What the page names elsewhere, for prices that name none.
  private let currency: String?
  private let pictures: Gallery.Reader
  private var evidence: [Evidence] = []

  /// - Parameter readings: Every product that any reader found on the page.
  init(
    readings: [ProductReading], categories: [TextFact], currency: String?, context: PageContext
  ) {
    self.context = context
    self.currency = currency
    self.categories = categories
    pictures = Gallery.Reader(context: context)
    self.readings = Self.consistent(readings, context: context)
  }

  /// The readings that speak of the page's own product: the most credible one that the page itself
  /// gives, and those that agree with it in name, number or address. A recipe is of this page, and
  /// may call the product by a name that no other reading has.
  private static func consistent(_ readings: [ProductReading], context: PageContext)
    -> [ProductReading]
  {
    let heading = context.headingKey
    let title = context.titleKey
    let names = readings.indices.map { readings[$0].text(.name).map(TitleText.key) }
    func credit(_ place: Int) -> Int {
      var credit = Trust.of(readings[place].syntax) + readings[place].bonus
      if let name = names[place], name.utf8.count > 1 {
        if name == heading {
          credit += 24
        } else if heading?.contains(name) ?? false {
          credit += 14
        }
        if title?.contains(name) ?? false { credit += 10 }
      }
      if readings[place].urls.contains(where: { context.isThisPage($0) }) { credit += 16 }
      if readings[place].price != nil { credit += 6 }
      return credit
    }
    let credits = readings.indices.map(credit)
    let ranked = readings.indices.sorted {
      credits[$0] == credits[$1] ? $0 < $1 : credits[$0] > credits[$1]
    }
    let own = ranked.filter { readings[$0].syntax != .recipe }
    let name = own.lazy.compactMap { names[$0] }.first
    var chosen: [Int] = []
    for place in ranked {
      let syntax = readings[place].syntax
      let isPageWide =
        syntax == .openGraph || syntax == .twitter || syntax == .visible || syntax == .recipe
        || readings[place].isAppendix
      var agrees = place == own.first || isPageWide
      if !agrees, let other = names[place], let name, !other.isEmpty {
        agrees =
          other == name || other == heading || other.contains(name) || name.contains(other)
      } else if !agrees, readings[place].text(.name) == nil {
        let urls = readings[place].urls
        agrees =
          !chosen.contains { readings[$0].syntax == syntax }
          || chosen.contains { !readings[$0].urls.allSatisfy { !urls.contains($0) } }
      }
      if !agrees, let sku = readings[place].text(.sku) {
        agrees = chosen.contains { readings[$0].text(.sku) == sku }
      }
      if agrees { chosen.append(place) }
    }
    return chosen.map { readings[$0] }
  }

  mutating func product() -> Product {
    evidence.reserveCapacity(48)
    var product = Product()
    product.name = text(.name)
    product.brand = brand()
    product.retailer = text(.retailer)
    product.sku = number()
    product.gtin = tradeNumber()
    product.color = text(.color)
    product.description = text(.description)
    product.category = category(name: product.name)
    mendSlips()
    product.offer = offer()
    product.images = images()
    product.variants = variants(offer: product.offer)
    product.evidence = evidence
    return product
  }

  /// The reading of what a visitor sees.
  var visible: Int? {
    for reading in readings.indices where readings[reading].syntax == .visible { return reading }
    return nil
  }

  /// How far a reading's texts are believed, apart from a bonus of their own.
  private func trust(_ reading: Int) -> Int {
    Trust.of(readings[reading].syntax) + min(readings[reading].bonus, 0)
  }

  /// Calls `body` for each text for a field, and with the reading that it is of.
  private func each(_ field: Field, _ body: (_ reading: Int, _ fact: TextFact) -> Void) {
    for reading in readings.indices {
      for place in readings[reading].texts.indices
      where readings[reading].texts[place].field == field {
        body(reading, readings[reading].texts[place])
      }
    }
  }

  private func vote(
    _ reading: Int, _ fact: TextFact, key: Ballot.Key, value: String? = nil, trust: Int
  ) -> Ballot.Vote {
    Ballot.Vote(
      syntax: readings[reading].syntax, path: fact.path, raw: fact.raw, value: value ?? fact.value,
      key: key, trust: trust)
  }

  /// The brand; one that is the shop's own name gives way to another.
  private mutating func brand() -> String? {
    var ballot = Ballot(.brand)
    let host = context.url.host
    let shop = TitleText.key(host.hasPrefix("www.") ? String(host.dropFirst(4)) : host)
    each(.brand) { reading, fact in
      let name = TitleText.key(fact.value)
      let isShop = name.utf8.count > 2 && shop.hasPrefix(name)
      ballot.add(
        vote(
          reading, fact, key: TextKey.exact(name),
          trust: trust(reading) + fact.bonus - (isShop ? 60 : 0)))
    }
    return close(ballot)
  }

  private mutating func text(_ field: Field) -> String? {
    var ballot = Ballot(field)
    each(field) { reading, fact in
      let key =
        field == .description ? TextKey.exact(fact.value) : TextKey.words(fact.value)
      ballot.add(vote(reading, fact, key: key, trust: trust(reading) + fact.bonus))
    }
    return close(ballot)
  }

  /// The number that the shop goes by: one that stands in the page's own address counts for more, and
  /// numbers of which one syntax gives three or more are those of sizes.
  private mutating func number() -> String? {
    var ballot = Ballot(.sku)
    var inData = 0
    var underLabels = 0
    each(.sku) { reading, fact in
      if readings[reading].syntax != .visible {
        inData += 1
      } else if fact.bonus >= VisibleReader.labelledNumber {
        underLabels += 1
      }
    }
    var kinds: [String: Set<String>] = [:]
    // Three numbers under labels of their own are those of parts.
    var labelled: Set<String> = []
    if inData > 2 || underLabels > 2 {
      each(.sku) { reading, fact in
        if readings[reading].syntax != .visible {
          kinds[fact.path, default: []].insert(fact.value)
        } else if fact.bonus >= VisibleReader.labelledNumber {
          labelled.insert(fact.value)
        }
      }
    }
    each(.sku) { reading, fact in
      var trust = trust(reading) + fact.bonus
      let isVisible = readings[reading].syntax == .visible
      let isOfSizes =
        (kinds.isEmpty ? false : kinds[fact.path]?.count ?? 0 > 2)
        || (labelled.count > 2 && isVisible && labelled.contains(fact.value))
      if isOfSizes, isVisible { trust -= fact.bonus }
      if ItemNumber.stands(fact.value, in: context.url) {
        trust += 16
      } else if isOfSizes {
        trust -= 30
      }
      let value = ItemNumber.clean(fact.value)
      ballot.add(vote(reading, fact, key: TextKey.words(value), value: value, trust: trust))
    }
    if ballot.votes.isEmpty, let number = ItemNumber.inAddress(context.url) {
      ballot.add(
        .init(
          syntax: .meta, path: "address", raw: context.url.pathAndQuery, value: number,
          key: TextKey.words(number), trust: Trust.of(.meta)))
    }
    return close(ballot)
  }

  /// The trade item number, where the page names one: a thing of several sizes has one for each.
  private mutating func tradeNumber() -> String? {
    var ballot = Ballot(.gtin)
    var isNamed = false
    var kinds: [String: Set<String>] = [:]
    each(.gtin) { reading, fact in
      // A number that stands in the address is that of the size at hand.
      let isHere = ItemNumber.stands(fact.value, in: context.url)
      isNamed = isNamed || isHere
      ballot.add(
        vote(
          reading, fact, key: TextKey.exact(fact.value),
          trust: trust(reading) + fact.bonus + (isHere ? 16 : 0)))
    }
    if !isNamed, ballot.votes.count > 2 {
      each(.gtin) { reading, fact in
        kinds["\(readings[reading].syntax.rawValue) \(fact.path)", default: []].insert(fact.value)
      }
      ballot.isUndecided = kinds.contains { $0.value.count > 2 }
    }
    return close(ballot)
  }

  private mutating func close(_ ballot: Ballot) -> String? {
    ballot.decide(into: &evidence)?.value
  }

  /// The trail's last link that is neither the shop nor the product itself.
  private mutating func category(name: String?) -> String? {
    var ballot = Ballot(.category)
    each(.category) { reading, fact in
      ballot.add(
        vote(
          reading, fact, key: TextKey.words(fact.value), trust: trust(reading) + fact.bonus))
    }
    let own = name.map(TextKey.words)
    let last = categories.enumerated().last { place, fact in
      TextKey.words(fact.value) != own && !fact.value.isEmpty
        && !(place == 0 && HomeWords.isHome(fact.value, context: context))
    }
    if let last = last?.element {
      let isStructured = last.path.hasSuffix("BreadcrumbList")
      ballot.add(
        .init(
          syntax: isStructured ? .jsonLD : .visible, path: last.path, raw: last.raw,
          value: last.value, key: TextKey.words(last.value), trust: isStructured ? 62 : 50))
    }
    return close(ballot)
  }

  // MARK: Offer

  private mutating func offer() -> Offer {
    var prices = Ballot(.price)
    var currencies = Ballot(.currency)
    var stocks = Ballot(.availability)
    // Where a syntax gives several prices, what the visitor sees decides between them.
    let visible = visible
    let seen = visible.flatMap { readings[$0].price?.amount }
    let seenScore = visible.map { readings[$0].priceScore } ?? 0
    if let seen, seenScore >= 60 {
      prices.favourite = (TextKey.amount(seen), Trust.seenPrice - Trust.agreement)
    }
    // What a visitor sees struck through is the price of the past, whoever gives it as the price.
    let past = seenScore >= 50 ? visible.flatMap { readings[$0].listPrice?.amount } : nil
    for index in readings.indices {
      let trust = trust(index)
      let syntax = readings[index].syntax
      let path = readings[index].path
      if let fact = readings[index].price {
        let isOverruled =
          seen != fact.amount && syntax != .visible
          && readings[index].otherPrices.contains { $0.amount == seen }
        let isPast = fact.amount == past && past != seen && syntax != .recipe
        let doubt = (isPast ? 40 : isOverruled ? 14 : 0) + (fact.isDoubtful ? 12 : 0)
        prices.add(vote(index, fact, trust: trust - doubt))
        if let code = fact.currency {
          currencies.add(
            .init(
              syntax: syntax, path: fact.currencySource?.path ?? fact.path ?? path,
              raw: fact.currencySource?.raw ?? fact.raw, value: code, key: TextKey.exact(code),
              trust: trust))
        }
      }
      for fact in readings[index].otherPrices {
        let isSeen = fact.amount == seen && syntax != .visible
        let doubt = (isSeen ? 0 : 30) + (fact.isDoubtful ? 12 : 0)
        var vote = vote(index, fact, trust: trust - doubt)
        vote.isAside = !isSeen
        prices.add(vote)
      }
      if let stock = readings[index].stock {
        stocks.add(
          .init(
            syntax: syntax, path: stock.path ?? path, raw: stock.raw,
            value: stock.availability.rawValue,
            key: stock.availability == .inStock ? 1 : 0, trust: trust))
      }
    }
    var offer = Offer()
    offer.availability = stocks.decide(into: &evidence).map { $0.key == 1 ? .inStock : .soldOut }
    if currencies.votes.isEmpty, !prices.votes.isEmpty, let unspoken = unspokenCurrency {
      currencies.add(unspoken)
    }
    let code = close(currencies)
    let amount = prices.decide(into: &evidence).map { TextKey.amount($0.key) }
    guard let amount, let currency = code.flatMap({ Currency($0) }) else { return offer }
    offer.price = Money(amount, currency)
    offer.listPrice = listPrice(above: amount).map { Money($0, currency) }
    return offer
  }

  /// The currency of prices that name none: what the page's data names elsewhere, else its region's.
  private var unspokenCurrency: Ballot.Vote? {
    func vote(_ syntax: Syntax, _ path: String, _ raw: String, _ code: String) -> Ballot.Vote {
      Ballot.Vote(
        syntax: syntax, path: path, raw: raw, value: code, key: TextKey.exact(code),
        trust: Trust.of(.meta))
    }
    if let currency { return vote(.state, "state", currency, currency) }
    guard let region = context.region, let code = CurrencySymbols.currency(ofRegion: region) else {
      return nil
    }
    return vote(.meta, "region", region, code)
  }

  private func vote(_ reading: Int, _ fact: PriceFact, trust: Int) -> Ballot.Vote {
    Ballot.Vote(
      syntax: readings[reading].syntax, path: fact.path ?? readings[reading].path, raw: fact.raw,
      value: fact.amount.description, key: TextKey.amount(fact.amount), trust: trust,
      reason: fact.isDoubtful
        ? [fact.reason, "its separator or its currency is a guess"].compactMap(\.self)
          .joined(separator: "; ") : fact.reason)
  }

  private mutating func listPrice(above price: Amount) -> Amount? {
    var ballot = Ballot(.listPrice)
    for index in readings.indices {
      guard let fact = readings[index].listPrice, fact.amount > price else { continue }
      // A list price is believed from where the price itself is right.
      guard readings[index].price.map({ $0.amount == price }) ?? true else { continue }
      ballot.add(vote(index, fact, trust: trust(index)))
    }
    return ballot.decide(into: &evidence).map { TextKey.amount($0.key) }
  }

  // MARK: Pictures

  /// The gallery of the reading that is believed most; others only better its renditions, and
  /// complete it where it names a single picture that stands in theirs too.
  private func images() -> [CanonicalURL] {
    let trusts = readings.indices.map { trust($0) }
    let ranked = readings.indices.filter { !readings[$0].pictures.isEmpty }
      .sorted { trusts[$0] == trusts[$1] ? $0 < $1 : trusts[$0] > trusts[$1] }
    guard let first = ranked.first else { return [] }
    var gallery = Gallery(pictures)
    for picture in readings[first].pictures { gallery.add(picture) }
    for reading in ranked.dropFirst() {
      if gallery.count <= 1 {
        var other = Gallery(pictures)
        for picture in readings[reading].pictures { other.add(picture) }
        let before = other.count
        var joined = other
        for url in gallery.urls { joined.add(Picture(address: url.string)) }
        // Nothing new was added: the other gallery holds ours.
        if gallery.count == 0 || (joined.count == before && before > gallery.count) {
          gallery = joined
          continue
        }
      }
      for picture in readings[reading].pictures { gallery.improve(picture) }
    }
    return gallery.urls
  }

  // MARK: Variants

  private func variants(offer: Offer) -> [Variant] {
    func credit(_ reading: Int) -> Int {
      Trust.of(readings[reading].syntax) + readings[reading].variants.count / 64
        - (readings[reading].isAppendix ? 1 : 0)
    }
    let best = readings.indices.filter { readings[$0].variants.count > 1 }
      .max { credit($0) < credit($1) }
    guard let best else { return [] }
    var seen: Set<String> = []
    var variants: [Variant] = []
    for reading in readings[best].variants.prefix(context.limits.variants) {
      let currency = reading.price?.currency ?? offer.price?.currency.code
      func money(_ fact: PriceFact?) -> Money? {
        guard let fact, let code = (fact.currency ?? currency).flatMap({ Currency($0) }) else {
          return nil
        }
        return Money(fact.amount, code)
      }
      let price = money(reading.price)
      var list = money(reading.listPrice)
      if let shown = list, let price, shown.amount <= price.amount { list = nil }
      let variant = Variant(
        sku: reading.sku, gtin: reading.gtin, color: reading.color, size: reading.size,
        image: reading.pictures.first.flatMap { pictures.read($0.address)?.url },
        offer: Offer(price: price, listPrice: list, availability: reading.stock?.availability))
      let key = "\(variant.sku ?? "")|\(variant.color ?? "")|\(variant.size ?? "")"
      if seen.insert(key).inserted { variants.append(variant) }
    }
    return variants.count > 1 ? variants : []
  }
}
