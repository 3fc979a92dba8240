import Catalog
import Storage

/// What one run of a crawler works on: it decides which hosts have a worker.
struct Shift<C: Clock>: Sendable where C.Duration == Duration {
  let crawler: Crawler<C>
  let jobs: [SiteJob]
  let run: Run
  let handle: VisitHandler
  let traps: TrapLedger
  /// Asks for another look at which hosts have something due.
  let signal: AsyncStream<Void>.Continuation

  /// The sites that may still send requests.
  var openSites: [ID<Site>] {
    let spent = crawler.progress.spentSites
    return jobs.map(\.id).filter { !spent.contains($0) }
  }

  /// Gives every host with something due a worker, and a timer where only waiting helps.
  ///
  /// - Returns: whether anything is left to wait for.
  func startWorkers(in group: inout DiscardingTaskGroup) async -> Bool {
    guard !crawler.isEnding else { return false }
    let hosts: [Host]
    // What comes after this makes the caller look again, even where it falls between the lines below.
    let seen = crawler.news
    let now = crawler.now()
    do throws(StorageError) {
      hosts = try await crawler.store.hostsWithDueAddresses(
        sites: openSites, besides: crawler.hostsToSkip, now: now)
    } catch {
      crawler.fail(error)
      return false
    }
    let horizon = now + crawler.settings.patience
    for host in hosts {
      guard host.parkedUntil <= horizon else {
        crawler.leaveParked(host)
        continue
      }
      if crawler.takeUp(host) { group.addTask { await work(at: host) } }
    }
    if let retry = crawler.nextUntimedRetry(after: now) {
      group.addTask {
        guard (try? await crawler.clock.sleep(for: max(retry - now, .milliseconds(1)))) != nil
        else { return }
        crawler.timerRang(for: retry)
        signal.yield()
      }
    }
    return crawler.isWaiting(since: seen)
  }

  /// Something may have become due.
  func tell() {
    crawler.addNews()
    signal.yield()
  }

  private func work(at host: Host) async {
    let worker = HostWorker(shift: self, host: host)
    do throws(StorageError) {
      try await worker.work()
    } catch {
      crawler.fail(error)
    }
    crawler.leave(host)
    signal.yield()
  }
}
