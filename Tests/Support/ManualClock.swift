import Synchronization

/// A clock that stands still until somebody sleeps, and then jumps straight to the deadline.
package final class ManualClock: Clock, Sendable {
  package struct Instant: InstantProtocol {
    /// Since the clock was made.
    package var offset: Duration

    package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    package func duration(to other: Instant) -> Duration { other.offset - offset }
    package static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private let elapsed = Mutex(Duration.zero)

  package init() {}

  package var now: Instant { Instant(offset: elapsed.withLock { $0 }) }
  package var minimumResolution: Duration { .zero }

  package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    elapsed.withLock { $0 = max($0, deadline.offset) }
    await Task.yield()
  }

  package func advance(by duration: Duration) { elapsed.withLock { $0 += duration } }
}
