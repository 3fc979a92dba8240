import Catalog

/// What a person said of two pictures, which counts whatever recognition says.
package struct Judgement: Sendable, Hashable {
  package enum Verdict: String, Sendable, Codable, CaseIterable {
    /// They are two pictures, and stand in two groups.
    case apart
    /// They are the same picture, and stand in one group.
    case together
  }

  /// The one with the smaller bytes; who is asked about first plays no part.
  package let first: ContentHash
  package let second: ContentHash
  package let verdict: Verdict
  package let at: Timestamp

  package init(_ verdict: Verdict, _ one: ContentHash, _ other: ContentHash, at: Timestamp) {
    (first, second) = one < other ? (one, other) : (other, one)
    self.verdict = verdict
    self.at = at
  }

  /// Whether it is of these two, whatever it says.
  package func isOf(_ one: ContentHash, _ other: ContentHash) -> Bool {
    one == first && other == second || one == second && other == first
  }
}

/// A picture of the catalog by its bytes, and the group that it stands in.
package struct GroupedPicture: Sendable, Hashable {
  package let id: ID<ImageRecord>
  package let hash: ContentHash
  package let group: ID<ImageRecord>
}

/// A picture as the parting of groups looks at it.
package struct GroupMember: Sendable {
  package let id: ID<ImageRecord>
  package let hash: ContentHash
  /// `nil` where this program cannot read it: recognition then links the picture to none.
  package let fingerprint: Fingerprint?

  package init(id: ID<ImageRecord>, hash: ContentHash, fingerprint: Fingerprint?) {
    self.id = id
    self.hash = hash
    self.fingerprint = fingerprint
  }
}

/// How doubtful it is that two pictures are one, from 0 for equal prints to 1; `nil` where recognition
/// takes them for two. Who of the two comes first plays no part.
package typealias LinkDoubt = @Sendable (GroupMember, GroupMember) -> Float?

/// What became of a judgement.
package enum Judging: Sendable, Equatable {
  /// It is kept, and the groups are such. `replaced` is what was said of the same two before, `moved` how
  /// many pictures stand in another group now.
  case kept(replaced: Judgement.Verdict?, moved: Int)
  /// These say the opposite of it, one after the other.
  case contradicted([Judgement])
}

/// A judgement that was taken back.
package struct Retraction: Sendable, Equatable {
  package let verdict: Judgement.Verdict
  /// Pictures that stand in another group now.
  package let moved: Int
}

extension Judgement {
  /// Those of other judgements that together say the opposite, one leading to the next; `nil` where none
  /// do. Who is together with one that is together with a third is together with the third.
  func contradiction(in judged: [Judgement]) -> [Judgement]? {
    var together: [ContentHash: [Judgement]] = [:]
    for judgement in judged where judgement.verdict == .together {
      together[judgement.first, default: []].append(judgement)
      together[judgement.second, default: []].append(judgement)
    }
    let (here, there) = (Self.paths(from: first, together), Self.paths(from: second, together))
    if verdict == .apart { return here[second] }
    for judgement in judged where judgement.verdict == .apart {
      for (one, other) in [
        (judgement.first, judgement.second), (judgement.second, judgement.first),
      ] {
        if let path = here[one], let back = there[other] {
          return path + [judgement] + back.reversed()
        }
      }
    }
    return nil
  }

  /// The shortest path to each picture that judgements lead to; the empty one to the picture itself.
  private static func paths(from start: ContentHash, _ judged: [ContentHash: [Judgement]])
    -> [ContentHash: [Judgement]]
  {
    var paths: [ContentHash: [Judgement]] = [start: []]
    var reached = [start]
    var next = 0
    while next < reached.count {
      let hash = reached[next]
      next += 1
      for judgement in judged[hash] ?? [] {
        let other = judgement.first == hash ? judgement.second : judgement.first
        guard paths[other] == nil, let path = paths[hash] else { continue }
        paths[other] = path + [judgement]
        reached.append(other)
      }
    }
    return paths
  }
}

extension ContentHash {
  /// As SQLite orders bytes.
  static func < (a: Self, b: Self) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}
