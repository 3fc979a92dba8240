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
