import Glibc

extension IndexWriter {
  /// What a compaction did.
  package struct CompactionReceipt: Sendable, Equatable {
    package var segmentsBefore = 0
    package var segmentsAfter = 0
    /// Vectors written anew.
    package var kept = 0
    /// Replaced and deleted vectors that went.
    package var dropped = 0
  }

  /// Vectors of one record of a compacted segment, about.
  private static let recordBytes = 1 << 22

  /// Writes the live vectors anew, ascending by key, and drops what was replaced or deleted.
  ///
  /// Appends, deletes and readers go on meanwhile; a crash at any instant leaves the index as it was
  /// before or after. Where there is nothing to gain nothing is written.
  @discardableResult package func compact() throws(IndexError) -> CompactionReceipt {
    try compacting.withLock { _ throws(IndexError) in
      guard let plan = try change(plan) else { return CompactionReceipt() }
      var segments: [CompactedSegment] = []
      do throws(IndexError) {
        for (i, rows) in plan.outputs.enumerated() {
          segments.append(try write(rows, id: plan.firstID + UInt64(i), plan))
        }
        try disk.syncFolder(folder)
      } catch {
        // Not listed anywhere yet; what cannot be removed now goes at the next opening.
        for i in plan.outputs.indices { try? disk.remove(path(plan.firstID + UInt64(i))) }
        throw error
      }
      try change { state throws(IndexError) in
        try replace(plan, with: segments, &state)
        publish(state.index)
      }
      for segment in plan.inputs {
        try disk.remove(path(segment.id))
        if segment.codes != nil { try disk.remove(folder + "/" + SegmentCodes.name(segment.id)) }
      }
      let kept = plan.outputs.reduce(0) { $0 + $1.count }
      return CompactionReceipt(
        segmentsBefore: plan.inputs.count, segmentsAfter: segments.count, kept: kept,
        dropped: plan.inputs.reduce(0) { $0 + $1.count } - kept)
    }
  }

  /// Computes what speeds up the search of sealed segments, where that is missing.
  ///
  /// About 11 µs of CPU a vector of 512 dimensions, once. Appends, deletes and readers go on
  /// meanwhile; readers in other processes take it in at their next refresh. Answers are the same
  /// with and without.
  ///
  /// - Returns: How many segments were worked on.
  @discardableResult package func buildCodes() throws(IndexError) -> Int {
    try compacting.withLock { _ throws(IndexError) in
      let (uncoded, manifest) = state.withLock { ($0.index.uncoded, $0.index.manifest) }
      for segment in uncoded {
        try SegmentCodes.build(segment, folder: folder, manifest: manifest, disk: disk)
        try change { state throws(IndexError) in
          if state.index.adoptCodes() { publish(state.index) }
        }
      }
      return uncoded.count
    }
  }

  private struct CompactionPlan {
    var manifest: Manifest
    var inputs: [Segment]
    /// The live rows, ascending by key, divided into new segments.
    var outputs: [[IndexState.Place]]
    var firstID: UInt64
  }

  private struct CompactedSegment {
    var segment: Segment
    var length: Int
    var origins: [IndexState.Place]
  }

  /// Seals what there is and says what to write; nil where that would change nothing.
  private func plan(_ state: inout WriterState) throws(IndexError) -> CompactionPlan? {
    let rowsPerSegment = max(1, segmentLimit / (identity.dimension * 4 + 8))
    let sealed = state.index.segments.dropLast()
    let rows = sealed.reduce(0) { $0 + $1.count }
    if state.index.active.ordinal == 0,
      sealed.allSatisfy({ $0.deadCount == 0 && $0.tombstones.isEmpty }),
      sealed.count <= (rows + rowsPerSegment - 1) / rowsPerSegment
    {
      return nil
    }
    if state.index.active.ordinal > 0 { try roll(&state) }
    let inputs = Array(state.index.segments.dropLast())
    var places: [(key: UInt64, place: IndexState.Place)] = []
    for (i, segment) in inputs.enumerated() {
      for row in 0..<segment.count where !segment.isDead(row) {
        places.append((segment.key(of: row), IndexState.Place(segment: i, row: row)))
      }
    }
    places.sort { $0.key < $1.key }
    let outputs = stride(from: 0, to: places.count, by: rowsPerSegment).map { start in
      places[start..<min(start + rowsPerSegment, places.count)].map(\.place)
    }
    return CompactionPlan(
      manifest: state.index.manifest, inputs: inputs, outputs: outputs,
      firstID: state.index.reserveSegmentIDs(outputs.count))
  }

  private func write(
    _ rows: [IndexState.Place], id: UInt64, _ plan: CompactionPlan
  ) throws(IndexError) -> CompactedSegment {
    let dimension = identity.dimension
    let (file, header) = try Self.createSegment(
      id, of: plan.manifest, folder: folder, disk: disk)
    var records: [RecordScanner.Record] = []
    var end = SegmentFormat.headerLength
    let rowsPerRecord = max(1, Self.recordBytes / (dimension * 4))
    for start in stride(from: 0, to: rows.count, by: rowsPerRecord) {
      let part = rows[start..<min(start + rowsPerRecord, rows.count)]
      let bytes = RecordBytes(
        RecordHeader(
          kind: .vectors, sequence: plan.manifest.sealedSequence, ordinal: UInt32(records.count),
          count: part.count, dimension: dimension),
        salt: header.salt
      ) { keys, vectors in
        for (i, place) in part.enumerated() {
          let segment = plan.inputs[place.segment]
          keys[i] = segment.key(of: place.row)
          memcpy(
            vectors.baseAddress! + i * dimension, segment.vector(of: place.row), dimension * 4)
        }
      }
      try disk.write(bytes.raw, to: file, at: end)
      records.append(RecordScanner.Record(header: bytes.header, offset: end))
      end += bytes.header.length
    }
    try disk.sync(file)
    var segment = Segment(
      id: id, mapping: try Mapping(file, reserving: end), capacity: rows.count)
    for record in records { segment.append(record) }
    segment.seal()
    return CompactedSegment(segment: segment, length: end, origins: rows)
  }

  private func replace(
    _ plan: CompactionPlan, with segments: [CompactedSegment], _ state: inout WriterState
  ) throws(IndexError) {
    var manifest = state.index.manifest
    manifest.edition += 1
    manifest.entries.replaceSubrange(
      0..<plan.inputs.count,
      with: segments.map { Manifest.Entry(id: $0.segment.id, length: $0.length) })
    try manifest.publish(in: folder, disk: disk)
    state.index.replaceOldest(
      plan.inputs.count, with: segments.map { ($0.segment, $0.origins) }, manifest: manifest)
  }

  private func path(_ id: UInt64) -> String { folder + "/" + SegmentFormat.name(id) }
}
