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
  /// Of the gain of mAP, over the facets.
  package var meanGain: Double { Self.mean(of: gains) }
  /// Of `meanGain`.
  package var standardError: Double
  package var trainedOn: Int
  package var heldOut: Int
  /// Of the appended part, chosen on the held-out pictures.
  package var weight: Float

  /// The share of products that is held out.
  private static let heldOutShare = 0.2
  /// More pictures than this make a measure no truer.
  private static let measuredLimit = 2000
  private static let weights: [Float] = [0.3, 0.5, 0.7, 1, 1.5, 2]
  /// A head is kept for at least this mean gain of mAP.
  private static let leastGain = 0.01
  /// That is at least so many of its standard errors: luck alone seldom gets there.
  private static let leastErrors = 2.0
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
    (head, gains, standardError, weight) = (nil, [], 0, Self.weights[0])
    guard trained.count >= 2, measured.count >= 2 else { return }
    var trial = training.head(vectors, labels, rows: trained)
    let sample = vectors.rows(measured)
    let base = labels.facets.map { Self.measures(sample, $0, measured) }
    var best: VectorTable?
    for candidate in Self.weights {
      trial.weight = candidate
      let adapted = trial.adapted(sample)
      let found = Self.gains(base, adapted, labels.facets, measured)
      let isBetter =
        Self.loses(found) == Self.loses(gains)
        ? Self.mean(of: found) > meanGain : Self.loses(gains)
      guard best == nil || isBetter else { continue }
      (best, gains, weight) = (adapted, found, candidate)
    }
    guard let best, !gains.isEmpty else { return }
    standardError = Self.standardError(sample, best, labels, measured)
    guard meanGain >= max(Self.leastGain, Self.leastErrors * standardError),
      !Self.loses(gains)
    else { return }
    var final = training.head(vectors, labels, rows: rows)
    final.weight = weight
    head = final
  }

  /// Why there is no head.
  package var refusal: String? {
    guard head == nil else { return nil }
    guard !gains.isEmpty else { return "no two pictures of held-out products share a label" }
    func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
    if let loss = gains.min(by: { $0.gain < $1.gain }), loss.gain < -Self.largestLoss {
      return
        "\(loss.facet) loses \(rounded(-loss.gain)) of mAP, at most \(Self.largestLoss) is allowed"
    }
    return "the mean gain of mAP is \(rounded(meanGain)) with a standard error of "
      + "\(rounded(standardError)), at least \(Self.leastGain) and two standard errors are wanted"
  }

  private static func heldOut(_ products: [Int32], seed: UInt64) -> [Bool] {
    let limit = UInt64(heldOutShare * 1024)
    return products.map { product in
      var random = SplitMix(seed: seed ^ UInt64(bitPattern: Int64(product)))
      return random.next() % 1024 < limit
    }
  }

  /// In the facets in which a picture has another to find.
  private static func gains(
    _ base: [RetrievalScores.Measures], _ adapted: VectorTable, _ facets: [WeakLabels.Facet],
    _ rows: [Int]
  ) -> [Gain] {
    zip(facets, base).filter { $0.1.queries > 0 }.map { facet, base in
      Gain(facet: facet.name, base: base, adapted: measures(adapted, facet, rows))
    }
  }

  private static func loses(_ gains: [Gain]) -> Bool {
    gains.contains { $0.gain < -largestLoss }
  }

  private static func mean(of gains: [Gain]) -> Double {
    gains.reduce(0) { $0 + $1.gain } / Double(max(1, gains.count))
  }

  /// Of the mean gain: a jackknife that leaves out a tenth of the products at a time (Efron &
  /// Tibshirani 1993, chapter 11).
  private static func standardError(
    _ base: VectorTable, _ adapted: VectorTable, _ labels: WeakLabels, _ rows: [Int]
  ) -> Double {
    let parts = 10
    let order = Set(rows.map { labels.products[$0] }).sorted().enumerated()
    let part = Dictionary(uniqueKeysWithValues: order.map { ($1, $0 % parts) })
    let means = (0..<parts).map { left in
      let places = rows.indices.filter { part[labels.products[rows[$0]]] != left }
      let kept = places.map { rows[$0] }
      let (before, after) = (base.rows(places), adapted.rows(places))
      return mean(
        of: gains(labels.facets.map { measures(before, $0, kept) }, after, labels.facets, kept))
    }
    let middle = means.reduce(0, +) / Double(parts)
    let spread = means.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
    return (spread * Double(parts - 1) / Double(parts)).squareRoot()
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
