import Synchronization

/// The clients that wait for searches, so that a search ends when its client leaves.
///
/// A client that closes its half of the connection is taken to have left: nearly all that do have. It goes
/// unnoticed where it did so before its connection's first search came here.
final class Clients: Sendable {
  private struct State {
    /// Connections that tell when they are closed.
    var known: Set<ObjectIdentifier> = []
    /// By connection: cancels what its client waits for.
    var running: [ObjectIdentifier: @Sendable () -> Void] = [:]
    var isStopping = false
  }

  private let state = Mutex(State())
  private let metrics: Metrics

  init(metrics: Metrics) { self.metrics = metrics }

  /// Runs `work` in a task that is cancelled when the client leaves, the server stops or the caller's task
  /// is cancelled.
  func whileWaiting<Value: Sendable>(
    on connection: Connection, _ work: @escaping @Sendable () async -> Value
  ) async -> Value {
    let isNew = state.withLock { $0.known.insert(connection.id).inserted }
    if isNew { connection.whenClosed { self.end(connection.id) } }
    let task = Task { await work() }
    let isWanted = state.withLock { state in
      state.running[connection.id] = { task.cancel() }
      return state.known.contains(connection.id) && !state.isStopping
    }
    defer { state.withLock { $0.running[connection.id] = nil } }
    if !isWanted { task.cancel() }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Cancels what is running, and what will come.
  func stop() {
    let cancels = state.withLock { state in
      state.isStopping = true
      return Array(state.running.values)
    }
    for cancel in cancels { cancel() }
  }

  /// Whether the connection of a search is closed.
  func hasLeft(_ connection: Connection) -> Bool {
    state.withLock { !$0.known.contains(connection.id) }
  }

  private func end(_ id: ObjectIdentifier) {
    let cancel = state.withLock { state in
      state.known.remove(id)
      return state.running.removeValue(forKey: id)
    }
    guard let cancel else { return }
    metrics.update { $0.abandoned += 1 }
    cancel()
  }
}

/// A client's connection.
struct Connection: Sendable {
  let id: ObjectIdentifier
  /// Has something called when the connection is closed, at once where it is.
  let whenClosed: @Sendable (@escaping @Sendable () -> Void) -> Void
}
