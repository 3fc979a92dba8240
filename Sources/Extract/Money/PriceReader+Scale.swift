import Catalog

/// Numbers with a word for a power of ten behind them: `1万2,800円`, `₹1.25 Lakh`, `Rs. 2.5 Crore`,
/// `1,5 Mio. €`.
extension PriceReader {
  /// The power of ten that a word behind a number stands for.
  struct Scale {
    /// Behind the word and its point.
    var end: Int
    var power: Int
    /// `Cr` alone is a word of other languages too: it counts beside a sign of rupees.
    var isIndian = false
  }

  private struct Word {
    let letters: [UInt32]
    let power: Int
    let isIndian: Bool
  }

  /// By first letter in lower case; the longer before the shorter.
  private static let words: [UInt32: [Word]] = {
    var words: [UInt32: [Word]] = [:]
    let known: [(String, Int, Bool)] = [
      ("lakhs", 5, false), ("lakh", 5, false), ("lacs", 5, true), ("lac", 5, true),
      ("crores", 7, false), ("crore", 7, false), ("cr", 7, true), ("millionen", 6, false),
      ("millions", 6, false), ("million", 6, false), ("mio", 6, false), ("mln", 6, false),
      ("juta", 6, false), ("ribu", 3, false), ("triệu", 6, false), ("nghìn", 3, false),
      ("тыс", 3, false), ("млн", 6, false),
    ]
    for (text, power, isIndian) in known {
      let letters = text.unicodeScalars.map(\.value)
      words[letters[0], default: []].append(
        Word(letters: letters, power: power, isIndian: isIndian))
    }
    return words
  }()

  /// `万` and its kin, behind which the number may go on.
  static func signPower(_ scalar: UInt32) -> Int? {
    switch scalar {
    case 0x4E07, 0x842C, 0xB9CC: 4
    case 0x5104, 0x4EBF, 0xC5B5: 8
    default: nil
    }
  }

  /// What stands behind a number that ends at `end`; `nil` for most.
  static func scale(_ scalars: UnsafeBufferPointer<UInt32>, behind end: Int) -> Scale? {
    var index = end
    while index < scalars.count, scalars[index] == 0x20, index - end < 2 { index += 1 }
    guard index < scalars.count, !isDigit(scalars[index]) else { return nil }
    if let power = signPower(scalars[index]) { return Scale(end: index + 1, power: power) }
    guard let known = words[lower(scalars[index])] else { return nil }
    for word in known {
      let stop = index + word.letters.count
      guard stop <= scalars.count,
        word.letters.indices.allSatisfy({ lower(scalars[index + $0]) == word.letters[$0] }),
        stop == scalars.count || !CurrencySymbols.isLetter(scalars[stop])
      else { continue }
      let hasPoint = stop < scalars.count && scalars[stop] == 0x2E
      return Scale(end: hasPoint ? stop + 1 : stop, power: word.power, isIndian: word.isIndian)
    }
    return nil
  }

  private static func lower(_ scalar: UInt32) -> UInt32 {
    if scalar &- 0x41 < 26 { return scalar | 0x20 }
    return 0x410...0x42F ~= scalar ? scalar + 32 : scalar
  }

  /// A decimal times its power of ten, and what stands behind the sign: 12,800 of `1万2,800`.
  static func scaled(
    _ decimal: UnsafeBufferPointer<UInt8>, of number: Number, _ scalars: UnsafeBufferPointer<UInt32>
  ) -> (amount: Amount, decimal: String)? {
    let written = String(decoding: decimal, as: UTF8.self) + "e\(number.power)"
    guard var amount = Amount(rounding: written) else { return nil }
    if let rest = number.rest {
      var digits = ""
      for scalar in scalars[rest] where isDigit(scalar) {
        digits.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: scalar)))
      }
      // What stands behind `万` is less than one.
      guard digits.utf8.count <= number.power, let more = Amount(rounding: digits) else {
        return nil
      }
      let (sum, isOver) = amount.tenThousandths.addingReportingOverflow(more.tenThousandths)
      guard !isOver else { return nil }
      amount = Amount(tenThousandths: sum)
    }
    let isWhole = amount.tenThousandths % 10_000 == 0
    return (amount, isWhole ? "\(amount.tenThousandths / 10_000)" : amount.description)
  }
}
