import Catalog
import Support
import Synchronization
import Testing
import Transport

/// Requests to a real server on loopback.
struct HTTPTransportTests {
  let transport = try! HTTPTransport(.init(userAgent: "vitrinebot/1 (+mailto:a@b.example)"))

  /// What `send` throws; `nil` where it returns.
  private func failure(_ send: () async throws(TransportError) -> Response) async -> TransportError?
  {
    do throws(TransportError) {
      _ = try await send()
      return nil
    } catch {
      return error
    }
  }

  private func get(
    _ server: TestServer, _ path: String = "/", headers: [(name: String, value: String)] = [],
    bodyLimit: Int = 1 << 20, isPrivateAllowed: Bool = true, timeout: Duration? = nil
  ) async throws(TransportError) -> Response {
    let url = try! CanonicalURL(server.url(path))
    return try await transport.send(
      Request(
        url: url, headers: headers, bodyLimit: bodyLimit, isPrivateAllowed: isPrivateAllowed,
        totalTimeout: timeout))
  }

  @Test func `a response keeps its status, its repeated headers and its body`() async throws {
    let server = TestServer { _ in
      .response(
        status: 203, headers: [("X-Robots-Tag", "noindex"), ("x-robots-tag", " nofollow ")],
        body: Array("hello".utf8))
    }
    let response = try await get(server)
    #expect(response.status == 203)
    #expect(response.headers.values("X-ROBOTS-TAG") == ["noindex", "nofollow"])
    #expect(response.body == Array("hello".utf8))
    #expect(response.remoteAddress == IPAddress("127.0.0.1"))
    #expect(response.version == .http1)
    #expect(response.timings.sent <= response.timings.firstByte)
    #expect(response.timings.firstByte <= response.timings.total)
  }

  @Test func `a request says who asks, what it can decode and what the caller adds`() async throws {
    let server = TestServer { _ in .text("") }
    _ = try await get(server, "/a%20b?q=1", headers: [("If-None-Match", "\"v1\"")])
    let request = server.requests[0]
    #expect(request.target == "/a%20b?q=1")
    #expect(request["User-Agent"] == "vitrinebot/1 (+mailto:a@b.example)")
    #expect(request["Accept-Encoding"]?.contains("gzip") == true)
    #expect(request["If-None-Match"] == "\"v1\"")
    #expect(request["Cookie"] == nil)
  }

  @Test func `headers and cookies of one request do not leak into the next`() async throws {
    let server = TestServer { _ in
      .response(status: 200, headers: [("Set-Cookie", "a=1")], body: [])
    }
    _ = try await get(server, headers: [("If-None-Match", "\"v1\"")])
    _ = try await get(server)
    #expect(server.requests[1]["If-None-Match"] == nil)
    #expect(server.requests[1]["Cookie"] == nil)
  }

  @Test func `requests in a row share a connection`() async throws {
    let server = TestServer { _ in .text("x") }
    for _ in 0..<4 { _ = try await get(server) }
    #expect(Set(server.requests.map(\.connection)) == [0])
  }

  @Test func `a redirect is handed over, not followed`() async throws {
    let server = TestServer { _ in .redirect(to: "/b") }
    let response = try await get(server)
    #expect(response.status == 301)
    #expect(response.headers["location"] == "/b")
    #expect(server.targets == ["/"])
  }

  @Test func `a HEAD request has no body and the connection lives on`() async throws {
    let server = TestServer { _ in .text("body") }
    let url = try CanonicalURL(server.url())
    let response = try await transport.send(Request(.head, url: url, isPrivateAllowed: true))
    #expect(response.body.isEmpty)
    #expect(try await get(server).body == Array("body".utf8))
    #expect(server.requests.map(\.method) == ["HEAD", "GET"])
    #expect(server.requests[1].connection == 0)
  }

  @Test func `a compressed body is decoded`() async throws {
    let server = TestServer { _ in
      .response(status: 200, headers: [("Content-Encoding", "gzip")], body: gzipOfSpaces)
    }
    #expect(try await get(server).body == [UInt8](repeating: 32, count: 100_000))
  }

  @Test func `the limit counts decoded bytes`() async throws {
    let server = TestServer { _ in
      .response(status: 200, headers: [("Content-Encoding", "gzip")], body: gzipOfSpaces)
    }
    #expect(gzipOfSpaces.count < 1000)
    await #expect(throws: TransportError.tooLarge(limit: 99_999)) {
      _ = try await get(server, bodyLimit: 99_999)
    }
    #expect(try await get(server, bodyLimit: 100_000).body.count == 100_000)
  }

  @Test func `a body that is announced too long is not read`() async throws {
    let server = TestServer { _ in
      .response(status: 200, headers: [("Content-Length", "999999")], body: [1, 2, 3])
    }
    await #expect(throws: TransportError.tooLarge(limit: 1000)) {
      _ = try await get(server, bodyLimit: 1000)
    }
  }

  @Test func `the plan sees the head and may keep a prefix or nothing`() async throws {
    let server = TestServer { request in
      .response(
        status: 200, headers: [("Content-Type", "Video/MP4; a=b")],
        body: [UInt8](repeating: 7, count: request.target == "/long" ? 300_000 : 1000))
    }
    let seen = Mutex("")
    func send(_ path: String, _ plan: BodyPlan) async throws -> Response {
      let url = try! CanonicalURL(server.url(path))
      return try await transport.send(
        Request(url: url, isPrivateAllowed: true) { head in
          seen.withLock { $0 = "\(head.status) \(head.mediaType)" }
          return plan
        })
    }
    let prefix = try await send("/long", .prefix(limit: 10))
    #expect(seen.withLock { $0 } == "200 video/mp4")
    #expect(prefix.body == [UInt8](repeating: 7, count: 10))
    #expect(prefix.isTruncated)
    let whole = try await send("/short", .prefix(limit: 1000))
    #expect(whole.body.count == 1000)
    #expect(!whole.isTruncated)
    let dropped = try await send("/long", .discard)
    #expect(dropped.body.isEmpty)
    #expect(dropped.isTruncated)
    let short = try await send("/short", .discard)
    #expect(short.body.isEmpty)
    #expect(!short.isTruncated)
    // The connection of the short body that was read away is used again.
    let before = server.requests.last!.connection
    _ = try await send("/short", .keep(limit: 1000))
    #expect(server.requests.last!.connection == before)
  }

  @Test func `loopback is refused unless the request allows it, whatever its spelling`()
    async throws
  {
    let server = TestServer { _ in .text("secret") }
    let port = server.authority.split(separator: ":")[1]
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"] {
      let url = try CanonicalURL("http://\(host):\(port)/")
      let error = await failure { () throws(TransportError) in
        try await transport.send(Request(url: url))
      }
      guard case .blockedAddress = error else {
        Issue.record("\(host): \(String(describing: error))")
        continue
      }
    }
    #expect(server.requests.isEmpty)
  }

  @Test func `a connection that was allowed is not lent to a request that is guarded`() async throws
  {
    let server = TestServer { _ in .text("secret") }
    _ = try await get(server)
    await #expect(throws: TransportError.blockedAddress(IPAddress("127.0.0.1")!)) {
      _ = try await get(server, isPrivateAllowed: false)
    }
    #expect(server.requests.count == 1)
  }

  @Test func `nobody listening is unreachable`() async throws {
    let server = TestServer { _ in .hangUp }
    server.stop()
    await #expect(throws: TransportError.unreachable(code: 7)) { _ = try await get(server) }
  }

  @Test func `a connection that closes without an answer is interrupted`() async throws {
    let server = TestServer { _ in .hangUp }
    await #expect(throws: TransportError.interrupted(code: 52)) { _ = try await get(server) }
  }

  @Test func `a body that ends early is interrupted`() async throws {
    let server = TestServer { _ in
      .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf".utf8))
    }
    await #expect(throws: TransportError.interrupted(code: 18)) { _ = try await get(server) }
  }

  @Test func `an answer that is not HTTP is malformed`() async throws {
    let server = TestServer { _ in .raw(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)) }
    await #expect(throws: TransportError.malformed(code: 1)) { _ = try await get(server) }
  }

  @Test func `endless headers are cut off`() async throws {
    let many = (0..<600).map { "X-\($0): y\r\n" }.joined()
    let long = "X: " + String(repeating: "y", count: 140_000) + "\r\n"
    for fields in [many, long] {
      let server = TestServer { _ in .raw(Array("HTTP/1.1 200 OK\r\n\(fields)\r\n".utf8)) }
      let error = await failure { () throws(TransportError) in try await get(server) }
      guard case .malformed = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test func `an interim response and a trailer do not become headers`() async throws {
    let server = TestServer { _ in
      .raw(
        Array(
          """
          HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n\
          HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: one\r\n\ttwo\r\n\r\n\
          2\r\nhi\r\n0\r\nX-Trailer: no\r\n\r\n
          """.utf8))
    }
    let response = try await get(server)
    #expect(response.status == 200)
    #expect(response.headers.fields.map(\.name) == ["Transfer-Encoding", "X-A"])
    #expect(response.headers["x-a"] == "one two")
    #expect(response.body == Array("hi".utf8))
  }

  @Test func `silence ends in a time-out`() async throws {
    let server = TestServer { _ in .silence }
    // Where there is no connection in so short a time it is the host that is away.
    for milliseconds in [20, 200, 2_000, 20_000] {
      let error = await failure { () throws(TransportError) in
        try await get(server, timeout: .milliseconds(milliseconds))
      }
      if case .unreachable = error { continue }
      #expect(error == .timedOut)
      return
    }
    Issue.record("never connected")
  }

  @Test func `cancelling the task breaks the transfer off`() async throws {
    let (arrived, signal) = AsyncStream.makeStream(of: Void.self)
    let server = TestServer { _ in
      signal.yield()
      return .silence
    }
    let task = Task {
      await failure { () throws(TransportError) in try await get(server) }
    }
    for await _ in arrived { break }
    task.cancel()
    #expect(await task.value == .cancelled)
    let late = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await failure { () throws(TransportError) in try await get(server) }
    }
    #expect(await late.value == .cancelled)
    #expect(server.requests.count == 1)
  }

  @Test func `shutting down ends what is under way and what comes later`() async throws {
    let own = try HTTPTransport(.init(userAgent: "test"))
    let (arrived, signal) = AsyncStream.makeStream(of: Void.self)
    let server = TestServer { _ in
      signal.yield()
      return .silence
    }
    let url = try CanonicalURL(server.url())
    let task = Task {
      await failure { () throws(TransportError) in
        try await own.send(Request(url: url, isPrivateAllowed: true))
      }
    }
    for await _ in arrived { break }
    own.shutdown()
    #expect(await task.value == .shutDown)
    await #expect(throws: TransportError.shutDown) {
      _ = try await own.send(Request(url: url, isPrivateAllowed: true))
    }
  }

  @Test func `tasks that run on the transport's thread wait there for each other's responses`()
    async throws
  {
    let server = TestServer { .text($0.target) }
    let bodies = await withTaskExecutorPreference(transport.executor) {
      await withTaskGroup(of: String.self) { group in
        for n in 0..<20 {
          group.addTask {
            let answers = [try? await get(server, "/\(n)"), try? await get(server, "/again/\(n)")]
            return String(decoding: answers.compactMap { $0?.body }.joined(), as: UTF8.self)
          }
        }
        return await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
    }
    #expect(bodies == Set((0..<20).map { "/\($0)/again/\($0)" }))
  }

  @Test func `a task comes to its end though the transport's thread has ended`() async throws {
    let executor = try HTTPTransport(.init(userAgent: "test")).executor
    let task = Task(executorPreference: executor) {
      await Task.yield()
      return 7
    }
    #expect(await task.value == 7)
  }

  @Test func `plain text where TLS is expected is a TLS failure`() async throws {
    let server = TestServer { _ in .text("x") }
    let url = try CanonicalURL("https://\(server.authority)/")
    await #expect(throws: TransportError.tls(code: 35)) {
      _ = try await transport.send(
        Request(url: url, isPrivateAllowed: true, totalTimeout: .seconds(5)))
    }
  }

  @Test func `many requests to many hosts run side by side`() async throws {
    let servers = (2...9).map { n in TestServer(address: "127.0.0.\(n)") { .text($0.target) } }
    let bodies = try await withThrowingTaskGroup(of: Bool.self) { group in
      for n in 0..<200 {
        group.addTask {
          try await get(servers[n % servers.count], "/\(n)").body == Array("/\(n)".utf8)
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(bodies == 200)
  }
}

/// `gzip -9` of 100,000 spaces.
private let gzipOfSpaces: [UInt8] = [
  0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xED, 0xC1, 0x31, 0x01, 0x00, 0x00,
  0x00, 0xC2, 0xA0, 0x2A, 0xEB, 0x9F, 0xD2, 0x1A, 0x1E, 0x40, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xAF, 0x06, 0x2D, 0xF0, 0x79,
  0xCA, 0xA0, 0x86, 0x01, 0x00,
]
