/// A percent-encode set of the WHATWG URL standard: 128 bits, and all that is not ASCII.
struct PercentEncodeSet {
  private let low: UInt64
  private let high: UInt64

  /// C0 controls, DEL and the given characters.
  private init(_ characters: StaticString) {
    var low: UInt64 = 0xFFFF_FFFF
    var high: UInt64 = 1 << 63
    characters.withUTF8Buffer { characters in
      for byte in characters {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
      }
    }
    self.low = low
    self.high = high
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    byte >= 128 || (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
  }

  static let fragment = PercentEncodeSet(" \"<>`")
  static let query = PercentEncodeSet(" \"#<>'")
  static let path = PercentEncodeSet(" \"#<>?^`{}")
  /// What ends a path or asks for more than a copy of it: escapes, parameters, the `\` of browsers.
  static let special = PercentEncodeSet(" \"#<>?^`{}%;\\")
  /// The same of a query.
  static let querySpecial = PercentEncodeSet(" \"#<>'%")
  static let userinfo = PercentEncodeSet(" \"#<>?^`{}/:;=@[\\]|")
  /// The standard's forbidden domain code points; here for the bytes they are made of.
  static let forbiddenDomain = PercentEncodeSet(" #/:<>?@[\\]^|%")
}
