/// Microdata items (HTML, 5 Microdata) as a tape with `@type` and `@id`.
///
/// An item without `itemprop` that stands inside another becomes its member `@nested`: it is no
/// property of it, and what it says is not said of the outer item.
struct Microdata {
  private let document: Document
  private var builder: TapeBuilder
  private var ids: [String: Int]?
  private var referenceBudget = 2_000
  static let depthLimit = 64
  /// How many references may stand inside each other.
  private static let referenceDepth = 4

  static func read(_ document: Document, nodeLimit: Int) -> JSONTape? {
    guard document.mentions(.itemscope) else { return nil }
    var reader = Microdata(document: document, builder: TapeBuilder(nodeLimit: nodeLimit))
    return reader.run()
  }

  private init(document: Document, builder: TapeBuilder) {
    self.document = document
    self.builder = builder
  }

  private mutating func run() -> JSONTape? {
    builder.open(.array, key: nil)
    walk(0..<document.count, depth: 0)
    return builder.finish(origin: "microdata")
  }

  /// Walks elements in document order with a stack of the items around them.
  private mutating func walk(_ range: Range<Int>, depth: Int) {
    var ends: [Int] = []
    for element in range {
      guard document.elements[element].attributeCount > 0, !builder.isFull else { continue }
      var hasScope = false
      var property: Document.Value?
      for attribute in document.attributes(element) {
        if attribute.name == Name.itemscope.rawValue {
          hasScope = true
        } else if attribute.name == Name.itemprop.rawValue {
          property = document.value(of: attribute)
        }
      }
      guard hasScope || property != nil else { continue }
      while let end = ends.last, element >= end {
        builder.close()
        ends.removeLast()
      }
      let names = property.map { Self.names($0) } ?? []
      // Deeper items are read as if they were not marked: no real page nests so.
      if hasScope, ends.count < Self.depthLimit {
        let isInside = !ends.isEmpty || depth > 0
        builder.open(.object, key: names.first ?? (isInside ? "@nested" : nil))
        ends.append(Int(document.elements[element].end))
        addType(element)
        if depth < Self.referenceDepth { addReferences(element, depth: depth) }
      } else if !ends.isEmpty || depth > 0 {
        let value = Self.value(of: element, in: document)
        for name in names.prefix(4) { builder.addString(value, key: name) }
      }
    }
    while ends.popLast() != nil { builder.close() }
  }

  private mutating func addType(_ element: Int) {
    if let type = document.value(element, .itemtype) {
      for name in type.split(separator: 0x20).prefix(4) { builder.addString(name, key: "@type") }
    }
    if let id = document.value(element, .itemid) { builder.addString(id, key: "@id") }
  }

  /// Reads what `itemref` names as if it stood inside.
  private mutating func addReferences(_ element: Int, depth: Int) {
    guard let references = document.attribute(element, .itemref) else { return }
    if ids == nil {
      var found: [String: Int] = [:]
      for element in 0..<document.count {
        if let id = document.attribute(element, .id), found[id] == nil { found[id] = element }
      }
      ids = found
    }
    for name in references.split(separator: " ").prefix(16) {
      guard let target = ids?[String(name)], !document.contains(target, element), target != element
      else { continue }
      let range = target..<Int(document.elements[target].end)
      referenceBudget -= 1
      guard referenceBudget > 0, range.count < 20_000 else { return }
      walk(range, depth: depth + 1)
    }
  }

  private static func names(_ value: Document.Value) -> [String] {
    value.split { Bytes.isSpace($0) }.map { name in
      let text = String(decoding: name, as: UTF8.self)
      // A full address names a property of that vocabulary.
      return text.contains("/") ? String(text[text.lastIndex(of: "/")!...].dropFirst()) : text
    }
  }

  /// The value of a property's element.
  static func value(of element: Int, in document: Document) -> [UInt8] {
    if let content = document.value(element, .content), !content.isEmpty { return Array(content) }
    let name = Name(rawValue: document.name(element))
    switch name {
    case .a, .link, .area:
      if let href = document.value(element, .href) { return Array(href) }
    case .img, .source, .iframe, .embed, .video, .audio:
      if let best = PictureFinder.best(of: element, in: document) {
        return Array(best.address.utf8)
      }
      if let src = document.value(element, .src) { return Array(src) }
    case .object:
      if let data = document.value(element, .data) { return Array(data) }
    case .time:
      if let time = document.value(element, .datetime) { return Array(time) }
    case .input, .button, .option, .data:
      if let value = document.value(element, .value), !value.isEmpty { return Array(value) }
    case .meta:
      // Without `content` it says what it says in an attribute of others.
      for name in [Name.href, .src, .value] {
        if let value = document.value(element, name) { return Array(value) }
      }
    case .span, .div, .p, .b, .strong:
      if let value = document.value(element, .value), !value.isEmpty { return Array(value) }
    default:
      break
    }
    return Array(Bytes.trimmed(document.textBytes(element)))
  }
}
