import Support
import Synchronization
import Testing

@testable import VectorSearch

/// Searches whose caller has gone.
struct AbandonmentTests {
  private let folder = TemporaryFolder()

  /// Counts how often a search asks whether it is wanted, and says no from some question on.
  private final class Caller: Sendable {
    private let questions = Atomic(0)
    private let last: Int

    init(leavingAt last: Int = .max) { self.last = last }

    var asked: Int { questions.load(ordering: .relaxed) }

    func hasLeft() -> Bool { questions.add(1, ordering: .relaxed).newValue >= last }
  }

  /// An index of large segments, with codes or without.
  private func snapshot(_ count: Int, hasCodes: Bool, seed: UInt64) throws -> Snapshot {
    var source = VectorSource(dimension: 64, seed: seed)
    let identity = try IndexIdentity(model: "m", dimension: 64)
    let writer = try IndexWriter(
      folder: folder.path + "/\(count)", identity: identity,
      segmentLimit: count * identity.rows.length, disk: FaultyDisk.unsynced)
    try writer.append(Array(1...UInt64(count)), source.vectors(count, .random))
    try writer.compact()
    if hasCodes { try writer.buildCodes() }
    #expect(writer.snapshot.segments.allSatisfy { ($0.codes != nil) == hasCodes })
    return writer.snapshot
  }

  /// Asks once to its end and once for each of some moments at which the caller leaves.
  private func check(
    _ requests: [SearchRequest], _ search: ([SearchRequest]) throws -> [SearchResult]
  ) throws {
    func asked(_ caller: Caller) -> [SearchRequest] {
      requests.map { request in
        var request = request
        request.isAbandoned = { caller.hasLeft() }
        return request
      }
    }
    let patient = Caller()
    let hits = try search(asked(patient)).map(\.hits)
    #expect(hits == (try search(requests).map(\.hits)))
    // Blocks are asked about, not only the search as a whole.
    #expect(patient.asked > 8 + requests.count)
    for moment in [1, 2, patient.asked / 2, patient.asked - 1] {
      let caller = Caller(leavingAt: moment)
      #expect(throws: IndexError.abandoned) { try search(asked(caller)) }
      // What had begun asks once more, for each request, and begins nothing else.
      #expect(caller.asked <= moment + 4 * requests.count, "of \(patient.asked)")
    }
  }

  @Test func `a scan ends at the next block when its caller leaves, alone or shared`() throws {
    var source = VectorSource(dimension: 64, seed: 4)
    let snapshot = try snapshot(9_000, hasCodes: true, seed: 3)
    for threads in [1, 2] {
      var request = SearchRequest(query: source.uniform(), k: 10)
      request.threads = threads
      request.sharedRows = 1
      try check([request]) { [try snapshot.search($0[0])] }
    }
    let requests = (0..<3).map { _ in SearchRequest(query: source.uniform(), k: 10) }
    try check(requests) { try snapshot.search($0) }
  }

  @Test func `vectors without codes are scored until the caller leaves`() throws {
    var source = VectorSource(dimension: 64, seed: 6)
    let snapshot = try snapshot(5_000, hasCodes: false, seed: 7)
    try check([SearchRequest(query: source.uniform(), k: 10)]) { [try snapshot.search($0[0])] }
  }

  @Test func `near duplicates are looked for until the caller leaves`() throws {
    var source = VectorSource(dimension: 64, seed: 8)
    let snapshot = try snapshot(3_000, hasCodes: false, seed: 9)
    let request = SearchRequest(query: source.uniform(), k: 2_900, suppressAbove: 0.9)
    try check([request]) { [try snapshot.search($0[0])] }
  }
}
