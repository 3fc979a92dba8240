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
      let name = Self.name(of: snapshot)
      kept.removeAll { $0.until < now || Self.name(of: $0.snapshot) == name }
      if kept.count >= Self.limit { kept.removeFirst() }
      kept.append((snapshot, now + Self.duration))
    }
  }

  /// Tells the contents of an index from all others.
  static func name(of snapshot: Snapshot) -> String {
    "\(snapshot.generation).\(snapshot.identity?.model ?? "none")"
  }

  func snapshot(named name: String) -> Snapshot? {
    let now = ContinuousClock.now
    return kept.withLock { kept in
      kept.first { Self.name(of: $0.snapshot) == name && $0.until > now }?.snapshot
    }
  }
}
