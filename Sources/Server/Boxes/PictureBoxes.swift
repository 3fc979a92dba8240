import Catalog
import Storage
import Synchronization
import Vision

/// What a detector sees in pictures, of those asked for lately kept, and where edits of boxes go.
final class PictureBoxes: Sendable {
  /// `nil` where none is configured.
  let detector: Detector?
  private let openCatalog: OpenCatalog?
  private let opened = Mutex<CatalogStore?>(nil)
  private let kept = Mutex(Kept())

  /// Opens the catalog for writing.
  typealias OpenCatalog = @Sendable () throws(StorageError) -> CatalogStore

  private struct Kept {
    var boxes: [ContentHash: [Detection]] = [:]
    /// The oldest first.
    var order: [ContentHash] = []
  }

  private static let limit = 2048

  /// - Parameter openCatalog: called at the first edit; `nil` where nothing may be changed.
  init(detector: Detector?, openCatalog: OpenCatalog?) {
    self.detector = detector
    self.openCatalog = openCatalog
  }

  var isEditable: Bool { openCatalog != nil }

  /// Where edits go.
  func catalog() async throws(Problem) -> CatalogStore {
    guard let openCatalog else {
      throw Problem(
        .readOnly, "server.edits is off, as it is by default where others than this machine can ask"
      )
    }
    return try await asking { () async throws(StorageError) in
      try opened.withLock { opened throws(StorageError) in
        if let opened { return opened }
        let store = try openCatalog()
        opened = store
        return store
      }
    }
  }

  /// The boxes of a picture file, surest first.
  ///
  /// - Parameter decode: called where they are not known.
  func boxes(
    of hash: ContentHash, decode: (_ side: Int) async throws(Problem) -> Picture
  ) async throws(Problem) -> [Detection] {
    guard let detector else {
      throw Problem(.noDetector, "no detector is configured: detector names its folder")
    }
    if let known = kept.withLock({ $0.boxes[hash] }) { return known }
    let picture = try await decode(detector.side)
    let found: [Detection]
    do throws(EmbedError) {
      found = try await detector.detect(picture)
    } catch {
      throw Problem(error, of: "detector")
    }
    kept.withLock { kept in
      if kept.boxes.updateValue(found, forKey: hash) == nil { kept.order.append(hash) }
      if kept.order.count > Self.limit { kept.boxes[kept.order.removeFirst()] = nil }
    }
    return found
  }
}
