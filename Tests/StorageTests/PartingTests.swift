import Catalog
import Support
import Testing

@testable import Storage

@Suite struct PartingTests {
  private static func hash(_ seed: Int) -> ContentHash {
    guard let hash = ContentHash(bytes: [UInt8(seed)] + Array(repeating: 7, count: 31)) else {
      preconditionFailure("32 bytes")
    }
    return hash
  }

  private static func judged(_ verdict: Judgement.Verdict, _ one: Int, _ other: Int) -> Judgement {
    Judgement(verdict, hash(one), hash(other), at: Timestamp(milliseconds: 1))
  }

  /// Links with their doubts, by the numbers of the pictures.
  private struct Links: Sendable {
    var doubts: [Set<Int>: Float] = [:]

    init(_ links: [(Int, Int, Float)]) {
      for (one, other, doubt) in links { doubts[[one, other]] = doubt }
    }

    func doubt(_ one: GroupMember, _ other: GroupMember) -> Float? {
      doubts[[Int(one.hash.bytes[0]), Int(other.hash.bytes[0])]]
    }
  }

  /// The groups, by the numbers of their pictures; `ids` gives each number its id.
  private static func groups(
    _ numbers: [Int], _ judged: [Judgement], _ links: Links, ids: [Int: Int64] = [:]
  ) -> Set<Set<Int>> {
    let members = numbers.map {
      GroupMember(
        id: ID(ids[$0] ?? Int64($0)), hash: hash($0), fingerprint: Sample.fingerprint(0))
    }
    let groups = Parting.groups(of: members, judged: judged, doubt: links.doubt)
    var parts: [ID<ImageRecord>: Set<Int>] = [:]
    for member in members {
      parts[groups[member.id] ?? ID(0), default: []].insert(Int(member.hash.bytes[0]))
    }
    for (group, part) in parts {
      #expect(group.rawValue == part.map { ids[$0] ?? Int64($0) }.min())
    }
    return Set(parts.values)
  }

  @Test func `who stands between two that were told apart goes with the one of less doubt`() {
    let judged = [Self.judged(.apart, 1, 3)]
    let chain = { (left: Float, right: Float) in Links([(1, 2, left), (2, 3, right)]) }
    #expect(Self.groups([1, 2, 3], judged, chain(0.2, 0.3)) == [[1, 2], [3]])
    #expect(Self.groups([1, 2, 3], judged, chain(0.3, 0.2)) == [[1], [2, 3]])
    // As doubtful either way: the pair with the smaller hashes.
    #expect(Self.groups([3, 2, 1], judged, chain(0.3, 0.3)) == [[1, 2], [3]])
    #expect(Self.groups([1, 2, 3], [], chain(0.3, 0.3)) == [[1, 2, 3]])
  }

  @Test func `what a person puts together is stronger than any link`() {
    let links = Links([(1, 2, 0), (3, 4, 0.9)])
    let judged = [Self.judged(.apart, 1, 3), Self.judged(.together, 2, 3)]
    #expect(Self.groups([1, 2, 3, 4], judged, links) == [[1], [2, 3, 4]])
  }

  @Test func `groups hold nobody apart and part nobody without need, in any order`() {
    var random = SeededGenerator(seed: 5)
    var parted = 0
    for _ in 0..<200 {
      let numbers = Array(1...Int.random(in: 2...12, using: &random))
      func pairs(_ count: Int) -> [(Int, Int)] {
        (0..<count).compactMap { _ in
          let pair = (numbers.randomElement(using: &random), numbers.randomElement(using: &random))
          guard let one = pair.0, let other = pair.1, one != other else { return nil }
          return (one, other)
        }
      }
      let links = Links(
        pairs(2 * numbers.count).map { ($0, $1, Float.random(in: 0...1, using: &random)) })
      var judged: [Judgement] = []
      for (one, other) in pairs(4) {
        let verdict: Judgement.Verdict = Bool.random(using: &random) ? .apart : .together
        let new = Self.judged(verdict, one, other)
        if !judged.contains(where: { $0.isOf(new.first, new.second) }),
          new.contradiction(in: judged) == nil
        {
          judged.append(new)
        }
      }
      let groups = Self.groups(numbers, judged, links)
      func group(_ number: Int) -> Set<Int> { groups.first { $0.contains(number) } ?? [] }
      func group(_ hash: ContentHash) -> Set<Int> { group(Int(hash.bytes[0])) }
      for judgement in judged {
        #expect(
          (group(judgement.first) == group(judgement.second)) == (judgement.verdict == .together))
      }
      for link in links.doubts.keys {
        let ends = link.map { group($0) }
        guard ends[0] != ends[1] else { continue }
        parted += 1
        #expect(
          judged.contains {
            $0.verdict == .apart && Set([group($0.first), group($0.second)]) == Set(ends)
          }, "\(link) stands in two groups without a reason")
      }
      let ids = Dictionary(
        uniqueKeysWithValues: zip(numbers, numbers.map(Int64.init).shuffled(using: &random)))
      #expect(
        Self.groups(
          numbers.shuffled(using: &random), judged.shuffled(using: &random), links, ids: ids)
          == groups)
    }
    #expect(parted > 20)
  }

  @Test func `judgements that say the opposite are told in their order`() {
    let judged = [
      Self.judged(.together, 1, 2), Self.judged(.together, 3, 2), Self.judged(.apart, 3, 9),
      Self.judged(.together, 9, 8), Self.judged(.together, 5, 6),
    ]
    #expect(Self.judged(.apart, 1, 3).contradiction(in: judged) == [judged[0], judged[1]])
    // From the picture with the smaller hash to the other.
    #expect(
      Self.judged(.together, 8, 1).contradiction(in: judged)
        == [judged[0], judged[1], judged[2], judged[3]])
    #expect(Self.judged(.together, 1, 5).contradiction(in: judged) == nil)
    #expect(Self.judged(.apart, 1, 8).contradiction(in: judged) == nil)
  }
}
