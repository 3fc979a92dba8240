import Catalog
import Storage
import Synchronization
import VectorSearch

/// What the program tells of its own state.
struct Operations: Sendable {
  let version: String
  let startedAt: Timestamp
  let health: Health
  let figures: CatalogFigures
}

/// Whether what the server stands on can be used now.
final class Health: Sendable {
  private let state = Mutex<String?>(nil)

  /// The last look at the index folder: `nil` where it went well.
  var indexFailure: String? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

/// The catalog's figures, counted at most once in a while: they cost a pass over its tables.
final class CatalogFigures: Sendable {
  private let store: CatalogStore
  private let last = Mutex<(statistics: CatalogStatistics, at: ContinuousClock.Instant)?>(nil)

  static let lifetime = Duration.seconds(2)

  init(store: CatalogStore) { self.store = store }

  func current() async throws(StorageError) -> CatalogStatistics {
    let now = ContinuousClock.now
    let known = last.withLock { last in
      last.flatMap { $0.at.duration(to: now) < Self.lifetime ? $0.statistics : nil }
    }
    if let known { return known }
    let statistics = try await store.statistics(now: .now)
    last.withLock { $0 = (statistics, now) }
    return statistics
  }
}

extension CatalogStatistics: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("items") { json in
        for kind in ItemKind.allCases {
          let (active, gone) = items[kind] ?? (0, 0)
          json.member(kind.name) {
            $0.member("active", active)
            $0.member("gone", gone)
          }
        }
      }
      json.member("images", images)
      json.member("image_groups", imageGroups)
      json.member("image_bytes", imageBytes)
      json.member("addresses") { json in
        for (state, count) in addresses.sorted(by: { $0.key < $1.key }) {
          json.member(state, count)
        }
      }
      json.member("due_addresses", dueAddresses)
      json.member("embeddings") { json in
        for (model, jobs) in embeddings.sorted(by: { $0.key < $1.key }) {
          json.member(model) {
            $0.member("queued", jobs.queued)
            $0.member("done", jobs.done)
            $0.member("failed", jobs.failed)
          }
        }
      }
      json.member("boxes") {
        $0.member("standing", boxes.standing)
        $0.member("edited", boxes.edited)
        $0.member("queued", boxes.queued)
      }
      json.member("events", events)
      json.member("cursor", cursor)
      json.key("last_run")
      if let lastRun {
        json.object {
          $0.member("started_at", lastRun.startedAt)
          $0.member("finished_at", lastRun.finishedAt)
        }
      } else {
        json.literal("null")
      }
      json.key("fetch_to_searchable_ms")
      if let fetchToSearchable {
        json.object {
          $0.member("median", fetchToSearchable.median)
          $0.member("p95", fetchToSearchable.p95)
        }
      } else {
        json.literal("null")
      }
      json.member("alarms", alarms) { json, alarm in
        json.object {
          $0.member("site", alarm.site)
          $0.member("field", alarm.field)
          $0.member("filled", alarm.filled)
          $0.member("read", alarm.read)
          $0.member("usual", alarm.usual)
        }
      }
    }
  }
}
