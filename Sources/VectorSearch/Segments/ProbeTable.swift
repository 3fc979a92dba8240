/// How far to look for a wanted recall, as measured on the segment itself.
///
/// A query looks into every cell that is at most a *gap* less near than a mark between the best cell and
/// the score of the last place: into few where one cell stands out and hits are close together, into many
/// where none does. Recall is the share of the exact first k hits that are found, on average over queries.
struct ProbeTable: Equatable {
  static let recalls: [Double] = [0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999]
  static let depths = [10, 100, 1000]
  /// How far from the best cell's nearness to the score of the last place gaps count from is, where
  /// they are measured.
  static let share: Float = 0.5
  /// Bytes of a table in a file: the gaps, then the share.
  static let length = 4 * recalls.count * depths.count + 4

  /// By depth, then by recall; `+inf` looks into every cell.
  private(set) var gaps: [[Float]]
  /// What they were measured with: 0 in files that are older than the share.
  private let share: Float

  /// - Parameter measured: By depth: the gaps of the cells of all exact hits of a sample of queries.
  init(measured: [[Float]]) {
    share = Self.share
    gaps = measured.map { gaps in
      let sorted = gaps.sorted()
      return Self.recalls.map { recall in
        let wanted = Int((recall * Double(sorted.count)).rounded(.up))
        return wanted == 0 ? .infinity : sorted[wanted - 1]
      }
    }
  }

  init(decoding bytes: UnsafeRawBufferPointer, at offset: Int) {
    gaps = Self.depths.indices.map { depth in
      Self.recalls.indices.map {
        Float(
          bitPattern: bytes.get(
            UInt32.self, at: offset + 4 * (depth * Self.recalls.count + $0)))
      }
    }
    share = Float(bitPattern: bytes.get(UInt32.self, at: offset + Self.length - 4))
  }

  func encode(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    for (i, gap) in gaps.joined().enumerated() { bytes.put(gap.bitPattern, at: offset + 4 * i) }
    bytes.put(share.bitPattern, at: offset + Self.length - 4)
  }

  /// What gaps count from.
  ///
  /// - Parameters:
  ///   - best: How near the nearest cell is.
  ///   - last: The score of the last place, or one below it, so that more is looked into.
  func mark(best: Float, last: Float) -> Float { best + share * (last - best) }

  /// The gap to look into, or nil where more is wanted than was measured: then into all cells.
  func gap(recall: Double, depth: Int) -> Float? {
    guard let column = Self.recalls.firstIndex(where: { $0 >= recall }),
      let row = Self.depths.firstIndex(where: { $0 >= depth }), gaps[row][column].isFinite
    else { return nil }
    return gaps[row][column]
  }
}
