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
  /// What the page says elsewhere: an ISO 4217 code.
  package var currency: String?
  /// ISO 3166-1 alpha-2, upper case: where `$` is the local dollar.
  package var region: String?
  /// Known for certain, such as from a machine-readable field: `.` or `,`.
  package var decimalMark: Character?

  package init(currency: String? = nil, region: String? = nil, decimalMark: Character? = nil) {
    self.currency = currency
    self.region = region
    self.decimalMark = decimalMark
  }

  /// Reads the price in `text`.
  ///
  /// - Parameters:
  ///   - text: At most 512 scalars of it are looked at.
  ///   - hint: A text that may name the currency, such as a label beside the price.
  package func read(_ text: String, hint: String? = nil) -> PriceReading? {
    let scalars = Self.plainScalars(text)
    let symbols = Self.symbols(scalars)
    guard let number = Self.number(scalars, symbols: symbols, decimalMark: decimalMark) else {
      guard Self.saysFree(text) else { return nil }
      let (symbol, currency) = chooseCurrency(symbols, hint: hint)
      return PriceReading(
        amount: Amount(tenThousandths: 0), decimal: "0", currency: currency, symbol: symbol,
        isDoubtful: true)
    }
    let (symbol, currency) = chooseCurrency(symbols, hint: hint)
    let (decimal, isDoubtful) = normalise(number, currency: currency?.code ?? self.currency)
    guard let amount = Amount(rounding: decimal) else { return nil }
    return PriceReading(
      amount: amount, decimal: decimal, currency: currency, symbol: symbol, isDoubtful: isDoubtful)
  }

  // MARK: Scalars

  /// Digits and marks of other scripts as ASCII, spaces of all widths as one kind, marks between
  /// digits that group thousands dropped.
  private static func plainScalars(_ text: String) -> [UInt32] {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(64)
    for scalar in text.unicodeScalars.prefix(512) {
      switch scalar.value {
      case 0xFF10...0xFF19: scalars.append(scalar.value - 0xFF10 + 0x30)
      case 0x0660...0x0669: scalars.append(scalar.value - 0x0660 + 0x30)
      case 0x06F0...0x06F9: scalars.append(scalar.value - 0x06F0 + 0x30)
      case 0x0966...0x096F: scalars.append(scalar.value - 0x0966 + 0x30)
      case 0xFF0C, 0x066C: scalars.append(0x2C)
      case 0xFF0E, 0x066B, 0x00B7: scalars.append(0x2E)
      case 0xFF04: scalars.append(0x24)
      case 0x09...0x0D, 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: scalars.append(0x20)
      case 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF, 0xAD: continue
      default: scalars.append(scalar.value)
      }
    }
    // `1'049,95`
    var plain: [UInt32] = []
    plain.reserveCapacity(scalars.count)
    for (index, value) in scalars.enumerated() {
      if value == 0x27 || value == 0x2019 || value == 0xB4 || value == 0x60, index > 0,
        index + 1 < scalars.count, isDigit(scalars[index - 1]), isDigit(scalars[index + 1])
      {
        continue
      }
      plain.append(value)
    }
    return plain
  }

  private static func isDigit(_ value: UInt32) -> Bool { value &- 0x30 < 10 }

  // MARK: Currency

  struct FoundSymbol {
    var range: Range<Int>
    var symbol: CurrencySymbols.Symbol
  }

  private static func symbols(_ scalars: [UInt32]) -> [FoundSymbol] {
    var found: [FoundSymbol] = []
    var index = 0
    while index < scalars.count {
      if isDigit(scalars[index]) || scalars[index] == 0x20 {
        index += 1
        continue
      }
      if let symbol = CurrencySymbols.match(scalars, at: index) {
        found.append(
          FoundSymbol(range: index..<index + symbol.letters.count, symbol: symbol))
        index += symbol.letters.count
      } else if let short = roublePrefix(scalars, index) {
        found.append(short)
        index = short.range.upperBound
      } else {
        index += 1
      }
    }
    return found
  }

  /// `рублей`, `рубля`: the word in its cases.
  private static func roublePrefix(_ scalars: [UInt32], _ index: Int) -> FoundSymbol? {
    let stem: [UInt32] = [0x440, 0x443, 0x431, 0x43B]
    guard index + 4 < scalars.count, Array(scalars[index..<index + 4]) == stem else { return nil }
    guard let symbol = CurrencySymbols.match([0x440, 0x443, 0x431], at: 0) else { return nil }
    var end = index + 4
    while end < scalars.count, CurrencySymbols.isLetter(scalars[end]) { end += 1 }
    return FoundSymbol(range: index..<end, symbol: symbol)
  }

  /// The text before its hint, what is certain before what may be a word; a code of a dollar before
  /// the bare sign (`$1,190.00 AUD`).
  private func chooseCurrency(_ symbols: [FoundSymbol], hint: String?) -> (String?, Currency?) {
    let hinted = hint.map { Self.symbols(Self.plainScalars($0)) } ?? []
    if symbols.contains(where: { $0.symbol.text == "$" }),
      let code = symbols.first(where: { $0.symbol.text.count == 3 && $0.symbol.text.hasSuffix("D") }
      )
    {
      return (code.symbol.text, Currency(code.symbol.text))
    }
    let chosen =
      symbols.first { $0.symbol.isSafe } ?? hinted.first { $0.symbol.isSafe } ?? symbols.first
      ?? hinted.first
    guard let chosen else { return (nil, currency.flatMap { Currency($0) }) }
    let code = CurrencySymbols.choose(chosen.symbol.codes, hint: currency, region: region)
    return (chosen.symbol.text, code.flatMap { Currency($0) })
  }

  // MARK: Numbers

  private struct Number {
    /// Digits, `.`, `,`; or `€` where it stands for the decimal mark.
    var text: [UInt32]
    var decimalMark: UInt32?
  }

  private static func number(
    _ scalars: [UInt32], symbols: [FoundSymbol], decimalMark: Character?
  ) -> Number? {
    let mark = decimalMark?.unicodeScalars.first?.value
    var first: Number?
    var index = 0
    while index < scalars.count {
      let startsWithPoint =
        scalars[index] == 0x2E && index + 1 < scalars.count && isDigit(scalars[index + 1])
      guard isDigit(scalars[index]) || startsWithPoint else {
        index += 1
        continue
      }
      let start = index
      let end = numberEnd(scalars, from: index)
      index = end
      var after = end
      while after < scalars.count, scalars[after] == 0x20 { after += 1 }
      if after < scalars.count, scalars[after] == 0x25 { continue }
      var text = Array(scalars[start..<end]).filter { $0 != 0x20 }
      while let last = text.last, !isDigit(last) { text.removeLast() }
      // `35€ 99`
      if after < scalars.count, scalars[after] == 0x20AC, !scalars[(after + 1)...].contains(0x20AC)
      {
        var cents = after + 1
        while cents < scalars.count, scalars[cents] == 0x20 { cents += 1 }
        if cents + 2 <= scalars.count, isDigit(scalars[cents]), isDigit(scalars[cents + 1]),
          cents + 2 == scalars.count || !isDigit(scalars[cents + 2]),
          cents + 2 == scalars.count || (scalars[cents + 2] != 0x2E && scalars[cents + 2] != 0x2C)
        {
          text += [0x20AC, scalars[cents], scalars[cents + 1]]
          return Number(text: text, decimalMark: 0x20AC)
        }
      }
      let number = Number(text: text, decimalMark: mark)
      if first == nil { first = number }
      let isBeside = symbols.contains { symbol in
        isGap(scalars, symbol.range.upperBound, start)
          || isGap(scalars, end, symbol.range.lowerBound)
      }
      if isBeside { return number }
    }
    return first
  }

  /// Whether only spaces, colons and points lie between two positions.
  private static func isGap(_ scalars: [UInt32], _ from: Int, _ to: Int) -> Bool {
    guard from <= to else { return false }
    return scalars[from..<to].allSatisfy {
      $0 == 0x20 || $0 == 0x3A || $0 == 0x2E || $0 == 0x2C || $0 == 0x2D
    }
  }

  /// The end of digits with their separators. A space groups thousands only before three digits,
  /// and stands inside a decimal only after its mark (`118, 99`).
  private static func numberEnd(_ scalars: [UInt32], from: Int) -> Int {
    var index = from
    if scalars[index] == 0x2E { index += 1 }
    var end = index
    while index < scalars.count {
      let value = scalars[index]
      if isDigit(value) {
        index += 1
        end = index
        continue
      }
      if value == 0x2E || value == 0x2C {
        var next = index + 1
        if next < scalars.count, isDigit(scalars[next]) {
          index = next
          continue
        }
        var spaces = 0
        while next < scalars.count, scalars[next] == 0x20, spaces < 2 {
          next += 1
          spaces += 1
        }
        let run = digitRun(scalars, next)
        if spaces > 0, run == 2 {
          index = next
          continue
        }
        return end
      }
      if value == 0x20 {
        var next = index
        while next < scalars.count, scalars[next] == 0x20 { next += 1 }
        if digitRun(scalars, next) == 3, next - index <= 2 {
          index = next
          continue
        }
      }
      return end
    }
    return end
  }

  private static func digitRun(_ scalars: [UInt32], _ from: Int) -> Int {
    var index = from
    while index < scalars.count, isDigit(scalars[index]) { index += 1 }
    return index - from
  }

  private func normalise(_ number: Number, currency: String?) -> (decimal: String, isDoubtful: Bool)
  {
    let text = number.text
    var mark = number.decimalMark
    var isDoubtful = false
    if mark == nil, let last = text.lastIndex(where: { $0 == 0x2E || $0 == 0x2C }) {
      let decimals = text.count - last - 1
      let separators = text.filter { $0 == text[last] }.count
      let others = text.contains { ($0 == 0x2E || $0 == 0x2C) && $0 != text[last] }
      if decimals != 3 {
        mark = separators == 1 ? text[last] : nil
      } else if separators == 1, !others {
        let isZero = text[..<last].allSatisfy { $0 == 0x30 } && last > 0
        let hasThree = currency.map { CurrencySymbols.digits($0) == 3 } ?? false
        if isZero || hasThree {
          mark = text[last]
        } else {
          isDoubtful = !groups(with: text[last])
        }
      } else if separators == 1, others, last > 0 {
        // `123,456.789`: two kinds of separators, so the last is the mark, if groups are of three.
        let groups = text[..<last].split { $0 == 0x2E || $0 == 0x2C }
        if groups.count > 1, groups.dropFirst().allSatisfy({ $0.count == 3 }) { mark = text[last] }
      }
    }
    var decimal = ""
    let markIndex = mark.flatMap { text.lastIndex(of: $0) }
    for (index, value) in text.enumerated() {
      if isDigitScalar(value) {
        decimal.unicodeScalars.append(Unicode.Scalar(value)!)
      } else if index == markIndex {
        decimal += decimal.isEmpty ? "0." : "."
      }
    }
    return (decimal, isDoubtful)
  }

  /// Whether the region's shops group thousands with this mark, so that it cannot be a decimal one.
  private func groups(with mark: UInt32) -> Bool {
    guard let region else { return false }
    return Self.pointRegions.contains(region) ? mark == 0x2C : mark == 0x2E
  }

  /// Regions with a decimal point (Unicode CLDR 45, `numbers/symbols/decimal`); the others have a
  /// comma.
  private static let pointRegions: Set<String> = [
    "US", "GB", "IE", "CA", "AU", "NZ", "IN", "PK", "BD", "LK", "NP", "CN", "JP", "KR", "TW", "HK",
    "MO", "SG", "MY", "TH", "PH", "IL", "MX", "GT", "HN", "SV", "NI", "PA", "DO", "PE", "PR", "CH",
    "LI", "AE", "SA", "EG", "KE", "NG", "GH", "TZ", "UG", "ZW", "JM", "TT", "MT", "KH", "MM", "LB",
    "JO", "KW", "QA", "BH", "OM",
  ]

  private func isDigitScalar(_ value: UInt32) -> Bool { value &- 0x30 < 10 }

  private static func saysFree(_ text: String) -> Bool {
    let bytes = Array(text.utf8.prefix(64))
    guard let found = Bytes.find("free", in: bytes[...]) else { return false }
    let before = found == 0 || !Bytes.isLetter(bytes[found - 1])
    let after = found + 4 >= bytes.count || !Bytes.isLetter(bytes[found + 4])
    return before && after && !Bytes.contains(bytes[...], "shipping")
      && !Bytes.contains(bytes[...], "delivery") && !Bytes.contains(bytes[...], "return")
  }
}

extension Amount {
  /// Reads a decimal with any number of decimals, an exponent too, rounding half up to four.
  init?(rounding text: String) {
    var digits: [UInt8] = []
    var scale = 0
    var sawPoint = false
    var isNegative = false
    var exponent = 0
    var index = text.utf8.startIndex
    let bytes = text.utf8
    while index < bytes.endIndex {
      let byte = bytes[index]
      switch byte {
      case 0x2D where digits.isEmpty && !isNegative: isNegative = true
      case 0x2E where !sawPoint: sawPoint = true
      case 0x30...0x39:
        digits.append(byte - 0x30)
        if sawPoint { scale += 1 }
      case 0x65, 0x45:
        guard let value = Int(text[bytes.index(after: index)...]), abs(value) < 32 else {
          return nil
        }
        exponent = value
        index = bytes.index(before: bytes.endIndex)
      default: return nil
      }
      index = bytes.index(after: index)
    }
    guard !digits.isEmpty, digits.count < 64 else { return nil }
    var value: Int64 = 0
    // value · 10^(4 + exponent − scale)
    let shift = 4 + exponent - scale
    let kept = shift < 0 ? digits.count + shift : digits.count
    for digit in digits.prefix(max(kept, 0)) {
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.addingReportingOverflow(Int64(digit))
      guard !over, !carry else { return nil }
      value = next
    }
    if shift > 0 {
      for _ in 0..<shift {
        let (tens, over) = value.multipliedReportingOverflow(by: 10)
        guard !over else { return nil }
        value = tens
      }
    } else if kept >= 0, kept < digits.count, digits[kept] >= 5 {
      value += 1
    }
    self.init(tenThousandths: isNegative ? -value : value)
  }
}
