/// How many cells of a segment to look into for a wanted recall, as measured on the segment itself.
///
/// Recall is the share of the exact first k hits that are found, on average over queries.
struct ProbeTable: Equatable {
  static let recalls: [Double] = [0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999]
  static let depths = [10, 100]
  private static let offset = 84

  /// By depth, then by recall.
  private(set) var cells: [[UInt32]]

  /// - Parameter ranks: By depth: the places, from 1, of the cells of all exact hits of a sample of
  ///   queries in the order in which a query looks into cells.
  init(ranks: [[Int]], cells: Int) {
    self.cells = ranks.map { ranks in
      let sorted = ranks.sorted()
      return Self.recalls.map { recall in
        guard !sorted.isEmpty else { return UInt32(cells) }
        let wanted = Int((recall * Double(sorted.count)).rounded(.up))
        return UInt32(sorted[min(wanted, sorted.count) - 1])
      }
    }
  }

  init(decoding bytes: UnsafeRawBufferPointer) {
    cells = Self.depths.indices.map { depth in
      Self.recalls.indices.map {
        bytes.get(UInt32.self, at: Self.offset + 4 * (depth * Self.recalls.count + $0))
      }
    }
  }

  func encode(into bytes: UnsafeMutableRawBufferPointer) {
    for (i, count) in cells.joined().enumerated() { bytes.put(count, at: Self.offset + 4 * i) }
  }

  /// The cells to probe, or nil for all: where more is wanted than was measured.
  func count(recall: Double, depth: Int) -> Int? {
    guard let column = Self.recalls.firstIndex(where: { $0 >= recall }) else { return nil }
    if let row = Self.depths.firstIndex(where: { $0 >= depth }) { return Int(cells[row][column]) }
    // Deeper hits lie in more cells; as many more as there are more of them is plenty.
    let last = Self.depths.count - 1
    return Int(cells[last][column]) * (depth + Self.depths[last] - 1) / Self.depths[last]
  }
}
