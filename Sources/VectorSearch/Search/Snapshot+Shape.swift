/// One segment of a snapshot, for those who look after an index.
package struct SegmentShape: Sendable, Equatable, Encodable {
  /// Vectors that a search may find.
  package var vectors: Int
  /// Replaced and deleted ones that a merge will drop.
  package var dead: Int
  /// Whether it takes no more vectors.
  package var isSealed: Bool
  package var cells: Cells?

  package struct Cells: Sendable, Equatable, Encodable {
    package var count: Int
    package var largest: Int
    /// What looking into cells costs more than if all were of one size: their number times the sum of
    /// the squared shares of rows, 1 at best.
    package var imbalance: Double
    /// By the wanted recall of the first ten: how far below the best cell's score a search looks, as
    /// measured on the segment.
    package var gaps: [String: Float]
  }
}

extension Snapshot {
  /// The segments, oldest first; a segment without codes has no cells.
  package var shape: [SegmentShape] {
    segments.map { segment in
      SegmentShape(
        vectors: segment.liveCount, dead: segment.deadCount, isSealed: segment.isSealed,
        cells: segment.codes?.shape)
    }
  }
}

extension SegmentCodes {
  var shape: SegmentShape.Cells {
    let sizes = (0..<layout.cells).map { Double(cellStarts[$0 + 1] - cellStarts[$0]) }
    let squares = sizes.reduce(0) { $0 + $1 * $1 }
    let rows = Double(layout.rows)
    return SegmentShape.Cells(
      count: layout.cells, largest: Int(sizes.max() ?? 0),
      imbalance: Double(layout.cells) * squares / (rows * rows),
      gaps: Dictionary(
        uniqueKeysWithValues: zip(ProbeTable.recalls.map { "\($0)" }, probes.gaps[0])
          .filter { $0.1.isFinite }))
  }
}
