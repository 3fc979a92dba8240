// A search that may miss looks into the cells nearest to the query, in two steps: into those that it
// would look into whatever the last place, then into those that the last place of these still asks for.
// See `ProbeTable`.
extension CandidateOrder {
  /// Answers from some cells, as the wanted recall allows, for the segments of which it says the
  /// numbers; the others are left as they were.
  mutating func lookIntoCells(of snapshot: Snapshot) throws(IndexError) -> [Int] {
    guard let recall = request.recall else { return [] }
    let coded = snapshot.codedSegments.filter { isScanned($0.segment) }
    return try LookRoom.with(segments: coded.count) { (room) throws(IndexError) in
      let cells = room.cells[..<coded.count]
      if coded.count > 1, let probes = snapshot.probes,
        let gap = probes.table.gap(recall: recall, depth: depth)
      {
        for (coded, own) in zip(coded, cells) {
          own.begin(
            coded.codes, query, offset: probes.offset(of: coded.segment.id),
            like: own === cells[0] ? nil : cells[0])
        }
        return try lookIntoCells(coded[...], cells, gap, probes.table) ? coded.map(\.number) : []
      }
      var answered: [Int] = []
      for i in coded.indices {
        let codes = coded[i].codes
        guard let gap = codes.probes.gap(recall: recall, depth: depth) else { continue }
        cells[i].begin(codes, query, offset: codes.offset)
        if try lookIntoCells(coded[i...i], cells[i...i], gap, codes.probes) {
          answered.append(coded[i].number)
        }
      }
      return answered
    }
  }

  /// Answers from the cells of all these segments that are within `gap` of the table's mark; false, with
  /// nothing done, where most cells would be looked into.
  private mutating func lookIntoCells(
    _ coded: ArraySlice<CodedSegment>, _ cells: ArraySlice<ProbedCells>, _ gap: Float,
    _ table: ProbeTable
  ) throws(IndexError) -> Bool {
    for i in coded.indices { cells[i].query.lowerTails(to: coded[i].codes.tailShare) }
    guard let scanned = scanNearest(coded, cells, gap) else { return false }
    // Where the nearest cell is hits are mostly, and a floor for the others.
    let order = coded.indices.sorted { cells[$0].best > cells[$1].best }
    var floor = self.floor()
    for i in order {
      cells[i].list.begin(depth: depth, floor: floor)
      statistics.candidates += cells[i].found.count
      if cells[i].found.count > 0 { cells[i].list.addLikely(cells[i].found, coded[i].codes) }
      floor = max(floor, cells[i].list.floor)
    }
    let best = cells[order[0]].best
    // Where no list alone has `depth` rows, nothing is known of the last place.
    let last = floor > -.greatestFiniteMagnitude ? floor : best
    let least = table.mark(best: best, last: last) - gap
    if least < scanned {
      for i in order {
        cells[i].choose(coded[i].codes, from: least, below: scanned)
        guard cells[i].chosenRows > 0 else { continue }
        scan(coded[i], cells[i])
        statistics.candidates += cells[i].found.count
        cells[i].list.raise(to: floor)
        cells[i].list.add(cells[i].found, coded[i].codes)
        floor = max(floor, cells[i].list.floor)
      }
    }
    for i in order {
      cells[i].list.raise(to: max(floor, self.floor()))
      try score(cells[i].list, coded[i])
    }
    return true
  }

  /// Scans the cells within `gap` of the best one of all; returns how near these are at least, or nil
  /// where the rows that take part are fewer than `depth` short of most cells.
  mutating func scanNearest(
    _ coded: ArraySlice<CodedSegment>, _ cells: ArraySlice<ProbedCells>, _ gap: Float
  ) -> Float? {
    var best = -Float.infinity
    for i in cells.indices { best = max(best, cells[i].best) }
    var gap = gap
    while true {
      var rows = 0
      var chosen = 0
      var all = 0
      for i in coded.indices {
        cells[i].choose(coded[i].codes, from: best - gap)
        rows += cells[i].chosenRows
        chosen += cells[i].chosenCount
        all += cells[i].count
      }
      if rows >= depth {
        var found = 0
        for i in coded.indices {
          scan(coded[i], cells[i])
          found += cells[i].found.count
        }
        if found >= depth { return best - gap }
      }
      if chosen > all / 2 { return nil }
      gap = max(2 * gap, 0.01)
    }
  }

  /// Finds the rows of the chosen cells that take part.
  mutating func scan(_ coded: CodedSegment, _ cells: ProbedCells) {
    cells.scan(coded.codes)
    statistics.probed += cells.chosenCount
    statistics.scanned += cells.found.count
    if let admission = admission(to: coded) { cells.found.keep(admission) }
  }
}
