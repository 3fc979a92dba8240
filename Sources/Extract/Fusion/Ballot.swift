import Catalog

/// The votes for one field: who says what, and which value stands.
struct Ballot {
  struct Vote {
    var syntax: Syntax
    var path: String
    var raw: String
    var value: String
    /// Equal for values that mean the same.
    var key: String
    var trust: Int
    /// Said beside what its syntax says first: it agrees with nobody.
    var isAside = false
  }

  let field: Field
  private(set) var votes: [Vote] = []
  /// A value that gains more than agreement, and how much.
  var favourite: (key: String, bonus: Int)?
  /// The values are those of several things: none of them is the page's.
  var isUndecided = false

  init(_ field: Field) { self.field = field }

  /// Counts a vote; the same from the same place counts once.
  mutating func add(_ vote: Vote) {
    guard votes.count < 256,
      !votes.contains(where: {
        $0.key == vote.key && $0.syntax == vote.syntax && $0.path == vote.path
          && $0.trust >= vote.trust
      })
    else { return }
    votes.append(vote)
  }

  /// The key of the winning value: the most trusted vote for it, and a bonus for each further syntax.
  var winner: String? {
    if isUndecided { return nil }
    var scores: [String: (trust: Int, syntaxes: Set<Syntax>, order: Int)] = [:]
    for (order, vote) in votes.enumerated() {
      var score = scores[vote.key] ?? (Int.min, [], order)
      score.trust = max(score.trust, vote.trust)
      if !vote.isAside { score.syntaxes.insert(vote.syntax) }
      scores[vote.key] = score
    }
    func total(_ key: String, _ score: (trust: Int, syntaxes: Set<Syntax>, order: Int)) -> Int {
      let isFavourite = key == favourite?.key && score.syntaxes.count > 1
      return score.trust + max(score.syntaxes.count - 1, 0) * Trust.agreement
        + (isFavourite ? favourite?.bonus ?? 0 : 0)
    }
    return scores.max { a, b in
      let first = total(a.key, a.value)
      let second = total(b.key, b.value)
      return first == second ? a.value.order > b.value.order : first < second
    }?.key
  }

  /// The winning value in its most trusted wording.
  var chosen: Vote? {
    guard let winner else { return nil }
    return votes.enumerated().filter { $0.element.key == winner }
      .max { a, b in
        a.element.trust == b.element.trust ? a.offset > b.offset : a.element.trust < b.element.trust
      }?.element
  }

  /// All votes as evidence, the winner's first, then by trust.
  func evidence(limit: Int = 24) -> [Evidence] {
    let winner = winner
    let sorted = votes.enumerated().sorted { a, b in
      let first = a.element.key == winner
      let second = b.element.key == winner
      if first != second { return first }
      return a.element.trust == b.element.trust
        ? a.offset < b.offset : a.element.trust > b.element.trust
    }
    return sorted.prefix(limit).map { _, vote in
      Evidence(
        field: field.rawValue, syntax: vote.syntax, path: vote.path,
        raw: String(vote.raw.prefix(500)), value: String(vote.value.prefix(2_000)),
        isChosen: vote.key == winner)
    }
  }
}
