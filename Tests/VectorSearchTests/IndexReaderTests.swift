import Foundation
import Support
import Testing

@testable import VectorSearch

struct IndexReaderTests {
  private let folder = TemporaryFolder()
  private let identity: IndexIdentity
  private var source = VectorSource(dimension: 16, seed: 5)

  init() throws { identity = try IndexIdentity(model: "m", dimension: 16) }

  private var path: String { folder.path + "/index" }

  @Test mutating func `a reader may come before the index`() throws {
    let reader = try IndexReader(folder: path)
    #expect(try !reader.refresh())
    #expect(reader.snapshot.identity == nil)
    #expect(reader.snapshot.count == 0)
    #expect(try reader.snapshot.search(SearchRequest(query: [1])).hits.isEmpty)

    let writer = try IndexWriter(folder: path, identity: identity)
    #expect(try reader.refresh())
    #expect(reader.snapshot.identity == identity)
    let rows = source.vectors(2)
    try writer.append([1, 2], rows)
    #expect(try reader.refresh())
    #expect(try !reader.refresh())
    #expect(reader.snapshot.contents == writer.snapshot.contents)
  }

  @Test mutating func `a follower sees every change, through seals and compactions`() throws {
    let writer = try IndexWriter(folder: path, identity: identity, segmentLimit: 3000)
    let reader = try IndexReader(folder: path)
    let lazy = try IndexReader(folder: path)
    for round in 0..<150 {
      let keys = (0..<4).map { _ in UInt64.random(in: 1...60, using: &source.random) }
      switch round % 7 {
      case 5: try writer.delete(keys: keys)
      case 6 where round % 4 == 0: try writer.compact()
      default: try writer.append(keys, source.vectors(4))
      }
      _ = try reader.refresh()
      #expect(reader.snapshot.contents == writer.snapshot.contents)
      #expect(reader.snapshot.generation == writer.snapshot.generation)
      if round % 40 == 0 {
        _ = try lazy.refresh()
        #expect(lazy.snapshot.contents == writer.snapshot.contents)
      }
    }
    #expect(try IndexReader(folder: path).snapshot.contents == writer.snapshot.contents)
  }

  @Test mutating func `an index made anew in the folder replaces the one before`() throws {
    let reader: IndexReader
    do {
      let writer = try IndexWriter(folder: path, identity: identity)
      try writer.append([1, 2], source.vectors(2))
      reader = try IndexReader(folder: path)
      #expect(reader.snapshot.count == 2)
    }
    let before = reader.snapshot
    try FileManager.default.removeItem(atPath: path)
    #expect(try !reader.refresh())
    #expect(reader.snapshot.count == 2)
    let other = try IndexIdentity(model: "other", dimension: 8)
    let writer = try IndexWriter(folder: path, identity: other)
    try writer.append(keys: [7], vectors: [Float](repeating: 1, count: 8))
    #expect(try reader.refresh())
    #expect(reader.snapshot.identity == other)
    #expect(reader.snapshot.keys == [7])
    #expect(before.contents.count == 2)
  }

  @Test mutating func `a record under way is not yet there, and no error`() throws {
    let writer = try IndexWriter(folder: path, identity: identity)
    try writer.append([1], source.vectors(1))
    let reader = try IndexReader(folder: path)
    let file = try #require(
      try FileManager.default.contentsOfDirectory(atPath: path)
        .first { $0.hasPrefix("segment-") })
    let length = try Data(contentsOf: URL(filePath: path + "/" + file)).count
    try writer.append([2], source.vectors(1))
    let whole = try Data(contentsOf: URL(filePath: path + "/" + file))
    for cut in stride(from: length, to: whole.count, by: 8) {
      let handle = try FileHandle(forWritingTo: URL(filePath: path + "/" + file))
      try handle.truncate(atOffset: UInt64(length))
      try handle.seekToEnd()
      try handle.write(contentsOf: whole[length..<cut])
      #expect(try !reader.refresh())
      #expect(reader.snapshot.keys == [1])
      try handle.write(contentsOf: whole[cut...])
      try handle.close()
      let other = try IndexReader(folder: path)
      #expect(other.snapshot.keys.sorted() == [1, 2])
    }
    #expect(try reader.refresh())
    #expect(reader.snapshot.keys.sorted() == [1, 2])
  }

  @Test func `a reader asks for as much memory as its budget allows`() throws {
    var source = VectorSource(dimension: 64, seed: 9)
    let writer = try IndexWriter(
      folder: path, identity: IndexIdentity(model: "m", dimension: 64), segmentLimit: 1 << 17,
      disk: FaultyDisk.unsynced)
    for first in [1, 1001] as [UInt64] {
      try writer.append(Array(first..<first + 500), source.vectors(500))
    }
    try writer.compact()
    try writer.buildCodes()
    let query = source.uniform()
    let layouts = writer.snapshot.segments.compactMap(\.codes?.layout)
    #expect(layouts.count == 2)
    let needed = layouts.reduce(0) { $0 + $1.restScales }
    let whole = layouts.reduce(0) { $0 + $1.length }
    let lengths = writer.snapshot.segments.filter { $0.codes != nil }.map(\.end)
    let all = whole + lengths[0] + lengths[1]
    for (budget, held) in [
      (0, 0), (needed, 0), (needed + 1000, 0), (whole, 0), (whole + lengths[0], 1), (all, 2),
      (.max, 2),
    ] {
      let reader = try IndexReader(folder: path, memory: MemoryBudget(budget))
      #expect(reader.expectedBytes == min(max(needed, budget), all))
      #expect(reader.snapshot.segments.count { $0.isHeld } == held)
      #expect(try !reader.refresh())
      for k in [1, 40] {
        let request = SearchRequest(query: query, k: k)
        #expect(try reader.snapshot.search(request).hits == writer.snapshot.search(request).hits)
      }
    }
    // What a compaction has removed is asked for no more.
    let reader = try IndexReader(folder: path, memory: MemoryBudget(whole))
    try writer.delete(keys: Array(1...500))
    try writer.compact()
    #expect(try reader.refresh())
    #expect(reader.expectedBytes < whole)
  }

  /// An index of 500 vectors in one segment that has codes.
  private func coded(_ source: inout VectorSource) throws -> IndexWriter {
    let writer = try IndexWriter(
      folder: path, identity: IndexIdentity(model: "m", dimension: 64), segmentLimit: 1 << 20,
      disk: FaultyDisk.unsynced)
    try writer.append(Array(1...500), source.vectors(500))
    try writer.compact()
    try writer.buildCodes()
    return writer
  }

  @Test func `what one reader has taken of a budget is not another's until it goes`() throws {
    var source = VectorSource(dimension: 64, seed: 10)
    let writer = try coded(&source)
    let alone = try IndexReader(folder: path, memory: MemoryBudget(.max))
    let budget = MemoryBudget(alone.expectedBytes)
    var first: IndexReader? = try IndexReader(folder: path, memory: budget)
    let second = try IndexReader(folder: path, memory: budget)
    #expect(first?.expectedBytes == alone.expectedBytes)
    #expect(second.expectedBytes < alone.expectedBytes)
    #expect(!second.snapshot.segments[0].isHeld)
    // Asked again, each keeps what it has.
    #expect(try first?.refresh() == false)
    #expect(try !second.refresh())
    #expect(!second.snapshot.segments[0].isHeld)
    first = nil
    #expect(try !second.refresh())
    #expect(second.snapshot.segments[0].isHeld)
    #expect(second.expectedBytes == alone.expectedBytes)
    let request = SearchRequest(query: source.uniform(), k: 20)
    #expect(try second.snapshot.search(request).hits == writer.snapshot.search(request).hits)
  }

  /// Segments, and which of them are held, and the bytes that were asked for.
  private func memory(of reader: IndexReader) -> [String] {
    reader.snapshot.segments.map { "\($0.id) \($0.isHeld)" } + ["\(reader.expectedBytes)"]
  }

  @Test func `memory is shared out as by a reader that opens now`() throws {
    let identity = try IndexIdentity(model: "m", dimension: 64)
    let budgets = [0, 200_000, 400_000, 600_000, .max]
    var readers: [IndexReader] = []
    var seen: Set<[Bool]> = []
    // The second one is another index, whose segments have the same numbers.
    for index in 0..<2 {
      if index == 1 { try FileManager.default.removeItem(atPath: path) }
      var source = VectorSource(dimension: 64, seed: 11)
      let writer = try IndexWriter(
        folder: path, identity: identity, segmentLimit: 1 << 18, sealingCount: 256,
        disk: FaultyDisk.unsynced)
      if readers.isEmpty {
        readers = try budgets.map { try IndexReader(folder: path, memory: MemoryBudget($0)) }
      }
      for round in 0..<24 {
        let keys = (0..<150).map { _ in UInt64.random(in: 1...4000, using: &source.random) }
        try writer.append(keys, source.vectors(150))
        if round % 6 == 5 { try writer.delete(keys: Array(1...UInt64(60 * round))) }
        if round % 2 == 1 { try writer.tend() }
        if round == 15 { try writer.compact() }
        if index == 1, round < 17 { continue }
        for (reader, budget) in zip(readers, budgets) {
          _ = try reader.refresh()
          let fresh = try IndexReader(folder: path, memory: MemoryBudget(budget))
          #expect(memory(of: reader) == memory(of: fresh))
          seen.insert(reader.snapshot.codedSegments.map(\.segment.isHeld))
        }
      }
      #expect(readers[4].snapshot.codedSegments.allSatisfy { $0.segment.isHeld })
    }
    #expect(
      seen.isSuperset(of: [[], [false], [true], [true, true], [false, false], [true, false]]))
  }

  @Test func `a file that becomes shorter while it is searched is told`() throws {
    var source = VectorSource(dimension: 64, seed: 10)
    let writer = try coded(&source)
    let segment = try #require(writer.snapshot.codedSegments.first?.segment)
    #expect(truncate(segment.mapping.file.path, off_t(segment.end / 2)) == 0)
    let request = SearchRequest(query: source.uniform(), k: 100)
    #expect {
      try writer.snapshot.search(request)
    } throws: {
      if case .corrupt(let file, _, let reason) = $0 as? IndexError {
        return file == segment.mapping.file.path && reason.contains("ends within")
      }
      return false
    }
  }

  /// Whatever reads vectors tells that they cannot be read, and finds them when they can be again.
  @Test func `a file that cannot be read for a while is told`() throws {
    var source = VectorSource(dimension: 64, seed: 12)
    let identity = try IndexIdentity(model: "m", dimension: 64)
    let writer = try IndexWriter(
      folder: path, identity: identity, segmentLimit: 1 << 20, disk: FaultyDisk.unsynced)
    try writer.append(Array(1...500), source.vectors(500))
    try writer.compact()
    try writer.buildCodes()
    let snapshot = writer.snapshot
    let segment = try #require(snapshot.codedSegments.first?.segment)
    var groups = KeyGroups()
    for key in 1...500 as ClosedRange<UInt64> { groups.insert(key, into: key % 9) }
    let query = source.uniform()
    let requests = [
      SearchRequest(query: query, k: 5), SearchRequest(query: query, k: 5, recall: 0.9),
      SearchRequest(query: query, k: 5, filter: KeySet([3, 4])),
      SearchRequest(query: query, k: 200), SearchRequest(query: query, k: 5, suppressAbove: 0.5),
      SearchRequest(query: query, k: 5, groups: groups, minScore: -1),
    ]
    let answers = try snapshot.search(requests).map(\.hits)
    let file = segment.mapping.file
    let saved = dup(file.descriptor)
    let other = open(path, O_RDONLY | O_DIRECTORY)
    #expect(saved >= 0 && other >= 0 && dup2(other, file.descriptor) >= 0)
    let failure = IndexError.io(call: "pread", path: file.path, code: EISDIR)
    for request in requests {
      #expect(throws: failure) { try snapshot.search(request) }
    }
    #expect(throws: failure) { try snapshot.search(requests) }
    #expect(throws: failure) { try snapshot.vector(for: 7) }
    let order = try snapshot.withoutCodes.search(requests[0]).hits
    #expect(throws: failure) {
      var duplicates = NearDuplicates(above: 0.5, dimension: 64)
      _ = try duplicates.twins(
        of: [Candidate(score: order[0].score, segment: 0, key: order[0].key, row: 0)],
        in: snapshot.segments)
    }
    #expect(throws: failure) { try Calibration([segment], identity: identity) }
    #expect(throws: failure) { try segment.verify() }
    #expect(dup2(saved, file.descriptor) >= 0)
    for descriptor in [saved, other] { #expect(close(descriptor) == 0) }
    #expect(try snapshot.search(requests).map(\.hits) == answers)
  }
}
