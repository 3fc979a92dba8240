/// Why a text is not an address that can be asked for.
///
/// On a page all of these mean "not a link for us"; in a configuration each has its own remedy.
package enum AddressError: Error, Equatable {
  /// The scheme is neither http nor https. In lower case, cut after 32 bytes.
  case scheme(String)
  /// A relative reference without a base.
  case relative
  /// No host, or one that no address may have. Cut after 80 bytes.
  case host(String)
  /// Not a number of 0…65535.
  case port(String)
  /// A user name or password stands before the host.
  case credentials
  /// `length` bytes passed `limit`.
  case tooLong(length: Int, limit: Int)
}

extension AddressError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .scheme(let scheme): "scheme \"\(scheme)\" is neither http nor https"
    case .relative: "relative address without a base"
    case .host(let host): host.isEmpty ? "address without a host" : "host \"\(host)\" is not valid"
    case .port(let port): "port \"\(port)\" is not a number of 0…65535"
    case .credentials: "address carries a user name or password"
    case .tooLong(let length, let limit): "address of \(length) bytes, limit \(limit)"
    }
  }
}

/// An http or https address as the WHATWG URL standard parses and writes it.
///
/// See https://url.spec.whatwg.org, "URL parsing" and "URL serializing", for special schemes other
/// than `file`. Queries are always encoded as UTF-8, whatever the encoding of their page.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  /// The most bytes that an address may have, before and after it is normalised.
  package static let maximumLength = 8192

  /// The standard's `href`.
  package let string: String
  private let layout: AddressLayout

  package init(
    _ text: some StringProtocol, relativeTo base: WebAddress? = nil
  ) throws(AddressError) {
    let text = String(text)
    let buffer: AddressBuffer
    if let base {
      buffer = try AddressBuffer(text.utf8.span, base: base.string.utf8.span, layout: base.layout)
    } else {
      let none = ""
      buffer = try AddressBuffer(text.utf8.span, base: none.utf8.span, layout: AddressLayout())
    }
    string = String(decoding: buffer.bytes, as: UTF8.self)
    layout = buffer.layout
  }

  private subscript(_ range: Range<Int>) -> Substring {
    let start = string.utf8.index(string.utf8.startIndex, offsetBy: range.lowerBound)
    return string[start..<string.utf8.index(start, offsetBy: range.count)]
  }

  package var description: String { string }
  /// `http` or `https`.
  package var scheme: Substring { string.prefix { $0 != ":" } }
  /// `user` or `user:password`, percent-encoded.
  package var credentials: Substring? {
    let start = scheme.utf8.count + 3
    return layout.hostStart == start ? nil : self[start..<layout.hostStart - 1]
  }
  package var host: Substring { self[layout.hostStart..<layout.hostEnd] }
  package var port: Int? {
    layout.hostEnd == layout.pathStart ? nil : Int(self[layout.hostEnd + 1..<layout.pathStart])
  }
  package var path: Substring { self[layout.pathStart..<layout.pathEnd] }
  /// Without the `?`; empty where only the mark stands.
  package var query: Substring? {
    layout.pathEnd == layout.queryEnd ? nil : self[layout.pathEnd + 1..<layout.queryEnd]
  }
  /// Without the `#`; empty where only the mark stands.
  package var fragment: Substring? {
    let end = string.utf8.count
    return layout.queryEnd == end ? nil : self[layout.queryEnd + 1..<end]
  }
}

/// Where the parts of a written http or https address lie, in UTF-8 offsets.
///
///     https://user:password@example.com:8080/path?query#fragment
///                           ^          ^    ^    ^     ^
///                   hostStart    hostEnd    │    │     queryEnd
///                                   pathStart    pathEnd
struct AddressLayout: Hashable, Sendable {
  var hostStart = 0
  var hostEnd = 0
  var pathStart = 0
  var pathEnd = 0
  var queryEnd = 0
}

extension AddressLayout {
  /// The layout of an address without credentials and fragment, found by its delimiters alone.
  init?(outlineOf text: borrowing Span<UInt8>) {
    let count = text.count
    guard count <= WebAddress.maximumLength else { return nil }
    var start = 0
    for expected in "http".utf8 {
      guard start < count, text[start] == expected else { return nil }
      start += 1
    }
    if start < count, text[start] == UInt8(ascii: "s") { start += 1 }
    for expected in "://".utf8 {
      guard start < count, text[start] == expected else { return nil }
      start += 1
    }
    hostStart = start
    var colon: Int?
    var i = start
    authority: while i < count {
      switch text[i] {
      case UInt8(ascii: "/"): break authority
      case UInt8(ascii: ":"): colon = i
      case UInt8(ascii: "]"): colon = nil
      case UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"): return nil
      default: break
      }
      i += 1
    }
    guard i < count else { return nil }
    pathStart = i
    hostEnd = colon ?? i
    guard hostEnd > hostStart else { return nil }
    pathEnd = count
    while i < count {
      guard text[i] > 0x20, text[i] < 0x7F else { return nil }
      if text[i] == UInt8(ascii: "?") {
        pathEnd = min(pathEnd, i)
      } else if text[i] == UInt8(ascii: "#") {
        return nil
      }
      i += 1
    }
    queryEnd = count
  }
}
