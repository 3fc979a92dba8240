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

  /// The winning value in its most trusted wording, and all votes as evidence: the winner's first,
  /// then by trust.
  ///
  /// A value's score is the most trusted vote for it and a bonus for each further syntax; of equals
  /// the first one wins.
  func decide(limit: Int = 24) -> (chosen: Vote?, evidence: [Evidence]) {
    let winner = winner
    let sorted = votes.indices.sorted { a, b in
      let first = votes[a].key == winner
      let second = votes[b].key == winner
      if first != second { return first }
      return votes[a].trust == votes[b].trust ? a < b : votes[a].trust > votes[b].trust
    }
    let evidence = sorted.prefix(limit).map { index in
      let vote = votes[index]
      return Evidence(
        field: field.rawValue, syntax: vote.syntax, path: vote.path, raw: vote.raw.cut(at: 500),
        value: vote.value.cut(at: 2_000), isChosen: vote.key == winner)
    }
    return (winner == nil ? nil : votes[sorted[0]], evidence)
  }

  private var winner: String? {
    if isUndecided { return nil }
    guard votes.count > 1 else { return votes.first?.key }
    var scores: [(key: String, trust: Int, syntaxes: [Syntax])] = []
    for vote in votes {
      let place = scores.firstIndex { $0.key == vote.key } ?? scores.endIndex
      if place == scores.endIndex { scores.append((vote.key, vote.trust, [])) }
      scores[place].trust = max(scores[place].trust, vote.trust)
      if !vote.isAside, !scores[place].syntaxes.contains(vote.syntax) {
        scores[place].syntaxes.append(vote.syntax)
      }
    }
    func total(_ place: Int) -> Int {
      let score = scores[place]
      let isFavourite = score.key == favourite?.key && score.syntaxes.count > 1
      return score.trust + max(score.syntaxes.count - 1, 0) * Trust.agreement
        + (isFavourite ? favourite?.bonus ?? 0 : 0)
    }
    return scores[scores.indices.reduce(0) { total($1) > total($0) ? $1 : $0 }].key
  }
}

extension String {
  /// At most that many characters.
  fileprivate func cut(at count: Int) -> String {
    utf8.count <= count ? self : String(prefix(count))
  }
}
