import Catalog

/// Parts pictures into groups none of which holds two that were told apart.
///
/// Single linkage by Kruskal's rule (1956) with links that must be there and others that must not (Davidson
/// and Ravi, "Agglomerative Hierarchical Clustering with Constraints", PKDD 2005): first what a person said
/// is together is joined, then what recognition links, the link of least doubt first; a link that would
/// bring into one group two that were told apart is passed over. A picture that is linked to both sides
/// comes to the one that it belongs to with less doubt. Of equal doubts the smaller content hashes come
/// first: neither ids nor the order in which pictures came play a part.
struct Parting {
  /// Of each picture, by its rank among the hashes, the rank of one that stands for it, or its own.
  private var roots: [Int]
  /// Of each root, the roots of groups that hold a picture told apart from one of its own.
  private var strangers: [Set<Int>]

  /// - Parameter judged: those of pictures that are not among the members do not count.
  /// - Complexity: the doubt of *n*² ÷ 2 pairs.
  /// - Returns: the group of each picture: the smallest id in it.
  static func groups(
    of members: [GroupMember], judged: [Judgement], doubt: LinkDoubt
  ) -> [ID<ImageRecord>: ID<ImageRecord>] {
    let members = members.sorted { $0.hash < $1.hash }
    var parting = Parting(count: members.count)
    let ranks = Dictionary(uniqueKeysWithValues: zip(members.map(\.hash), members.indices))
    func each(_ verdict: Judgement.Verdict, _ body: (Int, Int) -> Void) {
      for judgement in judged where judgement.verdict == verdict {
        guard let one = ranks[judgement.first], let other = ranks[judgement.second] else {
          continue
        }
        body(one, other)
      }
    }
    each(.apart) { parting.keepApart($0, $1) }
    each(.together) { parting.join($0, $1) }
    var links: [(doubt: Float, one: Int, other: Int)] = []
    for one in members.indices {
      for other in members.indices[(one + 1)...] {
        if let doubt = doubt(members[one], members[other]) { links.append((doubt, one, other)) }
      }
    }
    for link in links.sorted(by: { $0 < $1 }) { parting.join(link.one, link.other) }
    var groups: [Int: ID<ImageRecord>] = [:]
    for (rank, member) in members.enumerated() {
      let root = parting.root(rank)
      groups[root] = min(groups[root] ?? member.id, member.id)
    }
    return Dictionary(
      uniqueKeysWithValues: members.enumerated().compactMap { rank, member in
        groups[parting.root(rank)].map { (member.id, $0) }
      })
  }

  private init(count: Int) {
    roots = Array(0..<count)
    strangers = Array(repeating: [], count: count)
  }

  private func root(_ rank: Int) -> Int {
    var rank = rank
    while roots[rank] != rank { rank = roots[rank] }
    return rank
  }

  private mutating func keepApart(_ one: Int, _ other: Int) {
    strangers[one].insert(other)
    strangers[other].insert(one)
  }

  /// Makes two groups one, unless they hold two that were told apart.
  private mutating func join(_ one: Int, _ other: Int) {
    let (one, other) = (root(one), root(other))
    guard one != other, !strangers[one].contains(other) else { return }
    roots[other] = one
    for stranger in strangers[other] {
      strangers[stranger].remove(other)
      strangers[stranger].insert(one)
    }
    strangers[one].formUnion(strangers[other])
    strangers[other] = []
  }
}
