/// Words and what each of them means, looked up by the bytes of a text, ASCII case ignored.
///
/// Open addressing over FNV-1a; a hit is compared letter by letter.
struct WordTable<Meaning: Sendable>: Sendable {
  private struct Entry {
    var hash: UInt32
    var start: Int32
    var count: Int32
    var meaning: Meaning
  }

  private let letters: [UInt8]
  private let entries: [Entry]
  /// 0 is empty, else the number of an entry and one.
  private let slots: [UInt16]
  private let longest: Int

  /// - Parameter lists: Words in lower case with spaces between; of equal words the first counts.
  init(_ lists: [(Meaning, String)]) {
    var letters: [UInt8] = []
    var entries: [Entry] = []
    for (meaning, list) in lists {
      for word in list.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
        var hash = Self.seed
        for byte in word { hash = Self.mix(hash, byte) }
        entries.append(
          Entry(
            hash: hash, start: Int32(letters.count), count: Int32(word.count), meaning: meaning))
        letters += word
      }
    }
    var size = 16
    while size < entries.count * 3 { size *= 2 }
    precondition(size <= 1 << 16, "\(entries.count) words, at most \(1 << 14)")
    var slots = [UInt16](repeating: 0, count: size)
    for (number, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt16(number + 1)
    }
    self.letters = letters
    self.entries = entries
    self.slots = slots
    longest = entries.map { Int($0.count) }.max() ?? 0
  }

  private static var seed: UInt32 { 0x811C_9DC5 }

  @inline(__always) private static func mix(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
    (hash ^ UInt32(byte)) &* 0x0100_0193
  }

  /// What exactly this word means.
  subscript(_ word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    guard word.count > 0, word.count <= longest else { return nil }
    var hash = Self.seed
    for byte in word { hash = Self.mix(hash, Bytes.lower(byte)) }
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, Int(entry.count) == word.count {
        var index = 0
        let start = Int(entry.start)
        while index < word.count, Bytes.lower(word[index]) == letters[start + index] { index += 1 }
        if index == word.count { return entry.meaning }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }
}
