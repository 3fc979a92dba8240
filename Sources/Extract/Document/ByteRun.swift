/// Bytes in a row: a part of a document, or of an array that a reader has made.
protocol ByteRun: RandomAccessCollection
where Element == UInt8, Index == Int, SubSequence: ByteRun {}

extension Window: ByteRun where Element == UInt8 {}
extension ArraySlice: ByteRun where Element == UInt8 {}
extension Array: ByteRun where Element == UInt8 {}

extension ByteRun {
  /// Calls `body` with the bytes as memory whose index 0 is the first of them.
  @inline(__always)
  func withMemory<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    guard let result = withContiguousStorageIfAvailable(body) else {
      preconditionFailure("bytes that do not stand in a row")
    }
    return result
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The bytes from `start` to before `end`.
  @inline(__always) func part(_ start: Int, _ end: Int) -> Self {
    Self(rebasing: self[start..<end])
  }

  /// Whether `word` stands at `index`, letter for letter.
  @inline(__always) func has(_ word: StaticString, at index: Int = 0) -> Bool {
    guard index >= 0, count - index >= word.utf8CodeUnitCount else { return false }
    for offset in 0..<word.utf8CodeUnitCount where self[index + offset] != word.utf8Start[offset] {
      return false
    }
    return true
  }

  @inline(__always) func ends(with word: StaticString) -> Bool {
    has(word, at: count - word.utf8CodeUnitCount)
  }

  @inline(__always) func equals(_ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && has(word)
  }

  /// The first `byte` from `start` on; `count` for none.
  @inline(__always) func index(of byte: UInt8, from start: Int) -> Int {
    var index = start
    while index < count, self[index] != byte { index += 1 }
    return index
  }

  /// Where `word`, which is not empty, first stands letter for letter.
  func index(of word: StaticString) -> Int? {
    let first = word.utf8Start[0]
    for index in indices where self[index] == first && has(word, at: index) { return index }
    return nil
  }
}
