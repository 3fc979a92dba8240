/// What words mean, found by a hash of their letters and digits, ASCII case ignored.
///
/// Open addressing over FNV-1a. A table is made once a process, as a static value, and never freed: it is a
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
    for (word, meaning) in words {
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
    let slot = slot(of: hash(word))
    return isTaken(slot) ? slots[slot].meaning : nil
  }

  /// Odd; 0 where there is neither letter nor digit.
  @inline(__always) private func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    var hash = seed
    for byte in word {
      let byte = folded[Int(byte)]
      if byte != 0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return hash == seed ? 0 : hash | 1
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
