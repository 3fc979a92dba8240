import Support
import Testing

@testable import Vision

struct BinaryCodesTests {
  /// Codes in clusters of some bits around a few centres, so that ranges hold some.
  private func codes(_ count: Int, words: Int, _ random: inout SeededGenerator) -> [[UInt64]] {
    let centres = (0..<20).map { _ in
      (0..<words).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
    }
    return (0..<count).map { _ in
      var code = centres[.random(in: 0..<20, using: &random)]
      for _ in 0..<Int.random(in: 0...(16 * words), using: &random) {
        code[.random(in: 0..<words, using: &random)] ^=
          1 << UInt64.random(in: 0..<64, using: &random)
      }
      return code
    }
  }

  private func distance(_ a: [UInt64], _ b: [UInt64]) -> Int {
    zip(a, b).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
  }

  @Test(arguments: [1, 2, 4])
  func `a range search finds what a scan finds, at every stage of growth`(words: Int) {
    var random = SeededGenerator(seed: UInt64(words))
    let all = codes(1_300, words: words, &random)
    var index = BinaryCodes(words: words)
    let radius = 8 * words - 1
    for (place, code) in all.enumerated() {
      index.append(code)
      guard place % 487 == 0 || place == all.count - 1 else { continue }
      for query in all.prefix(3) {
        let wanted = (0...place).filter { distance(all[$0], query) <= radius }
        #expect(index.places(within: radius, of: query).sorted() == wanted.map(UInt32.init))
      }
    }
    var bulk = BinaryCodes(words: words)
    bulk.append(contentsOf: all.flatMap { $0 })
    bulk.append(all[0])
    #expect(bulk.count == 1_301)
    for query in all.prefix(3) {
      let found = bulk.places(within: radius, of: query).sorted()
      #expect(
        found
          == (all + [all[0]]).indices.filter {
            distance($0 < 1_300 ? all[$0] : all[0], query) <= radius
          }.map(UInt32.init))
    }
  }

  @Test func `fewer probes find a part, and nothing twice`() {
    var random = SeededGenerator(seed: 9)
    let all = codes(900, words: 1, &random)
    var index = BinaryCodes(words: 1)
    index.append(contentsOf: all.flatMap { $0 })
    for query in all.prefix(5) {
      let found = index.places(within: 12, of: query, bandRadius: 1)
      #expect(Set(found).count == found.count)
      #expect(found.allSatisfy { distance(all[Int($0)], query) <= 12 })
      #expect(found.contains { all[Int($0)] == query })
    }
  }

  @Test func `a search for many codes finds what searches for each of them find`() {
    var random = SeededGenerator(seed: 3)
    let all = codes(1_900, words: 1, &random).map { $0[0] }
    var index = BinaryCodes(words: 1)
    // The old table, the young one with it, and last codes with both.
    for stage in [0..<900, 900..<1_412, 1_412..<1_900] {
      if stage.lowerBound == 0 { index.append(contentsOf: Array(all[stage])) }
      for code in all[stage] where stage.lowerBound > 0 { index.append(CollectionOfOne(code)) }
      for queries in [all.prefix(1), all.prefix(100), all[600..<856]].map({ Array($0) }) {
        for radius in [0, 7, 12] {
          let found = index.places(within: radius, ofAny: queries)
          let each = queries.map { index.places(within: radius, of: [$0], bandRadius: 1) }
          #expect(found == Set(each.joined()).sorted())
        }
        let near = (0..<stage.upperBound).filter { place in
          queries.contains { ($0 ^ all[place]).nonzeroBitCount <= 7 }
        }
        #expect(index.places(within: 7, ofAny: queries) == near.map(UInt32.init))
      }
    }
  }

  @Test func `an empty index finds nothing`() {
    #expect(BinaryCodes(words: 4).places(within: 31, of: [0, 0, 0, 0]).isEmpty)
    #expect(BinaryCodes(words: 1).places(within: 12, ofAny: [0, 1]).isEmpty)
  }
}
