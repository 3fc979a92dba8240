import Catalog

/// A parsed page in a few flat arrays, in document order.
///
/// Elements are numbered from 0 in document order, so that an element's descendants are the numbers
/// from `e + 1` to `elements[e].end`. Text is one buffer in which runs of white space are one space
/// and the boundaries of blocks one line feed: the text of an element is a contiguous slice.
/// Attribute values and the insides of `script` and `style` lie in buffers of their own.
final class Document {
  struct Element {
    var name: UInt16
    var attributeCount: UInt16
    /// −1 for a root.
    var parent: Int32
    /// The first element after this one that is not inside it.
    var end: Int32
    var attributeStart: Int32
    /// In `text`; in `raw` for `script` and `style`.
    var textStart: Int32
    var textEnd: Int32
  }

  struct Attribute {
    var name: UInt16
    var start: Int32
    var count: Int32
  }

  let elements: [Element]
  let attributes: [Attribute]
  /// UTF-8.
  let text: [UInt8]
  let values: [UInt8]
  let raw: [UInt8]
  /// Names from `Name.count` on.
  let otherNames: [String]
  /// Elements by name, for names in `Name`, in document order.
  let byName: [[Int32]]
  let isTruncated: Bool

  init(builder: borrowing DocumentBuilder) {
    elements = builder.elements
    attributes = builder.attributes
    text = builder.text.bytes
    values = builder.values.bytes
    raw = builder.raw.bytes
    otherNames = builder.otherNames
    isTruncated = builder.isTruncated
    var byName = [[Int32]](repeating: [], count: Int(Name.count))
    for index in elements.indices {
      let name = Int(elements[index].name)
      if name < byName.count { byName[name].append(Int32(index)) }
    }
    self.byName = byName
  }

  var count: Int { elements.count }
}

extension Document {
  func all(_ name: Name) -> [Int32] { byName[Int(name.rawValue)] }

  func first(_ name: Name) -> Int? { byName[Int(name.rawValue)].first.map(Int.init) }

  @inline(__always) func name(_ element: Int) -> UInt16 { elements[element].name }

  @inline(__always) func has(_ element: Int, name: Name) -> Bool {
    elements[element].name == name.rawValue
  }

  func parent(_ element: Int) -> Int? {
    let parent = elements[element].parent
    return parent < 0 ? nil : Int(parent)
  }

  /// Elements inside `element`, itself left out.
  @inline(__always) func descendants(_ element: Int) -> Range<Int> {
    element + 1..<Int(elements[element].end)
  }

  func contains(_ ancestor: Int, _ element: Int) -> Bool {
    element > ancestor && element < Int(elements[ancestor].end)
  }

  /// The nearest of the next 256 ancestors, the element itself included, for which `test` holds.
  func ancestor(of element: Int, where test: (Int) -> Bool) -> Int? {
    var next: Int? = element
    for _ in 0..<256 {
      guard let current = next else { return nil }
      if test(current) { return current }
      next = parent(current)
    }
    return nil
  }

  func children(_ element: Int) -> [Int] {
    var found: [Int] = []
    var child = element + 1
    let end = Int(elements[element].end)
    while child < end {
      found.append(child)
      child = Int(elements[child].end)
    }
    return found
  }
}

extension Document {
  /// A part of `values`.
  typealias Value = ArraySlice<UInt8>

  func attributes(_ element: Int) -> ArraySlice<Attribute> {
    let start = Int(elements[element].attributeStart)
    return attributes[start..<start + Int(elements[element].attributeCount)]
  }

  /// An attribute's value as bytes; empty for one without a value, `nil` for none.
  func value(_ element: Int, _ name: Name) -> Value? {
    let start = Int(elements[element].attributeStart)
    for index in start..<start + Int(elements[element].attributeCount)
    where attributes[index].name == name.rawValue {
      let attribute = attributes[index]
      return values[Int(attribute.start)..<Int(attribute.start) + Int(attribute.count)]
    }
    return nil
  }

  func value(of attribute: Attribute) -> Value {
    values[Int(attribute.start)..<Int(attribute.start) + Int(attribute.count)]
  }

  func has(_ element: Int, _ name: Name) -> Bool { value(element, name) != nil }

  /// An attribute's value, trimmed; `nil` where it is missing or blank.
  func attribute(_ element: Int, _ name: Name) -> String? {
    guard let value = value(element, name) else { return nil }
    return Bytes.trimmedString(value)
  }

  func nameText(_ number: UInt16) -> String {
    if number < Name.count { return Name.texts[Int(number)] }
    let index = Int(number - Name.count)
    return index < otherNames.count ? otherNames[index] : ""
  }

  /// The visible text inside an element, as bytes; a `script` or `style` has none.
  func textBytes(_ element: Int) -> ArraySlice<UInt8> {
    guard !isRaw(element) else { return [] }
    let element = elements[element]
    return text[Int(element.textStart)..<Int(element.textEnd)]
  }

  /// The visible text inside an element, trimmed, line feeds as spaces; `nil` where there is none.
  func textString(_ element: Int) -> String? {
    Bytes.flatString(textBytes(element))
  }

  /// What stands in a `script` or `style`, as bytes of `raw`.
  func rawRange(_ element: Int) -> Range<Int> {
    Int(elements[element].textStart)..<Int(elements[element].textEnd)
  }

  func textLength(_ element: Int) -> Int {
    isRaw(element) ? 0 : Int(elements[element].textEnd - elements[element].textStart)
  }

  func isRaw(_ element: Int) -> Bool {
    has(element, name: .script) || has(element, name: .style)
  }

  /// A path that finds the element again: `main > div.price > span`.
  func path(_ element: Int) -> String {
    var parts: [String] = []
    var next: Int? = element
    while let current = next, parts.count < 4 {
      var part = nameText(elements[current].name)
      if let id = attribute(current, .id), id.utf8.count < 40 {
        parts.append(part + "#" + id)
        break
      }
      if let names = attribute(current, .class), let first = names.split(separator: " ").first {
        part += "." + first
      }
      parts.append(part)
      next = parent(current)
    }
    return parts.reversed().joined(separator: " > ")
  }
}
