/// JSON in attributes: Inertia's page, WooCommerce's variations, a theme's product.
extension PayloadFinder {
  mutating func readAttributes() {
    for name in [Name.dataPage, .dataProductVariations, .dataProduct] where document.mentions(name)
    {
      var values: [Document.Value] = []
      for element in 0..<document.count {
        guard document.elements[element].attributeCount > 0,
          let value = document.value(element, name), value.count > 32,
          value.first == 0x7B || value.first == 0x5B
        else { continue }
        values.append(value)
        if values.count > 1 { break }
      }
      // What many elements have is said of cards.
      guard let value = values.first, name != .dataProduct || values.count == 1 else { continue }
      let text = Array(value)
      keep(
        LiteralReader.read(
          text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth),
        origin: name.text)
    }
  }
}
