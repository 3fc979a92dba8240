import CKernels

extension Snapshot {
  /// Answers exactly: the hits are those of a sort of all candidates, ids, scores and order.
  ///
  /// A score is the product of the unit query and the stored unit vector, summed in double in the
  /// order that `vitrine_dot` documents and rounded once to `Float`: the same bits on every machine.
  ///
  /// - Throws: ``IndexError/invalidRequest(_:)`` naming the value and its bound.
  /// - Complexity: one pass over the vectors that pass the filter. With `suppressAbove` each visited
  ///   candidate is also compared with the hits before it.
  package func search(_ request: SearchRequest) throws(IndexError) -> SearchResult {
    var statistics = SearchStatistics()
    guard let identity else { return SearchResult(hits: [], statistics: statistics) }
    let query = try request.unitQuery(dimension: identity.dimension)
    // Leaving out needs ranks past k · stride; how many shows only on the way.
    var depth = min(count, request.k * request.stride)
    if request.suppressAbove != nil { depth = min(count, 2 * depth) }
    while true {
      var order = ExactOrder(depth: depth, request: request, query: query)
      order.walk(self)
      statistics.passes += 1
      statistics.candidates = order.candidates
      statistics.scanned += order.scanned
      statistics.scored += order.scored
      let ranked = order.sorted()
      let isWhole = ranked.count < depth || depth == count
      let hits = choose(from: ranked, request, identity.dimension, &statistics)
      if hits.count == request.k || isWhole {
        return SearchResult(hits: hits, statistics: statistics)
      }
      depth = min(count, depth * 8)
    }
  }

  /// Visits every stride-th rank of the order.
  private func choose(
    from order: [(candidate: Candidate, folded: Int)], _ request: SearchRequest,
    _ dimension: Int, _ statistics: inout SearchStatistics
  ) -> [Hit] {
    var hits: [Hit] = []
    var chosen: [UnsafePointer<Float>] = []
    var rank = request.stride
    while hits.count < request.k, rank <= order.count {
      let (candidate, folded) = order[rank - 1]
      let vector = segments[Int(candidate.segment)].vector(of: candidate.row)
      if let bound = request.suppressAbove {
        let twin = chosen.firstIndex { other in
          statistics.compared += 1
          return Float(vitrine_dot(vector, other, dimension)) > bound
        }
        if let twin {
          hits[twin].folded += 1 + folded
          rank += request.stride
          continue
        }
        chosen.append(vector)
      }
      hits.append(Hit(key: candidate.key, score: candidate.score, rank: rank, folded: folded))
      rank += request.stride
    }
    return hits
  }
}
