import Catalog
import Foundation
import Storage
import Support
import Synchronization
import Testing
import VectorSearch
import Vision

@testable import Server

/// Searches whose clients do not wait for them.
struct LeavingClientTests {
  /// A connection that is closed when the test says so.
  private final class Line: Sendable {
    private struct State {
      var isClosed = false
      var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    var connection: Connection {
      Connection(id: ObjectIdentifier(self)) { body in
        let isClosed = self.state.withLock { state in
          state.waiting.append(body)
          return state.isClosed
        }
        if isClosed { body() }
      }
    }

    func close() {
      let waiting = state.withLock { state in
        state.isClosed = true
        return state.waiting
      }
      for body in waiting { body() }
    }
  }

  /// Returns once its task is cancelled.
  @Sendable private static func untilCancelled() async -> Bool {
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    await withTaskCancellationHandler {
      for await _ in stream {}
    } onCancel: {
      continuation.finish()
    }
    return Task.isCancelled
  }

  @Test func `what a client waits for is cancelled when it leaves, and nothing else`() async {
    let metrics = Metrics()
    let clients = Clients(metrics: metrics)
    let (first, second) = (Line(), Line())
    // One whose answer was given before is known already.
    #expect(await clients.whileWaiting(on: first.connection) { 7 } == 7)
    #expect(!clients.hasLeft(first.connection))
    async let left = clients.whileWaiting(on: first.connection, Self.untilCancelled)
    async let stays = clients.whileWaiting(on: second.connection, Self.untilCancelled)
    first.close()
    #expect(await left)
    // It may have left before or while it waited.
    #expect(clients.hasLeft(first.connection) && !clients.hasLeft(second.connection))
    clients.stop()
    #expect(await stays)
    // What comes then is not begun.
    #expect(await clients.whileWaiting(on: Line().connection) { Task.isCancelled })
    #expect(metrics.current.abandoned <= 1)
  }

  @Test func `what is waited for is cancelled with its caller`() async {
    let clients = Clients(metrics: Metrics())
    let caller = Task {
      await clients.whileWaiting(on: Line().connection, Self.untilCancelled)
    }
    caller.cancel()
    #expect(await caller.value)
  }

  @Test func `a search that has not begun when its client leaves never begins`() async throws {
    let catalog = try await TestCatalog()
    for n in 0..<3 { try await catalog.addHat(n, tilt: Float(n)) }
    let (asked, asking) = AsyncStream<Void>.makeStream()
    let (release, releasing) = AsyncStream<Void>.makeStream()
    // The second model is what the search waits for before the index is asked.
    let loader: VitrineServer.LoadModel = { [folder = catalog.index.folder] _ in
      asking.yield()
      for await _ in release {}
      return SearchModel(index: try IndexReader(folder: folder), embedder: nil)
    }
    try await withServer(catalog, loadModel: loader) { client in
      let connection = try Socket(port: client.port)
      try connection.send("GET /v1/search?image=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try connection.receive().hasPrefix("HTTP/1.1 200"))
      try connection.send(
        "GET /v1/search?image=1&rerank=second HTTP/1.1\r\nHost: localhost\r\n\r\n")
      _ = await asked.first { _ in true }
      connection.close()
      let left = try await figures(client) { $0.contains("vitrine_search_abandoned_total 1\n") }
      #expect(left.contains("vitrine_search_abandoned_total 1\n"))
      #expect(left.contains(#"vitrine_pending{work="search"} 1"#))
      releasing.finish()
      let ended = try await figures(client) { $0.contains(#"vitrine_pending{work="search"} 0"#) }
      #expect(ended.contains(#"vitrine_pending{work="search"} 0"#))
      #expect(ended.contains("vitrine_search_seconds_count 1\n"))
      let counted = try await figures(client) { $0.contains(#"status="499""#) }
      #expect(
        counted.contains(#"vitrine_http_requests_total{route="/v1/search",status="499"} 1"#))
    }
  }

  /// The first figures that are as wanted; the last ones otherwise.
  private func figures(_ client: Client, until isThere: (String) -> Bool) async throws -> String {
    for _ in 0..<2000 {
      let text = try await client.get("/metrics").text
      if isThere(text) { return text }
      try await Task.sleep(for: .milliseconds(2))
    }
    return try await client.get("/metrics").text
  }

  @Test func `a search of a cancelled task asks the index nothing`() async throws {
    let shop = try await SampleShop.shared.value
    let search = LocalSearch(
      store: try CatalogStore(path: shop.catalog.store.path, isReadOnly: true),
      blobs: shop.catalog.blobs,
      model: SearchModel(
        index: try IndexReader(folder: shop.catalog.index.folder), embedder: nil))
    let image = try shop.image("Red dress")
    let parameters = [(name: "image", value: String(image.rawValue))]
    _ = try await search.answer(picture: nil, parameters: parameters)
    let reason = await Task {
      withUnsafeCurrentTask { $0?.cancel() }
      do throws(LocalSearch.Refusal) {
        _ = try await search.answer(picture: nil, parameters: parameters)
        return ""
      } catch {
        return error.reason
      }
    }.value
    #expect(reason == "the search was given up")
  }
}

/// A connection that a test holds open.
private final class Socket {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    let status = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Client.Broken(what: "connect: errno \(errno)") }
  }

  func send(_ text: String) throws {
    let count = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
    guard count == text.utf8.count else { throw Client.Broken(what: "send: errno \(errno)") }
  }

  /// A part of an answer, its beginning at first.
  func receive() throws -> String {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { throw Client.Broken(what: "recv: errno \(errno)") }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  func close() { Glibc.close(descriptor) }
}
