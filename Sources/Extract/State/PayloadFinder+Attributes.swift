/// JSON in attributes: Inertia's page, WooCommerce's variations, a theme's product, the properties that
/// components of Rails, Vue, Livewire and Astro are given, and whatever else an element says of a shop's
/// thing in this way.
extension PayloadFinder {
  private static let single: [Name] = [.dataPage, .dataProductVariations, .dataProduct]
  private static let components: [Name] = [
    .dataProductJson, .dataReactProps, .dataProps, .dataInitialState, .vueProduct, .wireSnapshot,
    .props,
  ]
  /// Attributes whose JSON is read otherwise, or that are text.
  private static let others: [Name] = [.dataAADynamicImage, .content, .alt, .style, .title]

  private static let known = Set((single + components + others).map(\.rawValue))
  /// By the number of an element's name, whether such are many and speak of no more than themselves.
  private static let plain: [Bool] = {
    var plain = [Bool](repeating: false, count: Int(Name.count))
    for name: Name in [
      .a, .img, .li, .link, .meta, .option, .script, .source, .span, .svg, .td, .tr,
    ] {
      plain[Int(name.rawValue)] = true
    }
    return plain
  }()

  /// An attribute's value that is an object or an array.
  private struct Found {
    var element: Int
    var value: Document.Value
  }

  /// - Parameter heading: What an element around it says is said of the page's product, whatever other
  ///   elements say in an attribute of that name.
  mutating func readAttributes(around heading: Int?) {
    let found = values()
    for name in Self.single {
      // What many elements have is said of cards.
      guard let values = found[name.rawValue], name != .dataProduct || values.count == 1 else {
        continue
      }
      read(values.prefix(1), of: name.text)
    }
    for name in Self.components {
      guard let values = found[name.rawValue] else { continue }
      read(values.prefix(64), of: name.text, isAstro: name == .props)
    }
    guard found.count > 0 else { return }
    // In page order; those of one element in the order in which their names first stand.
    let inOrder = found.sorted {
      ($0.value[0].element, $0.key) < ($1.value[0].element, $1.key)
    }
    for (name, values) in inOrder where !Self.known.contains(name) {
      let own = heading.map { heading in values.filter { document.contains($0.element, heading) } }
      guard
        let value = values.count == 1 ? values[0] : own.flatMap({ $0.count == 1 ? $0[0] : nil }),
        Self.shopWords.occurs(in: value.value)
      else { continue }
      read([value], of: document.nameText(name))
    }
  }

  /// By the attribute's name, the values that begin as JSON does: of each at most 256.
  private func values() -> [UInt16: [Found]] {
    var found: [UInt16: [Found]] = [:]
    let plain = Self.plain
    for (element, record) in document.elements.memory.enumerated() {
      guard record.attributeCount > 0, record.name >= Name.count || !plain[Int(record.name)] else {
        continue
      }
      for attribute in document.attributes(element).memory where attribute.count > 32 {
        let value = document.value(of: attribute)
        guard value.first == 0x7B || value.first == 0x5B else { continue }
        if found[attribute.name, default: []].count < 256 {
          found[attribute.name, default: []].append(Found(element: element, value: value))
        }
      }
    }
    return found
  }

  /// Reads values of several elements as members of one array, so that cards are seen to be alike.
  private mutating func read(
    _ values: some Collection<Found>, of name: String, isAstro: Bool = false
  ) {
    guard nodeBudget > 0 else { return }
    var text: [UInt8] = []
    if values.count > 1 { text.append(0x5B) }
    for value in values {
      if text.count > 1 { text.append(0x2C) }
      text += value.value
    }
    if values.count > 1 { text.append(0x5D) }
    guard
      let tape = LiteralReader.read(
        text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
    else { return }
    keep(isAstro ? AstroProps.expand(tape) ?? tape : tape, origin: name)
  }
}
