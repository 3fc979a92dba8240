import Support
import Testing

@testable import VectorSearch

struct TendingTests {
  private let folder = TemporaryFolder()
  private static let dimension = 64

  private func open(
    merged: Int = 1 << 20, sealing: Int = 20, element: VectorElement = .f32
  ) throws -> IndexWriter {
    try IndexWriter(
      folder: folder.path,
      identity: IndexIdentity(model: "m", dimension: Self.dimension, element: element),
      segmentLimit: 1 << 18, mergedLimit: merged, sealingCount: sealing,
      disk: FaultyDisk.unsynced)
  }

  /// Rounded vectors too: a merge that rounded them anew would move some.
  @Test(arguments: VectorElement.allCases)
  func `the contents stay through seals and merges, deletes and reopenings`(
    element: VectorElement
  ) throws {
    var source = VectorSource(dimension: Self.dimension, seed: 71)
    var writer: IndexWriter? = try open(element: element)
    var oracle = Oracle(element: element)
    var merges = 0
    for round in 0..<60 {
      let count = Int.random(in: 1...40, using: &source.random)
      let keys = (0..<count).map { _ in UInt64.random(in: 1...500, using: &source.random) }
      let rows = source.vectors(count)
      try writer?.append(keys, rows)
      oracle.append(keys, rows)
      let gone = (0..<count / 3).map { _ in UInt64.random(in: 1...500, using: &source.random) }
      try writer?.delete(keys: gone)
      oracle.delete(gone)
      merges += try #require(writer).tend().merges
      #expect(try #require(writer).snapshot.contents == oracle.vectors)
      if round % 10 == 9 {
        let reader = try IndexReader(folder: folder.path)
        #expect(reader.snapshot.contents == oracle.vectors)
        writer = nil
        writer = try open(element: element)
        #expect(try #require(writer).snapshot.contents == oracle.vectors)
      }
    }
    #expect(merges > 10)
    let request = SearchRequest(query: source.uniform(), k: 20)
    #expect(try #require(writer).snapshot.search(request).hits == oracle.hits(request))
  }

  @Test func `a key deleted from an old segment stays deleted when newer ones merge`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 72)
    let writer = try open()
    try writer.append(Array(1...400), source.vectors(400))
    try writer.tend()
    try writer.delete(keys: [7])
    for round in 0..<8 as Range<UInt64> {
      let first = 1000 + 20 * round
      try writer.append(Array(first..<first + 20), source.vectors(20))
      try writer.tend()
    }
    #expect(writer.snapshot.segments.count <= 4)
    #expect(!writer.snapshot.contains(7))
    let reopened = try IndexReader(folder: folder.path).snapshot
    #expect(!reopened.contains(7))
    #expect(reopened.count == 399 + 160)
  }

  @Test func `a vector is written anew seldom, and segments stay few`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 73)
    let writer = try open(merged: 1 << 24)
    var written = 0
    for batch in 0..<100 as Range<UInt64> {
      try writer.append(Array(batch * 20..<batch * 20 + 20), source.vectors(20))
      written += try writer.tend().merged
    }
    #expect(writer.snapshot.count == 2000)
    // Each merge makes a segment larger by a third at least: log of 100 to the base of 4/3 is 16.
    #expect(written <= 16 * 2000)
    #expect(written >= 2000)
    let sizes = writer.snapshot.segments.map(\.liveCount)
    for i in sizes.indices.dropFirst() { #expect(3 * sizes[i...].reduce(0, +) < sizes[i - 1]) }
  }

  @Test func `a segment of which much is dead is written anew`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 74)
    let writer = try open()
    try writer.append(Array(1...300), source.vectors(300))
    try writer.tend()
    try writer.delete(keys: Array(1...75))
    #expect(try writer.tend().merged == 0)
    try writer.delete(keys: [76])
    #expect(try writer.tend().merged == 224)
    #expect(writer.snapshot.segments.allSatisfy { $0.deadCount == 0 })
    #expect(writer.snapshot.count == 224)
  }

  @Test func `with nothing due nothing is written`() throws {
    var source = VectorSource(dimension: Self.dimension, seed: 75)
    let writer = try open()
    try writer.append(Array(1...300), source.vectors(300))
    #expect(try writer.tend().coded == 1)
    #expect(try writer.tend() == IndexWriter.TendingReceipt())
  }
}
