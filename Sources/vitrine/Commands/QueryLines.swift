import Foundation
import Server

/// The lines of a file or of standard input, read as they come.
struct QueryLines {
  private let descriptor: Int32
  private let name: String
  private var bytes: [UInt8] = []
  /// Of what was read, where the next line begins.
  private var start = 0
  /// Up to where there is no line break.
  private var searched = 0
  private var number = 0
  private var isAtEnd = false

  /// Bytes of a line: as many as the endpoint takes of one query.
  static let lengthLimit = 1 << 20
  private static let readSize = 1 << 16

  /// - Parameter file: a path, or `-`.
  init(_ file: String) throws {
    name = file == "-" ? "standard input" : file
    descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
  }

  /// The next lines that are not empty: so many, or those that are there where the next is not yet, but one
  /// at least; `nil` at the end.
  mutating func next(_ limit: Int) throws -> [LocalSearch.Line]? {
    var lines: [LocalSearch.Line] = []
    while lines.count < limit {
      if let line = try nextInBuffer() {
        number += 1
        if !line.allSatisfy({ [0x09, 0x0D, 0x20].contains($0) }) {
          lines.append(LocalSearch.Line(number: number, json: Array(line)))
        }
      } else if isAtEnd || (!lines.isEmpty && !hasMore()) {
        break
      } else {
        try read()
      }
    }
    return lines.isEmpty ? nil : lines
  }

  private mutating func nextInBuffer() throws -> ArraySlice<UInt8>? {
    let end = bytes[searched...].firstIndex(of: 0x0A) ?? bytes.count
    guard end - start <= Self.lengthLimit else {
      throw Failure(
        .usage, "line \(number + 1) of \(name): more than \(Self.lengthLimit) bytes")
    }
    searched = end
    guard end < bytes.count || (isAtEnd && start < end) else { return nil }
    let line = bytes[start..<end]
    start = min(end + 1, bytes.count)
    searched = start
    return line
  }

  private mutating func read() throws {
    bytes.removeFirst(start)
    searched -= start
    start = 0
    var chunk = [UInt8](repeating: 0, count: Self.readSize)
    let count = Glibc.read(descriptor, &chunk, chunk.count)
    if count < 0, errno == EINTR { return }
    guard count >= 0 else { throw failure() }
    isAtEnd = count == 0
    bytes += chunk[..<count]
  }

  /// Whether reading would not wait.
  private func hasMore() -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&state, 1, 0) > 0
  }

  private func failure() -> Failure {
    Failure(.usage, "\(name): \(Failure.systemReason())")
  }
}
