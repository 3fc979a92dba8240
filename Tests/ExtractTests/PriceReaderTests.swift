import Catalog
import Testing

@testable import Extract

@Suite struct PriceReaderTests {
  @Test(arguments: [
    ("1.299,00 €", "1299", "€"), ("US$ 1,299.00", "1299", "US$"), ("CHF 1’299.50", "1299.5", "CHF"),
    ("1\u{202F}299,00\u{00A0}€", "1299", "€"), ("¥1,299", "1299", "¥"), ("１，２９９円", "1299", "円"),
    ("R$ 1.299,90", "1299.9", "R$"), ("1 299 kr", "1299", "kr"), ("12,50 zł", "12.5", "zł"),
    ("Rp 31.500", "31500", "Rp"), ("35€ 99", "35.99", "€"), ("$.75", "0.75", "$"),
    ("50,- Kč", "50", "Kč"),
    ("20% off: $30", "30", "$"), ("3 Stück 14,85 EUR", "14.85", "EUR"),
    ("118, 99 TL", "118.99", "TL"),
    ("$1,190.00 AUD", "1190", "AUD"), ("٣٬٤٣٩٫٥٠ درهم", "3439.5", "درهم"),
    ("0.999 €", "0.999", "€"),
    ("KWD 12.500", "12.5", "KWD"), ("1.800.000₫", "1800000", "₫"),
  ])
  func `amounts are read as their writers meant them`(text: String, decimal: String, symbol: String)
    throws
  {
    let reading = try #require(PriceReader().read(text))
    #expect(reading.amount == Amount(rounding: decimal))
    #expect(reading.symbol == symbol)
  }

  @Test(arguments: [
    ("1万2,800円", "12800", "JPY"), ("3万円", "30000", "JPY"), ("￥1.5万", "15000", "JPY"),
    ("12万元", "120000", "CNY"), ("5만원", "50000", "KRW"),
    ("₹1.25 Lakh", "125000", "INR"), ("Rs. 2.5 Crore", "25000000", "INR"),
    ("₹ 3 Cr", "30000000", "INR"), ("1,5 Mio. €", "1500000", "EUR"),
    ("Rp 1,5 juta", "1500000", "IDR"),
    ("12 тыс. руб.", "12000", "RUB"), ("$2 million", "2000000", "USD"),
    // No words of powers: a size, a colour, sales without money beside them.
    ("€12 millefiori", "12", "EUR"), ("12 cr 5 €", "5", "EUR"), ("已售3万件 ¥25", "25", nil),
  ])
  func `words for powers of ten count beside a currency`(
    text: String, decimal: String, currency: String?
  ) throws {
    let reading = try #require(PriceReader().read(text))
    #expect(reading.decimal == decimal)
    #expect(reading.amount == Amount(rounding: decimal))
    if let currency { #expect(reading.currency?.code == currency) }
  }

  @Test(arguments: ["", "Sold out", "€", "50%", "free shipping", "—"])
  func `what is no price is none`(text: String) {
    #expect(PriceReader().read(text) == nil)
  }

  @Test func `an ambiguous sign follows the page's region`() {
    #expect(PriceReader(region: "CA").read("$5")?.currency?.code == "CAD")
    #expect(PriceReader(region: "NO").read("99 kr")?.currency?.code == "NOK")
    #expect(PriceReader(currency: "CNY").read("¥5")?.currency?.code == "CNY")
    #expect(PriceReader().read("$5")?.currency?.code == "USD")
  }

  @Test func `a lone group of three is marked as doubtful`() {
    #expect(PriceReader().read("1.299 €")?.isDoubtful == true)
    #expect(PriceReader().read("1.299,00 €")?.isDoubtful == false)
  }

  @Test func `decimals past the fourth are rounded and kept as text`() {
    let reading = PriceReader(decimalMark: ".").read("34.992051")
    #expect(reading?.amount.tenThousandths == 349_921)
    #expect(reading?.decimal == "34.992051")
  }

  @Test(arguments: [
    "4006381333931", "036000291452", "96385074", "10614141000415", "978-3-16-148410-0",
  ])
  func `right check digits pass`(text: String) { #expect(Gtin.read(text) != nil) }

  @Test(arguments: ["4006381333932", "123", "00000000", "40063813339310000", "40063813x3931"])
  func `wrong ones do not`(text: String) { #expect(Gtin.read(text) == nil) }

  @Test(arguments: [
    ("$3.340", "CL", "3340", false), ("$3.340", "US", "3340", true),
    ("$3,340", "US", "3340", false),
    ("3.340 €", nil, "3340", true), ("3.340 €", "DE", "3340", false),
    ("3,340 €", "DE", "3340", true),
    ("3.34 €", nil, "3.34", false),
  ])
  func `a lone mark before three digits is doubtful where the region does not group with it`(
    text: String, region: String?, decimal: String, isDoubtful: Bool
  ) {
    let found = PriceReader(region: region).read(text)
    #expect(found?.decimal == decimal)
    #expect(found?.isDoubtful == isDoubtful)
  }

  @Test(arguments: ["KR-200", "R-450", "USD-2", "GEL‑15", "Q_50"])
  func `letters joined to a number by a dash are no currency`(text: String) throws {
    #expect(try #require(PriceReader().read(text)).symbol == nil)
  }

  @Test(arguments: [("$-5", "$"), ("29,-kr", "kr"), ("USD - 20", "USD"), ("CHF 20.-", "CHF")])
  func `a dash elsewhere leaves the currency`(text: String, symbol: String) throws {
    #expect(try #require(PriceReader().read(text)).symbol == symbol)
  }

  @Test(arguments: ["7", "٧", "۷", "७", "৭", "７", "€ ۷"])
  func `digits of every script are seen, and what they mean is read`(text: String) throws {
    #expect(text.utf8.withContiguousStorageIfAvailable { PriceReader.hasDigit($0) } == true)
    #expect(PriceReader().read(text)?.decimal == "7")
  }

  @Test(arguments: ["", "€", "円", "एक", "د.إ", "\u{E0}\u{A5}", "–"])
  func `other letters are no digits`(text: String) {
    #expect(text.utf8.withContiguousStorageIfAvailable { PriceReader.hasDigit($0) } == false)
  }

  @Test(arguments: [
    ("999:-", true), ("19,- ", true), ("1’299.–", true), ("50,--", true), ("1.299,—", true),
    ("10-", false), ("-", false), (":-", false), ("a,-", false), ("10 - 12", false),
  ])
  func `a dash for cents ends a price`(text: String, isPrice: Bool) {
    #expect(text.utf8.withContiguousStorageIfAvailable { PriceReader.endsInDash($0) } == isPrice)
  }
}
