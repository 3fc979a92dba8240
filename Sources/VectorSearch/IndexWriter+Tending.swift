extension IndexWriter {
  /// What ``tend()`` did.
  package struct TendingReceipt: Sendable, Equatable {
    /// Merges of segments, and vectors that they wrote anew.
    package var merges = 0
    package var merged = 0
    /// Segments that got codes.
    package var coded = 0
  }

  /// Younger segments become one with the next older one when they hold a third of what it does.
  static let mergeShare = 3

  /// Does what keeps searches fast, as far as it is due: seals what has been appended, merges
  /// segments of about one size, computes codes and cells.
  ///
  /// A vector is written anew at most once for each third by which the index grows; a segment of which
  /// more than a quarter is dead is written anew too. Each new segment has cells of its own, fitted to
  /// what it holds. Appends, deletes and readers go on meanwhile; readers in other processes take it in
  /// at their next refresh. Answers are the same before and after.
  @discardableResult package func tend() throws(IndexError) -> TendingReceipt {
    try compacting.withLock { _ throws(IndexError) in
      var receipt = TendingReceipt()
      try change { state throws(IndexError) in
        let growing = state.index.segments[state.index.segments.count - 1]
        if growing.count >= sealingCount, SegmentCodes.suit(dimension: identity.dimension) {
          try roll(&state)
        }
      }
      while true {
        let plan = try change { state throws(IndexError) -> CompactionPlan? in
          duePart(of: state.index.segments.dropLast()).map { self.plan($0, &state) }
        }
        guard let plan else { break }
        receipt.merged += try carryOut(plan).kept
        receipt.merges += 1
      }
      receipt.coded = try codeSegments(room: 1 / Double(Self.mergeShare))
      try measureProbes()
      return receipt
    }
  }

  /// Bytes of vectors of one append of a merge.
  private static let mergeBatch = 1 << 24

  /// Takes in all vectors of another index of the same model, such as one that was built on another
  /// machine; where both hold a key the other's vector wins. Vectors are copied as they are stored.
  ///
  /// The other folder is only read. A merge that was interrupted is finished by another.
  ///
  /// - Throws: ``IndexError/identityMismatch(folder:found:wanted:)``, or
  ///   ``IndexError/corrupt(file:offset:reason:)`` where a vector there is not what was written, both
  ///   with nothing taken in.
  @discardableResult package func merge(from folder: String) throws(IndexError) -> AppendReceipt {
    let snapshot = try IndexReader(folder: folder).snapshot
    var receipt = AppendReceipt(generation: self.snapshot.generation)
    guard let found = snapshot.identity else { return receipt }
    guard found == identity else {
      throw .identityMismatch(folder: folder, found: found, wanted: identity)
    }
    for segment in snapshot.segments { try segment.verify() }
    let batch = max(1, Self.mergeBatch / layout.length)
    let keys = snapshot.keys
    for start in stride(from: 0, to: keys.count, by: batch) {
      let part = Array(keys[start..<min(start + batch, keys.count)])
      let taken = try append(WaitingAppend(keys: part, rows: snapshot.stored(part)))
      receipt.added += taken.added
      receipt.replaced += taken.replaced
      receipt.unchanged += taken.unchanged
      receipt.generation = taken.generation
    }
    return receipt
  }

  /// Computes what speeds up the search of sealed segments, where that is missing.
  ///
  /// About 25 µs of CPU a vector of 512 dimensions, once. Answers are the same with and without. Cells
  /// are as many as the index has use for as it stands; ``tend()`` makes more, for an index that grows.
  ///
  /// - Returns: How many segments were worked on.
  @discardableResult package func buildCodes() throws(IndexError) -> Int {
    try compacting.withLock { _ throws(IndexError) in try codeSegments(room: 0) }
  }

  /// - Parameter room: By which share the index will have grown before its oldest segment is written
  ///   anew: there are cells for as many.
  private func codeSegments(room: Double) throws(IndexError) -> Int {
    let (uncoded, manifest, all) = state.withLock { state in
      (
        state.index.uncoded, state.index.manifest,
        state.index.segments.reduce(0) { $0 + $1.liveCount }
      )
    }
    for segment in uncoded {
      try SegmentCodes.build(
        segment, of: all + Int(Double(all) * room), folder: folder, manifest: manifest, disk: disk)
      try change { state throws(IndexError) in
        if state.index.adoptCodes() { publish(state.index) }
      }
    }
    return uncoded.count
  }

  /// Share of the coded rows that a measurement may not know before there is another.
  private static let unmeasuredLimit = 0.125

  /// Measures how far searches have to look in several segments together, if what is known of that is
  /// out of date.
  private func measureProbes() throws(IndexError) {
    let (coded, probes, indexID) = state.withLock {
      ($0.index.codedTogether, $0.index.probes, $0.index.manifest.indexID)
    }
    if coded.isEmpty || 1 - (probes?.coverage(of: coded) ?? 0) <= Self.unmeasuredLimit { return }
    let measured = try Calibration(coded, identity: identity)
    let offsets = Dictionary(uniqueKeysWithValues: zip(coded.map(\.id), measured.offsets))
    try IndexProbes(offsets: offsets, table: measured.probes)
      .write(folder: folder, indexID: indexID, disk: disk)
    try change { state throws(IndexError) in
      if state.index.adoptCodes() { publish(state.index) }
    }
  }

  /// The sealed segments that are to become one, or nil where none are.
  private func duePart(of sealed: ArraySlice<Segment>) -> Range<Int>? {
    if let index = sealed.firstIndex(where: { 4 * $0.deadCount > $0.count }) {
      return index..<index + 1
    }
    // The oldest segment that the younger ones have come up to, and all of these.
    var start: Int?
    var younger = 0
    for (index, segment) in zip(sealed.indices, sealed).reversed() {
      let all = younger + segment.liveCount
      if all * identity.dimension * 4 > mergedLimit { break }
      if younger * Self.mergeShare >= segment.liveCount, younger > 0 { start = index }
      younger = all
    }
    return start.map { $0..<sealed.endIndex }
  }
}
