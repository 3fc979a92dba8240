import Catalog

extension StateReader {
  /// Reads a product object: its own members first, then those of what it contains, level by level.
  mutating func product(_ value: JSONValue, score: Int, survey: Survey) -> ProductReading? {
    var reading = ProductReading(syntax: .state, path: path(value, survey))
    reading.bonus = min(score, 24) - 12
    if isThisPage(value) { reading.bonus += 12 }
    if value["__typename"]?.string?.hasSuffix("Product") ?? false { reading.bonus += 3 }
    let isMinor = isShopify(value) || shapes.countsHundredths(value)
    var levels = gather(value, survey, into: &reading, isMinor: isMinor)
    if isMinor || value.member(.variants)?.firstMember?["option1"] != nil {
      addShopifyOptions(value, &reading)
    }
    reading.stock = reading.stock ?? levels.stock
    finishPrices(&levels, value: value, survey: survey, isMinor: isMinor, into: &reading)
    readVariants(value, survey, isMinor: isMinor, currency: levels.currency, into: &reading)
    if reading.pictures.isEmpty, let first = reading.variants.first {
      reading.pictures = first.pictures
    }
    // A database's number is none that a shop goes by.
    let isNumbered = reading.texts.contains { $0.field == .sku && $0.bonus > Self.idBonus }
    let atHand = variantAtHand(reading.variants)
    let first = atHand ?? reading.variants.first
    if let sku = first?.sku, !isNumbered, reading.text(.sku) == nil || !(first?.isById ?? true) {
      reading.add(.sku, sku, at: reading.path + ".variants[0].sku", bonus: -4)
    }
    // Variants with numbers of their own leave none for the whole.
    if reading.text(.gtin) == nil, let gtin = reading.variants.first?.gtin,
      reading.variants.allSatisfy({ $0.gtin == nil || $0.gtin == gtin })
    {
      reading.add(.gtin, gtin, at: reading.path + ".variants[0].gtin", bonus: -4)
    }
    choosePrice(atHand, in: &reading)
    if reading.stock == nil {
      let stocks = reading.variants.compactMap(\.stock)
      reading.stock = stocks.first { $0.availability == .inStock } ?? stocks.first
    }
    guard let name = reading.text(.name) else { return nil }
    // What only analytics are told may be without tax or older than what the visitor sees, and of a thing
    // that the page does not name it makes no product's page.
    if survey.concepts[value.index].isDisjoint(with: Self.shown) {
      reading.bonus -= isNamedByPage(name) ? 18 : 36
    }
    return reading
  }

  /// What an object's own `id` counts for as a number.
  private static let idBonus = -16

  /// What the levels below an object say of money; texts go straight into the reading.
  struct Gathered {
    var price: StateShapes.Prices?
    var sale: PriceFact?
    var list: PriceFact?
    var currency: String?
    var id: String?
    /// What its offers say, where it says nothing itself.
    var stock: StockFact?
  }

  mutating func gather(
    _ value: JSONValue, _ survey: Survey, into reading: inout ProductReading, isMinor: Bool
  ) -> Gathered {
    var gathered = Gathered()
    var level = [(value: value, path: reading.path)]
    // What is told of a thing beside its price is its own.
    if let part = namedPart(value, survey) {
      level.insert((part, "\(reading.path).\(Self.key(of: part))"), at: 0)
    }
    var pictures: [Picture] = []
    var thumbnails: [Picture] = []
    var isSoldOut = false
    var offerBudget = 2_000
    // The currency first: it decides what bare numbers mean.
    gathered.currency = currency(below: value, survey)
    for depth in 0..<4 {
      var next: [(value: JSONValue, path: String)] = []
      for (object, path) in level {
        for index in object.memberIndices {
          steps -= 1
          guard steps > 0 else { return gathered }
          let concept = object.tape[index].concept
          let member = JSONValue(tape: object.tape, at: index).target
          if member.isNull { continue }
          func at() -> String {
            path + "." + String(decoding: object.tape.key(index), as: UTF8.self)
          }
          switch concept {
          case .name:
            // A variant's title is what it comes in.
            if object["public_title"] != nil, Bytes.equals(object.tape.key(index), "title") {
              break
            }
            if depth == 0 { addText(.name, member, at(), &reading) }
          case .displayName:
            if depth == 0, value.member(.name) == nil { addText(.name, member, at(), &reading) }
          case .description:
            if depth < 2 { addText(.description, member, at(), &reading) }
          case .brand:
            if reading.text(.brand) == nil, let raw = shapes.text(member),
              let text = BrandText.clean(raw)
            {
              reading.add(.brand, text, at: at(), raw: raw)
            }
          case .category:
            if depth < 2, let text = category(member), reading.text(.category) == nil {
              reading.add(.category, text, at: at())
            }
          case .color:
            if !member.isArray || member.count == 1 { addText(.color, member, at(), &reading) }
          case .retailer:
            if depth < 2 { addText(.retailer, member, at(), &reading) }
          case .sku:
            if let single = member.single { addText(.sku, single, at(), &reading) }
          case .productID:
            if depth == 0, let text = member.single?.text { gathered.id = gathered.id ?? text }
          case .identifier:
            // Of an `id` and a `code` or `reference` the second is what people go by.
            let key = object.tape.key(index)
            let isCode = Bytes.equals(key, "code") || Bytes.equals(key, "reference")
            if depth == 0, let text = member.text, gathered.id == nil || isCode {
              gathered.id = text
            }
          case .mpn:
            if reading.text(.sku) == nil, let text = member.text {
              reading.add(.sku, text, at: at(), bonus: -12)
            }
          case .gtin:
            if reading.text(.gtin) == nil, let raw = shapes.text(member),
              let gtin = Gtin.readBook(raw)
            {
              reading.add(.gtin, gtin, at: at(), raw: raw)
            }
          case .price, .prices, .range, .minorAmount:
            guard depth < 3 else { break }
            let found = shapes.prices(
              concept == .minorAmount ? object : member, currency: gathered.currency,
              isMinor: isMinor)
            if found.price != nil, gathered.price?.price == nil {
              gathered.price = found
              gathered.price?.price?.path = at()
            }
            if concept == .prices, gathered.stock == nil {
              gathered.stock = shapes.offerStock(member, budget: &offerBudget)
              gathered.stock?.path = at()
            }
          case .salePrice:
            if gathered.sale == nil, depth < 3 {
              gathered.sale =
                shapes.prices(member, currency: gathered.currency, isMinor: isMinor).price
              gathered.sale?.path = at()
            }
          case .listPrice:
            // Of several the first that is not the price again.
            if gathered.list == nil || gathered.list?.amount == gathered.price?.price?.amount,
              depth < 3
            {
              gathered.list =
                shapes.prices(member, currency: gathered.currency, isMinor: isMinor).price
            }
          case .available, .soldOut, .quantity, .stockStatus:
            // One is how many are looked at, in what analytics are told.
            if concept == .quantity, member.text == "1",
              Vocabulary.isOrdered(object.tape.key(index))
            {
              break
            }
            if var stock = shapes.stock(concept, member) {
              // `{"instock": false, "purchasable": true}` cannot be bought.
              let isOwn = concept == .available && depth == 0
              if reading.stock == nil || (isOwn && !isSoldOut) {
                isSoldOut = isOwn && stock.availability == .soldOut
                stock.path = at()
                reading.stock = stock
              }
            } else if member.isObject {
              next.append((member, at()))
            }
          case .images:
            var budget = 2_000
            let found = shapes.pictures(member, budget: &budget)
            if pictures.count < found.count || pictures.isEmpty, depth < 3 {
              pictures = merge(found, pictures)
            }
          case .thumbnail:
            if depth == 0, let text = member.string { thumbnails.append(Picture(address: text)) }
          case .url:
            if depth == 0, let text = shapes.text(member) { reading.urls.append(text) }
          case .attributes:
            readAttributes(member, path: at(), into: &reading)
            if member.isObject { next.append((member, at())) }
          case .related, .variants, .posts, .creator, .taggedProducts, .breadcrumbs, .items,
            .nextPage, .caption, .hashtags, .locale, .currency, .pickup:
            break
          default:
            if member.isObject, member.count < 200 { next.append((member, at())) }
          }
        }
      }
      if depth == 0, gathered.price?.price == nil, gathered.sale == nil, gathered.currency != nil,
        let told = value.member(.amount), told.text != nil, value.member(.currency) != nil
      {
        gathered.price = shapes.prices(told, currency: gathered.currency)
        gathered.price?.price?.path = reading.path + ".value"
      }
      if next.isEmpty { break }
      level = Array(next.prefix(200))
    }
    reading.pictures = pictures.isEmpty ? thumbnails : pictures
    if reading.text(.sku) == nil, let id = gathered.id {
      reading.add(.sku, id, at: reading.path + ".id", bonus: Self.idBonus)
    }
    return gathered
  }

  private func merge(_ new: [Picture], _ old: [Picture]) -> [Picture] {
    let known = Set(new.map(\.address))
    return new + old.filter { !known.contains($0.address) }
  }

  private mutating func addText(
    _ field: Field, _ value: JSONValue, _ path: String, _ reading: inout ProductReading
  ) {
    guard reading.text(field) == nil, let text = shapes.text(value) else { return }
    guard field != .name || text.utf8.count < 500 else { return }
    reading.add(field, text, at: path)
  }

  /// The last of a list of categories, or the end of a path.
  private func category(_ value: JSONValue) -> String? {
    if value.isArray { return value.members.last.flatMap { shapes.text($0.target) } }
    return shapes.text(value)
  }

  /// `[{"name": "color", "value": "Red"}, …]`, in the words of commercetools and many others.
  private mutating func readAttributes(
    _ value: JSONValue, path: String, into reading: inout ProductReading
  ) {
    guard value.isArray else { return }
    for attribute in value.members.prefix(100) {
      steps -= 1
      let attribute = attribute.target
      guard attribute.isObject,
        let name =
          (attribute["name"] ?? attribute["key"] ?? attribute["code"] ?? attribute["label"]
          ?? attribute["attributeCode"])?.string
      else { continue }
      let given = attribute["value"] ?? attribute["values"] ?? attribute["displayValue"]
      guard let given, !given.isNull else { continue }
      let field: Field? =
        switch Vocabulary.concept(name) {
        case .color: .color
        case .brand: .brand
        case .gtin: .gtin
        case .sku: .sku
        default: nil
        }
      guard let field, let text = shapes.text(given) else { continue }
      if field == .gtin {
        if let gtin = Gtin.read(text) {
          reading.add(.gtin, gtin, at: "\(path)[\(name)]", raw: text)
        }
      } else if reading.text(field) == nil {
        reading.add(field, text, at: "\(path)[\(name)]")
      }
    }
  }

  // MARK: Money

  /// The first currency at or below an object, else the only one that the payload names.
  private mutating func currency(below value: JSONValue, _ survey: Survey) -> String? {
    let end = min(Int(value.node.end), value.index + 4_000)
    for index in survey.currencies where index >= value.index {
      guard index < max(end, value.index + 1) else { break }
      steps -= 1
      if let code = shapes.currency(JSONValue(tape: value.tape, at: Int(index))) { return code }
    }
    var only: String?
    var seen = 0
    for index in survey.currencies {
      let named = JSONValue(tape: value.tape, at: Int(index))
      guard let code = shapes.currency(named) else { continue }
      if only == nil { only = code }
      guard code == only else { return nil }
      seen += 1
      if seen > 64 { break }
    }
    return only
  }

  func finishPrices(
    _ gathered: inout Gathered, value: JSONValue, survey: Survey, isMinor: Bool,
    into reading: inout ProductReading
  ) {
    if gathered.price?.price == nil, gathered.sale == nil {
      // The price may stand beside the product: `{"product": {…}, "price": {…}}`.
      var node = value.index
      for _ in 0..<2 {
        let parent = Int(survey.parents[node])
        guard parent >= 0 else { break }
        node = parent
        let outer = JSONValue(tape: value.tape, at: parent)
        guard outer.isObject else { continue }
        for concept: Concept in [.price, .prices, .minorAmount] {
          guard let member = outer.member(concept) else { continue }
          let found = shapes.prices(member, currency: gathered.currency)
          if found.price != nil, gathered.price?.price == nil { gathered.price = found }
        }
      }
    }
    let combined = shapes.combine(
      price: gathered.price?.price, sale: gathered.sale, list: gathered.list ?? gathered.price?.list
    )
    guard let price = combined.price, price.amount.tenThousandths > 0 else { return }
    reading.price = price
    reading.listPrice = combined.list
  }

  // MARK: Shopify

  /// Shopify's product object in a theme: whole hundredths and its own words beside them.
  func isShopify(_ value: JSONValue) -> Bool {
    guard
      value["price_varies"] != nil || value["compare_at_price_varies"] != nil
        || value["public_title"] != nil
        || (value["vendor"] != nil && value["handle"] != nil)
    else { return false }
    let first = value["variants"]?.first?.target
    let price = value["price"] ?? first?["price"]
    return price?.kind == .number && !(price?.bytes.contains(0x2E) ?? true)
  }

  private func addShopifyOptions(_ value: JSONValue, _ reading: inout ProductReading) {
    if let type = value["product_type"]?.string ?? value["type"]?.string,
      reading.text(.category) == nil
    {
      reading.add(.category, type, at: reading.path + ".type")
    }
  }

  /// Which of `option1` … `option3` is the colour, which the size.
  private func shopifyOptions(_ value: JSONValue) -> (color: StaticString?, size: StaticString?) {
    var color: StaticString?
    var size: StaticString?
    let keys: [StaticString] = ["option1", "option2", "option3"]
    for (offset, option) in (value["options"]?.members ?? []).prefix(3).enumerated() {
      guard let name = option.string ?? option["name"]?.string else { continue }
      switch Vocabulary.concept(name) {
      case .color: color = keys[offset]
      case .size: size = keys[offset]
      default: break
      }
    }
    return (color, size)
  }

  // MARK: Variants

  mutating func readVariants(
    _ value: JSONValue, _ survey: Survey, isMinor: Bool, currency: String?,
    into reading: inout ProductReading
  ) {
    var parts: [JSONValue] = []
    for member in value.members(.variants) {
      var list = member.isArray ? member.members : member.members.filter(\.isObject)
      if let inner = member["nodes"] ?? member["edges"], inner.isArray { list = inner.members }
      let objects = unwrapped(list)
      if objects.count > parts.count { parts = objects }
    }
    guard !parts.isEmpty else { return }
    let master = value.member(.master).flatMap { $0.isObject ? $0 : nil }
    if let master, !parts.contains(where: { $0.index == master.index }) {
      let sku = master.member(.sku)?.text
      let isKnown = parts.contains { sku != nil && $0.member(.sku)?.text == sku }
      if !isKnown { parts.insert(master, at: 0) }
    }
    readVariants(
      parts, survey, options: shopifyOptions(value), isMinor: isMinor, currency: currency,
      into: &reading)
  }

  mutating func readVariants(
    _ parts: [JSONValue], _ survey: Survey,
    options: (color: StaticString?, size: StaticString?) = (nil, nil), isMinor: Bool = false,
    currency: String? = nil, into reading: inout ProductReading
  ) {
    let isMinor = isMinor || parts.first.map { shapes.countsHundredths($0) } ?? false
    for part in parts.prefix(context.limits.variants) {
      guard steps > 0 else { return }
      var inner = ProductReading(syntax: .state, path: reading.path + ".variants")
      var gathered = gather(part, survey, into: &inner, isMinor: isMinor)
      gathered.currency = gathered.currency ?? currency
      let combined = shapes.combine(
        price: gathered.price?.price, sale: gathered.sale,
        list: gathered.list ?? gathered.price?.list)
      var variant = VariantReading()
      variant.name = inner.text(.name)
      variant.sku = inner.text(.sku)
      variant.id = gathered.id
      variant.isById = inner.texts.contains { $0.field == .sku && $0.bonus == Self.idBonus }
      variant.gtin = inner.text(.gtin)
      variant.color = inner.text(.color) ?? options.color.flatMap { part[key: "\($0)"]?.string }
      variant.size =
        shapes.text(part.member(.size)) ?? options.size.flatMap { part[key: "\($0)"]?.string }
      if variant.color == nil { variant.color = selectedOption(part, .color) }
      if variant.size == nil { variant.size = selectedOption(part, .size) }
      variant.pictures = inner.pictures
      variant.url = inner.urls.first
      variant.price = combined.price
      variant.listPrice = combined.list
      if variant.price?.currency == nil { variant.price?.currency = currency }
      variant.stock = inner.stock
      guard variant.sku != nil || variant.color != nil || variant.price != nil else { continue }
      reading.variants.append(variant)
    }
  }

  /// GraphQL's `edges: [{node: …}]` and `nodes: […]` as plain objects.
  private func unwrapped(_ list: [JSONValue]) -> [JSONValue] {
    var objects: [JSONValue] = []
    var pending = Array(list.prefix(1_000).reversed())
    // Of lists inside lists, which may be inside themselves.
    var budget = 4_096
    while let entry = pending.popLast()?.target {
      if entry.isArray {
        // `{"edges": […]}` or `{"nodes": […]}`
        let members = entry.memberIndices.prefix(budget).map {
          JSONValue(tape: entry.tape, at: $0)
        }
        budget -= members.count
        pending += members.reversed()
      } else if entry.isObject {
        let node = entry["node"]?.target
        objects.append(node.flatMap { $0.isObject ? $0 : nil } ?? entry)
      }
    }
    return objects
  }

  /// Shopify's storefront API: `selectedOptions: [{name: "Color", value: "Red"}]`; Salesforce:
  /// `variationValues: {"color": "red"}`; WooCommerce: `attributes: {"attribute_pa_color": "red"}`.
  private func selectedOption(_ value: JSONValue, _ concept: Concept) -> String? {
    for list in value.members(.values) + value.members(.attributes) {
      for member in list.isObject ? Array(list.memberIndices.prefix(8)) : [] {
        var name = Substring(decoding: list.tape.key(member), as: UTF8.self)
        if name.hasPrefix("attribute_") { name = name.dropFirst(10) }
        if Vocabulary.concept(String(name.hasPrefix("pa_") ? name.dropFirst(3) : name)) == concept {
          return shapes.text(JSONValue(tape: list.tape, at: member))
        }
      }
      guard list.isArray else { continue }
      for option in list.members.prefix(8) {
        let option = option.target
        guard let name = (option["name"] ?? option["key"])?.string,
          Vocabulary.concept(name) == concept
        else { continue }
        return shapes.text(option["value"])
      }
    }
    return nil
  }

  /// `script#__NEXT_DATA__.props.pageProps.product`
  func path(_ value: JSONValue, _ survey: Survey) -> String {
    var keys: [String] = []
    var node = value.index
    while node >= 0, keys.count < 24 {
      let key = value.tape.key(node)
      if !key.isEmpty { keys.append(String(decoding: key, as: UTF8.self)) }
      node = Int(survey.parents[node])
    }
    var path = value.tape.origin
    for key in keys.reversed() {
      path += "."
      path += key
    }
    return path
  }
}
