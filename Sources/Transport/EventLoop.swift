import CCurl
import Catalog
import Dispatch
import Foundation
import Synchronization

/// A thread that moves transfers on and runs the tasks that prefer it, and its inbox.
///
/// It waits on epoll for sockets, for libcurl's timers and for a bell that rings when the inbox is
/// filled while it sleeps; what its own tasks put there rings nothing.
final class EventLoop: TaskExecutor {
  private struct Inbox {
    var starts: [Job] = []
    var cancels: [Ticket] = []
    var tasks: [UnownedJob] = []
    /// Whether requests are taken.
    var isOpen = true
    /// Whether the thread goes on.
    var isAlive = true
    /// Whether the thread will look into the inbox before it sleeps.
    var isAwake = false

    var isEmpty: Bool { starts.isEmpty && cancels.isEmpty && tasks.isEmpty }
  }

  private let inbox = Mutex(Inbox())
  private let poll: Poll
  /// Not for `Poll.watch`'s transfers.
  private static let bellMark: UInt32 = .max

  init(_ settings: HTTPTransport.Settings) throws(TransportError) {
    poll = try Poll(bellMark: Self.bellMark)
    // Made here for its errors, used on the thread alone.
    nonisolated(unsafe) let transfers = try TransferPools(settings, poll)
    let thread = Thread { [self] in
      vitrine_name_thread("http")
      run(transfers)
    }
    thread.start()
  }

  func start(_ job: Job) {
    let isTaken = post { inbox in
      guard inbox.isOpen else { return false }
      inbox.starts.append(job)
      return true
    }
    if !isTaken { job.finish(.failure(.shutDown)) }
  }

  func cancel(_ ticket: Ticket) {
    ticket.isCancelled.store(true, ordering: .releasing)
    _ = post { inbox in
      guard inbox.isOpen else { return false }
      inbox.cancels.append(ticket)
      return true
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isTaken = post { inbox in
      guard inbox.isAlive else { return false }
      inbox.tasks.append(job)
      return true
    }
    guard !isTaken else { return }
    // A task that outlived the transport still comes to its end.
    DispatchQueue.global().async { [self] in
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }

  /// Every request under way fails with `shutDown`, and every later one.
  func close() {
    _ = post { inbox in
      inbox.isOpen = false
      return true
    }
  }

  /// Closes, and ends the thread.
  func end() {
    _ = post { inbox in
      inbox.isOpen = false
      inbox.isAlive = false
      return true
    }
  }

  /// Puts something into the inbox, and wakes the thread where it was taken.
  private func post(_ put: (inout sending Inbox) -> Bool) -> Bool {
    let (isTaken, mustRing) = inbox.withLock { inbox in
      let isTaken = put(&inbox)
      let mustRing = isTaken && !inbox.isAwake
      if mustRing { inbox.isAwake = true }
      return (isTaken, mustRing)
    }
    if mustRing { poll.ring() }
    return isTaken
  }

  // MARK: The thread

  private func run(_ transfers: TransferPools) {
    var work = Inbox()
    var ready: [vitrine_event] = []
    while true {
      // The lists change places, so that their storage is used again.
      inbox.withLock { inbox in
        inbox.isAwake = true
        (work.isOpen, work.isAlive) = (inbox.isOpen, inbox.isAlive)
        swap(&work.starts, &inbox.starts)
        swap(&work.cancels, &inbox.cancels)
        swap(&work.tasks, &inbox.tasks)
      }
      for job in work.starts { transfers.start(job) }
      for ticket in work.cancels { transfers.cancel(ticket) }
      if !work.isOpen { transfers.breakOff() }
      let executor = asUnownedTaskExecutor()
      for task in work.tasks { task.runSynchronously(on: executor) }
      guard work.isAlive || !work.tasks.isEmpty else { break }
      work.starts.removeAll(keepingCapacity: true)
      work.cancels.removeAll(keepingCapacity: true)
      work.tasks.removeAll(keepingCapacity: true)

      let isIdle = inbox.withLock { inbox in
        if inbox.isEmpty && inbox.isOpen == work.isOpen && inbox.isAlive { inbox.isAwake = false }
        return !inbox.isAwake
      }
      poll.wait(for: isIdle ? transfers.patience : .zero, into: &ready)
      for event in ready { transfers.handle(event) }
      transfers.finish()
    }
  }
}

/// Descriptors that are watched together, and a bell among them.
final class Poll: Sendable {
  private let descriptor: Int32
  private let bell: Int32
  private let bellMark: UInt32

  init(bellMark: UInt32) throws(TransportError) {
    self.bellMark = bellMark
    descriptor = vitrine_epoll_create()
    bell = vitrine_eventfd_create()
    guard descriptor >= 0, bell >= 0,
      vitrine_epoll_control(descriptor, EPOLL_CTL_ADD, bell, bellMark, EPOLLIN.rawValue) == 0
    else { throw .unusable(code: Int32(CURLE_FAILED_INIT.rawValue)) }
  }

  deinit {
    close(descriptor)
    close(bell)
  }

  func ring() {
    var one: UInt64 = 1
    // It can only fail where the bell has rung unheard 2⁶⁴ − 1 times.
    _ = write(bell, &one, MemoryLayout.size(ofValue: one))
  }

  /// Changes what a descriptor is watched for. Where the kernel will not watch one more, its transfer
  /// times out.
  func watch(_ socket: Int32, for events: UInt32, mark: UInt32, isWatched: Bool) {
    func control(_ operation: Int32) -> Bool {
      vitrine_epoll_control(descriptor, operation, socket, mark, events) == 0
    }
    if control(isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD) { return }
    // Closed and opened anew under the same number, unseen.
    if errno == ENOENT { _ = control(EPOLL_CTL_ADD) } else { _ = control(EPOLL_CTL_MOD) }
  }

  /// A descriptor that was closed is forgotten anyway.
  func forget(_ socket: Int32) {
    _ = vitrine_epoll_control(descriptor, EPOLL_CTL_DEL, socket, 0, 0)
  }

  /// Waits until a descriptor is ready, the bell rings or the time is over.
  func wait(for patience: Duration?, into ready: inout [vitrine_event]) {
    // Rounded up: waking early would find nothing to do.
    let milliseconds = patience.map { Int32(clamping: ($0 + .nanoseconds(999_999)).milliseconds) }
    ready.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(of: vitrine_event.self, capacity: 64) { buffer in
      let count = vitrine_epoll_wait(descriptor, buffer.baseAddress!, 64, milliseconds ?? -1)
      precondition(count >= 0 || errno == EINTR, "epoll_wait: \(errno)")
      for event in buffer.prefix(Int(max(count, 0))) {
        if event.mark == bellMark {
          var rings: UInt64 = 0
          _ = read(bell, &rings, MemoryLayout.size(ofValue: rings))
        } else {
          ready.append(event)
        }
      }
    }
  }
}
