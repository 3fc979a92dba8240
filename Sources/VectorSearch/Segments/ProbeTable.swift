/// How far to look for a wanted recall, as measured on the segment itself.
///
/// A query looks into every cell whose score is at most a *gap* below the best cell's: into few where
/// one cell stands out, into many where none does. Recall is the share of the exact first k hits that
/// are found, on average over queries.
struct ProbeTable: Equatable {
  static let recalls: [Double] = [0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999]
  static let depths = [10, 100, 1000]
  /// Bytes of a table in a file.
  static let length = 4 * recalls.count * depths.count

  /// By depth, then by recall; `+inf` looks into every cell.
  private(set) var gaps: [[Float]]

  /// - Parameter measured: By depth: the gaps of the cells of all exact hits of a sample of queries.
  init(measured: [[Float]]) {
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
  }

  func encode(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    for (i, gap) in gaps.joined().enumerated() { bytes.put(gap.bitPattern, at: offset + 4 * i) }
  }

  /// The gap to look into, or nil where more is wanted than was measured: then into all cells.
  func gap(recall: Double, depth: Int) -> Float? {
    guard let column = Self.recalls.firstIndex(where: { $0 >= recall }),
      let row = Self.depths.firstIndex(where: { $0 >= depth }), gaps[row][column].isFinite
    else { return nil }
    return gaps[row][column]
  }
}
