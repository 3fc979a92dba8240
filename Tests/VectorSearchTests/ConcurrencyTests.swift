import Foundation
import Support
import Testing

@testable import VectorSearch

struct ConcurrencyTests {
  private let folder = TemporaryFolder()

  private static let dimension = 64
  private static let keys: ClosedRange<UInt64> = 1...400

  /// The vector that a key has in one of its versions.
  private static func vector(_ key: UInt64, _ version: UInt64) -> [Float] {
    var source = VectorSource(dimension: dimension, seed: key * 7 + version)
    return Oracle.unit(source.uniform())
  }

  /// Runs the bodies on threads of their own and waits for all.
  private func run(_ bodies: [@Sendable () throws -> Void]) {
    let group = DispatchGroup()
    for body in bodies {
      group.enter()
      Thread {
        #expect(throws: Never.self) { try body() }
        group.leave()
      }.start()
    }
    group.wait()
  }

  private static func check(_ snapshot: Snapshot, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let key = keys.randomElement(using: &random)!
    let query = vector(key, 1)
    let recall = Bool.random(using: &random) ? 0.9 : nil
    let hits = try snapshot.search(SearchRequest(query: query, k: 5, recall: recall)).hits
    #expect(hits.count == min(5, snapshot.count))
    for hit in hits {
      let stored = try #require(snapshot.vector(for: hit.key))
      #expect((0..<3).contains { vector(hit.key, $0) == stored })
      #expect(hit.score == Float(Oracle.dot(query, stored)))
    }
    #expect(Set(hits.map(\.key)).count == hits.count)
  }

  @Test func `writers, a compaction, readers and followers do not disturb each other`() throws {
    let path = folder.path
    let writer = try IndexWriter(
      folder: path, identity: IndexIdentity(model: "m", dimension: Self.dimension),
      segmentLimit: 90_000, sealingCount: 60, disk: .system)
    let written = Locked(0)
    let writers = 2
    let writing: @Sendable (UInt64) throws -> Void = { seed in
      defer { written.withLock { $0 += 1 } }
      var random = SeededGenerator(seed: seed)
      for round in 0..<30 {
        let keys = (0..<15).map { _ in Self.keys.randomElement(using: &random)! }
        if round % 5 == 4 {
          try writer.delete(keys: keys)
        } else {
          try writer.append(
            keys, keys.map { Self.vector($0, .random(in: 0..<3, using: &random)) })
        }
      }
    }
    let isDone: @Sendable () -> Bool = { written.withLock { $0 == writers } }
    let reading: @Sendable () throws -> Void = {
      var seed: UInt64 = 0
      repeat {
        try Self.check(writer.snapshot, seed: seed)
        seed += 1
      } while !isDone()
    }
    let following: @Sendable () throws -> Void = {
      let reader = try IndexReader(folder: path)
      var generation: UInt64 = 0
      var done = false
      repeat {
        done = isDone()
        _ = try reader.refresh()
        #expect(reader.snapshot.generation >= generation)
        generation = reader.snapshot.generation
        try Self.check(reader.snapshot, seed: generation)
      } while !done
      #expect(reader.snapshot.contents == writer.snapshot.contents)
    }
    let compacting: @Sendable () throws -> Void = {
      var round = 0
      repeat {
        try writer.tend()
        round += 1
        if round % 4 == 0 { try writer.compact() }
      } while !isDone()
    }
    run([{ try writing(1) }, { try writing(2) }, compacting, reading, following, following])
    try writer.compact()
    try writer.buildCodes()
    let reopened = try IndexReader(folder: path).snapshot
    #expect(reopened.contents == writer.snapshot.contents)
    #expect(reopened.generation == writer.snapshot.generation)
  }
}
