/// The outcome of training a head: what it gained on products it never saw, and whether it is kept.
package struct Adaptation: Sendable {
  /// Retrieval among held-out pictures where a right answer shares the facet's value.
  package struct Gain: Sendable, Equatable, Encodable {
    package var facet: String
    package var base: RetrievalScores.Measures
    package var adapted: RetrievalScores.Measures
  }

  /// Trained on all pictures; `nil` where it gained too little or lost somewhere.
  package var head: Head?
  package var gains: [Gain]
  package var trainedOn: Int
  package var heldOut: Int
  /// Of the appended part, chosen on the held-out pictures.
  package var weight: Float

  /// The share of products that is held out.
  private static let heldOutShare = 0.2
  /// More pictures than this make a measure no truer.
  private static let measuredLimit = 4000
  private static let weights: [Float] = [0.5, 0.7, 1, 1.5, 2]
  /// A head is kept for at least this mean gain of mAP.
  private static let leastGain = 0.01
  /// And where no facet loses more than this.
  private static let largestLoss = 0.01

  /// Trains on four fifths of the products, measures on the rest and, where that pays, trains the head
  /// that is kept on all.
  ///
  /// - Parameters:
  ///   - vectors: base vectors, unit length, a row a picture.
  ///   - labels: of as many pictures.
  package init(of vectors: VectorTable, labels: WeakLabels, training: HeadTraining = .init()) {
    precondition(vectors.count == labels.products.count)
    let isHeldOut = Self.heldOut(labels.products, seed: training.seed)
    let rows = vectors.count == 0 ? [] : Array(0..<vectors.count)
    let trained = rows.filter { !isHeldOut[$0] }
    let measured = Array(rows.filter { isHeldOut[$0] }.prefix(Self.measuredLimit))
    (trainedOn, heldOut) = (trained.count, measured.count)
    (head, gains, weight) = (nil, [], Self.weights[0])
    guard trained.count >= 2, measured.count >= 2 else { return }
    var trial = training.head(vectors, labels, rows: trained)
    let sample = vectors.rows(measured)
    let base = labels.facets.map { Self.measures(sample, $0, measured) }
    var best = -Double.infinity
    for candidate in Self.weights {
      trial.weight = candidate
      let adapted = trial.adapted(sample)
      let after = labels.facets.map { Self.measures(adapted, $0, measured) }
      let found = zip(labels.facets, zip(base, after)).filter { $1.0.queries > 0 }
        .map { Gain(facet: $0.name, base: $1.0, adapted: $1.1) }
      let mean = found.reduce(0) { $0 + $1.gain } / Double(max(1, found.count))
      guard mean > best else { continue }
      (best, gains, weight) = (mean, found, candidate)
    }
    guard best >= Self.leastGain, gains.allSatisfy({ $0.gain >= -Self.largestLoss }) else { return }
    var final = training.head(vectors, labels, rows: rows)
    final.weight = weight
    head = final
  }

  private static func heldOut(_ products: [Int32], seed: UInt64) -> [Bool] {
    let limit = UInt64(heldOutShare * 1024)
    return products.map { product in
      var random = SplitMix(seed: seed ^ UInt64(bitPattern: Int64(product)))
      return random.next() % 1024 < limit
    }
  }

  /// By a picture's first value; pictures without one are left out.
  private static func measures(
    _ vectors: VectorTable, _ facet: WeakLabels.Facet, _ rows: [Int]
  ) -> RetrievalScores.Measures {
    var numbers: [Int32: Int] = [:]
    var (places, classes): ([Int], [Int]) = ([], [])
    for (place, row) in rows.enumerated() {
      guard let value = facet.values[row].first else { continue }
      let number = numbers[value, default: numbers.count]
      numbers[value] = number
      places.append(place)
      classes.append(number)
    }
    return RetrievalScores(
      of: vectors.rows(places), labels: classes,
      classes: (0..<numbers.count).map(String.init), keeping: 0
    ).overall
  }
}

extension Adaptation.Gain {
  /// Of the mean average precision.
  package var gain: Double { adapted.meanAveragePrecision - base.meanAveragePrecision }
}
