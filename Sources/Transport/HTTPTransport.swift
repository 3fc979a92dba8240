import Synchronization

/// Sends HTTP requests: HTTP/1.1 with kept connections, HTTP/2 over TLS, compressed bodies.
///
/// Redirects are responses like any other, cookies and proxies are off, TLS certificates are always
/// verified. A connection to a special-purpose address (`IPAddress.isPublic`) is refused when it is
/// opened, whatever the name or its spelling, unless the request allows it; the two kinds of
/// request share no connection, since a pooled one is not checked again.
package final class HTTPTransport: Sendable {
  package struct Settings: Sendable {
    package var userAgent: String
    package var connectTimeout: Duration
    /// From taking the request up to the last byte of the body.
    package var totalTimeout: Duration
    /// A response that brings less than `minimumSpeed` for so long has timed out; whole seconds.
    package var idleTimeout: Duration
    /// Bytes a second.
    package var minimumSpeed: Int
    /// Open connections; further requests wait for one.
    package var maxConnections: Int
    /// A PEM file that replaces the system's trusted certificates.
    package var authorities: String?

    package init(
      userAgent: String, connectTimeout: Duration = .seconds(15),
      totalTimeout: Duration = .seconds(180), idleTimeout: Duration = .seconds(30),
      minimumSpeed: Int = 64, maxConnections: Int = 256, authorities: String? = nil
    ) {
      self.userAgent = userAgent
      self.connectTimeout = connectTimeout
      self.totalTimeout = totalTimeout
      self.idleTimeout = idleTimeout
      self.minimumSpeed = minimumSpeed
      self.maxConnections = maxConnections
      self.authorities = authorities
    }
  }

  private let loop: EventLoop

  /// Starts the transport's thread.
  package init(_ settings: Settings) throws(TransportError) { loop = try EventLoop(settings) }

  deinit { loop.end() }

  /// The transport's own thread, for tasks that do little but wait for responses: between a response
  /// and what such a task does next no thread is woken. What blocks or computes for long would hold up
  /// every transfer. It serves as long as the transport lives.
  package var executor: any TaskExecutor { loop }

  /// Sends one request and returns the complete response, whatever its status.
  ///
  /// Cancelling the task breaks the transfer off and throws `cancelled`.
  package func send(_ request: Request) async throws(TransportError) -> Response {
    let ticket = Ticket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.start(Job(ticket: ticket, request: request, continuation: continuation))
      }
    } onCancel: {
      loop.cancel(ticket)
    }
    return try result.get()
  }

  /// Breaks every transfer off with `shutDown`, and every later one.
  package func shutdown() { loop.close() }
}

/// Names one request towards its loop, and keeps a cancellation that comes before its start.
final class Ticket: Sendable {
  let isCancelled = Atomic(false)
}

/// A request on its way, with the task that waits for it.
struct Job: Sendable {
  let ticket: Ticket
  let request: Request
  let continuation: CheckedContinuation<Result<Response, TransportError>, Never>

  func finish(_ result: Result<Response, TransportError>) { continuation.resume(returning: result) }
}
