import Foundation
import GRDB

/// Why the catalog or the blob store could not do what was asked.
package enum StorageError: Error, Equatable {
  /// Another process holds the writer lock at `path`; `pid` is what it wrote there.
  case locked(path: String, pid: Int32?)
  /// No space is left for `path`; nothing was changed.
  case full(path: String)
  /// The file at `path` is no catalog, or its pages are damaged.
  case corrupt(path: String, detail: String)
  /// A newer Vitrine wrote the catalog; `migration` is the first that this one does not know.
  case newerSchema(migration: String)
  /// An older Vitrine wrote the catalog at `path`, and this process may not bring it up to date.
  case olderSchema(path: String)
  /// There is no catalog at `path` yet.
  case absent(path: String)
  /// At `path` is another file than the one that was opened, or none: what is open is to be closed.
  case replaced(path: String)
  /// Everything else: SQLite's or the system's own code and words.
  case failed(code: Int32, detail: String)
}

extension StorageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .locked(let path, let pid):
      "another vitrine\(pid.map { " (process \($0))" } ?? "") is writing: the lock \(path) is held"
    case .full(let path):
      "no space left on the disk of \(path); nothing that was written is lost: make room and start again"
    case .corrupt(let path, let detail): "\(path) is damaged: \(detail)"
    case .newerSchema(let migration):
      "the catalog was written by a newer vitrine (it has the migration \(migration))"
    case .olderSchema(let path):
      "the catalog \(path) was written by an older vitrine; vitrine init brings it up to date"
    case .absent(let path): "no catalog at \(path); run vitrine init first"
    case .replaced(let path):
      "the catalog \(path) was removed or replaced while it was in use; start again"
    case .failed(let code, let detail): "storage failed with code \(code): \(detail)"
    }
  }
}

extension StorageError {
  init(_ error: any Error, path: String) {
    switch error {
    case let error as StorageError: self = error
    case let error as DatabaseError:
      let detail = error.message ?? "unknown"
      switch error.resultCode {
      case .SQLITE_FULL: self = .full(path: path)
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path: path, detail: detail)
      case .SQLITE_CANTOPEN:
        self =
          Self.unreadable(path)
          ?? .failed(code: error.extendedResultCode.rawValue, detail: "\(error)")
      default: self = .failed(code: error.extendedResultCode.rawValue, detail: "\(error)")
      }
    default: self = .failed(code: 0, detail: "\(error)")
    }
  }

  /// Why a file cannot be read; `nil` where it can.
  static func unreadable(_ path: String) -> StorageError? {
    guard access(path, R_OK) != 0 else { return nil }
    return errno == ENOENT ? .absent(path: path) : StorageError(errno: errno, path: path)
  }

  /// The error of a system call that has just failed on `path`.
  init(errno code: Int32, path: String) {
    self =
      code == ENOSPC || code == EDQUOT
      ? .full(path: path)
      : .failed(code: code, detail: "\(path): \(String(cString: strerror(code)))")
  }
}
