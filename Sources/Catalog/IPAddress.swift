/// An IPv4 address as an address bar takes it: one to four numbers, decimal, octal or hexadecimal.
///
/// https://url.spec.whatwg.org/#concept-ipv4-parser
struct IPv4Address: Hashable, CustomStringConvertible {
  let value: UInt32

  /// Whether a domain ends in a number and therefore must be an IPv4 address.
  static func isMeant(by domain: ArraySlice<UInt8>) -> Bool {
    var domain = domain
    if domain.last == UInt8(ascii: ".") { domain.removeLast() }
    // Nearly every name ends here: no top-level domain ends in a digit, few in a…f.
    guard let last = domain.last, last.hexValue != nil || last | 0x20 == UInt8(ascii: "x") else {
      return false
    }
    let dot = domain.lastIndex(of: UInt8(ascii: "."))
    let label = domain[(dot.map { $0 + 1 } ?? domain.startIndex)...]
    if label.isEmpty { return false }
    return label.allSatisfy(\.isDigit) || number(label) != nil
  }

  init?(_ domain: ArraySlice<UInt8>) {
    var domain = domain
    if domain.last == UInt8(ascii: ".") { domain.removeLast() }
    let parts = domain.split(
      separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count <= 4 else { return nil }
    var value: UInt64 = 0
    for (i, part) in parts.enumerated() {
      guard let number = Self.number(part) else { return nil }
      if i + 1 < parts.count {
        guard number <= 255 else { return nil }
        value |= number << UInt64(24 - 8 * i)
      } else {
        guard number < 1 << UInt64(32 - 8 * i) else { return nil }
        value |= number
      }
    }
    self.value = UInt32(value)
  }

  /// A number in C's notation, 2³² for all that are larger; `0x` is 0.
  private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
    var digits = text
    var radix: UInt64 = 10
    guard let first = digits.first else { return nil }
    if first == UInt8(ascii: "0"), digits.count > 1 {
      digits.removeFirst()
      radix = 8
      if digits.first.map({ $0 | 0x20 }) == UInt8(ascii: "x") {
        digits.removeFirst()
        radix = 16
      }
    }
    var value: UInt64 = 0
    for digit in digits {
      guard let digit = digit.hexValue, digit < radix else { return nil }
      value = min(value * radix + UInt64(digit), 1 << 32)
    }
    return value
  }

  var description: String {
    "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
  }
}

/// An IPv6 address without zone.
///
/// https://url.spec.whatwg.org/#concept-ipv6-parser; written as RFC 5952 recommends.
struct IPv6Address: Hashable, CustomStringConvertible {
  /// Eight.
  let pieces: [UInt16]

  init?(_ text: borrowing Span<UInt8>, _ range: Range<Int>) {
    let colon = UInt8(ascii: ":")
    let end = range.upperBound
    var i = range.lowerBound
    var pieces: [UInt16] = []
    var compress: Int?
    if i < end, text[i] == colon {
      guard i + 1 < end, text[i + 1] == colon else { return nil }
      i += 2
      compress = 0
    }
    while i < end {
      guard pieces.count < 8 else { return nil }
      if text[i] == colon {
        guard compress == nil else { return nil }
        i += 1
        compress = pieces.count
        continue
      }
      let start = i
      var value: UInt16 = 0
      while i < end, i - start < 4, let digit = text[i].hexValue {
        value = value << 4 | UInt16(digit)
        i += 1
      }
      if i < end, text[i] == UInt8(ascii: ".") {
        guard i > start, pieces.count <= 6, let tail = Self.dotted(text, start..<end) else {
          return nil
        }
        pieces.append(UInt16(tail >> 16))
        pieces.append(UInt16(truncatingIfNeeded: tail))
        break
      }
      if i < end {
        guard text[i] == colon, i + 1 < end else { return nil }
        i += 1
      }
      pieces.append(value)
    }
    if let compress {
      guard pieces.count < 8 else { return nil }
      pieces.insert(contentsOf: repeatElement(0, count: 8 - pieces.count), at: compress)
    }
    guard pieces.count == 8 else { return nil }
    self.pieces = pieces
  }

  /// Exactly four decimal numbers of 0…255 without leading zeros.
  private static func dotted(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt32? {
    var value: UInt32 = 0
    var number: UInt32?
    var dots = 0
    for i in range {
      if text[i] == UInt8(ascii: ".") {
        guard let part = number, dots < 3 else { return nil }
        value = value << 8 | part
        number = nil
        dots += 1
      } else {
        guard text[i].isDigit, number != 0 else { return nil }
        let next = (number ?? 0) * 10 + UInt32(text[i] - UInt8(ascii: "0"))
        guard next <= 255 else { return nil }
        number = next
      }
    }
    guard dots == 3, let part = number else { return nil }
    return value << 8 | part
  }

  var description: String {
    // The first of the longest runs of at least two zeros is written as two colons.
    var longest = 0..<0
    var i = 0
    while i < 8 {
      let start = i
      while i < 8, pieces[i] == 0 { i += 1 }
      if i - start > max(longest.count, 1) { longest = start..<i }
      i = max(i, start + 1)
    }
    func hex(_ pieces: ArraySlice<UInt16>) -> String {
      pieces.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !longest.isEmpty else { return hex(pieces[...]) }
    return hex(pieces[..<longest.lowerBound]) + "::" + hex(pieces[longest.upperBound...])
  }
}
