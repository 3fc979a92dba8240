import Catalog

/// Which of a text's numbers is the price, and what its separators mean.
extension PriceReader {
  /// Where a number stands among the scalars.
  struct Number {
    var start: Int
    var end: Int
    /// Where two digits stand after a `€` that is the decimal mark.
    var cents: Int?
    /// `.` or `,`; or `euro` where `€` stands for the decimal mark.
    var decimalMark: UInt8?
    /// The power of ten that a word behind it stands for.
    var power = 0
    /// Where the number goes on behind `万`.
    var rest: Range<Int>?

    static let euro: UInt8 = 0x80

    /// Writes digits, `.`, `,` and `euro`.
    func spell(
      _ scalars: UnsafeBufferPointer<UInt32>, into text: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
      var count = 0
      for index in start..<end where scalars[index] != 0x20 {
        text[count] = UInt8(truncatingIfNeeded: scalars[index])
        count += 1
      }
      while count > 0, !Bytes.isDigit(text[count - 1]) { count -= 1 }
      if let cents {
        text[count] = Self.euro
        text[count + 1] = UInt8(truncatingIfNeeded: scalars[cents])
        text[count + 2] = UInt8(truncatingIfNeeded: scalars[cents + 1])
        count += 3
      }
      return count
    }
  }

  static func number(
    _ scalars: UnsafeBufferPointer<UInt32>, symbols: UnsafeBufferPointer<FoundSymbol>,
    decimalMark mark: UInt8?
  ) -> Number? {
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
      // `35€ 99`
      if after < scalars.count, scalars[after] == 0x20AC, !scalars[(after + 1)...].contains(0x20AC)
      {
        var cents = after + 1
        while cents < scalars.count, scalars[cents] == 0x20 { cents += 1 }
        if cents + 2 <= scalars.count, isDigit(scalars[cents]), isDigit(scalars[cents + 1]),
          cents + 2 == scalars.count || !isDigit(scalars[cents + 2]),
          cents + 2 == scalars.count || (scalars[cents + 2] != 0x2E && scalars[cents + 2] != 0x2C)
        {
          return Number(start: start, end: end, cents: cents, decimalMark: Number.euro)
        }
      }
      if let scale = scale(scalars, behind: end) {
        var number = Number(start: start, end: end, decimalMark: mark, power: scale.power)
        var stop = scale.end
        if stop < scalars.count, isDigit(scalars[stop]), signPower(scalars[stop - 1]) != nil {
          let more = numberEnd(scalars, from: stop)
          number.rest = stop..<more
          stop = more
        }
        index = max(index, stop)
        for found in symbols
        where !scale.isIndian || found.symbol.isRupee {
          if isGap(scalars, Int(found.end), start) || isGap(scalars, stop, Int(found.start)) {
            return number
          }
        }
      }
      let number = Number(start: start, end: end, decimalMark: mark)
      if first == nil { first = number }
      for symbol in symbols
      where isGap(scalars, Int(symbol.end), start) || isGap(scalars, end, Int(symbol.start)) {
        return number
      }
    }
    return first
  }

  /// Whether only spaces, colons and points lie between two positions.
  private static func isGap(_ scalars: UnsafeBufferPointer<UInt32>, _ from: Int, _ to: Int) -> Bool
  {
    guard from <= to else { return false }
    return scalars[from..<to].allSatisfy {
      $0 == 0x20 || $0 == 0x3A || $0 == 0x2E || $0 == 0x2C || $0 == 0x2D
    }
  }

  /// The end of digits with their separators. A space groups thousands only before three digits,
  /// and stands inside a decimal only after its mark (`118, 99`).
  private static func numberEnd(_ scalars: UnsafeBufferPointer<UInt32>, from: Int) -> Int {
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

  private static func digitRun(_ scalars: UnsafeBufferPointer<UInt32>, _ from: Int) -> Int {
    var index = from
    while index < scalars.count, isDigit(scalars[index]) { index += 1 }
    return index - from
  }

  /// Turns what `Number.spell` wrote into a decimal with a point, in place.
  func normalise(
    _ text: UnsafeMutableBufferPointer<UInt8>, _ count: Int, mark: UInt8?, currency: CurrencyCode
  ) -> (count: Int, isDoubtful: Bool) {
    var mark = mark
    var isDoubtful = false
    let text = UnsafeMutableBufferPointer(rebasing: text[..<count])
    if mark == nil, let last = text.lastIndex(where: { $0 == 0x2E || $0 == 0x2C }) {
      let decimals = count - last - 1
      var separators = 0
      var others = 0
      for byte in text {
        if byte == text[last] {
          separators += 1
        } else if byte == 0x2E || byte == 0x2C {
          others += 1
        }
      }
      if decimals != 3 {
        mark = separators == 1 ? text[last] : nil
      } else if separators == 1, others == 0 {
        let isZero = text[..<last].allSatisfy { $0 == 0x30 } && last > 0
        let hasThree = currency.currency.map { CurrencySymbols.digits($0.code) == 3 } ?? false
        if isZero || hasThree {
          mark = text[last]
        } else {
          isDoubtful = !groups(with: text[last])
        }
      } else if separators == 1, last > 0 {
        // `123,456.789`: two kinds of separators, so the last is the mark, if groups are of three.
        let groups = text[..<last].split { $0 == 0x2E || $0 == 0x2C }
        if groups.count > 1, groups.dropFirst().allSatisfy({ $0.count == 3 }) { mark = text[last] }
      }
    }
    let markIndex = mark.flatMap { text.lastIndex(of: $0) }
    // A point before all digits gets a zero, for which the text may have no room: it is moved.
    var isPointed = false
    var kept = 0
    for index in 0..<count {
      if Bytes.isDigit(text[index]) {
        text[kept] = text[index]
        kept += 1
      } else if index == markIndex {
        isPointed = kept == 0
        text[kept] = 0x2E
        kept += 1
      }
    }
    guard isPointed else { return (kept, isDoubtful) }
    let whole = UnsafeMutableBufferPointer(start: text.baseAddress!, count: kept + 1)
    for index in stride(from: kept, to: 0, by: -1) { whole[index] = whole[index - 1] }
    whole[0] = 0x30
    return (kept + 1, isDoubtful)
  }

  /// Whether the region's shops group thousands with this mark, so that it cannot be a decimal one.
  private func groups(with mark: UInt8) -> Bool {
    guard !region.isEmpty else { return false }
    return Self.pointRegions.contains(region) ? mark == 0x2C : mark == 0x2E
  }

  /// Regions with a decimal point (Unicode CLDR 45, `numbers/symbols/decimal`); the others have a
  /// comma.
  private static let pointRegions = Set(
    """
    US GB IE CA AU NZ IN PK BD LK NP CN JP KR TW HK MO SG MY TH PH IL MX GT HN SV NI PA DO PE PR CH LI \
    AE SA EG KE NG GH TZ UG ZW JM TT MT KH MM LB JO KW QA BH OM
    """.split(separator: " ").map { RegionCode($0) })
}
