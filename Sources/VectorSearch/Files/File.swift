import Glibc

/// An open file, closed when the last reference goes.
final class File: Sendable {
  let descriptor: Int32
  let path: String

  init(_ path: String, flags: Int32) throws(IndexError) {
    descriptor = open(path, flags | O_CLOEXEC, 0o644)
    self.path = path
    if descriptor < 0 { throw .system("open", path) }
  }

  /// The file, or nil where there is none.
  static func existing(_ path: String, flags: Int32 = O_RDONLY) throws(IndexError) -> File? {
    do {
      return try File(path, flags: flags)
    } catch .io(_, _, ENOENT) {
      return nil
    }
  }

  /// What is in a folder; nothing where there is none.
  static func names(in folder: String) throws(IndexError) -> [String] {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw .system("opendir", folder)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  deinit { close(descriptor) }

  func length() throws(IndexError) -> Int {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw .system("fstat", path) }
    return Int(status.st_size)
  }

  /// Whether the path still leads to this file; false once another was renamed over it.
  func isCurrent() -> Bool {
    var mine = stat()
    var current = stat()
    guard fstat(descriptor, &mine) == 0, stat(path, &current) == 0 else { return false }
    return mine.st_ino == current.st_ino && mine.st_dev == current.st_dev
  }

  /// Reads up to `buffer.count` bytes; fewer only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(IndexError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw .system("pread", path)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Waits for nobody: false where another open file holds the lock.
  func lockExclusively() throws(IndexError) -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return false }
      if errno != EINTR { throw .system("flock", path) }
    }
    return true
  }
}

/// A file's bytes in memory, shared with whoever writes it.
///
/// The reservation may pass the end of the file: bytes appended later appear in it. Bytes past the
/// end must not be touched (`SIGBUS`), so users look only at records they have checked through
/// ``File/read(into:at:)``; those are never cut off again.
final class Mapping: @unchecked Sendable {
  // Safe to share: read-only, and unmapped only when nobody refers to it any more.
  let bytes: UnsafeRawBufferPointer
  let file: File

  init(_ file: File, reserving length: Int) throws(IndexError) {
    let address = mmap(nil, length, PROT_READ, MAP_SHARED | MAP_NORESERVE, file.descriptor, 0)
    guard let address, address != MAP_FAILED else { throw .system("mmap", file.path) }
    bytes = UnsafeRawBufferPointer(start: address, count: length)
    self.file = file
  }

  /// What is to come of a part of the bytes.
  enum Advice {
    /// Soon needed: the kernel reads it in meanwhile.
    case soon
    /// Rows far from each other: reading ahead would bring in what nobody wants.
    case scattered
    /// Nothing for a while: it need not be kept within reach.
    case nothing
  }

  /// Tells the kernel, which may do nothing about it.
  func advise(_ advice: Advice, _ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    let code =
      switch advice {
      case .soon: MADV_WILLNEED
      case .scattered: MADV_RANDOM
      case .nothing: MADV_DONTNEED
      }
    _ = madvise(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress! + start), range.upperBound - start, code)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }
}
