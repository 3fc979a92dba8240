import Catalog
import Logging
import Storage
import Synchronization
import Transport

/// One site's part in a crawl.
package struct SiteJob: Sendable {
  package let id: ID<Site>
  package let scope: Scope
  package let seeds: [CanonicalURL]
  /// Between two requests to a host of the site, instead of the settings' delay. Where several sites
  /// have pages on a host, or none has and several take pictures from it, the longest counts.
  package let delay: Duration?

  package init(id: ID<Site>, scope: Scope, seeds: [CanonicalURL], delay: Duration? = nil) {
    self.id = id
    self.scope = scope
    self.seeds = seeds
    self.delay = delay
  }
}

/// Fetches what is due, host by host, as fast as politeness lets it.
///
/// Every host with something due has a worker, which takes addresses from the frontier in small
/// batches and ends when there are none. Bodies go to the visit handler, every other outcome is
/// recorded here; either way one transaction ends the lease. Redirects are not followed but enter
/// the frontier, where scope and robots.txt are asked about them like about any address.
package final class Crawler<C: Clock>: Sendable where C.Duration == Duration {
  let store: CatalogStore
  let transport: HTTPTransport
  let settings: CrawlSettings
  let politeness: Politeness<C>
  let clock: C
  let now: @Sendable () -> Timestamp
  let log: Logger

  private struct State {
    var progress = CrawlProgress()
    /// Hosts with a worker.
    var running: Set<ID<Host>> = []
    /// Hosts that our own settings keep us from asking: not taken up again in this run.
    var barred: Set<ID<Host>> = []
    /// When addresses that failed for the moment are due again, by host.
    var retries: [ID<Host>: [Timestamp]] = [:]
    /// The first of `retries` that a timer waits for.
    var timer: Timestamp?
    /// Counts what may have made something due or left a host without worker.
    var news = 0
    /// Requests of sites that have a budget.
    var spent: [ID<Site>: Int] = [:]
    var fetches: [Int: Task<Void, Never>] = [:]
    var nextFetch = 0
    var isCancelled = false
    var failure: StorageError?
  }

  private let state = Mutex(State())

  /// - Parameters:
  ///   - clock: Measures pauses.
  ///   - now: Tells the time that is written down.
  ///   - generator: Spreads back-offs.
  package init(
    store: CatalogStore, transport: HTTPTransport, settings: CrawlSettings, clock: C,
    now: @escaping @Sendable () -> Timestamp = { Timestamp.now },
    generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
    log: Logger = Logger(label: "crawl")
  ) {
    self.store = store
    self.transport = transport
    self.settings = settings
    self.clock = clock
    self.now = now
    self.log = log
    politeness = Politeness(settings, clock: clock, generator: generator)
  }

  /// How the crawl stands.
  package var progress: CrawlProgress { state.withLock { $0.progress } }

  /// Crawls until nothing is due that could be had within `settings.patience`.
  ///
  /// Cancelling the task ends it early: fetches under way have `settings.grace` to finish, and
  /// leases that were not used go back. A crawler runs once.
  ///
  /// Its tasks run on the transport's thread; what computes is to be done elsewhere.
  ///
  /// - Parameter handle: Called for every body that is new or changed, of several hosts at a time.
  /// - Returns: the progress at the end.
  /// - Throws: the first failure of the storage, the handler's among them.
  package func run(
    _ jobs: [SiteJob], under run: Run, handle: @escaping VisitHandler
  ) async throws(StorageError) -> CrawlProgress {
    for job in jobs { try await plant(job) }
    let (signals, signal) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let shift = Shift(
      crawler: self, jobs: jobs, run: run, handle: handle, traps: TrapLedger(settings.traps),
      signal: signal)
    await withTaskExecutorPreference(transport.executor) {
      await withTaskCancellationHandler {
        await withDiscardingTaskGroup { group in
          signal.yield()
          for await _ in signals {
            guard await shift.startWorkers(in: &group) else { break }
            // Signals that come in quick succession are answered together.
            guard (try? await clock.sleep(for: .milliseconds(20))) != nil else { break }
          }
          group.cancelAll()
        }
      } onCancel: {
        cancelFetches()
      }
    }
    let (progress, failure) = state.withLock { state in
      state.progress.wasStopped = state.isCancelled
      return (state.progress, state.failure)
    }
    if let failure { throw failure }
    return progress
  }

  /// Puts the seeds into the frontier, where a scope that has changed is heeded first.
  private func plant(_ job: SiteJob) async throws(StorageError) {
    let changed = try await store.rejudge(
      job.id, under: job.scope.text, now: now(), judge: job.scope.rejudge)
    if changed != (0, 0) {
      log.notice(
        "the site's rules have changed: \(changed.letIn) addresses let in, \(changed.keptOut) kept out"
      )
    }
    let seeds = job.seeds.map { seed in
      let refusal = job.scope.refusal(of: seed, kind: .listing, depth: 0)
      if let refusal { log.warning("seed \(seed) is kept out: \(refusal.rawValue)") }
      return NewAddress(url: seed, kind: .listing, depth: 0, refusal: refusal?.rawValue)
    }
    _ = try await store.discover(seeds, site: job.id, now: now())
    // Without its seed a site is not crawled: one that brought nothing is asked again every night.
    try await store.makeDue(
      seeds.map(\.url), thatFailedBefore: now() + .seconds(-12 * 3600), now: now())
  }

  /// Gives fetches under way their grace, then breaks them off.
  private func cancelFetches() {
    state.withLock { $0.isCancelled = true }
    Task { [self] in
      try? await clock.sleep(for: settings.grace)
      for task in state.withLock({ Array($0.fetches.values) }) { task.cancel() }
    }
  }

  /// Runs `fetch` to its end although this task may be cancelled meanwhile.
  func shielded(_ fetch: @escaping @Sendable () async -> Void) async {
    let (number, task) = state.withLock { state in
      state.nextFetch += 1
      let task = Task(executorPreference: transport.executor) { await fetch() }
      state.fetches[state.nextFetch] = task
      return (state.nextFetch, task)
    }
    await task.value
    state.withLock { $0.fetches[number] = nil }
  }

  /// Keeps the first failure; the crawl ends with it.
  func fail(_ error: StorageError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
  }

  var isEnding: Bool { state.withLock { $0.failure != nil || $0.isCancelled } }

  func count(_ change: (inout CrawlProgress) -> Void) { state.withLock { change(&$0.progress) } }

  // MARK: Who works where

  /// Hosts that need no worker: those with one, and those that may not be asked.
  var hostsToSkip: [ID<Host>] { state.withLock { Array($0.running.union($0.barred)) } }

  /// Whether the host had no worker; it has one now.
  func takeUp(_ host: Host) -> Bool {
    state.withLock { state in
      guard state.running.insert(host.id).inserted else { return false }
      state.progress.activeHosts += 1
      state.progress.parked.removeAll { $0.origin == host.origin }
      return true
    }
  }

  func leave(_ host: Host) {
    state.withLock { state in
      state.running.remove(host.id)
      state.progress.activeHosts -= 1
      state.news += 1
    }
  }

  /// The host is not asked again in this run.
  func leaveParked(_ host: Host) {
    state.withLock { state in
      state.retries[host.id] = nil
      state.progress.park(
        .init(
          origin: host.origin, until: host.parkedUntil, reason: host.parkReason ?? "parked"))
    }
  }

  /// The host is not asked in this run; nothing of that is kept, so that the next one asks anew.
  func bar(_ host: Host, reason: String) {
    state.withLock { state in
      state.barred.insert(host.id)
      state.progress.park(.init(origin: host.origin, until: nil, reason: reason))
    }
  }

  var news: Int { state.withLock { $0.news } }

  func addNews() { state.withLock { $0.news += 1 } }

  /// Whether there is news since `seen`, or a worker or a timer that will bring some.
  func isWaiting(since seen: Int) -> Bool {
    state.withLock { !$0.running.isEmpty || $0.timer != nil || $0.news != seen }
  }

  func retry(_ host: ID<Host>, at moment: Timestamp) {
    state.withLock { $0.retries[host, default: []].append(moment) }
  }

  /// The next retry after `now`, if no timer waits for it or for an earlier one; the caller sets
  /// one. What was to be retried by now has been seen among the due.
  func nextUntimedRetry(after now: Timestamp) -> Timestamp? {
    state.withLock { state in
      state.retries = state.retries.mapValues { $0.filter { $0 > now } }.filter {
        !$0.value.isEmpty
      }
      guard let next = state.retries.values.joined().min(), next < state.timer ?? .never else {
        return nil
      }
      state.timer = next
      return next
    }
  }

  func timerRang(for moment: Timestamp) {
    state.withLock { state in
      if state.timer == moment { state.timer = nil }
      state.news += 1
    }
  }

  /// Takes one request off a site's budget; `false` when it is spent.
  func spend(_ budget: Int, of site: ID<Site>) -> Bool {
    state.withLock { state in
      let spent = state.spent[site, default: 0]
      state.spent[site] = spent + 1
      if spent + 1 >= budget { state.progress.spentSites.insert(site) }
      return spent < budget
    }
  }
}
