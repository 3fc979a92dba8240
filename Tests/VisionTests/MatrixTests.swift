import Support
import Testing

@testable import Vision

struct MatrixTests {
  @Test(arguments: [(1, 1, 1), (6, 16, 256), (7, 17, 3), (13, 40, 300), (97, 1030, 5)])
  func `a product is what three loops give, transposed or not`(rows: Int, columns: Int, inner: Int)
  {
    var random = SplitMix(seed: UInt64(rows * columns + inner))
    let a = (0..<rows * inner).map { _ in random.normal() }
    let b = (0..<inner * columns).map { _ in random.normal() }
    var expected = [Float](repeating: 0, count: rows * columns)
    for i in 0..<rows {
      for k in 0..<inner {
        for j in 0..<columns {
          expected[i * columns + j] += a[i * inner + k] * b[k * columns + j]
        }
      }
    }
    func turned(_ m: [Float], _ lines: Int, _ width: Int) -> ArraySlice<Float> {
      (0..<width).flatMap { x in (0..<lines).map { m[$0 * width + x] } }[...]
    }
    let products = [
      Matrix.product(a[...], b[...], rows: rows, columns: columns, inner: inner),
      Matrix.product(
        turned(a, rows, inner), b[...], rows: rows, columns: columns, inner: inner,
        transposingA: true),
      Matrix.product(
        a[...], turned(b, inner, columns), rows: rows, columns: columns, inner: inner,
        transposingB: true),
    ]
    for product in products {
      for (x, y) in zip(product, expected) { #expect(abs(x - y) < 1e-3) }
    }
  }

  @Test func `axes of a symmetric matrix turn it diagonal, the largest first`() {
    let matrix: [Double] = [4, 1, -2, 1, 2, 0, -2, 0, 3]
    let (values, axes) = SymmetricMatrix(matrix, side: 3).decomposed()
    #expect(values == values.sorted(by: >))
    #expect(abs(values.reduce(0, +) - 9) < 1e-9)
    for (value, axis) in zip(values, axes) {
      for row in 0..<3 {
        let image = (0..<3).reduce(0) { $0 + matrix[row * 3 + $1] * axis[$1] }
        #expect(abs(image - value * axis[row]) < 1e-9)
      }
    }
  }

  @Test func `half-whitening evens out the directions but not wholly`() {
    var random = SplitMix(seed: 5)
    let spread: [Float] = [8, 2, 1, 0.5]
    let table = VectorTable(
      dimension: 4, values: (0..<400).flatMap { _ in spread.map { $0 * random.normal() } })
    let whitened = HalfWhitening(of: table).applied(to: table)
    for row in 0..<3 {
      #expect(abs(whitened[row].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
    // Of unit rows, the share of each direction: 64 : 4 : 1 : 0.25 before, its root after.
    func shares(_ table: VectorTable) -> [Float] {
      (0..<4).map { axis in
        (0..<table.count).reduce(0) { $0 + table[$1][axis] * table[$1][axis] }
          / Float(table.count)
      }
    }
    let (before, after) = (shares(table.normalised()), shares(whitened))
    #expect(after[0] > after[1] && after[1] > after[2] && after[2] > after[3])
    #expect(after[0] / after[3] < before[0] / before[3] / 2)
    #expect(HalfWhitening(of: table).applied(to: table[7]) == whitened[7])
  }
}
