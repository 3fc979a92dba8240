import Synchronization
import VectorSearch

/// What recent answers were read from, so that their next pages fit.
final class AnsweredSnapshots: Sendable {
  private struct Kept {
    let snapshot: Snapshot
    var until: ContinuousClock.Instant
  }

  private let kept = Mutex<[String: Kept]>([:])

  static let duration = Duration.seconds(300)
  /// More than answers of different generations in a while; what goes first is what was asked first.
  static let limit = 256

  func keep(_ snapshot: Snapshot) {
    let now = ContinuousClock.now
    let name = Self.name(of: snapshot)
    kept.withLock { kept in
      if kept[name] == nil {
        kept = kept.filter { $0.value.until > now }
        if kept.count >= Self.limit, let oldest = kept.min(by: { $0.value.until < $1.value.until })
        {
          kept[oldest.key] = nil
        }
      }
      kept[name] = Kept(snapshot: snapshot, until: now + Self.duration)
    }
  }

  /// Tells the contents of an index from all others.
  static func name(of snapshot: Snapshot) -> String {
    let index = String(snapshot.indexID, radix: 36)
    return "\(snapshot.generation).\(index).\(snapshot.identity?.model ?? "none")"
  }

  func snapshot(named name: String) -> Snapshot? {
    let now = ContinuousClock.now
    return kept.withLock { kept in kept[name].flatMap { $0.until > now ? $0.snapshot : nil } }
  }
}
