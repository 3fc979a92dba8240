import Catalog

/// Prices and currencies as this page means them.
extension PageContext {
  /// An ISO 4217 code from `usd`, `$`, `€` or `http://…/EUR`.
  func currencyCode(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { currencyCode($0) }
  }

  private func currencyCode(_ text: UnsafeBufferPointer<UInt8>) -> String? {
    var end = text.count
    while end > 0, text[end - 1] == 0x2F { end -= 1 }
    var start = end
    while start > 0, text[start - 1] != 0x2F { start -= 1 }
    let word = end == 0 ? text : text.part(start, end)
    if word.count == 3 {
      let code = String(decoding: word, as: UTF8.self).uppercased()
      if CurrencySymbols.isCode(code) { return code == "RUR" ? "RUB" : code }
    }
    let found = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 12) { scalars -> Int? in
      var count = 0
      for scalar in String(decoding: word.prefix(48), as: UTF8.self).unicodeScalars.prefix(12) {
        scalars[count] = scalar.value
        count += 1
      }
      guard count > 0 else { return nil }
      return CurrencySymbols.book.match(UnsafeBufferPointer(rebasing: scalars[..<count]), at: 0)
    }
    return found.flatMap {
      CurrencySymbols.choose($0, hint: CurrencyCode(""), region: RegionCode(region ?? ""))?.code
    }
  }

  /// A price out of a field that machines are to read: one point with no comma is the decimal mark.
  func structuredPrice(_ text: String, currency: String?) -> PriceReading? {
    var points = 0
    var isPlain = true
    for byte in text.utf8 {
      if byte == 0x2E { points += 1 } else if !Bytes.isDigit(byte) { isPlain = false }
    }
    let reader = PriceReader(
      currency: currency, region: region, decimalMark: isPlain && points == 1 ? "." : nil)
    return reader.read(text)
  }

  /// An amount right after a word for price, anywhere in a sentence.
  func toldPrice(_ sentence: String) -> PriceFact? {
    guard sentence.utf8.contains(where: { Bytes.isDigit($0) || $0 >= 0x80 }) else { return nil }
    let text = sentence.prefix(300)
    let lowered = text.lowercased()
    for word in ["price", "價", "价格", "价", "preis", "prix", "precio", "prezzo", "cena", "価格"] {
      guard let found = lowered.firstRange(of: word) else { continue }
      let rest = lowered[found.upperBound...].prefix(24)
      guard let reading = price(String(rest)), reading.symbol != nil,
        reading.amount.tenThousandths > 0
      else {
        continue
      }
      return PriceFact(
        amount: reading.amount, currency: reading.currency?.code, raw: String(rest),
        isDoubtful: reading.isDoubtful)
    }
    return nil
  }

  func price(_ text: String, currency: String? = nil) -> PriceReading? {
    PriceReader(currency: currency, region: region).read(text)
  }
}
