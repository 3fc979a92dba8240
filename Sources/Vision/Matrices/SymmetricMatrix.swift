internal import Foundation

/// A symmetric matrix of doubles, row-major.
struct SymmetricMatrix {
  private var values: [Double]
  private let side: Int

  /// - Precondition: `values` has `side × side` elements.
  init(_ values: [Double], side: Int) {
    precondition(values.count == side * side)
    self.values = values
    self.side = side
  }

  /// Eigenvalues, the largest first, and their eigenvectors of unit length, by cyclic Jacobi rotations
  /// (Golub & Van Loan, Matrix Computations, § 8.5).
  ///
  /// - Complexity: about eight sweeps of `2 · side³`.
  func decomposed() -> (values: [Double], vectors: [[Double]]) {
    var a = values
    let n = side
    var v = [Double](repeating: 0, count: n * n)
    for i in 0..<n { v[i * n + i] = 1 }
    a.withUnsafeMutableBufferPointer { a in
      v.withUnsafeMutableBufferPointer { v in
        let total = a.reduce(0) { $0 + $1 * $1 }
        for _ in 0..<40 {
          var off = 0.0
          for i in 0..<n { for j in 0..<i { off += a[i * n + j] * a[i * n + j] } }
          if off <= total * 1e-22 { break }
          for p in 0..<n {
            for q in p + 1..<max(n, p + 1) where abs(a[p * n + q]) > 1e-300 {
              Self.rotate(a, v, n, p, q)
            }
          }
        }
      }
    }
    let order = (0..<n).sorted { a[$0 * n + $0] > a[$1 * n + $1] }
    return (order.map { a[$0 * n + $0] }, order.map { Array(v[$0 * n..<($0 + 1) * n]) })
  }

  /// Makes a[p][q] zero; the rows of `v` turn with it.
  private static func rotate(
    _ a: UnsafeMutableBufferPointer<Double>, _ v: UnsafeMutableBufferPointer<Double>, _ n: Int,
    _ p: Int, _ q: Int
  ) {
    let theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
    let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n {
      let (left, right) = (a[k * n + p], a[k * n + q])
      a[k * n + p] = c * left - s * right
      a[k * n + q] = s * left + c * right
    }
    for k in 0..<n {
      let (upper, lower) = (a[p * n + k], a[q * n + k])
      a[p * n + k] = c * upper - s * lower
      a[q * n + k] = s * upper + c * lower
      let (first, second) = (v[p * n + k], v[q * n + k])
      v[p * n + k] = c * first - s * second
      v[q * n + k] = s * first + c * second
    }
  }
}
