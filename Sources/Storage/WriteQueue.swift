import GRDB
import Synchronization

/// Brings changes to the writer's connection, in their order, several to a transaction.
///
/// A commit writes every page that it touched to the journal, and most outcomes touch the same ones.
/// So changes that wait at the same moment share a commit, and so do those that others are about to
/// follow: an outcome that was announced is waited for (PostgreSQL's `commit_siblings`, without its
/// timer: a page that is being read comes to its end). A change is acknowledged when the commit that
/// it is part of has succeeded. Where a shared transaction fails it is rolled back and each change
/// gets one of its own, so that none fails on account of another.
final class WriteQueue: Sendable {
  struct Change: Sendable {
    enum Urgency {
      /// It may wait for announced outcomes.
      case patient
      /// Somebody needs its result to go on.
      case urgent
      /// What follows its commit must have happened before the next change.
      case alone
    }

    let urgency: Urgency
    /// Returns what is to be done after the commit. May be called twice.
    let apply: @Sendable (Connection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
  }

  private struct State {
    var waiting: [Change] = []
    /// One of `waiting` is not patient.
    var isUrgent = false
    /// Outcomes that will come.
    var announced = 0
    var isScheduled = false

    var isDue: Bool {
      isUrgent || waiting.count >= WriteQueue.mostPatient || announced == 0 && !waiting.isEmpty
    }
  }

  /// Outcomes that wait for others.
  private static let mostPatient = 8

  private let pool: DatabasePool
  private let connection: Connection
  private let state = Mutex(State())

  init(_ pool: DatabasePool) {
    self.pool = pool
    connection = pool.writeWithoutTransaction(Connection.init)
  }

  /// Tells that a change will come which `add` calls announced.
  func announce() { state.withLock { $0.announced += 1 } }

  func add(_ change: Change, isAnnounced: Bool = false) {
    let isDue = state.withLock { state in
      state.waiting.append(change)
      if change.urgency != .patient { state.isUrgent = true }
      if isAnnounced { state.announced -= 1 }
      guard state.isDue, !state.isScheduled else { return false }
      state.isScheduled = true
      return true
    }
    if isDue { pool.asyncWriteWithoutTransaction { [self] _ in drain() } }
  }

  private func drain() {
    while let changes = takeDue() {
      var shared: [Change] = []
      for change in changes {
        if change.urgency == .alone {
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

  private func takeDue() -> [Change]? {
    state.withLock { state in
      guard state.isDue else {
        state.isScheduled = false
        return nil
      }
      defer {
        state.waiting.removeAll(keepingCapacity: true)
        state.isUrgent = false
      }
      return state.waiting
    }
  }

  private func commit(_ changes: [Change]) {
    guard !changes.isEmpty else { return }
    do {
      let connection = connection
      let acknowledge = try connection.transact { try changes.map { try $0.apply(connection) } }
      for tell in acknowledge { tell() }
    } catch {
      if changes.count == 1 { return changes[0].fail(error) }
      for change in changes { commit([change]) }
    }
  }
}
