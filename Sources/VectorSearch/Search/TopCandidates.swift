import CKernels

/// A vector that takes part in a search, with its score.
struct Candidate: Sendable {
  var score: Float
  var segment: Int32
  var key: UInt64
  var row: Int
}

/// The first `limit` of the candidates offered, in the exact order: score descending, then key
/// ascending.
struct TopCandidates {
  let limit: Int
  private var candidates: [Candidate] = []
  /// The score of the last of `limit` candidates; nil while there are fewer.
  private var last: Float?
  private var isSorted = true

  init(limit: Int) {
    self.limit = limit
    candidates.reserveCapacity(min(limit + limit / 2 + 16, 1024))
  }

  @inline(__always) mutating func offer(_ candidate: Candidate) {
    if let last, candidate.score < last { return }
    candidates.append(candidate)
    isSorted = false
    if candidates.count >= 4 * limit + 64 { prune() }
  }

  /// The score that a candidate needs at least to be among the first `limit` of those offered so
  /// far; nil while there are fewer.
  mutating func floor() -> Float? {
    prune()
    return last
  }

  mutating func sorted() -> [Candidate] {
    prune()
    return candidates
  }

  private mutating func prune() {
    guard !isSorted else { return }
    let (scores, keys) = (candidates.map(\.score), candidates.map(\.key))
    let order = [UInt32](unsafeUninitializedCapacity: scores.count) { buffer, count in
      count = vitrine_rank(scores, keys, scores.count, limit, buffer.baseAddress)
    }
    candidates = order.map { candidates[Int($0)] }
    isSorted = true
    if order.count == limit { last = candidates.last?.score }
  }
}
