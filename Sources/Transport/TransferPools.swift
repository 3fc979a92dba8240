import CCurl
import Synchronization

/// The transfers of one event loop, in two pools: a connection that may lead anywhere is never lent to
/// a request that is guarded.
final class TransferPools {
  private let pools: [TransferPool]

  init(_ settings: HTTPTransport.Settings, _ poll: Poll) throws(TransportError) {
    pools = [
      try TransferPool(settings, poll, mark: 0), try TransferPool(settings, poll, mark: 1),
    ]
  }

  func start(_ job: Job) { pools[job.request.isPrivateAllowed ? 1 : 0].start(job) }

  func cancel(_ ticket: Ticket) { for pool in pools { pool.cancel(ticket) } }

  func breakOff() { for pool in pools { pool.breakOff() } }

  /// How long nothing has to be done as long as no socket is ready; `nil` for ever.
  var patience: Duration? {
    guard let next = pools.compactMap(\.deadline).min() else { return nil }
    return max(next - ContinuousClock.now, .zero)
  }

  func handle(_ event: vitrine_event) {
    var action: Int32 = 0
    if event.events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { action |= CURL_CSELECT_IN }
    if event.events & EPOLLOUT.rawValue != 0 { action |= CURL_CSELECT_OUT }
    if event.events & EPOLLERR.rawValue != 0 { action |= CURL_CSELECT_ERR }
    pools[Int(event.mark)].move(event.descriptor, action)
  }

  /// Does what the clock asks for, and hands results to those who wait for them.
  func finish() { for pool in pools { pool.finish() } }
}

/// A libcurl multi handle and its easy handles, touched by the thread of its loop only.
final class TransferPool {
  private let multi: UnsafeMutableRawPointer
  private let settings: HTTPTransport.Settings
  private let poll: Poll
  private let mark: UInt32
  private var running: [ObjectIdentifier: EasyHandle] = [:]
  private var idle: [EasyHandle] = []
  /// When libcurl wants to look at its clocks.
  fileprivate var deadline: ContinuousClock.Instant?
  private static let mostIdle = 64

  /// Done once in the process.
  private static let curlStart = curl_global_init(Int(CURL_GLOBAL_ALL))

  init(_ settings: HTTPTransport.Settings, _ poll: Poll, mark: UInt32) throws(TransportError) {
    let started = Self.curlStart
    guard started == CURLE_OK else { throw .unusable(code: Int32(started.rawValue)) }
    guard let multi = curl_multi_init() else {
      throw .unusable(code: Int32(CURLE_OUT_OF_MEMORY.rawValue))
    }
    self.multi = multi
    self.settings = settings
    self.poll = poll
    self.mark = mark
    let me = Unmanaged.passUnretained(self).toOpaque()
    vitrine_multi_on_socket(multi, watchSocket, me)
    vitrine_multi_on_timer(multi, setTimer, me)
    // No multiplexing: politeness allows a host one request at a time, and 7.88 stalls with it.
    vitrine_multi_set_long(multi, CURLMOPT_PIPELINING, 0)
    vitrine_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maxConnections)
    vitrine_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.maxConnections)
  }

  deinit {
    breakOff()
    idle.removeAll()
    curl_multi_cleanup(multi)
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

  func breakOff() { for handle in running.values { end(handle)?.finish(.failure(.shutDown)) } }

  /// Moves the transfer of a ready socket on.
  func move(_ socket: curl_socket_t, _ action: Int32) {
    var count: Int32 = 0
    let code = curl_multi_socket_action(multi, socket, action, &count)
    precondition(code == CURLM_OK, "curl_multi_socket_action: \(code.rawValue)")
  }

  func finish() {
    if let deadline, deadline <= .now {
      self.deadline = nil
      move(CURL_SOCKET_TIMEOUT, 0)
    }
    var count: Int32 = 0
    while let message = curl_multi_info_read(multi, &count) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let code = vitrine_message_result(message)
      let handle = EasyHandle.carried(by: message.pointee.easy_handle)
      let result = handle.result(code)
      end(handle)?.finish(result)
    }
  }

  /// Takes the handle out of the pool and keeps it for the next request.
  private func end(_ handle: EasyHandle) -> Job? {
    curl_multi_remove_handle(multi, handle.easy)
    let job = handle.abandon()
    if let job { running[ObjectIdentifier(job.ticket)] = nil }
    if idle.count < Self.mostIdle { idle.append(handle) }
    return job
  }

  // MARK: Callbacks

  fileprivate func watch(_ socket: curl_socket_t, _ what: Int32, isWatched: Bool) {
    guard what != CURL_POLL_REMOVE else { return poll.forget(socket) }
    var events: UInt32 = 0
    if what != CURL_POLL_OUT { events |= EPOLLIN.rawValue }
    if what != CURL_POLL_IN { events |= EPOLLOUT.rawValue }
    poll.watch(socket, for: events, mark: mark, isWatched: isWatched)
    // What is handed to libcurl here comes back as `isWatched`.
    if !isWatched { curl_multi_assign(multi, socket, multi) }
  }
}

private func watchSocket(
  easy: UnsafeMutableRawPointer?, socket: curl_socket_t, what: Int32,
  context: UnsafeMutableRawPointer?, assigned: UnsafeMutableRawPointer?
) -> Int32 {
  let pool = Unmanaged<TransferPool>.fromOpaque(context!).takeUnretainedValue()
  pool.watch(socket, what, isWatched: assigned != nil)
  return 0
}

private func setTimer(
  multi: UnsafeMutableRawPointer?, milliseconds: Int, context: UnsafeMutableRawPointer?
) -> Int32 {
  let pool = Unmanaged<TransferPool>.fromOpaque(context!).takeUnretainedValue()
  pool.deadline = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
  return 0
}
