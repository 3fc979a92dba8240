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

  @inline(__always) static func upper(_ byte: UInt8) -> UInt8 {
    byte &- 0x61 < 26 ? byte & 0xDF : byte
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
    bytes.withMemory { bytes in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { flat in
        var count = 0
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
        return count == 0
          ? nil : String(decoding: UnsafeBufferPointer(flat).part(0, count), as: UTF8.self)
      }
    }
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

  @inline(__always) static func areSame(_ one: Window<UInt8>, _ other: Window<UInt8>) -> Bool {
    one.count == other.count
      && memcmp(one.memory.baseAddress!, other.memory.baseAddress!, one.count) == 0
  }

  /// What no page can know: else one could choose texts of one hash, and a table of them would walk
  /// through all of them for each (Crosby and Wallach, 2003).
  static let secret = UInt64.random(in: .min ... .max)

  /// A hash for tables that compare what they find, or whose errors a page does to itself alone;
  /// another in each process.
  static func hash(
    _ bytes: UnsafeBufferPointer<UInt8>, secret: UInt64 = Bytes.secret
  ) -> UInt64 {
    guard let base = bytes.baseAddress else { return 0 }
    let count = bytes.count
    var hash = secret ^ UInt64(count)
    // A secret of its own: else two words could change places.
    let other = secret &* 0x9E37_79B9_7F4A_7C15
    @inline(__always) func mix(_ first: UInt64, _ second: UInt64) {
      hash = mixed(hash, first, by: second ^ other)
    }
    if count > 16 {
      // Two words at a time; the last two may overlap those before.
      var index = 0
      while count - index > 16 {
        mix(ByteWord(base + index).bits, ByteWord(base + index + 8).bits)
        index += 16
      }
      mix(ByteWord(base + count - 16).bits, ByteWord(base + count - 8).bits)
    } else if count >= 8 {
      mix(ByteWord(base).bits, ByteWord(base + count - 8).bits)
    } else if count > 0 {
      mix(ByteWord(bytes, at: 0).bits, 0)
    }
    return mixed(hash, 0xC2B2_AE3D_27D4_EB4F)
  }

  /// The hash with one more word of a text.
  @inline(__always) static func mixed(
    _ hash: UInt64, _ word: UInt64, by factor: UInt64 = 0x9E37_79B9_7F4A_7C15
  ) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: factor)
    return product.high ^ product.low
  }

  /// Where `word` (lower case, not empty) first occurs from `index` on, ASCII case ignored.
  static func find(_ word: StaticString, in bytes: some ByteRun, from index: Int? = nil) -> Int? {
    let offset = bytes.startIndex
    let from = (index ?? offset) - offset
    return bytes.withMemory { find(word, in: $0, from: from) }.map { $0 + offset }
  }

  static func find(
    _ word: StaticString, in bytes: UnsafeBufferPointer<UInt8>, from index: Int = 0
  ) -> Int? {
    let last = bytes.count - word.utf8CodeUnitCount
    let first = word.utf8Start[0]
    // Of what begins with a small letter the capital too; what else this finds is compared below.
    let fold = ByteWord.repeating(first & 0x20)
    var position = max(index, 0)
    while position <= last {
      if bytes.count - position >= 8 {
        let word = ByteWord(bits: ByteWord(bytes.baseAddress! + position).bits | fold)
        let found = word.equal(first)
        guard found != 0 else {
          position += 8
          continue
        }
        position += ByteWord.first(found)
        guard position <= last else { continue }
      }
      if lower(bytes[position]) == first, starts(bytes, at: position, with: word) {
        return position
      }
      position += 1
    }
    return nil
  }

  static func contains(_ bytes: some ByteRun, _ word: StaticString) -> Bool {
    find(word, in: bytes) != nil
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
