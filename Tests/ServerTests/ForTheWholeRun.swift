import Foundation
import Support
import Synchronization

/// What several tests share and nobody's last reference ends: put away when the process exits.
enum ForTheWholeRun {
  private struct State {
    var folders: [String] = []
    var processes: [pid_t] = []
    var isRegistered = false
  }

  private static let state = Mutex(State())

  static func keep(_ folder: TemporaryFolder, process: pid_t? = nil) {
    let isFirst = state.withLock { state in
      state.folders.append(folder.path)
      if let process { state.processes.append(process) }
      defer { state.isRegistered = true }
      return !state.isRegistered
    }
    guard isFirst else { return }
    atexit {
      let (folders, processes) = ForTheWholeRun.state.withLock { ($0.folders, $0.processes) }
      for process in processes {
        kill(-process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
      }
      for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
    }
  }
}
