import Glibc
import Support
import Testing

@testable import VectorSearch

struct SearchTests {
  private let folder = TemporaryFolder()

  /// An index grown in many small batches, with replacements and deletes, over several segments.
  private func index(
    _ shape: VectorSource.Shape, dimension: Int, count: Int, seed: UInt64,
    element: VectorElement = .f32
  ) throws -> (IndexWriter, Oracle, VectorSource) {
    let writer = try IndexWriter(
      folder: folder.path + "/\(shape)",
      identity: IndexIdentity(model: "m", dimension: dimension, element: element),
      segmentLimit: 12_000)
    var source = VectorSource(dimension: dimension, seed: seed)
    var oracle = Oracle(element: element)
    var done = 0
    while done < count {
      let size = Int.random(in: 1...60, using: &source.random)
      let keys = (0..<size).map { _ in UInt64.random(in: 1...300, using: &source.random) }
      let rows = source.vectors(size, shape)
      oracle.append(keys, rows)
      try writer.append(keys, rows)
      let gone = (0..<size / 8).map { _ in UInt64.random(in: 1...300, using: &source.random) }
      oracle.delete(gone)
      try writer.delete(keys: gone)
      done += size
    }
    return (writer, oracle, source)
  }

  @Test(arguments: VectorSource.Shape.allCases, VectorElement.allCases)
  func `answers are those of a full sort, to the last bit`(
    shape: VectorSource.Shape, element: VectorElement
  ) throws {
    var (writer, oracle, source) = try index(
      shape, dimension: 19, count: 600, seed: 11, element: element)
    #expect(writer.snapshot.contents == oracle.vectors)
    var groups = KeyGroups()
    var groupOf: [UInt64: UInt64] = [:]
    for key in 1...300 as ClosedRange<UInt64> where key % 3 != 0 {
      groups.insert(key, into: key % 25)
      groupOf[key] = key % 25
    }
    for round in 0..<(element == .f32 ? 30 : 10) {
      var request = SearchRequest(
        query: source.vector(round % 2 == 0 ? shape : .random),
        k: [1, 10, 100, 10_000].randomElement(using: &source.random)!,
        stride: [1, 1, 2, 7, 64, 5000].randomElement(using: &source.random)!)
      if Bool.random(using: &source.random) {
        let share = UInt64.random(in: 1...9, using: &source.random)
        request.filter = KeySet((1...300).filter { $0 % 10 < share })
      }
      if Bool.random(using: &source.random) {
        request.excluding = KeySet(oracle.vectors.keys.prefix(20))
      }
      if round % 3 == 0 { request.suppressAbove = [0.3, 0.99, 1].randomElement() }
      if round % 5 == 0 { request.minScore = 0.1 }
      if round % 4 == 0 {
        request.directions.append(SearchRequest.Direction(vector: source.uniform(), weight: -0.4))
      }
      let grouped = round % 4 < 2
      request.groups = grouped ? groups : nil
      let result = try writer.snapshot.search(request)
      #expect(result.hits == oracle.hits(request, groups: grouped ? groupOf : [:]))
    }
  }

  @Test(arguments: VectorElement.allCases)
  func `a stored vector sent as a query finds itself first`(element: VectorElement) throws {
    let (writer, oracle, _) = try index(
      .random, dimension: 64, count: 300, seed: 2, element: element)
    for (key, vector) in oracle.vectors {
      let hits = try writer.snapshot.search(SearchRequest(query: vector, k: 1)).hits
      #expect(hits.map(\.key) == [key])
    }
  }

  @Test func `strides are ranks of the exact order`() throws {
    let (writer, _, source) = try index(.random, dimension: 16, count: 500, seed: 4)
    var other = source
    let query = other.uniform()
    let all = try writer.snapshot.search(SearchRequest(query: query, k: 10_000)).hits
    #expect(all.map(\.rank) == Array(1...all.count))
    for stride in [2, 3, 64, 100_000] {
      let hits = try writer.snapshot.search(
        SearchRequest(query: query, k: 5, stride: stride)
      ).hits
      let ranks = Array((1...5).map { $0 * stride }.prefix { $0 <= all.count })
      #expect(hits == ranks.map { all[$0 - 1] })
    }
  }

  @Test func `pages put together are the whole answer`() throws {
    let (writer, oracle, source) = try index(.clustered, dimension: 16, count: 500, seed: 6)
    var other = source
    for suppression in [nil, 0.9] as [Float?] {
      let query = other.uniform()
      var pages: [Hit] = []
      for page in 0..<5 {
        var request = SearchRequest(query: query, k: 7, stride: 2, suppressAbove: suppression)
        request.skip = 7 * page
        pages += try writer.snapshot.search(request).hits
      }
      let whole = oracle.hits(
        SearchRequest(query: query, k: 35, stride: 2, suppressAbove: suppression))
      #expect(pages.map(\.key) == whole.map(\.key))
      #expect(pages.map(\.rank) == whole.map(\.rank))
    }
    var request = SearchRequest(query: other.uniform(), k: 9_999)
    request.skip = 2
    #expect(throws: IndexError.invalidRequest("skip is 2, allowed are 0...1")) {
      try writer.snapshot.search(request)
    }
  }

  @Test func `several strides at once answer as each alone`() throws {
    let (writer, oracle, source) = try index(.clustered, dimension: 16, count: 500, seed: 5)
    var other = source
    for suppression in [nil, 0.99] as [Float?] {
      var request = SearchRequest(query: other.uniform(), k: 6, suppressAbove: suppression)
      let strides = [1, 4, 64, 100_000]
      let results = try writer.snapshot.search(request, strides: strides)
      for (stride, result) in zip(strides, results) {
        request.stride = stride
        #expect(result.hits == oracle.hits(request))
      }
    }
    #expect(throws: IndexError.invalidRequest("stride is 0, allowed are 1...1048576")) {
      try writer.snapshot.search(SearchRequest(query: other.uniform()), strides: [1, 0])
    }
  }

  @Test func `left out near duplicates are counted and replaced by what follows`() throws {
    let writer = try IndexWriter(
      folder: folder.path, identity: IndexIdentity(model: "m", dimension: 8))
    // 300 equal vectors, then 3 others: the walk has to go far past k.
    let twin: [Float] = [1, 0, 0, 0, 0, 0, 0, 0]
    let others: [[Float]] = [
      [1, 1, 0, 0, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0],
    ]
    try writer.append(Array(1...303), Array(repeating: twin, count: 300) + others)
    let result = try writer.snapshot.search(
      SearchRequest(query: twin, k: 3, suppressAbove: 0.99))
    #expect(result.hits.map(\.key) == [1, 301, 302])
    #expect(result.hits.map(\.folded) == [299, 0, 0])
    #expect(result.hits.map(\.rank) == [1, 301, 302])
    #expect(result.statistics.passes > 1)
  }

  @Test(arguments: VectorElement.allCases, [0.97, 0.99, 1, -1, .infinity] as [Float])
  func `near duplicates among many hits are those that each with each finds`(
    element: VectorElement, bound: Float
  ) throws {
    let writer = try IndexWriter(
      folder: folder.path, identity: IndexIdentity(model: "m", dimension: 80, element: element),
      segmentLimit: 1 << 24, disk: FaultyDisk.unsynced)
    var source = VectorSource(dimension: 80, seed: 14)
    var rows: [[Float]] = []
    for _ in 0..<1500 {
      // Vectors alike in their first components, and pairs on either side of the bounds.
      let kind = Int.random(in: 0..<4, using: &source.random)
      guard kind > 0, let near = rows.randomElement(using: &source.random) else {
        rows.append(source.uniform())
        continue
      }
      let noise = kind == 3 ? 0.005 : Float.random(in: 0.05...0.3, using: &source.random)
      let first = kind == 2 ? 70 : 0
      rows.append(
        zip(near, source.uniform()).enumerated().map { $0 < first ? $1.0 : $1.0 + noise * $1.1 })
    }
    try writer.append((1...1500).map { UInt64($0) }, rows)
    let snapshot = writer.snapshot
    let segment = snapshot.segments[0]
    let scores = try (0..<1500).map {
      try segment.scores(of: 0..<1500, UnitQuery(segment.vector(of: $0)))
    }
    let order = try snapshot.search(SearchRequest(query: rows[40], k: 10_000)).hits
    for (k, stride) in [(3, 1), (10_000, 1), (400, 2)] {
      var expected: [Hit] = []
      for rank in Swift.stride(from: stride, through: order.count, by: stride)
      where expected.count < k {
        let row = Int(order[rank - 1].key) - 1
        if let twin = expected.firstIndex(where: { scores[Int($0.key) - 1][row] > bound }) {
          expected[twin].folded += 1
        } else {
          expected.append(order[rank - 1])
        }
      }
      let request = SearchRequest(query: rows[40], k: k, stride: stride, suppressAbove: bound)
      #expect(try snapshot.search(request).hits == expected)
    }
  }

  @Test func `near duplicates are looked for only where scores are near each other`() throws {
    let writer = try IndexWriter(
      folder: folder.path, identity: IndexIdentity(model: "m", dimension: 8),
      segmentLimit: 1 << 24, disk: FaultyDisk.unsynced)
    let rows = (0..<2000).map { i -> [Float] in
      let angle = Float(i) * .pi / 2000
      return [cos(angle), sin(angle), 0, 0, 0, 0, 0, 0]
    }
    try writer.append((1...2000).map { UInt64($0) }, rows)
    let result = try writer.snapshot.search(
      SearchRequest(query: rows[0], k: 2000, suppressAbove: 0.999_999_9))
    #expect(result.hits.count == 2000)
    #expect(result.statistics.compared < 2000 * 1999 / 2 / 3)
  }

  @Test func `requests out of bounds are refused with value and bound`() throws {
    let writer = try IndexWriter(
      folder: folder.path, identity: IndexIdentity(model: "m", dimension: 8))
    let query = [Float](repeating: 1, count: 8)
    typealias Direction = SearchRequest.Direction
    let bad: [(SearchRequest, String)] = [
      (SearchRequest(query: query, k: 0), "k is 0, allowed are 1...10000"),
      (SearchRequest(query: query, k: 10_001), "k is 10001, allowed are 1...10000"),
      (SearchRequest(query: query, stride: 0), "stride is 0, allowed are 1...1048576"),
      (SearchRequest(query: [1, 2]), "query has 2 components, the index has 8"),
      (
        SearchRequest(query: [Float](repeating: 0, count: 8)),
        "query is zero or not finite, it has no direction"
      ),
      (
        SearchRequest(directions: []), "0 query vectors, allowed are 1...64"
      ),
      (
        SearchRequest(directions: [Direction(vector: query, weight: .nan)]),
        "query weight is nan, wanted is finite and not 0"
      ),
      (
        SearchRequest(directions: [Direction(vector: query), Direction(vector: query, weight: -1)]),
        "the weighted query vectors cancel out, they have no direction"
      ),
      (SearchRequest(query: query, minScore: .nan), "score bound is nan"),
    ]
    for (request, message) in bad {
      #expect(throws: IndexError.invalidRequest(message)) {
        try writer.snapshot.search(request)
      }
    }
  }
}
