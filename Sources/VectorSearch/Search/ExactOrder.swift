import CKernels

/// The beginning of the exact order of a request's candidates.
///
/// Where a segment has codes, only vectors whose bound reaches the last place of the order so far are
/// scored: the first `depth` by bound give a good last place at once, the others are then mostly
/// below it. Grouped requests count every member, so they score everything.
struct ExactOrder {
  private static let block = 256

  private let request: SearchRequest
  private let depth: Int
  private let query: UnitQuery
  private var top: TopCandidates
  /// By group index: its best candidate so far and its members so far.
  private var groups: [(best: Candidate, members: Int)?]
  /// Vectors that passed filter and exclusion.
  private(set) var candidates = 0
  /// Vectors bounded from their codes.
  private(set) var scanned = 0
  /// Vectors scored.
  private(set) var scored = 0

  init(depth: Int, request: SearchRequest, query: UnitQuery) {
    self.request = request
    self.depth = depth
    self.query = query
    top = TopCandidates(limit: depth)
    groups = Array(repeating: nil, count: request.groups?.count ?? 0)
  }

  mutating func walk(_ snapshot: Snapshot) {
    // A narrow filter is looked up key by key.
    let narrow = request.filter.flatMap { $0.count < snapshot.count / 16 ? $0.keys : nil }
    for (number, segment) in snapshot.segments.enumerated() {
      if let narrow, segment.isSealed {
        let rows = narrow.compactMap { segment.row(of: $0) }
        walk(rows.filter { accepts($0, of: segment) }, of: segment, number)
      } else if let codes = segment.codes, request.groups == nil, depth < segment.count / 4 {
        walk(segment, number, bounds: codes.bounds(query))
      } else {
        walk((0..<segment.count).filter { accepts($0, of: segment) }, of: segment, number)
      }
    }
  }

  private func accepts(_ row: Int, of segment: Segment) -> Bool {
    if segment.isDead(row) { return false }
    let key = segment.key(of: row)
    if let filter = request.filter, !filter.contains(key) { return false }
    return !request.excluding.contains(key)
  }

  private mutating func walk(_ rows: [Int], of segment: Segment, _ number: Int) {
    candidates += rows.count
    for start in stride(from: 0, to: rows.count, by: Self.block) {
      score(rows[start..<min(start + Self.block, rows.count)], segment, number)
    }
  }

  private mutating func walk(_ segment: Segment, _ number: Int, bounds: [Float]) {
    var bounds = bounds
    var rejected = 0
    if request.filter == nil, request.excluding.isEmpty {
      rejected = segment.deadCount
      segment.forEachDead { bounds[$0] = -.infinity }
    } else {
      for row in 0..<segment.count where !accepts(row, of: segment) {
        bounds[row] = -.infinity
        rejected += 1
      }
    }
    scanned += segment.count
    candidates += segment.count - rejected
    if top.floor() == nil {
      let rows = rows(of: bounds, from: firstFloor(bounds))
      score(rows[...], segment, number)
      for row in rows { bounds[row] = -.infinity }
    }
    var rest = rows(of: bounds, from: top.floor() ?? lowestScore)[...]
    while !rest.isEmpty {
      let floor = max(top.floor() ?? lowestScore, lowestScore)
      let part = rest.prefix(max(64, depth))
      rest = rest.dropFirst(part.count)
      score(part.filter { bounds[$0] >= floor }[...], segment, number)
    }
  }

  /// A bound that at least `depth` rows reach, and not many more: the depth-th largest among the
  /// maxima of some groups of rows.
  private func firstFloor(_ bounds: [Float]) -> Float {
    let groups = min(bounds.count, max(16 * depth, 256))
    var maxima = [Float](unsafeUninitializedCapacity: groups) { buffer, count in
      vitrine_group_maxima(bounds, bounds.count, groups, buffer.baseAddress)
      count = groups
    }
    return vitrine_kth_largest(&maxima, groups, depth)
  }

  /// No score and no bound of a row that takes part is below.
  private var lowestScore: Float {
    max(request.minScore ?? -.infinity, -.greatestFiniteMagnitude)
  }

  private func rows(of bounds: [Float], from floor: Float) -> [Int] {
    let places = [UInt32](unsafeUninitializedCapacity: bounds.count) { buffer, count in
      count = vitrine_at_least(bounds, bounds.count, max(floor, lowestScore), buffer.baseAddress)
    }
    return places.map { Int($0) }
  }

  private mutating func score(_ rows: ArraySlice<Int>, _ segment: Segment, _ number: Int) {
    let offsets = rows.map { segment.rows.offsets[$0] }
    let scores = [Float](unsafeUninitializedCapacity: rows.count) { buffer, count in
      vitrine_score_rows(
        segment.floats, offsets, rows.count, query.wide, query.wide.count, buffer.baseAddress)
      count = rows.count
    }
    scored += rows.count
    for (row, score) in zip(rows, scores) where score >= lowestScore {
      offer(
        Candidate(score: score, segment: Int32(number), key: segment.key(of: row), row: row))
    }
  }

  private mutating func offer(_ candidate: Candidate) {
    guard let group = request.groups?.index(of: candidate.key) else {
      top.offer(candidate)
      return
    }
    guard let (best, members) = groups[group] else {
      groups[group] = (candidate, 1)
      return
    }
    groups[group] = (candidate.precedes(best) ? candidate : best, members + 1)
  }

  /// The first `depth` of the order, with how many others each stands for.
  mutating func sorted() -> [(candidate: Candidate, folded: Int)] {
    for (best, _) in groups.lazy.compactMap(\.self) { top.offer(best) }
    return top.sorted().map { candidate in
      let group = request.groups?.index(of: candidate.key).flatMap { groups[$0] }
      return (candidate, (group?.members ?? 1) - 1)
    }
  }
}
