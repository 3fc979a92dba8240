import Catalog

/// The three date formats of HTTP (RFC 9110, 5.6.7), read without `DateFormatter`.
package enum HTTPDate {
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
  /// `Sun Nov  6 08:49:37 1994`; `nil` for everything else.
  ///
  /// The weekday is not checked. A year of two digits lies within 1970…2069.
  package static func parse(_ text: String) -> Timestamp? {
    let words = text.utf8.split { " ,-".utf8.contains($0) }
    guard words.count == 6 || words.count == 5 else { return nil }
    let isC = words.count == 5  // asctime: no zone, month before day, year last
    guard isC || words[5].elementsEqual("GMT".utf8) || words[5].elementsEqual("UTC".utf8),
      let day = number(words[isC ? 2 : 1], digits: 1...2), (1...31).contains(day),
      let month = months.firstIndex(where: { $0.utf8.elementsEqual(words[isC ? 1 : 2]) }),
      var year = number(words[isC ? 4 : 3], digits: 2...4)
    else { return nil }
    if words[isC ? 4 : 3].count == 2 { year += year < 70 ? 2000 : 1900 }
    let clock = words[isC ? 3 : 4].split(separator: UInt8(ascii: ":"))
    guard year >= 1970, clock.count == 3,
      let hour = number(clock[0], digits: 2...2), hour < 24,
      let minute = number(clock[1], digits: 2...2), minute < 60,
      let second = number(clock[2], digits: 2...2), second <= 60  // 60: a leap second
    else { return nil }
    let days = dayNumber(year: year, month: month + 1, day: day)
    return Timestamp(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func number(_ digits: Substring.UTF8View, digits count: ClosedRange<Int>) -> Int64?
  {
    guard count.contains(digits.count) else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - 48)
    }
    return value
  }

  /// Days since 1970-01-01: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func dayNumber(year: Int64, month: Int, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (Int64(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
