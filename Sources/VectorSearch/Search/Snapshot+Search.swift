extension Snapshot {
  /// Answers exactly: the hits are those of a sort of all candidates, ids, scores and order.
  ///
  /// A score is the product of the unit query and the unit vector that is stored, summed in double in the
  /// order that `vitrine_dot` documents and rounded once to `Float`: the same bits on every machine.
  /// With ``SearchRequest/recall`` some candidates may be overlooked, the others are the same.
  ///
  /// - Throws: ``IndexError/invalidRequest(_:)`` naming the value and its bound.
  /// - Complexity: one pass over the codes of the vectors, or over the vectors where there are none.
  ///   With `suppressAbove` each visited candidate is also compared with the hits before it.
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
    let query = try request.unitQuery(dimension: identity.dimension)
    if let bad = strides.first(where: { !SearchRequest.strideLimit.contains($0) }) {
      throw .invalidRequest("stride is \(bad), allowed are 1...1048576")
    }
    return search(request, strides, query, depth: depth(of: request, strides))
  }

  /// Answers many requests, each as alone; those that look into all cells share the reading of the
  /// codes, which takes less time than one after the other.
  package func search(_ requests: [SearchRequest]) throws(IndexError) -> [SearchResult] {
    guard let identity else { return requests.map { _ in SearchResult() } }
    var orders: [CandidateOrder] = []
    for request in requests {
      orders.append(
        CandidateOrder(
          depth: depth(of: request, [request.stride]), request: request,
          query: try request.unitQuery(dimension: identity.dimension)))
    }
    CandidateOrder.walk(&orders, self)
    return requests.indices.map { i in
      var statistics = SearchStatistics()
      let stride = [requests[i].stride]
      if let hits = hits(of: &orders[i], stride, &statistics) {
        return SearchResult(hits: hits[0], statistics: statistics)
      }
      return search(
        requests[i], stride, orders[i].query, depth: deeper(than: orders[i].depth), statistics)[0]
    }
  }

  private func search(
    _ request: SearchRequest, _ strides: [Int], _ query: UnitQuery, depth: Int,
    _ before: SearchStatistics = SearchStatistics()
  ) -> [SearchResult] {
    var statistics = before
    var depth = depth
    while true {
      var order = CandidateOrder(depth: depth, request: request, query: query)
      order.walk(self)
      if let hits = hits(of: &order, strides, &statistics) {
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
  private func hits(
    of order: inout CandidateOrder, _ strides: [Int], _ statistics: inout SearchStatistics
  ) -> [[Hit]]? {
    statistics.candidates = 0
    statistics.add(order.statistics)
    statistics.passes += 1
    let request = order.request
    let candidates = order.sorted()
    let ranked = firstOfGroups(candidates, request)
    let hits = strides.map { choose(from: ranked, request, $0, order.query, &statistics) }
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
  ) -> Int {
    guard let groups = request.groups, let group = groups.index(of: candidate.key) else { return 0 }
    let others = groups.keys(ofGroup: group).lazy.filter { key in
      guard key != candidate.key, request.admits(key), let (segment, row) = place(of: key) else {
        return false
      }
      guard let least = request.minScore else { return true }
      return segments[segment].score(of: row, query) >= least
    }
    guard groups.hasParts else { return others.count { _ in true } }
    return Set(others.map(groups.whole)).subtracting([groups.whole(of: candidate.key)]).count
  }

  /// Visits every stride-th rank of the order; also the hits to skip.
  private func choose(
    from order: [Candidate], _ request: SearchRequest, _ stride: Int, _ query: UnitQuery,
    _ statistics: inout SearchStatistics
  ) -> [Hit] {
    if request.suppressAbove == nil, request.groups == nil {
      return Swift.stride(from: stride, through: order.count, by: stride)
        .prefix(request.skip + request.k).map {
          Hit(key: order[$0 - 1].key, score: order[$0 - 1].score, rank: $0, folded: 0)
        }
    }
    var hits: [Hit] = []
    hits.reserveCapacity(min(request.skip + request.k, order.count / stride))
    var chosen: [UnitQuery] = []
    var rank = stride
    while hits.count < request.skip + request.k, rank <= order.count {
      let candidate = order[rank - 1]
      let folded = folded(candidate, request, query)
      if let bound = request.suppressAbove {
        let segment = segments[Int(candidate.segment)]
        let twin = chosen.firstIndex { other in
          statistics.compared += 1
          return segment.score(of: candidate.row, other) > bound
        }
        if let twin {
          hits[twin].folded += 1 + folded
          rank += stride
          continue
        }
        chosen.append(UnitQuery(segment.vector(of: candidate.row)))
      }
      hits.append(Hit(key: candidate.key, score: candidate.score, rank: rank, folded: folded))
      rank += stride
    }
    return hits
  }
}
