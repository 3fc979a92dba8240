import Catalog
import Storage
import Synchronization
import VectorSearch

/// The pictures that pass a filter, kept while the catalog stays as it is.
final class FilterKeys: Sendable {
  private struct Entry {
    var keys: KeySet
    var version: Int
    var madeAt: ContinuousClock.Instant
    var usedAt: ContinuousClock.Instant
  }

  private let store: CatalogStore
  private let entries = Mutex<[ItemFilter: Entry]>([:])

  static let maxEntries = 64
  /// While a crawl writes, every transaction is a new version: an answer may be this old.
  static let tolerance = Duration.milliseconds(500)

  init(store: CatalogStore) { self.store = store }

  /// `nil` where the filter lets every picture pass.
  func keys(for filter: ItemFilter) async throws(StorageError) -> KeySet? {
    if filter.isTrivial { return nil }
    let version = store.version()
    let now = ContinuousClock.now
    let known = entries.withLock { entries -> KeySet? in
      guard let entry = entries[filter],
        entry.version == version || entry.madeAt.duration(to: now) < Self.tolerance
      else { return nil }
      entries[filter]?.usedAt = now
      return entry.keys
    }
    if let known { return known }
    let images = try await store.images(matching: filter)
    let keys = KeySet(images.lazy.map { UInt64($0.rawValue) })
    entries.withLock { entries in
      if entries.count >= Self.maxEntries,
        let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt })
      {
        entries[oldest.key] = nil
      }
      entries[filter] = Entry(keys: keys, version: version, madeAt: now, usedAt: now)
    }
    return keys
  }
}
