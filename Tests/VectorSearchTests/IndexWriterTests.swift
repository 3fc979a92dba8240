import Support
import Testing

@testable import VectorSearch

struct IndexWriterTests {
  private let folder = TemporaryFolder()
  private var identity: IndexIdentity
  private var source = VectorSource(dimension: 16, seed: 1)

  init() throws { identity = try IndexIdentity(model: "lite2-int8", dimension: 16) }

  private func open(segmentLimit: Int = 4096) throws -> IndexWriter {
    try IndexWriter(folder: folder.path, identity: identity, segmentLimit: segmentLimit)
  }

  @Test mutating func `what was appended is there after reopening`() throws {
    var oracle = Oracle()
    var generation: UInt64 = 0
    for round in 0..<8 as Range<UInt64> {
      let writer = try open()
      #expect(writer.snapshot.contents == oracle.vectors)
      #expect(writer.snapshot.generation == generation)
      let keys = Array(round * 20..<round * 20 + 30)
      let rows = source.vectors(30)
      oracle.append(keys, rows)
      generation = try writer.append(keys, rows).generation
      #expect(writer.snapshot.contents == oracle.vectors)
      #expect(writer.snapshot.count == oracle.vectors.count)
    }
  }

  @Test(arguments: VectorElement.allCases)
  mutating func `a batch may be replayed, also in part and after reopening`(
    element: VectorElement
  ) throws {
    identity = try IndexIdentity(model: "m", dimension: 16, element: element)
    let rows = source.vectors(10)
    let keys = Array(1...10 as ClosedRange<UInt64>)
    do {
      let receipt = try open().append(keys, rows)
      #expect(receipt == IndexWriter.AppendReceipt(added: 10, generation: 1))
    }
    let writer = try open()
    let replay = try writer.append(keys, rows)
    #expect(replay == IndexWriter.AppendReceipt(unchanged: 10, generation: 1))
    let scaled = try writer.append(Array(keys.prefix(3)), rows.prefix(3).map { $0.map { $0 * 4 } })
    #expect(scaled == IndexWriter.AppendReceipt(unchanged: 3, generation: 1))
    let mixed = try writer.append([10, 11], [rows[0], rows[1]])
    #expect(mixed == IndexWriter.AppendReceipt(added: 1, replaced: 1, generation: 2))
    #expect(try writer.snapshot.vector(for: 10) == Oracle.stored(Oracle.unit(rows[0]), element))
    #expect(writer.snapshot.count == 11)
  }

  @Test mutating func `of a key that a batch holds twice the last counts`() throws {
    let rows = source.vectors(3)
    let writer = try open()
    let receipt = try writer.append([5, 6, 5], rows)
    #expect(receipt.added == 2)
    #expect(try writer.snapshot.vector(for: 5) == Oracle.unit(rows[2]))
    #expect(writer.snapshot.count == 2)
  }

  @Test mutating func `deleted keys are gone until they are appended again`() throws {
    let rows = source.vectors(4)
    do {
      let writer = try open()
      try writer.append([1, 2, 3], Array(rows.prefix(3)))
      #expect(try writer.delete(keys: [2, 2, 99]) == 1)
      #expect(try writer.delete(keys: [2]) == 0)
      #expect(!writer.snapshot.contains(2))
    }
    let writer = try open()
    #expect(writer.snapshot.contents.keys.sorted() == [1, 3])
    try writer.append([2], [rows[3]])
    #expect(try writer.snapshot.vector(for: 2) == Oracle.unit(rows[3]))
    #expect(try IndexReader(folder: writer.folder).snapshot.contents.keys.sorted() == [1, 2, 3])
  }

  @Test mutating func `a snapshot stays what it was`() throws {
    let writer = try open()
    let rows = source.vectors(40)
    try writer.append(Array(1...20), Array(rows.prefix(20)))
    let before = writer.snapshot
    let contents = before.contents
    try writer.append(Array(10...29), Array(rows.suffix(20)))
    try writer.delete(keys: Array(1...5))
    try writer.compact()
    #expect(before.contents == contents)
    #expect(before.generation < writer.snapshot.generation)
    #expect(
      try before.search(SearchRequest(query: rows[2], k: 1)).hits.map(\.key) == [3])
  }

  @Test func `there is one writer a folder`() throws {
    let first = try open()
    #expect(throws: IndexError.locked(folder: folder.path)) { try open() }
    withExtendedLifetime(first) {}
  }

  @Test func `another model or dimension is refused, naming both`() throws {
    _ = try open()
    for other in [
      try IndexIdentity(model: "lite0", dimension: 16),
      try IndexIdentity(model: "lite2-int8", dimension: 32),
      try IndexIdentity(model: "lite2-int8", dimension: 16, element: .i8),
    ] {
      let error = #expect(throws: IndexError.self) {
        try IndexWriter(folder: folder.path, identity: other)
      }
      #expect(
        error == .identityMismatch(folder: folder.path, found: identity, wanted: other))
      #expect("\(error!)".contains("lite2-int8 × 16") && "\(error!)".contains("\(other)"))
    }
    #expect(try IndexIdentity.ofIndex(in: folder.path) == identity)
    #expect(try IndexIdentity.ofIndex(in: folder.path + "/none") == nil)
  }

  @Test func `an identity has bounds`() {
    #expect(throws: IndexError.invalidRequest("dimension 7, allowed are 8...4096")) {
      try IndexIdentity(model: "m", dimension: 7)
    }
    #expect(throws: IndexError.invalidRequest("model ID of 0 bytes, allowed are 1...255")) {
      try IndexIdentity(model: "", dimension: 8)
    }
  }

  @Test mutating func `a batch with a vector of no direction stores nothing`() throws {
    let writer = try open()
    var rows = source.vectors(3)
    rows[1] = [Float](repeating: 0, count: 16)
    #expect(throws: IndexError.invalidVector(key: 8, reason: "zero or not finite")) {
      try writer.append([7, 8, 9], rows)
    }
    #expect(writer.snapshot.count == 0)
    #expect(throws: IndexError.invalidRequest("48 floats for 2 vectors of 16")) {
      try writer.append([7, 8], rows)
    }
  }

  @Test mutating func `compaction keeps what lives and drops the rest`() throws {
    let writer = try open()
    var oracle = Oracle()
    for round in 0..<12 as Range<UInt64> {
      let keys = Array((round * 5..<round * 5 + 20).reversed())
      let rows = source.vectors(20)
      oracle.append(keys, rows)
      try writer.append(keys, rows)
      oracle.delete([round * 6])
      try writer.delete(keys: [round * 6])
    }
    let generation = writer.snapshot.generation
    let receipt = try writer.compact()
    #expect(receipt.segmentsBefore > receipt.segmentsAfter)
    #expect(receipt.kept == oracle.vectors.count)
    #expect(receipt.dropped == 240 - oracle.vectors.count)
    #expect(writer.snapshot.contents == oracle.vectors)
    #expect(writer.snapshot.generation == generation)
    #expect(try IndexReader(folder: folder.path).snapshot.contents == oracle.vectors)
    #expect(try writer.compact() == IndexWriter.CompactionReceipt())
    try writer.append([1], source.vectors(1))
    #expect(writer.snapshot.generation == generation + 1)
  }

  @Test mutating func `an index emptied by deletes compacts to nothing`() throws {
    let writer = try open()
    try writer.append([1, 2], source.vectors(2))
    try writer.delete(keys: [1, 2])
    #expect(try writer.compact().dropped == 2)
    let snapshot = try IndexReader(folder: folder.path).snapshot
    #expect(snapshot.count == 0)
    #expect(snapshot.identity == identity)
  }
}
