import Glibc

/// Work on UTF-8 without building strings.
enum Bytes {
  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
  }

  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  @inline(__always) static func lower(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  /// Without ASCII white space at both ends.
  static func trimmed<Run: ByteRun>(_ bytes: Run) -> Run.SubSequence {
    var start = bytes.startIndex
    var end = bytes.endIndex
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return bytes[start..<end]
  }

  static func trimmedString(_ bytes: some ByteRun) -> String? {
    let bytes = trimmed(bytes)
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Trimmed, each run of white space (no-break spaces too) one space.
  static func flatString(_ bytes: some ByteRun) -> String? {
    let flat = bytes.withMemory { bytes in
      [UInt8](unsafeUninitializedCapacity: bytes.count) { flat, count in
        var isPending = false
        var index = 0
        while index < bytes.count {
          let byte = bytes[index]
          index += 1
          if isSpace(byte) {
            isPending = true
            continue
          }
          if byte == 0xC2, index < bytes.count, bytes[index] == 0xA0 {
            isPending = true
            index += 1
            continue
          }
          if isPending, count > 0 {
            flat[count] = 0x20
            count += 1
          }
          isPending = false
          flat[count] = byte
          count += 1
        }
      }
    }
    return flat.isEmpty ? nil : String(decoding: flat, as: UTF8.self)
  }

  /// Whether the bytes, ASCII letters in lower case, are exactly `word` (given in lower case).
  @inline(__always) static func equals(_ bytes: some ByteRun, _ word: StaticString) -> Bool {
    bytes.withMemory { equals($0, word) }
  }

  @inline(__always)
  static func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
    bytes.count == word.utf8CodeUnitCount && starts(bytes, with: word)
  }

  /// Whether `word` (lower case) begins at `index`.
  @inline(__always)
  static func starts(_ bytes: some ByteRun, at index: Int, with word: StaticString) -> Bool {
    let offset = index - bytes.startIndex
    return bytes.withMemory { starts($0, at: offset, with: word) }
  }

  @inline(__always)
  static func starts(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int = 0, with word: StaticString
  ) -> Bool {
    let count = word.utf8CodeUnitCount
    guard index >= 0, bytes.count - index >= count else { return false }
    let expected = word.utf8Start
    for offset in 0..<count where lower(bytes[index + offset]) != expected[offset] { return false }
    return true
  }

  /// Where `word` (lower case, not empty) first occurs from `index` on, ASCII case ignored.
  static func find(_ word: StaticString, in bytes: some ByteRun, from index: Int? = nil) -> Int? {
    word.withUTF8Buffer { find($0, in: bytes, from: index) }
  }

  static func find(
    _ word: UnsafeBufferPointer<UInt8>, in bytes: some ByteRun, from index: Int? = nil
  ) -> Int? {
    let offset = bytes.startIndex
    let from = (index ?? offset) - offset
    return bytes.withMemory { bytes -> Int? in
      guard from >= 0, bytes.count - from >= word.count else { return nil }
      let first = word[0]
      var position = from
      let last = bytes.count - word.count
      while position <= last {
        if lower(bytes[position]) == first {
          var matched = 1
          while matched < word.count, lower(bytes[position + matched]) == word[matched] {
            matched += 1
          }
          if matched == word.count { return position + offset }
        }
        position += 1
      }
      return nil
    }
  }

  static func contains(_ bytes: some ByteRun, _ word: StaticString) -> Bool {
    find(word, in: bytes) != nil
  }
}

/// Words looked for in one pass, ASCII case ignored.
struct WordSet: Sendable {
  private let words: [StaticString]
  /// By a word's first letter in lower case: one bit a word.
  private let firsts: [UInt64]

  /// - Parameter words: In lower case, at most 64.
  init(_ words: [StaticString]) {
    precondition(words.count <= 64, "\(words.count) words, at most 64")
    var firsts = [UInt64](repeating: 0, count: 256)
    for (index, word) in words.enumerated() {
      let first = word.utf8Start[0]
      firsts[Int(first)] |= 1 << UInt64(index)
      if Bytes.isLetter(first) { firsts[Int(first & 0xDF)] |= 1 << UInt64(index) }
    }
    self.words = words
    self.firsts = firsts
  }

  /// Which of the words occur, one bit a word.
  func found(in bytes: some ByteRun) -> UInt64 {
    bytes.withMemory { scan($0, isAny: false) }
  }

  /// Whether one of the words occurs.
  func occurs(in bytes: some ByteRun) -> Bool { bytes.withMemory { occurs(in: $0) } }

  func occurs(in bytes: UnsafeBufferPointer<UInt8>) -> Bool { scan(bytes, isAny: true) != 0 }

  private func scan(_ bytes: UnsafeBufferPointer<UInt8>, isAny: Bool) -> UInt64 {
    var found: UInt64 = 0
    firsts.withUnsafeBufferPointer { firsts in
      for index in 0..<bytes.count {
        var open = firsts[Int(bytes[index])] & ~found
        while open != 0 {
          let word = open.trailingZeroBitCount
          open &= open - 1
          guard matches(words[word], bytes, index) else { continue }
          found |= 1 << UInt64(word)
          if isAny { return }
        }
      }
    }
    return found
  }

  @inline(__always)
  private func matches(_ word: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int)
    -> Bool
  {
    let count = word.utf8CodeUnitCount
    guard bytes.count - index >= count else { return false }
    for offset in 1..<count where Bytes.lower(bytes[index + offset]) != word.utf8Start[offset] {
      return false
    }
    return true
  }
}

/// Searches byte by byte instead of by characters, as the standard library does at fifty times the
/// cost: what is looked for is ASCII, or the other text is of the same page.
extension StringProtocol {
  func firstRange(of part: String) -> Range<Index>? {
    guard let offset = utf8Offset(of: part) else { return nil }
    let start = utf8.index(startIndex, offsetBy: offset)
    return start..<utf8.index(start, offsetBy: part.utf8.count)
  }

  func contains(_ part: String) -> Bool { utf8Offset(of: part) != nil }

  private func utf8Offset(of part: String) -> Int? {
    func search(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
      var part = part
      return part.withUTF8 { part in
        guard part.count > 0 else { return 0 }
        var index = 0
        while text.count - index >= part.count,
          let found = memchr(
            text.baseAddress! + index, Int32(part[0]), text.count - index - part.count + 1)
        {
          if memcmp(found, part.baseAddress!, part.count) == 0 {
            return UnsafeRawPointer(found) - UnsafeRawPointer(text.baseAddress!)
          }
          index = UnsafeRawPointer(found) - UnsafeRawPointer(text.baseAddress!) + 1
        }
        return nil
      }
    }
    if let found = utf8.withContiguousStorageIfAvailable(search) { return found }
    return Array(utf8).withUnsafeBufferPointer(search)
  }
}
