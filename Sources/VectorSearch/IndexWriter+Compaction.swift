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
  /// before or after. Where there is nothing to gain nothing is written. Codes whose rests are not what
  /// was written go with their segments; ``tend()`` makes new ones.
  @discardableResult package func compact() throws(IndexError) -> CompactionReceipt {
    try compacting.withLock { _ throws(IndexError) in
      let codes = state.withLock { $0.index.segments.compactMap(\.codes) }
      let codesAreWhole = codes.allSatisfy(\.restsAreWhole)
      let plan = try change { state throws(IndexError) -> CompactionPlan? in
        let sealed = state.index.segments.dropLast()
        let rows = sealed.reduce(0) { $0 + $1.count }
        if codesAreWhole, state.index.active.ordinal == 0,
          sealed.allSatisfy({ $0.deadCount == 0 && $0.tombstones.isEmpty }),
          sealed.count <= (rows + rowsPerSegment - 1) / rowsPerSegment
        {
          return nil
        }
        if state.index.active.ordinal > 0 { try roll(&state) }
        return self.plan(0..<state.index.segments.count - 1, &state)
      }
      guard let plan else { return CompactionReceipt() }
      return try carryOut(plan)
    }
  }

  /// Some neighbouring segments, and what is to take their place.
  struct CompactionPlan {
    var manifest: Manifest
    var range: Range<Int>
    var inputs: [Segment]
    /// Deleted keys that older segments may still hold.
    var tombstones: [UInt64]
    /// The live rows, ascending by key, divided into new segments.
    var outputs: [[IndexState.Place]]
    var firstID: UInt64
  }

  private struct CompactedSegment {
    var segment: Segment
    var length: Int
    var origins: [IndexState.Place]
  }

  private var rowsPerSegment: Int { max(1, mergedLimit / (identity.dimension * 4 + 8)) }

  /// Says what to write in the place of sealed segments.
  func plan(_ range: Range<Int>, _ state: inout WriterState) -> CompactionPlan {
    let inputs = Array(state.index.segments[range])
    var places: [(key: UInt64, place: IndexState.Place)] = []
    for (i, segment) in zip(range, inputs) {
      for row in 0..<segment.count where !segment.isDead(row) {
        places.append((segment.key(of: row), IndexState.Place(segment: i, row: row)))
      }
    }
    places.sort { $0.key < $1.key }
    var tombstones = KeySet()
    if range.lowerBound > 0 {
      // What lies before the range may hold deleted keys; a live row speaks for its own.
      tombstones = KeySet(inputs.lazy.flatMap(\.tombstones).map(\.key))
      for (key, _) in places { tombstones.remove(key) }
    }
    var outputs = stride(from: 0, to: places.count, by: rowsPerSegment).map { start in
      places[start..<min(start + rowsPerSegment, places.count)].map(\.place)
    }
    if outputs.isEmpty, !tombstones.isEmpty { outputs = [[]] }
    return CompactionPlan(
      manifest: state.index.manifest, range: range, inputs: inputs, tombstones: tombstones.keys,
      outputs: outputs, firstID: state.index.reserveSegmentIDs(outputs.count))
  }

  /// Writes what the plan says beside the index, then puts it in its place.
  ///
  /// Nothing but appends may change the index meanwhile: callers hold ``compacting``. What is copied
  /// is verified first, since new checksums would make damage pass for what was written.
  func carryOut(_ plan: CompactionPlan) throws(IndexError) -> CompactionReceipt {
    for segment in plan.inputs { try segment.verify() }
    var segments: [CompactedSegment] = []
    do throws(IndexError) {
      for i in plan.outputs.indices { segments.append(try write(i, of: plan)) }
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

  private func write(_ output: Int, of plan: CompactionPlan) throws(IndexError) -> CompactedSegment
  {
    let id = plan.firstID + UInt64(output)
    let rows = plan.outputs[output]
    let (file, header) = try Self.createSegment(id, of: plan.manifest, folder: folder, disk: disk)
    var records: [RecordScanner.Record] = []
    var end = SegmentFormat.headerLength
    func add(
      _ kind: RecordHeader.Kind, _ count: Int,
      fill: (UnsafeMutableBufferPointer<UInt64>, UnsafeMutableBufferPointer<UInt32>) -> Void
    ) throws(IndexError) {
      let bytes = RecordBytes(
        RecordHeader(
          kind: kind, sequence: plan.manifest.sealedSequence, ordinal: UInt32(records.count),
          count: count, rows: layout),
        salt: header.salt, fill: fill)
      try disk.write(bytes.raw, to: file, at: end)
      records.append(RecordScanner.Record(header: bytes.header, offset: end))
      end += bytes.header.length
    }
    if output == 0, !plan.tombstones.isEmpty {
      try add(.tombstones, plan.tombstones.count) { keys, _ in
        for (i, key) in plan.tombstones.enumerated() { keys[i] = key }
      }
    }
    let rowsPerRecord = max(1, Self.recordBytes / layout.length)
    for start in stride(from: 0, to: rows.count, by: rowsPerRecord) {
      let part = rows[start..<min(start + rowsPerRecord, rows.count)]
      try add(.vectors, part.count) { keys, vectors in
        for (i, place) in part.enumerated() {
          let segment = plan.inputs[place.segment - plan.range.lowerBound]
          keys[i] = segment.key(of: place.row)
          memcpy(
            vectors.baseAddress! + i * layout.words, segment.stored(place.row), layout.length)
        }
      }
    }
    try disk.sync(file)
    var segment = Segment(
      header, mapping: try Mapping(file, reserving: end), capacity: max(1, rows.count))
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
      plan.range, with: segments.map { Manifest.Entry(id: $0.segment.id, length: $0.length) })
    try manifest.publish(in: folder, disk: disk)
    state.index.replace(
      plan.range, with: segments.map { ($0.segment, $0.origins) }, manifest: manifest)
  }

  private func path(_ id: UInt64) -> String { folder + "/" + SegmentFormat.name(id) }
}
