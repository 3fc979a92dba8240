/// The beginning of the exact order of a request's candidates, groups left aside.
///
/// Where a segment has codes, three stages read more of fewer rows; see `CandidateOrder+Codes.swift`.
/// With ``SearchRequest/recall`` a search looks into some cells only, and counts on tails being as
/// short as they mostly are.
struct CandidateOrder {
  private static let block = 256

  let request: SearchRequest
  let depth: Int
  let query: UnitQuery
  var top: TopCandidates
  var statistics = SearchStatistics()

  init(depth: Int, request: SearchRequest, query: UnitQuery) {
    self.request = request
    self.depth = depth
    self.query = query
    top = TopCandidates(limit: depth)
  }

  mutating func walk(_ snapshot: Snapshot) throws(IndexError) {
    var orders = [self]
    try Self.walk(&orders, snapshot)
    self = orders[0]
  }

  /// Walks for several requests; those that look into all cells share the reading of codes.
  ///
  /// It ends early, and what it found is no order, where nobody wants any of the answers.
  static func walk(_ orders: inout [CandidateOrder], _ snapshot: Snapshot) throws(IndexError) {
    // A narrow filter may be looked up key by key.
    let scoredSooner = snapshot.segments.reduce(0) { $0 + $1.rowsScoredSooner }
    let narrow = orders.map { order in
      order.request.filter.flatMap { $0.count < scoredSooner ? $0.keys : nil }
    }
    let isAbandoned = isAbandoned(orders.lazy.map(\.request))
    var answered = orders.map { _ in [Int]() }
    for i in orders.indices where narrow[i] == nil {
      if isAbandoned() { return }
      answered[i] = try orders[i].lookIntoCells(of: snapshot)
    }
    for number in snapshot.segments.indices
    where !answered.allSatisfy({ $0.contains(number) }) {
      if isAbandoned() { return }
      let segment = snapshot.segments[number]
      var scanning: [Int] = []
      for i in orders.indices where !answered[i].contains(number) {
        let isScanned = orders[i].isScanned(segment)
        if let narrow = narrow[i], segment.isSealed,
          !isScanned || narrow.count < segment.rowsScoredSooner
        {
          let rows = narrow.compactMap { segment.row(of: $0) }
          try orders[i].walk(rows, of: segment, number)
        } else if isScanned {
          scanning.append(i)
        } else {
          try orders[i].walkThrough(segment, number)
        }
      }
      guard !scanning.isEmpty, let codes = segment.codes else { continue }
      try lookIntoAll(scanning, of: &orders, CodedSegment(segment, number, codes))
    }
  }

  /// Says whether nobody wants any of the answers.
  static func isAbandoned(_ requests: some Sequence<SearchRequest>) -> @Sendable () -> Bool {
    var all: [@Sendable () -> Bool] = []
    for request in requests {
      guard let isAbandoned = request.isAbandoned else { return { false } }
      all.append(isAbandoned)
    }
    return { [all] in all.allSatisfy { $0() } }
  }

  /// Whether codes spare more than they cost.
  func isScanned(_ segment: Segment) -> Bool { segment.codes != nil && depth < segment.count / 4 }

  /// The first `depth` of the order.
  mutating func sorted() -> [Candidate] { top.sorted() }

  var admitsAll: Bool { request.filter == nil && request.excluding.isEmpty }

  func accepts(_ row: Int, of segment: Segment) -> Bool {
    !segment.isDead(row) && request.admits(segment.key(of: row))
  }

  private mutating func walk(
    _ rows: some Sequence<Int>, of segment: Segment, _ number: Int
  ) throws(IndexError) {
    let rows = rows.filter { accepts($0, of: segment) }
    statistics.candidates += rows.count
    for start in stride(from: 0, to: rows.count, by: Self.block) {
      if let isAbandoned = request.isAbandoned, isAbandoned() { return }
      try score(rows[start..<min(start + Self.block, rows.count)], segment, number)
    }
  }

  /// Walks through a segment that has no codes, or none that spare anything. Where single rows have some,
  /// only those are scored that may be among the first.
  private mutating func walkThrough(_ segment: Segment, _ number: Int) throws(IndexError) {
    guard let (codes, count) = segment.pendingCodes, depth < count / 4 else {
      return try walk(0..<segment.count, of: segment, number)
    }
    try LookRoom.with(queries: 1) { (room) throws(IndexError) in
      if admitsAll, segment.deadCount == 0 {
        room.found.begin(0..<count)
      } else {
        room.found.begin((0..<count).filter { accepts($0, of: segment) })
      }
      statistics.candidates += room.found.count
      statistics.refined += room.found.count
      let query = room.lists[0].query
      codes.prepare(self.query, into: query)
      let floor = floor()
      codes.enclose(room.found, query, from: floor, into: room.closer)
      let rows = room.closer.rows(reaching: room.closer.raised(floor, depth), nil)
      try score(rows.lazy.map { Int($0) }, segment, number)
    }
    try walk(count..<segment.count, of: segment, number)
  }

  /// A score that `depth` candidates reach, as far as is known.
  mutating func floor() -> Float { max(top.floor() ?? lowestScore, lowestScore) }

  /// No score and no bound of a row that takes part is below.
  var lowestScore: Float {
    max(request.minScore ?? -.infinity, -.greatestFiniteMagnitude)
  }

  /// Reads the vectors of the rows and offers those that may be among the first.
  mutating func score(
    _ rows: some Collection<Int>, _ segment: Segment, _ number: Int
  ) throws(IndexError) {
    offer(rows, try segment.scores(of: rows, query), segment, number)
  }

  /// Offers rows that were scored.
  mutating func offer(
    _ rows: some Sequence<Int>, _ scores: some Collection<Float>, _ segment: Segment, _ number: Int
  ) {
    statistics.scored += scores.count
    let lowest = lowestScore
    for (row, score) in zip(rows, scores) where score >= lowest {
      top.offer(
        Candidate(score: score, segment: Int32(number), key: segment.key(of: row), row: row))
    }
  }
}
