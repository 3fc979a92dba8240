import CKernels

/// The beginning of the exact order of a request's candidates, groups left aside.
///
/// Where a segment has codes, each of three stages reads more of fewer rows: a bound from the code for
/// all, a closer one from code and rest for those that may be among the first `depth`, the score for
/// those that may still be. With ``SearchRequest/recall`` the first stage looks into some cells only,
/// and counts on tails being as short as they mostly are.
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
      var sharing: [Int] = []
      for i in orders.indices {
        if let narrow = narrow[i], segment.isSealed {
          let rows = narrow.compactMap { segment.row(of: $0) }
          orders[i].walk(rows, of: segment, number)
        } else if let codes = segment.codes, orders[i].depth < segment.count / 4 {
          if orders[i].request.recall == nil, orders.count > 1 {
            sharing.append(i)
          } else {
            orders[i].walk(segment, number, codes)
          }
        } else {
          orders[i].walk(0..<segment.count, of: segment, number)
        }
      }
      guard let codes = segment.codes else { continue }
      for start in stride(from: 0, to: sharing.count, by: Int(VITRINE_QUERY_BLOCK)) {
        let block = sharing[start..<min(start + Int(VITRINE_QUERY_BLOCK), sharing.count)]
        let prepared = block.map { codes.prepare(orders[$0].query) }
        for (place, values) in codes.bounds(prepared).enumerated() {
          orders[block[start + place]].take(
            Bounds(values: values, places: nil, cells: codes.layout.cells), prepared[place],
            segment, number, codes)
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

  /// Bounds of some places of a segment.
  private struct Bounds {
    var values: [Float]
    /// Parallel to `values`, or nil where that is every place from 0.
    var places: [UInt32]?
    /// Cells that they come from.
    var cells: Int

    func places(at positions: [UInt32]) -> [UInt32] {
      guard let places else { return positions }
      return positions.map { places[Int($0)] }
    }
  }

  private mutating func walk(_ segment: Segment, _ number: Int, _ codes: SegmentCodes) {
    let prepared = codes.prepare(query)
    var gap = request.recall.flatMap { codes.probes.gap(recall: $0, depth: depth) }
    if gap != nil { prepared.lowerTails(to: codes.tailShare) }
    while !take(bound(codes, prepared, within: gap), prepared, segment, number, codes) {
      // A filter left too few: look further, so that a request gets what there is.
      gap = gap.flatMap { $0 > 0.5 ? nil : max(2 * $0, 0.01) }
    }
  }

  /// Adds what the bounds leave; false, with nothing done, where some cells held too few that take
  /// part.
  @discardableResult private mutating func take(
    _ bounds: consuming Bounds, _ prepared: PreparedQuery, _ segment: Segment, _ number: Int,
    _ codes: SegmentCodes
  ) -> Bool {
    let accepted = reject(segment, codes, &bounds)
    if bounds.places != nil, accepted < min(depth, segment.liveCount) { return false }
    statistics.candidates += accepted
    statistics.scanned += bounds.values.count
    statistics.probed += bounds.cells
    choose(bounds, accepted, prepared, segment, number, codes)
    return true
  }

  private func bound(_ codes: SegmentCodes, _ prepared: PreparedQuery, within gap: Float?) -> Bounds
  {
    guard let gap else {
      let values = [Float](unsafeUninitializedCapacity: codes.layout.rows) { buffer, count in
        codes.bound(0..<codes.layout.rows, prepared, into: buffer.baseAddress!)
        count = codes.layout.rows
      }
      return Bounds(values: values, places: nil, cells: codes.layout.cells)
    }
    let scores = codes.cellScores(prepared)
    let ranges = atLeast((scores.max() ?? 0) - gap, scores).map {
      Int(codes.cellStarts[Int($0)])..<Int(codes.cellStarts[Int($0) + 1])
    }
    let total = ranges.reduce(0) { $0 + $1.count }
    var places: [UInt32] = []
    let values = [Float](unsafeUninitializedCapacity: total) { values, filled in
      places = [UInt32](unsafeUninitializedCapacity: total) { places, filled in
        var end = 0
        for range in ranges {
          codes.bound(range, prepared, into: values.baseAddress! + end)
          for (i, place) in range.enumerated() { places[end + i] = UInt32(place) }
          end += range.count
        }
        filled = total
      }
      filled = total
    }
    return Bounds(values: values, places: places, cells: ranges.count)
  }

  /// Takes out what does not take part; returns how many are left.
  private func reject(_ segment: Segment, _ codes: SegmentCodes, _ bounds: inout Bounds) -> Int {
    let admitsAll = request.filter == nil && request.excluding.isEmpty
    if admitsAll, segment.deadCount == 0 { return bounds.values.count }
    let rowNumbers = codes.rowNumbers
    var left = bounds.values.count
    for i in bounds.values.indices {
      let row = Int(rowNumbers[bounds.places.map { Int($0[i]) } ?? i])
      if segment.isDead(row) || !(admitsAll || request.admits(segment.key(of: row))) {
        bounds.values[i] = -.infinity
        left -= 1
      }
    }
    return left
  }

  private mutating func choose(
    _ bounds: Bounds, _ accepted: Int, _ prepared: PreparedQuery, _ segment: Segment,
    _ number: Int, _ codes: SegmentCodes
  ) {
    var floor = max(top.floor() ?? lowestScore, lowestScore)
    if top.floor() == nil, accepted > depth {
      // At least `depth` rows reach this bound, and not many more: what their scores are at least
      // gives a last place at once.
      let first = bounds.places(at: atLeast(firstFloor(bounds.values), bounds.values))
      floor = max(floor, depthLargest(codes.refine(first, prepared).lower))
      statistics.refined += first.count
    }
    let places = bounds.places(at: atLeast(floor, bounds.values))
    let (lower, upper) = codes.refine(places, prepared)
    statistics.refined += places.count
    floor = max(floor, depthLargest(lower))
    var rows: [Int] = []
    for (place, bound) in zip(places, upper) where bound >= floor {
      rows.append(Int(codes.rowNumbers[Int(place)]))
    }
    score(rows[...], segment, number)
  }

  /// A number that at least `depth` of the values reach, and not many more: the depth-th largest
  /// among the maxima of some groups of them.
  private func firstFloor(_ bounds: [Float]) -> Float {
    let groups = min(bounds.count, max(16 * depth, 256))
    var maxima = [Float](unsafeUninitializedCapacity: groups) { buffer, count in
      vitrine_group_maxima(bounds, bounds.count, groups, buffer.baseAddress)
      count = groups
    }
    return max(vitrine_kth_largest(&maxima, groups, depth), lowestScore)
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
