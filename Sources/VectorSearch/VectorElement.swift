import CKernels

/// What the components of stored vectors are.
///
/// What is stored is the truth: a unit vector is rounded once, when it is appended, and every score,
/// exact or not, is that of the rounded one. `docs/index-format.md` says how each is rounded.
package enum VectorElement: String, Sendable, CaseIterable {
  /// 32 bits, not rounded.
  case f32
  /// 16 bits; scores move by about 3·10⁻⁵.
  case f16
  /// 8 bits and a scale for each vector; scores move by about 10⁻³.
  case i8

  /// As kernels and files number it.
  var code: vitrine_element {
    switch self {
    case .f32: VITRINE_F32
    case .f16: VITRINE_F16
    case .i8: VITRINE_I8
    }
  }

  init?(number: UInt32) {
    guard let element = Self.allCases.first(where: { $0.number == number }) else { return nil }
    self = element
  }

  var number: UInt32 { code.rawValue }
}

/// How a vector stands in a segment: a row.
struct RowLayout: Hashable, Sendable {
  let dimension: Int
  let element: VectorElement
  /// Bytes from one row to the next, a multiple of four.
  let length: Int

  init(dimension: Int, element: VectorElement) {
    self.dimension = dimension
    self.element = element
    length = vitrine_row_length(element.code, dimension)
  }

  /// Words of four bytes from one row to the next.
  var words: Int { length / 4 }

  /// Rounds a unit vector, `[dimension]`, to the row that begins at `row`.
  func store(_ vector: UnsafePointer<Float>, at row: UnsafeMutablePointer<UInt32>) {
    vitrine_store_row(element.code, vector, dimension, row)
  }

  /// Decodes a row into `[dimension]` floats.
  func load(_ row: UnsafePointer<UInt32>, into vector: UnsafeMutablePointer<Float>) {
    vitrine_load_row(element.code, row, dimension, vector)
  }
}
