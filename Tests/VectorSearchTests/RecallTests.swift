import CKernels
import Foundation
import Support
import Testing

@testable import VectorSearch

struct RecallTests {
  private let folder = TemporaryFolder()
  private static let dimension = 64

  /// Clusters of about forty rows in few directions, as features of pictures are.
  private func rows(_ count: Int, _ source: inout VectorSource) -> [[Float]] {
    let axes = source.vectors(12)
    func point(_ spread: Float, around middle: [Float], _ source: inout VectorSource) -> [Float] {
      var row = middle
      for axis in axes {
        let weight = Float.random(in: -spread...spread, using: &source.random)
        for i in row.indices { row[i] += weight * axis[i] }
      }
      return row
    }
    let middles = (0..<count / 40).map { _ in
      point(1, around: source.uniform().map { 0.1 * $0 }, &source)
    }
    return (0..<count).map { _ in
      point(0.3, around: middles.randomElement(using: &source.random)!, &source)
    }
  }

  private func index(
    _ rows: [[Float]], limit: Int = 1 << 20
  ) throws -> (IndexWriter, Oracle) {
    let writer = try IndexWriter(
      folder: folder.path + "/index",
      identity: IndexIdentity(model: "m", dimension: Self.dimension), segmentLimit: limit,
      disk: FaultyDisk.unsynced)
    var oracle = Oracle()
    let keys = Array(1...UInt64(rows.count))
    for start in stride(from: 0, to: rows.count, by: 500) {
      let part = start..<min(start + 500, rows.count)
      try writer.append(Array(keys[part]), Array(rows[part]))
      oracle.append(Array(keys[part]), Array(rows[part]))
    }
    try writer.compact()
    try writer.buildCodes()
    return (writer, oracle)
  }

  @Test func `a wanted recall is reached and looks at a part only`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 61)
    var rows = rows(4060, &source)
    let queries = rows.suffix(60)
    rows.removeLast(60)
    let (writer, oracle) = try index(rows)
    let answers = queries.map { oracle.hits(SearchRequest(query: $0, k: 10)) }
    for recall in [0.8, 0.95, 0.99] {
      var found = 0
      var scanned = 0
      for (query, exact) in zip(queries, answers) {
        let result = try writer.snapshot.search(
          SearchRequest(query: query, k: 10, recall: recall))
        #expect(result.hits.count == 10)
        let scores = Dictionary(uniqueKeysWithValues: exact.map { ($0.key, $0.score) })
        for hit in result.hits {
          #expect(hit.score == Float(Oracle.dot(Oracle.unit(query), oracle.vectors[hit.key]!)))
          if scores[hit.key] != nil { found += 1 }
        }
        scanned += result.statistics.scanned
      }
      // Sixty queries cannot tell the mean more closely than this.
      #expect(Double(found) >= (recall - 0.04) * 600)
      #expect(scanned < 60 * rows.count / 2)
    }
  }

  @Test func `a wanted recall is reached in several segments with one measurement for all`() throws
  {
    var source = VectorSource(dimension: Self.dimension, seed: 67)
    let writer = try IndexWriter(
      folder: folder.path, identity: IndexIdentity(model: "m", dimension: Self.dimension),
      segmentLimit: 1 << 20, mergedLimit: 2500 * 4 * Self.dimension, sealingCount: 1000,
      disk: FaultyDisk.unsynced)
    var oracle = Oracle()
    // Each part has clusters of its own, of which the parts before know nothing.
    for part in 0..<3 as Range<UInt64> {
      let keys = Array(part * 2000..<part * 2000 + 2000)
      let rows = rows(2000, &source)
      try writer.append(keys, rows)
      oracle.append(keys, rows)
      try writer.tend()
    }
    let snapshot = writer.snapshot
    #expect(snapshot.codedSegments.count == 3)
    let probes = try #require(snapshot.probes)
    #expect(probes.coverage(of: snapshot.segments) == 1)
    #expect(try IndexReader(folder: folder.path).snapshot.probes == probes)
    let apart = Snapshot(
      identity: snapshot.identity, generation: snapshot.generation, segments: snapshot.segments)
    var (found, together, alone) = (0, 0, 0)
    for key in stride(from: 5, to: 6000, by: 97) as StrideTo<UInt64> {
      let request = SearchRequest(
        query: oracle.vectors[key]!, k: 10, excluding: [key], recall: 0.95)
      let result = try snapshot.search(request)
      let exact = Set(oracle.hits(request).map(\.key))
      found += result.hits.count { exact.contains($0.key) }
      together += result.statistics.scanned
      alone += try apart.search(request).statistics.scanned
    }
    #expect(found >= 62 * 10 * 90 / 100)
    // A segment of other clusters is hardly looked into.
    #expect(3 * together < 2 * alone)
  }

  @Test func `damaged or foreign gaps are not used`() throws {
    let table = ProbeTable(measured: [[0.5], [1], []])
    let probes = IndexProbes(offsets: [3: 0.25, 9: -1], table: table)
    let path = folder.path
    try probes.write(folder: path, indexID: 7, disk: FaultyDisk.unsynced)
    #expect(IndexProbes.read(folder: path, indexID: 7) == probes)
    #expect(IndexProbes.read(folder: path, indexID: 8) == nil)
    #expect(probes.offset(of: 9) == -1)
    #expect(probes.offset(of: 4) == -0.375)
    let file = URL(filePath: path + "/probes")
    let bytes = Array(try Data(contentsOf: file))
    for place in stride(from: 0, to: bytes.count, by: 7) {
      var damaged = bytes
      damaged[place] ^= 4
      try Data(damaged).write(to: file)
      #expect(IndexProbes.read(folder: path, indexID: 7) == nil)
    }
    for length in stride(from: 0, to: bytes.count, by: 9) {
      try Data(bytes.prefix(length)).write(to: file)
      #expect(IndexProbes.read(folder: path, indexID: 7) == nil)
    }
  }

  @Test func `more recall than was measured is an exact search`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 62)
    let (writer, oracle) = try index(rows(1500, &source))
    for _ in 0..<10 {
      let request = SearchRequest(query: source.uniform(), k: 25, recall: 1)
      #expect(try writer.snapshot.search(request).hits == oracle.hits(request))
    }
  }

  @Test func `a filter gets what there is, however little is looked at`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 63)
    let (writer, oracle) = try index(rows(2000, &source))
    for share in [2, 9, 700] as [UInt64] {
      let filter = KeySet((1...2000).filter { $0 % share == 0 })
      let request = SearchRequest(query: source.uniform(), k: 40, filter: filter, recall: 0.8)
      let hits = try writer.snapshot.search(request).hits
      #expect(hits.count == min(40, filter.count))
      #expect(hits.allSatisfy { filter.contains($0.key) })
      if share == 700 { #expect(hits == oracle.hits(request)) }
    }
  }

  /// What the first stage counts of a tail was measured on stored rows. A query unlike them has hits
  /// that rise above it; they were lost to a floor that they themselves had set.
  @Test func `queries unlike anything stored get as many hits as they ask for`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 66)
    let (writer, _) = try index(rows(3000, &source))
    for round in 0..<60 {
      let query = source.vector([.random, .oneHot, .huge][round % 3])
      let result = try writer.snapshot.search(
        SearchRequest(query: query, k: 10 + round, recall: 0.9))
      #expect(result.hits.count == 10 + round)
    }
  }

  @Test func `cells hold every row once and are alike in size`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 64)
    let (writer, _) = try index(rows(8000, &source), limit: 1 << 22)
    let codes = try #require(writer.snapshot.segments.first?.codes)
    let cells = codes.layout.cells
    #expect(cells == 320)
    let sizes = (0..<cells).map { Int(codes.cellStarts[$0 + 1] - codes.cellStarts[$0]) }
    #expect(sizes.reduce(0, +) == 8000)
    #expect(Set((0..<8000).map { codes.rowNumbers[$0] }).count == 8000)
    let squares = sizes.reduce(0) { $0 + $1 * $1 }
    #expect(Double(squares * cells) / (8000 * 8000) < 1.35)
  }

  @Test func `a segment has as many cells as all rows would have, of twelve rows at least`() {
    func cells(_ rows: Int, of all: Int) -> Int {
      SegmentCodes.Layout(dimension: 64, rows: rows, of: all).cells
    }
    let whole = cells(60_000, of: 60_000)
    #expect((1000..<2000).contains(whole))
    #expect(cells(50_000, of: 60_000) == whole)
    #expect(cells(15_000, of: 60_000) == whole)
    #expect(cells(4000, of: 60_000) == 333)
    #expect(cells(300, of: 0) == 12)
    #expect(cells(9, of: 60_000) == 1)
  }

  @Test func `sizes and gaps survive their bytes`() {
    let table = ProbeTable(measured: [[0.5, 0.1, 0.2, 0.4, 0.3], [1], []])
    #expect(table.gap(recall: 0.8, depth: 7) == 0.4)
    #expect(table.gap(recall: 0.81, depth: 10) == 0.5)
    #expect(table.gap(recall: 0.5, depth: 11) == 1)
    #expect(table.gap(recall: 0.5, depth: 101) == nil)
    #expect(table.gap(recall: 0.9991, depth: 1) == nil)
    var bytes = [UInt8](repeating: 0, count: ProbeTable.length + 4)
    bytes.withUnsafeMutableBytes { table.encode(into: $0, at: 4) }
    let decoded = bytes.withUnsafeBytes { ProbeTable(decoding: $0, at: 4) }
    #expect(decoded == table)
  }

  @Test func `gaps of files that know no share count from the best cell`() {
    let table = ProbeTable(measured: [[0.5], [1], []])
    #expect(table.mark(best: 0.5, last: 0.75) == 0.625)
    #expect(table.mark(best: 0.5, last: 0.25) == 0.375)
    var bytes = [UInt8](repeating: 0, count: ProbeTable.length)
    bytes.withUnsafeMutableBytes {
      table.encode(into: $0, at: 0)
      $0.put(Float(0).bitPattern, at: ProbeTable.length - 4)
    }
    let older = bytes.withUnsafeBytes { ProbeTable(decoding: $0, at: 0) }
    #expect(older.gaps == table.gaps)
    #expect(older.mark(best: 0.5, last: 0.75) == 0.5)
  }

  @Test func `a search for all that score so much looks no further than for these`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 68)
    let (writer, oracle) = try index(rows(4000, &source))
    var (found, wanted, near, deep) = (0, 0, 0, 0)
    for key in stride(from: 7, to: 4000, by: 133) as StrideTo<UInt64> {
      var request = SearchRequest(query: oracle.vectors[key]!, k: 100, recall: 0.95)
      deep += try writer.snapshot.search(request).statistics.scanned
      request.minScore = oracle.hits(request)[14].score
      let result = try writer.snapshot.search(request)
      near += result.statistics.scanned
      #expect(result.hits.allSatisfy { $0.score >= request.minScore! })
      found += result.hits.count
      wanted += oracle.hits(request).count
    }
    #expect(found * 100 >= wanted * 93)
    #expect(near < deep)
  }

  /// What recall costs in a grown index is measured by `ops/bench/index/growth.py`; here nothing must be
  /// far off.
  @Test func `grown threefold with other clusters an index finds what a compacted one does`() throws
  {
    var source = VectorSource(dimension: Self.dimension, seed: 69)
    let writer = try IndexWriter(
      folder: folder.path, identity: IndexIdentity(model: "m", dimension: Self.dimension),
      segmentLimit: 1 << 20, mergedLimit: 1 << 24, sealingCount: 300, disk: FaultyDisk.unsynced)
    var oracle = Oracle()
    var merged = 0
    for part in 0..<13 as Range<UInt64> {
      let keys = Array(part * 320..<part * 320 + 320)
      let rows = rows(320, &source)
      try writer.append(keys, rows)
      oracle.append(keys, rows)
      if part >= 3 { merged += try writer.tend().merged }
    }
    let grown = writer.snapshot
    #expect(grown.codedSegments.count > 1)
    #expect(merged < 3 * grown.count)
    let cells = grown.shape.compactMap(\.cells)
    for cells in cells { #expect(cells.imbalance < 1.5) }
    try writer.compact()
    try writer.buildCodes()
    let compacted = writer.snapshot
    // A compacted index does not expect to grow.
    #expect(try #require(compacted.shape[0].cells).count < cells.reduce(0) { $0 + $1.count })
    var found = (grown: 0, compacted: 0)
    var scanned = (grown: 0, compacted: 0)
    var queries = 0
    for key in stride(from: 3, to: 4160, by: 83) as StrideTo<UInt64> {
      let request = SearchRequest(
        query: oracle.vectors[key]!, k: 10, excluding: [key], recall: 0.95)
      let exact = Set(oracle.hits(request).map(\.key))
      let both = try (grown.search(request), compacted.search(request))
      found.grown += both.0.hits.count { exact.contains($0.key) }
      found.compacted += both.1.hits.count { exact.contains($0.key) }
      scanned.grown += both.0.statistics.scanned
      scanned.compacted += both.1.statistics.scanned
      queries += 1
    }
    #expect(found.compacted >= 9 * queries)
    #expect(found.grown >= found.compacted - queries / 5)
    #expect(4 * scanned.grown < 5 * scanned.compacted)
  }

  @Test func `a recall that is none is refused`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 65)
    let (writer, _) = try index(source.vectors(20))
    for (recall, text) in [(1.5, "1.5"), (-0.1, "-0.1"), (.nan, "nan")] {
      #expect(throws: IndexError.invalidRequest("recall is \(text), allowed are 0...1")) {
        try writer.snapshot.search(SearchRequest(query: source.uniform(), recall: recall))
      }
    }
  }

  /// A stored row that stands for a query must not be nearer to its cell than a query of its kind is.
  @Test func `a row is taken out of the middle of its cell`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 71)
    let (writer, _) = try index(rows(1000, &source))
    let coded = try #require(writer.snapshot.codedSegments.first)
    let codes = coded.codes
    var (measured, expected) = (0.0, 0.0)
    for place in stride(from: 0, to: coded.segment.count, by: 20) {
      let cell = codes.cell(of: UInt32(place))
      let members = (codes.cellStarts[cell]..<codes.cellStarts[cell + 1]).map(Int.init)
      let query = try coded.segment.vector(of: Int(codes.rowNumbers[place]))
      let cells = ProbedCells()
      cells.begin(codes, UnitQuery(query))
      let before = cells.nearness
      cells.leaveOut(UInt32(place), of: codes)
      #expect(cells.best == cells.nearness.prefix(cells.count).max())
      #expect(zip(before, cells.nearness).enumerated().allSatisfy { $0 == cell || $1.0 == $1.1 })
      measured += Double(before[cell] - cells.nearness[cell])
      let others = members.filter { $0 != place }
      expected +=
        try
        (squaredDistance(of: query, to: others, coded)
        - squaredDistance(of: query, to: members, coded)) / 2
    }
    #expect(measured > 0 && abs(measured / expected - 1) < 0.3, "\(measured), \(expected)")
  }

  /// From the middle of the rows at some places.
  private func squaredDistance(
    of query: [Float], to places: [Int], _ coded: CodedSegment
  ) throws -> Double {
    let rows = try places.map { try coded.segment.vector(of: Int(coded.codes.rowNumbers[$0])) }
    return query.indices.reduce(0) { sum, i in
      let middle = rows.reduce(0) { $0 + Double($1[i]) } / Double(rows.count)
      return sum + (Double(query[i]) - middle) * (Double(query[i]) - middle)
    }
  }
}
