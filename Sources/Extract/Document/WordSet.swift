import CKernels

/// Words and phrases looked for all at once, in one pass over the text.
///
/// Two tables of 256 bytes say which of eight groups of words have a byte first and second: a place
/// where no group has both, nearly every place, is left after two look-ups. In a long text 32 places are
/// looked at together.
///
/// A set is made once a process, as a static value, and never freed: it is a trivial value that a
/// loop may use without counting references.
struct WordSet: @unchecked Sendable {
  // Written in `init`, and only read from then on.
  /// 256 sets of groups by first byte, then 256 by second.
  private let groups: UnsafePointer<UInt8>
  /// The same groups by the first three bytes, for long texts.
  private let heads: UnsafePointer<vt_word_heads>
  /// The words by their first byte, which is a small letter or no letter; those that begin with
  /// byte b are from `starts[b]` to `starts[b + 1]`.
  private let words: UnsafePointer<UnsafeBufferPointer<UInt8>>
  private let starts: UnsafePointer<UInt16>
  /// 2 where all words have three bytes: their second and third then stand in the tables too.
  private let step: Int

  /// - Parameter list: In lower case, none of them empty.
  init(_ list: [String]) {
    let sorted = list.enumerated().sorted {
      let (first, second) = ($0.element.utf8.first!, $1.element.utf8.first!)
      return first == second ? $0.offset < $1.offset : first < second
    }.map { Array($0.element.utf8) }
    let groups = UnsafeMutablePointer<UInt8>.allocate(capacity: 512)
    groups.initialize(repeating: 0, count: 512)
    let heads = UnsafeMutablePointer<vt_word_heads>.allocate(capacity: 1)
    heads.initialize(to: vt_word_heads())
    func mark(_ table: Int, _ byte: UInt8, _ group: UInt8) {
      groups[table + Int(byte)] |= group
      if byte &- 0x61 < 26 { groups[table + Int(byte & 0xDF)] |= group }
    }
    func markHead(_ word: [UInt8], _ group: UInt8) {
      for place in 0..<3 {
        // What follows a short word is anything.
        let bytes = place < word.count ? [word[place], Bytes.upper(word[place])] : Array(0...255)
        for byte in bytes { vt_words_mark(heads, Int32(place), byte, group) }
      }
    }
    let words = UnsafeMutablePointer<UnsafeBufferPointer<UInt8>>.allocate(capacity: sorted.count)
    let starts = UnsafeMutablePointer<UInt16>.allocate(capacity: 257)
    starts.initialize(repeating: 0, count: 257)
    step = sorted.allSatisfy { $0.count > 2 } ? 2 : 1
    for (index, word) in sorted.enumerated() {
      let letters = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: word.count)
      _ = letters.initialize(fromContentsOf: word)
      (words + index).initialize(to: UnsafeBufferPointer(letters))
      starts[Int(word[0]) + 1] += 1
      let group: UInt8 = 1 << UInt8(index & 7)
      markHead(word, group)
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
    for byte in 0..<256 { starts[byte + 1] += starts[byte] }
    self.groups = UnsafePointer(groups)
    self.heads = UnsafePointer(heads)
    self.words = UnsafePointer(words)
    self.starts = UnsafePointer(starts)
  }

  /// Whether one of the words occurs, ASCII case ignored.
  func occurs(in bytes: some ByteRun) -> Bool { bytes.withMemory { occurs(in: $0) } }

  func occurs(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return false }
    guard bytes.count < 64 else { return next(in: bytes, from: 0) != nil }
    let firsts = groups
    let seconds = groups + 256
    let last = bytes.count - 1
    var index = 0
    while index < last {
      if firsts[Int(base[index])] & seconds[Int(base[index + 1])] != 0 {
        if hasWord(bytes, at: index) { return true }
        if step == 2, index > 0, hasWord(bytes, at: index - 1) { return true }
      }
      index += step
    }
    return step == 1 && hasWord(bytes, at: last)
  }

  /// Where one of the words first begins from `start` on, ASCII case ignored.
  func next(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var index = start
    while index < bytes.count {
      // The kernel says nothing of the last bytes.
      if bytes.count - index >= 64 { index = vt_words_skip(heads, base, index, bytes.count) }
      let second = index + 1 < bytes.count ? groups[256 + Int(base[index + 1])] : .max
      if groups[Int(base[index])] & second != 0, hasWord(bytes, at: index) { return index }
      index += 1
    }
    return nil
  }

  /// Whether the bytes, ASCII case ignored, are one of the words.
  func contains(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    hasWord(bytes, at: 0) { $0 == bytes.count }
  }

  /// Whether one of the words begins the text, ASCII case ignored.
  func begins(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { hasWord(bytes, at: 0) }

  /// Whether one of the words begins the text and leaves no more than `rest` bytes of it.
  func begins(_ bytes: some ByteRun, leaving rest: Int) -> Bool {
    bytes.withMemory { bytes in hasWord(bytes, at: 0) { bytes.count - $0 <= rest } }
  }

  /// Whether one of the words ends the text but for at most `rest` bytes.
  func ends(_ bytes: some ByteRun, leaving rest: Int) -> Bool {
    bytes.withMemory { bytes in
      bytes.indices.contains { index in
        hasWord(bytes, at: index) { bytes.count - index - $0 <= rest }
      }
    }
  }

  /// Whether one of the words whose length is accepted stands there.
  @inline(__always)
  private func hasWord(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, isAccepted: (Int) -> Bool = { _ in true }
  ) -> Bool {
    guard index < bytes.count else { return false }
    let first = Int(Bytes.lower(bytes[index]))
    for number in starts[first]..<starts[first + 1] {
      let word = words[Int(number)]
      guard bytes.count - index >= word.count, isAccepted(word.count) else { continue }
      var offset = 1
      while offset < word.count, Bytes.lower(bytes[index + offset]) == word[offset] { offset += 1 }
      if offset == word.count { return true }
    }
    return false
  }
}
