import Synchronization

/// A token bucket a client: so many requests a second in the long run, so many at once.
final class RateLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var filledAt: ContinuousClock.Instant
  }

  private let rate: Double
  private let burst: Double
  private let buckets = Mutex<[String: Bucket]>([:])

  /// Full buckets are forgotten past this many clients; the state stays bounded.
  static let maxClients = 4096

  init(perSecond rate: Double, burst: Int) {
    precondition(rate > 0 && burst > 0)
    self.rate = rate
    self.burst = Double(burst)
  }

  /// Clients that are remembered.
  var count: Int { buckets.withLock { $0.count } }

  /// Takes a token.
  ///
  /// - Returns: `nil`, or after how many whole seconds there will be one.
  func admit(_ client: String, now: ContinuousClock.Instant) -> Int? {
    buckets.withLock { buckets in
      if buckets.count >= Self.maxClients, buckets[client] == nil {
        let old = buckets.filter { tokens(of: $1, now: now) < burst }
        buckets = old.count < Self.maxClients ? old : [:]
      }
      let available = buckets[client].map { tokens(of: $0, now: now) } ?? burst
      guard available >= 1 else { return Int(((1 - available) / rate).rounded(.up)) }
      buckets[client] = Bucket(tokens: available - 1, filledAt: now)
      return nil
    }
  }

  /// Takes more tokens for a request that was admitted and turned out to be many.
  ///
  /// What the bucket lacks it owes: the next request waits until it is paid.
  func charge(_ client: String, _ tokens: Int, now: ContinuousClock.Instant) {
    buckets.withLock { buckets in
      let available = buckets[client].map { self.tokens(of: $0, now: now) } ?? burst
      buckets[client] = Bucket(tokens: available - Double(tokens), filledAt: now)
    }
  }

  private func tokens(of bucket: Bucket, now: ContinuousClock.Instant) -> Double {
    min(burst, bucket.tokens + bucket.filledAt.duration(to: now) / .seconds(1) * rate)
  }
}

/// Lets so much work in at one time and refuses the rest at once.
final class Gate: Sendable {
  private let limit: Int
  private let inside = Mutex(0)

  init(limit: Int) { self.limit = limit }

  var count: Int { inside.withLock { $0 } }

  /// Runs `work` inside, or throws `busy`.
  ///
  /// - Parameter count: as how much it counts; more than the limit is as much as that.
  func pass<Value>(
    _ count: Int = 1, _ work: () async throws(Problem) -> Value
  ) async throws(Problem) -> Value {
    let count = min(count, limit)
    let entered = inside.withLock { inside in
      guard inside + count <= limit else { return false }
      inside += count
      return true
    }
    guard entered else {
      throw Problem(.busy, "\(limit) are running or waiting already", retryAfter: 1)
    }
    defer { inside.withLock { $0 -= count } }
    return try await work()
  }
}
