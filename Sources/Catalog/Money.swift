/// An exact decimal: a whole number of ten-thousandths, so that no price is ever a `Double`.
///
/// Four decimals are the most that ISO 4217 knows. Range: ±922 billion.
package struct Amount: Hashable, Sendable, Comparable {
  package let tenThousandths: Int64

  package init(tenThousandths: Int64) { self.tenThousandths = tenThousandths }

  /// Reads `-?digits[.digits]`, at most four significant decimals; `nil` for everything else.
  package init?(_ text: some StringProtocol) {
    var text = String(text)
    guard let amount = text.withUTF8({ Amount(utf8: $0) }) else { return nil }
    self = amount
  }

  private init?(utf8 text: UnsafeBufferPointer<UInt8>) {
    var negative = false
    var value: Int64 = 0
    var decimals = -1
    var digits = 0
    for position in text.indices {
      let byte = text[position]
      switch byte {
      case UInt8(ascii: "-") where position == 0:
        negative = true
      case UInt8(ascii: ".") where decimals < 0 && digits > 0:
        decimals = 0
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = Int64(byte - UInt8(ascii: "0"))
        if decimals >= 4 {
          guard digit == 0 else { return nil }
          continue
        }
        let (tens, over) = value.multipliedReportingOverflow(by: 10)
        let (next, carry) = tens.addingReportingOverflow(digit)
        guard !over, !carry else { return nil }
        value = next
        digits += 1
        if decimals >= 0 { decimals += 1 }
      default:
        return nil
      }
    }
    guard digits > 0 else { return nil }
    for _ in max(decimals, 0)..<4 {
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      guard !over else { return nil }
      value = tens
    }
    tenThousandths = negative ? -value : value
  }

  package static func < (a: Self, b: Self) -> Bool { a.tenThousandths < b.tenThousandths }

  /// The decimal with at least `minimumDigits` (0…4) decimals and no other trailing zeros.
  package func formatted(minimumDigits: Int = 2) -> String {
    // A sign, fifteen digits, a point and four decimals at most.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
      var (whole, part) = tenThousandths.magnitude.quotientAndRemainder(dividingBy: 10_000)
      var decimals = 4
      while decimals > minimumDigits, part.isMultiple(of: 10) {
        part /= 10
        decimals -= 1
      }
      var start = text.count
      func write(_ byte: UInt8) {
        start -= 1
        text[start] = byte
      }
      for _ in 0..<decimals {
        write(UInt8(ascii: "0") + UInt8(part % 10))
        part /= 10
      }
      if decimals > 0 { write(UInt8(ascii: ".")) }
      repeat {
        write(UInt8(ascii: "0") + UInt8(whole % 10))
        whole /= 10
      } while whole > 0
      if tenThousandths < 0 { write(UInt8(ascii: "-")) }
      return String(decoding: text[start...], as: UTF8.self)
    }
  }
}

extension Amount: CustomStringConvertible {
  package var description: String { formatted() }
}

extension Amount: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let amount = Amount(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a decimal of at most four places: \(text)")
    }
    self = amount
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// An ISO 4217 code of three upper-case letters.
package struct Currency: Hashable, Sendable, Codable, CustomStringConvertible {
  package let code: String

  /// `nil` unless `code` is three ASCII letters; lower case is raised.
  package init?(_ code: some StringProtocol) {
    let code = String(code)
    var isUpper = true
    for byte in code.utf8 {
      guard (byte | 0x20) >= 97, (byte | 0x20) <= 122 else { return nil }
      isUpper = isUpper && byte < 97
    }
    guard code.utf8.count == 3 else { return nil }
    self.code = isUpper ? code : code.uppercased()
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let currency = Currency(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not an ISO 4217 code: \(text)")
    }
    self = currency
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(code)
  }

  package var description: String { code }
}

/// An exact amount in one currency.
package struct Money: Hashable, Sendable, Codable, CustomStringConvertible {
  package var amount: Amount
  package var currency: Currency

  package init(_ amount: Amount, _ currency: Currency) {
    self.amount = amount
    self.currency = currency
  }

  package var description: String { "\(amount) \(currency)" }
}
