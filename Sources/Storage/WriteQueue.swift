import Catalog
import Dispatch
import GRDB
import Synchronization

/// Brings changes to the writer's connection, in their order, several to a transaction.
///
/// A commit writes every page that it touched to the journal, and most outcomes touch the same ones.
/// So changes that wait at the same moment share a commit, and an outcome waits a little while others
/// are known to be on their way (PostgreSQL's `commit_delay` and `commit_siblings`). A change is
/// acknowledged when the commit that it is part of has succeeded. Where a shared transaction fails it
/// is rolled back and each change gets one of its own, so that none fails on account of another.
final class WriteQueue: Sendable {
  struct Change: Sendable {
    enum Urgency {
      /// It may wait for announced outcomes.
      case patient
      /// Somebody needs its result to go on.
      case urgent
      /// What follows its commit must have happened before the next change.
      case alone
      /// It is rolled back: its result is what would have happened.
      case rehearsal
    }

    let urgency: Urgency
    /// The leases that it ends, whose outcomes are then no longer waited for.
    let ends: [ID<Address>]
    /// Returns what is to be done after the commit. May be called twice.
    let apply: @Sendable (Connection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
  }

  private struct State {
    var waiting: [Change] = []
    /// One of `waiting` is not patient.
    var isUrgent = false
    /// Leases whose outcomes will come.
    var announced: Set<ID<Address>> = []
    /// The writer works or waits for more.
    var isBusy = false
    /// The writer waits for more.
    var isLingering = false

    var isDue: Bool {
      !waiting.isEmpty && (isUrgent || announced.isEmpty || waiting.count >= WriteQueue.most)
    }
  }

  /// Outcomes that wait for others, and how long they do.
  private static let most = 16
  private static let patience = DispatchTimeInterval.milliseconds(20)

  private let pool: DatabasePool
  private let connection: Connection
  private let state = Mutex(State())
  private let bell = DispatchSemaphore(value: 0)

  init(_ pool: DatabasePool, known: KnownAddresses) {
    self.pool = pool
    connection = pool.writeWithoutTransaction { Connection($0, known: known) }
  }

  /// Tells that a change will come that ends the lease.
  func announce(_ lease: ID<Address>) { state.withLock { _ = $0.announced.insert(lease) } }

  func add(_ change: Change) {
    enum Call { case none, start, ring }
    let call = state.withLock { state -> Call in
      state.waiting.append(change)
      if change.urgency != .patient { state.isUrgent = true }
      for lease in change.ends { state.announced.remove(lease) }
      if !state.isBusy {
        state.isBusy = true
        return .start
      }
      guard state.isLingering, state.isDue else { return .none }
      state.isLingering = false
      return .ring
    }
    switch call {
    case .none: break
    case .start: pool.asyncWriteWithoutTransaction { [self] _ in work() }
    case .ring: bell.signal()
    }
  }

  // MARK: On the writer's queue

  private func work() {
    while let changes = take() {
      var shared: [Change] = []
      for change in changes {
        if change.urgency == .alone || change.urgency == .rehearsal {
          commit(shared)
          shared.removeAll()
          commit([change])
        } else {
          shared.append(change)
        }
      }
      commit(shared)
    }
  }

  /// What is to be written next; `nil` where nothing waits, and the writer is no longer busy.
  private func take() -> [Change]? {
    let mustLinger = state.withLock { state in
      state.isLingering = !state.waiting.isEmpty && !state.isDue
      return state.isLingering
    }
    // A bell that rang too late for the last time only makes this time short.
    if mustLinger { _ = bell.wait(timeout: .now() + Self.patience) }
    return state.withLock { state in
      state.isLingering = false
      state.isUrgent = false
      guard !state.waiting.isEmpty else {
        state.isBusy = false
        return nil
      }
      defer { state.waiting.removeAll(keepingCapacity: true) }
      return state.waiting
    }
  }

  private func commit(_ changes: [Change]) {
    guard !changes.isEmpty else { return }
    do {
      let connection = connection
      let acknowledge = try connection.transact(commits: changes[0].urgency != .rehearsal) {
        try changes.map { try $0.apply(connection) }
      }
      for tell in acknowledge { tell() }
    } catch {
      if changes.count == 1 { return changes[0].fail(error) }
      for change in changes { commit([change]) }
    }
  }
}
