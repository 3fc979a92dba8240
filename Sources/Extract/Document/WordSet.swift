/// Words and phrases looked for all at once, in one pass over the text.
///
/// Two tables of 256 bytes say which of eight groups of words have a byte first and second: a place
/// where no group has both, nearly every place, is left after two look-ups.
struct WordSet: Sendable {
  private let words: [[UInt8]]
  /// Words by their first byte in lower case.
  private let byFirst: [[UInt16]]
  /// 256 sets of groups by first byte, then 256 by second.
  private let groups: [UInt8]
  /// 2 where all words have three bytes: their second and third then stand in the tables too.
  private let step: Int

  /// - Parameter words: In lower case, none of them empty.
  init(_ words: [String]) {
    self.words = words.map { Array($0.utf8) }
    var byFirst = [[UInt16]](repeating: [], count: 256)
    var groups = [UInt8](repeating: 0, count: 512)
    func mark(_ table: Int, _ byte: UInt8, _ group: UInt8) {
      groups[table + Int(byte)] |= group
      if byte &- 0x61 < 26 { groups[table + Int(byte & 0xDF)] |= group }
    }
    step = self.words.allSatisfy { $0.count > 2 } ? 2 : 1
    for (index, word) in self.words.enumerated() {
      let group: UInt8 = 1 << UInt8(index & 7)
      byFirst[Int(word[0])].append(UInt16(index))
      mark(0, word[0], group)
      if step == 2 {
        mark(0, word[1], group)
        mark(256, word[2], group)
      }
      if word.count > 1 {
        mark(256, word[1], group)
      } else {
        for byte in 256..<512 { groups[byte] |= group }
      }
    }
    self.byFirst = byFirst
    self.groups = groups
  }

  /// Whether one of the words occurs, ASCII case ignored.
  func occurs(in bytes: some ByteRun) -> Bool { bytes.withMemory { occurs(in: $0) } }

  func occurs(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return false }
    return groups.withUnsafeBufferPointer { groups in
      guard let firsts = groups.baseAddress else { return false }
      let seconds = firsts + 256
      let last = bytes.count - 1
      var index = 0
      while index < last {
        if firsts[Int(base[index])] & seconds[Int(base[index + 1])] != 0 {
          if word(in: bytes, at: index) != nil { return true }
          if step == 2, index > 0, word(in: bytes, at: index - 1) != nil { return true }
        }
        index += step
      }
      return step == 1 && word(in: bytes, at: last) != nil
    }
  }

  /// Whether the bytes, ASCII case ignored, are one of the words.
  func contains(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    word(in: bytes, at: 0) { $0 == bytes.count } != nil
  }

  /// Whether one of the words begins the text and leaves no more than `rest` bytes of it.
  func begins(_ bytes: some ByteRun, leaving rest: Int) -> Bool {
    bytes.withMemory { bytes in
      word(in: bytes, at: 0) { bytes.count - $0 <= rest } != nil
    }
  }

  /// The first of the words that stands there and whose length is accepted.
  private func word(
    in bytes: UnsafeBufferPointer<UInt8>, at index: Int, isAccepted: (Int) -> Bool = { _ in true }
  ) -> Int? {
    guard index < bytes.count else { return nil }
    for number in byFirst[Int(Bytes.lower(bytes[index]))] {
      let word = words[Int(number)]
      guard bytes.count - index >= word.count, isAccepted(word.count) else { continue }
      var offset = 1
      while offset < word.count, Bytes.lower(bytes[index + offset]) == word[offset] { offset += 1 }
      if offset == word.count { return Int(number) }
    }
    return nil
  }
}
