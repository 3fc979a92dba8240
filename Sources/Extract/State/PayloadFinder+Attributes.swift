/// JSON in attributes: Inertia's page, WooCommerce's variations, a theme's product, the properties that
/// components of Rails, Vue, Livewire and Astro are given.
extension PayloadFinder {
  private static let single: [Name] = [.dataPage, .dataProductVariations, .dataProduct]
  private static let components: [Name] = [
    .dataProductJson, .dataReactProps, .dataProps, .dataInitialState, .vueProduct, .wireSnapshot,
    .props,
  ]

  mutating func readAttributes() {
    for name in Self.single where document.mentions(name) {
      let values = values(of: name, limit: 2)
      // What many elements have is said of cards.
      guard let value = values.first, name != .dataProduct || values.count == 1 else { continue }
      read([value], of: name)
    }
    for name in Self.components where document.mentions(name) {
      let values = values(of: name, limit: 64)
      if !values.isEmpty { read(values, of: name) }
    }
  }

  /// The attribute's values that are objects or arrays.
  private func values(of name: Name, limit: Int) -> [Document.Value] {
    var values: [Document.Value] = []
    for element in 0..<document.count {
      guard document.elements[element].attributeCount > 0,
        let value = document.value(element, name), value.count > 32,
        value.first == 0x7B || value.first == 0x5B
      else { continue }
      values.append(value)
      if values.count == limit { break }
    }
    return values
  }

  /// Reads values of several elements as members of one array, so that cards are seen to be alike.
  private mutating func read(_ values: [Document.Value], of name: Name) {
    var text: [UInt8] = []
    if values.count > 1 { text.append(0x5B) }
    for value in values {
      if text.count > 1 { text.append(0x2C) }
      text += value
    }
    if values.count > 1 { text.append(0x5D) }
    guard
      let tape = LiteralReader.read(
        text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
    else { return }
    keep(name == .props ? AstroProps.expand(tape) ?? tape : tape, origin: name.text)
  }
}
