// A search that may miss looks into the cells nearest to the query, in two steps: into those that it
// would look into whatever the last place, then into those that the last place of these still asks for.
// See `ProbeTable`.
extension CandidateOrder {
  /// Answers from some cells, as the wanted recall allows, for the segments of which it says the
  /// numbers; the others are left as they were.
  mutating func lookIntoCells(of snapshot: Snapshot) -> Set<Int> {
    guard let recall = request.recall else { return [] }
    let coded = snapshot.codedSegments.filter { isScanned($0.segment) }
    if coded.count > 1, let probes = snapshot.probes,
      let gap = probes.table.gap(recall: recall, depth: depth)
    {
      var probed: [ProbedSegment] = []
      for coded in coded {
        let offset = probes.offset(of: coded.segment.id)
        probed.append(ProbedSegment(coded, query, offset: offset, like: probed.first))
      }
      return lookIntoCells(probed, gap, probes.table) ? Set(coded.map(\.number)) : []
    }
    var answered: Set<Int> = []
    for coded in coded {
      let table = coded.codes.probes
      if let gap = table.gap(recall: recall, depth: depth),
        lookIntoCells([ProbedSegment(coded, query, offset: coded.codes.offset)], gap, table)
      {
        answered.insert(coded.number)
      }
    }
    return answered
  }

  /// Answers from the cells of all these segments that are within `gap` of the table's mark; false, with
  /// nothing done, where most cells would be looked into.
  private mutating func lookIntoCells(
    _ probed: [ProbedSegment], _ gap: Float, _ table: ProbeTable
  ) -> Bool {
    for probed in probed { probed.prepared.lowerTails(to: probed.coded.codes.tailShare) }
    guard let near = nearest(probed, gap) else { return false }
    // Where the nearest cell is hits are mostly, and a floor for the others.
    let order = probed.indices.sorted { probed[$0].best > probed[$1].best }
    var floor = self.floor()
    let lists = probed.map { Shortlist($0.prepared, depth: depth, floor: floor) }
    for i in order where near.found[i].count > 0 {
      let found = near.found[i]
      statistics.candidates += found.count
      let isKnown = floor > lowestScore
      lists[i].raise(to: floor)
      lists[i].addLikely(
        isKnown ? found.bounded(from: floor, below: .infinity) : found, probed[i].coded.codes)
      floor = lists[i].floor
    }
    let best = probed[order[0]].best
    // Where no list alone has `depth` rows, nothing is known of the last place.
    let last = floor > -.greatestFiniteMagnitude ? floor : best
    let least = table.mark(best: best, last: last) - gap
    if least < near.least {
      let found = scan(probed, cells(of: probed, from: least, below: near.least))
      for i in order where found[i].count > 0 {
        statistics.candidates += found[i].count
        lists[i].raise(to: floor)
        lists[i].add(found[i].bounded(from: floor, below: .infinity), probed[i].coded.codes)
        floor = lists[i].floor
      }
    }
    for i in order {
      lists[i].raise(to: max(floor, self.floor()))
      score(lists[i], probed[i].coded)
    }
    return true
  }

  /// By segment: the rows that take part of the cells within `gap` of the best one of all, and how near
  /// these are at least; nil where the rows are fewer than `depth` short of most cells.
  mutating func nearest(
    _ probed: [ProbedSegment], _ gap: Float
  ) -> (found: [BoundedPlaces], least: Float)? {
    let best = probed.map(\.best).max() ?? 0
    let all = probed.reduce(0) { $0 + $1.nearness.count }
    var gap = gap
    while true {
      let near = cells(of: probed, from: best - gap, below: .infinity)
      if zip(probed, near).reduce(0, { $0 + $1.0.coded.codes.count(in: $1.1) }) >= depth {
        let found = scan(probed, near)
        if found.reduce(0, { $0 + $1.count }) >= depth { return (found, best - gap) }
      }
      if near.reduce(0, { $0 + $1.count }) > all / 2 { return nil }
      gap = max(2 * gap, 0.01)
    }
  }

  /// By segment: the cells that are so near, ascending.
  private func cells(
    of probed: [ProbedSegment], from least: Float, below most: Float
  ) -> [[UInt32]] {
    probed.map { probed in
      var near = probed.nearness.withUnsafeBufferPointer { $0.positions(from: least) }
      if most < .infinity { near.removeAll { probed.nearness[Int($0)] >= most } }
      return near
    }
  }

  /// By segment: the rows that take part of some cells.
  private mutating func scan(_ probed: [ProbedSegment], _ cells: [[UInt32]]) -> [BoundedPlaces] {
    zip(probed, cells).map { probed, cells in
      let found = probed.coded.codes.scan(cells: cells, probed.prepared)
      statistics.probed += cells.count
      statistics.scanned += found.count
      return accepted(found, probed.coded)
    }
  }
}
