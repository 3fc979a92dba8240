import Catalog
import Storage
import Support
import Testing

@Suite struct FrontierTests {
  let now = Sample.start

  @Test func `a busy host is not among those with something due`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/a"])
    let hosts = try await sample.store.hostsWithDueAddresses(
      sites: [sample.site], now: Sample.start)
    #expect(hosts.map(\.origin) == ["https://shop.example"])
    let others = try await sample.store.hostsWithDueAddresses(
      sites: [sample.site], besides: hosts.map(\.id), now: Sample.start)
    #expect(others.isEmpty)
  }

  @Test func `what was kept out is not known as something to fetch until it is let in`()
    async throws
  {
    let sample = try await Sample()
    let url = try sample.url("/a")
    #expect(!sample.store.isKnown(url))
    try await sample.discover(["/a"], refusal: "out of scope")
    #expect(!sample.store.isKnown(url))
    #expect(try await sample.leases().isEmpty)
    try await sample.discover(["/a"])
    #expect(sample.store.isKnown(url))
    #expect(try await sample.leases().map(\.url) == [url])
  }

  @Test func `what was kept out is judged anew when the scope has changed, and only then`()
    async throws
  {
    let sample = try await Sample()
    try await sample.discover((0..<5000).map { "/p/\($0)" }, refusal: "deep")
    try await sample.discover(["/n"], refusal: "nofollow")
    try await sample.discover(["/in", "/out"])
    let leases = try await sample.leases()
    try await sample.store.record(
      .unchanged(Validators(), status: 200), of: try #require(leases.first), now: now)
    func rejudge(_ scope: String) async throws -> [Int] {
      let counts = try await sample.store.rejudge(sample.site, under: scope, now: now) { address in
        if address.refusal == "nofollow" { return address.refusal }
        if address.url.path == "/out" { return "out" }
        return address.url.path == "/in" || scope == "widest" || address.url.path.hasSuffix("7")
          ? nil : "deep"
      }
      return [counts.letIn, counts.keptOut]
    }
    #expect(try await rejudge("wide") == [500, 1])
    #expect(try await rejudge("wide") == [0, 0])
    #expect(try await rejudge("widest") == [4500, 0])
    #expect(try await sample.leases(9999).count == 5000)
  }

  @Test func `what rules have kept out is let in when a page of another scope leads there`()
    async throws
  {
    let sample = try await Sample()
    try await sample.discover(["/a"])
    _ = try await sample.store.rejudge(sample.site, under: "narrow", now: now) { _ in "out" }
    #expect(try await sample.leases().isEmpty)
    #expect(!sample.store.isKnown(try sample.url("/a")))
    try await sample.discover(["/a"])
    #expect(try await sample.leases().count == 1)
  }

  @Test func `why addresses brought nothing is counted by reason`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/x"], refusal: "host")
    try await sample.discover(["/a"], refusal: "deep")
    try await sample.discover(["/b", "/c"])
    for lease in try await sample.leases() {
      try await sample.store.record(
        .failed(reason: "status 403", status: 403, retryAt: .never), of: lease, now: now)
    }
    #expect(
      try await sample.store.addressTroubles(besides: "host", limit: 5) == [
        AddressTrouble(
          isRefusal: false, reason: "status 403", count: 2, example: "https://shop.example/b"),
        AddressTrouble(
          isRefusal: true, reason: "deep", count: 1, example: "https://shop.example/a"),
      ])
    #expect(try await sample.store.addressTroubles(besides: "host", limit: 1).count == 1)
  }

  @Test func `the way from an address follows its redirects, rings too`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/a"])
    func redirect(to path: String) async throws {
      let lease = try #require(try await sample.leases().first)
      let target = NewAddress(url: try sample.url(path), kind: .page, depth: 1)
      try await sample.store.record(.redirected(to: target, status: 301), of: lease, now: now)
    }
    let a = try sample.url("/a")
    #expect(try await sample.store.way(from: a).map(\.path) == ["/a"])
    try await redirect(to: "/b")
    #expect(try await sample.store.way(from: a).map(\.path) == ["/a", "/b"])
    try await redirect(to: "/a")
    #expect(try await sample.store.way(from: a).count <= 9)
    #expect(try await sample.store.way(from: try sample.url("/unknown")).isEmpty)
  }

  @Test func `hosts that were left out are counted by kind`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/a", "/b"], refusal: "host")
    try await sample.discover(["/c"], kind: .image, refusal: "host")
    try await sample.discover(["/d"], refusal: "deep")
    #expect(
      try await sample.store.leftOutHosts(for: "host", limit: 5) == [
        LeftOutHost(origin: "https://shop.example", pages: 2, images: 1)
      ])
    #expect(
      try await sample.store.leftOutHosts(for: "host", since: now + .seconds(1), limit: 5).isEmpty)
  }

  @Test func `an address enters once and is leased once`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/a", "/b", "/a"])
    try await sample.discover(["/b", "/c"])
    let leases = try await sample.leases()
    #expect(leases.map(\.url.path) == ["/a", "/b", "/c"])
    #expect(try await sample.leases().isEmpty)
  }

  @Test func `sitemaps and listings are leased before pages, pages before pictures`() async throws {
    let sample = try await Sample()
    for (path, kind) in [
      ("/i", TargetKind.image), ("/p", .page), ("/l", .listing), ("/s", .sitemap),
    ] {
      try await sample.discover([path], kind: kind)
    }
    #expect(try await sample.leases().map(\.kind) == [.sitemap, .listing, .page, .image])
  }

  @Test func `a refused address is never leased, until it is let in`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/out"], refusal: "out of scope")
    #expect(try await sample.leases().isEmpty)
    try await sample.discover(["/out"])
    #expect(try await sample.leases().map(\.url.path) == ["/out"])
  }

  @Test func `a page that answered is due again only after its interval`() async throws {
    let sample = try await Sample()
    try await sample.see(.sample())
    #expect(try await sample.leases(now: now + .seconds(3600)).isEmpty)
    let again = try await sample.leases(now: now + Sample.day * 2)
    #expect(again.map(\.validators.entityTag) == ["\"1\""])
    #expect(again.map(\.bodyHash) == [UInt64(now.milliseconds)])
  }

  @Test func `what does not change is asked less often`() async throws {
    let sample = try await Sample()
    var moment = now
    var waits: [Duration] = []
    try await sample.discover(["/p"])
    for _ in 0..<8 {
      let lease = try #require(try await sample.leases(now: moment).first)
      try await sample.store.record(
        .unchanged(Validators(), status: 304), of: lease, now: moment)
      var next = moment
      while try await sample.store.hostsWithDueAddresses(sites: [sample.site], now: next).isEmpty {
        next = next + .seconds(3600)
      }
      waits.append(next - moment)
      moment = next
    }
    #expect(waits == waits.sorted())
    #expect(waits.last == .seconds(7 * 86_400))
  }

  @Test func `a refresh makes every known address due, once a run`() async throws {
    var sample = try await Sample()
    try await sample.see(.sample())
    let later = now + .seconds(60)
    try await sample.nextRun(at: later)
    let lease = try #require(try await sample.leases(now: later).first)
    try await sample.store.record(.unchanged(Validators(), status: 304), of: lease, now: later)
    let resumed = try await sample.store.beginRun(isRefresh: true, now: later + .seconds(60))
    #expect(resumed.isResumed)
    #expect(resumed.id == sample.run.id)
    #expect(try await sample.leases(now: later + .seconds(120)).isEmpty)
  }

  @Test func `what was under way when the process died comes last`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/deadly", "/innocent"])
    _ = try await sample.leases()
    let later = now + .seconds(1)
    _ = try await sample.store.beginRun(isRefresh: false, now: later)
    let leases = try await sample.leases(now: later)
    #expect(leases.map(\.url.path) == ["/innocent", "/deadly"])
    #expect(leases.map(\.attempts) == [0, 1])
  }

  @Test func `a page with which the process died twenty times is put off for a day`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/deadly"])
    var moment = now
    for crash in 0..<20 {
      #expect(try await sample.leases(now: moment).map(\.attempts) == [crash])
      moment = moment + .seconds(1)
      _ = try await sample.store.beginRun(isRefresh: false, now: moment)
    }
    #expect(try await sample.leases(now: moment).isEmpty)
    #expect(try await sample.leases(now: moment + Sample.day).count == 1)
  }

  @Test func `a lease given back is free and has no attempt against it`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/a"])
    try await sample.store.release(try await sample.leases())
    #expect(try await sample.leases().map(\.attempts) == [0])
  }

  @Test func `a redirect lets its target in and remembers the way`() async throws {
    let sample = try await Sample()
    let lease = try await sample.lease("/old")
    let target = NewAddress(url: try sample.url("/new"), kind: .page, depth: 1, hops: 1)
    try await sample.store.record(.redirected(to: target, status: 301), of: lease, now: now)
    let next = try #require(try await sample.leases().first)
    #expect(next.url.path == "/new")
    #expect(next.hops == 1)
    try await sample.store.release([next])
    try await sample.see(.sample(), at: "/new")
    let item = try await sample.store.item(at: try sample.url("/old"))
    #expect(item?.url.path == "/new")
  }

  @Test func `a failure waits for its retry and counts`() async throws {
    let sample = try await Sample()
    let lease = try await sample.lease("/slow")
    let retry = now + .seconds(600)
    try await sample.store.record(
      .failed(reason: "timed out", status: nil, retryAt: retry), of: lease, now: now)
    #expect(try await sample.leases(now: now + .seconds(599)).isEmpty)
    #expect(try await sample.leases(now: retry).map(\.attempts) == [1])
  }

  @Test func `robots.txt and a parked host outlive the store`() async throws {
    let sample = try await Sample()
    let host = try await sample.store.host(origin: "https://shop.example")
    let robots = StoredRobots(status: 200, body: Array("User-agent: *".utf8), fetchedAt: now)
    try await sample.store.saveRobots(robots, of: host.id)
    try await sample.store.park(host.id, until: now + .seconds(900), reason: "Retry-After")
    try await sample.store.park(host.id, until: now + .seconds(60), reason: "sooner")
    let store = try CatalogStore(path: sample.store.path)
    let known = try await store.host(origin: "https://shop.example")
    #expect(known.robots == robots)
    #expect(known.parkedUntil == now + .seconds(900))
  }

  @Test func `a sitemap's lastmod is heeded while it proves true`() async throws {
    let sample = try await Sample()
    let paths = (0..<12).map { "/p\($0)" }
    try await sample.discover(paths)
    func claim(_ moment: Timestamp) async throws {
      let claims = try paths.map {
        NewAddress(url: try sample.url($0), kind: .page, depth: 1, claimedAt: moment)
      }
      _ = try await sample.store.discover(claims, site: sample.site, now: moment)
    }
    for lease in try await sample.leases() {
      try await sample.store.record(.unchanged(Validators(), status: 304), of: lease, now: now)
    }
    let later = now + .seconds(3600)
    try await claim(later)
    let announced = try await sample.leases(now: later)
    #expect(announced.count == 12)
    for lease in announced {  // every claim was wrong
      try await sample.store.record(.unchanged(Validators(), status: 304), of: lease, now: later)
    }
    try await claim(later + .seconds(3600))
    #expect(try await sample.leases(now: later + .seconds(3600)).isEmpty)
  }

  @Test func `templates count fetches, yield and the streak of pages that lead to kin only`()
    async throws
  {
    let sample = try await Sample()
    let pages = [
      ("/c/1", ["/k1"]), ("/c/2", ["/x", "/k2"]), ("/c/3", ["/k3"]), ("/c/4", ["/x"]),
      ("/c/5", ["/k4", "/k5"]),
    ]
    for (path, paths) in pages {
      let lease = try await sample.lease(path)
      let links = try paths.map {
        NewAddress(
          url: try sample.url($0), kind: .page, depth: 2, isKin: $0.hasPrefix("/k"))
      }
      _ = try await sample.store.record(
        PageRecord(
          status: 200, validators: Validators(), bodyHash: 1, addresses: links,
          templates: ["/c/{n}"]), of: lease, now: now)
    }
    let yields = try await sample.store.yields(of: ["/c/{n}", "/none"], site: sample.site)
    #expect(yields == ["/c/{n}": TemplateYield(fetched: 5, productive: 1, streak: 2)])
  }

  /// Records what a listing leads to.
  private func list(
    _ sample: Sample, _ paths: [String], at listing: String = "/c", now: Timestamp
  ) async throws {
    let lease = try await sample.lease(listing, kind: .listing, now: now)
    let urls = try paths.map { try sample.url($0) }
    _ = try await sample.store.record(
      PageRecord(
        status: 200, validators: Validators(), bodyHash: UInt64(now.milliseconds), listed: urls),
      of: lease, now: now)
  }

  @Test func `what vanishes from every listing is asked for soon`() async throws {
    var sample = try await Sample()
    for path in ["/p/1", "/p/2", "/p/3"] { try await sample.see(.sample(), at: path) }
    try await list(sample, ["/p/1", "/p/2", "/p/3"], now: Sample.start)
    try await list(sample, ["/p/3"], at: "/d", now: Sample.start)
    let night = Sample.start + .seconds(21 * 3600)
    try await sample.nextRun(at: night, isRefresh: false)
    try await list(sample, ["/p/1"], now: night + .seconds(2))
    let due = try await sample.leases(now: night + .seconds(3)).filter { $0.kind == .page }
    #expect(due.map(\.url.path) == ["/p/2"])
  }

  @Test func `a listing that breaks makes nothing due`() async throws {
    var sample = try await Sample()
    let paths = (0..<60).map { "/p/\($0)" }
    for path in paths { try await sample.see(.sample(), at: path) }
    try await list(sample, paths, now: Sample.start)
    let night = Sample.start + .seconds(21 * 3600)
    try await sample.nextRun(at: night, isRefresh: false)
    try await list(sample, [], now: night)
    #expect(try await sample.leases(now: night).filter { $0.kind == .page }.isEmpty)
  }
}
