/// Coordinates in which copies of one picture stand out from pictures of like things.
///
/// Directions that a class shares have large variance and dominate a cosine; dividing every principal
/// coordinate by the square root of its standard deviation leaves more to what tells two garments of
/// a class apart. Whole whitening (Jégou & Chum 2012) goes further than near duplicates bear.
package struct HalfWhitening: Sendable, Equatable {
  private let mean: [Float]
  /// `[dimension × dimension]`: a row a direction, scaled.
  private let matrix: [Float]

  /// Fitted to `sample`, which needs no labels.
  ///
  /// - Precondition: `sample` has a row.
  package init(of sample: VectorTable) {
    precondition(sample.count > 0)
    let width = sample.dimension
    mean = sample.mean
    let centred = sample.centred(at: mean).values
    let covariance = Matrix.product(
      centred[...], centred[...], rows: width, columns: width, inner: sample.count,
      transposingA: true)
    let (variances, axes) = SymmetricMatrix(
      covariance.map { Double($0) / Double(sample.count) }, side: width
    ).decomposed()
    let floor = max((variances.max() ?? 0) * 1e-6, .leastNormalMagnitude)
    var matrix = [Float](repeating: 0, count: width * width)
    for row in 0..<width {
      let scale = 1 / max(variances[row], floor).squareRoot().squareRoot()
      for column in 0..<width { matrix[row * width + column] = Float(axes[row][column] * scale) }
    }
    self.matrix = matrix
  }

  /// Each row in the new coordinates, of unit length.
  ///
  /// - Precondition: `vectors` has the sample's dimension.
  package func applied(to vectors: VectorTable) -> VectorTable {
    let width = mean.count
    precondition(vectors.dimension == width)
    let values = Matrix.product(
      vectors.centred(at: mean).values[...], matrix[...], rows: vectors.count, columns: width,
      inner: width, transposingB: true)
    return VectorTable(dimension: width, values: values).normalised()
  }

  package func applied(to vector: [Float]) -> [Float] {
    applied(to: VectorTable(dimension: mean.count, values: vector))[0]
  }
}
