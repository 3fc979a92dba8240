import Catalog

/// Named texts of a request, whether they came as query parameters, form fields or JSON: the one
/// place where they become values.
///
/// Only the parameters that the route's documentation names are taken and only those can be read, so
/// that a misspelt filter is an error and not a search without it, and the documentation is true.
struct Fields {
  private let known: Set<String>
  private var values: [String: [String]] = [:]
  private var count = 0

  static let maxCount = 256
  static let maxLength = 8192

  init(known: Set<String>) { self.known = known }

  /// Reads `application/x-www-form-urlencoded` (WHATWG URL, 5.1).
  mutating func add(query: Substring) throws(Problem) {
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = try Self.decode(parts[0])
      try add(name, parts.count > 1 ? Self.decode(parts[1]) : "")
    }
  }

  mutating func add(_ name: String, _ value: String) throws(Problem) {
    guard known.contains(name) else {
      throw Problem(
        .unknownParameter, "\(Self.quoted(name)) is no parameter of this address",
        parameter: String(name.prefix(64)))
    }
    guard value.utf8.count <= Self.maxLength else {
      throw .invalid(name, "a value of \(value.utf8.count) bytes, limit \(Self.maxLength)")
    }
    count += 1
    guard count <= Self.maxCount else {
      throw .invalid(name, "more than \(Self.maxCount) values in one request")
    }
    if !value.isEmpty { values[name, default: []].append(value) }
  }

  /// Takes over the values of fields that have none.
  mutating func fill(from others: Fields) {
    values.merge(others.values) { own, _ in own }
  }

  func contains(_ name: String) -> Bool { values[name] != nil }

  /// Every value of a field that may stand more than once; an empty value counts as absent.
  func all(_ name: String) -> [String] {
    precondition(known.contains(name), "\(name) is read but not documented")
    return values[name] ?? []
  }

  /// The value of a field that may stand once.
  func one(_ name: String) throws(Problem) -> String? {
    let values = all(name)
    guard values.count <= 1 else {
      throw .invalid(name, "given \(values.count) times, allowed once")
    }
    return values.first
  }

  func integer(_ name: String, in bounds: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let text = try one(name) else { return nil }
    guard let value = Int(text), bounds.contains(value) else {
      throw .invalid(
        name,
        "\(Self.quoted(text)) is not a whole number of \(bounds.lowerBound)...\(bounds.upperBound)")
    }
    return value
  }

  /// A row id: positive.
  func id<Of>(_ name: String, of: Of.Type = Of.self) throws(Problem) -> ID<Of>? {
    guard let text = try one(name) else { return nil }
    guard let value = Int64(text), value > 0 else {
      throw .invalid(name, "\(Self.quoted(text)) is not an id")
    }
    return ID(value)
  }

  /// `1`, `true`, `0` or `false`.
  func flag(_ name: String) throws(Problem) -> Bool? {
    guard let text = try one(name) else { return nil }
    switch text {
    case "1", "true": return true
    case "0", "false": return false
    default: throw .invalid(name, "\(Self.quoted(text)) is none of 1, 0, true, false")
    }
  }

  /// One of a few words.
  func choice(_ name: String, _ words: [String]) throws(Problem) -> String? {
    guard let text = try one(name) else { return nil }
    guard words.contains(text) else {
      throw .invalid(
        name, "\(Self.quoted(text)) is none of \(words.joined(separator: ", "))")
    }
    return text
  }

  func number(_ name: String, in bounds: ClosedRange<Double>) throws(Problem) -> Double? {
    guard let text = try one(name) else { return nil }
    guard let value = Double(text), bounds.contains(value) else {
      throw .invalid(
        name, "\(Self.quoted(text)) is not a number of \(bounds.lowerBound)...\(bounds.upperBound)")
    }
    return value
  }

  /// A client's text for a message, cut.
  static func quoted(_ text: String) -> String {
    text.count > 80 ? "“\(text.prefix(80))…”" : "“\(text)”"
  }

  private static func decode(_ text: Substring) throws(Problem) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
          rest.count >= 2
        else { throw Problem(.malformedBody, "a % without two hexadecimal digits in the query") }
        bytes.append(value)
        rest = rest.dropFirst(2)
      default: bytes.append(byte)
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(.malformedBody, "the query is not UTF-8")
    }
    return text
  }
}
