import Glibc

/// Why the index could not do what it was asked.
///
/// One case per decision the caller can take.
package enum IndexError: Error, Equatable {
  /// Another writer holds the folder; try again once it has ended.
  case locked(folder: String)
  /// The folder holds another model's vectors; rebuild it or open it as what it is.
  case identityMismatch(folder: String, found: IndexIdentity, wanted: IndexIdentity)
  /// Bytes that were once acknowledged are no longer what was written; rebuild the index.
  case corrupt(file: String, offset: Int, reason: String)
  /// A newer program wrote the file; upgrade this one.
  case unsupportedVersion(file: String, found: UInt32, supported: UInt32)
  /// The system refused; `code` is its `errno`. A writer that threw this takes nothing more and
  /// must be opened again, which keeps everything acknowledged.
  case io(call: String, path: String, code: Int32)
  /// A vector that has no direction or not the index's dimension; skip the picture it came from.
  case invalidVector(key: UInt64, reason: String)
  /// A request outside its documented bounds; a bug or a bad parameter of the caller.
  case invalidRequest(String)
  /// The caller said that it no longer wants the answer.
  case abandoned
}

extension IndexError {
  /// A file that the manifest lists is not there.
  static func missing(_ path: String) -> IndexError {
    .corrupt(file: path, offset: 0, reason: "it is missing, and the manifest lists it")
  }
}

extension IndexError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .locked(let folder):
      "the index in \(folder) is being written by another process"
    case .identityMismatch(let folder, let found, let wanted):
      "the index in \(folder) holds vectors of \(found), not of \(wanted)"
    case .corrupt(let file, let offset, let reason):
      "\(file) is corrupt at byte \(offset): \(reason); "
        + "vitrine index rebuild makes the index anew from the pictures"
    case .unsupportedVersion(let file, let found, let supported):
      "\(file) has format version \(found), this program reads up to \(supported)"
    case .io(let call, let path, let code):
      "\(call) of \(path) failed: \(String(cString: strerror(code)))"
    case .invalidVector(let key, let reason):
      "vector of key \(key) is not usable: \(reason)"
    case .invalidRequest(let reason):
      reason
    case .abandoned:
      "the search was given up: nobody waits for its answer"
    }
  }
}
