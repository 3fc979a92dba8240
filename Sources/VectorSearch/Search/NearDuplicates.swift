import CKernels

/// Tells which candidates of an order are near duplicates of one before them that is none itself.
///
/// A deep page compares each of ten thousand with nearly all before it. So many are compared at a time, as
/// a product of matrices in fp32, and by their *heads*: the first components of a vector and the length of
/// its tail, the others. The product of two heads is not below that of the vectors (Cauchy–Schwarz), and
/// seldom comes near a bound that only near duplicates pass; what does is scored as the rest of the index
/// is. Two vectors whose scores differ by more than they can be apart are not compared at all:
/// |q·a − q·b| ≤ |a − b| for a query q of unit length.
struct NearDuplicates {
  /// Candidates that are compared at a time, and with how many.
  static let rowLimit = 256
  private static let columnLimit = 1024

  /// Components of a head, at most.
  private static let headLimit = 64

  private let bound: Float
  private let dimension: Int
  private let headLength: Int
  /// A product of heads in fp32 below this is of a score that is not above the bound.
  private let limit: Float
  /// How far apart the scores of near duplicates are at most.
  private let reach: Double
  /// `[count × dimension]`: the vectors of those that are no near duplicates.
  private var vectors: [Float] = []
  /// `[count × headLength]`.
  private var heads: [Float] = []
  /// Theirs, descending.
  private var scores: [Float] = []
  /// The first of them that the scores still to come may be near.
  private var first = 0
  private(set) var compared = 0

  init(above bound: Float, dimension: Int) {
    self.bound = bound
    self.dimension = dimension
    headLength = min(dimension, Self.headLimit)
    // n products of unit vectors are summed in any order with an error of n · 2⁻²⁴ at most (Higham 2002,
    // §3.1); four times that, since lengths and scores are rounded too.
    limit = Float(Double(bound) - Double(headLength) * 0x1p-22).nextDown
    reach = max(0, 2 - 2 * Double(bound) + 4 * UnitVector.slack).squareRoot() + UnitVector.slack
  }

  /// For each of the next candidates, at most ``rowLimit``, the one that it is a near duplicate of: the
  /// first such of those that are none, counted from 0 over all calls; nil where it is none.
  mutating func twins(
    of candidates: [Candidate], in segments: [Segment]
  ) throws(IndexError) -> [Int?] {
    var rows: [Float] = []
    rows.reserveCapacity(candidates.count * dimension)
    for candidate in candidates {
      rows += try segments[Int(candidate.segment)].vector(of: candidate.row)
    }
    let block = Block(rows: rows, heads: heads(of: rows), headLength: headLength)
    let highest = (candidates.first.map { Double($0.score) } ?? 0) + reach
    while first < scores.count, Double(scores[first]) > highest { first += 1 }
    var twins = [Int?](repeating: nil, count: candidates.count)
    compare(block, &twins)
    compareAmongThemselves(block, candidates, &twins)
    return twins
  }

  /// Candidates that are compared together.
  private struct Block {
    /// `[count × dimension]`
    var rows: [Float]
    /// `[count × headLength]`
    var heads: [Float]
    let headLength: Int

    /// `[count × others]`: the products of each head with each of these, in fp32.
    func withProducts(_ others: ArraySlice<Float>, _ body: (UnsafePointer<Float>) -> Void) {
      let (rows, columns) = (heads.count / headLength, others.count / headLength)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * columns) { products in
        let status = others.withUnsafeBufferPointer {
          vt_multiply(
            heads, 0, $0.baseAddress, 1, rows, columns, headLength, products.baseAddress)
        }
        precondition(status == 0, "no memory for \(rows) × \(columns) products")
        body(UnsafePointer(products.baseAddress!))
      }
    }
  }

  private func heads(of rows: [Float]) -> [Float] {
    if headLength == dimension { return rows }
    var heads: [Float] = []
    heads.reserveCapacity(rows.count / dimension * headLength)
    rows.withUnsafeBufferPointer { rows in
      for start in stride(from: 0, to: rows.count, by: dimension) {
        let tail = start + headLength - 1
        heads += rows[start..<tail]
        let rest = rows.baseAddress! + tail
        let squared = vitrine_dot(rest, rest, dimension - headLength + 1)
        heads.append(Float(squared.squareRoot()).nextUp)
      }
    }
    return heads
  }

  /// Finds the twins that calls before have told to be none.
  private mutating func compare(_ block: Block, _ twins: inout [Int?]) {
    for start in stride(from: first, to: scores.count, by: Self.columnLimit) {
      let width = min(Self.columnLimit, scores.count - start)
      let others = heads[start * headLength..<(start + width) * headLength]
      block.withProducts(others) { products in
        for i in twins.indices where twins[i] == nil {
          twins[i] = firstAbove(products + i * width, width) {
            isAbove(block, i, vectors, start + $0)
          }.map { start + $0 }
        }
      }
      compared += twins.count * width
    }
  }

  /// Finds the twins among the candidates that have none yet, and keeps those that have none at all.
  private mutating func compareAmongThemselves(
    _ block: Block, _ candidates: [Candidate], _ twins: inout [Int?]
  ) {
    let count = candidates.count
    var numbers = [Int?](repeating: nil, count: count)
    block.withProducts(block.heads[...]) { products in
      for i in 0..<count where twins[i] == nil {
        let twin = firstAbove(products + i * count, i) {
          numbers[$0] != nil && isAbove(block, i, block.rows, $0)
        }
        if let twin {
          twins[i] = numbers[twin]
        } else {
          numbers[i] = scores.count
          scores.append(candidates[i].score)
          vectors += block.rows[i * dimension..<(i + 1) * dimension]
          heads += block.heads[i * headLength..<(i + 1) * headLength]
        }
      }
    }
    compared += count * (count - 1) / 2
  }

  /// The first place whose product reaches the limit and that is one.
  private func firstAbove(
    _ products: UnsafePointer<Float>, _ count: Int, where isOne: (Int) -> Bool
  ) -> Int? {
    if vitrine_largest(products, count) < limit { return nil }
    return (0..<count).first { products[$0] >= limit && isOne($0) }
  }

  /// Whether the score of the block's vector `i` and the other's vector `j` is above the bound.
  private func isAbove(_ block: Block, _ i: Int, _ others: [Float], _ j: Int) -> Bool {
    block.rows.withUnsafeBufferPointer { rows in
      others.withUnsafeBufferPointer { others in
        Float(
          vitrine_dot(
            rows.baseAddress! + i * dimension, others.baseAddress! + j * dimension, dimension))
          > bound
      }
    }
  }
}
