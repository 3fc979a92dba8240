/// What to look for.
///
/// Candidates are the index's vectors that pass ``filter``, are not in ``excluding`` and score at
/// least ``minScore``. They stand in the *exact order*: score descending, then key ascending. With
/// ``groups`` only the first of each group keeps its place. Ranks count from 1 in that order.
/// The hits are those at ranks s, 2s, 3s … for ``stride`` s; one that is a near duplicate of a hit
/// before it (``suppressAbove``) is left out and the next takes its turn, until ``skip`` + ``k`` hits
/// are found or the order ends; the first ``skip`` are not told.
package struct SearchRequest: Sendable {
  /// One direction of a query.
  package struct Direction: Sendable, Equatable {
    /// `[dimension]`, finite and not all zero; only its direction counts.
    package var vector: [Float]
    /// Finite, not zero; below zero means "less like this".
    package var weight: Float

    package init(vector: [Float], weight: Float = 1) {
      self.vector = vector
      self.weight = weight
    }
  }

  /// The query is the direction of the weighted sum of these, each brought to unit length first.
  package var directions: [Direction]
  /// Hits wanted, 1…10,000.
  package var k: Int
  /// Every how manyth rank is a hit, 1…1,048,576; 1 is plain search.
  package var stride: Int
  /// Only these keys, or all.
  package var filter: KeySet?
  /// Never these keys, such as the picture that the query came from.
  package var excluding: KeySet
  /// One hit a group: its best; the others are counted in ``Hit/folded``.
  package var groups: KeyGroups?
  /// A candidate whose cosine with an earlier hit is larger is left out and counted there.
  package var suppressAbove: Float?
  /// The smallest score of a candidate.
  package var minScore: Float?
  /// Hits before the first that is told, such as those of the pages before; with ``k`` at most
  /// 10,000.
  package var skip = 0
  /// The share of the exact order's first ranks to be found on average, 0…1; nil finds all of them.
  package var recall: Double?
  /// Threads that scan for this request alone, 1…16: more than one answers sooner where an index is
  /// large and cores are idle, and the same. Requests that come meanwhile make do with their own.
  package var threads = 1
  /// Asked between pieces of the work, from any thread: whether nobody wants the answer any more. Once
  /// true it stays so; the search then ends with ``IndexError/abandoned``.
  package var isAbandoned: (@Sendable () -> Bool)?
  /// Rows from which the scan of a segment is worth sharing: it takes a millisecond there.
  var sharedRows = 1 << 17

  package init(
    query: [Float], k: Int = 10, stride: Int = 1, filter: KeySet? = nil,
    excluding: KeySet = KeySet(), groups: KeyGroups? = nil, suppressAbove: Float? = nil,
    minScore: Float? = nil, recall: Double? = nil
  ) {
    self.init(
      directions: [Direction(vector: query)], k: k, stride: stride, filter: filter,
      excluding: excluding, groups: groups, suppressAbove: suppressAbove, minScore: minScore,
      recall: recall)
  }

  package init(
    directions: [Direction], k: Int = 10, stride: Int = 1, filter: KeySet? = nil,
    excluding: KeySet = KeySet(), groups: KeyGroups? = nil, suppressAbove: Float? = nil,
    minScore: Float? = nil, recall: Double? = nil
  ) {
    self.directions = directions
    self.k = k
    self.stride = stride
    self.filter = filter
    self.excluding = excluding
    self.groups = groups
    self.suppressAbove = suppressAbove
    self.minScore = minScore
    self.recall = recall
  }

  package static let hitLimit = 1...10_000
  package static let strideLimit = 1...(1 << 20)
  package static let directionLimit = 1...64
  package static let threadLimit = 1...16

  /// Whether filter and exclusion let the key take part.
  @inline(__always) func admits(_ key: UInt64) -> Bool {
    if let filter, !filter.contains(key) { return false }
    return !excluding.contains(key)
  }

  /// Throws where nobody wants the answer any more.
  func checkWanted() throws(IndexError) {
    if let isAbandoned, isAbandoned() { throw .abandoned }
  }

  /// The unit vector to score against.
  func unitQuery(dimension: Int) throws(IndexError) -> UnitQuery {
    guard Self.hitLimit.contains(k) else {
      throw .invalidRequest("k is \(k), allowed are 1...10000")
    }
    guard skip >= 0, skip <= Self.hitLimit.upperBound - k else {
      throw .invalidRequest("skip is \(skip), allowed are 0...\(Self.hitLimit.upperBound - k)")
    }
    guard Self.strideLimit.contains(stride) else {
      throw .invalidRequest("stride is \(stride), allowed are 1...1048576")
    }
    guard Self.threadLimit.contains(threads) else {
      throw .invalidRequest("\(threads) threads, allowed are 1...16")
    }
    guard Self.directionLimit.contains(directions.count) else {
      throw .invalidRequest("\(directions.count) query vectors, allowed are 1...64")
    }
    if let bound = [minScore, suppressAbove].compactMap(\.self).first(where: \.isNaN) {
      throw .invalidRequest("score bound is \(bound)")
    }
    if let recall, !(0...1).contains(recall) {
      throw .invalidRequest("recall is \(recall), allowed are 0...1")
    }
    var sum: [Double] = []
    for direction in directions {
      guard direction.vector.count == dimension else {
        throw .invalidRequest(
          "query has \(direction.vector.count) components, the index has \(dimension)")
      }
      guard direction.weight.isFinite, direction.weight != 0 else {
        throw .invalidRequest("query weight is \(direction.weight), wanted is finite and not 0")
      }
      guard let unit = UnitVector.normalised(direction.vector) else {
        throw .invalidRequest("query is zero or not finite, it has no direction")
      }
      if directions.count == 1, direction.weight > 0 { return UnitQuery(unit) }
      if sum.isEmpty { sum = [Double](repeating: 0, count: dimension) }
      for i in 0..<dimension { sum[i] += Double(direction.weight) * Double(unit[i]) }
    }
    guard let unit = UnitVector.normalised(sum) else {
      throw .invalidRequest("the weighted query vectors cancel out, they have no direction")
    }
    return UnitQuery(unit)
  }
}

/// A query's unit vector.
struct UnitQuery: @unchecked Sendable {
  // Safe to share: nobody writes to the doubles once they are made.
  let unit: [Float]
  /// The same values as doubles, as the kernels want them.
  let wide: UnsafePointer<Double>
  /// Holds them.
  private let doubles: ManagedBuffer<Void, Double>

  init(_ unit: [Float]) {
    self.unit = unit
    doubles = ManagedBuffer.create(minimumCapacity: unit.count) { _ in }
    wide = doubles.withUnsafeMutablePointerToElements { values in
      for i in unit.indices { (values + i).initialize(to: Double(unit[i])) }
      return UnsafePointer(values)
    }
  }
}
