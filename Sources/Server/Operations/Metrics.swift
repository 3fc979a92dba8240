import Synchronization

/// Counts requests and searches for `/metrics`.
final class Metrics: Sendable {
  /// Upper bounds of the latency histogram, in seconds.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  struct Histogram {
    /// Per bound, then what is above the last; not cumulative.
    var counts = Array(repeating: 0, count: Metrics.bounds.count + 1)
    var sum = 0.0

    mutating func add(_ seconds: Double) {
      counts[Metrics.bounds.firstIndex { seconds <= $0 } ?? Metrics.bounds.count] += 1
      sum += seconds
    }
  }

  struct Series: Hashable {
    var route: String
    var status: Int
  }

  struct State {
    var requests: [Series: Int] = [:]
    var latency: [String: Histogram] = [:]
    var searches = 0
    /// Whose clients left while they ran or waited.
    var abandoned = 0
    var scored = 0
    var compared = 0
    var searching = Histogram()
    var embedded = 0
    var embedding = Histogram()
    var refreshFailures = 0
  }

  private let state = Mutex(State())

  func count(route: String, status: Int, seconds: Double) {
    state.withLock { state in
      state.requests[Series(route: route, status: status), default: 0] += 1
      state.latency[route, default: Histogram()].add(seconds)
    }
  }

  func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  var current: State { state.withLock { $0 } }
}
