extension Snapshot {
  /// Answers exactly: the hits are those of a sort of all candidates, ids, scores and order.
  ///
  /// A score is the product of the unit query and the unit vector that is stored, summed in double in the
  /// order that `vitrine_dot` documents and rounded once to `Float`: the same bits on every machine.
  /// With ``SearchRequest/recall`` some candidates may be overlooked, the others are the same.
  ///
  /// - Throws: ``IndexError/invalidRequest(_:)`` naming the value and its bound;
  ///   ``IndexError/corrupt(file:offset:reason:)`` where a damaged vector would be among the hits;
  ///   ``IndexError/abandoned``, soon after the request said so.
  /// - Complexity: one pass over the codes of the vectors, or over the vectors where there are none.
  ///   With `suppressAbove` each visited candidate is also compared with the hits before it whose scores
  ///   are near its own.
  package func search(_ request: SearchRequest) throws(IndexError) -> SearchResult {
    try search(request, strides: [request.stride])[0]
  }

  /// The answers to `request` with each of these strides in place of its own, from one order.
  ///
  /// The statistics of what all of them took are the first's.
  package func search(
    _ request: SearchRequest, strides: [Int]
  ) throws(IndexError) -> [SearchResult] {
    guard let identity else { return strides.map { _ in SearchResult() } }
    try request.checkWanted()
    let query = try request.unitQuery(dimension: identity.dimension)
    if let bad = strides.first(where: { !SearchRequest.strideLimit.contains($0) }) {
      throw .invalidRequest("stride is \(bad), allowed are 1...1048576")
    }
    return try search(request, strides, query, depth: depth(of: request, strides))
  }

  /// Answers many requests, each as alone; those that look into all cells share the reading of the
  /// codes, which takes less time than one after the other.
  ///
  /// - Throws: as for one; where any of them is refused or abandoned, for all.
  package func search(_ requests: [SearchRequest]) throws(IndexError) -> [SearchResult] {
    guard let identity else { return requests.map { _ in SearchResult() } }
    var orders: [CandidateOrder] = []
    for request in requests {
      try request.checkWanted()
      orders.append(
        CandidateOrder(
          depth: depth(of: request, [request.stride]), request: request,
          query: try request.unitQuery(dimension: identity.dimension)))
    }
    try CandidateOrder.walk(&orders, self)
    var results: [SearchResult] = []
    for (i, request) in requests.enumerated() {
      var statistics = SearchStatistics()
      let stride = [request.stride]
      if let hits = try hits(of: &orders[i], stride, &statistics) {
        results.append(SearchResult(hits: hits[0], statistics: statistics))
      } else {
        results += try search(
          request, stride, orders[i].query, depth: deeper(than: orders[i].depth), statistics)
      }
    }
    return results
  }

  private func search(
    _ request: SearchRequest, _ strides: [Int], _ query: UnitQuery, depth: Int,
    _ before: SearchStatistics = SearchStatistics()
  ) throws(IndexError) -> [SearchResult] {
    var statistics = before
    var depth = depth
    while true {
      var order = CandidateOrder(depth: depth, request: request, query: query)
      try order.walk(self)
      if let hits = try hits(of: &order, strides, &statistics) {
        return hits.enumerated().map {
          SearchResult(hits: $1, statistics: $0 == 0 ? statistics : SearchStatistics())
        }
      }
      depth = deeper(than: depth)
    }
  }

  /// Ranks that will mostly do. Leaving out needs more of them; how many shows only on the way.
  private func depth(of request: SearchRequest, _ strides: [Int]) -> Int {
    let depth = (request.skip + request.k) * (strides.max() ?? 1)
    return min(count, request.suppressAbove == nil && request.groups == nil ? depth : 2 * depth)
  }

  private func deeper(than depth: Int) -> Int { min(count, depth * 8) }

  /// The hits of each stride, or nil where the order has to be known deeper.
  ///
  /// - Throws: ``IndexError/corrupt(file:offset:reason:)`` where a score is none of unit vectors.
  private func hits(
    of order: inout CandidateOrder, _ strides: [Int], _ statistics: inout SearchStatistics
  ) throws(IndexError) -> [[Hit]]? {
    let request = order.request
    // What was given up on the way is no order.
    try request.checkWanted()
    statistics.candidates = 0
    statistics.add(order.statistics)
    statistics.passes += 1
    let candidates = order.sorted()
    // They descend, and none is NaN: what is out of bounds is at an end.
    for end in [candidates.first, candidates.last] {
      if let end, end.score.magnitude > UnitVector.scoreLimit {
        throw segments[Int(end.segment)].notOfUnitLength(end.row)
      }
    }
    let ranked = firstOfGroups(candidates, request)
    var hits: [[Hit]] = []
    for stride in strides {
      hits.append(try choose(from: ranked, request, stride, order.query, &statistics))
    }
    let isWhole = candidates.count < order.depth || order.depth == count
    guard isWhole || hits.allSatisfy({ $0.count == request.skip + request.k }) else { return nil }
    return request.skip == 0 ? hits : hits.map { Array($0.dropFirst(request.skip)) }
  }

  /// Only the first of each group.
  private func firstOfGroups(_ order: [Candidate], _ request: SearchRequest) -> [Candidate] {
    guard let groups = request.groups else { return order }
    var seen: Set<Int> = []
    return order.filter { groups.index(of: $0.key).map { seen.insert($0).inserted } ?? true }
  }

  /// How many others of the candidate's group take part; parts count as what they are a part of.
  private func folded(
    _ candidate: Candidate, _ request: SearchRequest, _ query: UnitQuery
  ) throws(IndexError) -> Int {
    guard let groups = request.groups, let group = groups.index(of: candidate.key) else { return 0 }
    var others: [UInt64] = []
    for key in groups.keys(ofGroup: group) where key != candidate.key && request.admits(key) {
      guard let (segment, row) = place(of: key) else { continue }
      if let least = request.minScore, try segments[segment].score(of: row, query) < least {
        continue
      }
      others.append(key)
    }
    guard groups.hasParts else { return others.count }
    return Set(others.map(groups.whole)).subtracting([groups.whole(of: candidate.key)]).count
  }

  /// Visits every stride-th rank of the order; also the hits to skip.
  private func choose(
    from order: [Candidate], _ request: SearchRequest, _ stride: Int, _ query: UnitQuery,
    _ statistics: inout SearchStatistics
  ) throws(IndexError) -> [Hit] {
    if request.suppressAbove == nil, request.groups == nil {
      return (0..<min(request.skip + request.k, order.count / stride)).map {
        let rank = ($0 + 1) * stride
        return Hit(key: order[rank - 1].key, score: order[rank - 1].score, rank: rank, folded: 0)
      }
    }
    let wanted = request.skip + request.k
    let count = order.count / stride
    var hits: [Hit] = []
    hits.reserveCapacity(min(wanted, count))
    var duplicates = request.suppressAbove.map {
      NearDuplicates(above: $0, dimension: query.unit.count)
    }
    var visited = 0
    while hits.count < wanted, visited < count {
      try request.checkWanted()
      let end = visited + min(NearDuplicates.rowLimit, max(wanted - hits.count, visited))
      let ranks = (visited..<min(end, count)).map { ($0 + 1) * stride }
      let twins = try duplicates?.twins(of: ranks.map { order[$0 - 1] }, in: segments)
      for (i, rank) in ranks.enumerated() {
        if hits.count == wanted { break }
        let candidate = order[rank - 1]
        let folded = try folded(candidate, request, query)
        if let twin = twins?[i] {
          hits[twin].folded += 1 + folded
        } else {
          hits.append(Hit(key: candidate.key, score: candidate.score, rank: rank, folded: folded))
        }
      }
      visited += ranks.count
    }
    statistics.compared += duplicates?.compared ?? 0
    return hits
  }
}
