import CKernels

/// The beginning of the exact order of a request's candidates, groups left aside.
///
/// Where a segment has codes, each of three stages reads more of fewer rows: a bound from the code for
/// all, a closer one from code and rest for those that may be among the first `depth`, the score for
/// those that may still be. The cells nearest to the query say first what it takes to be among them.
/// With ``SearchRequest/recall`` a search looks into some cells only, and counts on tails being as
/// short as they mostly are.
struct CandidateOrder {
  private static let block = 256

  let request: SearchRequest
  let depth: Int
  let query: UnitQuery
  private var top: TopCandidates
  private(set) var statistics = SearchStatistics()

  init(depth: Int, request: SearchRequest, query: UnitQuery) {
    self.request = request
    self.depth = depth
    self.query = query
    top = TopCandidates(limit: depth)
  }

  mutating func walk(_ snapshot: Snapshot) {
    var orders = [self]
    Self.walk(&orders, snapshot)
    self = orders[0]
  }

  /// Walks for several requests; those that look into all cells share the reading of codes.
  static func walk(_ orders: inout [CandidateOrder], _ snapshot: Snapshot) {
    // A narrow filter is looked up key by key.
    let narrow = orders.map { order in
      order.request.filter.flatMap { $0.count < snapshot.count / 16 ? $0.keys : nil }
    }
    for (number, segment) in snapshot.segments.enumerated() {
      var scanning: [Int] = []
      for i in orders.indices {
        if let narrow = narrow[i], segment.isSealed {
          let rows = narrow.compactMap { segment.row(of: $0) }
          orders[i].walk(rows, of: segment, number)
        } else if let codes = segment.codes, orders[i].depth < segment.count / 4 {
          if !orders[i].lookIntoCells(segment, number, codes) { scanning.append(i) }
        } else {
          orders[i].walk(0..<segment.count, of: segment, number)
        }
      }
      guard let codes = segment.codes, !scanning.isEmpty else { continue }
      for start in stride(from: 0, to: scanning.count, by: Int(VITRINE_QUERY_BLOCK)) {
        let block = scanning[start..<min(start + Int(VITRINE_QUERY_BLOCK), scanning.count)]
        let queries = block.map { i in
          let prepared = codes.prepare(orders[i].query)
          return (prepared: prepared, floor: orders[i].floor(segment, codes, prepared))
        }
        for (place, found) in codes.scan(queries).enumerated() {
          let i = block[start + place]
          orders[i].statistics.scanned += segment.count
          orders[i].statistics.probed += codes.layout.cells
          let accepted = orders[i].accepted(found, segment, codes)
          orders[i].statistics.candidates +=
            orders[i].admitsAll ? segment.liveCount : accepted.count
          orders[i].choose(
            accepted, queries[place].floor, queries[place].prepared, segment, number, codes)
        }
      }
    }
  }

  /// The first `depth` of the order.
  mutating func sorted() -> [Candidate] { top.sorted() }

  private func accepts(_ row: Int, of segment: Segment) -> Bool {
    !segment.isDead(row) && request.admits(segment.key(of: row))
  }

  private mutating func walk(
    _ rows: some Sequence<Int>, of segment: Segment, _ number: Int
  ) {
    let rows = rows.filter { accepts($0, of: segment) }
    statistics.candidates += rows.count
    for start in stride(from: 0, to: rows.count, by: Self.block) {
      score(rows[start..<min(start + Self.block, rows.count)], segment, number)
    }
  }

  // MARK: Codes

  /// Answers from some cells, as the wanted recall allows; false, with nothing done, where that means
  /// all of them.
  private mutating func lookIntoCells(
    _ segment: Segment, _ number: Int, _ codes: SegmentCodes
  ) -> Bool {
    guard let recall = request.recall, let gap = codes.probes.gap(recall: recall, depth: depth)
    else { return false }
    let prepared = codes.prepare(query)
    prepared.lowerTails(to: codes.tailShare)
    guard let (places, bounds) = nearest(segment, codes, prepared, gap) else { return false }
    var floor = self.floor()
    var least = floor
    if bounds.count > depth {
      var copy = bounds
      // Half as many again as are wanted, closely bounded, give a floor that leaves few others.
      let first = vitrine_kth_largest(&copy, copy.count, min(copy.count, depth + depth / 2 + 8))
      let best = self.places(at: atLeast(max(first, floor), bounds), of: places)
      statistics.refined += best.count
      floor = max(floor, depthLargest(codes.refine(best, prepared).lower))
      // Bounds from lowered tails are not certain: those that made the floor may be below it.
      least = min(floor, max(first, least))
    }
    statistics.candidates += places.count
    choose(
      self.places(at: atLeast(least, bounds), of: places), floor, prepared, segment, number, codes)
    return true
  }

  /// The rows that take part of the cells within `gap` of the best one, by place, and their bounds;
  /// nil where there are fewer than `depth` short of all cells.
  private mutating func nearest(
    _ segment: Segment, _ codes: SegmentCodes, _ prepared: PreparedQuery, _ gap: Float
  ) -> (places: [UInt32], bounds: [Float])? {
    let scores = codes.cellScores(prepared)
    let best = scores.max() ?? 0
    var gap = gap
    while true {
      let cells = atLeast(best - gap, scores)
      var places: [UInt32] = []
      var bounds: [Float] = []
      for cell in cells {
        let range = Int(codes.cellStarts[Int(cell)])..<Int(codes.cellStarts[Int(cell) + 1])
        places.append(contentsOf: UInt32(range.lowerBound)..<UInt32(range.upperBound))
      }
      statistics.probed += cells.count
      statistics.scanned += places.count
      bounds = [Float](unsafeUninitializedCapacity: places.count) { buffer, count in
        for cell in cells {
          let range = Int(codes.cellStarts[Int(cell)])..<Int(codes.cellStarts[Int(cell) + 1])
          codes.bound(range, prepared, into: buffer.baseAddress! + count)
          count += range.count
        }
      }
      if admitsAll, segment.deadCount == 0 {
        if places.count >= depth { return (places, bounds) }
      } else {
        let kept = places.indices.filter {
          accepts(Int(codes.rowNumbers[Int(places[$0])]), of: segment)
        }
        if kept.count >= depth { return (kept.map { places[$0] }, kept.map { bounds[$0] }) }
      }
      if cells.count == codes.layout.cells || cells.count > codes.layout.cells / 2 { return nil }
      gap = max(2 * gap, 0.01)
    }
  }

  /// A score that `depth` candidates reach: the last place so far, or that of an answer from the cells
  /// nearest to the query.
  private mutating func floor(
    _ segment: Segment, _ codes: SegmentCodes, _ prepared: PreparedQuery
  ) -> Float {
    if let floor = top.floor() { return max(floor, lowestScore) }
    let gap = codes.probes.gap(recall: ProbeTable.recalls[0], depth: depth) ?? 0
    let probed = statistics.probed
    let scanned = statistics.scanned
    let found = nearest(segment, codes, prepared, gap)
    // The scan will come by these again.
    (statistics.probed, statistics.scanned) = (probed, scanned)
    guard let (places, bounds) = found else { return lowestScore }
    var copy = bounds
    let first = vitrine_kth_largest(&copy, copy.count, min(copy.count, 2 * depth + 8))
    let best = self.places(at: atLeast(first, bounds), of: places)
    statistics.refined += best.count
    return max(lowestScore, depthLargest(codes.refine(best, prepared).lower))
  }

  private mutating func floor() -> Float { max(top.floor() ?? lowestScore, lowestScore) }

  private func places(at positions: [UInt32], of places: [UInt32]) -> [UInt32] {
    positions.map { places[Int($0)] }
  }

  private var admitsAll: Bool { request.filter == nil && request.excluding.isEmpty }

  private func accepted(
    _ places: [UInt32], _ segment: Segment, _ codes: SegmentCodes
  ) -> [UInt32] {
    if admitsAll, segment.deadCount == 0 { return places }
    return places.filter { accepts(Int(codes.rowNumbers[Int($0)]), of: segment) }
  }

  /// Scores what may be among the first `depth`, given a floor that as many reach.
  private mutating func choose(
    _ places: [UInt32], _ floor: Float, _ prepared: PreparedQuery, _ segment: Segment,
    _ number: Int, _ codes: SegmentCodes
  ) {
    let (lower, upper) = codes.refine(places, prepared)
    statistics.refined += places.count
    let floor = max(floor, depthLargest(lower))
    var rows: [Int] = []
    for (place, bound) in zip(places, upper) where bound >= floor {
      rows.append(Int(codes.rowNumbers[Int(place)]))
    }
    score(rows[...], segment, number)
  }

  /// The depth-th largest of the values, or minus infinity where there are fewer.
  private func depthLargest(_ values: [Float]) -> Float {
    guard values.count >= depth else { return -.infinity }
    var copy = values
    return vitrine_kth_largest(&copy, copy.count, depth)
  }

  /// No score and no bound of a row that takes part is below.
  private var lowestScore: Float {
    max(request.minScore ?? -.infinity, -.greatestFiniteMagnitude)
  }

  /// The ascending positions of the values from `floor` on.
  private func atLeast(_ floor: Float, _ values: [Float]) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: values.count) { buffer, count in
      count = vitrine_at_least(values, values.count, floor, buffer.baseAddress)
    }
  }

  private mutating func score(_ rows: ArraySlice<Int>, _ segment: Segment, _ number: Int) {
    let offsets = rows.map { segment.rows.offsets[$0] }
    let scores = [Float](unsafeUninitializedCapacity: rows.count) { buffer, count in
      vitrine_score_rows(
        segment.floats, offsets, rows.count, query.wide, query.wide.count, buffer.baseAddress)
      count = rows.count
    }
    statistics.scored += rows.count
    for (row, score) in zip(rows, scores) where score >= lowestScore {
      top.offer(score: score, key: segment.key(of: row), segment: number, row: row)
    }
  }
}
