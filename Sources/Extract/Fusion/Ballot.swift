import Catalog

/// The votes for one field: who says what, and which value stands.
struct Ballot {
  /// Equal for values that mean the same: the value itself, or a hash of it.
  typealias Key = UInt64

  struct Vote {
    var syntax: Syntax
    var path: String
    var raw: String
    var value: String
    var key: Key
    var trust: Int
    /// Said beside what its syntax says first: it agrees with nobody.
    var isAside = false
    /// What spoke for it and against it within its syntax.
    var reason: String?
  }

  let field: Field
  private(set) var votes: [Vote] = []
  /// A value that gains more than agreement, and how much.
  var favourite: (key: Key, bonus: Int)?
  /// The values are those of several things: none of them is the page's.
  var isUndecided = false

  init(_ field: Field) { self.field = field }

  /// Counts a vote; the same from the same place counts once.
  mutating func add(_ vote: consuming Vote) {
    guard votes.count < 256 else { return }
    if votes.isEmpty { votes.reserveCapacity(6) }
    for index in votes.indices
    where votes[index].key == vote.key && votes[index].syntax == vote.syntax
      && votes[index].trust >= vote.trust && votes[index].path == vote.path
    {
      return
    }
    votes.append(vote)
  }

  /// The winning value in its most trusted wording; all votes become evidence, the winner's first, then
  /// by trust.
  ///
  /// A value's score is the most trusted vote for it and a bonus for each further syntax; of equals
  /// the first one wins.
  func decide(
    into evidence: inout [Evidence], limit: Int = 24
  ) -> (value: String, key: Key)? {
    guard !votes.isEmpty else { return nil }
    let winner = winner
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: votes.count) { order in
      for vote in votes.indices {
        var place = vote
        while place > 0, precedes(vote, order[place - 1], winner: winner) {
          order[place] = order[place - 1]
          place -= 1
        }
        order[place] = vote
      }
      for place in 0..<min(limit, votes.count) {
        let vote = order[place]
        evidence.append(
          Evidence(
            field: field.rawValue, syntax: votes[vote].syntax, path: votes[vote].path,
            raw: votes[vote].raw.cut(at: 500), value: votes[vote].value.cut(at: 2_000),
            reason: votes[vote].reason, isChosen: votes[vote].key == winner))
      }
      return winner == nil ? nil : (votes[order[0]].value, votes[order[0]].key)
    }
  }

  private func precedes(_ a: Int, _ b: Int, winner: Key?) -> Bool {
    let isFirst = votes[a].key == winner
    if isFirst != (votes[b].key == winner) { return isFirst }
    return votes[a].trust == votes[b].trust ? a < b : votes[a].trust > votes[b].trust
  }

  private struct Score {
    var key: Key
    var trust: Int
    /// One bit for each that agrees.
    var syntaxes: UInt16
  }

  private var winner: Key? {
    if isUndecided { return nil }
    guard votes.count > 1 else { return votes.first?.key }
    return withUnsafeTemporaryAllocation(of: Score.self, capacity: votes.count) { scores in
      var count = 0
      for index in votes.indices {
        let key = votes[index].key
        var place = 0
        while place < count, scores[place].key != key { place += 1 }
        if place == count {
          scores[place] = Score(key: key, trust: votes[index].trust, syntaxes: 0)
          count += 1
        }
        scores[place].trust = max(scores[place].trust, votes[index].trust)
        if !votes[index].isAside { scores[place].syntaxes |= Trust.bit(votes[index].syntax) }
      }
      func total(_ score: Score) -> Int {
        let agreeing = score.syntaxes.nonzeroBitCount
        let bonus = agreeing > 1 && score.key == favourite?.key ? favourite?.bonus ?? 0 : 0
        return score.trust + max(agreeing - 1, 0) * Trust.agreement + bonus
      }
      var best = 0
      for place in 1..<max(count, 1) where total(scores[place]) > total(scores[best]) {
        best = place
      }
      return scores[best].key
    }
  }
}

extension String {
  /// At most that many characters.
  fileprivate func cut(at count: Int) -> String {
    utf8.count <= count ? self : String(prefix(count))
  }
}
