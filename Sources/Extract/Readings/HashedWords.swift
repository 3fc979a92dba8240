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
  /// What is known of the words that begin with two letters.
  private struct Head {
    /// A bit for each length that they have, the last for all from 31 on.
    var lengths: UInt32 = 0
    /// A bit for the lowest five bits of each letter that they have third; all bits where one has none.
    var thirds: UInt32 = 0
  }

  /// By the lowest five bits of a word's first letter and of its second: most that a page has are none
  /// of them.
  private let heads: UnsafePointer<Head>
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
    let heads = UnsafeMutablePointer<Head>.allocate(capacity: 1024)
    heads.initialize(repeating: Head(), count: 1024)
    self.heads = UnsafePointer(heads)
    for (word, meaning) in words {
      let letters = word.map { folded[Int($0)] }.filter { $0 != 0 }
      if letters.count > 1 {
        let head = Self.head(letters[0], letters[1])
        heads[head].lengths |= 1 << UInt32(min(letters.count, 31))
        heads[head].thirds |= letters.count > 2 ? 1 << UInt32(letters[2] & 31) : .max
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
      if first != 0, second != 0 {
        let head = heads[Self.head(first, second)]
        if head.lengths & upToCount == 0 { return nil }
        if word.count > 2 {
          let third = folded[Int(word[2])]
          if third != 0, head.thirds >> UInt32(third & 31) & 1 == 0 { return nil }
        }
      }
    }
    return find(word)
  }

  /// What a word of two or more letters and digits alone, in lower case, means.
  @inline(__always) subscript(letters word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    mayKnow(word) == 0 ? nil : find(letters: word)
  }

  /// 0 for most words that are not in the table; the word is of such letters and digits too.
  @inline(__always) func mayKnow(_ word: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let head = heads[Self.head(word[0], word[1])]
    // With two letters the second stands for the third: such heads have all bits.
    let third = word[min(2, word.count - 1)] & 31
    return head.lengths &>> UInt32(truncatingIfNeeded: min(word.count, 31))
      & head.thirds &>> UInt32(third) & 1
  }

  private func find(_ word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    let hash = hash(word)
    return hash == 0 ? nil : meaning(hash)
  }

  private func find(letters word: UnsafeBufferPointer<UInt8>) -> Meaning? {
    meaning(Self.hash(letters: word))
  }

  /// What the word with this hash means.
  @inline(__always) private func meaning(_ hash: UInt64) -> Meaning? {
    let slot = slot(of: hash)
    return isTaken(slot) ? slots[slot].meaning : nil
  }

  @inline(__always) private static func head(_ first: UInt8, _ second: UInt8) -> Int {
    Int(first & 31) << 5 | Int(second & 31)
  }

  /// Odd; 0 where there is neither letter nor digit.
  private func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: word.count + 1) { letters in
      // What is left out is written over by what follows.
      var count = 0
      for byte in word {
        let letter = folded[Int(byte)]
        letters[count] = letter
        count &+= letter == 0 ? 0 : 1
      }
      return count == 0 ? 0 : Self.hash(letters: UnsafeBufferPointer(letters).part(0, count))
    }
  }

  /// Odd; of letters and digits alone, at least one, in lower case.
  @inline(__always) private static func hash(letters: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var index = 0
    while letters.count - index >= 8 {
      hash = Bytes.mixed(hash, ByteWord(letters.baseAddress! + index).bits)
      index += 8
    }
    let rest = index < letters.count ? ByteWord(letters, at: index).bits : 0
    return Bytes.mixed(hash, rest) | 1
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
