import Foundation
import Glibc
import Synchronization

@testable import VectorSearch

/// A disk that stops at one of its calls, as a process does that is killed there, and that knows
/// what a power cut at that instant would have left.
final class FaultyDisk: Sendable {
  /// A disk without faults that syncs nothing, which makes a test with thousands of calls quick.
  static let unsynced = Disk(intercept: { call in
    switch call {
    case .sync, .syncFolder: .skip
    default: .proceed
    }
  })

  enum Stop: CaseIterable {
    /// The call and all after it fail.
    case before
    /// A write brings half of its bytes out first.
    case halfway
  }

  private let stopAt: Int
  private let stop: Stop
  private let state = Mutex(State())

  private struct State {
    var calls = 0
    /// What the names of the folder lead to now, and what they led to when it was last synced.
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    /// By file: its bytes when it was last synced.
    var durableBytes: [Int: [UInt8]] = [:]
  }

  init(stopAt: Int, stop: Stop = .before) {
    self.stopAt = stopAt
    self.stop = stop
  }

  var calls: Int { state.withLock { $0.calls } }
  var hasStopped: Bool { state.withLock { $0.calls > stopAt } }
  var disk: Disk { Disk(intercept: { self.verdict($0) }) }

  private func verdict(_ call: Disk.Call) -> Disk.Verdict {
    state.withLock { state in
      state.calls += 1
      guard state.calls <= stopAt else {
        if case .write(_, _, let count) = call, stop == .halfway, state.calls == stopAt + 1 {
          return .tear(after: count / 2, EIO)
        }
        return .fail(EIO)
      }
      switch call {
      case .create(let path):
        let file = state.calls
        state.names[path] = file
        state.durableBytes[file] = []
      case .write: break
      case .truncate: break
      case .sync(let path):
        if let file = state.names[path] { state.durableBytes[file] = bytes(of: path) }
        return .skip
      case .rename(let from, let to): state.names[to] = state.names.removeValue(forKey: from)
      case .remove(let path): state.names[path] = nil
      case .syncFolder:
        state.durableNames = state.names
        return .skip
      }
      return .proceed
    }
  }

  /// Writes what was synced, and nothing else, into a folder.
  func restoreAfterPowerCut(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try state.withLock { state in
      for (path, file) in state.durableNames {
        let name = URL(filePath: path).lastPathComponent
        try Data(state.durableBytes[file] ?? []).write(to: URL(filePath: folder + "/" + name))
      }
    }
  }

  private func bytes(of path: String) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return Array(data)
  }
}
