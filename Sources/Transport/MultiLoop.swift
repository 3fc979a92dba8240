import CCurl
import Foundation
import Synchronization

/// A thread that owns a libcurl multi handle, and the inbox through which it is given work.
///
/// The multi handle and its easy handles are touched by that thread alone, but for
/// `curl_multi_wakeup`, which may come from anywhere while the inbox is open.
final class MultiLoop: Sendable {
  private struct Inbox {
    var starts: [Job] = []
    var cancels: [Ticket] = []
    var isOpen = true
    /// Whether the thread has been woken since it last looked.
    var isRung = false
    let multi: UnsafeMutableRawPointer
  }

  private let inbox: Mutex<Inbox>

  init(_ settings: HTTPTransport.Settings, name: String) throws(TransportError) {
    let started = Self.curlStart
    guard started == CURLE_OK else { throw .unusable(code: Int32(started.rawValue)) }
    guard let multi = curl_multi_init() else {
      throw .unusable(code: Int32(CURLE_OUT_OF_MEMORY.rawValue))
    }
    // No multiplexing: politeness allows a host one request at a time, and 7.88 stalls with it.
    vitrine_multi_set_long(multi, CURLMOPT_PIPELINING, 0)
    vitrine_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maxConnections)
    vitrine_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.maxConnections)
    inbox = Mutex(Inbox(multi: multi))
    let thread = Thread { [self] in run(settings) }
    thread.name = name
    thread.start()
  }

  func start(_ job: Job) {
    let isTaken = post { $0.starts.append(job) }
    if !isTaken { job.finish(.failure(.shutDown)) }
  }

  func cancel(_ ticket: Ticket) {
    ticket.isCancelled.store(true, ordering: .releasing)
    _ = post { $0.cancels.append(ticket) }
  }

  /// Ends the thread; every request under way fails with `shutDown`.
  func close() { _ = post { $0.isOpen = false } }

  /// Puts something into the inbox and wakes the thread; `false` when it is closed.
  private func post(_ put: (inout sending Inbox) -> Void) -> Bool {
    inbox.withLock { inbox in
      guard inbox.isOpen else { return false }
      put(&inbox)
      if !inbox.isRung {
        inbox.isRung = true
        curl_multi_wakeup(inbox.multi)
      }
      return true
    }
  }

  /// Done once in the process.
  private static let curlStart = curl_global_init(Int(CURL_GLOBAL_ALL))

  // MARK: The thread

  private func run(_ settings: HTTPTransport.Settings) {
    let worker = MultiWorker(multi: inbox.withLock { Int(bitPattern: $0.multi) }, settings)
    while true {
      let (starts, cancels, isOpen) = inbox.withLock { inbox in
        defer {
          inbox.starts.removeAll(keepingCapacity: true)
          inbox.cancels.removeAll(keepingCapacity: true)
          inbox.isRung = false
        }
        return (inbox.starts, inbox.cancels, inbox.isOpen)
      }
      for job in starts { worker.start(job) }
      for ticket in cancels { worker.cancel(ticket) }
      guard isOpen else { break }
      worker.turn()
    }
    worker.end()
  }
}

/// What the thread of a `MultiLoop` keeps to itself.
private final class MultiWorker {
  private let multi: UnsafeMutableRawPointer
  private let settings: HTTPTransport.Settings
  private var running: [ObjectIdentifier: EasyHandle] = [:]
  private var idle: [EasyHandle] = []
  private static let mostIdle = 64

  init(multi: Int, _ settings: HTTPTransport.Settings) {
    self.multi = UnsafeMutableRawPointer(bitPattern: multi)!
    self.settings = settings
  }

  func start(_ job: Job) {
    if job.ticket.isCancelled.load(ordering: .acquiring) { return job.finish(.failure(.cancelled)) }
    do throws(TransportError) {
      let handle: EasyHandle
      if let reused = idle.popLast() { handle = reused } else { handle = try EasyHandle(settings) }
      do throws(TransportError) {
        try handle.begin(job)
        let added = curl_multi_add_handle(multi, handle.easy)
        guard added == CURLM_OK else { throw .unusable(code: added.rawValue) }
        running[ObjectIdentifier(job.ticket)] = handle
      } catch {
        handle.abandon()
        throw error
      }
    } catch {
      job.finish(.failure(error))
    }
  }

  func cancel(_ ticket: Ticket) {
    guard let handle = running[ObjectIdentifier(ticket)] else { return }  // It was faster.
    end(handle)?.finish(.failure(.cancelled))
  }

  /// Moves every transfer on and waits until one can go further, or for the bell.
  func turn() {
    var count: Int32 = 0
    let performed = curl_multi_perform(multi, &count)
    precondition(performed == CURLM_OK, "curl_multi_perform: \(performed.rawValue)")
    while let message = curl_multi_info_read(multi, &count) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let code = vitrine_message_result(message)
      let handle = EasyHandle.carried(by: message.pointee.easy_handle)
      let result = handle.result(code)
      end(handle)?.finish(result)
    }
    let polled = curl_multi_poll(multi, nil, 0, 60_000, nil)
    precondition(polled == CURLM_OK, "curl_multi_poll: \(polled.rawValue)")
  }

  /// Takes the handle out of the loop and keeps it for the next request.
  private func end(_ handle: EasyHandle) -> Job? {
    curl_multi_remove_handle(multi, handle.easy)
    let job = handle.abandon()
    if let job { running[ObjectIdentifier(job.ticket)] = nil }
    if idle.count < Self.mostIdle { idle.append(handle) }
    return job
  }

  func end() {
    for handle in running.values { end(handle)?.finish(.failure(.shutDown)) }
    idle.removeAll()
    curl_multi_cleanup(multi)
  }
}
