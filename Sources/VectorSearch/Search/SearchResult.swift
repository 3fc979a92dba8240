/// One answer to a query.
package struct Hit: Sendable, Equatable {
  package var key: UInt64
  /// The cosine with the query, larger is closer; −1…1 but for rounding in the last place.
  package var score: Float
  /// Its place in the exact order, counted from 1.
  package var rank: Int
  /// How many others it stands for: of its group, and near duplicates left out in its favour.
  package var folded: Int

  package init(key: UInt64, score: Float, rank: Int, folded: Int = 0) {
    self.key = key
    self.score = score
    self.rank = rank
    self.folded = folded
  }
}

/// The hits, best first, and what finding them took.
package struct SearchResult: Sendable {
  package var hits: [Hit]
  package var statistics: SearchStatistics

  package init(hits: [Hit] = [], statistics: SearchStatistics = SearchStatistics()) {
    self.hits = hits
    self.statistics = statistics
  }
}

/// What one search did.
package struct SearchStatistics: Sendable, Equatable {
  /// Vectors that passed filter and exclusion, as far as these were asked about them.
  package var candidates = 0
  /// Vectors whose bound was computed from codes.
  package var scanned = 0
  /// Cells whose vectors were scanned; all of them in exact searches.
  package var probed = 0
  /// Vectors whose bound was drawn closer from the rest of their codes.
  package var refined = 0
  /// Vectors whose score was computed from the stored vector.
  package var scored = 0
  /// Pairs compared to find near duplicates.
  package var compared = 0
  /// How often the candidates were walked; more than once only where much was left out.
  package var passes = 0

  package init() {}

  /// Counts what another search did too.
  package mutating func add(_ other: SearchStatistics) {
    candidates += other.candidates
    scanned += other.scanned
    probed += other.probed
    refined += other.refined
    scored += other.scored
    compared += other.compared
    passes += other.passes
  }
}
