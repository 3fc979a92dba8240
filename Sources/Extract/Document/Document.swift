/// A parsed page in a few flat arrays, in document order.
///
/// Elements are numbered from 0 in document order, so that an element's descendants are the numbers
/// from `e + 1` to `elements[e].end`. Text is one buffer in which runs of white space are one space
/// and the boundaries of blocks one line feed: the text of an element is a contiguous slice.
/// Attribute values and the insides of `script` and `style` are slices of the source.
final class Document {
  struct Element {
    var name: UInt16
    var attributeCount: UInt16
    /// −1 for a root.
    var parent: Int32
    /// The first element after this one that is not inside it.
    var end: Int32
    var attributeStart: Int32
    /// In `text`; in `source` for `script` and `style`.
    var textStart: Int32
    var textEnd: Int32
  }

  struct Attribute {
    var name: UInt16
    var start: Int32
    var count: Int32
  }

  let elements: Window<Element>
  private let attributes: Window<Attribute>
  /// UTF-8.
  let text: Window<UInt8>
  /// The markup, zeros, and the attribute values that held character references: one array, so that
  /// scripts are read from the memory that was parsed.
  let source: [UInt8]
  /// All of `source`: an array stays where it is while it lives and nothing changes it.
  private let values: Window<UInt8>
  private let markupCount: Int
  private let names: NameTable
  /// Elements by name, for names in `Name`, in document order; those of name n are from
  /// `nameStarts[n]` to `nameStarts[n + 1]`.
  private let byName: Window<Int32>
  private let nameStarts: Window<Int32>
  /// By number of a known name, whether an attribute is called so: 64 to a word.
  private let attributeNames: [UInt64]

  private init(_ bytes: [UInt8], elementLimit: Int, isXML: Bool) {
    // No reference is shorter than five sixths of what it stands for, and no tag is shorter than
    // the line feeds at its boundaries.
    let room = bytes.count + bytes.count / 5
    let padded = bytes.count + MarkupParser.padding
    let text = UnsafeMutablePointer<UInt8>.allocate(capacity: room + 64)
    var parsed: MarkupParser?
    let capacity = padded + room + ByteBlock.count
    source = [UInt8](unsafeUninitializedCapacity: capacity) { memory, count in
      let base = memory.baseAddress!
      bytes.withUnsafeBufferPointer { bytes in
        if let from = bytes.baseAddress { base.update(from: from, count: bytes.count) }
      }
      (base + bytes.count).update(repeating: 0, count: MarkupParser.padding)
      var parser = MarkupParser(
        base, count: bytes.count, decoded: base + padded, text: text, isXML: isXML,
        elementLimit: elementLimit)
      parser.parse()
      parser.builder.deallocate()
      count = padded + parser.decodedCount
      parsed = parser
    }
    let parser = parsed!
    values = source.withUnsafeBufferPointer { Window($0) }
    markupCount = bytes.count
    self.text = Window(UnsafeBufferPointer(start: text, count: parser.builder.textCount))
    names = parser.names
    elements = Window(parser.builder.elements.memory)
    attributes = Window(parser.builder.attributes.memory)
    (nameStarts, byName) = Self.sorted(elements)
    var found = [UInt64](repeating: 0, count: Int(Name.count) / 64)
    found.withUnsafeMutableBufferPointer { [attributes] found in
      for attribute in attributes.memory where attribute.name < Name.count {
        found[Int(attribute.name >> 6)] |= 1 &<< UInt64(attribute.name & 63)
      }
    }
    attributeNames = found
  }

  /// Elements in the order of their names' numbers, and where those of each name begin.
  private static func sorted(
    _ elements: Window<Element>
  ) -> (starts: Window<Int32>, byName: Window<Int32>) {
    let count = Int(Name.count) + 1
    // One more than there are: each name's start is first written behind its place, and moves there
    // as its elements are laid down.
    let starts = UnsafeMutablePointer<Int32>.allocate(capacity: count + 1)
    starts.initialize(repeating: 0, count: count + 1)
    for element in elements.memory where element.name < Name.count {
      starts[Int(element.name) + 2] += 1
    }
    var total: Int32 = 0
    for name in 0...count {
      total += starts[name]
      starts[name] = total
    }
    let byName = UnsafeMutablePointer<Int32>.allocate(capacity: max(Int(total), 1))
    var index: Int32 = 0
    for element in elements.memory {
      if element.name < Name.count {
        byName[Int(starts[Int(element.name) + 1])] = index
        starts[Int(element.name) + 1] += 1
      }
      index += 1
    }
    return (
      Window(UnsafeBufferPointer(start: starts, count: count)),
      Window(UnsafeBufferPointer(start: byName, count: Int(total)))
    )
  }

  deinit {
    text.memory.deallocate()
    elements.memory.deallocate()
    attributes.memory.deallocate()
    byName.memory.deallocate()
    nameStarts.memory.deallocate()
  }

  /// Parses HTML that is valid UTF-8 without NUL.
  static func html(_ bytes: [UInt8], elementLimit: Int) -> Document {
    Document(bytes, elementLimit: elementLimit, isXML: false)
  }

  /// Parses XML that is valid UTF-8 without NUL; what follows an error is read where it can be.
  /// Entities that the document declares are not expanded.
  static func xml(_ bytes: [UInt8], elementLimit: Int) -> Document {
    Document(bytes, elementLimit: elementLimit, isXML: true)
  }

  var count: Int { elements.count }
}

extension Document {
  func all(_ name: Name) -> Window<Int32> {
    let name = Int(name.rawValue)
    return byName[Int(nameStarts[name])..<Int(nameStarts[name + 1])]
  }

  func first(_ name: Name) -> Int? { all(name).first.map(Int.init) }

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
  /// Bytes of the markup or of the text.
  typealias Value = Window<UInt8>

  @inline(__always) func attributes(_ element: Int) -> Window<Attribute> {
    let start = Int(elements[element].attributeStart)
    return attributes[start..<start + Int(elements[element].attributeCount)]
  }

  /// Whether any element has an attribute of this name.
  func mentions(_ name: Name) -> Bool {
    attributeNames[Int(name.rawValue >> 6)] >> UInt64(name.rawValue & 63) & 1 != 0
  }

  /// An attribute's value as bytes; empty for one without a value, `nil` for none.
  func value(_ element: Int, _ name: Name) -> Value? {
    for attribute in attributes(element).memory where attribute.name == name.rawValue {
      return value(of: attribute)
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

  func nameText(_ number: UInt16) -> String { names.text(number) }

  /// Calls `body` with a name beyond those of `Name`; an empty one stands for those without a number.
  func withOtherName<Result>(
    _ number: UInt16, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    let index = Int(number - Name.count)
    return names.otherBytes.withUnsafeBufferPointer { bytes in
      let range = index < names.otherEnds.count ? names.range(ofOther: index) : 0..<0
      return body(UnsafeBufferPointer(rebasing: bytes[range]))
    }
  }

  /// Which of the names beyond those of `Name`, numbered from `Name.count` on, hold a test.
  func otherNames(where test: (UnsafeBufferPointer<UInt8>) -> Bool) -> [Bool] {
    names.otherBytes.withUnsafeBufferPointer { bytes in
      names.otherEnds.indices.map {
        test(UnsafeBufferPointer(rebasing: bytes[names.range(ofOther: $0)]))
      }
    }
  }

  /// Where a link leads, trimmed; `nil` where that is a place on its own page or a script.
  func destination(of link: Int) -> Value? {
    guard let href = value(link, .href).map({ Bytes.trimmed($0) }), let first = href.first,
      first != 0x23, !Bytes.starts(href.memory, with: "javascript:")
    else { return nil }
    return href
  }

  /// The markup as it was given: indices are those of `source`.
  var markup: Value { values[0..<markupCount] }

  /// The visible text inside an element, as bytes; a `script` or `style` has none.
  func textBytes(_ element: Int) -> Value {
    guard !isRaw(element) else { return text[0..<0] }
    let element = elements[element]
    return text[Int(element.textStart)..<Int(element.textEnd)]
  }

  /// The visible text inside an element, trimmed, line feeds as spaces; `nil` where there is none.
  func textString(_ element: Int) -> String? {
    Bytes.flatString(textBytes(element))
  }

  /// What stands in a `script` or `style`, as a range of `source`.
  func rawRange(_ element: Int) -> Range<Int> {
    Int(elements[element].textStart)..<Int(elements[element].textEnd)
  }

  func textLength(_ element: Int) -> Int {
    isRaw(element) ? 0 : Int(elements[element].textEnd - elements[element].textStart)
  }

  func isRaw(_ element: Int) -> Bool {
    has(element, name: .script) || has(element, name: .style)
  }
}
