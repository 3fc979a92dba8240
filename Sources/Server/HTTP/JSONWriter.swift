import Catalog

/// Writes JSON (RFC 8259) in one pass, without a tree in between.
///
/// A member whose value is absent is written as `null`, so that every answer of one kind has the same
/// members.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  mutating func object<Failure: Error>(
    _ members: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    open("{")
    try members(&self)
    close("}")
  }

  mutating func array<Elements: Sequence>(
    _ elements: Elements, _ element: (inout JSONWriter, Elements.Element) -> Void
  ) {
    open("[")
    for next in elements { element(&self, next) }
    close("]")
  }

  /// What is written next is the value of this member.
  mutating func key(_ name: String) {
    value(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func member(_ name: String, _ value: some JSONWritable) {
    key(name)
    value.write(to: &self)
  }

  mutating func member(_ name: String, _ body: (inout JSONWriter) -> Void) {
    key(name)
    object(body)
  }

  mutating func member<Elements: Sequence>(
    _ name: String, _ elements: Elements, _ element: (inout JSONWriter, Elements.Element) -> Void
  ) {
    key(name)
    array(elements, element)
  }

  mutating func value(_ text: String) {
    separate()
    bytes.appendJSON(text)
  }

  /// Writes a number, `true`, `false` or `null`.
  mutating func literal(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    separate()
    bytes.append(UInt8(ascii: bracket))
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}

/// A value that has a form in our JSON.
protocol JSONWritable {
  func write(to json: inout JSONWriter)
}

extension String: JSONWritable {
  func write(to json: inout JSONWriter) { json.value(self) }
}

extension Bool: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(self ? "true" : "false") }
}

extension Int: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(String(self)) }
}

extension Int64: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(String(self)) }
}

extension UInt64: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(String(self)) }
}

extension Float: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(isFinite ? description : "null") }
}

extension Double: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(isFinite ? description : "null") }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
  func write(to json: inout JSONWriter) {
    switch self {
    case .none: json.literal("null")
    case .some(let value): value.write(to: &json)
    }
  }
}

extension Array: JSONWritable where Element: JSONWritable {
  func write(to json: inout JSONWriter) { json.array(self) { $1.write(to: &$0) } }
}

extension ID: JSONWritable {
  func write(to json: inout JSONWriter) { json.literal(String(rawValue)) }
}

extension Timestamp: JSONWritable {
  func write(to json: inout JSONWriter) { json.value(description) }
}

extension CanonicalURL: JSONWritable {
  func write(to json: inout JSONWriter) { json.value(string) }
}

extension Amount: JSONWritable {
  func write(to json: inout JSONWriter) { json.value(description) }
}
