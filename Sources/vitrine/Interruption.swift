import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM as the cancellation of one task; a second signal ends the process at once.
enum Interruption {
  /// Runs `work`; a signal cancels it.
  ///
  /// - Parameter keepsResult: hands out what cancelled work returned all the same, instead of throwing
  ///   `Failure.interrupted`.
  static func guarding<T: Sendable>(
    keepingResult keepsResult: Bool = false, _ work: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let task = Task { try await work() }
    let counter = Counter()
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if counter.increment() > 1 { _exit(Failure.Code.interrupted.rawValue) }
        Console.say("stopping; what is under way is finished first (again: stop at once)")
        task.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
      signal(SIGINT, SIG_DFL)
      signal(SIGTERM, SIG_DFL)
    }
    do {
      let value = try await task.value
      if counter.value > 0, !keepsResult { throw Failure(.interrupted) }
      return value
    } catch {
      if counter.value > 0 { throw Failure(.interrupted) }
      throw error
    }
  }

  private final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .acquiring) }
    func increment() -> Int { count.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }
  }
}
