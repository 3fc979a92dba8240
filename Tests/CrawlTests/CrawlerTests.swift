import Catalog
import Storage
import Support
import Synchronization
import Testing
import Transport

@testable import Crawl

/// Whole crawls of loopback servers.
struct CrawlerTests {
  @Test func `everything that leads somewhere is fetched once, robots txt first`() async throws {
    let fixture = try SiteFixture()
    let server = fixture.server { target in
      switch target {
      case "/robots.txt": .text("User-agent: *\nDisallow: /private\nSitemap: /map.xml\n")
      case "/map.xml": .text("link /p/1\nlink /p/9\n")
      case "/": .html("link /p/1\nlink /p/2?utm_source=x\nlink /private/a\nlink /#top\n")
      case "/p/1", "/p/2", "/p/9": .html("item\nimage /i\(target.suffix(1)).png\nlink /\n")
      case let image where image.hasSuffix(".png"):
        .response(status: 200, headers: [("Content-Type", "image/png")], body: [1])
      default: .status(404)
      }
    }
    let progress = try await fixture.crawl(server)
    #expect(server.targets[0] == "/robots.txt")
    #expect(
      server.targets.sorted() == [
        "/", "/i1.png", "/i2.png", "/i9.png", "/map.xml", "/p/1", "/p/2", "/p/9", "/robots.txt",
      ])
    #expect(progress.requests == 8)
    #expect(progress.read == 8)
    #expect(progress.refused == 1)
    #expect(progress.parked.isEmpty)
    #expect(!progress.wasStopped)
    // Sitemaps come before pages, pages before pictures.
    #expect(server.targets.firstIndex(of: "/map.xml")! < server.targets.firstIndex(of: "/p/1")!)
    #expect(server.targets.firstIndex(of: "/p/9")! < server.targets.firstIndex(of: "/i1.png")!)
  }

  @Test(arguments: [("", Duration.seconds(2)), ("Crawl-delay: 5", .seconds(5))])
  func `requests to a host start no closer than our delay and its crawl delay`(
    _ rule: (line: String, gap: Duration)
  ) async throws {
    let fixture = try SiteFixture { $0.delay = .seconds(2) }
    let server = fixture.server { target in
      switch target {
      case "/robots.txt": .redirect(to: "/rules.txt")
      case "/rules.txt": .text("User-agent: *\n\(rule.line)\n")
      case "/": .html("link /a\nlink /b\nlink /c\nimage /i.png")
      default: .html("item")
      }
    }
    try await fixture.crawl(server)
    let times = fixture.arrivals(at: server).map(\.at)
    #expect(times.count == 7)
    // Whose gap it is, is known once robots.txt has been read. The clock may jump a little between
    // a request's start and its arrival.
    for (a, b) in zip(times, times.dropFirst()) { #expect(b - a >= .milliseconds(1900)) }
    for (a, b) in zip(times.dropFirst(), times.dropFirst(2)) {
      #expect(b - a >= rule.gap - .milliseconds(100))
    }
    #expect(server.mostConcurrent == 1)
  }

  @Test func `a second crawl asks conditionally and reads nothing that is unchanged`() async throws
  {
    let fixture = try SiteFixture()
    let day = Mutex(1)
    let server = fixture.scripted { request in
      let version = request.target == "/p/2" ? "\"\(day.withLock { $0 })\"" : "\"1\""
      switch request.target {
      case "/robots.txt": return .status(404)
      case "/plain": return .html("item")  // Without validators, and always the same.
      case _ where request["If-None-Match"] == version: return .status(304)
      case "/": return .html("link /p/1\nlink /p/2\nlink /plain", headers: [("ETag", version)])
      default: return .html("item\n\(version)", headers: [("ETag", version)])
      }
    }
    try await fixture.crawl(server)
    #expect(Set(fixture.read) == ["/", "/p/1", "/p/2", "/plain"])
    fixture.visits.withLock { $0.removeAll() }
    day.withLock { $0 = 2 }
    fixture.clock.advance(by: .seconds(86_400))
    let progress = try await fixture.crawl(server, isRefresh: true)
    #expect(fixture.read == ["/p/2"])
    #expect(progress.unchanged == 3)
    // robots.txt is a day old by then and is asked for again, first.
    #expect(server.targets.count == 10)
    #expect(server.targets[5] == "/robots.txt")
  }

  @Test func `robots txt that answers with an error closes the host`() async throws {
    let fixture = try SiteFixture()
    let server = fixture.server { target in
      target == "/robots.txt" ? .status(503) : .html("item")
    }
    let progress = try await fixture.crawl(server)
    #expect(Set(server.targets) == ["/robots.txt"])
    #expect(server.targets.count == 3)
    #expect(progress.requests == 0)
    #expect(progress.parked.map(\.origin) == ["http://\(server.authority)"])
    #expect(progress.parked[0].reason == "robots.txt: status 503")
    #expect(try #require(progress.parked[0].until) - fixture.now() > .seconds(3000))
    // A run that comes too early does not ask at all, a later one does.
    try await fixture.crawl(server)
    #expect(server.targets.count == 3)
    fixture.clock.advance(by: .seconds(3700))
    try await fixture.crawl(server)
    #expect(server.targets.count == 6)
  }

  @Test func `robots txt is found behind redirects, even on another host`() async throws {
    let fixture = try SiteFixture()
    let other = fixture.server(address: "127.0.0.2") { target in
      target == "/rules" ? .text("User-agent: vitrinebot\nDisallow: /no") : .status(500)
    }
    let server = fixture.server { [other] target in
      switch target {
      case "/robots.txt": .redirect(to: "/moved.txt", status: 302)
      case "/moved.txt": .redirect(to: other.url("/rules"))
      case "/": .html("link /no\nlink /yes")
      default: .html("item")
      }
    }
    try await fixture.crawl(server, other)
    #expect(server.targets == ["/robots.txt", "/moved.txt", "/", "/yes"])
    #expect(other.targets == ["/rules"])
  }

  @Test func `robots txt that redirects for ever counts as none`() async throws {
    let fixture = try SiteFixture()
    let server = fixture.server { target in
      target.contains("robots") ? .redirect(to: "\(target)x") : .html("item")
    }
    try await fixture.crawl(server)
    #expect(server.targets.count == 7)
    #expect(server.targets.last == "/")
  }

  @Test func `redirects are followed by scope and robots txt, to an end`() async throws {
    let fixture = try SiteFixture()
    let outside = fixture.server(address: "127.0.0.2") { _ in .html("item") }
    let server = fixture.server { [outside] target in
      switch target {
      case "/robots.txt": return .text("User-agent: *\nDisallow: /secret")
      case "/":
        return .html("link /r/1\nlink /loop/a\nlink /away\nlink /in\nlink /hop/0\nlink /self")
      case "/r/1": return .redirect(to: "/r/2")
      case "/r/2": return .redirect(to: "p?utm_source=r", status: 307)
      case "/r/p": return .html("item")
      case "/loop/a": return .redirect(to: "/loop/b")
      case "/loop/b": return .redirect(to: "/loop/a")
      case "/away": return .redirect(to: outside.url("/landing"))
      case "/in": return .redirect(to: "/secret")
      case "/self": return .redirect(to: "/self?utm_source=x")
      case let hop where hop.hasPrefix("/hop/"):
        return .redirect(to: "/hop/\(Int(hop.dropFirst(5))! + 1)")
      default: return .status(404)
      }
    }
    let progress = try await fixture.crawl(server)
    #expect(
      server.targets.sorted() == [
        "/", "/away", "/hop/0", "/hop/1", "/hop/2", "/hop/3", "/hop/4", "/hop/5", "/in",
        "/loop/a", "/loop/b", "/r/1", "/r/2", "/r/p", "/robots.txt", "/self",
      ])
    #expect(outside.requests.isEmpty)
    #expect(progress.redirected == 12)
    #expect(fixture.read == ["/", "/r/p"])
  }

  @Test func `Retry-After that is short is waited for, for the whole host`() async throws {
    let fixture = try SiteFixture { $0.delay = .milliseconds(100) }
    let refused = Mutex<Duration?>(nil)
    let clock = fixture.clock
    let server = fixture.server { target in
      if target == "/robots.txt" { return .status(404) }
      if target == "/" { return .html("link /busy\nlink /a\nlink /b") }
      if target == "/busy", refused.withLock({ $0 }) == nil {
        refused.withLock { $0 = clock.now.offset }
        return .status(429, headers: [("Retry-After", "40")])
      }
      return .html("item")
    }
    let progress = try await fixture.crawl(server)
    let end = try #require(refused.withLock { $0 }) + .seconds(40)
    let later = fixture.arrivals(at: server).drop { $0.target != "/busy" }.dropFirst()
    #expect(Set(later.map(\.target)) == ["/busy", "/a", "/b"])
    #expect(later.allSatisfy { $0.at >= end })
    #expect(progress.read == 4)
    #expect(progress.failed == 1)
    #expect(progress.parked.isEmpty)
  }

  @Test func `Retry-After that is long ends the run for the host and outlives it`() async throws {
    let fixture = try SiteFixture()
    let isBusy = Mutex(true)
    let server = fixture.server { target in
      if target == "/robots.txt" { return .status(404) }
      if target == "/" { return .html("link /a\nlink /b\nlink /c") }
      return isBusy.withLock { $0 }
        ? .status(503, headers: [("Retry-After", "3600")]) : .html("item")
    }
    let progress = try await fixture.crawl(server)
    #expect(server.targets == ["/robots.txt", "/", "/a"])
    #expect(progress.parked.map(\.reason) == ["Retry-After"])
    #expect(try #require(progress.parked[0].until) - fixture.now() > .seconds(3500))
    try await fixture.crawl(server)
    #expect(server.targets.count == 3)
    isBusy.withLock { $0 = false }
    fixture.clock.advance(by: .seconds(3600))
    try await fixture.crawl(server)
    #expect(Set(fixture.read) == ["/", "/a", "/b", "/c"])
  }

  @Test func `an address that fails is tried again, others go on, and it is left for later`()
    async throws
  {
    let fixture = try SiteFixture { $0.failureLimit = 100 }
    let server = fixture.server { target in
      switch target {
      case "/robots.txt": .status(404)
      case "/": .html("link /broken\nlink /cut\nlink /a")
      case "/broken": .status(500)
      case "/cut": .hangUp
      default: .html("item")
      }
    }
    let progress = try await fixture.crawl(server)
    #expect(server.targets.filter { $0 == "/broken" }.count == 4)
    #expect(progress.failed == 8)
    #expect(Set(fixture.read) == ["/", "/a"])
    // Not again before the next night.
    try await fixture.crawl(server)
    #expect(server.targets.filter { $0 == "/broken" }.count == 4)
    fixture.clock.advance(by: .seconds(21 * 3600))
    try await fixture.crawl(server)
    #expect(server.targets.filter { $0 == "/broken" }.count == 5)
  }

  @Test func `a dead host is given up early and costs the others nothing`() async throws {
    let fixture = try SiteFixture()
    let dead = fixture.server(address: "127.0.0.2") { _ in .hangUp }
    let links = (0..<40).map { "link \(dead.url("/\($0)"))" }.joined(separator: "\n")
    let server = fixture.server { target in
      target == "/robots.txt" ? .status(404) : .html(target == "/" ? links + "\nlink /a" : "item")
    }
    dead.stop()
    let progress = try await fixture.crawl(server, dead)
    #expect(fixture.read.count == 2)
    #expect(progress.parked.map(\.origin) == ["http://\(dead.authority)"])
    #expect(progress.requests == 2)
  }

  @Test func `a host that dies in mid crawl is given up with its leases returned`() async throws {
    let fixture = try SiteFixture()
    let links = (0..<40).map { "link /\($0)" }.joined(separator: "\n")
    let server = fixture.server { target in
      switch target {
      case "/robots.txt": .status(404)
      case "/": .html(links)
      default: .hangUp
      }
    }
    let progress = try await fixture.crawl(server)
    #expect(progress.failed == 8)
    #expect(progress.parked.map(\.reason) == ["given up after failures"])
    let site = try await fixture.store.site(named: "site")
    fixture.clock.advance(by: .seconds(86_400))
    let run = try await fixture.store.beginRun(isRefresh: false, now: fixture.now())
    let hosts = try await fixture.store.hostsWithDueAddresses(sites: [site], now: fixture.now())
    let left = try await fixture.store.lease(
      host: try #require(hosts.first).id, sites: [site], limit: 100, run: run, now: fixture.now())
    #expect(left.count == 41)
  }

  @Test func `bodies of the wrong kind, too long or forbidden are not read`() async throws {
    let fixture = try SiteFixture { $0.limits.page = 1000 }
    let server = fixture.server { target in
      func answer(_ type: String, _ headers: [(String, String)] = [], count: Int = 5)
        -> TestServer.Answer
      {
        .response(
          status: 200, headers: [("Content-Type", type)] + headers,
          body: [UInt8](repeating: 65, count: count))
      }
      switch target {
      case "/robots.txt": return .status(404)
      case "/":
        return .html(
          """
          link /a.pdf\nlink /film\nlink /long\nlink /page\nimage /page.jpg\nimage /good.jpg
          image /noindex.jpg\nimage /other.jpg\nimage /untyped.jpg
          """)
      case "/a.pdf": return answer("application/pdf")
      case "/film": return answer("video/mp4", count: 500_000)
      case "/long": return answer("text/html", count: 1001)
      case "/page": return answer("text/html", [("X-Robots-Tag", "noindex")])
      case "/page.jpg": return answer("text/html")
      case "/noindex.jpg":
        return answer("image/jpeg", [("X-Robots-Tag", "vitrinebot: noimageindex")])
      case "/other.jpg": return answer("image/jpeg", [("X-Robots-Tag", "otherbot: noindex")])
      case "/untyped.jpg": return answer("application/octet-stream")
      default: return answer("image/jpeg")
      }
    }
    let progress = try await fixture.crawl(server)
    #expect(Set(fixture.read) == ["/", "/page", "/good.jpg", "/other.jpg", "/untyped.jpg"])
    #expect(progress.failed == 1)
    let page = fixture.visits.withLock { $0.first { $0.lease.url.path == "/page" } }
    #expect(page?.page.directives == .noIndex)
  }

  @Test func `private addresses are out of reach unless the site allows them`() async throws {
    let fixture = try SiteFixture()
    let server = fixture.server { _ in .html("item") }
    let progress = try await fixture.crawl(server, scope: { $0.isPrivateAllowed = false })
    #expect(server.requests.isEmpty)
    #expect(progress.parked[0].reason == "private address 127.0.0.1 not allowed")
    #expect(progress.parked[0].until == nil)
    // Who sets that right need not wait.
    let second = try await fixture.crawl(server)
    #expect(second.parked.isEmpty)
    #expect(fixture.read == ["/"])
  }

  @Test func `a wider scope lets in what was kept out, and no page is read again for it`()
    async throws
  {
    let fixture = try SiteFixture()
    let cdn = fixture.server(address: "127.0.0.2") { _ in
      .response(status: 200, headers: [("Content-Type", "image/jpeg")], body: [0xff])
    }
    let picture = cdn.url("/a.jpg")
    let server = fixture.server { target in
      switch target {
      case "/": .html("link /deep\nlink /skipped\nimage \(picture)")
      case "/deep": .html("link /deeper")
      case "/robots.txt": .status(404)
      default: .html("item")
      }
    }
    try await fixture.crawl(
      server,
      scope: {
        $0.maximumDepth = 1
        $0.exclude = [PathPattern("/skipped")]
      })
    #expect(Set(fixture.read) == ["/", "/deep"])
    let left = try await fixture.store.leftOutHosts(for: Scope.Refusal.host.rawValue, limit: 5)
    #expect(left == [LeftOutHost(origin: "http://\(cdn.authority)", pages: 0, images: 1)])

    try await fixture.crawl(
      server, scope: { $0.imageHosts = [HostPattern(cdn.authority)].compactMap { $0 } })
    #expect(fixture.read.sorted() == ["/", "/a.jpg", "/deep", "/deeper", "/skipped"])
    #expect(
      try await fixture.store.leftOutHosts(for: Scope.Refusal.host.rawValue, limit: 5).isEmpty)
  }

  @Test func `of sites that share a host the longest delay counts`() async throws {
    let fixture = try SiteFixture { $0.delay = .seconds(1) }
    let server = fixture.server { target in
      target == "/robots.txt" ? .status(404) : .html("item")
    }
    let scope = try fixture.scope([server])
    func gap(_ delays: [Duration?]) async throws -> Duration {
      let crawler = fixture.crawler()
      // Takes pictures from everywhere, and has no say about where others have pages.
      var jobs = [
        SiteJob(
          id: try await fixture.store.site(named: "elsewhere"),
          scope: Scope(
            hosts: [HostPattern("elsewhere.example")].compactMap(\.self), imageHosts: [.any]),
          seeds: [], delay: .seconds(9))
      ]
      for (number, delay) in delays.enumerated() {
        jobs.append(
          SiteJob(
            id: try await fixture.store.site(named: "site \(number)"), scope: scope,
            seeds: [try CanonicalURL(server.url("/\(number)-\(delays.count)"))], delay: delay))
      }
      let run = try await fixture.store.beginRun(isRefresh: true, now: fixture.now())
      _ = try await crawler.run(jobs, under: run) { visit throws(StorageError) in
        try await fixture.read(visit, scope)
      }
      try await fixture.store.finishRun(run, now: fixture.now())
      return crawler.politeness.gap(of: server.authority)
    }
    #expect(try await gap([.milliseconds(200)]) == .milliseconds(200))
    #expect(try await gap([.milliseconds(200), nil]) == .seconds(1))
    #expect(try await gap([.milliseconds(200), .seconds(3)]) == .seconds(3))
  }

  @Test func `a seed that brought nothing is asked again the next night`() async throws {
    let fixture = try SiteFixture()
    let isOpen = Mutex(false)
    let server = fixture.server { target in
      if target == "/robots.txt" { return .status(404) }
      return isOpen.withLock { $0 } ? .html("item") : .status(403)
    }
    let first = try await fixture.crawl(server)
    let seed = try CanonicalURL(server.url("/"))
    #expect(first.troubles.map(\.reason) == ["status 403"])
    #expect(first.troubles.map(\.example) == [seed])
    #expect(try await fixture.store.reason(at: seed, isRedirectFine: true) == "status 403")
    isOpen.withLock { $0 = true }
    try await fixture.crawl(server)
    #expect(fixture.read.isEmpty)  // A run that is taken up soon after does not ask again.
    fixture.clock.advance(by: .seconds(20 * 3600))
    try await fixture.crawl(server)
    #expect(fixture.read == ["/"])
    #expect(try await fixture.store.reason(at: seed) == nil)
  }

  @Test func `a site's budget ends its run and the rest waits for the next`() async throws {
    let fixture = try SiteFixture()
    let links = (0..<30).map { "link /\($0)" }.joined(separator: "\n")
    let server = fixture.server { target in
      target == "/robots.txt" ? .status(404) : .html(target == "/" ? links : "item")
    }
    let first = try await fixture.crawl(server, scope: { $0.requestsPerRun = 10 })
    #expect(first.requests == 10)
    #expect(first.spentSites.count == 1)
    let second = try await fixture.crawl(server)
    #expect(second.requests == 21)
    #expect(Set(fixture.read).count == 31)
    #expect(server.targets.filter { $0 == "/robots.txt" }.count == 1)
  }

  @Test func `a cancelled crawl gives its leases back and says so`() async throws {
    let fixture = try SiteFixture { $0.delay = .seconds(1) }
    let (arrived, signal) = AsyncStream.makeStream(of: Void.self)
    let links = (0..<30).map { "link /\($0)" }.joined(separator: "\n")
    let server = fixture.server { target in
      if target == "/robots.txt" { return .status(404) }
      if target == "/" { return .html(links) }
      signal.yield()
      return .silence
    }
    let task = Task { try await fixture.crawl(server) }
    for await _ in arrived { break }
    task.cancel()
    let progress = try await task.value
    #expect(progress.wasStopped)
    #expect(progress.failed == 0)
    #expect(progress.read == 1)
    let site = try await fixture.store.site(named: "site")
    let run = try await fixture.store.beginRun(isRefresh: false, now: fixture.now())
    let hosts = try await fixture.store.hostsWithDueAddresses(sites: [site], now: fixture.now())
    let left = try await fixture.store.lease(
      host: try #require(hosts.first).id, sites: [site], limit: 100, run: run, now: fixture.now())
    #expect(left.count == 30)
    #expect(left.allSatisfy { $0.attempts == 0 })
  }

  @Test func `many hosts are served side by side`() async throws {
    let fixture = try SiteFixture { $0.delay = .seconds(1) }
    let shops = (2..<40).map { n in
      fixture.server(address: "127.0.0.\(n)") { target in
        target == "/robots.txt" ? .status(404) : .html(target == "/" ? "link /a\nlink /b" : "item")
      }
    }
    let hub = fixture.server { target in
      target == "/robots.txt"
        ? .status(404) : .html(shops.map { "link \($0.url())" }.joined(separator: "\n"))
    }
    let site = try await fixture.store.site(named: "site")
    let run = try await fixture.store.beginRun(isRefresh: false, now: fixture.now())
    let scope = try fixture.scope([hub] + shops)
    let job = SiteJob(id: site, scope: scope, seeds: [try CanonicalURL(hub.url())])
    let progress = try await fixture.crawler().run([job], under: run) {
      visit throws(StorageError) in
      try await fixture.read(visit, scope)
    }
    #expect(progress.read == 1 + 38 * 3)
    for shop in shops {
      #expect(shop.targets == ["/robots.txt", "/", "/a", "/b"])
      #expect(shop.mostConcurrent == 1)
    }
  }

  @Test func `what the storage cannot do ends the crawl`() async throws {
    let fixture = try SiteFixture()
    let server = fixture.server { target in
      target == "/robots.txt" ? .status(404) : .html("item")
    }
    let site = try await fixture.store.site(named: "site")
    let run = try await fixture.store.beginRun(isRefresh: false, now: fixture.now())
    let job = SiteJob(
      id: site, scope: try fixture.scope([server]), seeds: [try CanonicalURL(server.url())])
    await #expect(throws: StorageError.full(path: "x")) {
      _ = try await fixture.crawler().run([job], under: run) { _ throws(StorageError) in
        throw .full(path: "x")
      }
    }
  }
}
