import Catalog
import Foundation
import Support
import Testing

struct MoneyTests {
  @Test(
    arguments: [
      ("49.50", 495_000), ("49.5", 495_000), ("0", 0), ("-0", 0), ("-0.5", -5_000), ("007", 70_000),
      ("0.0001", 1), ("1.23450000", 12_345), ("922337203685477.5807", Int64.max),
      ("-922337203685477.5807", -Int64.max),
    ] as [(String, Int64)])
  func `a decimal is read exactly`(text: String, expected: Int64) {
    #expect(Amount(text)?.tenThousandths == expected)
  }

  @Test(arguments: [
    "", "-", ".", ".5", "+1", "1,5", "1.2.3", "1e3", " 1", "1 ", "--1", "1-", "0.00001", "١", "½",
    "922337203685477.5808", "922337203685478", "99999999999999999999", "NaN",
  ])
  func `what is not a decimal of four places within bounds is refused`(text: String) {
    #expect(Amount(text) == nil)
  }

  @Test func `an amount is written with as many decimals as it needs`() throws {
    let amounts = [
      "49.50": "49.50", "49": "49.00", "0.125": "0.125", "-0.05": "-0.05", "1.0001": "1.0001",
    ]
    for (text, expected) in amounts {
      #expect(try #require(Amount(text)).description == expected)
    }
    #expect(Amount(tenThousandths: 490_000).formatted(minimumDigits: 0) == "49")
    #expect(Amount(tenThousandths: 495_000).formatted(minimumDigits: 0) == "49.5")
    #expect(Amount(tenThousandths: 495_000).formatted(minimumDigits: 4) == "49.5000")
    #expect(Amount(tenThousandths: .max).description == "922337203685477.5807")
  }

  @Test func `every amount is read back as it was written`() {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      let bits = Int64.random(in: 0...62, using: &random)
      let value = Int64.random(in: -(1 << bits)...(1 << bits), using: &random)
      let amount = Amount(tenThousandths: value)
      #expect(Amount(amount.description) == amount)
      #expect(Amount(amount.formatted(minimumDigits: 0)) == amount)
    }
  }

  @Test func `amounts are ordered by value and not by digits`() throws {
    let amounts = try ["10", "9.5", "-1", "9.49"].map { try #require(Amount($0)) }
    #expect(amounts.sorted().map(\.description) == ["-1.00", "9.49", "9.50", "10.00"])
  }

  @Test func `a currency is three letters`() {
    #expect(Currency("eur")?.code == "EUR")
    #expect(Currency("EUR") == Currency("Eur"))
    for text in ["", "EU", "EURO", "E1R", "€", "[[[", "EU "] { #expect(Currency(text) == nil) }
  }

  @Test func `money is coded as decimal text`() throws {
    let money = Money(try #require(Amount("49.9")), try #require(Currency("usd")))
    #expect(money.description == "49.90 USD")
    let coded = try JSONEncoder().encode(money)
    #expect(
      try JSONDecoder().decode([String: String].self, from: coded)
        == ["amount": "49.90", "currency": "USD"])
    #expect(try JSONDecoder().decode(Money.self, from: coded) == money)
    for broken in [#"{"amount":"1,5","currency":"USD"}"#, #"{"amount":"1","currency":"$"}"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Money.self, from: Data(broken.utf8))
      }
    }
  }
}
