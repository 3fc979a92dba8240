import Synchronization
import VectorSearch

/// What recent answers were read from, so that their next pages fit.
final class AnsweredSnapshots: Sendable {
  private let kept = Mutex<[(snapshot: Snapshot, until: ContinuousClock.Instant)]>([])

  static let duration = Duration.seconds(300)
  /// More than answers of different generations in a while; what goes first is what was asked first.
  static let limit = 256

  func keep(_ snapshot: Snapshot) {
    let now = ContinuousClock.now
    kept.withLock { kept in
      kept.removeAll { $0.until < now || $0.snapshot.generation == snapshot.generation }
      if kept.count >= Self.limit { kept.removeFirst() }
      kept.append((snapshot, now + Self.duration))
    }
  }

  func snapshot(generation: UInt64) -> Snapshot? {
    let now = ContinuousClock.now
    return kept.withLock { kept in
      kept.first { $0.snapshot.generation == generation && $0.until > now }?.snapshot
    }
  }
}
