import Synchronization

/// Lets a bounded number of tasks through at a time, in the order in which they came.
final class Turnstile: Sendable {
  private struct State {
    var free: Int
    var nextTicket = 0
    /// In order; a cancelled one is taken out.
    var waiting: [(ticket: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    /// Cancelled before they began to wait.
    var cancelled: Set<Int> = []
  }

  private let state: Mutex<State>

  init(_ places: Int) {
    precondition(places > 0, "a turnstile for nobody")
    state = Mutex(State(free: places))
  }

  /// Waits for a place. What throws has none.
  func enter() async throws(CancellationError) {
    let ticket = state.withLock { state -> Int? in
      if state.free > 0, state.waiting.isEmpty {
        state.free -= 1
        return nil
      }
      state.nextTicket += 1
      return state.nextTicket
    }
    guard let ticket else { return }
    let isIn = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let verdict = state.withLock { state -> Bool? in
          if state.cancelled.remove(ticket) != nil { return false }
          if state.free > 0 {  // Somebody left in between.
            state.free -= 1
            return true
          }
          state.waiting.append((ticket, continuation))
          return nil
        }
        if let verdict { continuation.resume(returning: verdict) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
        guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
          state.cancelled.insert(ticket)
          return nil
        }
        return state.waiting.remove(at: place).continuation
      }
      continuation?.resume(returning: false)
    }
    // A ticket that was let in before its cancellation leaves nothing behind.
    state.withLock { _ = $0.cancelled.remove(ticket) }
    if !isIn { throw CancellationError() }
  }

  /// Gives a place back to the first who waits.
  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      if state.waiting.isEmpty {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
