// Byte-pair encoding (Sennrich et al. 2016) over bytes, as GPT-2 and CLIP do it: a word begins as one
// token a byte, and the pair of neighbours that was merged earliest in training is merged until no pair
// is known. Candidates wait in a heap, so a word of n bytes takes O(n log n), whatever it holds.

/// Turns the bytes of a word into tokens.
struct BytePairEncoding: Sendable {
  /// What marks a token of the vocabulary that ends a word, `</w>` in CLIP's; empty where none does.
  let endOfWord: String
  /// By byte: its token within a word, and at the word's end.
  private let inner: [Int32]
  private let last: [Int32]
  /// By both tokens of a pair, the left one in the upper half.
  private let merges: [UInt64: Merge]

  private struct Merge {
    /// Pairs of a smaller rank go first.
    let rank: Int32
    let token: Int32
  }

  /// Vocabularies and lists of merges with more entries are none; the largest in use have a fifth.
  static let countLimit = 1 << 20
  /// Tables of embeddings have fewer rows.
  static let tokenLimit = 1 << 24

  /// - Parameters:
  ///   - vocabulary: tokens by their text, a byte written as ``character(of:)``.
  ///   - merges: pairs of texts, the earliest first.
  init(
    vocabulary: [String: Int], merges pairs: [(String, String)], endOfWord: String
  ) throws(VocabularyError) {
    guard vocabulary.count <= Self.countLimit, pairs.count <= Self.countLimit else {
      throw VocabularyError(
        "\(vocabulary.count) tokens and \(pairs.count) merges, at most \(Self.countLimit) wanted")
    }
    func token(_ text: String) throws(VocabularyError) -> Int32 {
      guard let token = vocabulary[text] else {
        throw VocabularyError("no token \(Self.quoted(text))")
      }
      guard (0..<Self.tokenLimit).contains(token) else {
        throw VocabularyError(
          "token \(Self.quoted(text)) is \(token), 0 to \(Self.tokenLimit - 1) wanted")
      }
      return Int32(token)
    }
    var inner: [Int32] = []
    var last: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      let character = String(Self.character(of: byte))
      inner.append(try token(character))
      last.append(try token(character + endOfWord))
    }
    var merges: [UInt64: Merge] = [:]
    merges.reserveCapacity(pairs.count)
    for (rank, (left, right)) in pairs.enumerated() {
      let pair = Self.pair(try token(left), try token(right))
      // A pair that is written twice has the rank of its first place.
      if merges[pair] == nil {
        merges[pair] = Merge(rank: Int32(rank), token: try token(left + right))
      }
    }
    (self.endOfWord, self.inner, self.last, self.merges) = (endOfWord, inner, last, merges)
  }

  /// How vocabularies write a byte: printable ones of Latin-1 as they are, the others from U+0100 on in
  /// their order.
  static func character(of byte: UInt8) -> Unicode.Scalar {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: Unicode.Scalar(byte)
    case 0x00...0x20: Unicode.Scalar(0x100 + UInt32(byte)) ?? " "
    case 0x7F...0xA0: Unicode.Scalar(0x121 + UInt32(byte) - 0x7F) ?? " "
    default: "\u{143}"  // 0xAD, the soft hyphen
    }
  }

  /// Appends the tokens of a word.
  func encode(_ word: [UInt8], into tokens: inout [Int32]) {
    guard let end = word.last else { return }
    var parts = word.dropLast().map { inner[Int($0)] } + [last[Int(end)]]
    // Places of merged parts keep the left one's; a part that went into another is −1.
    var after = Array(1...parts.count)
    var before = Array(-1..<parts.count - 1)
    var candidates = CandidateHeap()
    func consider(_ place: Int) {
      guard place >= 0, after[place] < parts.count,
        let merge = merges[Self.pair(parts[place], parts[after[place]])]
      else { return }
      candidates.insert(rank: merge.rank, place: place)
    }
    for place in parts.indices { consider(place) }
    while let (rank, place) = candidates.removeFirst() {
      let right = after[place]
      // What was merged meanwhile is another pair, or none.
      guard parts[place] >= 0, right < parts.count,
        let merge = merges[Self.pair(parts[place], parts[right])], merge.rank == rank
      else { continue }
      parts[place] = merge.token
      parts[right] = -1
      after[place] = after[right]
      if after[place] < parts.count { before[after[place]] = place }
      consider(place)
      consider(before[place])
    }
    tokens += parts.lazy.filter { $0 >= 0 }
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private static func quoted(_ text: String) -> String {
    text.count > 40 ? "\"\(text.prefix(40))…\"" : "\"\(text)\""
  }
}

/// Why files are no vocabulary of byte pairs.
struct VocabularyError: Error, Equatable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Pairs that may be merged, the smallest rank first and of equals the leftmost.
private struct CandidateHeap {
  /// Rank above, place below: one comparison orders by both.
  private var keys: [UInt64] = []

  mutating func insert(rank: Int32, place: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(place))
    var child = keys.count - 1
    while child > 0, keys[child] < keys[(child - 1) / 2] {
      keys.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() -> (rank: Int32, place: Int)? {
    guard let first = keys.first, let end = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = end
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < keys.count else { break }
        if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
        guard keys[child] < keys[parent] else { break }
        keys.swapAt(child, parent)
        parent = child
      }
    }
    return (Int32(first >> 32), Int(first & 0xFFFF_FFFF))
  }
}
