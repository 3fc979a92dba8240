import Catalog

/// What payloads say of the page's product without naming it.
extension StateReader {
  /// Pictures that stand in an array of their own, as Magento's `mage/gallery/gallery` has them:
  /// `[{"thumb": …, "img": …, "full": …}]`. The array's first object speaks for all.
  ///
  /// It is no product by itself, only the pictures of the one that the page has.
  func gallery(_ tape: JSONTape, _ index: Int, _ survey: Survey) -> ProductReading? {
    let list = Int(survey.parents[index])
    guard list == index - 1, tape[list].kind == .array,
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

  /// WooCommerce's `data-product_variations`: the variants of the product that the page describes.
  mutating func variations(_ tape: JSONTape, _ survey: Survey) -> ProductReading? {
    guard let root = tape.root, root.isArray, root.count > 0,
      JSONValue(tape: tape, at: 1)["variation_id"] != nil
    else { return nil }
    var reading = ProductReading(syntax: .state, path: tape.origin)
    reading.isAppendix = true
    reading.bonus = OpenGraph.undeclared
    readVariants(root.members, survey, into: &reading)
    let stocks = reading.variants.compactMap(\.stock)
    reading.stock = stocks.first { $0.availability == .inStock } ?? stocks.first
    return reading.variants.isEmpty ? nil : reading
  }
}
