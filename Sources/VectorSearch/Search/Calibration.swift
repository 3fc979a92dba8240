import CKernels

/// How far a search has to look in some segments, measured by searching them.
///
/// Stored rows are the queries, each left out of its own answer. What is measured of each exact hit is
/// the *gap* of its cell: how much less near that is to the query than a mark between the nearest cell of
/// all the segments and the score of the last hit.
struct Calibration {
  /// Queries at most; of four one looks for the deepest hits too.
  private static let queryLimit = 200

  /// What one search found.
  private struct Sample {
    /// By segment: how near its nearest cell is.
    var best: [Float]
    /// By rank: the segment, how near the hit's cell is, and its score.
    var hits: [(segment: Int, nearness: Float, score: Float)]
    var depths: Int
  }

  private let coded: [CodedSegment]
  private let snapshot: Snapshot
  /// By segment: the place of each row.
  private let places: [[UInt32]]
  private let probed: [ProbedCells]
  private var samples: [Sample] = []
  /// Which share of what its tail may add at most the score of each hit has.
  private var shares: [Float] = []

  /// By segment: how much less near a cell is than the hits in it, on average. Where cells are wide
  /// their middles are far from any query, and yet hold hits.
  var offsets: [Float] {
    coded.indices.map { segment in
      let hits = samples.lazy.flatMap(\.hits).filter { $0.segment == segment }
      let sum = hits.reduce(0.0) { $0 + Double($1.nearness - $1.score) }
      return hits.isEmpty ? 0 : Float(sum / Double(hits.count))
    }
  }

  /// With nearness counted from each segment's offset.
  var probes: ProbeTable {
    let offsets = offsets
    var gaps: [[Float]] = ProbeTable.depths.map { _ in [] }
    for sample in samples {
      let best = zip(sample.best, offsets).map { $0 - $1 }.max() ?? 0
      for (depth, limit) in ProbeTable.depths.prefix(sample.depths).enumerated()
      where limit <= snapshot.count / 8 {
        let hits = sample.hits.prefix(limit)
        let mark = best + ProbeTable.share * ((hits.last?.score ?? best) - best)
        // What is near by the best cell is looked into whatever the mark.
        let from = min(mark, best)
        gaps[depth] += hits.map { from - ($0.nearness - offsets[$0.segment]) }
      }
    }
    return ProbeTable(measured: gaps)
  }

  /// The share that nearly no hit surpasses.
  var tailShare: Float {
    let sorted = shares.sorted()
    return sorted.isEmpty ? 1 : min(1, max(0, sorted[sorted.count * 995 / 1000]))
  }

  init(_ segments: [Segment], identity: IndexIdentity) throws(IndexError) {
    snapshot = Snapshot(identity: identity, generation: 0, segments: segments)
    coded = snapshot.codedSegments
    probed = coded.map { _ in ProbedCells() }
    places = coded.map { coded in
      let rows = coded.codes.layout.rows
      var places = [UInt32](repeating: 0, count: rows)
      for place in 0..<rows { places[Int(coded.codes.rowNumbers[place])] = UInt32(place) }
      return places
    }
    try measure()
  }

  private mutating func measure() throws(IndexError) {
    let rows = coded.reduce(0) { $0 + $1.segment.count }
    let step = max(1, rows / min(Self.queryLimit, max(20, rows / 50)))
    var number = 0
    for coded in coded {
      for row in stride(from: 0, to: coded.segment.count, by: step)
      where !coded.segment.isDead(row) {
        try measure(coded.segment, row, deeply: number % 4 == 0)
        number += 1
      }
    }
  }

  private mutating func measure(
    _ segment: Segment, _ row: Int, deeply: Bool
  ) throws(IndexError) {
    let depths = ProbeTable.depths.dropLast(deeply ? 0 : 1)
    let query = try segment.vector(of: row)
    let hits = try snapshot.search(
      SearchRequest(
        query: query, k: depths[depths.count - 1], excluding: [segment.key(of: row)])
    ).hits
    for (i, coded) in coded.enumerated() {
      probed[i].begin(coded.codes, UnitQuery(query))
      if coded.segment.id == segment.id {
        probed[i].leaveOut(places[i][row], of: coded.codes)
      }
    }
    var sample = Sample(best: probed.map(\.best), hits: [], depths: depths.count)
    for hit in hits {
      guard let (number, row) = snapshot.place(of: hit.key),
        let i = coded.firstIndex(where: { $0.number == number })
      else { continue }
      let place = places[i][row]
      shares.append(coded[i].codes.tailShare(of: place, probed[i].query, score: hit.score))
      sample.hits.append((i, probed[i].nearness[coded[i].codes.cell(of: place)], hit.score))
    }
    samples.append(sample)
  }
}
