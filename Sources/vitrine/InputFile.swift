import Foundation

/// A file that the command line names.
enum InputFile {
  /// No picture and no page that can be read has more.
  static let limit = 256 << 20

  /// The bytes of a file, of a pipe too (`<(curl …)`, `/dev/stdin`), which Foundation refuses.
  static func read(_ path: String) throws(Failure) -> [UInt8] {
    func failure(_ reason: String) -> Failure {
      Failure(.usage, "\(path) cannot be read: \(reason)")
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(Failure.systemReason()) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(Failure.systemReason()) }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else { throw failure("more than \(limit) bytes") }
      bytes += chunk[..<count]
    }
  }

  /// The same, or nil where there is nothing at the path, or a folder: a number may be one's name.
  static func readIfThere(_ path: String) throws(Failure) -> [UInt8]? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
    else { return nil }
    return try read(path)
  }
}
