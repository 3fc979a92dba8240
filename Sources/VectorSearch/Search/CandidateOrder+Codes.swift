import CKernels

/// A segment of a snapshot with its codes; one object, so that handing it on costs little.
final class CodedSegment: Sendable {
  let segment: Segment
  let number: Int
  let codes: SegmentCodes

  init(_ segment: Segment, _ number: Int, _ codes: SegmentCodes) {
    self.segment = segment
    self.number = number
    self.codes = codes
  }
}

// Each of three stages reads more of fewer rows: a bound from the code for all, a closer one from code
// and rest for those that may be among the first `depth`, the score for those that may still be. What
// `depth` rows reach for certain is the floor below which nothing needs a closer look. The cells nearest
// to the query give a first one; of what the scan finds, the rows of the highest bounds are drawn closer
// first, which mostly raises it to about the last place of the answer.
extension CandidateOrder {
  /// Answers from some cells, as the wanted recall allows, for the segments of which it says the
  /// numbers; the others are left as they were.
  mutating func lookIntoCells(of snapshot: Snapshot) -> Set<Int> {
    guard let recall = request.recall else { return [] }
    let coded = snapshot.codedSegments.filter { isScanned($0.segment) }
    if coded.count > 1, let probes = snapshot.probes,
      let gap = probes.table.gap(recall: recall, depth: depth)
    {
      let probed = coded.map {
        ProbedSegment($0, query, offset: probes.offset(of: $0.segment.id))
      }
      return lookIntoCells(probed, gap) ? Set(coded.map(\.number)) : []
    }
    var answered: Set<Int> = []
    for coded in coded {
      if let gap = coded.codes.probes.gap(recall: recall, depth: depth),
        lookIntoCells([ProbedSegment(coded, query)], gap)
      {
        answered.insert(coded.number)
      }
    }
    return answered
  }

  /// Answers from the cells within `gap` of the best one of all these segments; false, with nothing
  /// done, where most cells would be looked into.
  private mutating func lookIntoCells(_ probed: [ProbedSegment], _ gap: Float) -> Bool {
    for probed in probed { probed.prepared.lowerTails(to: probed.coded.codes.tailShare) }
    guard let found = nearest(probed, gap) else { return false }
    // Where the nearest cell is hits are mostly, and a floor for the others.
    for i in probed.indices.sorted(by: { probed[$0].best > probed[$1].best })
    where found[i].count > 0 {
      statistics.candidates += found[i].count
      let known = top.floor()
      let likely = known.map { found[i].bounded(from: $0, below: .infinity) } ?? found[i]
      take(likely, floor(), probed[i].prepared, probed[i].coded)
    }
    return true
  }

  /// Answers from all cells, for the requests at `indices` of the orders.
  static func lookIntoAll(
    _ indices: [Int], of orders: inout [CandidateOrder], _ coded: CodedSegment
  ) {
    for start in stride(from: 0, to: indices.count, by: Int(VITRINE_QUERY_BLOCK)) {
      let block = indices[start..<min(start + Int(VITRINE_QUERY_BLOCK), indices.count)]
      let queries = block.map { i in
        let prepared = coded.codes.prepare(orders[i].query)
        return (prepared: prepared, floor: orders[i].firstFloor(coded, prepared))
      }
      if block.count == 1, orders[block[start]].lookTogether(coded, queries[0]) { continue }
      for ((i, query), found) in zip(zip(block, queries), coded.codes.scan(queries)) {
        let accepted = orders[i].accepted(found, coded)
        orders[i].countScan(coded, accepted: accepted.count)
        orders[i].take(accepted, query.floor, query.prepared, coded)
      }
    }
  }

  /// Answers from all cells with several threads, each of which looks through a part of the places;
  /// false, with nothing done, where there are none to be had.
  ///
  /// A floor that one part finds is one for all, and the last place of all parts together decides what
  /// is scored: the answer is the same.
  private mutating func lookTogether(
    _ coded: CodedSegment, _ query: (prepared: PreparedQuery, floor: Float)
  ) -> Bool {
    let parts = request.threads
    guard parts > 1, coded.segment.count >= request.sharedRows else { return false }
    let floor = Locked(query.floor)
    let outcomes = ScanTeam.shared.map(parts) { [self] part in
      let (start, end) = (
        coded.segment.count * part / parts, coded.segment.count * (part + 1) / parts
      )
      let found = coded.codes.scan(start..<end, query.prepared, floor: query.floor)
      let accepted = accepted(found, coded)
      let best = accepted.closer(coded.codes, query.prepared, depth, floor: floor.withLock { $0 })
      floor.withLock { $0 = max($0, best.floor) }
      return (closer: best.closer, accepted: accepted.count)
    }
    guard let outcomes else { return false }
    countScan(coded, accepted: outcomes.reduce(0) { $0 + $1.accepted })
    let closer = EnclosedPlaces(joining: outcomes.map(\.closer))
    take(closer, closer.raised(floor.withLock { $0 }, depth), coded)
    return true
  }

  private mutating func countScan(_ coded: CodedSegment, accepted: Int) {
    statistics.scanned += coded.segment.count
    statistics.probed += coded.codes.layout.cells
    statistics.candidates += admitsAll ? coded.segment.liveCount : accepted
  }

  /// By segment: the rows that take part of the cells within `gap` of the best one of all; nil where
  /// these are fewer than `depth` short of most cells.
  private mutating func nearest(_ probed: [ProbedSegment], _ gap: Float) -> [BoundedPlaces]? {
    let best = probed.map(\.best).max() ?? 0
    let all = probed.reduce(0) { $0 + $1.nearness.count }
    var gap = gap
    while true {
      var cells = 0
      let found = probed.map { probed in
        let near = probed.nearness.positions(from: best - gap)
        let found = probed.coded.codes.scan(cells: near, probed.prepared)
        cells += near.count
        statistics.scanned += found.count
        return accepted(found, probed.coded)
      }
      statistics.probed += cells
      if found.reduce(0, { $0 + $1.count }) >= depth { return found }
      if cells == all || cells > all / 2 { return nil }
      gap = max(2 * gap, 0.01)
    }
  }

  /// A score that `depth` candidates reach: the last place so far, or that of an answer from the cells
  /// nearest to the query.
  private mutating func firstFloor(_ coded: CodedSegment, _ prepared: PreparedQuery) -> Float {
    if let floor = top.floor() { return max(floor, lowestScore) }
    let gap = coded.codes.probes.gap(recall: ProbeTable.recalls[0], depth: depth) ?? 0
    let before = statistics
    let found = nearest([ProbedSegment(coded, prepared)], gap)?[0]
    // The scan will come by these again.
    statistics = before
    guard let found else { return lowestScore }
    let closer = found.highestCloser(coded.codes, prepared, depth).closer
    statistics.refined += closer.count
    return closer.raised(lowestScore, depth)
  }

  private func accepted(_ found: BoundedPlaces, _ coded: CodedSegment) -> BoundedPlaces {
    if admitsAll, coded.segment.deadCount == 0 { return found }
    return found.filter { accepts(Int(coded.codes.rowNumbers[Int($0)]), of: coded.segment) }
  }

  /// Scores what may be among the first `depth`, given a floor that as many reach.
  private mutating func take(
    _ found: BoundedPlaces, _ floor: Float, _ prepared: PreparedQuery, _ coded: CodedSegment
  ) {
    let (closer, raised) = found.closer(coded.codes, prepared, depth, floor: floor)
    take(closer, raised, coded)
  }

  private mutating func take(_ closer: EnclosedPlaces, _ floor: Float, _ coded: CodedSegment) {
    statistics.refined += closer.count
    score(closer.rows(reaching: floor, coded.codes)[...], coded.segment, coded.number)
  }
}
