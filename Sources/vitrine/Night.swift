import Catalog
import Crawl
import Foundation
import Pipeline
import Storage

/// One nightly run: the crawler and the pipeline under one run of the catalog.
final class Night: Sendable {
  private let store: CatalogStore
  private let crawler: Crawler<ContinuousClock>
  private let pipeline: Pipeline
  private let jobs: [(name: String, job: SiteJob)]

  init(
    store: CatalogStore, crawler: Crawler<ContinuousClock>, pipeline: Pipeline,
    jobs: [(name: String, job: SiteJob)]
  ) {
    self.store = store
    self.crawler = crawler
    self.pipeline = pipeline
    self.jobs = jobs
  }

  /// Runs to the end, or until the task is cancelled; a run that was cancelled is resumed by the next.
  func run(isRefresh: Bool) async throws -> CrawlReport {
    let start = ContinuousClock.now
    let run = try await store.beginRun(isRefresh: isRefresh, now: .now)
    if run.isResumed { Console.say("resuming the run that began at \(run.startedAt)") }
    let scopes = Dictionary(uniqueKeysWithValues: jobs.map { ($0.job.id, $0.job.scope) })
    let progress = try await pipeline.run(sites: scopes) { handler in
      try await self.crawler.run(self.jobs.map(\.job), under: run, handle: handler)
    }
    if !progress.wasStopped { try await store.finishRun(run, now: .now) }
    try await store.checkpoint()
    let leftOut = try await store.leftOutHosts(
      for: Scope.Refusal.host.rawValue, since: run.startedAt, limit: LeftOut.most)
    let doors = try await doors()
    let parked = Set(progress.parked.map(\.origin))
    let dead = try await deadSeeds(doors, parked: parked)
    // A run that was stopped, or had nothing to ask, tells nothing of a site.
    let empty =
      progress.wasStopped || progress.requests == 0
      ? [] : try await emptySites(doors, parked: parked, dead: dead)
    return CrawlReport(
      progress, pipeline.summary, seeds: doors.reduce(into: []) { $0.formUnion($1.origins) },
      changes: try await store.changeCounts(of: run),
      alarms: try await store.fillAlarms(of: run.id), leftOut: leftOut,
      deadSeeds: dead, emptySites: empty,
      took: start.duration(to: .now))
  }

  /// A seed with the addresses that it leads to by redirects.
  private struct Door {
    var site: String
    var seed: CanonicalURL
    var way: [CanonicalURL]

    var origins: Set<String> { Set(way.map(\.origin)).union([seed.origin]) }
  }

  private func doors() async throws -> [Door] {
    var doors: [Door] = []
    for (name, job) in jobs {
      for seed in job.seeds {
        doors.append(Door(site: name, seed: seed, way: try await store.way(from: seed)))
      }
    }
    return doors
  }

  /// Seeds that led to no page when they were last asked, with the reason; those of parked hosts are
  /// told with these.
  private func deadSeeds(_ doors: [Door], parked: Set<String>) async throws
    -> [CrawlReport.DeadSeed]
  {
    var dead: [CrawlReport.DeadSeed] = []
    for door in doors where door.origins.isDisjoint(with: parked) {
      let end = door.way.last ?? door.seed
      guard let reason = try await store.reason(at: end, isRedirectFine: true) else { continue }
      let detour = end == door.seed ? "" : ", where it leads to \(end)"
      dead.append(.init(site: door.site, url: door.seed.string, reason: reason + detour))
    }
    return dead
  }

  /// Sites of which nothing is in the catalog, for no reason told elsewhere.
  private func emptySites(
    _ doors: [Door], parked: Set<String>, dead: [CrawlReport.DeadSeed]
  ) async throws -> [String] {
    var empty: [String] = []
    for (name, job) in jobs
    where !dead.contains(where: { $0.site == name })
      && !doors.contains(where: { $0.site == name && !$0.origins.isDisjoint(with: parked) })
    {
      if try await !store.hasItems(job.id) { empty.append(name) }
    }
    return empty
  }

  /// How the run stands, in one line; on a terminal with a bar of what is known to be left.
  ///
  /// The bar can go back: pages lead to further ones.
  func progressText(withBar: Bool) async -> String {
    let progress = crawler.progress
    let text =
      "\(Console.count(progress.requests)) requests to \(progress.activeHosts) hosts: "
      + "\(Console.count(progress.read)) read, \(Console.count(progress.unchanged)) unchanged, "
      + "\(Console.count(progress.failed)) failed; \(Console.count(progress.discovered)) found; "
      + "\(Console.count(pipeline.summary.embedded)) embedded"
    guard withBar, let left = try? await store.dueAddresses(now: .now) else { return text }
    return Console.bar(done: progress.requests, left: left) + " " + text
  }
}
