import Catalog
import Foundation
import Hummingbird
import Logging
import Synchronization
import Vision

/// A site to try Vitrine on: an influencer site, two shops and an image host, each on a loopback
/// address of its own, with pictures drawn by us.
///
/// It answers as careful servers do: validators, 304, robots.txt, sitemaps, a redirect, a page that is
/// gone. Nothing of it leaves the machine.
struct DemoSite: Sendable {
  /// What a day of the site serves.
  let day: Int
  private let endpoints: [DemoPages.Host: Endpoint]
  private let pages: DemoPages
  private let validators: [DemoPages.Host: [String: Validators]]
  private let pictures = DemoPictures()
  private let accessLog: String?

  private struct Endpoint: Sendable {
    let address: String
    let port: Int
    var authority: String { "\(address):\(port)" }
  }

  private struct Validators: Sendable {
    let tag: String
    let modified: String

    static let firstDay = "Mon, 02 Mar 2026 04:00:00 GMT"
    static let secondDay = "Tue, 03 Mar 2026 04:00:00 GMT"

    /// What If-None-Match or, without it, If-Modified-Since says (RFC 9110, 13.2.2).
    func match(_ request: Request) -> Bool {
      if let known = request.headers[.ifNoneMatch] { return known == "*" || known.contains(tag) }
      return request.headers[.ifModifiedSince] == modified
    }
  }

  /// - Parameters:
  ///   - port: of every host where 127.0.0.1 to 127.0.0.4 can be bound; else the first of four ports
  ///     on 127.0.0.1.
  ///   - day: 1, or 2 for the same site a night later.
  ///   - accessLog: a file to which every answer adds a line.
  init(port: Int, day: Int = 1, accessLog: String? = nil) {
    self.day = day
    self.accessLog = accessLog
    let hosts = DemoPages.Host.allCases
    let isSpread = hosts.allSatisfy { Self.canBind("127.0.0.\($0.rawValue + 1)") }
    endpoints = Dictionary(
      uniqueKeysWithValues: hosts.map { host in
        isSpread
          ? (host, Endpoint(address: "127.0.0.\(host.rawValue + 1)", port: port))
          : (host, Endpoint(address: "127.0.0.1", port: port + host.rawValue))
      })
    let origins = endpoints.mapValues { "http://\($0.authority)" }
    let first = DemoPages(catalog: DemoCatalog(day: 1), origins: origins)
    let today = day == 1 ? first : DemoPages(catalog: DemoCatalog(day: day), origins: origins)
    validators = Dictionary(
      uniqueKeysWithValues: today.pages.map { host, pages in
        (
          host,
          Dictionary(
            uniqueKeysWithValues: pages.map { path, page in
              let isOld = first.pages[host]?[path]?.body == page.body
              return (
                path,
                Validators(
                  tag: "\"\(ContentHash(of: page.body).description.prefix(20))\"",
                  modified: isOld ? Validators.firstDay : Validators.secondDay)
              )
            })
        )
      })
    pages = today
  }

  /// Where a crawl starts.
  var seeds: [String] { ["http://\(authority(.creators))/"] }

  /// The hosts, with their ports, that a crawl may ask.
  var hosts: [String] { DemoPages.Host.allCases.map(authority) }

  private func authority(_ host: DemoPages.Host) -> String { endpoints[host]?.authority ?? "" }

  /// Whether this machine has the loopback address; macOS has only 127.0.0.1 unless told otherwise.
  private static func canBind(_ address: String) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, address, &name.sin_addr)
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter ready: called once, when all hosts take connections.
  /// - Throws: when a port is taken, or the access log cannot be written.
  func run(ready: @escaping @Sendable () async -> Void = {}) async throws {
    let waiting = Mutex(endpoints.count)
    let log = try accessLog.map(DemoAccessLog.init(path:))
    var logger = Logger(label: "vitrine.demo")
    logger.logLevel = .critical
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (host, endpoint) in endpoints {
        let application = Application(
          responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
            try await respond(to: request, on: host, log)
          },
          configuration: ApplicationConfiguration(
            address: .hostname(endpoint.address, port: endpoint.port), serverName: "demo"),
          onServerRunning: { _ in
            let isLast = waiting.withLock { count in
              count -= 1
              return count == 0
            }
            if isLast { await ready() }
          },
          logger: logger)
        group.addTask { try await application.runService(gracefulShutdownSignals: []) }
      }
      // The first to end, by cancellation or because it cannot bind, ends all.
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  // MARK: - Answers

  private func respond(
    to request: Request, on host: DemoPages.Host, _ log: DemoAccessLog?
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await answer(request, on: host)
    if let log {
      let fields = request.headers
      try log.write(
        DemoAccessLog.Line(
          ms: Timestamp.now.milliseconds,
          durS: Double((ContinuousClock.now - start).milliseconds) / 1000,
          addr: endpoints[host]?.address ?? "", host: request.head.authority ?? "",
          method: request.method.rawValue, uri: request.uri.string,
          status: response.status.code, bytes: response.body.contentLength ?? 0,
          ua: fields[.userAgent] ?? "", ifNoneMatch: fields[.ifNoneMatch] ?? "",
          ifModifiedSince: fields[.ifModifiedSince] ?? ""))
    }
    return response
  }

  private func answer(_ request: Request, on host: DemoPages.Host) async throws -> Response {
    guard request.method == .get || request.method == .head else {
      return Response(status: .methodNotAllowed, headers: [.allow: "GET, HEAD"])
    }
    let path = request.uri.path
    let query = request.uri.queryParameters
    let isHead = request.method == .head
    if host == .images, let picture = pages.catalog.pictures[path] {
      let width = query["w"].flatMap { Int($0) }
      let chosen = width.map { picture.narrowed(to: min(max($0, 40), Scene.width)) } ?? picture
      let validators = Validators(
        tag: "\"\(DemoCatalog.slug(path))-\(chosen.side)-\(chosen.quality)\"",
        modified: Validators.firstDay)
      if validators.match(request) { return Self.notModified(validators) }
      return Self.found(
        try await pictures.file(chosen), "image/jpeg", validators, isHead: isHead)
    }
    let key = query["page"].map { "\(path)?page=\($0)" } ?? path
    guard let page = pages.pages[host]?[key], let validators = validators[host]?[key] else {
      return Response(
        status: .notFound, headers: [.contentType: "text/html; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: "<!DOCTYPE html><title>Not found</title>")))
    }
    if let location = page.location {
      return Response(status: .found, headers: [.location: location])
    }
    if page.status == 200, validators.match(request) { return Self.notModified(validators) }
    var response = Self.found(page.body, page.mediaType, validators, isHead: isHead)
    response.status = .init(code: page.status)
    return response
  }

  private static func notModified(_ validators: Validators) -> Response {
    Response(
      status: .notModified, headers: [.eTag: validators.tag, .lastModified: validators.modified])
  }

  private static func found(
    _ body: [UInt8], _ mediaType: String, _ validators: Validators, isHead: Bool
  ) -> Response {
    let response = Response(
      status: .ok,
      headers: [
        .contentType: mediaType, .eTag: validators.tag, .lastModified: validators.modified,
      ], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    return isHead ? response.createHeadResponse() : response
  }
}
