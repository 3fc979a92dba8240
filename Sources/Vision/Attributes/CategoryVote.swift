internal import Foundation

/// What the pictures most like a picture say it is.
///
/// Each neighbour votes for its category with the weight exp(similarity / 0.07): the k-nearest-neighbour
/// classifier of Wu, Xiong, Yu and Lin, "Unsupervised Feature Learning via Non-Parametric Instance
/// Discrimination" (CVPR 2018), with their temperature.
package struct CategoryVote: Sendable, Equatable {
  package let category: String
  /// Of all votes, 0…1.
  package let share: Double

  /// How many neighbours vote.
  package static let neighbours = 10
  private static let temperature = 0.07

  /// `nil` where nobody votes; of categories with equal votes the first by name wins.
  ///
  /// - Parameter neighbours: cosines and categories.
  package init?(of neighbours: [(similarity: Float, category: String)]) {
    guard let most = neighbours.map(\.similarity).max() else { return nil }
    var votes: [String: Double] = [:]
    var total = 0.0
    for (similarity, category) in neighbours {
      let vote = exp(Double(similarity - most) / Self.temperature)
      votes[category, default: 0] += vote
      total += vote
    }
    guard let winner = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else {
      return nil
    }
    category = winner.key
    share = winner.value / total
  }

  /// The share from which on votes are believed.
  package struct Threshold: Sendable, Equatable {
    package let share: Double
    /// Of the trials that it lets through: how many are right, 0…1.
    package let precision: Double

    /// Right answers wanted among those believed.
    package static let wantedPrecision = 0.9
    /// Fewer trials than this prove nothing.
    package static let leastTrials = 20

    /// The smallest share at which enough of the trials are right; `nil` where there is none.
    ///
    /// - Parameter trials: votes about pictures whose category is known, and whether they were right.
    package init?(of trials: [(share: Double, isRight: Bool)]) {
      let ranked = trials.sorted { $0.share > $1.share }
      var right = 0
      var best: (share: Double, precision: Double)?
      for (place, trial) in ranked.enumerated() {
        right += trial.isRight ? 1 : 0
        // Trials with one share are let through together.
        if place + 1 < ranked.count, ranked[place + 1].share == trial.share { continue }
        let precision = Double(right) / Double(place + 1)
        if place + 1 >= Self.leastTrials, precision >= Self.wantedPrecision {
          best = (trial.share, precision)
        }
      }
      guard let best else { return nil }
      (share, precision) = best
    }
  }
}
