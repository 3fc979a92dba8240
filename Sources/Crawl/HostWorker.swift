import Catalog
import Logging
import Storage
import Synchronization
import Transport

/// Fetches what is due at one host until there is nothing more, or the host wants us away.
final class HostWorker<C: Clock>: Sendable where C.Duration == Duration {
  private let shift: Shift<C>
  private let host: Host
  private let authority: String
  private let scopes: [ID<Site>: Scope]
  /// Fetches under way and their bodies being read: one more than requests at a time, so that the
  /// next request does not wait for the last body.
  private let desk: Turnstile
  private let deskPlaces: Int
  /// The host is parked, dead or out of reach.
  private let isHalted = Mutex(false)

  private var crawler: Crawler<C> { shift.crawler }
  private var settings: CrawlSettings { shift.crawler.settings }
  private var store: CatalogStore { shift.crawler.store }
  private var politeness: Politeness<C> { shift.crawler.politeness }

  init(shift: Shift<C>, host: Host) {
    self.shift = shift
    self.host = host
    authority = host.origin.split(separator: "/").last.map(String.init) ?? host.origin
    scopes = Dictionary(uniqueKeysWithValues: shift.jobs.map { ($0.id, $0.scope) })
    deskPlaces = shift.crawler.settings.concurrency + 1
    desk = Turnstile(deskPlaces)
  }

  private var isDone: Bool { isHalted.withLock { $0 } || Task.isCancelled || crawler.isEnding }

  func work() async throws(StorageError) {
    politeness.setDelay(delay, of: authority)
    if host.parkedUntil > crawler.now() {
      politeness.hold(authority, for: host.parkedUntil - crawler.now())
    }
    guard let rules = try await askPermission() else { return }
    if let delay = rules.crawlDelay { politeness.setCrawlDelay(delay, of: authority) }
    try await enqueueSitemaps(rules)

    await withDiscardingTaskGroup { group in
      do throws(StorageError) {
        while !isDone {
          var leases = try await lease()
          if leases.isEmpty {
            // What is still being read may lead to more.
            guard await drain() else { return }
            leases = try await lease()
            if leases.isEmpty { return }
          }
          try await fetch(leases, under: rules, in: &group)
        }
      } catch {
        crawler.fail(error)
      }
    }
  }

  /// What the sites with pages on this host agree on, or, where there are none, those that take pictures
  /// from it, which may be from everywhere; `nil` where none names a delay.
  private var delay: Duration? {
    guard let url = try? CanonicalURL("\(host.origin)/") else { return nil }
    let ofPages = shift.jobs.filter { $0.scope.contains(host: url, kind: .page) }
    let jobs =
      ofPages.isEmpty
      ? shift.jobs.filter { $0.scope.contains(host: url, kind: .image) } : ofPages
    guard jobs.contains(where: { $0.delay != nil }) else { return nil }
    return jobs.map { $0.delay ?? settings.delay }.max()
  }

  private func lease() async throws(StorageError) -> [Lease] {
    try await store.lease(
      host: host.id, sites: shift.openSites, limit: settings.batch, run: shift.run,
      now: crawler.now())
  }

  /// Waits until every desk is free; `false` when cancelled.
  private func drain() async -> Bool {
    var taken = 0
    defer { for _ in 0..<taken { desk.leave() } }
    while taken < deskPlaces {
      guard (try? await desk.enter()) != nil else { return false }
      taken += 1
    }
    return true
  }

  private func fetch(
    _ leases: [Lease], under rules: RobotsRules, in group: inout DiscardingTaskGroup
  ) async throws(StorageError) {
    for (position, lease) in leases.enumerated() {
      guard !isDone, (try? await desk.enter()) != nil else {
        return try await store.release(Array(leases[position...]))
      }
      guard let scope = scopes[lease.site],
        scope.requestsPerRun.map({ crawler.spend($0, of: lease.site) }) ?? true
      else {
        desk.leave()
        try await store.release([lease])
        continue
      }
      let (refusal, groups) = try await gate(lease, scope, rules)
      if let refusal {
        desk.leave()
        try await record(refusal, of: lease)
        continue
      }
      group.addTask { [self] in
        do throws(StorageError) {
          try await visit(lease, scope, groups)
        } catch {
          crawler.fail(error)
        }
        desk.leave()
      }
    }
  }

  // MARK: What is asked before a request

  private func askPermission() async throws(StorageError) -> RobotsRules? {
    let door = RobotsDoor(
      store: store, transport: crawler.transport, politeness: politeness, settings: settings,
      scopes: Array(scopes.values), now: crawler.now)
    switch try await door.permission(for: host) {
    case .rules(let rules):
      return rules
    case .abandoned:
      return nil
    case .closed(let until, let reason):
      try await park(until: until, reason: reason)
      return nil
    case .barred(let reason):
      crawler.log.notice("\(host.origin) is not asked: \(reason)")
      crawler.bar(host, reason: reason)
      return nil
    }
  }

  private func enqueueSitemaps(_ rules: RobotsRules) async throws(StorageError) {
    guard let base = try? CanonicalURL("\(host.origin)/robots.txt") else { return }
    for job in shift.jobs where job.scope.contains(host: base, kind: .sitemap) {
      let addresses = rules.sitemaps.prefix(1000).compactMap { text -> NewAddress? in
        guard
          let url = try? CanonicalURL(text, relativeTo: base, rules: job.scope.urlRules),
          job.scope.refusal(of: url, kind: .sitemap, depth: 0) == nil
        else { return nil }
        return NewAddress(url: url, kind: .sitemap, depth: 0)
      }
      let discovered = try await store.discover(addresses, site: job.id, now: crawler.now())
      count(discovered: discovered)
    }
  }

  /// Why the lease may not be used after all; `nil` where it may.
  private func gate(_ lease: Lease, _ scope: Scope, _ rules: RobotsRules)
    async throws(StorageError) -> (FetchOutcome?, [TrapGroup])
  {
    // The rules may be younger than the frontier's entry.
    if let refusal = scope.refusal(
      of: lease.url, kind: lease.kind, depth: lease.depth, hops: lease.hops)
    {
      return (.refused(reason: refusal.rawValue, until: .never), [])
    }
    guard rules.allows(lease.url) else {
      return (.refused(reason: "robots.txt", until: crawler.now() + .seconds(86_400)), [])
    }
    // A page that was read before is no step further into a trap.
    guard lease.kind == .page || lease.kind == .listing, lease.fetchedAt == nil else {
      return (nil, [])
    }
    let groups = AddressShape(lease.url).groups
    // What was had before is had again: only going further is bounded.
    if lease.depth > 0, lease.fetchedAt == nil,
      let group = try await shift.traps.exhausted(groups, site: lease.site, store: store)
    {
      return (
        .refused(
          reason: "pages like this lead nowhere: \(group)",
          until: crawler.now() + .seconds(30 * 86_400)), groups
      )
    }
    return (nil, groups)
  }

  // MARK: One request

  private func visit(_ lease: Lease, _ scope: Scope, _ groups: [TrapGroup])
    async throws(StorageError)
  {
    guard let turn = try await takeTurn() else { return try await store.release([lease]) }
    if isDone {
      politeness.end(turn)
      politeness.release(turn)
      return try await store.release([lease])
    }
    await crawler.shielded { [self] in
      do throws(StorageError) {
        try await send(lease, scope, groups, turn)
      } catch {
        crawler.fail(error)
      }
      politeness.release(turn)
    }
  }

  /// Waits for the host's turn; `nil` when cancelled, or where the turn is too far off.
  private func takeTurn() async throws(StorageError) -> Politeness<C>.Turn? {
    do throws(CancellationError) {
      if let turn = try await politeness.turn(authority, patience: settings.patience) {
        return turn
      }
    } catch {
      return nil
    }
    // Held for long on account of another scheme of the same authority.
    let wait = politeness.wait(for: authority)
    if wait > .zero, !isDone {
      try await park(until: crawler.now() + wait, reason: "pause of \(authority)")
    }
    return nil
  }

  private func send(
    _ lease: Lease, _ scope: Scope, _ groups: [TrapGroup], _ turn: Politeness<C>.Turn
  ) async throws(StorageError) {
    let plan = FetchPlan(kind: lease.kind, limits: settings.limits)
    let request = plan.request(for: lease, scope: scope, language: settings.acceptLanguage)
    let askedAt = crawler.now()
    store.announce(lease)
    var response: Response?
    let verdict: Verdict
    do throws(TransportError) {
      let answer = try await crawler.transport.send(request)
      verdict = judge(lease, scope).verdict(on: answer)
      response = answer
    } catch {
      verdict = judge(lease, scope).verdict(on: error)
    }
    let advice = politeness.heed(
      verdict.feedback, in: turn, sinceArrival: response?.timings.sinceArrival ?? .zero,
      from: response?.remoteAddress)
    if isHalt(advice) { isHalted.withLock { $0 = true } }
    politeness.end(turn)
    crawler.count { progress in
      progress.requests += 1
      progress.byteCount += response?.wireByteCount ?? 0
    }
    switch verdict.result {
    case .abandoned:
      try await store.release([lease])
    case .outcome(let outcome):
      try await record(outcome, of: lease)
    case .body(let response):
      try await read(response, of: lease, groups, askedAt: askedAt)
    }
    try await act(on: advice, verdict)
  }

  private func judge(_ lease: Lease, _ scope: Scope) -> Judge {
    Judge(
      lease: lease, scope: scope, settings: settings, now: crawler.now(),
      jitter: politeness.jitter)
  }

  // MARK: What came of it

  private func read(
    _ response: Response, of lease: Lease, _ groups: [TrapGroup], askedAt: Timestamp
  ) async throws(StorageError) {
    let head = response.head
    let validators = head.validators(or: Validators())
    let hash = BodyHash.of(response.body)
    if hash == lease.bodyHash {
      return try await record(.unchanged(validators, status: head.status), of: lease)
    }
    let page = FetchedPage(
      url: lease.url, kind: lease.kind, body: response.body,
      contentType: head.headers["Content-Type"], directives: head.directives,
      validators: validators)
    let discovered = try await shift.handle(
      Visit(
        lease: lease, page: page, status: head.status, bodyHash: hash, groups: groups,
        askedAt: askedAt))
    crawler.count { $0.read += 1 }
    count(discovered: discovered)
  }

  private func count(discovered: Int) {
    guard discovered > 0 else { return }
    crawler.count { $0.discovered += discovered }
    shift.tell()
  }

  private func record(_ outcome: FetchOutcome, of lease: Lease) async throws(StorageError) {
    let now = crawler.now()
    try await store.record(outcome, of: lease, now: now)
    crawler.count { $0.count(outcome, of: lease.url) }
    if case .failed(_, _, let retryAt) = outcome, retryAt <= now + settings.patience {
      crawler.retry(host.id, at: retryAt)
    }
    if case .redirected = outcome { shift.tell() }
  }

  /// Whether no more requests go to the host in this run.
  private func isHalt(_ advice: Advice) -> Bool {
    switch advice {
    case .goOn: false
    case .pause(let pause): pause > settings.patience
    case .giveUp: true
    }
  }

  private func act(on advice: Advice, _ verdict: Verdict) async throws(StorageError) {
    switch advice {
    case .goOn:
      break
    case .pause(let pause):
      // Retry-After is kept on disk even where it is short: a crash does not shorten it.
      var reason = "back-off after failures"
      if case .throttled = verdict.feedback {
        reason = "Retry-After"
      } else if !isHalt(advice) {
        return
      }
      try await park(until: crawler.now() + pause, reason: reason, isHalt: isHalt(advice))
    case .giveUp:
      try await park(until: crawler.now() + settings.deadPause, reason: "given up after failures")
    }
  }

  /// Parks the host on disk, and ends this worker where that is a halt.
  private func park(until: Timestamp, reason: String, isHalt: Bool = true)
    async throws(StorageError)
  {
    try await store.park(host.id, until: until, reason: reason)
    var parked = host
    (parked.parkedUntil, parked.parkReason) = (until, reason)
    guard isHalt else { return }
    isHalted.withLock { $0 = true }
    crawler.log.notice("\(host.origin) is parked until \(until): \(reason)")
    crawler.leaveParked(parked)
  }
}
