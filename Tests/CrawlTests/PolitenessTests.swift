import Crawl
import Support
import Testing
import Transport

struct PolitenessTests {
  private let clock = ManualClock()

  private func settings(_ change: (inout CrawlSettings) -> Void = { _ in }) throws -> CrawlSettings
  {
    var settings = try CrawlSettings(version: "1", contact: "crawl@shop.example")
    settings.delay = .seconds(2)
    change(&settings)
    return settings
  }

  private func politeness(
    _ change: (inout CrawlSettings) -> Void = { _ in }
  ) throws -> Politeness<ManualClock> {
    Politeness(try settings(change), clock: clock, generator: SeededGenerator(seed: 1))
  }

  /// Takes one turn that ends with `feedback` and returns when it began.
  private func turn(
    _ politeness: Politeness<ManualClock>, _ host: String,
    _ feedback: Feedback = .answered(latency: .zero), arrival: Duration = .zero,
    from address: IPAddress? = nil
  ) async throws -> (start: Duration, advice: Advice) {
    let turn = try #require(try await politeness.turn(host))
    let start = clock.now.offset
    clock.advance(by: arrival)
    let advice = politeness.heed(feedback, in: turn, from: address)
    politeness.end(turn)
    politeness.release(turn)
    return (start, advice)
  }

  @Test func `a second request to a host waits, another host does not`() async throws {
    let politeness = try politeness()
    var starts: [Duration] = []
    for host in ["a.example", "b.example", "a.example", "b.example", "a.example"] {
      starts.append(try await turn(politeness, host).start)
    }
    #expect(starts == [.seconds(2), .seconds(2), .seconds(4), .seconds(4), .seconds(6)])
  }

  @Test func `the first request waits too, since an earlier process may just have asked`()
    async throws
  {
    let politeness = try politeness()
    politeness.setCrawlDelay(.seconds(7), of: "a.example")
    #expect(try await turn(politeness, "a.example").start == .seconds(7))
  }

  @Test func `a host's own delay stands for the usual one, and gives way to robots txt`() throws {
    let politeness = try politeness()
    politeness.setDelay(.milliseconds(500), of: "a.example")
    #expect(politeness.gap(of: "a.example") == .milliseconds(500))
    #expect(politeness.gap(of: "b.example") == .seconds(2))
    politeness.setCrawlDelay(.seconds(1), of: "a.example")
    #expect(politeness.gap(of: "a.example") == .seconds(1))
    politeness.setDelay(nil, of: "a.example")
    #expect(politeness.gap(of: "a.example") == .seconds(2))
  }

  @Test func `the longer of our delay and theirs holds`() async throws {
    let politeness = try politeness()
    politeness.setCrawlDelay(.seconds(1), of: "a.example")
    #expect(politeness.gap(of: "a.example") == .seconds(2))
    politeness.setCrawlDelay(.seconds(10), of: "a.example")
    let first = try await turn(politeness, "a.example").start
    let second = try await turn(politeness, "a.example").start
    #expect(second - first == .seconds(10))
  }

  @Test func `the gap counts from when the request arrived, not from when it was begun`()
    async throws
  {
    let politeness = try politeness()
    let first = try await turn(politeness, "a.example", arrival: .milliseconds(700)).start
    let second = try await turn(politeness, "a.example").start
    #expect(second - first == .milliseconds(2700))
    let turn = try #require(try await politeness.turn("a.example"))
    let third = clock.now.offset
    clock.advance(by: .seconds(10))  // of which seven were the body's
    _ = politeness.heed(.answered(latency: .zero), in: turn, sinceArrival: .seconds(7))
    politeness.end(turn)
    politeness.release(turn)
    #expect(politeness.wait(for: "a.example") == .zero)
    #expect(try await self.turn(politeness, "a.example").start == third + .seconds(10))
  }

  @Test func `a slow host is asked more slowly, and again faster when it recovers`() async throws {
    let politeness = try politeness()
    _ = try await turn(politeness, "a.example", .answered(latency: .seconds(10)))
    #expect(politeness.gap(of: "a.example") == .seconds(10))
    _ = try await turn(politeness, "a.example", .answered(latency: .seconds(200)))
    #expect(politeness.gap(of: "a.example") == .seconds(30))
    for _ in 0..<8 {
      _ = try await turn(politeness, "a.example", .answered(latency: .milliseconds(10)))
    }
    #expect(politeness.gap(of: "a.example") == .seconds(2))
  }

  @Test func `a slow host is asked as often as its answers come at the concurrency allowed`()
    async throws
  {
    let politeness = try politeness {
      $0.delay = .zero
      $0.concurrency = 4
    }
    _ = try await turn(politeness, "a.example", .answered(latency: .seconds(10)))
    #expect(politeness.gap(of: "a.example") == .milliseconds(2500))
    _ = try await turn(politeness, "b.example", .answered(latency: .milliseconds(3)))
    #expect(politeness.gap(of: "b.example") == .zero)
  }

  @Test func `Retry-After holds the whole host`() async throws {
    let politeness = try politeness()
    let (start, advice) = try await turn(
      politeness, "a.example", .throttled(retryAfter: .seconds(50)))
    #expect(advice == .pause(.seconds(50)))
    #expect(try await turn(politeness, "b.example").start == .seconds(2))
    #expect(try await turn(politeness, "a.example").start == start + .seconds(50))
  }

  @Test func `a turn that is further off than our patience is not waited for`() async throws {
    let politeness = try politeness()
    politeness.hold("a.example", for: .seconds(100))
    let none = try await politeness.turn("a.example", patience: .seconds(99))
    #expect(none == nil)
    #expect(clock.now.offset == .zero)
    #expect(try await turn(politeness, "a.example").start == .seconds(100))
  }

  @Test func `failures back off within growing bounds`() async throws {
    let politeness = try politeness { $0.delay = .zero }
    var pauses: [Duration] = []
    for _ in 0..<7 {
      guard case .pause(let pause) = try await turn(politeness, "a.example", .overloaded).advice
      else {
        Issue.record("no pause")
        return
      }
      pauses.append(pause)
    }
    for (n, pause) in pauses.enumerated() {
      #expect(pause >= .zero && pause <= .seconds(1 << n), "failure \(n + 1): \(pause)")
    }
    #expect(pauses.max()! > .seconds(8))
    #expect(try await turn(politeness, "a.example", .overloaded).advice == .giveUp)
  }

  @Test func `one good answer forgives the failures before`() async throws {
    let politeness = try politeness()
    for _ in 0..<3 {
      for _ in 0..<7 { _ = try await turn(politeness, "a.example", .overloaded) }
      let advice = try await turn(politeness, "a.example").advice
      #expect(advice == .goOn)
    }
  }

  @Test func `a host that is out of reach is given up early`() async throws {
    let politeness = try politeness()
    for _ in 0..<2 {
      let advice = try await turn(politeness, "a.example", .unreachable).advice
      #expect(advice != .giveUp)
    }
    #expect(try await turn(politeness, "a.example", .unreachable).advice == .giveUp)
  }

  @Test func `a host has no more requests at a time than allowed`() async throws {
    let politeness = try politeness { $0.concurrency = 2 }
    let first = try #require(try await politeness.turn("a.example"))
    let second = try #require(try await politeness.turn("a.example"))
    let third = Task { try await politeness.turn("a.example") }
    // A cancelled wait leaves no trace, and does not take the place of the next.
    third.cancel()
    await #expect(throws: CancellationError.self) { _ = try await third.value }
    politeness.end(first)
    politeness.release(first)
    let fourth = try #require(try await politeness.turn("a.example"))
    for turn in [second, fourth] {
      politeness.end(turn)
      politeness.release(turn)
    }
    #expect(clock.now.offset == .seconds(6))
  }

  @Test func `hosts that answer from one address share its places`() async throws {
    let politeness = try politeness { $0.concurrencyPerAddress = 1 }
    let address = try #require(IPAddress("198.51.100.7"))
    for host in ["a.example", "b.example"] {
      _ = try await turn(politeness, host, from: address)
    }
    let first = try #require(try await politeness.turn("a.example"))
    let waiting = Task { try await politeness.turn("b.example") }
    for _ in 0..<100 { await Task.yield() }
    let elsewhere = try await turn(politeness, "c.example").start
    waiting.cancel()
    await #expect(throws: CancellationError.self) { _ = try await waiting.value }
    #expect(elsewhere > .zero)
    politeness.end(first)
    politeness.release(first)
    _ = try await turn(politeness, "b.example")
  }
}
