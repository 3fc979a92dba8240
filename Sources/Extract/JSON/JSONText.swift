/// Escapes of JSON and JavaScript strings.
enum JSONText {
  /// Undoes `\n`, `\uXXXX` with surrogates, `\u{…}`, `\xNN` and line continuations; an escape that
  /// means nothing stands for the letter after it. Lone surrogates become U+FFFD.
  static func unescape(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    let end = bytes.endIndex
    while index < end {
      let plain = bytes[index...].prefix { $0 != 0x5C }
      out += plain
      index = plain.endIndex
      guard index < end else { break }
      guard index + 1 < end else {
        out.append(0x5C)
        break
      }
      let escape = bytes[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "v"): out.append(0x0B)
      case UInt8(ascii: "0"): break
      case 0x0A: break
      case UInt8(ascii: "x"):
        if let value = hexadecimal(bytes, index, 2) {
          append(value, to: &out)
          index += 2
        }
      case UInt8(ascii: "u"):
        if index < end, bytes[index] == UInt8(ascii: "{") {
          var value: UInt32 = 0
          var next = index + 1
          while next < end, next - index < 9, let digit = digit(bytes[next]) {
            value = value << 4 | digit
            next += 1
          }
          if next < end, bytes[next] == UInt8(ascii: "}") { next += 1 }
          append(value, to: &out)
          index = next
        } else if let high = hexadecimal(bytes, index, 4) {
          index += 4
          if high >= 0xD800, high < 0xDC00, index + 1 < end, bytes[index] == 0x5C,
            bytes[index + 1] == UInt8(ascii: "u"), let low = hexadecimal(bytes, index + 2, 4),
            low >= 0xDC00, low < 0xE000
          {
            index += 6
            append(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00), to: &out)
          } else {
            append(high, to: &out)
          }
        }
      default: out.append(escape)
      }
    }
    return out
  }

  private static func append(_ value: UInt32, to out: inout [UInt8]) {
    let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    out.append(contentsOf: UTF8.encode(scalar)!)
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x37)
    case 0x61...0x66: UInt32(byte - 0x57)
    default: nil
    }
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>, _ index: Int, _ count: Int) -> UInt32?
  {
    guard index + count <= bytes.endIndex else { return nil }
    var value: UInt32 = 0
    for offset in 0..<count {
      guard let digit = digit(bytes[index + offset]) else { return nil }
      value = value << 4 | digit
    }
    return value
  }
}
