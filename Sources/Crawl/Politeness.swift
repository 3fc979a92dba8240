import Synchronization
import Transport

/// Gives every host's requests their turns: far enough apart, few enough at a time.
///
/// Hosts are authorities, so that `http` and `https` of one name share their turns. Hosts that have
/// answered from one address share a bound on requests at one time.
package final class Politeness<C: Clock>: Sendable where C.Duration == Duration {
  /// The right to send one request; `end` gives it back.
  package struct Turn: Sendable {
    fileprivate let host: String
    fileprivate let address: IPAddress?
    /// When it began, on the politeness's own time.
    fileprivate let start: Duration
  }

  private struct Doorway {
    var pace: Pace
    let turnstile: Turnstile
    var address: IPAddress?
  }

  private struct State {
    var hosts: [String: Doorway] = [:]
    var addresses: [IPAddress: Turnstile] = [:]
    var generator: any RandomNumberGenerator & Sendable
  }

  private let settings: CrawlSettings
  private let clock: C
  private let birth: C.Instant
  private let state: Mutex<State>
  private let inFlight: Turnstile

  package init(
    _ settings: CrawlSettings, clock: C,
    generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.settings = settings
    self.clock = clock
    birth = clock.now
    state = Mutex(State(generator: generator))
    inFlight = Turnstile(settings.inFlight)
  }

  private var now: Duration { birth.duration(to: clock.now) }

  private func with<T>(_ host: String, _ body: (inout Doorway) -> T) -> T {
    state.withLock { state in
      let fresh = Doorway(
        pace: Pace(settings, birth: .zero), turnstile: Turnstile(settings.concurrency))
      return body(&state.hosts[host, default: fresh])
    }
  }

  /// Sets the least gap that stands for the settings' own; it holds for the very next request.
  package func setDelay(_ delay: Duration?, of host: String) {
    with(host) { $0.pace.ownDelay = delay }
  }

  /// Sets what robots.txt asks for; it holds for the very next request.
  package func setCrawlDelay(_ delay: Duration, of host: String) {
    with(host) { $0.pace.crawlDelay = delay }
  }

  /// Lets no request go to the host for a while.
  package func hold(_ host: String, for pause: Duration) {
    let end = now + pause
    with(host) { $0.pace.hold(until: end) }
  }

  /// The least time between the starts of two requests to the host, as things stand.
  package func gap(of host: String) -> Duration { with(host) { $0.pace.gap } }

  /// How long until a request to the host may start.
  package func wait(for host: String) -> Duration {
    let now = now
    return max(with(host) { $0.pace.earliest } - now, .zero)
  }

  /// Waits until a request to the host may be sent, and for room among those under way.
  ///
  /// - Parameter patience: How long at most beyond the usual gap.
  /// - Returns: `nil` where the host's turn comes later than that.
  /// - Throws: when the task is cancelled; no turn is held then.
  package func turn(
    _ host: String, patience: Duration = .seconds(86_400)
  ) async throws(CancellationError) -> Turn? {
    let turnstile = with(host) { $0.turnstile }
    try await turnstile.enter()
    do throws(CancellationError) {
      while true {
        let (earliest, gap) = with(host) { ($0.pace.earliest, $0.pace.gap) }
        guard earliest - now <= max(patience, gap) else {
          turnstile.leave()
          return nil
        }
        try await sleep(until: earliest)
        let address = with(host) { $0.address }
        try await enterCommonRoom(address)
        let now = now
        if with(host, { $0.pace.start(at: now) }) {
          return Turn(host: host, address: address, start: now)
        }
        address.map(sharedTurnstile)?.leave()
        inFlight.leave()
      }
    } catch {
      turnstile.leave()
      throw error
    }
  }

  /// Takes a place among the requests to the address and among all.
  private func enterCommonRoom(_ address: IPAddress?) async throws(CancellationError) {
    let shared = address.map(sharedTurnstile)
    try await shared?.enter()
    do throws(CancellationError) {
      try await inFlight.enter()
    } catch {
      shared?.leave()
      throw error
    }
  }

  private func sharedTurnstile(of address: IPAddress) -> Turnstile {
    state.withLock { state in
      let fresh = Turnstile(settings.concurrencyPerAddress)
      if let known = state.addresses[address] { return known }
      state.addresses[address] = fresh
      return fresh
    }
  }

  private func sleep(until moment: Duration) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    guard moment > now else { return }
    do {
      try await clock.sleep(until: birth.advanced(by: moment), tolerance: .zero)
    } catch {
      throw CancellationError()
    }
  }

  /// Tells how the request went, before its turn ends and the next request can begin.
  ///
  /// - Parameters:
  ///   - feedback: `nil` where the request says nothing about the host.
  ///   - sinceArrival: How long ago the host had surely seen the request. It is counted back from now,
  ///     so that a delay on our side only ever makes the gap longer.
  ///   - address: Where the response came from.
  package func heed(
    _ feedback: Feedback?, in turn: Turn, sinceArrival: Duration = .zero,
    from address: IPAddress? = nil
  ) -> Advice {
    let now = now
    return state.withLock { state in
      guard var doorway = state.hosts[turn.host] else {
        preconditionFailure("no turn was given to \(turn.host)")
      }
      doorway.pace.arrived(at: now - sinceArrival)
      if let address { doorway.address = address }
      let advice = feedback.map { Self.heed($0, &doorway.pace, now, &state.generator) } ?? .goOn
      state.hosts[turn.host] = doorway
      return advice
    }
  }

  private static func heed(
    _ feedback: Feedback, _ pace: inout Pace, _ now: Duration,
    _ generator: inout some RandomNumberGenerator
  ) -> Advice {
    pace.heed(feedback, at: now, using: &generator)
  }

  /// 0…1.
  package func jitter() -> Double { state.withLock { Self.uniform(&$0.generator) } }

  private static func uniform(_ generator: inout some RandomNumberGenerator) -> Double {
    .random(in: 0...1, using: &generator)
  }

  /// The request is over: the next to the host may begin. What it brought may still be in memory.
  package func end(_ turn: Turn) {
    turn.address.map(sharedTurnstile)?.leave()
    with(turn.host) { $0.turnstile }.leave()
  }

  /// What the request brought has left memory.
  package func release(_ turn: Turn) { inFlight.leave() }
}

extension Response.Timings {
  /// From the request's departure to the first byte of the answer.
  var latency: Duration { firstByte - sent }

  /// From when the host had the request, at the latest, to the end: surely it had it before its
  /// answer began. It may have come long after it left, where a machine or the network is busy.
  var sinceArrival: Duration { total - sent - latency }
}
