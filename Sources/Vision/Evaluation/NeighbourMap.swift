internal import Foundation

/// A plane in which pictures that are near each other stay near each other.
///
/// t-SNE (van der Maaten & Hinton 2008) with exact forces: made for the few thousand points that a
/// page can show. The first two principal axes are where it starts, so that the same vectors give the
/// same map.
struct NeighbourMap {
  var perplexity: Double = 20
  var rounds = 400

  /// A point of −1…1 for each row of `vectors`.
  ///
  /// - Complexity: `rounds · count²`.
  func points(of vectors: VectorTable) -> [SIMD2<Float>] {
    let count = vectors.count
    guard count > 2 else {
      return (0..<count).map { [count == 1 ? 0 : Float($0) * 2 - 1, 0] }
    }
    let affinity = affinities(vectors)
    var points = Self.principalPlane(vectors)
    var speed = [SIMD2<Float>](repeating: .zero, count: count)
    var gain = [SIMD2<Float>](repeating: .one, count: count)
    let rate = max(Float(count) / 12 / 4, 10)
    var kernel = [Float](repeating: 0, count: count * count)
    for round in 0..<rounds {
      let exaggeration: Float = round < rounds / 4 ? 12 : 1
      var sum: Float = 0
      for i in 0..<count {
        for j in 0..<i {
          let apart = points[i] - points[j]
          let value = 1 / (1 + (apart * apart).sum())
          kernel[i * count + j] = value
          kernel[j * count + i] = value
          sum += 2 * value
        }
      }
      let momentum: Float = round < rounds / 4 ? 0.5 : 0.8
      let before = points
      for i in 0..<count {
        var force = SIMD2<Float>.zero
        for j in 0..<count where j != i {
          let value = kernel[i * count + j]
          let pull = exaggeration * affinity[i * count + j] - value / sum
          force += pull * value * (before[i] - before[j])
        }
        force *= 4
        for axis in 0..<2 {
          let agrees = (force[axis] > 0) == (speed[i][axis] > 0)
          gain[i][axis] = max(0.01, agrees ? gain[i][axis] * 0.8 : gain[i][axis] + 0.2)
        }
        speed[i] = momentum * speed[i] - rate * gain[i] * force
        points[i] += speed[i]
      }
    }
    return Self.fitted(points)
  }

  /// Symmetric probabilities that two points are neighbours, `[count × count]`, summing to 1.
  private func affinities(_ vectors: VectorTable) -> [Float] {
    let count = vectors.count
    let target = log(min(perplexity, Double(count - 1) / 3).clamped(to: 1.01...1000))
    var table = [Float](repeating: 0, count: count * count)
    for row in 0..<count {
      let scores = vectors.scores(row..<row + 1, against: vectors)
      // Unit vectors: the squared distance is 2 − 2 · cosine.
      let distances = scores.map { max(0, 2 - 2 * Double($0)) }
      let nearest = distances.indices.filter { $0 != row }.map { distances[$0] }.min() ?? 0
      var (low, high, beta) = (0.0, Double.infinity, 1.0)
      var chances = [Double](repeating: 0, count: count)
      for _ in 0..<50 {
        var sum = 0.0
        var weighted = 0.0
        for i in 0..<count where i != row {
          chances[i] = exp(-beta * (distances[i] - nearest))
          sum += chances[i]
          weighted += chances[i] * (distances[i] - nearest)
        }
        let entropy = log(sum) + beta * weighted / sum
        for i in 0..<count { chances[i] /= sum }
        if abs(entropy - target) < 1e-4 { break }
        if entropy > target { low = beta } else { high = beta }
        beta = high.isInfinite ? beta * 2 : (low + high) / 2
      }
      for i in 0..<count where i != row {
        let share = Float(chances[i] / Double(2 * count))
        table[row * count + i] += share
        table[i * count + row] += share
      }
    }
    return table
  }

  /// Coordinates along the two directions of largest variance, small.
  private static func principalPlane(_ vectors: VectorTable) -> [SIMD2<Float>] {
    let (count, width) = (vectors.count, vectors.dimension)
    let centred = vectors.centred(at: vectors.mean).values
    // Subspace iteration from two fixed directions.
    var basis = (0..<2 * width).map { i -> Float in
      let (axis, column) = (i / width, i % width)
      return axis == 0 ? (column % 2 == 0 ? 1 : 0.5) : (column % 3 == 0 ? 1 : -0.5)
    }
    var plane: [Float] = []
    for _ in 0..<30 {
      plane = Matrix.product(
        centred[...], basis[...], rows: count, columns: 2, inner: width, transposingB: true)
      basis = Matrix.product(
        plane[...], centred[...], rows: 2, columns: width, inner: count, transposingA: true)
      orthonormalise(&basis, width)
    }
    let longest = max(plane.map(abs).max() ?? 0, .leastNormalMagnitude)
    return (0..<count).map { SIMD2(plane[2 * $0], plane[2 * $0 + 1]) / longest * 1e-2 }
  }

  private static func orthonormalise(_ basis: inout [Float], _ width: Int) {
    for axis in 0..<2 {
      if axis == 1 {
        let along = (0..<width).reduce(Float(0)) { $0 + basis[$1] * basis[width + $1] }
        for i in 0..<width { basis[width + i] -= along * basis[i] }
      }
      let row = axis * width..<(axis + 1) * width
      let length = basis[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { continue }
      for i in row { basis[i] /= length }
    }
  }

  /// The middle of all points at 0, the farthest coordinate at 1.
  private static func fitted(_ points: [SIMD2<Float>]) -> [SIMD2<Float>] {
    let low = points.reduce(points[0]) { pointwiseMin($0, $1) }
    let high = points.reduce(points[0]) { pointwiseMax($0, $1) }
    let reach = max(((high - low) / 2).max(), .leastNormalMagnitude)
    return points.map { ($0 - (low + high) / 2) / reach }
  }
}

extension Comparable {
  fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
