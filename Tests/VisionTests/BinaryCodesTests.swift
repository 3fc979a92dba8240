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

  @Test func `a search for many codes finds the near ones that share a band, at every stage`() {
    var random = SeededGenerator(seed: 3)
    let all = codes(1_200, words: 1, &random).map { $0[0] }
    let loose = (0..<256).map { query in
      (0..<4).reduce(UInt64(0)) { mask, band in
        (0..<query % 3).reduce(mask) { mask, _ in
          mask | 1 << UInt64(16 * band + Int.random(in: 0..<16, using: &random))
        }
      }
    }
    func isFound(_ code: UInt64, by query: UInt64, _ loose: UInt64, _ radius: Int) -> Bool {
      let wrong = code ^ query
      return wrong.nonzeroBitCount <= radius
        && stride(from: 0, to: 64, by: 16).contains { wrong & ~loose & 0xFFFF << $0 == 0 }
    }
    var index = BinaryCodes(words: 1)
    var found = 0
    // The old table, the young one with it, and last codes with both.
    for stage in [0..<500, 500..<1_012, 1_012..<1_200] {
      if stage.lowerBound == 0 { index.append(contentsOf: Array(all[stage])) }
      for code in all[stage] where stage.lowerBound > 0 { index.append(CollectionOfOne(code)) }
      for queries in [all.prefix(1), all.prefix(100), all[200..<456]].map({ Array($0) }) {
        for radius in [7, 13] {
          let wanted = (0..<stage.upperBound).filter { place in
            zip(queries, loose).contains { isFound(all[place], by: $0.0, $0.1, radius) }
          }
          let asked = Array(loose.prefix(queries.count))
          let places = index.places(within: radius, ofAny: queries, loose: asked)
          #expect(places == wanted.map(UInt32.init))
          found += places.count
        }
      }
    }
    #expect(found > 2_000)
  }

  @Test func `what is found does not depend on how long ago a code came`() {
    var random = SeededGenerator(seed: 5)
    let all = codes(700, words: 1, &random).map { $0[0] }
    var (bulk, single) = (BinaryCodes(words: 1), BinaryCodes(words: 1))
    bulk.append(contentsOf: all)
    for code in all { single.append(CollectionOfOne(code)) }
    let loose = [UInt64](repeating: 0x0003_0003_0003_0003, count: 200)
    let queries = (0..<200).map { _ in
      all[.random(in: 0..<700, using: &random)] ^ UInt64.random(in: 0 ... .max, using: &random)
        & UInt64.random(in: 0 ... .max, using: &random)
        & UInt64.random(in: 0 ... .max, using: &random)
    }
    #expect(
      bulk.places(within: 13, ofAny: queries, loose: loose)
        == single.places(within: 13, ofAny: queries, loose: loose))
    for query in queries {
      let far = bulk.places(within: 12, of: [query], bandRadius: 1)
      #expect(far.sorted() == single.places(within: 12, of: [query], bandRadius: 1).sorted())
    }
  }

  @Test func `all of many equal codes are found, in order and once`() {
    var index = BinaryCodes(words: 1)
    let crowd = 20_000
    index.append(contentsOf: (0..<2 * crowd).map { $0.isMultiple(of: 2) ? 0 : .max })
    let wanted = (0..<crowd).map { UInt32(2 * $0) }
    #expect(index.places(within: 3, ofAny: [0, 1, 3], loose: [0, 1, 0]) == wanted)
    #expect(index.places(within: 3, of: [1]).sorted() == wanted)
  }

  @Test func `an empty index finds nothing`() {
    #expect(BinaryCodes(words: 4).places(within: 31, of: [0, 0, 0, 0]).isEmpty)
    #expect(BinaryCodes(words: 1).places(within: 12, ofAny: [0, 1], loose: [0, 3]).isEmpty)
  }
}
