import Catalog
import Foundation
import GRDB
import Logging
import Server
import Storage
import Support
import Testing
import VectorSearch

@testable import vitrine

@Suite struct AnsweringTests {
  let folder = TemporaryFolder()
  var data: DataFolder { DataFolder(path: folder.path) }
  let log = Logger.silent

  /// A folder with the card of a model; what only asks for its ID opens no network.
  private func model(_ id: String, in name: String? = nil) throws -> String {
    let place = folder.file("models/\(name ?? id)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data("id: \(id)\ndimension: 8\nside: 32\n".utf8).write(
      to: place.appending(path: "model.yaml"))
    return place.path
  }

  private func index(_ model: String, vectors: Int) throws {
    let path = data.index(model: model)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let writer = try IndexWriter(
      folder: path, identity: try IndexIdentity(model: model, dimension: 8))
    try writer.append(
      keys: (0..<vectors).map { UInt64($0 + 1) },
      vectors: (0..<8 * vectors).map { Float($0 % 7 + 1) })
  }

  /// A catalog of three pictures.
  private func catalog() async throws -> CatalogStore {
    let store = try CatalogStore(path: data.catalog)
    let queue = try DatabaseQueue(path: data.catalog)
    try await queue.write { database in
      for id in 1...3 {
        try database.execute(
          sql: """
            INSERT INTO image (id, hash, format, byte_count, width, height, fingerprint, group_id,
              fetched_at) VALUES (?, ?, 'jpeg', 1, 1, 1, x'', ?, 0)
            """, arguments: [id, Data(repeating: UInt8(id), count: 32), id])
      }
    }
    return store
  }

  private func configuration(_ model: String) throws -> vitrine.Configuration {
    try vitrine.Configuration.load(
      path: nil, environment: [:], flags: ["data": folder.path, "model": model])
  }

  private func answering(_ model: String, _ store: CatalogStore) async throws -> Wiring.Answering {
    try await Wiring.answering(try configuration(model), store) { try data.indexSizes { _ in } }
  }

  private func embedAll(by model: String, _ store: CatalogStore) async throws {
    let jobs = try await store.leaseEmbeddings(
      model: model, limit: 10, now: Timestamp(milliseconds: 0),
      leasedUntil: Timestamp(milliseconds: 1))
    try await store.completeEmbeddings(
      jobs.map(\.image), model: model, now: Timestamp(milliseconds: 0))
  }

  @Test func `a model that has vectors of nothing yet leaves answering to the one before`()
    async throws
  {
    let store = try await catalog()
    let (old, new) = (try model("old"), try model("new"))
    #expect(try await answering(new, store) == Wiring.Answering(model: "new", folder: new))
    try index("old", vectors: 3)
    // Nothing tells where the old one's network is.
    let waiting = Wiring.Answering(model: "old", folder: new, awaited: "new")
    #expect(try await answering(new, store) == waiting)
    _ = try await store.enqueueEmbeddings(model: "old", dimension: 8, folder: old)
    try await embedAll(by: "old", store)
    #expect(
      try await answering(new, store)
        == Wiring.Answering(model: "old", folder: old, awaited: "new"))
    // An update put the new one where the old one was.
    try Data("id: new\ndimension: 8\nside: 32\n".utf8).write(
      to: URL(filePath: old).appending(path: "model.yaml"))
    #expect(try await answering(new, store) == waiting)

    _ = try await store.enqueueEmbeddings(model: "new", dimension: 8, folder: new)
    try index("new", vectors: 2)
    #expect(try await answering(new, store) == waiting)
    try await embedAll(by: "new", store)
    // One of three pictures could not be embedded, and no job is left.
    #expect(try await answering(new, store) == Wiring.Answering(model: "new", folder: new))
  }

  @Test func `a model that is being made anew, or has new pictures to embed, goes on answering`()
    async throws
  {
    let store = try await catalog()
    let (old, new) = (try model("old"), try model("new"))
    try index("old", vectors: 3)
    try index("new", vectors: 3)
    _ = try await store.enqueueEmbeddings(model: "new", dimension: 8, folder: new)
    #expect(try await answering(new, store).model == "new")
    #expect(try await answering(old, store).model == "old")
  }

  @Test func `without a model what has most vectors answers`() async throws {
    let store = try await catalog()
    let nowhere = folder.path + "/nowhere"
    #expect(try await answering(nowhere, store).model == "none")
    try index("a", vectors: 1)
    try index("b", vectors: 2)
    #expect(
      try await answering(nowhere, store) == Wiring.Answering(model: "b", folder: nowhere))
  }

  @Test func `an index that cannot be read is told and left out`() async throws {
    let store = try await catalog()
    try index("a", vectors: 1)
    try index("b", vectors: 2)
    let damaged = data.index(model: "b")
    for name in try FileManager.default.contentsOfDirectory(atPath: damaged) {
      try Data("nothing".utf8).write(to: URL(filePath: damaged).appending(path: name))
    }
    var told: [IndexError] = []
    #expect(try data.indexSizes { told.append($0) } == ["a": 1])
    #expect(told.count == 1)
    #expect(throws: IndexError.self) { try data.indexSizes() }
    #expect(try await answering(try model("new"), store).model == "a")
  }

  /// What asking for the next model comes to.
  private enum Change { case none, opened, notOpened }

  private func change(_ next: @escaping VitrineServer.NextModel) async -> Change {
    do {
      return try await next() == nil ? .none : .opened
    } catch {
      return .notOpened
    }
  }

  @Test func `a server changes over when the model has come up, and not before`() async throws {
    let store = try await catalog()
    let (old, new) = (try model("old"), try model("new"))
    try index("old", vectors: 3)
    _ = try await store.enqueueEmbeddings(model: "old", dimension: 8, folder: old)
    try await embedAll(by: "old", store)
    let first = try await answering(new, store)
    let next = Wiring.nextModel(
      try configuration(new), store, after: first, memory: MemoryBudget(0), log: log)
    #expect(await change(next) == .none)
    _ = try await store.enqueueEmbeddings(model: "new", dimension: 8, folder: new)
    #expect(await change(next) == .none)
    try index("new", vectors: 3)
    // There is no network behind its card: the one before goes on, and it is tried again.
    #expect(await change(next) == .notOpened)
    #expect(await change(next) == .notOpened)
  }
}
