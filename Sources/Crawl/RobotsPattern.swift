// Patterns and paths are compared in one normal form (RFC 9309, 2.2.2): escapes in upper case;
// letters, digits and `-._~` bare; bytes that browsers escape, in a path or a query, escaped; bytes
// that they leave alone although RFC 3986 has no place for them, `[]|`, bare. `%2A` and `%24` become
// the characters that they stand for; a wildcard is kept apart from a `*` of the path.

import Catalog

/// The target of a request in normal form.
struct RobotsPath {
  let bytes: [UInt8]
  /// The first eight bytes, the first of them lowest; zeros behind a short path.
  fileprivate let head: UInt64

  init(_ pathAndQuery: String) {
    let text = pathAndQuery.utf8.span
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + 8)
    normalise(text, 0..<text.count, into: &bytes, from: 0, wildcard: nil)
    self.bytes = bytes
    head = packed(bytes[...])
  }
}

/// The `Allow` and `Disallow` lines of one group, in one pool of bytes.
struct RobotsPatterns: Sendable {
  /// A pattern in normal form without its closing `$`; a zero byte stands for each run of `*`.
  private struct Pattern: Sendable {
    let start: Int32
    let count: Int32
    /// What the pattern begins with before any wildcard, up to eight bytes, the first lowest.
    let head: UInt64
    let mask: UInt64
    /// The pattern's length as Google's parser counts it, twice, plus one if it allows.
    let rank: Int32
    let hasWildcard: Bool
    let isAnchored: Bool

    var isAllowing: Bool { rank & 1 == 1 }
  }

  private var pool: [UInt8] = []
  /// For each byte of `pool` that is in a pattern with wildcards: how long a proper prefix of its
  /// literal ends there (Knuth, Morris & Pratt 1977).
  private var borders: [UInt16] = []
  private var patterns: [Pattern] = []
  private(set) var wildcardCount = 0

  var isEmpty: Bool { patterns.isEmpty }

  /// Adds a line; an empty pattern rules nothing and is left out.
  mutating func add(
    _ text: borrowing Span<UInt8>, _ value: Range<Int>, isAllowing: Bool, isAnchored: Bool = false
  ) {
    guard !value.isEmpty else { return }
    let hasDollar = !isAnchored && text[value.upperBound - 1] == UInt8(ascii: "$")
    // A byte beyond ASCII counts as its escape does.
    var length = value.count + (isAnchored ? 1 : 0)
    for i in value where text[i] >= 0x80 { length += 2 }

    let start = pool.count
    let literal = value.lowerBound..<value.upperBound - (hasDollar ? 1 : 0)
    normalise(text, literal, into: &pool, from: start, wildcard: 0)
    let prefixEnd = pool[start...].firstIndex(of: 0) ?? pool.count
    let hasWildcard = prefixEnd < pool.count
    if hasWildcard {
      wildcardCount += 1
      appendBorders(from: start)
    }
    let headLength = min(prefixEnd - start, 8)
    patterns.append(
      Pattern(
        start: Int32(start), count: Int32(pool.count - start),
        head: packed(pool[start..<start + headLength]),
        mask: headLength == 8 ? .max : 1 << UInt64(8 * headLength) - 1,
        rank: Int32(2 * length + (isAllowing ? 1 : 0)), hasWildcard: hasWildcard,
        isAnchored: isAnchored || hasDollar))
  }

  /// Brings the patterns into the order in which the first that matches decides: long before
  /// short, and of equals those that allow.
  mutating func sort() { patterns.sort { $0.rank > $1.rank } }

  /// Whether the first pattern that matches allows; `nil` where none does.
  func verdict(on path: RobotsPath) -> Bool? {
    for pattern in patterns
    where path.head & pattern.mask == pattern.head && matches(pattern, path.bytes) {
      return pattern.isAllowing
    }
    return nil
  }

  // MARK: Matching

  private func matches(_ pattern: Pattern, _ path: [UInt8]) -> Bool {
    let start = Int(pattern.start)
    let end = start + Int(pattern.count)
    var position = 0
    var i = start
    while i < end, pool[i] != 0 {
      guard position < path.count, path[position] == pool[i] else { return false }
      position += 1
      i += 1
    }
    if i == end { return !pattern.isAnchored || position == path.count }
    // Leftmost matches of the literals between wildcards leave the most room to those behind.
    while i < end {
      let literal = i + 1..<(pool[(i + 1)..<end].firstIndex(of: 0) ?? end)
      i = literal.upperBound
      if i == end, pattern.isAnchored {
        return path.count - position >= literal.count
          && path[(path.count - literal.count)...].elementsEqual(pool[literal])
      }
      guard let after = find(literal, in: path, from: position) else { return false }
      position = after
    }
    return true
  }

  /// Where the first occurrence of a literal of the pool ends.
  private func find(_ literal: Range<Int>, in path: [UInt8], from start: Int) -> Int? {
    if literal.isEmpty { return start }
    var matched = 0
    var i = start
    while i < path.count {
      while matched > 0, path[i] != pool[literal.lowerBound + matched] {
        matched = Int(borders[literal.lowerBound + matched - 1])
      }
      if path[i] == pool[literal.lowerBound + matched] { matched += 1 }
      i += 1
      if matched == literal.count { return i }
    }
    return nil
  }

  private mutating func appendBorders(from start: Int) {
    borders.append(contentsOf: repeatElement(0, count: start - borders.count))
    var literal = start
    var matched = 0
    for i in start..<pool.count {
      if pool[i] == 0 {
        literal = i + 1
        matched = 0
      } else if i > literal {
        while matched > 0, pool[i] != pool[literal + matched] {
          matched = Int(borders[literal + matched - 1])
        }
        if pool[i] == pool[literal + matched] { matched += 1 }
      }
      borders.append(UInt16(matched))
    }
  }
}

/// Appends a pattern or path in normal form.
///
/// - Parameters:
///   - first: Where it begins in `output`.
///   - wildcard: What a run of `*` becomes; `nil` if a `*` stands for itself.
private func normalise(
  _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [UInt8],
  from first: Int, wildcard: UInt8?
) {
  let escaping = escaping
  var i = range.lowerBound
  while i < range.upperBound {
    let byte = text[i]
    i += 1
    switch escaping[Int(byte)] {
    case .bare:
      output.append(byte)
    case .escaped:
      appendEscape(byte, to: &output)
    case .star:
      guard let wildcard else {
        output.append(byte)
        continue
      }
      if output.count == first || output.last != wildcard { output.append(wildcard) }
    case .percent:
      guard i + 1 < range.upperBound, let high = text[i].hexValue, let low = text[i + 1].hexValue
      else {
        output.append(byte)
        continue
      }
      i += 2
      let decoded = high << 4 | low
      if isBare(decoded) {
        output.append(decoded)
      } else {
        appendEscape(decoded, to: &output)
      }
    }
  }
}

private enum Escaping {
  case bare, escaped, star, percent
}

private let escaping: [Escaping] = (0...255).map { (byte: UInt8) in
  switch byte {
  case UInt8(ascii: "%"): .percent
  case UInt8(ascii: "*"): .star
  case 0...0x20, 0x7F...0xFF: .escaped
  default: "'\"<>\\^`{}".utf8.contains(byte) ? .escaped : .bare
  }
}

private func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
  output.append(UInt8(ascii: "%"))
  output.append(.hexDigit(byte >> 4))
  output.append(.hexDigit(byte & 15))
}

/// Whether an escape of the byte is undone.
private func isBare(_ byte: UInt8) -> Bool {
  byte.isUnreserved || "*$[]|".utf8.contains(byte)
}

/// Up to eight bytes as a number, the first of them lowest.
private func packed(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  var value: UInt64 = 0
  for (i, byte) in bytes.prefix(8).enumerated() { value |= UInt64(byte) << UInt64(8 * i) }
  return value
}
