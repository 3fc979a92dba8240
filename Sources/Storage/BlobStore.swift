import Catalog
import Foundation

/// Pictures by the SHA-256 of their bytes, in a folder: `blobs/ab/abcdef…`, thumbnails in
/// `thumbnails/ab/abcdef….jpg`.
///
/// A blob is written beside its place, synced, renamed and its folder synced, so that a name always
/// leads to whole bytes, whenever the power goes. Storing what is there already changes nothing.
package struct BlobStore: Sendable {
  package enum Kind: String, Sendable {
    case blob = "blobs"
    case thumbnail = "thumbnails"
  }

  package let folder: String

  /// Makes the folder where it is missing.
  package init(folder: String) throws(StorageError) {
    self.folder = folder
    for kind in [Kind.blob, .thumbnail] { try Self.makeFolder("\(folder)/\(kind.rawValue)") }
  }

  package func path(of hash: ContentHash, kind: Kind = .blob) -> String {
    let name = hash.description
    let suffix = kind == .thumbnail ? ".jpg" : ""
    return "\(folder)/\(kind.rawValue)/\(name.prefix(2))/\(name)\(suffix)"
  }

  package func contains(_ hash: ContentHash, kind: Kind = .blob) -> Bool {
    access(path(of: hash, kind: kind), F_OK) == 0
  }

  /// Stores `bytes` under `hash`, durably when it returns. Blocks on the disk.
  package func store(_ bytes: [UInt8], as hash: ContentHash, kind: Kind = .blob)
    throws(StorageError)
  {
    let path = path(of: hash, kind: kind)
    guard access(path, F_OK) != 0 else { return }
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    try Self.makeFolder(parent)
    let temporary = "\(path).\(UUID().uuidString).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw StorageError(errno: errno, path: temporary) }
    do throws(StorageError) {
      var written = 0
      while written < bytes.count {
        let count = bytes.withUnsafeBytes { buffer in
          write(file, buffer.baseAddress.map { $0 + written }, bytes.count - written)
        }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw StorageError(errno: errno, path: temporary) }
        written += count
      }
      guard fdatasync(file) == 0, rename(temporary, path) == 0 else {
        throw StorageError(errno: errno, path: path)
      }
    } catch {
      close(file)
      unlink(temporary)
      throw error
    }
    close(file)
    try Self.sync(folder: parent)
  }

  /// The bytes stored under `hash`, or `nil` where there are none. Blocks on the disk.
  package func load(_ hash: ContentHash, kind: Kind = .blob) throws(StorageError) -> [UInt8]? {
    let path = path(of: hash, kind: kind)
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw StorageError(errno: errno, path: path)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw StorageError(errno: errno, path: path) }
    var failure: Int32?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let got = read(file, buffer.baseAddress.map { $0 + count }, buffer.count - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        count += got
      }
    }
    if let failure { throw StorageError(errno: failure, path: path) }
    return bytes
  }

  /// Removes what a killed process left half-written.
  package func removeLeftovers() throws(StorageError) {
    let manager = FileManager.default
    for kind in [Kind.blob, .thumbnail] {
      let root = "\(folder)/\(kind.rawValue)"
      guard let names = manager.enumerator(atPath: root) else { continue }
      for case let name as String in names where name.hasSuffix(".tmp") {
        guard unlink("\(root)/\(name)") == 0 || errno == ENOENT else {
          throw StorageError(errno: errno, path: "\(root)/\(name)")
        }
      }
    }
  }

  private static func makeFolder(_ path: String) throws(StorageError) {
    guard access(path, F_OK) != 0 else { return }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw StorageError(errno: errno == 0 ? EACCES : errno, path: path)
    }
    if let slash = path.lastIndex(of: "/") { try sync(folder: String(path[..<slash])) }
  }

  private static func sync(folder: String) throws(StorageError) {
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw StorageError(errno: errno, path: folder) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw StorageError(errno: errno, path: folder) }
  }
}
