import Catalog
import Storage
import Synchronization

/// What was read of the items that pass a filter, kept while the catalog stays as it is.
///
/// While a crawl writes, every transaction is a new version: an answer may be as old as ten times what
/// its reading took, so that reading takes at most about a tenth of one core's time.
final class FilterCache<Value: Sendable>: Sendable {
  typealias Read = @Sendable (ItemFilter, CatalogStore) async throws(StorageError) -> Value

  private struct Entry {
    var value: Value
    var version: Int
    var goodUntil: ContinuousClock.Instant
    var usedAt: ContinuousClock.Instant
  }

  private let store: CatalogStore
  private let read: Read
  private let entries = Mutex<[ItemFilter: Entry]>([:])

  /// Filters; the one that was asked for longest ago makes room.
  private static var capacity: Int { 64 }

  init(_ store: CatalogStore, read: @escaping Read) {
    self.store = store
    self.read = read
  }

  func value(for filter: ItemFilter) async throws(StorageError) -> Value {
    let version = store.version()
    let start = ContinuousClock.now
    let known = entries.withLock { entries -> Value? in
      guard let entry = entries[filter], entry.version == version || start < entry.goodUntil
      else { return nil }
      entries[filter]?.usedAt = start
      return entry.value
    }
    if let known { return known }
    let value = try await read(filter, store)
    let end = ContinuousClock.now
    entries.withLock { entries in
      if entries[filter] == nil, entries.count >= Self.capacity,
        let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt })
      {
        entries[oldest.key] = nil
      }
      entries[filter] = Entry(
        value: value, version: version, goodUntil: end + start.duration(to: end) * 10, usedAt: end)
    }
    return value
  }
}
