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
// to the query give a first one, and what is drawn closer on the way through the others raises it.
extension CandidateOrder {
  /// Requests that look through the codes together.
  private static let together = 64
  /// Places after which these raise their floors.
  private static let placesTogether = 512
  /// Places that one request has at a time.
  private static let placesAlone = 4096
  /// From this depth on a guess of the floor is worth more than what a certain one costs.
  private static let guessDepth = 32

  /// Answers from all cells, for the requests at `indices` of the orders.
  static func lookIntoAll(
    _ indices: [Int], of orders: inout [CandidateOrder], _ coded: CodedSegment
  ) throws(IndexError) {
    let all = 0..<coded.segment.count
    for start in stride(from: 0, to: indices.count, by: together) {
      let block = indices[start..<min(start + together, indices.count)]
      let isAbandoned = isAbandoned(block.lazy.map { [orders] in orders[$0].request })
      try LookRoom.with(queries: block.count, segments: 1) { (room) throws(IndexError) in
        let lists = room.lists[..<block.count]
        for (order, list) in zip(block, lists) {
          orders[order].begin(list, coded, room.cells[0], guesses: block.count > 1)
        }
        if block.count > 1 {
          lookTogether(lists, through: all, of: coded, until: isAbandoned)
          if isAbandoned() { return }
          for list in lists where list.hasGuessedTooHigh(coded.codes) {
            list.startAnew()
            look(through: all, of: coded, list, room.found, until: isAbandoned)
          }
        } else if !orders[block[start]].lookInParts(coded, lists[0], until: isAbandoned) {
          look(through: all, of: coded, lists[0], room.found, until: isAbandoned)
        }
        if isAbandoned() { return }
        try take(lists, for: block, of: &orders, coded)
      }
    }
  }

  /// Offers what is found at some places to some lists, which share the reading of codes and rests; ends
  /// early where nobody wants it.
  private static func lookTogether(
    _ lists: ArraySlice<Shortlist>, through places: Range<Int>, of coded: CodedSegment,
    until isAbandoned: () -> Bool
  ) {
    for first in stride(from: places.lowerBound, to: places.upperBound, by: placesTogether) {
      if isAbandoned() { return }
      let block = first..<min(first + placesTogether, places.upperBound)
      var looks = lists.map { $0.look(at: block.count) }
      coded.codes.look(&looks, at: block)
      for (list, look) in zip(lists, looks) { list.take(look, coded.codes) }
    }
  }

  /// Offers what is found at some places to a list, some places at a time: the next meet a higher floor.
  private static func look(
    through places: Range<Int>, of coded: CodedSegment, _ list: Shortlist, _ found: BoundedPlaces,
    sharing floor: Locked<Float>? = nil, until isAbandoned: () -> Bool
  ) {
    for first in stride(from: places.lowerBound, to: places.upperBound, by: placesAlone) {
      if isAbandoned() { return }
      let block = first..<min(first + placesAlone, places.upperBound)
      coded.codes.scan(block, list.query, from: list.floor, into: found)
      list.add(found, coded.codes)
      found.removeAll()
      floor?.withLock {
        list.raise(to: $0)
        $0 = list.floor
      }
    }
  }

  /// Looks through all cells with several threads, each of which takes a part of the places; false, with
  /// nothing done, where there are none to be had.
  ///
  /// A floor that one part finds is one for all, and the last place of all parts together decides what
  /// is scored: the answer is the same.
  private func lookInParts(
    _ coded: CodedSegment, _ list: Shortlist, until isAbandoned: @escaping @Sendable () -> Bool
  ) -> Bool {
    let parts = request.threads
    guard parts > 1, coded.segment.count >= request.sharedRows else { return false }
    let floor = Locked(list.floor)
    let lists = ScanTeam.shared.map(parts) { part in
      let places =
        coded.segment.count * part / parts..<coded.segment.count * (part + 1) / parts
      let own = Shortlist(list.query)
      own.begin(depth: depth, floor: list.floor, admission: admission(to: coded))
      LookRoom.with {
        Self.look(
          through: places, of: coded, own, $0.found, sharing: floor, until: isAbandoned)
      }
      return own
    }
    guard let lists else { return false }
    list.join(lists, coded.codes)
    return true
  }

  /// Begins a list with a floor that `depth` candidates reach: the last place so far, or that of an
  /// answer from the cells nearest to the query. A deep one may be guessed instead.
  private mutating func begin(
    _ list: Shortlist, _ coded: CodedSegment, _ cells: ProbedCells, guesses: Bool
  ) {
    coded.codes.prepare(query, into: list.query)
    let known = top.floor()
    list.begin(
      depth: depth, floor: max(known ?? lowestScore, lowestScore), admission: admission(to: coded))
    guard known == nil else { return }
    // The scan will come by these again.
    let before = statistics
    defer { statistics = before }
    cells.measure(coded.codes, list.query)
    if guesses, depth >= Self.guessDepth, guess(list, coded, cells) { return }
    let gap = coded.codes.probes.gap(recall: ProbeTable.recalls[0], depth: depth) ?? 0
    if scanNearest([coded], [cells], gap) != nil { list.raise(by: cells.found, coded.codes) }
  }

  /// Has a list guess its floor from the nearest cells, which have some times as many rows as are wanted;
  /// false where too few of these take part.
  private mutating func guess(
    _ list: Shortlist, _ coded: CodedSegment, _ cells: ProbedCells
  ) -> Bool {
    let nearest = min(cells.count, 1 + 5 * depth * cells.count / coded.segment.count)
    cells.chooseNearest(coded.codes, nearest)
    scan(coded, cells)
    guard cells.found.count >= 2 * depth else { return false }
    list.guess(from: cells.found)
    return true
  }

  /// Says which rows take part; nil where all do.
  func admission(to coded: CodedSegment) -> Admission? {
    if admitsAll, coded.segment.deadCount == 0 { return nil }
    return Admission(request, coded)
  }

  /// Scores what may be among the first of a segment that was looked through, and offers it.
  private static func take(
    _ lists: ArraySlice<Shortlist>, for indices: ArraySlice<Int>, of orders: inout [CandidateOrder],
    _ coded: CodedSegment
  ) throws(IndexError) {
    for (i, list) in zip(indices, lists) {
      orders[i].statistics.scanned += coded.segment.count
      orders[i].statistics.probed += coded.codes.layout.cells
      orders[i].statistics.candidates +=
        orders[i].admitsAll ? coded.segment.liveCount : list.offered
    }
    if lists.count == 1 { return try orders[indices[indices.startIndex]].score(lists[0], coded) }
    try score(lists.map { $0.takeSurest(coded.codes) }, for: indices, of: &orders, coded)
    for (i, list) in zip(indices, lists) {
      orders[i].statistics.refined += list.refined
      list.raise(to: orders[i].floor())
    }
    try score(lists.map { $0.rows(coded.codes) }, for: indices, of: &orders, coded)
  }

  /// Scores some rows for each of the orders at `indices`, and offers them.
  private static func score(
    _ parts: [[UInt32]], for indices: ArraySlice<Int>, of orders: inout [CandidateOrder],
    _ coded: CodedSegment
  ) throws(IndexError) {
    let numbers = parts.enumerated().flatMap { number, rows in
      repeatElement(UInt32(number), count: rows.count)
    }
    let rows = parts.flatMap { $0 }
    let scores = try coded.segment.scores(
      of: rows, against: numbers, indices.map { orders[$0].query })
    var start = 0
    for (rows, i) in zip(parts, indices) {
      orders[i].offer(
        rows.lazy.map { Int($0) }, scores[start..<start + rows.count], coded.segment, coded.number)
      start += rows.count
    }
  }

  /// Scores what may be among the first `depth`: what is for certain, as far as codes tell, and what may be
  /// still beside that.
  mutating func score(_ list: Shortlist, _ coded: CodedSegment) throws(IndexError) {
    statistics.refined += list.refined
    let surest = list.takeSurest(coded.codes)
    try score(surest.lazy.map { Int($0) }, coded.segment, coded.number)
    list.raise(to: floor())
    try score(list.rows(coded.codes).lazy.map { Int($0) }, coded.segment, coded.number)
  }
}
