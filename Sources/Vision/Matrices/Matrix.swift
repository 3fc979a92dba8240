import CKernels

/// Products of row-major matrices of floats.
enum Matrix {
  /// op(a) · op(b), `[rows × columns]`.
  ///
  /// - Parameters:
  ///   - a: `[rows × inner]`, or `[inner × rows]` where it is transposed.
  ///   - b: `[inner × columns]`, or `[columns × inner]` where it is transposed.
  static func product(
    _ a: ArraySlice<Float>, _ b: ArraySlice<Float>, rows: Int, columns: Int, inner: Int,
    transposingA: Bool = false, transposingB: Bool = false
  ) -> [Float] {
    precondition(a.count == rows * inner && b.count == inner * columns)
    return [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          let status = vt_multiply(
            a.baseAddress, transposingA ? 1 : 0, b.baseAddress, transposingB ? 1 : 0, rows,
            columns, inner, buffer.baseAddress)
          precondition(status == 0, "out of memory")
        }
      }
      count = rows * columns
    }
  }
}
