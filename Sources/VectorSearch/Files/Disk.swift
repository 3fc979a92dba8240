import Glibc

/// The calls that change the index's folder, one place for all of them.
///
/// Tests intercept them to stop the writer at any one, or in the middle of a write. Needs a local
/// file system whose mappings and file reads are coherent (ext4, xfs, btrfs; not NFS).
struct Disk: Sendable {
  enum Call: Hashable, Sendable {
    case create(String)
    case write(String, offset: Int, count: Int)
    case sync(String)
    case truncate(String, length: Int)
    case rename(from: String, to: String)
    case syncFolder(String)
    case remove(String)
  }

  enum Verdict: Sendable {
    case proceed
    /// Says it was done; for tests that have no power to lose and no time to wait for a disk.
    case skip
    case fail(Int32)
    /// Writes only so many bytes, then fails.
    case tear(after: Int, Int32)
  }

  var intercept: (@Sendable (Call) -> Verdict)?

  static let system = Disk()

  func createFolder(_ path: String) throws(IndexError) {
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw .system("mkdir", path) }
  }

  /// A new, empty file, open for reading and writing; replaces one that a crash left.
  func create(_ path: String) throws(IndexError) -> File {
    _ = try check(.create(path), "open", path)
    return try File(path, flags: O_RDWR | O_CREAT | O_TRUNC)
  }

  func write(_ bytes: UnsafeRawBufferPointer, to file: File, at offset: Int) throws(IndexError) {
    var remaining = bytes[...]
    var torn: Int32?
    switch intercept?(.write(file.path, offset: offset, count: bytes.count)) ?? .proceed {
    case .proceed, .skip: break
    case .fail(let code): throw .io(call: "pwrite", path: file.path, code: code)
    case .tear(let count, let code):
      remaining = remaining.prefix(count)
      torn = code
    }
    while !remaining.isEmpty {
      let written = pwrite(
        file.descriptor, bytes.baseAddress! + remaining.startIndex, remaining.count,
        off_t(offset + remaining.startIndex))
      if written < 0 {
        if errno == EINTR { continue }
        throw .system("pwrite", file.path)
      }
      remaining = remaining.dropFirst(written)
    }
    if let torn { throw .io(call: "pwrite", path: file.path, code: torn) }
  }

  func write(_ bytes: [UInt8], to file: File, at offset: Int) throws(IndexError) {
    try bytes.withUnsafeBufferPointer { bytes throws(IndexError) in
      try write(UnsafeRawBufferPointer(bytes), to: file, at: offset)
    }
  }

  func sync(_ file: File) throws(IndexError) {
    guard try check(.sync(file.path), "fdatasync", file.path) else { return }
    if fdatasync(file.descriptor) != 0 { throw .system("fdatasync", file.path) }
  }

  func truncate(_ file: File, to length: Int) throws(IndexError) {
    guard try check(.truncate(file.path, length: length), "ftruncate", file.path) else { return }
    if ftruncate(file.descriptor, off_t(length)) != 0 { throw .system("ftruncate", file.path) }
  }

  func rename(_ from: String, to: String) throws(IndexError) {
    guard try check(.rename(from: from, to: to), "rename", to) else { return }
    if Glibc.rename(from, to) != 0 { throw .system("rename", to) }
  }

  func syncFolder(_ path: String) throws(IndexError) {
    guard try check(.syncFolder(path), "fsync", path) else { return }
    let folder = try File(path, flags: O_RDONLY | O_DIRECTORY)
    if fsync(folder.descriptor) != 0 { throw .system("fsync", path) }
  }

  func remove(_ path: String) throws(IndexError) {
    guard try check(.remove(path), "unlink", path) else { return }
    if unlink(path) != 0, errno != ENOENT { throw .system("unlink", path) }
  }

  /// Whether to make the call.
  private func check(_ call: Call, _ name: String, _ path: String) throws(IndexError) -> Bool {
    switch intercept?(call) ?? .proceed {
    case .proceed: return true
    case .skip: return false
    case .fail(let code), .tear(_, let code): throw .io(call: name, path: path, code: code)
    }
  }
}

extension IndexError {
  /// The error of the system call that has just failed.
  static func system(_ call: String, _ path: String) -> IndexError {
    .io(call: call, path: path, code: errno)
  }
}
