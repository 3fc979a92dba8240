import CKernels

extension Segment {
  /// Reads every record again and verifies its checksums, and that each live vector is of unit length
  /// within the rounding of its type: damage that was copied before it was noticed has a checksum of its own.
  ///
  /// - Throws: ``IndexError/corrupt(file:offset:reason:)`` for the first that is not what was written.
  /// - Complexity: one reading of the file, through `pread`, and one of the vectors.
  func verify() throws(IndexError) {
    let scanner = try RecordScanner(
      mapping.file, rows: layout, indexID: header.indexID, segmentID: id)
    _ = try scanner.records(
      from: SegmentFormat.headerLength, ordinal: 0, to: end, checkingVectors: true)
    if let row = firstNotOfUnitLength { throw notOfUnitLength(row) }
  }

  private var firstNotOfUnitLength: Int? {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: layout.dimension) { buffer in
      let vector = buffer.baseAddress!
      return (0..<count).first { row in
        if isDead(row) { return false }
        layout.load(stored(row), into: vector)
        let squared = vitrine_dot(vector, vector, layout.dimension)
        // Not `>`: the length may be no number.
        return !((squared - 1).magnitude <= UnitVector.slack)
      }
    }
  }

  /// What is to be said of a row whose vector cannot have been stored as it is.
  func notOfUnitLength(_ row: Int) -> IndexError {
    .corrupt(
      file: mapping.file.path, offset: 4 * Int(rows.offsets[row]),
      reason: "the vector of key \(key(of: row)) is not of unit length")
  }
}
