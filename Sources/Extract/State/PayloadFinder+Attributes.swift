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

  /// An attribute's value that is an object or an array, or holds one.
  private struct Found {
    var element: Int
    var value: Document.Value
    var form = Form.plain
  }

  /// How an attribute holds an object or an array.
  private enum Form {
    case plain
    /// As the first in the brackets of a call: `onclick="dataLayer.push({…})"`. It begins there.
    case argument(Int)
    case base64
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
        let value = values.count == 1 ? values[0] : own.flatMap({ $0.count == 1 ? $0[0] : nil })
      else { continue }
      switch value.form {
      case .plain:
        if Self.shopWords.occurs(in: value.value) { read([value], of: document.nameText(name)) }
      case .argument(let start):
        keep(
          Array(value.value), from: start, isScript: true, origin: document.nameText(name))
      case .base64:
        let text = EncodedText.fromBase64(Array(value.value))
        if Self.shopWords.occurs(in: text) {
          keep(text, from: 0, isScript: false, origin: document.nameText(name))
        }
      }
    }
  }

  /// What an attribute of a name of the page's own holds; `nil` where that is nothing of a shop's.
  ///
  /// - Parameter isHandler: Its name begins with `on`: it holds a program.
  private static func form(of value: Document.Value, isHandler: Bool) -> Form? {
    let bytes = value.memory
    if isHandler {
      let call = bytes.index(of: 0x28, from: 0)
      let start = min(
        bytes.index(of: 0x7B, from: call), bytes.index(of: 0x5B, from: call))
      return start < bytes.count && shopWords.occurs(in: value) ? .argument(start) : nil
    }
    // `{"` and `[{"`.
    return Bytes.starts(bytes, with: "eyj") || Bytes.starts(bytes, with: "w3si") ? .base64 : nil
  }

  /// By the attribute's name, the values that begin as JSON does: of each at most 256.
  private func values() -> [UInt16: [Found]] {
    var found: [UInt16: [Found]] = [:]
    func add(_ value: Document.Value, _ form: Form, _ name: UInt16, of element: Int) {
      if found[name, default: []].count < 256 {
        found[name, default: []].append(Found(element: element, value: value, form: form))
      }
    }
    let plain = Self.plain
    let handlers = document.otherNames { Bytes.starts($0, with: "on") }
    let hasHandlers = handlers.contains(true)
    for (element, record) in document.elements.memory.enumerated() {
      guard record.attributeCount > 0 else { continue }
      let isPlain = record.name < Name.count && plain[Int(record.name)]
      // A link may be the button to buy.
      if isPlain, !hasHandlers || record.name != Name.a.rawValue { continue }
      for attribute in document.attributes(element).memory where attribute.count > 32 {
        let value = document.value(of: attribute)
        let other = Int(attribute.name) - Int(Name.count)
        let isHandler = handlers.indices.contains(other) && handlers[other]
        if isPlain, !isHandler || document.destination(of: element) != nil { continue }
        if value.first == 0x7B || value.first == 0x5B {
          add(value, .plain, attribute.name, of: element)
        } else if other >= 0, let form = Self.form(of: value, isHandler: isHandler) {
          add(value, form, attribute.name, of: element)
        }
      }
    }
    return found
  }

  private mutating func keep(_ text: [UInt8], from start: Int, isScript: Bool, origin: String) {
    guard nodeBudget > 0 else { return }
    keep(
      LiteralReader.read(
        text, start..<text.count, isScript: isScript, nodeLimit: nodeBudget,
        depthLimit: limits.jsonDepth), origin: origin)
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
