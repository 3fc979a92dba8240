import Catalog

extension Timestamp {
  /// Reads RFC 3339 (`2026-03-01T04:05:06Z`, `…+02:00`), a date alone (midnight UTC), or an age such as
  /// `30m`, `24h`, `7d` and `2w` before `now`.
  init?(reading text: String, now: Timestamp) {
    if let unit = text.utf8.last, let count = Int64(text.dropLast()), (0...100_000).contains(count)
    {
      let seconds: Int64? =
        switch unit {
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "d"): 86_400
        case UInt8(ascii: "w"): 604_800
        default: nil
        }
      guard let seconds else { return nil }
      self.init(milliseconds: now.milliseconds - count * seconds * 1000)
      return
    }
    var digits = DigitReader(text)
    guard let year = digits.number(4), digits.skip("-"), let month = digits.number(2),
      digits.skip("-"), let day = digits.number(2), (1...12).contains(month),
      (1...Self.days(inMonth: month, of: year)).contains(day)
    else { return nil }
    var seconds = Self.days(year: year, month: month, day: day) * 86_400
    if !digits.isAtEnd {
      guard digits.skip("Tt "), let hour = digits.number(2), digits.skip(":"),
        let minute = digits.number(2), digits.skip(":"), let second = digits.number(2),
        hour < 24, minute < 60, second <= 60
      else { return nil }
      seconds += hour * 3600 + minute * 60 + second
      if digits.skip(".") { guard digits.skipDigits() else { return nil } }
      if !digits.skip("Zz") {
        let isEast = digits.skip("+")
        guard isEast || digits.skip("-"), let hours = digits.number(2), digits.skip(":"),
          let minutes = digits.number(2), hours < 24, minutes < 60
        else { return nil }
        seconds += (hours * 3600 + minutes * 60) * (isEast ? -1 : 1)
      }
      guard digits.isAtEnd else { return nil }
    }
    self.init(seconds: seconds)
  }

  /// Civil date to days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

private struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number(_ width: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<width {
      guard let byte = rest.popFirst(), (48...57).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 48)
    }
    return value
  }

  /// Skips one byte that is in `set`.
  mutating func skip(_ set: String) -> Bool {
    guard let byte = rest.first, set.utf8.contains(byte) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func skipDigits() -> Bool {
    let count = rest.count
    while let byte = rest.first, (48...57).contains(byte) { rest.removeFirst() }
    return rest.count < count
  }
}
