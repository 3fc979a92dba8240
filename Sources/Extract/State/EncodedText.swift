import Catalog

/// How a script keeps JSON in a string: `decodeURIComponent("…")` or `unescape("…")` (RFC 3986, 2.1),
/// or `atob("…")` (RFC 4648, 4).
struct EncodedText {
  /// Where the string begins, in the text that was searched.
  let text: Int
  private let isBase64: Bool

  /// What is called at `index`; `nil` where it is neither.
  static func encoding(of script: Document.Value, at index: Int) -> EncodedText? {
    if Bytes.starts(script, at: index, with: "decodeuricomponent(") {
      return EncodedText(text: index + 19, isBase64: false)
    }
    if Bytes.starts(script, at: index, with: "unescape(") {
      return EncodedText(text: index + 9, isBase64: false)
    }
    if Bytes.starts(script, at: index, with: "atob(") {
      return EncodedText(text: index + 5, isBase64: true)
    }
    return nil
  }

  func decode(_ text: [UInt8]) -> [UInt8] {
    isBase64 ? Self.fromBase64(text) : Self.fromPercents(text)
  }

  private static func fromPercents(_ text: [UInt8]) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == 0x25, index + 2 < text.count, let high = text[index + 1].hexValue,
        let low = text[index + 2].hexValue
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(text[index])
        index += 1
      }
    }
    return decoded
  }

  /// Stops at what is no letter of the alphabet, such as the padding.
  static func fromBase64(_ text: [UInt8]) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      let value: UInt8
      switch byte {
      case 0x41...0x5A: value = byte - 0x41
      case 0x61...0x7A: value = byte - 0x61 + 26
      case 0x30...0x39: value = byte - 0x30 + 52
      case 0x2B: value = 62
      case 0x2F: value = 63
      default: return decoded
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return decoded
  }
}
