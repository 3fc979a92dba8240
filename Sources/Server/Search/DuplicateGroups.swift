import Catalog
import Storage
import Synchronization
import VectorSearch

/// Which pictures of the index are the same picture, as the catalog says; followed in the background.
final class DuplicateGroups: Sendable {
  private struct State {
    var groups = KeyGroups()
    var generation: UInt64?
    var version: Int?
  }

  private let store: CatalogStore
  private let state = Mutex(State())

  init(store: CatalogStore) { self.store = store }

  var current: KeyGroups { state.withLock { $0.groups } }

  /// Reads the groups anew where catalog or index have changed.
  func refresh(_ snapshot: Snapshot) async throws(StorageError) {
    let version = store.version()
    let isCurrent = state.withLock {
      $0.version == version && $0.generation == snapshot.generation
    }
    if isCurrent { return }
    var groups = KeyGroups()
    for (image, group) in try await store.joinedImages() {
      groups.insert(UInt64(clamping: image.rawValue), into: UInt64(clamping: group.rawValue))
      groups.insert(UInt64(clamping: group.rawValue), into: UInt64(clamping: group.rawValue))
    }
    state.withLock { [groups] state in
      state = State(groups: groups, generation: snapshot.generation, version: version)
    }
  }
}
