import Glibc

/// An absolute http or https address, written one way: the key of the frontier and of every link.
///
/// Two layers make it. `WebAddress` reads a reference as browsers do (WHATWG URL). On top of that
/// - the fragment, an empty query and one trailing dot of the host are dropped;
/// - percent-encoding is normalised (RFC 3986, 6.2.2): upper-case hexadecimal digits, and letters,
///   digits and `-._~` are never encoded;
/// - tracking parameters and session identifiers are dropped as `URLRules` says.
///
/// The case of path and query is kept, and so is the order of parameters: an address is asked for
/// exactly as it stands here, and the signed addresses of picture services do not survive sorting.
/// Addresses that carry a user name or password are refused: asking without them would be asking
/// for something else. Canonicalising a canonical address under the same rules changes nothing.
package struct CanonicalURL: Sendable {
  /// ASCII, at most `WebAddress.maximumLength` bytes, of the form `scheme://authority/path[?query]`.
  package let string: String
  /// UTF-8 offsets into `string`.
  private let hostEnd: UInt16
  private let pathStart: UInt16
  private let pathEnd: UInt16

  /// Reads an address or, with a base, any reference to one.
  ///
  /// - Parameters:
  ///   - text: As found on a page or typed: white space around it is of no account.
  ///   - base: What a relative reference is relative to: the page, or what its `base` names.
  ///   - rules: Which parameters are dropped; the standard's where none are given.
  package init(
    _ text: some StringProtocol, relativeTo base: CanonicalURL? = nil, rules: URLRules? = nil
  ) throws(AddressError) {
    let text = String(text)
    try self.init(utf8: text.utf8.span, relativeTo: base, rules: rules)
  }

  /// The same from UTF-8 where it lies.
  package init(
    utf8 text: borrowing Span<UInt8>, relativeTo base: CanonicalURL? = nil,
    rules: URLRules? = nil
  ) throws(AddressError) {
    if let plain = Self.plain(text, relativeTo: base, rules: rules) {
      self = plain
      return
    }
    var buffer: AddressBuffer
    if let base {
      buffer = try AddressBuffer(text, base: base.string.utf8.span, layout: base.layout)
    } else {
      let none = ""
      buffer = try AddressBuffer(text, base: none.utf8.span, layout: AddressLayout())
    }
    try buffer.canonicalise(rules ?? .standard)
    self.init(buffer)
  }

  /// A reference that is canonical as it stands, as nearly all links of a page are: a path without
  /// dot segments and parameters of segments, and a query without dropped parameters, both with
  /// canonical escapes only, behind a plain name of a host or nothing. `nil` for all else.
  private static func plain(
    _ text: borrowing Span<UInt8>, relativeTo base: CanonicalURL?, rules: URLRules?
  ) -> CanonicalURL? {
    // A fragment that was escaped must not pass the limit.
    guard text.count <= WebAddress.maximumLength / 4, !text.isEmpty else { return nil }
    // The origin before the path, the base's or the reference's own, and where the path begins in
    // the reference.
    let origin: (hostEnd: Int, end: Int)
    var start = 0
    if text[0] == .slash {
      guard let base, text.count == 1 || !text[1].isSlash else { return nil }
      origin = (Int(base.hostEnd), Int(base.pathStart))
    } else if let base, base.isOrigin(of: text) {
      start = Int(base.pathStart)
      origin = (Int(base.hostEnd), start)
    } else if let end = plainOrigin(text) {
      start = end
      origin = (end, end)
    } else {
      return nil
    }
    let stops = PercentEncodeSet.special
    var i = start + 1
    while i < text.count {
      i = wordEnd(text, i)
      guard i < text.count else { break }
      if text[i] == UInt8(ascii: "."), text[i - 1] == .slash { return nil }
      guard let next = plainEnd(text, i, stops) else { break }
      i = next
    }
    let pathEnd = i
    guard let end = plainQuery(text, from: i, rules) else { return nil }
    let string: String
    if start > 0 {
      string = text.withUnsafeBufferPointer { text in
        String(decoding: UnsafeBufferPointer(rebasing: text[..<end]), as: UTF8.self)
      }
    } else {
      guard let base else { return nil }
      string = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: origin.end + end) { bytes in
        base.string.utf8.span.withUnsafeBufferPointer { address in
          _ = bytes.update(fromContentsOf: address[..<origin.end])
        }
        text.withUnsafeBufferPointer { text in
          _ = bytes[origin.end...].update(fromContentsOf: text[..<end])
        }
        return String(decoding: bytes, as: UTF8.self)
      }
    }
    return CanonicalURL(
      string: string, hostEnd: UInt16(origin.hostEnd), pathStart: UInt16(origin.end),
      pathEnd: UInt16(origin.end + pathEnd - start))
  }

  /// Whether a text begins with this address's origin, byte by byte, and then a path.
  private func isOrigin(of text: borrowing Span<UInt8>) -> Bool {
    let count = Int(pathStart)
    guard text.count > count, text[count] == .slash else { return false }
    return string.utf8.span.withUnsafeBufferPointer { address in
      text.withUnsafeBufferPointer { text in
        memcmp(text.baseAddress!, address.baseAddress!, count) == 0
      }
    }
  }

  /// Where the path begins behind `https://` and a name in lower-case ASCII that is canonical.
  private static func plainOrigin(_ text: borrowing Span<UInt8>) -> Int? {
    var i = 0
    for expected in "http".utf8 {
      guard i < text.count, text[i] == expected else { return nil }
      i += 1
    }
    if i < text.count, text[i] == UInt8(ascii: "s") { i += 1 }
    for expected in "://".utf8 {
      guard i < text.count, text[i] == expected else { return nil }
      i += 1
    }
    let start = i
    var label = i
    while i < text.count, text[i] != .slash {
      let byte = text[i]
      if byte == UInt8(ascii: ".") {
        guard i > label, i - label <= 63 else { return nil }
        label = i + 1
      } else if !(byte &- 0x61 < 26 || byte.isDigit || byte == UInt8(ascii: "-")) {
        return nil
      }
      i += 1
    }
    // What begins with a letter is no last number of an IPv4 address.
    guard i < text.count, i > label, i - label <= 63, i - start <= 253, text[label].isLetter else {
      return nil
    }
    return i
  }

  /// Behind the ASCII letters, digits, `-` and `/` that stand at `i`, as far as they fill eight bytes or
  /// end among such.
  @inline(__always) private static func wordEnd(_ text: borrowing Span<UInt8>, _ i: Int) -> Int {
    func each(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }
    var i = i
    while text.count - i >= 8 {
      let word = text.bytes.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian
      // Of each byte bit 7 says whether the others are in a range: no sum reaches the next byte.
      let low = word & each(0x7F)
      let small = low | each(0x20)
      let letters = (small &+ each(0x80 - 0x61)) & ~(small &+ each(0x80 - 0x7B))
      let digits = (low &+ each(0x80 - 0x2F)) & ~(low &+ each(0x80 - 0x3A))
      let dashes = ~((low ^ each(0x2D)) &+ each(0x7F))
      let others = ~(letters | digits | dashes) & each(0x80) | word & each(0x80)
      guard others == 0 else { return i + others.trailingZeroBitCount >> 3 }
      i += 8
    }
    return i
  }

  /// Behind the plain byte or the canonical escape at `i`; `nil` where neither stands there.
  @inline(__always)
  private static func plainEnd(
    _ text: borrowing Span<UInt8>, _ i: Int, _ stops: PercentEncodeSet
  ) -> Int? {
    guard stops.contains(text[i]) else { return i + 1 }
    guard text[i] == UInt8(ascii: "%"), i + 2 < text.count, let high = text[i + 1].hexValue,
      let low = text[i + 2].hexValue, UInt8.hexDigit(high) == text[i + 1],
      UInt8.hexDigit(low) == text[i + 2], !(high << 4 | low).isUnreserved
    else { return nil }
    return i + 3
  }

  /// Where the address ends: at `pathEnd`, or behind the query that begins there.
  private static func plainQuery(
    _ text: borrowing Span<UInt8>, from pathEnd: Int, _ rules: URLRules?
  ) -> Int? {
    let stops = PercentEncodeSet.querySpecial
    var i = pathEnd
    if i < text.count, text[i] == UInt8(ascii: "?") {
      let dropped = rules?.parameters ?? URLRules.standard.parameters
      repeat {
        let parameter = i + 1
        var equals: Int?
        i = parameter
        while true {
          i = wordEnd(text, i)
          guard i < text.count, text[i] != UInt8(ascii: "&") else { break }
          if equals == nil, text[i] == UInt8(ascii: "=") { equals = i }
          guard let next = plainEnd(text, i, stops) else { break }
          i = next
        }
        let value = (equals.map { $0 + 1 } ?? i)..<i
        guard !dropped.drops(text, name: parameter..<(equals ?? i), value: value) else {
          return nil
        }
      } while i < text.count && text[i] == UInt8(ascii: "&")
    }
    guard i == text.count || text[i] == UInt8(ascii: "#") else { return nil }
    // A mark without a query goes.
    return i == pathEnd + 1 ? pathEnd : i
  }

  private init(string: String, hostEnd: UInt16, pathStart: UInt16, pathEnd: UInt16) {
    self.string = string
    self.hostEnd = hostEnd
    self.pathStart = pathStart
    self.pathEnd = pathEnd
  }

  private init(_ buffer: AddressBuffer) {
    string = String(decoding: buffer.bytes, as: UTF8.self)
    hostEnd = UInt16(buffer.layout.hostEnd)
    pathStart = UInt16(buffer.layout.pathStart)
    pathEnd = UInt16(buffer.layout.pathEnd)
  }

  /// Takes back an address that this type once wrote, such as a row of our own database.
  ///
  /// Only the outline is looked at, which is more than ten times as fast as parsing.
  /// - Returns: `nil` where the text cannot have come from here.
  package init?(stored text: String) {
    var text = text
    text.makeContiguousUTF8()
    guard let layout = AddressLayout(outlineOf: text.utf8.span) else { return nil }
    string = text
    hostEnd = UInt16(layout.hostEnd)
    pathStart = UInt16(layout.pathStart)
    pathEnd = UInt16(layout.pathEnd)
  }

  private var layout: AddressLayout {
    AddressLayout(
      hostStart: hostStart, hostEnd: Int(hostEnd), pathStart: Int(pathStart), pathEnd: Int(pathEnd),
      queryEnd: string.utf8.count)
  }

  private var isSecure: Bool { string.utf8[index(4)] == UInt8(ascii: "s") }
  private var hostStart: Int { isSecure ? 8 : 7 }

  private func index(_ offset: some BinaryInteger) -> String.Index {
    string.utf8.index(string.utf8.startIndex, offsetBy: Int(offset))
  }

  /// `http` or `https`.
  package var scheme: String { isSecure ? "https" : "http" }
  /// In lower case, IDNA as `xn--`, IPv6 in brackets; without port.
  package var host: String { String(string[index(hostStart)..<index(hostEnd)]) }
  /// `nil` where the scheme's own port is used.
  package var port: Int? {
    hostEnd == pathStart ? nil : Int(string[index(hostEnd + 1)..<index(pathStart)])
  }
  /// `host` or `host:port`: what politeness and scope are keyed by.
  package var authority: String { String(string[index(hostStart)..<index(pathStart)]) }
  /// `scheme://authority`: what robots.txt is kept for.
  package var origin: String { String(string[..<index(pathStart)]) }
  /// Starts with `/`.
  package var path: Substring { string[index(pathStart)..<index(pathEnd)] }
  /// Without the `?`; never empty.
  package var query: Substring? {
    Int(pathEnd) == string.utf8.count ? nil : string[index(pathEnd + 1)...]
  }
  /// Where the path stands in the UTF-8 of `string`.
  package var pathRange: Range<Int> { Int(pathStart)..<Int(pathEnd) }
  /// The target of a request for this address (RFC 9112, 3.2.1).
  package var pathAndQuery: String { String(string[index(pathStart)...]) }
}

extension CanonicalURL: Hashable, Comparable {
  package static func == (a: Self, b: Self) -> Bool { a.string == b.string }
  package static func < (a: Self, b: Self) -> Bool { a.string < b.string }
  package func hash(into hasher: inout Hasher) { hasher.combine(string) }
}

extension CanonicalURL: CustomStringConvertible {
  package var description: String { string }
}

extension CanonicalURL: Codable {
  /// Reads one string, which may come from anywhere, and drops no parameter of it.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do throws(AddressError) {
      try self.init(text, rules: .keepingAll)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(string)
  }
}
