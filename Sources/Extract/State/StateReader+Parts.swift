import Catalog

/// Products whose members stand in several objects, and which of its variants a page shows.
extension StateReader {
  /// How much an object says that has a part to name it and its price beside, as the W3C's data layer
  /// writes `{"productInfo": {"productName": …}, "price": {…}}`; `nil` where it is no product.
  func composite(_ tape: JSONTape, _ index: Int, _ survey: Survey) -> Int? {
    let value = JSONValue(tape: tape, at: index)
    guard let part = namedPart(value, survey) else { return nil }
    var set = survey.concepts[index].union(survey.concepts[part.index])
    for member in value.members(.attributes) where member.isObject {
      set.formUnion(survey.concepts[member.index])
    }
    return Self.productScore(set)
  }

  /// The member that names what an object is about, and is no product by itself.
  func namedPart(_ value: JSONValue, _ survey: Survey) -> JSONValue? {
    guard value.isObject, survey.concepts[value.index].contains(.part) else { return nil }
    return value.members(.part).first { part in
      let set = survey.concepts[part.index]
      return part.isObject && part.tape === value.tape && set.contains(.name)
        && Self.productScore(set) == nil
    }
  }

  static func key(of value: JSONValue) -> String {
    String(decoding: value.tape.key(value.index), as: UTF8.self)
  }

  /// Whether an object's name and others are lists side by side, as Tealium's `product_name: ["A", "B"]`:
  /// those of several things.
  func isParallel(_ value: JSONValue) -> Bool {
    guard let names = value.member(.name), names.isArray, names.count > 1 else { return false }
    return value.members.contains {
      $0.isArray && $0.count == names.count && $0.index != names.index
    }
  }

  /// Whether a list's members all bear the name that the heading has: what the page's product comes in.
  func areNamedAsPage(_ value: JSONValue, _ survey: Survey) -> Bool {
    guard let heading = context.heading.map(TitleText.key), heading.utf8.count > 2,
      case let list = Int(survey.parents[value.index]), list >= 0, value.tape[list].kind == .array
    else { return false }
    func isNamedSo(_ member: JSONValue) -> Bool {
      shapes.text(member.member(.name)).map(TitleText.key) == heading
    }
    return isNamedSo(value)
      && JSONValue(tape: value.tape, at: list).memberIndices.prefix(12).allSatisfy {
        isNamedSo(JSONValue(tape: value.tape, at: $0))
      }
  }

  /// Whether the heading or the title repeats a name, or one is part of the other; true where there is
  /// neither.
  func isNamedByPage(_ name: String) -> Bool {
    let name = TitleText.key(name)
    let shown = [context.heading, context.title].compactMap { $0.map(TitleText.key) }
    return shown.allSatisfy(\.isEmpty)
      || shown.contains { !$0.isEmpty && ($0.contains(name) || name.contains($0)) }
  }

  /// What is said of a thing that is shown, not only counted.
  static let shown = ConceptSet(
    .images, .thumbnail, .description, .url, .slug, .variants, .master, .attributes)

  /// The variant whose number is in the page's address: `?variant=902`.
  func variantAtHand(_ variants: [VariantReading]) -> VariantReading? {
    guard variants.count > 1, let query = context.url.query else { return nil }
    let values = query.split(separator: "&").prefix(16).compactMap { pair in
      pair.firstIndex(of: "=").map { pair[pair.index(after: $0)...] }
    }.filter { $0.utf8.count > 2 }
    guard !values.isEmpty else { return nil }
    return variants.first { variant in
      [variant.id, variant.sku].contains { number in
        number.map { values.contains($0[...]) } ?? false
      }
    }
  }

  /// What the variant at hand costs; else what the product names, completed by the first variant.
  func choosePrice(_ atHand: VariantReading?, in reading: inout ProductReading) {
    if let atHand, let price = atHand.price {
      reading.price = price
      reading.listPrice = atHand.listPrice
      reading.stock = atHand.stock ?? reading.stock
    }
    guard let first = reading.variants.first(where: { $0.price != nil }) else { return }
    if reading.price == nil {
      reading.price = first.price
      reading.listPrice = first.listPrice
    } else if reading.listPrice == nil, reading.price?.amount == first.price?.amount {
      reading.listPrice = first.listPrice
    }
  }
}
