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
      let reader = try IndexReader(folder: path, memoryBudget: budget)
      #expect(reader.expectedBytes == min(max(needed, budget), all))
      #expect(reader.snapshot.segments.count { $0.isHeld } == held)
      #expect(try !reader.refresh())
      for k in [1, 40] {
        let request = SearchRequest(query: query, k: k)
        #expect(try reader.snapshot.search(request).hits == writer.snapshot.search(request).hits)
      }
    }
    // What a compaction has removed is asked for no more.
    let reader = try IndexReader(folder: path, memoryBudget: whole)
    try writer.delete(keys: Array(1...500))
    try writer.compact()
    #expect(try reader.refresh())
    #expect(reader.expectedBytes < whole)
  }

  @Test func `a file that becomes shorter while it is searched is told`() throws {
    var source = VectorSource(dimension: 64, seed: 10)
    let writer = try IndexWriter(
      folder: path, identity: IndexIdentity(model: "m", dimension: 64), segmentLimit: 1 << 20,
      disk: FaultyDisk.unsynced)
    try writer.append(Array(1...500), source.vectors(500))
    try writer.compact()
    try writer.buildCodes()
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
}
