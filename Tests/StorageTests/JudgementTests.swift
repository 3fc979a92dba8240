import Catalog
import Support
import Synchronization
import Testing

@testable import Storage

@Suite struct JudgementTests {
  let now = Sample.start

  /// Links between pictures by the first bytes of their hashes, with their doubts.
  private static func doubt(_ links: [Set<UInt8>: Float]) -> LinkDoubt {
    { links[[$0.hash.bytes[0], $1.hash.bytes[0]]] }
  }

  /// Three pictures, of which the second is linked to both others.
  private static let chain: [Set<UInt8>: Float] = [[1, 2]: 0.2, [2, 3]: 0.3]

  /// Fetches pictures one after the other; each is linked to those before it as `links` says.
  private func show(_ seeds: [UInt8], _ links: [Set<UInt8>: Float], in sample: Sample) async throws
  {
    for seed in seeds {
      let known = try await partition(of: sample).joined()
      let ids = try await sample.store.groupedPictures(
        known.filter { links[[$0, seed]] != nil }.map { try sample.picture($0).hash })
      try await sample.show(
        try sample.picture(seed), at: "/\(seed).jpg", matches: ids.values.map(\.id),
        doubt: Self.doubt(links))
    }
  }

  /// The groups, by the first bytes of their pictures' hashes.
  private func partition(of sample: Sample) async throws -> Set<Set<UInt8>> {
    let all = try await sample.store.groupedPictures(
      (1...9 as ClosedRange<UInt8>).map { try sample.picture($0).hash })
    var groups: [ID<ImageRecord>: Set<UInt8>] = [:]
    for picture in all.values { groups[picture.group, default: []].insert(picture.hash.bytes[0]) }
    for (group, seeds) in groups {
      #expect(all.values.filter { seeds.contains($0.hash.bytes[0]) }.map(\.id).min() == group)
    }
    return Set(groups.values)
  }

  @discardableResult
  private func judge(
    _ verdict: Judgement.Verdict, _ one: UInt8, _ other: UInt8,
    _ links: [Set<UInt8>: Float] = chain, in sample: Sample
  ) async throws -> Judging {
    try await sample.store.judge(
      verdict, try sample.picture(one).hash, try sample.picture(other).hash, now: now,
      doubt: Self.doubt(links))
  }

  @Test func `two that were told apart stand apart, not joined by a third either`() async throws {
    let sample = try await Sample()
    try await show([1, 2, 3], Self.chain, in: sample)
    #expect(try await partition(of: sample) == [[1, 2, 3]])
    #expect(try await judge(.apart, 3, 1, in: sample) == .kept(replaced: nil, moved: 1))
    #expect(try await partition(of: sample) == [[1, 2], [3]])
    // Another one that is linked to both sides.
    let links = Self.chain.merging([[4, 1]: 0.3, [4, 3]: 0.1]) { $1 }
    try await show([4], links, in: sample)
    #expect(try await partition(of: sample) == [[1, 2], [3, 4]])
    // Seen again, it is the same picture in the same group.
    let again = try await sample.show(try sample.picture(4), at: "/again.jpg")
    #expect(!again.isNew)
    #expect(try await partition(of: sample) == [[1, 2], [3, 4]])
  }

  @Test func `a new picture can bring one that is between two over to the other side`() async throws
  {
    let sample = try await Sample()
    try await show([1, 2, 3], Self.chain, in: sample)
    try await judge(.apart, 1, 3, in: sample)
    try await judge(.apart, 1, 4, in: sample)
    let links = Self.chain.merging([[2, 4]: 0.1]) { $1 }
    try await show([4], links, in: sample)
    #expect(try await partition(of: sample) == [[1], [2, 3, 4]])
  }

  @Test func `groups do not depend on the order in which pictures come and are judged`()
    async throws
  {
    let links: [Set<UInt8>: Float] = [
      [1, 2]: 0.3, [2, 3]: 0.5, [3, 4]: 0.2, [4, 5]: 0.6, [1, 5]: 0.4,
    ]
    for (order, judgedAfter) in [
      ([1, 2, 3, 4, 5], 5), ([5, 4, 3, 2, 1], 5), ([3, 1, 5, 2, 4], 0), ([2, 4, 1, 3, 5], 3),
    ] as [([UInt8], Int)] {
      let sample = try await Sample()
      try await show(Array(order.prefix(judgedAfter)), links, in: sample)
      try await judge(.apart, 2, 4, links, in: sample)
      try await judge(.together, 3, 4, links, in: sample)
      try await show(Array(order.dropFirst(judgedAfter)), links, in: sample)
      #expect(try await partition(of: sample) == [[1, 2, 5], [3, 4]], "\(order)")
    }
  }

  @Test func `groups that are made anew keep to what was said`() async throws {
    let sample = try await Sample()
    try await show([1, 2, 3, 4], Self.chain, in: sample)
    try await judge(.apart, 1, 3, in: sample)
    try await judge(.together, 3, 4, in: sample)
    let before = try await partition(of: sample)
    #expect(before == [[1, 2], [3, 4]])
    // What links alone make: all of the chain in one, the fourth alone.
    let hashes = try (1...4 as ClosedRange<UInt8>).map { try sample.picture($0).hash }
    let known = try await sample.store.groupedPictures(hashes)
    let ids = hashes.compactMap { known[$0]?.id }
    let linked = zip(ids, [ids[0], ids[0], ids[0], ids[3]]).map { (image: $0, group: $1) }
    let result = try await sample.store.regroup(linked, doubt: Self.doubt(Self.chain))
    #expect(try await partition(of: sample) == before)
    #expect(result == (before: 2, after: 2, moved: 0))
  }

  @Test func `what is taken back leaves recognition's verdict in force`() async throws {
    let sample = try await Sample()
    try await show([1, 2, 3, 4], Self.chain, in: sample)
    func retract(_ one: UInt8, _ other: UInt8) async throws -> Retraction? {
      try await sample.store.retract(
        try sample.picture(one).hash, try sample.picture(other).hash,
        doubt: Self.doubt(Self.chain))
    }
    #expect(try await retract(1, 3) == nil)
    try await judge(.apart, 1, 3, in: sample)
    try await judge(.together, 4, 1, in: sample)
    #expect(try await partition(of: sample) == [[1, 2, 4], [3]])
    #expect(try await retract(3, 1) == Retraction(verdict: .apart, moved: 1))
    #expect(try await partition(of: sample) == [[1, 2, 3, 4]])
    #expect(try await retract(1, 4) == Retraction(verdict: .together, moved: 1))
    #expect(try await partition(of: sample) == [[1, 2, 3], [4]])
    #expect(try await sample.store.judgements().isEmpty)
  }

  @Test func `the last word on a pair counts, what others imply is not overruled`() async throws {
    let sample = try await Sample()
    try await show([1, 2, 3], [:], in: sample)
    try await judge(.apart, 1, 2, [:], in: sample)
    #expect(
      try await judge(.together, 1, 2, [:], in: sample) == .kept(replaced: .apart, moved: 1))
    try await judge(.together, 2, 3, [:], in: sample)
    #expect(try await partition(of: sample) == [[1, 2, 3]])
    let judged = try await sample.store.judgements()
    #expect(try await judge(.apart, 3, 1, [:], in: sample) == .contradicted(judged))
    #expect(try await sample.store.judgements() == judged)
    #expect(try await partition(of: sample) == [[1, 2, 3]])
  }

  @Test func `a picture that is judged before it is fetched is known by its bytes`() async throws {
    let sample = try await Sample()
    try await judge(.apart, 1, 2, in: sample)
    try await judge(.together, 2, 4, in: sample)
    try await show([1, 2, 3, 4], Self.chain, in: sample)
    #expect(try await partition(of: sample) == [[1], [2, 3, 4]])
  }

  @Test func `where nothing was judged no doubt is asked for`() async throws {
    let sample = try await Sample()
    let asked = Mutex(0)
    let count: LinkDoubt = { _, _ in
      asked.withLock { $0 += 1 }
      return nil
    }
    let a = try await sample.show(try sample.picture(1), at: "/1.jpg", doubt: count)
    try await sample.show(try sample.picture(2), at: "/2.jpg", matches: [a.id], doubt: count)
    // Nor where what was judged has nothing to do with the picture.
    try await judge(.apart, 8, 9, in: sample)
    try await sample.show(try sample.picture(3), at: "/3.jpg", matches: [a.id], doubt: count)
    #expect(asked.withLock(\.self) == 0)
    #expect(try await partition(of: sample) == [[1, 2, 3]])
  }

  @Test func `a copy that joins two groups is no new picture, one that was told apart is`()
    async throws
  {
    let (tomorrow, later) = (now + Sample.day, now + Sample.day + Sample.day)
    var sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/2.jpg")]
    try await show([1], [:], in: sample)
    try await sample.see(product)
    try await show([2], [:], in: sample)
    try await sample.nextRun(at: tomorrow)
    let ids = try await sample.store.groupedPictures([1, 2].map { try sample.picture($0).hash })
    try await sample.show(
      try sample.picture(3), at: "/2.jpg", now: tomorrow, matches: ids.values.map(\.id))
    #expect(try await partition(of: sample) == [[1, 2, 3]])
    #expect(try await sample.events() == [.new])
    try await judge(.apart, 3, 4, in: sample)
    try await sample.nextRun(at: later)
    try await sample.show(
      try sample.picture(4), at: "/2.jpg", now: later, matches: ids.values.map(\.id),
      doubt: Self.doubt([[1, 3]: 0.1, [2, 3]: 0.1, [2, 4]: 0.5]))
    #expect(try await partition(of: sample) == [[1, 2, 3], [4]])
    #expect(try await sample.events() == [.new, .image])
  }

  @Test func `who was told apart of two groups can be asked`() async throws {
    let sample = try await Sample()
    try await show([1, 2, 3], Self.chain, in: sample)
    try await judge(.apart, 1, 3, in: sample)
    let known = try await sample.store.groupedPictures(
      [2, 3].map { try sample.picture($0).hash })
    let groups = known.values.map(\.group)
    let told = Judgement(.apart, try sample.picture(1).hash, try sample.picture(3).hash, at: now)
    for (one, other) in [(groups[0], groups[1]), (groups[1], groups[0])] {
      #expect(try await sample.store.judgements(between: one, and: other) == [told])
    }
    #expect(try await sample.store.judgements(between: groups[0], and: groups[0]).isEmpty)
  }
}
