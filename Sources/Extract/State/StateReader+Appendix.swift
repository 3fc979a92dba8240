import Catalog

/// What payloads say of the page's product without naming it.
extension StateReader {
  /// Pictures that stand in an array of their own, as Magento's `mage/gallery/gallery` has them:
  /// `[{"thumb": …, "img": …, "full": …}]`. The array's first object speaks for all.
  ///
  /// It is no product by itself, only the pictures of the one that the page has.
  func gallery(_ tape: JSONTape, _ index: Int, _ survey: Survey) -> ProductReading? {
    let list = Int(survey.parents[index])
    guard list >= 0, list == index - 1, tape[list].kind == .array,
      JSONValue(tape: tape, at: index)["full"]?.isString ?? false,
      // Under a number stand the pictures of one variant.
      !tape.key(list).allSatisfy(Bytes.isDigit), !isOfSomething(tape, list, survey)
    else { return nil }
    let value = JSONValue(tape: tape, at: list)
    var reading = ProductReading(syntax: .state, path: path(value, survey))
    reading.isAppendix = true
    reading.bonus = OpenGraph.undeclared
    for member in value.members.prefix(context.limits.pictures) {
      guard let address = member["full"]?.string, PictureFinder.looksLikeAddress(address),
        member["type"]?.string != "video"
      else { continue }
      reading.pictures.append(Picture(address: address))
    }
    return reading.pictures.isEmpty ? nil : reading
  }

  /// Whether a value belongs to a thing that has a name, or to what is not the page's.
  private func isOfSomething(_ tape: JSONTape, _ index: Int, _ survey: Survey) -> Bool {
    var node = index
    for _ in 0..<64 {
      if tape[node].concept == .related { return true }
      node = Int(survey.parents[node])
      guard node >= 0 else { return false }
      if survey.concepts[node].contains(.name) { return true }
    }
    return true
  }

  /// A list of nothing but variants, as WooCommerce's `data-product_variations`, or the one that is
  /// chosen, as Shopify's themes write it: of the product that the page describes.
  mutating func variations(_ tape: JSONTape, _ survey: Survey) -> ProductReading? {
    guard let root = tape.root, root.count > 0 else { return nil }
    let first = root.isArray ? JSONValue(tape: tape, at: 1) : root
    let isShopify = first["public_title"] != nil
    let isList = root.isArray && first["variation_id"] != nil
    guard first.isObject,
      isShopify || isList || root.isArray && isVariant(survey.concepts[first.index])
    else { return nil }
    var reading = ProductReading(syntax: .state, path: tape.origin)
    reading.isAppendix = true
    reading.bonus = OpenGraph.undeclared
    readVariants(
      root.isArray ? root.members : [root], survey, isMinor: isShopify && self.isShopify(first),
      into: &reading)
    let stocks = reading.variants.compactMap(\.stock)
    reading.stock = stocks.first { $0.availability == .inStock } ?? stocks.first
    choosePrice(variantAtHand(reading.variants), in: &reading)
    if reading.variants.count == 1, let only = reading.variants.first {
      if !only.isById { reading.add(.sku, only.sku, at: reading.path + ".sku") }
      reading.add(.gtin, only.gtin, at: reading.path + ".gtin")
    }
    return reading.variants.isEmpty ? nil : reading
  }

  /// Whether an object has a number, a price and a stock, and neither a name nor an address.
  private func isVariant(_ set: ConceptSet) -> Bool {
    set.contains(.sku) && !set.isDisjoint(with: Self.priced) && !set.isDisjoint(with: Self.stocked)
      && set.isDisjoint(with: ConceptSet(.name, .displayName, .url, .slug))
  }

  /// Whether an object may be what `unnamed` reads: most are not, and are spared the call.
  static func mayBeUnnamed(_ node: JSONTape.Node, _ set: ConceptSet) -> Bool {
    set.contains(.attributes) || set.contains(.variants)
      || Int(node.keyCount) == attributesKey.utf8CodeUnitCount
  }

  /// The key of BigCommerce's `BCData.product_attributes`.
  private static var attributesKey: StaticString { "product_attributes" }

  /// A product of the page that a payload names by its place alone.
  mutating func unnamed(_ tape: JSONTape, _ index: Int, _ survey: Survey) -> ProductReading? {
    let set = survey.concepts[index]
    if set.contains(.attributes), set.contains(.images) || set.contains(.prices),
      let variants = configured(JSONValue(tape: tape, at: index), survey)
    {
      return variants
    }
    let key = tape.key(index)
    let isAttributes = Bytes.equals(key, Self.attributesKey)
    // What Shopify tells its analytics of a product's page.
    guard isAttributes || (set.contains(.variants) && Bytes.equals(key, "product")) else {
      return nil
    }
    let value = JSONValue(tape: tape, at: index)
    let isAnalytics = !isAttributes && value["gid"] != nil
    if isAttributes {
      guard value["purchasable"] != nil else { return nil }
    } else if !isAnalytics {
      guard let first = value.member(.variants)?.firstMember?.target, first.isObject,
        isVariant(survey.concepts[first.index])
      else { return nil }
    }
    var reading = ProductReading(syntax: .state, path: path(value, survey))
    reading.isAppendix = true
    var levels = gather(value, survey, into: &reading, isMinor: isAnalytics)
    finishPrices(&levels, value: value, survey: survey, isMinor: isAnalytics, into: &reading)
    readVariants(
      value, survey, isMinor: isAnalytics, currency: levels.currency, into: &reading)
    let atHand = variantAtHand(reading.variants)
    guard let first = atHand ?? reading.variants.first else { return reading }
    // `Vest - Red / S` is the name of a variant that is called `Red / S`.
    let title = value.member(.variants)?.firstMember?["public_title"]?.string
    if let name = reading.variants.first?.name {
      let end = title.map { " - " + $0 } ?? ""
      reading.add(
        .name, name.hasSuffix(end) ? String(name.dropLast(end.count)) : name,
        at: reading.path + ".variants[0].name", bonus: -8)
    }
    reading.texts.removeAll { $0.field == .sku }
    if !first.isById {
      reading.add(.sku, first.sku, at: reading.path + ".variants[0].sku", bonus: -4)
    }
    choosePrice(atHand, in: &reading)
    if reading.stock == nil {
      let stocks = reading.variants.compactMap(\.stock)
      reading.stock = stocks.first { $0.availability == .inStock } ?? stocks.first
    }
    // The address says which of them is looked at.
    if atHand?.price != nil { return reading }
    // Which of them the page shows, the visitor sees.
    var known = reading.price.map { [$0.amount] } ?? []
    for price in reading.variants.compactMap(\.price) where known.count < 9 {
      guard !known.contains(price.amount) else { continue }
      known.append(price.amount)
      reading.otherPrices.append(price)
    }
    return reading
  }

  /// Magento's configurable products: `index: {"11": {"93": "49"}}` says which option of attribute 93
  /// product 11 has; `attributes`, `optionPrices`, `images` and `sku` tell of each.
  private func configured(_ value: JSONValue, _ survey: Survey) -> ProductReading? {
    guard let index = value["index"], index.isObject, value["optionPrices"] != nil,
      let attributes = value["attributes"], attributes.isObject
    else { return nil }
    var reading = ProductReading(syntax: .state, path: path(value, survey))
    reading.isAppendix = true
    reading.bonus = OpenGraph.undeclared
    // Attribute and option to what the option is called, and which field that is.
    var options: [String: (concept: Concept, label: String)] = [:]
    for attribute in attributes.members.prefix(16) {
      guard let id = attribute["id"]?.text, let code = attribute["code"]?.string else { continue }
      let named = Vocabulary.concept(code)
      let concept =
        named == .none ? attribute["label"]?.string.map { Vocabulary.concept($0) } ?? .none : named
      for option in (attribute["options"]?.members ?? []).prefix(1_000) {
        guard let number = option["id"]?.text, let label = option["label"]?.string else { continue }
        options["\(id)|\(number)"] = (concept, label)
      }
    }
    let prices = Self.byKey(value["optionPrices"])
    let numbers = Self.byKey(value["sku"] ?? value["skus"])
    let pictures = Self.byKey(value["images"])
    for member in index.memberIndices.prefix(context.limits.variants) {
      let id = String(decoding: value.tape.key(member), as: UTF8.self)
      var variant = VariantReading()
      let chosen = JSONValue(tape: value.tape, at: member)
      for attribute in chosen.memberIndices.prefix(16) {
        let number = JSONValue(tape: value.tape, at: attribute).text ?? ""
        let key = String(decoding: value.tape.key(attribute), as: UTF8.self)
        switch options["\(key)|\(number)"] {
        case (.color, let label)?: variant.color = label
        case (.size, let label)?: variant.size = label
        default: continue
        }
      }
      variant.sku = numbers[id]?.text ?? id
      if let price = prices[id] {
        variant.price = shapes.prices(price["finalPrice"], currency: nil).price
        variant.listPrice = shapes.prices(price["oldPrice"], currency: nil).price
      }
      if let address = pictures[id]?.firstMember?["full"]?.string {
        variant.pictures = [Picture(address: address)]
      }
      reading.variants.append(variant)
    }
    return reading.variants.isEmpty ? nil : reading
  }

  private static func byKey(_ value: JSONValue?) -> [String: JSONValue] {
    guard let value, value.isObject else { return [:] }
    return Dictionary(
      value.memberIndices.prefix(4_096).map {
        (String(decoding: value.tape.key($0), as: UTF8.self), JSONValue(tape: value.tape, at: $0))
      }, uniquingKeysWith: { first, _ in first })
  }
}
