import Catalog

/// A price as a text states it.
package struct PriceReading: Hashable, Sendable {
  /// Rounded to the four decimals that `Amount` has, where the text has more.
  package var amount: Amount
  /// The decimal exactly as written, with a point: `34.992001`.
  package var decimal: String
  package var currency: Currency?
  /// The symbol or code as the text or its hint writes it.
  package var symbol: String?
  /// The separator could have meant the other thing, or the symbol another currency.
  package var isDoubtful: Bool

  package var money: Money? { currency.map { Money(amount, $0) } }
}

/// Reads amounts and currencies in the ways that the world's shops write them.
///
/// The number that stands beside a currency is taken, else the first that is no percentage. A lone
/// separator before one, two, or four and more digits is the decimal mark, before three digits it
/// groups thousands, unless the currency has three decimals or the whole part is 0; that is doubtful
/// where the region's own shops do not group with it.
package struct PriceReader: Sendable {
  /// What the page says elsewhere; empty for nothing.
  private let currency: CurrencyCode
  /// Where `$` is the local dollar; empty for unknown.
  let region: RegionCode
  /// `.` or `,`, known for certain, such as from a machine-readable field.
  private let decimalMark: UInt8?

  /// - Parameters:
  ///   - currency: What the page says elsewhere: an ISO 4217 code.
  ///   - region: ISO 3166-1 alpha-2, upper case: where `$` is the local dollar.
  ///   - decimalMark: Known for certain, such as from a machine-readable field: `.` or `,`.
  package init(currency: String? = nil, region: String? = nil, decimalMark: Character? = nil) {
    self.currency = CurrencyCode(currency ?? "")
    self.region = RegionCode(region ?? "")
    self.decimalMark = decimalMark?.asciiValue
  }

  /// Reads the price in `text`.
  ///
  /// - Parameters:
  ///   - text: At most 512 scalars of it are looked at.
  ///   - hint: A text that may name the currency, such as a label beside the price.
  package func read(_ text: String, hint: String? = nil) -> PriceReading? {
    var hinted: [FoundSymbol] = []
    if var hint {
      hinted = hint.withUTF8 { Self.scan($0) { _, symbols in Array(symbols) } }
    }
    var text = text
    return text.withUTF8 { text in
      Self.scan(text) { scalars, symbols in
        read(text, scalars, symbols, hinted)
      }
    }
  }

  private func read(
    _ text: UnsafeBufferPointer<UInt8>, _ scalars: UnsafeBufferPointer<UInt32>,
    _ symbols: UnsafeBufferPointer<FoundSymbol>, _ hinted: [FoundSymbol]
  ) -> PriceReading? {
    let found = Self.number(scalars, symbols: symbols, decimalMark: decimalMark)
    if found == nil, !Self.saysFree(text) { return nil }
    let (symbol, currency) = chooseCurrency(symbols, hinted)
    guard let found else {
      return PriceReading(
        amount: Amount(tenThousandths: 0), decimal: "0", currency: currency, symbol: symbol,
        isDoubtful: true)
    }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: scalars.count + 4) { digits in
      let count = found.spell(scalars, into: digits)
      let (decimals, isDoubtful) = normalise(
        digits, count, mark: found.decimalMark,
        currency: currency.map { CurrencyCode($0.code) } ?? self.currency)
      let decimal = UnsafeBufferPointer(rebasing: digits[..<decimals])
      if found.power > 0 {
        guard let scaled = Self.scaled(decimal, of: found, scalars) else { return nil }
        return PriceReading(
          amount: scaled.amount, decimal: scaled.decimal, currency: currency, symbol: symbol,
          isDoubtful: isDoubtful)
      }
      guard let amount = Amount(rounding: decimal) else { return nil }
      return PriceReading(
        amount: amount, decimal: String(decoding: decimal, as: UTF8.self), currency: currency,
        symbol: symbol, isDoubtful: isDoubtful)
    }
  }

  // MARK: Scalars

  /// Hands over the scalars of a text and the symbols among them.
  private static func scan<Result>(
    _ text: UnsafeBufferPointer<UInt8>,
    _ body: (UnsafeBufferPointer<UInt32>, UnsafeBufferPointer<FoundSymbol>) -> Result
  ) -> Result {
    let limit = min(text.count, 512)
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: limit + 1) { scalars in
      let count = plainScalars(text, limit, into: scalars)
      let plain = UnsafeBufferPointer(rebasing: scalars[..<count])
      return withUnsafeTemporaryAllocation(of: FoundSymbol.self, capacity: count + 1) { symbols in
        let count = findSymbols(plain, into: symbols)
        return body(plain, UnsafeBufferPointer(rebasing: symbols[..<count]))
      }
    }
  }

  /// Digits and marks of other scripts as ASCII, spaces of all widths as one kind, marks between
  /// digits that group thousands dropped.
  private static func plainScalars(
    _ text: UnsafeBufferPointer<UInt8>, _ limit: Int,
    into scalars: UnsafeMutableBufferPointer<UInt32>
  ) -> Int {
    var count = 0
    var seen = 0
    var hasMarks = false
    var index = 0
    while index < text.count, seen < limit {
      let byte = text[index]
      seen += 1
      if byte < 0x80 {
        index += 1
        if byte == 0x27 || byte == 0x60 { hasMarks = true }
        scalars[count] = byte >= 0x09 && byte <= 0x0D ? 0x20 : UInt32(byte)
        count += 1
        continue
      }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      var value = UInt32(byte) & (0xFF >> UInt32(length + 1))
      for offset in 1..<length {
        value = value << 6 | (index + offset < text.count ? UInt32(text[index + offset]) & 0x3F : 0)
      }
      index += length
      switch value {
      case 0xFF10...0xFF19: value = value - 0xFF10 + 0x30
      case 0x0660...0x0669: value = value - 0x0660 + 0x30
      case 0x06F0...0x06F9: value = value - 0x06F0 + 0x30
      case 0x0966...0x096F: value = value - 0x0966 + 0x30
      case 0x09E6...0x09EF: value = value - 0x09E6 + 0x30
      case 0xFF0C, 0x066C: value = 0x2C
      case 0xFF0E, 0x066B, 0x00B7: value = 0x2E
      case 0xFF04: value = 0x24
      case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: value = 0x20
      case 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF, 0xAD: continue
      case 0x2019, 0xB4: hasMarks = true
      default: break
      }
      scalars[count] = value
      count += 1
    }
    guard hasMarks else { return count }
    // `1'049,95`
    var kept = 0
    for index in 0..<count {
      let value = scalars[index]
      if value == 0x27 || value == 0x2019 || value == 0xB4 || value == 0x60, index > 0,
        index + 1 < count, isDigit(scalars[index - 1]), isDigit(scalars[index + 1])
      {
        continue
      }
      scalars[kept] = value
      kept += 1
    }
    return kept
  }

  @inline(__always) static func isDigit(_ value: UInt32) -> Bool { value &- 0x30 < 10 }

  /// Of ASCII.
  @inline(__always) private static func isLetter(_ value: UInt32) -> Bool {
    (value | 0x20) &- 0x61 < 26
  }

  // MARK: Currency

  struct FoundSymbol {
    var start: Int32
    var end: Int32
    /// As `CurrencySymbols` numbers them.
    var number: Int32

    var symbol: CurrencySymbols.Symbol { CurrencySymbols.book.symbols[Int(number)] }
  }

  private static func findSymbols(
    _ scalars: UnsafeBufferPointer<UInt32>, into found: UnsafeMutableBufferPointer<FoundSymbol>
  ) -> Int {
    let book = CurrencySymbols.book
    var count = 0
    var index = 0
    while index < scalars.count {
      let value = scalars[index]
      if isDigit(value) || value == 0x20 {
        index += 1
        continue
      }
      if let number = book.match(scalars, at: index),
        !isPartOfCode(scalars, index + Int(book.symbols[number].count), book.symbols[number])
      {
        let end = index + Int(book.symbols[number].count)
        found[count] = FoundSymbol(start: Int32(index), end: Int32(end), number: Int32(number))
        count += 1
        index = end
      } else if value == 0x440, let end = roubleEnd(scalars, index) {
        found[count] = FoundSymbol(start: Int32(index), end: Int32(end), number: rouble)
        count += 1
        index = end
      } else {
        index += 1
        // No symbol begins inside a word.
        guard isLetter(value) else { continue }
        while index < scalars.count, isLetter(scalars[index]) { index += 1 }
      }
    }
    return count
  }

  /// Whether letters that end there are the beginning of an article's number, as in `KR-200`.
  private static func isPartOfCode(
    _ scalars: UnsafeBufferPointer<UInt32>, _ end: Int, _ symbol: CurrencySymbols.Symbol
  ) -> Bool {
    guard symbol.endsWithLetter, end + 1 < scalars.count, isDigit(scalars[end + 1]) else {
      return false
    }
    return scalars[end] == 0x2D || scalars[end] == 0x5F || 0x2010...0x2011 ~= scalars[end]
  }

  /// Whether a text holds a digit of any script that is read here.
  static func hasDigit(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for (index, byte) in text.enumerated() {
      if Bytes.isDigit(byte) { return true }
      guard byte >= 0xD9, index + 1 < text.count else { continue }
      let next = text[index + 1]
      let last = index + 2 < text.count ? text[index + 2] : 0
      switch byte {
      // U+0660 and U+06F0 on.
      case 0xD9: if 0xA0...0xA9 ~= next { return true }
      case 0xDB: if 0xB0...0xB9 ~= next { return true }
      // U+0966, U+09E6 and U+FF10 on.
      case 0xE0: if next == 0xA5 || next == 0xA7, 0xA6...0xAF ~= last { return true }
      case 0xEF: if next == 0xBC, 0x90...0x99 ~= last { return true }
      default: continue
      }
    }
    return false
  }

  /// Whether a text ends in a number with a dash for its cents: `999:-`, `19,-`, `1’299.–`.
  static func endsInDash(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var end = text.count
    while end > 0, Bytes.isSpace(text[end - 1]) { end -= 1 }
    let whole = end
    while end > 0 {
      if text[end - 1] == 0x2D {
        end -= 1
      } else if end > 2, text[end - 3] == 0xE2, text[end - 2] == 0x80,
        0x93...0x94 ~= text[end - 1]
      {
        end -= 3
      } else {
        break
      }
    }
    guard end > 1, end < whole, Bytes.isDigit(text[end - 2]) else { return false }
    return text[end - 1] == 0x3A || text[end - 1] == 0x2C || text[end - 1] == 0x2E
  }

  /// Where `рублей`, `рубля`, the word in its cases, ends.
  private static func roubleEnd(_ scalars: UnsafeBufferPointer<UInt32>, _ index: Int) -> Int? {
    guard index + 4 < scalars.count, scalars[index + 1] == 0x443, scalars[index + 2] == 0x431,
      scalars[index + 3] == 0x43B
    else { return nil }
    var end = index + 4
    while end < scalars.count, CurrencySymbols.isLetter(scalars[end]) { end += 1 }
    return end
  }

  private static let rouble: Int32 = [0x440, 0x443, 0x431].withUnsafeBufferPointer {
    Int32(CurrencySymbols.book.match($0, at: 0)!)
  }

  /// The text before its hint, what is certain before what may be a word; a code of a dollar before
  /// the bare sign (`$1,190.00 AUD`).
  private func chooseCurrency(
    _ symbols: UnsafeBufferPointer<FoundSymbol>, _ hinted: [FoundSymbol]
  ) -> (String?, Currency?) {
    if symbols.isEmpty, hinted.isEmpty { return (nil, currency.currency) }
    if symbols.contains(where: \.symbol.isDollar),
      let code = symbols.first(where: \.symbol.isDollarCode)
    {
      let text = CurrencySymbols.text(Int(code.number))
      return (text, Currency(text))
    }
    let chosen =
      symbols.first(where: \.symbol.isSafe) ?? hinted.first(where: \.symbol.isSafe)
      ?? symbols.first ?? hinted.first
    guard let number = chosen.map({ Int($0.number) }) else {
      return (nil, currency.currency)
    }
    return (
      CurrencySymbols.text(number),
      CurrencySymbols.choose(number, hint: currency, region: region)
    )
  }

  private static func saysFree(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let bytes = text.part(0, min(text.count, 64))
    guard let found = Bytes.find("free", in: bytes) else { return false }
    let before = found == 0 || !Bytes.isLetter(bytes[found - 1])
    let after = found + 4 >= bytes.count || !Bytes.isLetter(bytes[found + 4])
    return before && after && Bytes.find("shipping", in: bytes) == nil
      && Bytes.find("delivery", in: bytes) == nil && Bytes.find("return", in: bytes) == nil
  }
}
