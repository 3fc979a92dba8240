import Hummingbird
import Synchronization

/// A request's body, which comes once: to be read whole within bounds of size and time, or to be let go.
final class Body: Sendable {
  private let request: Request
  private let isTaken = Atomic(false)

  /// Bytes that are let go of one request.
  private static let discardLimit = 256 << 20

  init(of request: Request) { self.request = request }

  /// - Throws: `bodyTooLarge`, before anything is read where the head tells the size;
  ///   `bodyTimedOut`; `malformedBody` where the connection breaks.
  func read(limit: Int, timeout: Duration) async throws(Problem) -> [UInt8] {
    if let text = request.headers[.contentLength], let length = Int(text), length > limit {
      throw Problem(.bodyTooLarge, "\(length) bytes, limit \(limit)")
    }
    isTaken.store(true, ordering: .relaxed)
    let outcome = await Self.within(timeout) { await self.collect(limit) }
    guard let outcome else {
      throw Task.isCancelled
        ? Problem(.malformedBody, "the connection was given up")
        : Problem(.bodyTimedOut, "no end after \(timeout / .seconds(1)) s")
    }
    return try outcome.get()
  }

  /// Lets come and go what was not read, where the connection ends with the answer.
  ///
  /// Many clients send all before they look for an answer. One whose body is not taken would wait for that,
  /// and lose the answer with the connection. On connections that go on the server does this by itself. Who
  /// waits for an invitation that has not come waits for the answer alone.
  func discard(timeout: Duration) async {
    let headers = request.headers
    guard endsConnection, headers[.expect] == nil,
      headers[.contentLength] ?? "0" != "0" || headers[.transferEncoding] != nil,
      !isTaken.exchange(true, ordering: .relaxed)
    else { return }
    _ = await Self.within(timeout) { await self.collect(0) }
  }

  /// As the HTTP library decides it.
  private var endsConnection: Bool { request.headers[.connection] == "close" }

  private func collect(_ limit: Int) async -> Result<[UInt8], Problem> {
    var bytes: [UInt8] = []
    var excess = 0
    do {
      for try await chunk in request.body {
        if excess == 0, bytes.count + chunk.readableBytes <= limit {
          bytes.append(contentsOf: chunk.readableBytesView)
        } else {
          excess += chunk.readableBytes
          bytes = []
          guard endsConnection, excess <= Self.discardLimit else { break }
        }
      }
    } catch {
      return .failure(Problem(.malformedBody, "the body broke off: \(error)"))
    }
    return excess > 0
      ? .failure(Problem(.bodyTooLarge, "more than \(limit) bytes")) : .success(bytes)
  }

  /// What `work` returns, or `nil` where it takes longer or the task is cancelled.
  private static func within<Value: Sendable>(
    _ timeout: Duration, _ work: @escaping @Sendable () async -> Value
  ) async -> Value? {
    await withTaskGroup { group in
      group.addTask { Optional(await work()) }
      group.addTask {
        try? await Task.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}
