import Catalog

extension Amount {
  /// Reads a decimal with any number of decimals, an exponent too, rounding half up to four.
  init?(rounding text: String) {
    var text = text
    guard let amount = text.withUTF8({ Amount(rounding: $0) }) else { return nil }
    self = amount
  }

  init?(rounding text: UnsafeBufferPointer<UInt8>) {
    var isNegative = false
    var sawPoint = false
    var digits = 0
    var scale = 0
    var exponent = 0
    var end = text.count
    var index = 0
    while index < text.count {
      let byte = text[index]
      switch byte {
      case 0x2D where digits == 0 && !isNegative: isNegative = true
      case 0x2E where !sawPoint: sawPoint = true
      case 0x30...0x39:
        digits += 1
        if sawPoint { scale += 1 }
      case 0x65, 0x45:
        guard let value = Int(String(decoding: text[(index + 1)...], as: UTF8.self)),
          abs(value) < 32
        else { return nil }
        exponent = value
        end = index
        index = text.count
      default: return nil
      }
      index += 1
    }
    guard digits > 0, digits < 64 else { return nil }
    var value: Int64 = 0
    // value · 10^(4 + exponent − scale)
    let power = 4 + exponent - scale
    var kept = power < 0 ? digits + power : digits
    let isRounded = power <= 0 && kept >= 0 && kept < digits
    var next: UInt8 = 0
    for byte in text[..<end] where Bytes.isDigit(byte) {
      guard kept > 0 else {
        next = byte - 0x30
        break
      }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int64(byte - 0x30))
      guard !over, !carry else { return nil }
      value = sum
      kept -= 1
    }
    if power > 0 {
      for _ in 0..<power {
        let (tens, over) = value.multipliedReportingOverflow(by: 10)
        guard !over else { return nil }
        value = tens
      }
    } else if isRounded, next >= 5 {
      value += 1
    }
    self.init(tenThousandths: isNegative ? -value : value)
  }
}
