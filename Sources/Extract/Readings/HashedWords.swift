/// What words mean, found by a hash of their letters and digits, ASCII case ignored.
///
/// Open addressing. A table is made once a process, as a static value, and never freed: it is a
/// trivial value that a loop may use without counting references. Words are not compared, so that
/// two of one hash are taken for each other; a page that looks for such words misleads itself alone.
struct HashedWords<Meaning: BitwiseCopyable>: @unchecked Sendable {
  private struct Slot {
    var hash: UInt64
    var meaning: Meaning
  }

  // Written in `init`, and only read from then on.
  private let slots: UnsafePointer<Slot>
  /// One bit a slot, set where it is taken: most of what is looked up is no word, and these bits stay
  /// in the cache.
  private let taken: UnsafePointer<UInt64>
  private let mask: Int
  /// By the lowest five bits of a word's first letter and of its second, a bit for each length that words
  /// with these have, the last for all from 31 on: most that a page has are none of them.
  private let lengths: UnsafePointer<UInt32>
  /// By a byte what it counts as: letters in lower case, 0 for what is left out.
  private let folded: UnsafePointer<UInt8>

  /// - Parameters:
  ///   - words: Each has a letter or a digit.
  ///   - join: What a word means that stands there twice: what its first place says, if not given.
  init(
    _ words: [(some Collection<UInt8>, Meaning)],
    join: (Meaning, Meaning) -> Meaning = { first, _ in first }
  ) {
    var size = 64
    while size < words.count * 4 { size *= 2 }
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: size)
    let taken = UnsafeMutablePointer<UInt64>.allocate(capacity: size / 64)
    taken.initialize(repeating: 0, count: size / 64)
    mask = size - 1
    self.slots = UnsafePointer(slots)
    self.taken = UnsafePointer(taken)
    let folded = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for byte in UInt8.min...UInt8.max {
      let counts = Bytes.isLetter(byte) || Bytes.isDigit(byte) || byte >= 0x80
      folded[Int(byte)] = counts ? Bytes.lower(byte) : 0
    }
    self.folded = UnsafePointer(folded)
    let lengths = UnsafeMutablePointer<UInt32>.allocate(capacity: 1024)
    lengths.initialize(repeating: 0, count: 1024)
    self.lengths = UnsafePointer(lengths)
    for (word, meaning) in words {
      let letters = word.map { folded[Int($0)] }.filter { $0 != 0 }
      if letters.count > 1 {
        lengths[Self.head(letters[0], letters[1])] |= 1 << UInt32(min(letters.count, 31))
      }
      let hash = Array(word).withMemory { self.hash($0) }
      precondition(hash != 0, "a word without letters")
      let slot = slot(of: hash)
      if isTaken(slot) {
        slots[slot].meaning = join(slots[slot].meaning, meaning)
      } else {
        (slots + slot).initialize(to: Slot(hash: hash, meaning: meaning))
        taken[slot >> 6] |= 1 << UInt64(slot & 63)
      }
    }
  }

  /// What the word with these letters and digits means.
  @inline(__always) subscript(word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    if word.count > 1 {
      let first = folded[Int(word[0])]
      let second = folded[Int(word[1])]
      // What is left out makes it shorter.
      let upToCount: UInt32 = word.count < 31 ? 2 << UInt32(word.count) &- 1 : .max
      if first != 0, second != 0, lengths[Self.head(first, second)] & upToCount == 0 { return nil }
    }
    return find(word)
  }

  /// What a word of two or more letters and digits alone, in lower case, means.
  @inline(__always) subscript(letters word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    mayKnow(word) == 0 ? nil : find(word)
  }

  /// 0 for most words that are not in the table; the word is of such letters and digits too.
  @inline(__always) func mayKnow(_ word: UnsafeBufferPointer<UInt8>) -> UInt32 {
    lengths[Self.head(word[0], word[1])] & 1 &<< UInt32(truncatingIfNeeded: min(word.count, 31))
  }

  private func find(_ word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    let slot = slot(of: hash(word))
    return isTaken(slot) ? slots[slot].meaning : nil
  }

  @inline(__always) private static func head(_ first: UInt8, _ second: UInt8) -> Int {
    Int(first & 31) << 5 | Int(second & 31)
  }

  /// Odd; 0 where there is neither letter nor digit.
  ///
  /// Eight letters and digits at a time are mixed into it, wherever what is left out stands between them.
  @inline(__always) private func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    var hash = seed
    // Letters and digits not mixed yet, the first in the lowest bits, and how many bits they have.
    var pending: UInt64 = 0
    var filled: UInt64 = 0
    @inline(__always) func append(_ letters: UInt64, _ bits: UInt64) {
      pending |= letters &<< filled
      filled += bits
      guard filled >= 64 else { return }
      hash = Bytes.mixed(hash, pending)
      filled -= 64
      pending = filled == 0 ? 0 : letters &>> (bits - filled)
    }
    var index = 0
    while index < word.count {
      let part = ByteWord(word, at: index)
      let count = min(word.count - index, 8)
      index += count
      if part.lettersAndDigits == ByteWord.repeating(0x80) &>> UInt64(64 - count * 8) {
        append(part.lowered.bits, UInt64(count * 8))
        continue
      }
      for place in 0..<UInt64(count) {
        let byte = folded[Int(truncatingIfNeeded: (part.bits &>> (place * 8)) & 0xFF)]
        if byte != 0 { append(UInt64(byte), 8) }
      }
    }
    guard hash != seed || filled > 0 else { return 0 }
    return Bytes.mixed(hash, pending) | 1
  }

  @inline(__always) private func isTaken(_ slot: Int) -> Bool {
    taken[slot >> 6] >> UInt64(slot & 63) & 1 != 0
  }

  /// Where the hash is, or would be put.
  @inline(__always) private func slot(of hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while isTaken(slot), slots[slot].hash != hash { slot = (slot + 1) & mask }
    return slot
  }
}
