import Foundation
import Glibc
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
      let stored = try #require(try snapshot.vector(for: hit.key))
      #expect((0..<3).contains { vector(hit.key, $0) == stored })
      #expect(hit.score == Float(Oracle.dot(query, stored)))
    }
    #expect(Set(hits.map(\.key)).count == hits.count)
  }

  @Test func `appends that wait for the disk share a record and a sync`() throws {
    let syncs = Locked(0)
    let isHeld = Locked(false)
    let writer = Locked<IndexWriter?>(nil)
    let identity = try IndexIdentity(model: "m", dimension: Self.dimension)
    let disk = Disk(intercept: { call in
      guard case .sync = call, isHeld.withLock({ $0 }) else { return .proceed }
      // It is let through once all others wait.
      if syncs.withLock({
        $0 += 1; return $0
      }) == 1 {
        while writer.withLock({ $0?.waiting.withLock(\.count) }) != 7 { usleep(100) }
      }
      return .skip
    })
    let opened = try IndexWriter(
      folder: folder.path, identity: identity, segmentLimit: 1 << 20, disk: disk)
    writer.withLock { $0 = opened }
    isHeld.withLock { $0 = true }
    let receipts = Locked([IndexWriter.AppendReceipt]())
    let append: @Sendable (UInt64) throws -> Void = { key in
      // The first one is at the disk alone.
      while key > 1, syncs.withLock({ $0 }) == 0 { usleep(100) }
      // Two of the eight bring the same key: the second of these waits for the first.
      let receipt = try opened.append([min(key, 7)], [Self.vector(key, 0)])
      receipts.withLock { $0.append(receipt) }
    }
    run((1...8).map { key in { try append(key) } })
    #expect((2...3).contains(syncs.withLock { $0 }))
    #expect(opened.snapshot.count == 7)
    let all = receipts.withLock { $0 }
    #expect(all.reduce(0) { $0 + $1.added } == 7 && all.reduce(0) { $0 + $1.replaced } == 1)
    #expect(all.map(\.generation).max() == opened.snapshot.generation)
    #expect(opened.snapshot.generation == UInt64(syncs.withLock { $0 }))
    let reader = try IndexReader(folder: folder.path)
    #expect(reader.snapshot.contents == opened.snapshot.contents)
    writer.withLock { $0 = nil }
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
    let following: @Sendable (Int) throws -> Void = { budget in
      let reader = try IndexReader(folder: path, memory: MemoryBudget(budget))
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
    run(
      [
        { try writing(1) }, { try writing(2) }, compacting, reading, { try following(0) },
        { try following(80_000) }, { try following(.max) },
      ])
    try writer.compact()
    try writer.buildCodes()
    let reopened = try IndexReader(folder: path).snapshot
    #expect(reopened.contents == writer.snapshot.contents)
    #expect(reopened.generation == writer.snapshot.generation)
  }
}
