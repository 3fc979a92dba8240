import CKernels

/// The cells of a segment as a query sees them, and the rows that it found in some of them.
///
/// Its memory is kept from one query to the next, see ``LookRoom``.
final class ProbedCells {
  let list = Shortlist()
  /// Rows of the cells scanned last, with their bounds.
  let found = BoundedPlaces()
  /// Of the segment.
  private(set) var count = 0
  /// How near the nearest is.
  private(set) var best: Float = 0
  /// Cells to scan, and the rows that they have.
  private(set) var chosenCount = 0
  private(set) var chosenRows = 0
  /// By cell, the first `count` of them: how near its middle is, comparable from segment to segment;
  /// larger is nearer.
  private(set) var nearness: [Float] = []
  /// The first `chosenCount` are what to scan, ascending.
  private var chosen: [UInt32] = []

  /// What looks at them: the list's own unless it was measured with another.
  private(set) var query: PreparedQuery

  init() { query = list.query }

  /// Of memory.
  var bytes: Int { list.bytes + found.bytes + 8 * nearness.count }

  /// Prepares the query for the segment's codes and looks at all middles.
  ///
  /// - Parameters:
  ///   - offset: What nearness counts from in this segment.
  ///   - other: The query as another segment sees it.
  func begin(
    _ codes: SegmentCodes, _ query: UnitQuery, offset: Float = 0, like other: ProbedCells? = nil
  ) {
    codes.prepare(query, like: other?.query, into: list.query)
    measure(codes, list.query, offset: offset)
  }

  /// Looks at all middles with a query that was prepared for the segment's codes.
  func measure(_ codes: SegmentCodes, _ query: PreparedQuery, offset: Float = 0) {
    self.query = query
    count = codes.layout.cells
    if nearness.count < count {
      nearness = [Float](repeating: 0, count: count)
      chosen = [UInt32](repeating: 0, count: count)
    }
    codes.nearness(query, from: offset, into: &nearness)
    best = vitrine_largest(nearness, count)
  }

  /// Takes the row at a place, which is the query, out of its cell's middle c: of a cell of n rows that is
  /// n / (n − 1) times as far from the query then.
  func leaveOut(_ place: UInt32, of codes: SegmentCodes) {
    let cell = codes.cell(of: place)
    let rows = Float(codes.cellStarts[cell + 1] - codes.cellStarts[cell])
    guard rows > 1 else { return }
    let farther = rows / (rows - 1)
    // Twice the nearness is 1 − |q − m − B′c|², of which the tail is no part of the distance in the basis.
    let tail = codes.table.tails[Int(place)]
    let squared = max(0, 1 - 2 * nearness[cell] - tail * tail)
    nearness[cell] -= (farther * farther - 1) / 2 * squared
    best = vitrine_largest(nearness, count)
  }

  /// Chooses the cells that are so near.
  func choose(_ codes: SegmentCodes, from least: Float, below most: Float = .infinity) {
    let near = vitrine_at_least(nearness, count, least, &chosen)
    (chosenCount, chosenRows) = (0, 0)
    for i in 0..<near where nearness[Int(chosen[i])] < most {
      let cell = Int(chosen[i])
      chosenRows += Int(codes.cellStarts[cell + 1] - codes.cellStarts[cell])
      chosen[chosenCount] = chosen[i]
      chosenCount += 1
    }
  }

  /// Chooses so many of the nearest cells, and those that are as near as the last of them.
  func chooseNearest(_ codes: SegmentCodes, _ cells: Int) {
    var values = Array(nearness[..<count])
    choose(codes, from: vitrine_kth_largest(&values, count, cells))
  }

  /// Finds the rows of the chosen cells with their bounds.
  func scan(_ codes: SegmentCodes) {
    found.removeAll()
    found.reserve(chosenRows)
    chosen.withUnsafeBufferPointer {
      codes.scan(cells: $0.prefix(chosenCount), query, into: found)
    }
  }
}
