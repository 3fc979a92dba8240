import Foundation
import Storage
import VectorSearch

/// Where everything of one catalog is: `catalog.sqlite`, `bodies.sqlite`, `blobs`, `thumbnails`,
/// `index/MODEL`, `models/MODEL`, and `rebuilding/MODEL` while an index is made anew.
struct DataFolder {
  let path: String

  var catalog: String { path + "/catalog.sqlite" }
  var bodies: String { path + "/bodies.sqlite" }

  /// The index of a model's vectors.
  func index(model: String) -> String { "\(path)/index/\(Self.fileName(model))" }

  /// Where that index is made anew, beside it.
  private func rebuilding(model: String) -> String { "\(path)/rebuilding/\(Self.fileName(model))" }

  /// The same, without what an interruption has left there.
  func emptyRebuilding(model: String) throws -> String {
    let folder = rebuilding(model: model)
    if FileManager.default.fileExists(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder)
    }
    return folder
  }

  /// Lets the index that was made anew answer, in one step, and removes the one before.
  func replaceIndex(model: String) throws {
    let (new, old) = (rebuilding(model: model), index(model: model))
    try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
    try IndexFolder.exchange(new, old)
    try FileManager.default.removeItem(atPath: new)
  }

  /// A model that was adapted to this catalog.
  func adapted(model: String) -> String { "\(path)/models/\(Self.fileName(model))" }

  /// A model ID is safe as a file's name but for slashes.
  private static func fileName(_ model: String) -> String { model.replacing("/", with: "_") }

  /// Opens the catalog for reading beside a writer; what an older Vitrine wrote is brought up to date
  /// first, unless another process is writing.
  func openForReading() throws(StorageError) -> CatalogStore {
    do throws(StorageError) {
      return try CatalogStore(path: catalog, isReadOnly: true)
    } catch .olderSchema {
      let lock = try WriterLock(folder: path)
      defer { withExtendedLifetime(lock) {} }
      _ = try CatalogStore(path: catalog)
      return try CatalogStore(path: catalog, isReadOnly: true)
    }
  }

  /// The same, or nil before the first crawl, when there is no catalog.
  func openForReadingIfThere() throws(StorageError) -> CatalogStore? {
    do throws(StorageError) {
      return try openForReading()
    } catch .absent {
      return nil
    }
  }

  func blobs() throws(StorageError) -> BlobStore { try BlobStore(folder: path) }

  /// Takes the writer's lock; the lock lives as long as the value.
  ///
  /// - Parameter creates: makes folder and catalog where there are none. Else a misspelt folder would get
  ///   one, and what was asked would be told to be done in it.
  func openForWriting(creating creates: Bool = false) throws -> (
    store: CatalogStore, lock: WriterLock
  ) {
    if creates {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } else if access(catalog, F_OK) != 0, errno == ENOENT {
      throw StorageError.absent(path: catalog)
    }
    do throws(StorageError) {
      let lock = try WriterLock(folder: path)
      return (try CatalogStore(path: catalog), lock)
    } catch .locked(let lock, let pid) {
      throw Failure(.tryAgain, StorageError.locked(path: lock, pid: pid).description)
    }
  }

  /// The folders in which indexes are.
  func indexFolders() throws -> [String] {
    let folder = path + "/index"
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .map { "\(folder)/\($0)" }
      .filter {
        // A file that a file manager or a copying program has left is no index.
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder)
          && isFolder.boolValue
      }
  }

  /// The vectors in each model's index.
  ///
  /// - Parameter damaged: told of each index that cannot be read, which is left out then.
  func indexSizes(without damaged: (IndexError) throws -> Void = { throw $0 }) throws
    -> [String: Int]
  {
    var sizes: [String: Int] = [:]
    for folder in try indexFolders() {
      do throws(IndexError) {
        let snapshot = try IndexReader(folder: folder).snapshot
        if let identity = snapshot.identity { sizes[identity.model] = snapshot.count }
      } catch {
        try damaged(error)
      }
    }
    return sizes
  }
}

extension DataFolder {
  init(_ configuration: Configuration) { self.init(path: configuration.data) }
}
