import Catalog
import Crawl
import Logging
import Storage
import Support
import Synchronization
import Testing
import Transport

/// A crawl of loopback servers into a catalog of its own, on a clock that nobody waits for.
///
/// Pages are lists of lines: `link ADDRESS`, `image ADDRESS`, `sitemap ADDRESS`, and `item`.
final class SiteFixture: Sendable {
  let clock = ManualClock()
  let folder = TemporaryFolder()
  let store: CatalogStore
  let transport: HTTPTransport
  let settings: CrawlSettings
  /// When requests came, by `authority target`.
  private let arrivals = Mutex<[(authority: String, target: String, at: Duration)]>([])
  let visits = Mutex<[Visit]>([])

  init(_ change: (inout CrawlSettings) -> Void = { _ in }) throws {
    store = try CatalogStore(path: "\(folder.path)/catalog.sqlite")
    var settings = try CrawlSettings(version: "1", contact: "crawl@team.example")
    change(&settings)
    self.settings = settings
    transport = try HTTPTransport(.init(userAgent: settings.userAgent))
  }

  deinit { transport.shutdown() }

  var now: @Sendable () -> Timestamp {
    { [clock] in Timestamp(seconds: 1_800_000_000) + clock.now.offset }
  }

  /// A server whose requests are noted with the time of the fixture's clock.
  func server(
    address: String = "127.0.0.1", _ answer: @escaping @Sendable (String) -> TestServer.Answer
  ) -> TestServer {
    scripted(address: address) { request in answer(request.target) }
  }

  /// The same for answers that depend on more than the target.
  func scripted(
    address: String = "127.0.0.1",
    _ answer: @escaping @Sendable (TestServer.Request) -> TestServer.Answer
  ) -> TestServer {
    TestServer(address: address) { [weak self] request in
      self?.note(request["Host"] ?? "", request.target)
      return answer(request)
    }
  }

  private func note(_ authority: String, _ target: String) {
    let now = clock.now.offset
    arrivals.withLock { $0.append((authority, target, now)) }
  }

  /// When requests came to the server, in order.
  func arrivals(at server: TestServer) -> [(target: String, at: Duration)] {
    arrivals.withLock { $0.filter { $0.authority == server.authority }.map { ($0.target, $0.at) } }
  }

  func scope(_ servers: [TestServer]) throws -> Scope {
    Scope(
      hosts: try servers.map { try #require(HostPattern($0.authority)) }, isPrivateAllowed: true)
  }

  /// Crawls from the first server's `/` until nothing is due.
  @discardableResult
  func crawl(
    _ servers: TestServer..., seeds: [String] = ["/"], isRefresh: Bool = false,
    scope change: (inout Scope) -> Void = { _ in }
  ) async throws -> CrawlProgress {
    var scope = try scope(servers)
    change(&scope)
    let site = try await store.site(named: "site")
    let run = try await store.beginRun(isRefresh: isRefresh, now: now())
    let job = SiteJob(
      id: site, scope: scope, seeds: try seeds.map { try CanonicalURL(servers[0].url($0)) })
    let progress = try await crawler().run([job], under: run) {
      [self, scope] visit throws(StorageError) in
      try await read(visit, scope)
    }
    try await store.finishRun(run, now: now())
    return progress
  }

  func crawler() -> Crawler<ManualClock> {
    Crawler(
      store: store, transport: transport, settings: settings, clock: clock, now: now,
      generator: SeededGenerator(seed: 1),
      log: Logger(label: "crawl") { _ in SwiftLogNoOpLogHandler() })
  }

  func read(_ visit: Visit, _ scope: Scope) async throws(StorageError) -> Int {
    visits.withLock { $0.append(visit) }
    guard visit.lease.kind != .image else {
      try await store.record(
        .rejected(
          reason: "seen", visit.page.validators, bodyHash: visit.bodyHash, status: visit.status),
        of: visit.lease, now: now())
      return 0
    }
    var links: [Link] = []
    var item: Extraction.Item?
    for line in String(decoding: visit.page.body, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words == ["item"] { item = .product(Product(name: visit.lease.url.string)) }
      let kinds: [Substring: TargetKind] = ["link": .page, "image": .image, "sitemap": .sitemap]
      guard words.count == 2, let kind = kinds[words[0]],
        let url = try? CanonicalURL(words[1], relativeTo: visit.lease.url)
      else { continue }
      links.append(Link(url: url, kind: kind))
    }
    let record = PageRecord(
      status: visit.status, validators: visit.page.validators, bodyHash: visit.bodyHash,
      item: item, addresses: scope.addresses(for: links, from: visit.lease),
      templates: visit.groups.map(\.description))
    return try await store.record(record, of: visit.lease, now: now()).discovered
  }

  /// The addresses whose bodies were read, as paths with queries.
  var read: [String] { visits.withLock { $0.map(\.lease.url.pathAndQuery) } }
}
