/// An exact decimal: a whole number of ten-thousandths, so that no price is ever a `Double`.
///
/// Four decimals are the most that ISO 4217 knows. Range: ±922 billion.
package struct Amount: Hashable, Sendable, Comparable {
  package let tenThousandths: Int64

  package init(tenThousandths: Int64) { self.tenThousandths = tenThousandths }

  /// Reads `-?digits[.digits]`, at most four significant decimals; `nil` for everything else.
  package init?(_ text: some StringProtocol) {
    var negative = false
    var value: Int64 = 0
    var decimals = -1
    var digits = 0
    for (position, byte) in text.utf8.enumerated() {
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
    let magnitude = tenThousandths.magnitude
    var decimals = String(magnitude % 10_000)
    decimals = String(repeating: "0", count: 4 - decimals.count) + decimals
    while decimals.count > minimumDigits, decimals.hasSuffix("0") { decimals.removeLast() }
    let sign = tenThousandths < 0 ? "-" : ""
    return sign + String(magnitude / 10_000) + (decimals.isEmpty ? "" : "." + decimals)
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
    guard code.utf8.count == 3, code.utf8.allSatisfy({ ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 })
    else { return nil }
    self.code = code.uppercased()
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
