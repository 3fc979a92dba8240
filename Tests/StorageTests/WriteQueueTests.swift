import Catalog
import Testing

@testable import Storage

@Suite struct WriteQueueTests {
  let now = Sample.start

  private func unchanged(_ lease: Lease) -> FetchOutcome {
    .unchanged(Validators(entityTag: lease.url.path.description), status: 304)
  }

  private func tags(_ sample: Sample) async throws -> [String?] {
    let tomorrow = now + Sample.day * 3
    return try await sample.leases(now: tomorrow).map(\.validators.entityTag)
  }

  @Test func `outcomes that share a commit are all kept`() async throws {
    let sample = try await Sample()
    let paths = (0..<40).map { "/\($0)" }
    try await sample.discover(paths)
    let leases = try await sample.leases()
    try await withThrowingTaskGroup { group in
      for lease in leases {
        sample.store.announce(lease)
        group.addTask { try await sample.store.record(unchanged(lease), of: lease, now: now) }
      }
      try await group.waitForAll()
    }
    #expect(try await tags(sample) == paths)
  }

  @Test func `a change that fails takes no other with it`() async throws {
    let sample = try await Sample()
    try await sample.discover(["/good", "/bad"])
    let leases = try await sample.leases()
    let bad = NewAddress(url: try sample.url("/new"), kind: .page, depth: 1)
    let page = PageRecord(
      status: 200, validators: Validators(entityTag: "bad"), bodyHash: 1, addresses: [bad])
    var stranger = leases[1]
    stranger.site = ID(99)  // Of no row: the address cannot be inserted.
    sample.store.announce(leases[0])
    let failing = Task { [stranger] in
      try await sample.store.record(page, of: stranger, now: now)
    }
    try await sample.store.record(unchanged(leases[0]), of: leases[0], now: now)
    await #expect(throws: StorageError.self) { try await failing.value }
    try await sample.store.release([leases[1]])
    #expect(Set(try await tags(sample)) == ["/good", nil])
    // What was rolled back is not taken for known.
    #expect(!sample.store.isKnown(bad.url))
    try await sample.discover(["/new"])
    #expect(sample.store.isKnown(bad.url))
    #expect(try await sample.leases().map(\.url.path) == ["/new"])
  }

  @Test func `an outcome that is announced and does not come keeps nothing from being written`()
    async throws
  {
    let sample = try await Sample()
    try await sample.discover(["/a", "/b"])
    let leases = try await sample.leases()
    sample.store.announce(leases[1])
    try await sample.store.record(unchanged(leases[0]), of: leases[0], now: now)
    try await sample.store.release([leases[1]])
    #expect(Set(try await tags(sample)) == ["/a", nil])
  }
}
