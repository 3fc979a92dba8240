import Glibc

/// What reading a whole index says about it.
package struct IndexCheck: Sendable, Equatable {
  /// Vectors that a search may find.
  package var vectors = 0
  package var segments = 0
  /// Sealed segments large enough for codes that have none; ``IndexWriter/tend()`` makes them.
  package var uncoded = 0
  /// Segments whose codes are not what was written; they are removed by hand and made anew.
  package var damagedCodes: [String] = []
  /// Sampled queries, stored vectors with themselves left out.
  package var queries = 0
  /// Sampled queries whose exact answer differs from that of a scan of all vectors.
  package var differences = 0
  /// By wanted recall: the share of the exact first ten that such a search finds.
  package var recalls: [Double: Double] = [:]

  private static let hits = 10

  /// Reads every byte of the folder's index, verifies every checksum, and searches.
  ///
  /// Takes no lock: an index may be written meanwhile.
  ///
  /// - Parameter queries: How many stored vectors to search with; each is also compared with every
  ///   vector, so that a hundred take as long as a hundred reads of the index.
  /// - Throws: ``IndexError/corrupt(file:offset:reason:)`` for the first vector, key or record that is
  ///   not what was written.
  package static func run(
    folder: String, queries: Int, recalls: [Double] = [0.9, 0.95, 0.99]
  ) throws(IndexError) -> IndexCheck {
    var check = IndexCheck()
    guard let (manifest, _) = try Manifest.read(in: folder) else { return check }
    // Opening reads the growing segment whole.
    let state = try IndexState(folder: folder, manifest: manifest)
    for entry in manifest.entries.dropLast() {
      let file = try File(folder + "/" + SegmentFormat.name(entry.id), flags: O_RDONLY)
      _ = try RecordScanner(file, manifest: manifest, segmentID: entry.id).sealed(
        from: SegmentFormat.headerLength, ordinal: 0, length: entry.length, checkingVectors: true)
    }
    let snapshot = state.snapshot()
    check.vectors = snapshot.count
    check.segments = state.segments.count
    for segment in state.segments where segment.isSealed {
      if let codes = segment.codes {
        if !codes.restsAreWhole { check.damagedCodes.append(SegmentCodes.name(segment.id)) }
      } else if SegmentCodes.suit(
        rows: segment.count, dimension: manifest.identity.dimension)
      {
        check.uncoded += 1
      }
    }
    try check.search(snapshot, queries, recalls)
    return check
  }

  private mutating func search(
    _ snapshot: Snapshot, _ count: Int, _ recalls: [Double]
  ) throws(IndexError) {
    let keys = snapshot.keys
    guard count > 0, !keys.isEmpty else { return }
    var found = [Int](repeating: 0, count: recalls.count)
    var wanted = 0
    for i in stride(from: 0, to: keys.count, by: (keys.count + count - 1) / count) {
      guard let vector = snapshot.vector(for: keys[i]) else { continue }
      queries += 1
      var request = SearchRequest(query: vector, k: Self.hits, excluding: [keys[i]])
      let exact = try snapshot.search(request).hits
      if try snapshot.withoutCodes.search(request).hits != exact { differences += 1 }
      wanted += exact.count
      let exactKeys = Set(exact.map(\.key))
      for (place, recall) in recalls.enumerated() {
        request.recall = recall
        found[place] += try snapshot.search(request).hits.count { exactKeys.contains($0.key) }
      }
    }
    for (place, recall) in recalls.enumerated() where wanted > 0 {
      self.recalls[recall] = Double(found[place]) / Double(wanted)
    }
  }
}
