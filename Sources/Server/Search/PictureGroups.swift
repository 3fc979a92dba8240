import Catalog
import Storage
import Synchronization
import VectorSearch

/// Which pictures are the same picture, as the catalog says; followed in the background.
final class DuplicateGroups: Sendable {
  private struct State {
    var groups = KeyGroups()
    var version: Int?
  }

  private let store: CatalogStore
  private let state = Mutex(State())

  init(store: CatalogStore) { self.store = store }

  var current: KeyGroups { state.withLock { $0.groups } }

  /// Reads the groups anew where the catalog has changed.
  func refresh() async throws(StorageError) {
    let version = store.version()
    guard state.withLock({ $0.version != version }) else { return }
    var groups = KeyGroups()
    for (image, group) in try await store.joinedImages() {
      groups.insert(UInt64(clamping: image.rawValue), into: UInt64(clamping: group.rawValue))
      groups.insert(UInt64(clamping: group.rawValue), into: UInt64(clamping: group.rawValue))
    }
    state.withLock { [groups] in $0 = State(groups: groups, version: version) }
  }
}

/// Which pictures belong to one product, as the catalog says; read when a search asks for it.
final class ProductGroups: Sendable {
  private struct State {
    var groups = KeyGroups()
    var version: Int?
    /// Answers may be as old as that while a crawl writes: the reading takes a twentieth of the time.
    var goodUntil = ContinuousClock.now
  }

  private let store: CatalogStore
  private let state = Mutex(State())

  init(store: CatalogStore) { self.store = store }

  /// Pictures with their copies, by the first product that shows any of them; a picture that no product
  /// shows stands with its copies.
  func current() async throws(StorageError) -> KeyGroups {
    let version = store.version()
    let start = ContinuousClock.now
    let known = state.withLock { state in
      state.version == version || start < state.goodUntil ? state.groups : nil
    }
    if let known { return known }
    var groups = KeyGroups()
    for row in try await store.imagesWithProducts() {
      let group = row.product.map { 2 * $0.rawValue + 1 } ?? 2 * row.group.rawValue
      groups.insert(UInt64(clamping: row.image.rawValue), into: UInt64(clamping: group))
    }
    state.withLock { [groups] in
      $0 = State(groups: groups, version: version, goodUntil: .now + start.duration(to: .now) * 20)
    }
    return groups
  }
}
