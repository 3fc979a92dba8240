import Catalog

/// Makes one product of what all syntaxes say about it.
struct ProductFusion {
  let context: PageContext
  private var readings: [ProductReading]
  private let categories: [TextFact]
  /// What the page names elsewhere, for prices that name none.
  private let currency: String?
  private var evidence: [Evidence] = []

  /// - Parameter readings: Every product that any reader found on the page.
  init(
    readings: [ProductReading], categories: [TextFact], currency: String?, context: PageContext
  ) {
    self.context = context
    self.currency = currency
    self.categories = categories
    self.readings = Self.consistent(readings, context: context)
  }

  /// The readings that speak of the page's own product: the most credible one, and those that agree
  /// with it in name, number or address.
  private static func consistent(_ readings: [ProductReading], context: PageContext)
    -> [ProductReading]
  {
    let heading = context.heading.map(TitleText.key)
    let title = context.title.map(TitleText.key)
    let names = readings.map { $0.text(.name).map(TitleText.key) }
    func credit(_ reading: ProductReading, _ name: String?) -> Int {
      var credit = Trust.of(reading.syntax) + reading.bonus
      if let name, name.utf8.count > 1 {
        if name == heading {
          credit += 24
        } else if heading?.contains(name) ?? false {
          credit += 14
        }
        if title?.contains(name) ?? false { credit += 10 }
      }
      if reading.urls.contains(where: { context.isThisPage($0) }) { credit += 16 }
      if reading.price != nil { credit += 6 }
      return credit
    }
    let ranked = readings.enumerated().map {
      (offset: $0.offset, reading: $0.element, credit: credit($0.element, names[$0.offset]))
    }
    .sorted { $0.credit == $1.credit ? $0.offset < $1.offset : $0.credit > $1.credit }
    guard let anchor = ranked.first else { return [] }
    let name = names[anchor.offset]
    var chosen: [ProductReading] = []
    for (offset, reading, _) in ranked {
      let isPageWide =
        reading.syntax == .openGraph || reading.syntax == .twitter
        || reading.syntax == .visible || reading.syntax == .recipe
      var agrees = chosen.isEmpty || isPageWide
      if let other = names[offset], let name, !other.isEmpty {
        agrees = agrees || other == name || other.contains(name) || name.contains(other)
        if let heading { agrees = agrees || other == heading }
      } else if reading.text(.name) == nil {
        agrees = agrees || !chosen.contains { $0.syntax == reading.syntax }
      }
      if !agrees, let sku = reading.text(.sku), chosen.contains(where: { $0.text(.sku) == sku }) {
        agrees = true
      }
      if agrees { chosen.append(reading) }
    }
    return chosen
  }

  mutating func product() -> Product {
    var product = Product()
    product.name = text(.name)
    product.brand = brand()
    product.retailer = text(.retailer)
    product.sku = number()
    product.gtin = tradeNumber()
    product.color = text(.color)
    product.description = text(.description)
    product.category = category(name: product.name)
    readHundredths()
    product.offer = offer()
    product.images = images()
    product.variants = variants(offer: product.offer)
    product.evidence = evidence
    return product
  }

  /// The brand; one that is the shop's own name gives way to another.
  private mutating func brand() -> String? {
    var ballot = Ballot(.brand)
    for reading in readings {
      let trust = Trust.of(reading.syntax) + min(reading.bonus, 0)
      for fact in reading.texts where fact.field == .brand {
        let isShop = TitleText.isHostName(fact.value, context.url.host)
        ballot.add(
          .init(
            syntax: reading.syntax, path: fact.path, raw: fact.raw, value: fact.value,
            key: TitleText.key(fact.value), trust: trust + fact.bonus - (isShop ? 60 : 0)))
      }
    }
    return close(ballot)
  }

  private mutating func text(_ field: Field) -> String? {
    var ballot = Ballot(field)
    for reading in readings {
      let trust = Trust.of(reading.syntax)
      for fact in reading.texts where fact.field == field {
        ballot.add(
          .init(
            syntax: reading.syntax, path: fact.path, raw: fact.raw, value: fact.value,
            key: field == .description ? fact.value : TitleText.key(fact.value),
            trust: trust + fact.bonus + min(reading.bonus, 0)))
      }
    }
    return close(ballot)
  }

  /// The number that the shop goes by: one that stands in the page's own address counts for more, and
  /// numbers of which one syntax gives three or more are those of sizes.
  private mutating func number() -> String? {
    var ballot = Ballot(.sku)
    var kinds: [String: Set<String>] = [:]
    for reading in readings where reading.syntax != .visible {
      for fact in reading.texts where fact.field == .sku {
        kinds[fact.path, default: []].insert(fact.value)
      }
    }
    // Three numbers under labels of their own are those of parts.
    let labelled = Set(
      readings.filter { $0.syntax == .visible }.flatMap(\.texts)
        .filter { $0.field == .sku && $0.bonus >= VisibleReader.labelledNumber }.map(\.value))
    for reading in readings {
      for fact in reading.texts where fact.field == .sku {
        var trust = Trust.of(reading.syntax) + fact.bonus + min(reading.bonus, 0)
        let isOfSizes =
          (kinds[fact.path]?.count ?? 0) > 2
          || (labelled.count > 2 && reading.syntax == .visible && labelled.contains(fact.value))
        if isOfSizes, reading.syntax == .visible { trust -= fact.bonus }
        if ItemNumber.stands(fact.value, in: context.url) {
          trust += 16
        } else if isOfSizes {
          trust -= 30
        }
        let value = ItemNumber.clean(fact.value)
        ballot.add(
          .init(
            syntax: reading.syntax, path: fact.path, raw: fact.raw, value: value,
            key: TitleText.key(value), trust: trust))
      }
    }
    if ballot.votes.isEmpty, let number = ItemNumber.inAddress(context.url) {
      ballot.add(
        .init(
          syntax: .meta, path: "address", raw: context.url.pathAndQuery, value: number,
          key: TitleText.key(number), trust: Trust.of(.meta)))
    }
    return close(ballot)
  }

  /// The trade item number, where the page names one: a thing of several sizes has one for each.
  private mutating func tradeNumber() -> String? {
    var ballot = Ballot(.gtin)
    var isNamed = false
    var kinds: [String: Set<String>] = [:]
    for reading in readings {
      for fact in reading.texts where fact.field == .gtin {
        kinds["\(reading.syntax) \(fact.path)", default: []].insert(fact.value)
        // A number that stands in the address is that of the size at hand.
        let isHere = ItemNumber.stands(fact.value, in: context.url)
        isNamed = isNamed || isHere
        ballot.add(
          .init(
            syntax: reading.syntax, path: fact.path, raw: fact.raw, value: fact.value,
            key: fact.value,
            trust: Trust.of(reading.syntax) + fact.bonus + min(reading.bonus, 0)
              + (isHere ? 16 : 0)))
      }
    }
    ballot.isUndecided = !isNamed && kinds.contains { $0.value.count > 2 }
    return close(ballot)
  }

  private mutating func close(_ ballot: Ballot) -> String? {
    let (chosen, found) = ballot.decide()
    evidence += found
    return chosen?.value
  }

  /// The trail's last link that is neither the shop nor the product itself.
  private mutating func category(name: String?) -> String? {
    var ballot = Ballot(.category)
    for reading in readings {
      for fact in reading.texts where fact.field == .category {
        ballot.add(
          .init(
            syntax: reading.syntax, path: fact.path, raw: fact.raw, value: fact.value,
            key: TitleText.key(fact.value),
            trust: Trust.of(reading.syntax) + fact.bonus + min(reading.bonus, 0)))
      }
    }
    let own = name.map(TitleText.key)
    if let last = categories.last(where: { TitleText.key($0.value) != own && !$0.value.isEmpty }) {
      let isStructured = last.path.hasSuffix("BreadcrumbList")
      ballot.add(
        .init(
          syntax: isStructured ? .jsonLD : .visible, path: last.path, raw: last.raw,
          value: last.value,
          key: TitleText.key(last.value), trust: isStructured ? 62 : 50))
    }
    return close(ballot)
  }

  // MARK: Offer

  /// Whole hundredths of a payload as what they mean, where the page shows the same amount with its
  /// cents: `{"price": 4950}` beside `49.50`.
  private mutating func readHundredths() {
    guard let visible = readings.first(where: { $0.syntax == .visible }), visible.priceScore >= 40
    else { return }
    let seen = [visible.price, visible.listPrice].compactMap { $0?.amount.tenThousandths }
    func smaller(_ fact: inout PriceFact?) {
      guard let amount = fact?.amount else { return }
      fact?.amount = Amount(tenThousandths: amount.tenThousandths / 100)
    }
    for index in readings.indices where readings[index].syntax == .state {
      guard let price = readings[index].price, !price.raw.utf8.contains(0x2E),
        price.amount.tenThousandths >= 1_000_000,
        seen.contains(price.amount.tenThousandths / 100)
      else { continue }
      smaller(&readings[index].price)
      smaller(&readings[index].listPrice)
      for variant in readings[index].variants.indices {
        smaller(&readings[index].variants[variant].price)
        smaller(&readings[index].variants[variant].listPrice)
      }
    }
  }

  private mutating func offer() -> Offer {
    var prices = Ballot(.price)
    var currencies = Ballot(.currency)
    var stocks = Ballot(.availability)
    // Where a syntax gives several prices, what the visitor sees decides between them.
    let visible = readings.first { $0.syntax == .visible }
    let seen = visible?.price?.amount
    if let seen, let score = visible?.priceScore, score >= 60 {
      prices.favourite = (
        String(seen.tenThousandths), Trust.seenPrice - Trust.agreement
      )
    }
    // What a visitor sees struck through is the price of the past, whoever gives it as the price.
    let past =
      (visible?.priceScore ?? 0) >= 50 ? visible?.listPrice?.amount : nil
    for reading in readings {
      let trust = Trust.of(reading.syntax) + min(reading.bonus, 0)
      func vote(_ fact: PriceFact, _ trust: Int) -> Ballot.Vote {
        Ballot.Vote(
          syntax: reading.syntax, path: fact.path ?? reading.path, raw: fact.raw,
          value: fact.amount.description, key: String(fact.amount.tenThousandths),
          trust: trust - (fact.isDoubtful ? 12 : 0))
      }
      if let fact = reading.price {
        let isOverruled =
          seen != fact.amount && reading.otherPrices.contains { $0.amount == seen }
          && reading.syntax != .visible
        let isPast = fact.amount == past && past != seen && reading.syntax != .recipe
        prices.add(vote(fact, isPast ? trust - 40 : isOverruled ? trust - 14 : trust))
        if let code = fact.currency {
          currencies.add(
            .init(
              syntax: reading.syntax, path: reading.path, raw: fact.raw, value: code, key: code,
              trust: trust))
        }
      }
      for fact in reading.otherPrices {
        let isSeen = fact.amount == seen && reading.syntax != .visible
        var vote = vote(fact, isSeen ? trust : trust - 30)
        vote.isAside = !isSeen
        prices.add(vote)
      }
      if let stock = reading.stock {
        stocks.add(
          .init(
            syntax: reading.syntax, path: reading.path, raw: stock.raw,
            value: stock.availability.rawValue, key: stock.availability.rawValue, trust: trust))
      }
    }
    var offer = Offer()
    offer.availability = close(stocks).flatMap(Availability.init)
    let code = close(currencies) ?? currency ?? context.region.flatMap(CurrencySymbols.currency)
    let amount = close(prices).flatMap { Amount($0) }
    guard let amount, let currency = code.flatMap({ Currency($0) }) else { return offer }
    offer.price = Money(amount, currency)
    offer.listPrice = listPrice(above: amount).map { Money($0, currency) }
    return offer
  }

  private mutating func listPrice(above price: Amount) -> Amount? {
    var ballot = Ballot(.listPrice)
    for reading in readings {
      guard let fact = reading.listPrice, fact.amount > price else { continue }
      // A list price is believed from where the price itself is right.
      guard reading.price == nil || reading.price?.amount == price else { continue }
      ballot.add(
        .init(
          syntax: reading.syntax, path: fact.path ?? reading.path, raw: fact.raw,
          value: fact.amount.description, key: String(fact.amount.tenThousandths),
          trust: Trust.of(reading.syntax) + min(reading.bonus, 0)))
    }
    return close(ballot).flatMap { Amount($0) }
  }

  // MARK: Pictures

  /// The gallery of the reading that is believed most; others only better its renditions, and
  /// complete it where it names a single picture that stands in theirs too.
  private func images() -> [CanonicalURL] {
    var ranked = readings.enumerated().filter { !$0.element.pictures.isEmpty }
      .map {
        (
          offset: $0.offset, reading: $0.element,
          trust: Trust.of($0.element.syntax) + min($0.element.bonus, 0)
        )
      }
    ranked.sort { $0.trust == $1.trust ? $0.offset < $1.offset : $0.trust > $1.trust }
    guard let first = ranked.first else { return [] }
    let reader = Gallery.Reader(context: context)
    var gallery = Gallery(reader)
    for picture in first.reading.pictures { gallery.add(picture) }
    for (_, reading, _) in ranked.dropFirst() {
      if gallery.count <= 1 {
        var other = Gallery(reader)
        for picture in reading.pictures { other.add(picture) }
        let before = other.count
        var joined = other
        for url in gallery.urls { joined.add(Picture(address: url.string)) }
        // Nothing new was added: the other gallery holds ours.
        if gallery.count == 0 || (joined.count == before && before > gallery.count) {
          gallery = joined
          continue
        }
      }
      for picture in reading.pictures { gallery.improve(picture) }
    }
    return gallery.urls
  }

  // MARK: Variants

  private func variants(offer: Offer) -> [Variant] {
    let best = readings.filter { $0.variants.count > 1 }
      .max {
        Trust.of($0.syntax) + $0.variants.count / 64 < Trust.of($1.syntax) + $1.variants.count / 64
      }
    guard let best else { return [] }
    var seen: Set<String> = []
    var variants: [Variant] = []
    for reading in best.variants.prefix(context.limits.variants) {
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
        image: reading.pictures.first.flatMap { Gallery.single($0, context: context) },
        offer: Offer(price: price, listPrice: list, availability: reading.stock?.availability))
      let key = "\(variant.sku ?? "")|\(variant.color ?? "")|\(variant.size ?? "")"
      if seen.insert(key).inserted { variants.append(variant) }
    }
    return variants.count > 1 ? variants : []
  }
}
