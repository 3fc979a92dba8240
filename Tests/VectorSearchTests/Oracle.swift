import Support

@testable import VectorSearch

/// What an index should answer, by the definitions of its documents and nothing else: plain Swift,
/// one vector at a time, a full sort.
struct Oracle {
  var element = VectorElement.f32
  var vectors: [UInt64: [Float]] = [:]

  mutating func append(_ keys: [UInt64], _ rows: [[Float]]) {
    for (key, row) in zip(keys, rows) { vectors[key] = Self.stored(Self.unit(row), element) }
  }

  mutating func delete(_ keys: [UInt64]) {
    for key in keys { vectors[key] = nil }
  }

  /// Sixteen lanes of double, halved.
  static func dot(_ a: [Float], _ b: [Float]) -> Double {
    var lanes = [Double](repeating: 0, count: 16)
    for i in a.indices { lanes[i % 16] += Double(a[i]) * Double(b[i]) }
    for width in [8, 4, 2, 1] {
      for j in 0..<width { lanes[j] += lanes[j + width] }
    }
    return lanes[0]
  }

  static func unit(_ vector: [Float]) -> [Float] {
    let squared = dot(vector, vector)
    if abs(squared - 1) <= 0x1p-22 { return vector }
    return vector.map { Float(Double($0) / squared.squareRoot()) }
  }

  /// What an index of these elements keeps of a unit vector.
  static func stored(_ unit: [Float], _ element: VectorElement) -> [Float] {
    let rounded: [Float]
    switch element {
    case .f32: return unit
    case .f16: rounded = unit.map { Float(Float16($0)) }
    case .i8:
      let largest = Double(unit.map(\.magnitude).max()!)
      rounded = unit.map { Float((127 * Double($0) / largest).rounded(.toNearestOrEven)) }
    }
    let scale = Float(1 / dot(rounded, rounded).squareRoot())
    return rounded.map { scale * $0 }
  }

  func hits(_ request: SearchRequest, groups: [UInt64: UInt64] = [:]) -> [Hit] {
    let query = Self.query(request)
    var order: [(key: UInt64, score: Float)] = []
    for (key, vector) in vectors {
      if let filter = request.filter, !filter.contains(key) { continue }
      if request.excluding.contains(key) { continue }
      let score = Float(Self.dot(query, vector))
      if score >= request.minScore ?? -Float.infinity { order.append((key, score)) }
    }
    order.sort { $0.score > $1.score || ($0.score == $1.score && $0.key < $1.key) }
    var members: [UInt64: Int] = [:]
    if !groups.isEmpty {
      order = order.filter { candidate in
        guard let group = groups[candidate.key] else { return true }
        members[group, default: 0] += 1
        return members[group] == 1
      }
    }
    var hits: [Hit] = []
    var rank = request.stride
    while rank <= order.count, hits.count < request.k {
      let candidate = order[rank - 1]
      let folded = groups[candidate.key].map { members[$0]! - 1 } ?? 0
      let twin = hits.firstIndex {
        guard let bound = request.suppressAbove else { return false }
        return Float(Self.dot(vectors[candidate.key]!, vectors[$0.key]!)) > bound
      }
      if let twin {
        hits[twin].folded += 1 + folded
      } else {
        hits.append(
          Hit(key: candidate.key, score: candidate.score, rank: rank, folded: folded))
      }
      rank += request.stride
    }
    return hits
  }

  private static func query(_ request: SearchRequest) -> [Float] {
    if request.directions.count == 1, request.directions[0].weight > 0 {
      return unit(request.directions[0].vector)
    }
    var sum = [Double](repeating: 0, count: request.directions[0].vector.count)
    for direction in request.directions {
      let unit = unit(direction.vector)
      for i in sum.indices { sum[i] += Double(direction.weight) * Double(unit[i]) }
    }
    let largest = sum.map(\.magnitude).max()!
    return unit(sum.map { Float($0 / largest) })
  }
}

/// Seeded vectors of several shapes.
struct VectorSource {
  enum Shape: CaseIterable {
    /// Independent components.
    case random
    /// A few directions with noise, some repeated exactly: ties and near duplicates.
    case clustered
    /// One component set, of either sign and any length: most scores are equal.
    case oneHot
    /// Components over sixty orders of magnitude.
    case huge
    /// Few values only: many equal vectors.
    case coarse
  }

  let dimension: Int
  var random: SeededGenerator
  private var centres: [[Float]] = []

  init(dimension: Int, seed: UInt64) {
    self.dimension = dimension
    random = SeededGenerator(seed: seed)
    centres = (0..<5).map { _ in uniform() }
  }

  mutating func uniform() -> [Float] {
    (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
  }

  mutating func vector(_ shape: Shape) -> [Float] {
    switch shape {
    case .random: return uniform()
    case .clustered:
      let centre = centres.randomElement(using: &random)!
      if Int.random(in: 0..<4, using: &random) == 0 { return centre }
      let noise = Float([0.001, 0.03, 0.3].randomElement(using: &random)!)
      return zip(centre, uniform()).map { $0 + noise * $1 }
    case .oneHot:
      var vector = [Float](repeating: 0, count: dimension)
      vector[.random(in: 0..<dimension, using: &random)] =
        [-1e30, -1, 0.5, 3, 1e-30].randomElement(using: &random)!
      return vector
    case .huge:
      return uniform().map { x in
        [1e30, 1e-30, 1].randomElement(using: &random)! * x
      }
    case .coarse:
      var vector = (0..<dimension).map { _ in Float.random(in: 0...1, using: &random).rounded() }
      vector[0] = 1
      return vector
    }
  }

  mutating func vectors(_ count: Int, _ shape: Shape = .random) -> [[Float]] {
    (0..<count).map { _ in vector(shape) }
  }
}

extension IndexWriter {
  @discardableResult func append(_ keys: [UInt64], _ rows: [[Float]]) throws(IndexError)
    -> AppendReceipt
  {
    try append(keys: keys, vectors: rows.flatMap { $0 })
  }
}

extension Snapshot {
  /// Everything in it, for comparison with ``Oracle/vectors``.
  var contents: [UInt64: [Float]] {
    Dictionary(keys.map { ($0, try! vector(for: $0)!) }) { _, _ in
      preconditionFailure("a key stands twice")
    }
  }
}
