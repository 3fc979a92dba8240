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

  /// Pictures that are asked for in one statement.
  private static let chunk = 20_000

  init(store: CatalogStore) { self.store = store }

  var current: KeyGroups { state.withLock { $0.groups } }

  /// Reads the groups of the snapshot's pictures anew where catalog or index have changed.
  func refresh(_ snapshot: Snapshot) async throws(StorageError) {
    let version = store.version()
    let isCurrent = state.withLock {
      $0.version == version && $0.generation == snapshot.generation
    }
    if isCurrent { return }
    let keys = snapshot.keys
    var groups = KeyGroups()
    for start in stride(from: 0, to: keys.count, by: Self.chunk) {
      let ids = keys[start..<min(start + Self.chunk, keys.count)]
        .map { ID<ImageRecord>(Int64(clamping: $0)) }
      for (image, group) in try await store.groups(of: ids) where image != group {
        groups.insert(UInt64(image.rawValue), into: UInt64(group.rawValue))
        groups.insert(UInt64(group.rawValue), into: UInt64(group.rawValue))
      }
    }
    state.withLock { [groups] state in
      state = State(groups: groups, generation: snapshot.generation, version: version)
    }
  }
}
