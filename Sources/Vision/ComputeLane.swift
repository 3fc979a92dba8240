import CKernels
internal import Foundation
import Synchronization

/// Threads of their own for work that blocks or computes, so that it never holds one of the
/// cooperative pool's few threads.
///
/// Work starts in the order it came. The threads end when the last reference to the lane goes; what
/// was accepted by then is still done.
package final class ComputeLane: Sendable {
  private let queue = WorkQueue()

  /// - Parameters:
  ///   - name: what debuggers show, the first 15 bytes of it.
  ///   - threads: how much runs at a time; a core each unless told otherwise.
  package init(name: String = "compute", threads: Int? = nil) {
    let count = threads ?? ProcessInfo.processInfo.activeProcessorCount
    precondition(count > 0)
    for _ in 0..<count {
      let thread = Thread { [queue] in
        vt_name_thread(name)  // `Thread.name` is lost where the thread outruns its starter
        queue.work()
      }
      thread.stackSize = 2 << 20
      thread.start()
    }
  }

  deinit { queue.close() }

  /// Pieces of work that no thread has taken up yet.
  package var waitingCount: Int { queue.count }

  /// Runs `work` on one of the lane's threads and hands back what it returned or threw.
  package func run<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let piece = Piece(work)
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      queue.add { continuation.resume(returning: piece.run()) }
    }
    return try result.get()
  }

  /// Runs `work` on each of `elements`, as many at a time as there are threads.
  ///
  /// - Returns: what it returned, in the order of `elements`.
  /// - Throws: what it threw for the first of them that failed, when all are done.
  package func map<Element: Sendable, Value: Sendable, Failure: Error>(
    _ elements: some Sequence<Element>,
    _ work: @escaping @Sendable (Element) throws(Failure) -> Value
  ) async throws(Failure) -> [Value] {
    let pieces = elements.map { element in
      Piece { () throws(Failure) -> Value in try work(element) }
    }
    guard !pieces.isEmpty else { return [] }
    // Each result goes to its place: in a release build of Swift 6.3 a task group of tuples with a
    // typed error, specialised for `Never`, lost the places that its results were sorted by.
    let results: [Result<Value, Failure>] = await withCheckedContinuation { continuation in
      let gathering = Gathering(pieces.count, continuation)
      for (place, piece) in pieces.enumerated() {
        queue.add { gathering.put(piece.run(), at: place) }
      }
    }
    var values: [Value] = []
    values.reserveCapacity(results.count)
    for result in results { values.append(try result.get()) }
    return values
  }
}

/// Work that is let go as soon as it is done, before its result is told: what it holds may hold a lock
/// that whoever waits for the result wants to see free.
private final class Piece<Value: Sendable, Failure: Error>: @unchecked Sendable {
  // Set before it is queued, taken by the thread that runs it.
  private var work: (@Sendable () throws(Failure) -> Value)?

  init(_ work: @escaping @Sendable () throws(Failure) -> Value) { self.work = work }

  func run() -> Result<Value, Failure> {
    guard let work = work.take() else { preconditionFailure("a piece of work is run once") }
    do throws(Failure) {
      return .success(try work())
    } catch {
      return .failure(error)
    }
  }
}

/// The results of a map, told when the last has come.
private final class Gathering<Value: Sendable, Failure: Error>: Sendable {
  private struct State {
    var results: [Result<Value, Failure>?]
    var missing: Int
  }

  private let state: Mutex<State>
  private let continuation: CheckedContinuation<[Result<Value, Failure>], Never>

  init(_ count: Int, _ continuation: CheckedContinuation<[Result<Value, Failure>], Never>) {
    state = Mutex(State(results: Array(repeating: nil, count: count), missing: count))
    self.continuation = continuation
  }

  func put(_ result: Result<Value, Failure>, at place: Int) {
    let whole = state.withLock { state -> [Result<Value, Failure>]? in
      state.results[place] = result
      state.missing -= 1
      return state.missing == 0 ? state.results.compactMap(\.self) : nil
    }
    if let whole { continuation.resume(returning: whole) }
  }
}

private final class WorkQueue: @unchecked Sendable {
  // `condition` protects everything below.
  private let condition = NSCondition()
  private var waiting: [@Sendable () -> Void] = []
  private var head = 0
  private var isClosed = false

  var count: Int {
    condition.lock()
    defer { condition.unlock() }
    return waiting.count - head
  }

  func add(_ work: @escaping @Sendable () -> Void) {
    condition.lock()
    waiting.append(work)
    condition.unlock()
    condition.signal()
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.unlock()
    condition.broadcast()
  }

  func work() {
    while let next = take() { next() }
  }

  private func take() -> (@Sendable () -> Void)? {
    condition.lock()
    defer { condition.unlock() }
    while head == waiting.count {
      guard !isClosed else { return nil }
      condition.wait()
    }
    let work = waiting[head]
    waiting[head] = {}
    head += 1
    if head == waiting.count || head > 1024 {
      waiting.removeFirst(head)
      head = 0
    }
    return work
  }
}
