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
  private var scores: [Float] = []
  private var keys: [UInt64] = []
  private var places: [(segment: Int32, row: Int32)] = []
  /// Of the last of `limit` candidates; nil while there are fewer.
  private var last: Float?
  private var isSorted = true

  init(limit: Int) {
    self.limit = limit
    let expected = min(limit + limit / 8 + 4, 1024)
    scores.reserveCapacity(expected)
    keys.reserveCapacity(expected)
    places.reserveCapacity(expected)
  }

  @inline(__always) mutating func offer(score: Float, key: UInt64, segment: Int, row: Int) {
    if let last, score < last { return }
    scores.append(score)
    keys.append(key)
    places.append((Int32(segment), Int32(row)))
    isSorted = false
    if scores.count >= 4 * limit + 64 { prune() }
  }

  /// The score that a candidate needs at least to be among the first `limit` of those offered so
  /// far; nil while there are fewer.
  mutating func floor() -> Float? {
    prune()
    return last
  }

  mutating func sorted() -> [Candidate] {
    prune()
    return scores.indices.map {
      Candidate(
        score: scores[$0], segment: places[$0].segment, key: keys[$0], row: Int(places[$0].row))
    }
  }

  private mutating func prune() {
    guard !isSorted else { return }
    let order = [UInt32](unsafeUninitializedCapacity: scores.count) { buffer, count in
      count = vitrine_rank(scores, keys, scores.count, limit, buffer.baseAddress)
    }
    scores = order.map { scores[Int($0)] }
    keys = order.map { keys[Int($0)] }
    places = order.map { places[Int($0)] }
    isSorted = true
    if order.count == limit { last = scores.last }
  }
}
