import Foundation

/// The right of one process to write to a data folder; the kernel frees it when the process dies.
package final class WriterLock: Sendable {
  private let file: Int32

  /// Takes the lock, or throws `locked` at once.
  package init(folder: String) throws(StorageError) {
    let path = "\(folder)/writer.lock"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw StorageError(errno: errno, path: path) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      if code == EWOULDBLOCK { throw .locked(path: path, pid: Self.holder(of: file)) }
      throw StorageError(errno: code, path: path)
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
      throw StorageError(errno: errno, path: path)
    }
  }

  /// Of a lock that was refused too: what throws once all is set ends here.
  deinit { close(file) }

  /// Who holds the lock of a folder; `nil` where nobody does.
  package static func holder(folder: String) -> Int32? {
    let file = open("\(folder)/writer.lock", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard flock(file, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return holder(of: file) ?? 0
  }

  private static func holder(of file: Int32) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(file, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: buffer[..<count], as: UTF8.self).filter(\.isNumber))
  }
}
