import Support
import Testing

@testable import VectorSearch

struct KeyTests {
  /// Dense keys, keys on page borders, and some far away.
  private func keys(_ count: Int, seed: UInt64) -> Set<UInt64> {
    var random = SeededGenerator(seed: seed)
    let borders: [UInt64] = [0, 4095, 4096, 1 << 28 - 1, 1 << 28, .max]
    return Set(
      (0..<count).map { _ in .random(in: 0..<20_000, using: &random) }
        + borders.filter { _ in Bool.random(using: &random) })
  }

  @Test func `a key set does what a set of integers does`() {
    for seed in 0..<20 as Range<UInt64> {
      let a = keys(300, seed: seed)
      let b = keys(900, seed: seed + 100)
      #expect(KeySet(a).keys == a.sorted())
      #expect(KeySet(a).union(KeySet(b)).keys == a.union(b).sorted())
      #expect(KeySet(a).intersection(KeySet(b)).keys == a.intersection(b).sorted())
      #expect(KeySet(a).subtracting(KeySet(b)).keys == a.subtracting(b).sorted())
      #expect(KeySet(a).union(KeySet(b)).count == a.union(b).count)
      #expect(KeySet(a).intersection(KeySet(b)).count == a.intersection(b).count)
      let set = KeySet(a)
      #expect(b.allSatisfy { set.contains($0) == a.contains($0) })
      #expect((KeySet(a) == KeySet(b)) == (a == b))
      #expect(KeySet(a) == KeySet(a.sorted()))
    }
  }

  @Test func `inserting and removing say whether anything changed`() {
    var set: KeySet = [7]
    let insertions = [7, .max, .max].map { set.insert($0) }
    #expect(insertions == [false, true, false])
    let removals = [7, 7, 9999].map { set.remove($0) }
    #expect(removals == [true, false, false])
    #expect(set.keys == [.max])
    #expect(set.count == 1)
    #expect(!set.isEmpty)
  }

  @Test func `a key is in the last group it was put into`() {
    var groups = KeyGroups()
    groups.insert(1, into: 500)
    groups.insert(2, into: 500)
    groups.insert(.max, into: 9)
    groups.insert(2, into: 9)
    #expect(groups.count == 2)
    #expect(groups.index(of: 1) != groups.index(of: 2))
    #expect(groups.index(of: 2) == groups.index(of: .max))
    #expect(groups.index(of: 3) == nil)
    #expect(groups.index(of: 1 << 40) == nil)
  }
}
