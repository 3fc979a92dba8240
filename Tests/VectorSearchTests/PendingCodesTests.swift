import CKernels
import Support
import Testing

@testable import VectorSearch

struct PendingCodesTests {
  private let folder = TemporaryFolder()

  private func writer(_ dimension: Int, _ element: VectorElement = .f32) throws -> IndexWriter {
    try IndexWriter(
      folder: folder.path + "/index",
      identity: IndexIdentity(model: "m", dimension: dimension, element: element),
      segmentLimit: 1 << 24, disk: FaultyDisk.unsynced)
  }

  @Test(arguments: VectorSource.Shape.allCases, VectorElement.allCases)
  func `rows that no cell holds yet are found among those of cells as by a full sort`(
    shape: VectorSource.Shape, element: VectorElement
  ) throws {
    let dimension = 70
    var source = VectorSource(dimension: dimension, seed: 41)
    let writer = try writer(dimension, element)
    var oracle = Oracle(element: element)
    func append(_ keys: [UInt64], _ rows: [[Float]]) throws {
      try writer.append(keys, rows)
      oracle.append(keys, rows)
    }
    try append(Array(1...700), source.vectors(700, shape))
    try writer.compact()
    #expect(try writer.buildCodes() == 1)
    let follower = try IndexReader(folder: writer.folder)
    var next: UInt64 = 690
    for count in [1, 30, 9, 200, 360] {
      try append(Array(next..<next + UInt64(count)), source.vectors(count, shape))
      next += UInt64(count)
      _ = try follower.refresh()
    }
    try writer.delete(keys: Array(695...720))
    oracle.delete(Array(695...720))
    // Some of those that are pending are replaced by others that are.
    try append(Array(800...820), source.vectors(21, shape))
    _ = try follower.refresh()
    let opened = try IndexReader(folder: writer.folder)
    var spared = 0
    for round in 0..<12 {
      var request = SearchRequest(
        query: source.vector(round % 2 == 0 ? shape : .random), k: [1, 7, 60][round % 3])
      if round % 4 == 1 { request.filter = KeySet((1...1300).filter { $0 % 3 == 0 }) }
      if round % 4 == 2 { request.excluding = KeySet(900...1000) }
      if round == 11 { request.minScore = 0.3 }
      let expected = oracle.hits(request)
      for snapshot in [writer.snapshot, follower.snapshot, opened.snapshot] {
        let result = try snapshot.search(request)
        #expect(result.hits == expected)
        spared += result.statistics.refined > 600 && result.statistics.scored < 300 ? 1 : 0
      }
    }
    #expect(shape != .random || spared > 0)
  }

  @Test func `rows past those that codes are made of are scored one by one`() throws {
    var source = VectorSource(dimension: 64, seed: 42)
    let rows = source.vectors(PendingCodes.limit + 300)
    let writer = try writer(64)
    var oracle = Oracle()
    for start in stride(from: 0, to: rows.count, by: 1500) {
      let part = start..<min(start + 1500, rows.count)
      let keys = part.map { UInt64($0 + 1) }
      try writer.append(keys, Array(rows[part]))
      oracle.append(keys, Array(rows[part]))
    }
    for _ in 0..<5 {
      let request = SearchRequest(query: source.uniform(), k: 9)
      let result = try writer.snapshot.search(request)
      #expect(result.hits == oracle.hits(request))
      #expect(result.statistics.candidates == rows.count)
      #expect((300..<rows.count / 2).contains(result.statistics.scored))
    }
    // Without any codes it is all rows, and with those of the whole segment none is pending.
    let request = SearchRequest(query: rows[4200], k: 9)
    let plain = try writer.snapshot.withoutCodes.search(request)
    #expect(plain.hits == oracle.hits(request) && plain.statistics.scored == rows.count)
    try writer.compact()
    try writer.buildCodes()
    #expect(writer.snapshot.segments.allSatisfy { $0.pendingCodes == nil })
    #expect(try writer.snapshot.search(request).hits == plain.hits)
  }

  @Test(arguments: [64, 100, 512, 4096], VectorSource.Shape.allCases)
  func `codes of single rows enclose their scores, with every kernel the same`(
    dimension: Int, shape: VectorSource.Shape
  ) {
    var source = VectorSource(dimension: dimension, seed: 43)
    let rows = source.vectors(37, shape).map(Oracle.unit)
    let made = PendingCodes(dimension: dimension, capacity: 20)
    #expect(encode(rows[..<13], made, from: 0))
    let codes = made.copy(13, capacity: 40)
    #expect(encode(rows[13...], codes, from: 13))
    for query in (source.vectors(3) + [source.vector(shape)]).map(Oracle.unit) + [rows[5]] {
      let prepared = PreparedQuery()
      codes.prepare(UnitQuery(query), into: prepared)
      let found = BoundedPlaces()
      found.begin(rows.indices)
      let all = kernelVariants.map { simd in
        let closer = EnclosedPlaces()
        withKernels(simd) { codes.enclose(found, prepared, from: -.infinity, into: closer) }
        return rows.indices.map { (closer.enclosed.lower[$0], closer.enclosed.upper[$0]) }
      }
      for ends in all { #expect(zip(ends, all[0]).allSatisfy { $0 == $1 }) }
      for (row, (lower, upper)) in zip(rows, all[0]) {
        let score = Float(Oracle.dot(query, row))
        #expect(lower <= score && score <= upper && upper - lower < 0.2)
      }
    }
  }

  private func encode(_ rows: ArraySlice<[Float]>, _ codes: PendingCodes, from first: Int) -> Bool {
    let dimension = rows[rows.startIndex].count
    return codes.encode(
      rows.flatMap { $0 }, rows.indices.map { UInt32(($0 - rows.startIndex) * dimension) },
      from: first)
  }
}
