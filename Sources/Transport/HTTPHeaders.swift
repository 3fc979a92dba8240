/// Header fields in the order they came, repeated ones kept apart.
package struct HTTPHeaders: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    /// As sent; HTTP/2 sends lower case.
    package var name: String
    /// Without surrounding white space; bytes that are not UTF-8 are U+FFFD.
    package var value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(_ fields: [(name: String, value: String)]) {
    self.fields = fields.map { Field(name: $0.name, value: $0.value) }
  }

  /// The first field's value; the name's case does not matter.
  package subscript(name: String) -> String? {
    fields.first { $0.name.hasSameLetters(as: name) }?.value
  }

  /// The values of every field of the name, in order.
  package func values(_ name: String) -> [String] {
    fields.compactMap { $0.name.hasSameLetters(as: name) ? $0.value : nil }
  }

  /// Takes one header line as libcurl hands it over, its line end included.
  ///
  /// A line that starts with white space continues the field before it (RFC 9112, 5.2). A line
  /// without a colon is dropped.
  mutating func append(line: UnsafeRawBufferPointer) {
    guard let first = line.first else { return }
    if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
      let more = String(decoding: line.trimmed, as: UTF8.self)
      guard !fields.isEmpty, !more.isEmpty else { return }
      fields[fields.count - 1].value += " " + more
      return
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
    let name = String(decoding: line[..<colon], as: UTF8.self)
    let value = String(decoding: line[(colon + 1)...].trimmed, as: UTF8.self)
    fields.append(Field(name: name, value: value))
  }

  mutating func removeAll() { fields.removeAll(keepingCapacity: true) }
}

extension Collection<UInt8> where Self: BidirectionalCollection {
  /// Without spaces, tabs and line ends on either side.
  fileprivate var trimmed: SubSequence {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return self[endIndex...] }
    return self[first...last]
  }
}

extension String {
  /// Whether the two are equal but for the case of ASCII letters.
  func hasSameLetters(as other: String) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
    return utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { folded($0) == folded($1) }
  }
}
