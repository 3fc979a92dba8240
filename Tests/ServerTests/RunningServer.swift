import Foundation
import Server
import Storage
import Synchronization
import VectorSearch
import Vision

/// Serves a test's catalog on a port of its own while `body` runs.
@discardableResult
func withServer<Result>(
  _ catalog: TestCatalog, embedder: OpenVINOEmbedder? = nil, words: TextEmbedder? = nil,
  nextModel: @escaping VitrineServer.NextModel = { nil },
  loadModel: @escaping VitrineServer.LoadModel = { _ in nil }, detector: Detector? = nil,
  isEditable: Bool = false,
  settings: (inout ServerSettings) -> Void = { _ in },
  _ body: (Client) async throws -> Result
) async throws -> Result {
  var chosen = ServerSettings()
  chosen.address = .port(0, host: "127.0.0.1")
  chosen.followInterval = .milliseconds(5)
  chosen.modelInterval = .milliseconds(5)
  settings(&chosen)
  let edits: VitrineServer.OpenForEdits = { () throws(StorageError) in
    try CatalogStore(path: catalog.store.path)
  }
  // What `vitrine serve` has: a catalog for reading only and an index of another process.
  let server = VitrineServer(
    settings: chosen, store: try CatalogStore(path: catalog.store.path, isReadOnly: true),
    blobs: catalog.blobs,
    model: SearchModel(
      index: try IndexReader(folder: catalog.index.folder), embedder: embedder, words: words),
    nextModel: nextModel, loadModel: loadModel, detector: detector,
    openForEdits: isEditable ? edits : nil,
    version: "0.0.0")
  let (ports, continuation) = AsyncStream<Int>.makeStream()
  let running = Task {
    defer { continuation.finish() }
    try await server.run(handlesSignals: false) { port in continuation.yield(port ?? -1) }
  }
  guard let port = await ports.first(where: { _ in true }) else {
    try await running.value
    throw Client.Broken(what: "the server ended before it listened")
  }
  do {
    let result = try await body(Client(port: port))
    running.cancel()
    _ = await running.result
    return result
  } catch {
    running.cancel()
    _ = await running.result
    throw error
  }
}

/// The model that `make setup` brings; its absence is a failure, not a skip.
enum TestModel {
  static let embedder = Result { () throws(EmbedError) -> OpenVINOEmbedder in
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let told = ProcessInfo.processInfo.environment["VITRINE_MODEL"]
    return try OpenVINOEmbedder(
      model: told.map { URL(filePath: $0) } ?? root.appending(path: ".deps/model"), streams: 1)
  }
}

extension ServerSettings {
  /// Takes three requests of a client at once, and one in a hundred seconds from then on.
  mutating func admitThree() {
    requestsPerSecond = 0.01
    burst = 3
  }
}
