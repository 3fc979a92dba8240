import Catalog
import Storage
import VectorSearch

/// Which picture each hit shows, and in which box.
struct HitPictures: Sendable {
  /// By key, of the hits that are boxes.
  private(set) var boxes: [UInt64: BoxRecord] = [:]

  /// Asks the catalog what the boxes among the hits are.
  init(_ results: [SearchResult], in store: CatalogStore) async throws(StorageError) {
    let ids = Set(results.lazy.flatMap(\.hits).compactMap { Self.box($0.key) })
    guard !ids.isEmpty else { return }
    for (id, box) in try await store.boxes(ids.sorted()) { boxes[id.vectorKey] = box }
  }

  private static func box(_ key: UInt64) -> ID<Box>? {
    guard case .box(let id) = VectorKey(key) else { return nil }
    return id
  }

  /// The picture of a hit; `nil` of a box that no longer stands.
  func picture(of key: UInt64) -> ID<ImageRecord>? {
    switch VectorKey(key) {
    case .picture(let id): id
    case .box: boxes[key]?.image
    }
  }

  /// Without boxes that left since the groups were read, and each picture at its best place only.
  func settled(_ hits: [Hit]) -> [Hit] {
    var seen: Set<ID<ImageRecord>> = []
    return hits.filter { hit in
      guard let picture = picture(of: hit.key) else { return false }
      return seen.insert(picture).inserted
    }
  }
}
