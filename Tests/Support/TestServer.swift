import Foundation
import Synchronization

/// A real HTTP/1.1 server on a loopback address and a port of its own, answering by script.
///
/// Each connection has a thread and is kept open between requests. Every address of 127.0.0.0/8
/// can be listened on, so that one test may have several hosts. Stops with its last reference.
package final class TestServer: Sendable {
  package struct Request: Sendable {
    package var method: String
    /// Path and query as sent.
    package var target: String
    package var headers: [(name: String, value: String)]
    /// Counts connections from 0.
    package var connection: Int

    /// The first header of the name, whose case does not matter.
    package subscript(name: String) -> String? {
      headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
    }
  }

  package enum Answer: Sendable {
    /// `Content-Length` is added unless the fields have `Transfer-Encoding` or their own.
    case response(status: Int, headers: [(String, String)], body: [UInt8])
    /// These bytes and nothing else; then the connection is closed.
    case raw([UInt8])
    /// Nothing until the client goes away.
    case silence
    /// The connection is closed at once.
    case hangUp

    package static func html(_ body: String, headers: [(String, String)] = []) -> Answer {
      .response(
        status: 200, headers: [("Content-Type", "text/html; charset=utf-8")] + headers,
        body: Array(body.utf8))
    }

    package static func text(_ body: String) -> Answer {
      .response(status: 200, headers: [("Content-Type", "text/plain")], body: Array(body.utf8))
    }

    package static func status(_ status: Int, headers: [(String, String)] = []) -> Answer {
      .response(status: status, headers: headers, body: Array("status \(status)".utf8))
    }

    package static func redirect(to target: String, status: Int = 301) -> Answer {
      .response(status: status, headers: [("Location", target)], body: [])
    }
  }

  private struct State {
    var requests: [Request] = []
    var open: Set<Int32> = []
    var connections = 0
    var answering = 0
    var mostAnswering = 0
    var isStopped = false
  }

  /// The address and port, such as `127.0.0.1:40123`.
  package let authority: String
  private let listener: Int32
  private let state: Shared
  private let answer: @Sendable (Request) -> Answer

  private final class Shared: Sendable {
    let mutex = Mutex(State())
  }

  /// - Parameter answer: Called on the connection's thread; it may block to hold an answer back.
  package init(
    address: String = "127.0.0.1", answer: @escaping @Sendable (Request) -> Answer
  ) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    precondition(inet_pton(AF_INET, address, &name.sin_addr) == 1, "not an address: \(address)")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 128) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    precondition(isBound, "cannot listen on \(address): errno \(errno)")
    authority = "\(address):\(UInt16(bigEndian: name.sin_port))"
    self.listener = listener
    self.answer = answer
    state = Shared()
    Thread.detachNewThread { [state, answer] in
      Self.accept(from: listener, state, answer)
    }
  }

  deinit { stop() }

  package func url(_ path: String = "/") -> String { "http://\(authority)\(path)" }

  /// Every request so far, in the order in which they came.
  package var requests: [Request] { state.mutex.withLock { $0.requests } }

  /// The paths and queries of `requests`.
  package var targets: [String] { requests.map(\.target) }

  /// The most requests that were being answered at one time.
  package var mostConcurrent: Int { state.mutex.withLock { $0.mostAnswering } }

  /// Closes the port and every connection.
  package func stop() {
    state.mutex.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  private static func accept(
    from listener: Int32, _ state: Shared, _ answer: @escaping @Sendable (Request) -> Answer
  ) {
    defer { close(listener) }
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { return }
      let number: Int? = state.mutex.withLock { state in
        guard !state.isStopped else { return nil }
        state.open.insert(connection)
        state.connections += 1
        return state.connections - 1
      }
      guard let number else {
        close(connection)
        return
      }
      Thread.detachNewThread {
        serve(connection, number, state, answer)
        state.mutex.withLock { _ = $0.open.remove(connection) }
        close(connection)
      }
    }
  }

  private static func serve(
    _ connection: Int32, _ number: Int, _ state: Shared, _ answer: (Request) -> Answer
  ) {
    var received: [UInt8] = []
    while let request = nextRequest(connection, number, &received) {
      state.mutex.withLock { state in
        state.requests.append(request)
        state.answering += 1
        state.mostAnswering = max(state.mostAnswering, state.answering)
      }
      let script = answer(request)
      state.mutex.withLock { $0.answering -= 1 }
      switch script {
      case .response(let status, let headers, let body):
        var head = "HTTP/1.1 \(status) -\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        let hasLength = headers.contains {
          ["content-length", "transfer-encoding"].contains($0.0.lowercased())
        }
        if !hasLength && status != 304 { head += "Content-Length: \(body.count)\r\n" }
        let isBodiless = request.method == "HEAD" || status == 304
        guard send(Array((head + "\r\n").utf8) + (isBodiless ? [] : body), on: connection) else {
          return
        }
      case .raw(let bytes):
        _ = send(bytes, on: connection)
        return
      case .silence:
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
        return
      case .hangUp:
        return
      }
    }
  }

  private static func nextRequest(
    _ connection: Int32, _ number: Int, _ received: inout [UInt8]
  ) -> Request? {
    let end = Array("\r\n\r\n".utf8)
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      if let head = received.firstRange(of: end) {
        let lines = String(decoding: received[..<head.lowerBound], as: UTF8.self)
          .components(separatedBy: "\r\n")
        received.removeSubrange(..<head.upperBound)
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
          guard let colon = line.firstIndex(of: ":") else { return nil }
          let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
          return (String(line[..<colon]), value)
        }
        return Request(
          method: String(words[0]), target: String(words[1]), headers: headers, connection: number)
      }
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0, received.count < 1 << 20 else { return nil }
      received.append(contentsOf: chunk[..<count])
      guard received[0] >= UInt8(ascii: "A") else { return nil }  // TLS, for one
    }
  }

  private static func send(_ bytes: [UInt8], on connection: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.send(
          connection, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }
}
