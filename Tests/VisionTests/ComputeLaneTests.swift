import Foundation
import Synchronization
import Testing

@testable import Vision

struct ComputeLaneTests {
  private struct Refusal: Error, Equatable { let number: Int }

  private static var threadName: String {
    let data = FileManager.default.contents(atPath: "/proc/thread-self/comm") ?? Data()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  @Test func `work runs on the lane's threads and hands back its value`() async {
    let lane = ComputeLane(name: "lane-test", threads: 2)
    let names = await withTaskGroup { group in
      for _ in 0..<100 { group.addTask { await lane.run { Self.threadName } } }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(names == ["lane-test"])
  }

  @Test func `what work throws comes back with its type`() async {
    let lane = ComputeLane(threads: 1)
    do throws(Refusal) {
      try await lane.run { () throws(Refusal) in throw Refusal(number: 7) }
      Issue.record("nothing was thrown")
    } catch {
      #expect(error == Refusal(number: 7))
    }
  }

  @Test func `one thread keeps the order, however much waits`() async {
    let lane = ComputeLane(threads: 1)
    let seen = Seen()
    let gate = DispatchSemaphore(value: 0)
    // The first piece of work holds the thread until all others wait behind it.
    let first = Task {
      await lane.run {
        seen.add(-1)
        gate.wait()
      }
    }
    var others: [Task<Void, Never>] = []
    while seen.numbers.isEmpty { await Task.yield() }
    for number in 0..<3000 {
      others.append(Task { await lane.run { seen.add(number) } })
      while lane.waitingCount <= number { await Task.yield() }
    }
    gate.signal()
    await first.value
    for other in others { await other.value }
    #expect(seen.numbers == Array(-1..<3000))
  }

  @Test func `a map keeps the order and throws what the first failure threw`() async throws {
    let lane = ComputeLane(threads: 3)
    let squares = await lane.map(0..<500) { $0 * $0 }
    #expect(squares == (0..<500).map { $0 * $0 })
    #expect(await lane.map([Int]()) { $0 } == [])
    do throws(Refusal) {
      _ = try await lane.map(0..<100) { (number) throws(Refusal) in
        guard !number.isMultiple(of: 7) || number == 0 else { throw Refusal(number: number) }
      }
      Issue.record("nothing was thrown")
    } catch {
      #expect(error == Refusal(number: 7))
    }
  }

  @Test func `what comes late keeps its place, whatever others hold`() async {
    let lane = ComputeLane(threads: 2)
    // The first waits for all the others, which come one after the other.
    let others = DispatchSemaphore(value: 0)
    let results = await lane.map(0..<40) { number -> Result<[UInt8], any Error> in
      guard number > 0 else {
        for _ in 1..<40 { others.wait() }
        return .success([0])
      }
      defer { others.signal() }
      return number % 3 == 1
        ? .failure(Refusal(number: number)) : .success(Array(repeating: 7, count: number))
    }
    #expect(results.count == 40)
    for (number, result) in results.enumerated() {
      switch result {
      case .success(let bytes):
        #expect(bytes.count == max(1, number) && (number == 0 || number % 3 != 1))
      case .failure(let error): #expect(error as? Refusal == Refusal(number: number))
      }
    }
  }

  private final class Seen: Sendable {
    private let list = Mutex<[Int]>([])
    var numbers: [Int] { list.withLock { $0 } }
    func add(_ number: Int) { list.withLock { $0.append(number) } }
  }

  @Test func `accepted work is done though the lane is let go`() async {
    let value = await ComputeLane(threads: 1).run { 6 * 7 }
    #expect(value == 42)
  }
}
