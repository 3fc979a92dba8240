import Catalog
import Glibc
import Hummingbird
import Logging

/// Finds the route of a request and answers for everything that holds for all routes: host names,
/// rates, errors, security headers, figures and the log.
struct Dispatcher: HTTPResponder {
  let routes: [Route]
  let hosts: Set<String>
  let limiter: RateLimiter
  let metrics: Metrics
  let clients: Clients
  /// For a body that nobody has read.
  let bodyTimeout: Duration

  func respond(to request: Request, context: RequestScope) async throws -> Response {
    let start = ContinuousClock.now
    let (path, query) = Self.split(request.head.path ?? "/")
    let body = Body(of: request)
    let (answer, pattern) = await answer(
      request, body, path: path, query: query, context, now: start)
    let took = start.duration(to: .now)
    await body.discard(timeout: bodyTimeout)
    metrics.count(route: pattern, status: answer.status, seconds: took / .seconds(1))
    // 503 says that something is not ready, often to who asks for nothing else: no failure.
    context.logger.log(
      level: answer.status == 503 ? .info : answer.status >= 500 ? .error : .debug, "request",
      metadata: [
        "method": "\(request.method)", "path": "\(path)", "status": "\(answer.status)",
        "ms": "\(took.milliseconds)", "bytes": "\(answer.body.count)",
      ])
    var response = answer.response(isHead: request.method == .head)
    for (name, value) in Self.securityHeaders where response.headers[name] == nil {
      response.headers[name] = value
    }
    return response
  }

  private func answer(
    _ request: Request, _ body: Body, path: Substring, query: Substring, _ context: RequestScope,
    now: ContinuousClock.Instant
  ) async -> (Answer, pattern: String) {
    var pattern = "unmatched"
    do throws(Problem) {
      try checkHost(of: request)
      let candidates = routes.compactMap { route in route.match(path).map { (route, $0) } }
      guard let any = candidates.first else {
        throw Problem(.notFound, "no address \(Fields.quoted(String(path)))")
      }
      pattern = any.0.pattern
      // HEAD is GET without the body (RFC 9110, 9.3.2).
      let method = request.method == .head ? "GET" : request.method.rawValue
      guard let (route, parameters) = candidates.first(where: { $0.0.method.rawValue == method })
      else {
        var problem = Problem(
          .methodNotAllowed, "\(Fields.quoted(request.method.rawValue)) of \(path)")
        problem.allowed = candidates.flatMap { route, _ in
          route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
        }
        throw problem
      }
      if route.isWriting { try checkSite(of: request) }
      if route.isMetered, let wait = limiter.admit(context.client, now: now) {
        throw Problem(
          .rateLimited, "the next request is welcome in \(wait) s", retryAfter: max(1, wait))
      }
      var fields = Fields(known: route.operation.fieldNames)
      if !route.isPage { try fields.add(query: query) }
      let call = Call(request: request, body: body, path: parameters, fields: fields, now: .now) {
        [limiter, client = context.client] in limiter.charge(client, $0, now: now)
      }
      let answer = try await answer(call, route, on: context.connection)
      for cause in answer.causes {
        context.logger.error("\(cause)", metadata: ["path": "\(path)"])
      }
      return (answer, pattern)
    } catch {
      if let cause = error.cause {
        context.logger.error("\(cause)", metadata: ["path": "\(path)"])
      }
      var answer = Answer(error)
      if error == .givenUp, clients.hasLeft(context.connection) { answer.status = Self.clientLeft }
      return (answer, pattern)
    }
  }

  /// What nginx counts answers as that nobody waits for; it is never sent.
  private static let clientLeft = 499

  private func answer(_ call: Call, _ route: Route, on connection: Connection)
    async throws(Problem) -> Answer
  {
    guard route.endsWithClient else { return try await route.answer(call) }
    return try await clients.whileWaiting(on: connection) {
      await Result { () async throws(Problem) in
        do throws(Problem) {
          return try await route.answer(call)
        } catch {
          // Whatever failed then, such as a reading of the catalog, did so for that.
          throw Task.isCancelled ? .givenUp : error
        }
      }
    }.get()
  }

  /// Refuses names that are not ours: with DNS rebinding a foreign page calls us by its own name.
  private func checkHost(of request: Request) throws(Problem) {
    let authority = request.head.authority ?? ""
    let host = Self.host(of: authority)
    guard hosts.contains(host) || Self.isAddress(host) else {
      throw Problem(
        .hostNotAllowed,
        "\(Fields.quoted(authority)) is not among the names that are served; server.names adds it")
    }
  }

  /// Whether a host is an IP address, which nobody's name server can point elsewhere.
  private static func isAddress(_ host: String) -> Bool {
    var four = in_addr()
    var six = in6_addr()
    return host.hasPrefix("[")
      ? inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &six) == 1
      : inet_pton(AF_INET, host, &four) == 1
  }

  /// Refuses to change anything for a page of another site, whatever its browser lets it send.
  ///
  /// A browser names the page's origin with every request that is not a mere navigation (Fetch, 3.2), and
  /// newer ones how near it is (Fetch Metadata); programs send neither.
  private func checkSite(of request: Request) throws(Problem) {
    let site = request.headers[.secFetchSite]
    guard site == nil || site == "same-origin" else {
      throw Problem(.crossSite, "Sec-Fetch-Site is \(Fields.quoted(site ?? ""))")
    }
    guard let origin = request.headers[.origin] else { return }
    let authority = (request.head.authority ?? "").lowercased()
    guard ["http://\(authority)", "https://\(authority)"].contains(origin.lowercased()) else {
      throw Problem(.crossSite, "Origin is \(Fields.quoted(origin))")
    }
  }

  /// The host of `host[:port]`, in lower case, without a trailing dot.
  static func host(of authority: String) -> String {
    var host = authority.lowercased()[...]
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      return String(host[...end])
    }
    if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
    return String(host.hasSuffix(".") ? host.dropLast() : host)
  }

  private static func split(_ target: String) -> (path: Substring, query: Substring) {
    guard let mark = target.firstIndex(of: "?") else { return (target[...], "") }
    return (target[..<mark], target[target.index(after: mark)...])
  }

  /// On every answer; a route may send its own of a name.
  private static let securityHeaders: [(FieldName, String)] = [
    (.xContentTypeOptions, "nosniff"),
    (
      .contentSecurityPolicy,
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'"
    ),
    (.crossOriginResourcePolicy, "same-origin"),
    (.crossOriginOpenerPolicy, "same-origin"),
    (.referrerPolicy, "no-referrer"),
    (.permissionsPolicy, "geolocation=(), microphone=(), payment=(), usb=()"),
  ]
}

extension FieldName {
  static let crossOriginOpenerPolicy = field("Cross-Origin-Opener-Policy")
  static let referrerPolicy = field("Referrer-Policy")
  static let permissionsPolicy = field("Permissions-Policy")
  static let secFetchSite = field("Sec-Fetch-Site")

  private static func field(_ name: String) -> Self {
    guard let name = Self(name) else { preconditionFailure("\(name) is no field name") }
    return name
  }
}

/// What Hummingbird makes for every request: where it comes from and its log.
struct RequestScope: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The client's IP address, or `local` on a Unix socket.
  let client: String
  let connection: Connection

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    let channel = source.channel
    client = channel.remoteAddress?.ipAddress ?? "local"
    connection = Connection(id: ObjectIdentifier(channel)) { closed in
      // Else a client's end of the connection would show only in what comes of writing to it.
      _ = channel.setOption(.allowRemoteHalfClosure, value: false)
      channel.closeFuture.whenComplete { _ in closed() }
    }
  }
}
