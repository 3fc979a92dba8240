import Hummingbird

/// A request's body, read whole within bounds of size and time.
enum Body {
  /// - Throws: `bodyTooLarge`, before anything is read where the head tells the size;
  ///   `bodyTimedOut`; `malformedBody` where the connection breaks.
  static func read(_ request: Request, limit: Int, timeout: Duration) async throws(Problem)
    -> [UInt8]
  {
    if let text = request.headers[.contentLength], let length = Int(text), length > limit {
      throw Problem(.bodyTooLarge, "\(length) bytes, limit \(limit)")
    }
    let outcome: Result<[UInt8], Problem> = await withTaskGroup { group in
      group.addTask { await collect(request.body, limit: limit) }
      group.addTask {
        do {
          try await Task.sleep(for: timeout)
        } catch {
          return .failure(Problem(.malformedBody, "the connection was given up"))
        }
        return .failure(Problem(.bodyTimedOut, "no end after \(timeout / .seconds(1)) s"))
      }
      let first = await group.next()
      group.cancelAll()
      guard let first else { preconditionFailure("two tasks were added") }
      return first
    }
    return try outcome.get()
  }

  private static func collect(_ body: RequestBody, limit: Int) async -> Result<[UInt8], Problem> {
    var bytes: [UInt8] = []
    do {
      for try await chunk in body {
        guard bytes.count + chunk.readableBytes <= limit else {
          return .failure(Problem(.bodyTooLarge, "more than \(limit) bytes"))
        }
        bytes.append(contentsOf: chunk.readableBytesView)
      }
    } catch {
      return .failure(Problem(.malformedBody, "the body broke off: \(error)"))
    }
    return .success(bytes)
  }
}
