extension UInt8 {
  static let slash = UInt8(ascii: "/")

  /// `/`, or the `\` that browsers take for one.
  @inline(__always)
  var isSlash: Bool { self == .slash || self == UInt8(ascii: "\\") }

  @inline(__always)
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  @inline(__always)
  var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

  @inline(__always)
  var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }

  /// The value of a hexadecimal digit.
  @inline(__always)
  package var hexValue: UInt8? {
    if isDigit { return self - UInt8(ascii: "0") }
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : nil
  }

  /// The upper-case digit of a value below 16.
  @inline(__always)
  package static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }

  /// RFC 3986, 2.3: `A-Z a-z 0-9 - . _ ~`.
  @inline(__always)
  package var isUnreserved: Bool {
    isLetter || isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
      || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
  }
}

/// A part of a text for an error, at most `limit` bytes of it.
func excerpt(_ text: borrowing Span<UInt8>, _ range: Range<Int>, limit: Int) -> String {
  var part: [UInt8] = []
  for i in range.prefix(limit) { part.append(text[i]) }
  return String(decoding: part, as: UTF8.self)
}
