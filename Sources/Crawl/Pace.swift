/// What a request told about how its host is doing.
package enum Feedback: Sendable, Equatable {
  /// A response, good or not, after this time to its first byte.
  case answered(latency: Duration)
  /// 429, or 503 with `Retry-After`.
  case throttled(retryAfter: Duration?)
  /// 5xx, a time-out, a connection that broke.
  case overloaded
  /// No connection: DNS, TCP or TLS.
  case unreachable
}

/// What to do about a host after a request.
package enum Advice: Sendable, Equatable {
  case goOn
  /// No request before this much time has passed.
  case pause(Duration)
  /// The host is down or does not want us; leave it alone.
  case giveUp
}

/// When the next request to one host may start. Times are offsets from any fixed moment.
struct Pace {
  private let settings: CrawlSettings
  /// What stands for `settings.delay` where the host's sites name another one.
  var ownDelay: Duration?
  /// robots.txt's `Crawl-delay`.
  var crawlDelay: Duration = .zero
  private var lastStart: Duration
  private var heldUntil: Duration
  /// Mean time to the first byte, each response weighing as much as all before it.
  private(set) var latency: Duration = .zero
  private var failures = 0
  private var unreachable = 0

  /// - Parameter birth: Counts as a request, since an earlier process may have sent one just before.
  init(_ settings: CrawlSettings, birth: Duration) {
    self.settings = settings
    lastStart = birth
    heldUntil = birth
  }

  /// From the start of one request to the start of the next.
  var gap: Duration {
    // So many requests are under way at a time that each may take that much longer.
    let share = latency * settings.latencyFactor / settings.concurrency
    // A host as quick as that is not slow, and so short a sleep costs more than it spares.
    let adaptive = share < .milliseconds(1) ? .zero : min(share, settings.longestAdaptiveDelay)
    return max(ownDelay ?? settings.delay, crawlDelay, adaptive)
  }

  var earliest: Duration { max(heldUntil, lastStart + gap) }

  /// Takes the turn if it has come.
  mutating func start(at now: Duration) -> Bool {
    guard now >= earliest else { return false }
    lastStart = now
    return true
  }

  /// The request came to the host at `moment`, later than it was begun: connecting takes its time.
  mutating func arrived(at moment: Duration) { lastStart = max(lastStart, moment) }

  mutating func hold(until moment: Duration) { heldUntil = max(heldUntil, moment) }

  /// Draws the conclusion from a request that ended at `now`.
  ///
  /// Failures back off exponentially with full jitter (Brooker, "Exponential Backoff And Jitter",
  /// 2015): a uniform part of 1 s, 2 s, 4 s … 5 min.
  mutating func heed(
    _ feedback: Feedback, at now: Duration, using generator: inout some RandomNumberGenerator
  ) -> Advice {
    switch feedback {
    case .answered(let time):
      (failures, unreachable) = (0, 0)
      latency = latency == .zero ? time : (latency + time) / 2
      return .goOn
    case .throttled(let retryAfter):
      failures += 1
      // A host that names no time means more than a moment.
      let pause = retryAfter ?? Self.doubled(.seconds(30), failures - 1, atMost: .seconds(3600))
      hold(until: now + pause)
      if retryAfter == nil, failures >= settings.failureLimit { return .giveUp }
      return .pause(pause)
    case .overloaded:
      failures += 1
      unreachable = 0
      if failures >= settings.failureLimit { return .giveUp }
    case .unreachable:
      unreachable += 1
      failures += 1
      if unreachable >= settings.unreachableLimit { return .giveUp }
    }
    let most = Self.doubled(.seconds(1), failures - 1, atMost: .seconds(300))
    let pause = most * Double.random(in: 0...1, using: &generator)
    hold(until: now + pause)
    return .pause(pause)
  }

  /// `base` · 2^`times`, at most `limit`.
  static func doubled(_ base: Duration, _ times: Int, atMost limit: Duration) -> Duration {
    times > 30 ? limit : min(base * (1 << max(times, 0)), limit)
  }
}
