import Glibc

/// Character references of HTML (`&amp;`, `&#233;`, `&copy`), as the standard's 13.2.5.72 to 80 read
/// them.
struct CharacterReferences {
  /// UTF-8, at most six bytes.
  struct Characters {
    var bytes: UInt64 = 0
    var count = 0

    mutating func append(_ scalar: Unicode.Scalar) {
      for byte in UTF8.encode(scalar)! {
        bytes |= UInt64(byte) << (8 * UInt64(count))
        count += 1
      }
    }

    func append(to buffer: inout [UInt8]) {
      for place in 0..<count {
        buffer.append(UInt8(truncatingIfNeeded: bytes >> (8 * UInt64(place))))
      }
    }
  }

  private static let table = NamedReferences()

  /// Reads the reference that begins at `start`, just after its ampersand.
  ///
  /// - Returns: what it stands for and where it ends; `nil` where the ampersand is only an ampersand.
  static func read(
    _ source: UnsafePointer<UInt8>, at start: Int, end: Int, isAttribute: Bool, isXML: Bool
  ) -> (characters: Characters, end: Int)? {
    guard start < end else { return nil }
    if source[start] == 0x23 { return numeric(source, at: start + 1, end: end) }
    guard Bytes.isLetter(source[start]) else { return nil }
    // The most frequent by far.
    if end - start >= 4, memcmp(source + start, "amp;", 4) == 0 {
      return (Characters(bytes: 0x26, count: 1), start + 4)
    }
    var stop = start
    let limit = min(end, start + NamedReferences.longest)
    while stop < limit, Bytes.isLetter(source[stop]) || Bytes.isDigit(source[stop]) { stop += 1 }
    if stop < end, source[stop] == 0x3B, let found = table.find(source + start, stop + 1 - start) {
      return (found, stop + 1)
    }
    guard !isXML else { return nil }
    var count = min(stop - start, NamedReferences.longestBare)
    while count >= 2 {
      if let found = table.find(source + start, count) {
        // `?a=1&copy=2` is an address, not a sign.
        let next = start + count < end ? source[start + count] : 0
        let goesOn = next == 0x3D || Bytes.isLetter(next) || Bytes.isDigit(next)
        return isAttribute && goesOn ? nil : (found, start + count)
      }
      count -= 1
    }
    return nil
  }

  private static func numeric(_ source: UnsafePointer<UInt8>, at start: Int, end: Int) -> (
    characters: Characters, end: Int
  )? {
    var index = start
    var value: UInt32 = 0
    let isHex = index < end && source[index] | 0x20 == 0x78
    if isHex { index += 1 }
    let first = index
    while index < end {
      let byte = source[index]
      let digit: UInt32
      if Bytes.isDigit(byte) {
        digit = UInt32(byte) - 0x30
      } else if isHex, (byte | 0x20) &- 0x61 < 6 {
        digit = UInt32(byte | 0x20) - 0x57
      } else {
        break
      }
      value = min(value * (isHex ? 16 : 10) + digit, 0x11_0000)
      index += 1
    }
    guard index > first else { return nil }
    if index < end, source[index] == 0x3B { index += 1 }
    if (0x80...0x9F).contains(value) { value = windows1252[Int(value) - 0x80] }
    var characters = Characters()
    characters.append(value == 0 ? "\u{FFFD}" : Unicode.Scalar(value) ?? "\u{FFFD}")
    return (characters, index)
  }

  /// What pages mean by the numbers of C1 controls (13.2.5.80).
  private static let windows1252: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
  ]
}

/// The named references, hashed once a process.
private struct NamedReferences {
  /// The longest name, semicolon included, and the longest that needs none.
  static let longest = 33
  static let longestBare = 6

  private struct Entry {
    var start: UInt32 = 0
    var count: UInt32 = 0
    var characters = CharacterReferences.Characters()
  }

  private var slots = [Entry](repeating: Entry(), count: 8192)

  init() {
    let text = CharacterReferences.named.utf8Start
    let end = CharacterReferences.named.utf8CodeUnitCount
    var index = 0
    while index < end {
      let start = index
      while text[index] != 0x3D { index += 1 }
      var entry = Entry(start: UInt32(start), count: UInt32(index - start))
      var value: UInt32 = 0
      repeat {
        index += 1
        let byte = index < end ? text[index] : 0x20
        if byte == 0x2B || byte == 0x20 {
          entry.characters.append(Unicode.Scalar(value) ?? "\u{FFFD}")
          value = 0
        } else {
          value = value << 4 | UInt32(byte < 0x3A ? byte - 0x30 : byte - 0x37)
        }
      } while index < end && text[index] != 0x20
      var slot = Self.hash(text + start, Int(entry.count))
      while slots[slot].count > 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
      index += 1
    }
  }

  private static func hash(_ name: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var hash: UInt32 = 0x811C_9DC5
    for index in 0..<count { hash = (hash ^ UInt32(name[index])) &* 0x0100_0193 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 15)) & 8191
  }

  func find(_ name: UnsafePointer<UInt8>, _ count: Int) -> CharacterReferences.Characters? {
    let text = CharacterReferences.named.utf8Start
    var slot = Self.hash(name, count)
    while slots[slot].count > 0 {
      let entry = slots[slot]
      if entry.count == count {
        var index = 0
        while index < count, text[Int(entry.start) + index] == name[index] { index += 1 }
        if index == count { return entry.characters }
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }
}
