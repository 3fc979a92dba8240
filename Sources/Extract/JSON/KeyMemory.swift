/// What keys mean that a literal says over and over: things in a list all have the same.
///
/// Remembers the last key of up to 16 bytes at each of 128 places, which their bytes choose. Who makes it
/// frees it.
struct KeyMemory {
  /// A key of at most 16 bytes is its first eight, its last eight and how many it has.
  private struct Entry {
    var first: UInt64 = 0
    var last: UInt64 = 0
    /// 0 where nothing is remembered.
    var count = 0
    var concept = Concept.none
  }

  private static let size = 128
  /// Short literals are read without.
  private static let patience = 32

  private var entries: UnsafeMutablePointer<Entry>?
  private var asked = 0

  func deallocate() { entries?.deallocate() }

  /// What a key means in a table of the vocabulary.
  @inline(__always)
  mutating func concept(
    of key: UnsafeBufferPointer<UInt8>, in table: HashedWords<Concept>
  ) -> Concept {
    guard let entries, 1...16 ~= key.count else { return look(key, table) }
    let first = ByteWord(key, at: 0).bits
    let last = key.count > 8 ? ByteWord(key.baseAddress! + (key.count - 8)).bits : 0
    let place = Int(truncatingIfNeeded: Bytes.mixed(first, last) >> 32) & (Self.size - 1)
    let known = entries[place]
    if known.first == first, known.last == last, known.count == key.count { return known.concept }
    let concept = Vocabulary.concept(key, in: table)
    entries[place] = Entry(first: first, last: last, count: key.count, concept: concept)
    return concept
  }

  @inline(never)
  private mutating func look(
    _ key: UnsafeBufferPointer<UInt8>, _ table: HashedWords<Concept>
  ) -> Concept {
    asked += 1
    if asked == Self.patience {
      let memory = UnsafeMutablePointer<Entry>.allocate(capacity: Self.size)
      memory.initialize(repeating: Entry(), count: Self.size)
      entries = memory
    }
    return Vocabulary.concept(key, in: table)
  }
}
