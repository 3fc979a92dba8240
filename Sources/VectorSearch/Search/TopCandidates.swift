/// A vector that takes part in a search, with its score.
struct Candidate: Sendable {
  var score: Float
  var segment: Int32
  var key: UInt64
  var row: Int

  /// The exact order: score descending, then key ascending.
  @inline(__always) func precedes(_ other: Candidate) -> Bool {
    score > other.score || (score == other.score && key < other.key)
  }
}

/// The first `limit` of the candidates offered, in the exact order.
struct TopCandidates {
  let limit: Int
  private var kept: [Candidate] = []
  private var last: Candidate?

  init(limit: Int) { self.limit = limit }

  @inline(__always) mutating func offer(_ candidate: Candidate) {
    if let last, !candidate.precedes(last) { return }
    kept.append(candidate)
    if kept.count >= 2 * limit + 64 { prune() }
  }

  /// The score that a candidate needs at least to be among the first `limit` of those offered so
  /// far; nil while there are fewer.
  mutating func floor() -> Float? {
    prune()
    return last?.score
  }

  mutating func sorted() -> [Candidate] {
    prune()
    return kept
  }

  private mutating func prune() {
    kept.sort { $0.precedes($1) }
    guard kept.count >= limit else { return }
    kept.removeLast(kept.count - limit)
    last = kept.last
  }
}
