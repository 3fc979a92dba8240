import CKernels

/// A vector that takes part in a search, with its score.
struct Candidate: Sendable {
  var score: Float
  var segment: Int32
  var key: UInt64
  var row: Int

  /// In the exact order.
  @inline(__always) func comes(before other: Candidate) -> Bool {
    score != other.score ? score > other.score : key < other.key
  }
}

/// The first `limit` of the candidates offered, in the exact order: score descending, then key
/// ascending.
struct TopCandidates {
  /// So many are put in order one by one.
  private static let few = 48

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
    if candidates.count <= Self.few {
      pruneFew()
    } else {
      pruneMany()
    }
    isSorted = true
    if candidates.count == limit { last = candidates.last?.score }
  }

  /// Puts each in its place among those before it, the first `limit` of them.
  private mutating func pruneFew() {
    var kept = 0
    for i in candidates.indices {
      let candidate = candidates[i]
      var place = kept
      while place > 0, candidate.comes(before: candidates[place - 1]) { place -= 1 }
      guard place < limit else { continue }
      if kept < limit { kept += 1 }
      for later in stride(from: kept - 1, to: place, by: -1) {
        candidates[later] = candidates[later - 1]
      }
      candidates[place] = candidate
    }
    candidates.removeLast(candidates.count - kept)
  }

  private mutating func pruneMany() {
    let (scores, keys) = (candidates.map(\.score), candidates.map(\.key))
    let order = [UInt32](unsafeUninitializedCapacity: scores.count) { buffer, count in
      count = vitrine_rank(scores, keys, scores.count, limit, buffer.baseAddress)
    }
    candidates = order.map { candidates[Int($0)] }
  }
}
