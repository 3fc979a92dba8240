import CKernels
import Foundation
import Support
import Testing

@testable import VectorSearch

struct CertifiedSearchTests {
  private let folder = TemporaryFolder()

  /// Rows near a plane of few dimensions, as features of pictures are: bounds are tight there.
  private func lowRank(_ count: Int, dimension: Int, source: inout VectorSource) -> [[Float]] {
    let axes = source.vectors(6)
    return (0..<count).map { _ in
      var row = source.uniform().map { $0 * 0.01 }
      for axis in axes {
        let weight = Float.random(in: -1...1, using: &source.random)
        for i in 0..<dimension { row[i] += weight * axis[i] }
      }
      return row
    }
  }

  private func index(
    _ rows: [[Float]], dimension: Int, source: inout VectorSource, element: VectorElement = .f32
  ) throws -> (IndexWriter, Oracle) {
    let identity = try IndexIdentity(model: "m", dimension: dimension, element: element)
    let writer = try IndexWriter(
      folder: folder.path + "/index", identity: identity,
      segmentLimit: 400 * identity.rows.length, disk: FaultyDisk.unsynced)
    var oracle = Oracle(element: element)
    var keys = Array(1...UInt64(rows.count))
    keys.shuffle(using: &source.random)
    for start in stride(from: 0, to: rows.count, by: 100) {
      let part = start..<min(start + 100, rows.count)
      try writer.append(Array(keys[part]), Array(rows[part]))
      oracle.append(Array(keys[part]), Array(rows[part]))
    }
    try writer.delete(keys: Array(10...40))
    oracle.delete(Array(10...40))
    return (writer, oracle)
  }

  @Test(arguments: VectorSource.Shape.allCases, VectorElement.allCases)
  func `a search through codes answers like a full sort`(
    shape: VectorSource.Shape, element: VectorElement
  ) throws {
    var source = VectorSource(dimension: 70, seed: 21)
    let (writer, oracle) = try index(
      source.vectors(1100, shape), dimension: 70, source: &source, element: element)
    #expect(try writer.buildCodes() > 1)
    #expect(try writer.buildCodes() == 0)
    let reader = try IndexReader(folder: writer.folder)
    for round in 0..<10 {
      var request = SearchRequest(
        query: source.vector(round % 2 == 0 ? shape : .random),
        k: [1, 7, 40].randomElement(using: &source.random)!, stride: 1 + round % 2)
      if round % 3 == 1 { request.filter = KeySet((1...1100).filter { $0 % 3 == 0 }) }
      if round % 5 == 2 { request.filter = KeySet((1...1100).filter { $0 % 31 == 0 }) }
      if round % 4 == 1 { request.minScore = 0.2 }
      if round % 4 == 3 { request.excluding = KeySet(100...200) }
      let expected = oracle.hits(request)
      #expect(try writer.snapshot.search(request).hits == expected)
      #expect(try reader.snapshot.search(request).hits == expected)
    }
  }

  /// Which of its rows are scored one by one depends on how many a filter admits, and on whether vectors are
  /// held.
  @Test(arguments: [VectorSource.Shape.random, .clustered])
  func `filters of any width answer like a full sort, vectors held or read`(
    shape: VectorSource.Shape
  ) throws {
    var source = VectorSource(dimension: 64, seed: 25)
    let identity = try IndexIdentity(model: "m", dimension: 64)
    let writer = try IndexWriter(
      folder: folder.path + "/index", identity: identity, segmentLimit: 1 << 22,
      disk: FaultyDisk.unsynced)
    var oracle = Oracle()
    let keys = Array(1...2600 as ClosedRange<UInt64>)
    for part in [keys[..<1300], keys[1300...]] {
      let rows = source.vectors(part.count, shape)
      try writer.append(Array(part), rows)
      oracle.append(Array(part), rows)
    }
    try writer.compact()
    try writer.buildCodes()
    try writer.delete(keys: Array(1...100))
    oracle.delete(Array(1...100))
    let readers = try [0, .max].map {
      try IndexReader(folder: writer.folder, memory: MemoryBudget($0))
    }
    #expect(readers.map { $0.snapshot.segments[0].isHeld } == [false, true])
    for width in [0, 1, 12, 13, 14, 39, 40, 41, 300, 2500] {
      let requests = (0..<5).map { round in
        SearchRequest(
          query: source.vector(shape), k: [1, 9, 200][round % 3],
          filter: KeySet(keys.shuffled(using: &source.random).prefix(width)),
          excluding: round == 4 ? KeySet(500...900) : [])
      }
      let expected = requests.map { oracle.hits($0) }
      for reader in readers {
        #expect(try reader.snapshot.search(requests).map(\.hits) == expected)
        #expect(try requests.map { try reader.snapshot.search($0).hits } == expected)
      }
    }
    // Where neither all rows nor single ones are cheap a search that may miss looks into some cells.
    let some = SearchRequest(
      query: source.vector(shape), k: 1, filter: KeySet(keys[200..<230]), recall: 0.8)
    let scanned = try readers.map { try $0.snapshot.search(some).statistics.scanned }
    #expect((1..<2600).contains(scanned[0]) && scanned[1] == 0)
  }

  @Test(arguments: VectorSource.Shape.allCases)
  func `many requests at once are answered as each alone`(shape: VectorSource.Shape) throws {
    var source = VectorSource(dimension: 70, seed: 22)
    let (writer, oracle) = try index(source.vectors(1100, shape), dimension: 70, source: &source)
    try writer.buildCodes()
    let requests = (0..<11).map { round -> SearchRequest in
      var request = SearchRequest(query: source.vector(shape), k: 1 + 5 * round)
      if round % 4 == 1 { request.filter = KeySet((1...1100).filter { $0 % 5 == 0 }) }
      if round % 4 == 2 { request.suppressAbove = 0.5 }
      if round == 7 { request.recall = 1 }
      return request
    }
    let results = try writer.snapshot.search(requests)
    #expect(results.map(\.hits) == requests.map { oracle.hits($0) })
    #expect(try writer.snapshot.search([]).isEmpty)
  }

  @Test(arguments: [VectorSource.Shape.random, .clustered])
  func `a segment of many blocks is looked through by more requests than go together`(
    shape: VectorSource.Shape
  ) throws {
    var source = VectorSource(dimension: 64, seed: 24)
    let rows = source.vectors(4500, shape)
    let identity = try IndexIdentity(model: "m", dimension: 64)
    let writer = try IndexWriter(
      folder: folder.path + "/index", identity: identity,
      segmentLimit: rows.count * identity.rows.length, disk: FaultyDisk.unsynced)
    var oracle = Oracle()
    let keys = Array(1...UInt64(rows.count)).shuffled(using: &source.random)
    try writer.append(keys, rows)
    oracle.append(keys, rows)
    try writer.compact()
    #expect(try writer.buildCodes() == 1)
    let requests = (0..<70).map { round -> SearchRequest in
      var request = SearchRequest(query: source.vector(shape), k: 1 + round)
      if round % 9 == 4 { request.filter = KeySet((1...4500).filter { $0 % 3 == 0 }) }
      return request
    }
    let results = try writer.snapshot.search(requests)
    for (request, result) in zip(requests, results) {
      let expected = oracle.hits(request)
      #expect(result.hits == expected)
      #expect(try writer.snapshot.search(request).hits == expected)
      #expect(result.statistics.scanned > 4096)
    }
  }

  @Test(arguments: VectorSource.Shape.allCases)
  func `threads that share a query answer as one`(shape: VectorSource.Shape) throws {
    var source = VectorSource(dimension: 70, seed: 23)
    let (writer, oracle) = try index(source.vectors(1100, shape), dimension: 70, source: &source)
    try writer.buildCodes()
    for round in 0..<12 {
      var request = SearchRequest(query: source.vector(shape), k: 1 + 4 * round)
      request.threads = 2 + round % 3
      request.sharedRows = 0
      if round % 3 == 1 { request.filter = KeySet((1...1100).filter { $0 % 5 == 0 }) }
      let result = try writer.snapshot.search(request)
      #expect(result.hits == oracle.hits(request))
      request.threads = 1
      let alone = try writer.snapshot.search(request).statistics
      #expect(result.statistics.candidates == alone.candidates)
      #expect(result.statistics.scanned == alone.scanned)
    }
  }

  /// The rows nearest to the queries as codes see them point away from these in what codes do not hold.
  @Test func `a floor that was guessed too high is found out`() throws {
    let (dimension, strong, count) = (96, 32, 2400)
    var source = VectorSource(dimension: dimension, seed: 31)
    let (middle, away) = (source.uniform(), source.uniform())
    func row(_ near: Float, _ weak: Float) -> [Float] {
      let noise = source.uniform()
      return (0..<dimension).map {
        $0 < strong ? near * middle[$0] + noise[$0] / 2 : 0.15 * (weak * away[$0] + noise[$0] / 4)
      }
    }
    let rows = (0..<count).map { $0 < 400 ? row(1, -1) : row(0, 0) }
    let identity = try IndexIdentity(model: "m", dimension: dimension)
    let writer = try IndexWriter(
      folder: folder.path + "/index", identity: identity,
      segmentLimit: count * identity.rows.length, disk: FaultyDisk.unsynced)
    var oracle = Oracle()
    let keys = Array(1...UInt64(count))
    try writer.append(keys, rows)
    oracle.append(keys, rows)
    try writer.compact()
    try writer.buildCodes()
    let requests = (0..<6).map { _ in SearchRequest(query: row(1, 1), k: 60) }
    let coded = try #require(writer.snapshot.codedSegments.first)
    let query = try requests[0].unitQuery(dimension: dimension)
    let cells = ProbedCells()
    cells.begin(coded.codes, query)
    cells.choose(coded.codes, from: -.infinity)
    cells.scan(coded.codes)
    #expect(cells.found.count == coded.segment.count)
    let list = cells.list
    list.begin(depth: 60, floor: -.infinity)
    list.guess(from: cells.found)
    let all = coded.segment.count
    var looks = [list.look(at: all)]
    coded.codes.look(&looks, at: 0..<all)
    list.take(looks[0], coded.codes)
    #expect(list.hasGuessedTooHigh(coded.codes))
    let answers = try writer.snapshot.search(requests)
    for (request, answer) in zip(requests, answers) {
      #expect(answer.hits == oracle.hits(request))
    }
  }

  @Test func `codes spare most of the scoring where vectors lie near a plane`() throws {
    var source = VectorSource(dimension: 128, seed: 5)
    let rows = lowRank(1200, dimension: 128, source: &source)
    let (writer, oracle) = try index(rows, dimension: 128, source: &source)
    let reader = try IndexReader(folder: writer.folder)
    try writer.buildCodes()
    #expect(try reader.refresh())
    for key in [50, 700, 1100] as [UInt64] {
      let request = SearchRequest(query: oracle.vectors[key]!, k: 5)
      let result = try reader.snapshot.search(request)
      #expect(result.hits == oracle.hits(request))
      #expect(result.statistics.scanned >= 800)
      #expect(result.statistics.scored < 450 + 80)
      #expect(result.statistics.candidates == 1200 - 31)
    }
  }

  @Test func `damaged codes are not used, and are made anew`() throws {
    var source = VectorSource(dimension: 64, seed: 6)
    let rows = source.vectors(900)
    let (writer, oracle) = try index(rows, dimension: 64, source: &source)
    try writer.buildCodes()
    let request = SearchRequest(query: source.uniform(), k: 3)
    let names = try FileManager.default.contentsOfDirectory(atPath: writer.folder)
      .filter { $0.hasPrefix("codes-") }
    #expect(names.count == 2)
    for name in names {
      let file = URL(filePath: writer.folder + "/" + name)
      var bytes = Array(try Data(contentsOf: file))
      bytes[bytes.count / 16] ^= 1
      try FileManager.default.removeItem(at: file)
      try Data(bytes).write(to: file)
    }
    let reader = try IndexReader(folder: writer.folder)
    let result = try reader.snapshot.search(request)
    #expect(result.hits == oracle.hits(request))
    #expect(result.statistics.scanned == 0)
  }

  @Test func `a compaction takes the codes of what it replaced with it`() throws {
    var source = VectorSource(dimension: 64, seed: 6)
    let (writer, oracle) = try index(source.vectors(900), dimension: 64, source: &source)
    try writer.buildCodes()
    try writer.compact()
    try writer.buildCodes()
    let names = try FileManager.default.contentsOfDirectory(atPath: writer.folder)
    let segments = names.filter { $0.hasPrefix("segment-") }.map { $0.dropFirst(8) }
    let codes = names.filter { $0.hasPrefix("codes-") }.map { $0.dropFirst(6) }
    #expect(!codes.isEmpty && Set(codes).isSubset(of: segments))
    let request = SearchRequest(query: source.uniform(), k: 9)
    #expect(try writer.snapshot.search(request).hits == oracle.hits(request))
  }

  @Test func `selection finds what a sort finds`() {
    var random = SeededGenerator(seed: 8)
    for (count, levels) in [(1, 9), (2, 9), (31, 9), (33, 9), (150, 9), (300, 1), (300, 9999)] {
      var values = (0..<count).map { _ in Float(Int.random(in: -levels...levels, using: &random)) }
      if count > 2 { values[count / 2] = -.infinity }
      let sorted = values.sorted(by: >)
      for k in 1...count {
        var copy = values
        #expect(vitrine_kth_largest(&copy, count, k) == sorted[k - 1])
      }
      var places = [UInt32](repeating: 0, count: count)
      let found = vitrine_at_least(values, count, 3, &places)
      #expect(places.prefix(found).map(Int.init) == values.indices.filter { values[$0] >= 3 })
    }
  }

  @Test func `ranks are those of a full sort, ties and zeros included`() {
    var random = SeededGenerator(seed: 18)
    for (count, levels) in [
      (1, 1), (7, 3), (130, 20), (256, 0), (500, 4), (5000, 100_000), (20_000, 50), (20_000, 0),
    ] {
      let scores = (0..<count).map { _ -> Float in
        let value = Float(Int.random(in: -levels...levels, using: &random)) / 7
        return value == 0 && Bool.random(using: &random) ? -0.0 : value
      }
      let keys = (0..<UInt64(count)).shuffled(using: &random)
      let sorted = (0..<UInt32(count)).sorted {
        let (a, b) = (Int($0), Int($1))
        return scores[a] > scores[b] || (scores[a] == scores[b] && keys[a] < keys[b])
      }
      for limit in [1, 3, count / 50 + 1, count / 3 + 1, count, count + 5] {
        var order = [UInt32](repeating: 0, count: count)
        let found = vitrine_rank(scores, keys, count, limit, &order)
        #expect(found == min(limit, count))
        #expect(order.prefix(found).elementsEqual(sorted.prefix(limit)))
      }
    }
  }
}
