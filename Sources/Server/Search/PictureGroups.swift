import Catalog
import Storage
import Synchronization
import VectorSearch

/// Which vectors are of the same picture, as the catalog says; followed in the background.
final class PictureGroups: Sendable {
  struct Groups: Sendable {
    /// A picture with its copies and the boxes of all of them.
    var folded = KeyGroups()
    /// A picture with its boxes; `nil` where the catalog has no boxes.
    var single: KeyGroups?
    /// Boxes that no longer stand and whose vectors the index may still hold.
    var gone = KeySet()
  }

  private struct State {
    var groups = Groups()
    var version: Int?
    /// The boxes that stand, by key, with the keys of their pictures.
    var boxes: [UInt64: UInt64] = [:]
    /// Of the last change of a box that was read.
    var revision: Int64 = 0
  }

  private let store: CatalogStore
  private let state = Mutex(State())

  init(store: CatalogStore) { self.store = store }

  var current: Groups { state.withLock { $0.groups } }

  /// Reads what has changed where the catalog has: all groups, and of the boxes those that changed.
  func refresh() async throws(StorageError) {
    let version = store.version()
    let before = state.withLock { $0 }
    guard before.version != version else { return }
    var next = before
    next.version = version
    for change in try await store.boxChanges(after: before.revision) {
      next.revision = change.revision
      let key = change.id.vectorKey
      if change.stands {
        next.boxes[key] = change.image.vectorKey
      } else {
        next.boxes[key] = nil
        next.groups.gone.insert(key)
      }
    }
    var folded = KeyGroups()
    var groupOf: [UInt64: UInt64] = [:]
    for (image, group) in try await store.joinedImages() {
      let (image, group) = (image.vectorKey, group.vectorKey)
      folded.insert(image, into: group)
      folded.insert(group, into: group)
      if !next.boxes.isEmpty { groupOf[image] = group }
    }
    var single: KeyGroups? = next.boxes.isEmpty ? nil : KeyGroups()
    for (box, picture) in next.boxes {
      let group = groupOf[picture] ?? picture
      folded.insert(picture, into: group)
      folded.insert(box, into: group, partOf: picture)
      single?.insert(picture, into: picture)
      single?.insert(box, into: picture, partOf: picture)
    }
    next.groups.folded = folded
    next.groups.single = single
    // Of two that read at once the one that read more is kept.
    state.withLock { [next] in if next.revision >= $0.revision { $0 = next } }
  }
}

/// Which vectors belong to one product, as the catalog says; read when a search asks for it.
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

  /// Pictures with their copies and boxes, by the first product that shows any of them; a picture that no
  /// product shows stands with its copies.
  func current() async throws(StorageError) -> KeyGroups {
    let version = store.version()
    let start = ContinuousClock.now
    let known = state.withLock { state in
      state.version == version || start < state.goodUntil ? state.groups : nil
    }
    if let known { return known }
    var groups = KeyGroups()
    let boxes = try await store.standingBoxes()
    var groupOf: [UInt64: UInt64] = [:]
    for row in try await store.imagesWithProducts() {
      let group = UInt64(
        clamping: row.product.map { 2 * $0.rawValue + 1 } ?? 2 * row.group.rawValue)
      groups.insert(row.image.vectorKey, into: group)
      if !boxes.isEmpty { groupOf[row.image.vectorKey] = group }
    }
    for (box, image) in boxes {
      // A picture that came in between the two readings stands for itself.
      guard let group = groupOf[image.vectorKey] else { continue }
      groups.insert(box.vectorKey, into: group, partOf: image.vectorKey)
    }
    state.withLock { [groups] in
      $0 = State(groups: groups, version: version, goodUntil: .now + start.duration(to: .now) * 20)
    }
    return groups
  }
}
