/// Vectors of one length, row after row.
package struct VectorTable: Sendable, Equatable {
  package let dimension: Int
  /// `[count × dimension]`, row-major.
  package private(set) var values: [Float] = []

  package init(dimension: Int) {
    precondition(dimension > 0)
    self.dimension = dimension
  }

  /// - Precondition: `values.count` is a multiple of `dimension`.
  package init(dimension: Int, values: [Float]) {
    precondition(dimension > 0 && values.count.isMultiple(of: dimension))
    self.dimension = dimension
    self.values = values
  }

  package var count: Int { values.count / dimension }

  /// - Precondition: `vector` has the table's dimension.
  package mutating func append(_ vector: [Float]) {
    precondition(vector.count == dimension, "a vector of \(vector.count), \(dimension) wanted")
    values += vector
  }

  package subscript(row: Int) -> [Float] {
    Array(values[row * dimension..<(row + 1) * dimension])
  }

  /// The rows at `places`, in that order.
  package func rows(_ places: [Int]) -> VectorTable {
    var part = VectorTable(dimension: dimension)
    part.values.reserveCapacity(places.count * dimension)
    for place in places {
      part.values += values[place * dimension..<(place + 1) * dimension]
    }
    return part
  }

  /// The mean of the rows; zeros where there is none.
  var mean: [Float] {
    var mean = [Float](repeating: 0, count: dimension)
    for (i, value) in values.enumerated() { mean[i % dimension] += value }
    return mean.map { $0 / Float(max(1, count)) }
  }

  /// Each row less `mean`.
  ///
  /// - Precondition: `mean` has the table's dimension.
  func centred(at mean: [Float]) -> VectorTable {
    precondition(mean.count == dimension)
    var values = values
    for i in values.indices { values[i] -= mean[i % dimension] }
    return VectorTable(dimension: dimension, values: values)
  }

  /// Each row brought to unit length; a row of zeros stays.
  package func normalised() -> VectorTable {
    var values = values
    for start in stride(from: 0, to: values.count, by: dimension) {
      let row = start..<start + dimension
      let length = values[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { continue }
      for i in row { values[i] /= length }
    }
    return VectorTable(dimension: dimension, values: values)
  }

  /// The scalar products of the rows `rows` with all rows of `other`: `[rows.count × other.count]`.
  ///
  /// - Precondition: both tables have one dimension.
  package func scores(_ rows: Range<Int>, against other: VectorTable) -> [Float] {
    precondition(dimension == other.dimension && rows.lowerBound >= 0 && rows.upperBound <= count)
    return Matrix.product(
      values[rows.lowerBound * dimension..<rows.upperBound * dimension], other.values[...],
      rows: rows.count, columns: other.count, inner: dimension, transposingB: true)
  }
}
