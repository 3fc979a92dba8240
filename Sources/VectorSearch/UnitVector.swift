import CKernels

/// How vectors come to unit length, the same bits wherever it happens.
///
/// A vector whose squared length is within 2⁻²² of one is left as it is, so that a vector read from
/// the index and sent as a query is the stored one: rounding each component of a unit vector to
/// fp32 moves its squared length by less than 2⁻²³. Any other is divided by its length in double
/// and rounded once.
enum UnitVector {
  /// How far the squared length of a stored vector, of any type, is from one at most.
  static let slack = 0x1p-20

  /// No score of two unit vectors is farther from zero.
  static let scoreLimit: Float = 1 + 0x1p-20

  /// The unit vector of the same direction, or nil where there is none: zero, infinite or NaN.
  static func normalised(_ vector: [Float]) -> [Float]? {
    var result = vector
    return vitrine_normalise(&result, result.count) == 1 ? result : nil
  }

  static func normalised(_ vector: [Double]) -> [Float]? {
    // Halving the exponent range first keeps the squares of any finite doubles finite.
    let largest = vector.reduce(0) { max($0, $1.magnitude) }
    guard largest > 0, largest.isFinite else { return nil }
    return normalised(vector.map { Float($0 / largest) })
  }
}
