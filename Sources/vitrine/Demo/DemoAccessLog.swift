import Catalog
import Foundation
import Synchronization

/// A line of JSON for every answer, with the keys that the trials under `ops/trials` read.
final class DemoAccessLog: Sendable {
  struct Line: Encodable {
    /// When the answer was done, in milliseconds since 1970.
    var ms: Int64
    var durS: Double
    var addr: String
    var host: String
    var method: String
    var uri: String
    var status: Int
    var bytes: Int
    var ua: String
    var ifNoneMatch: String
    var ifModifiedSince: String
    var retryAfter = ""

    enum CodingKeys: String, CodingKey {
      case ms, addr, host, method, uri, status, bytes, ua
      case durS = "dur_s"
      case ifNoneMatch = "if_none_match"
      case ifModifiedSince = "if_modified_since"
      case retryAfter = "retry_after"
    }
  }

  private let file: Mutex<FileHandle>

  /// Appends to the file at `path`.
  init(path: String) throws {
    if !FileManager.default.fileExists(atPath: path) {
      try Data().write(to: URL(filePath: path))
    }
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seekToEnd()
    file = Mutex(handle)
  }

  func write(_ line: Line) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(line)
    data.append(UInt8(ascii: "\n"))
    try file.withLock { try $0.write(contentsOf: data) }
  }
}
