/// What reading a whole index says about it.
package struct IndexCheck: Sendable, Equatable {
  /// Vectors that a search may find.
  package var vectors = 0
  package var segments = 0
  /// Sealed segments large enough for codes that have none: searches score all of their vectors.
  package var uncoded = 0
  /// Files of codes that are not what was written. ``IndexWriter/compact()`` and then
  /// ``IndexWriter/tend()`` make these and what is missing anew.
  package var damagedCodes: [String] = []
  /// Sampled queries, stored vectors with themselves left out.
  package var queries = 0
  /// Sampled queries whose exact answer differs from that of a scan of all vectors.
  package var differences = 0
  /// By wanted recall: the share of the exact first ten that such a search finds.
  package var recalls: [Double: Double] = [:]

  private static let hits = 10

  /// Reads every byte of the folder's index, verifies every checksum and the length of every vector
  /// that a search may find, and searches.
  ///
  /// Takes no lock: an index may be written meanwhile.
  ///
  /// - Parameter queries: How many stored vectors to search with; each is also compared with every
  ///   vector, so that a hundred take as long as a hundred reads of the index.
  /// - Throws: ``IndexError/corrupt(file:offset:reason:)`` for the first vector, key or record that is
  ///   not what was written, and for the first vector that is not of unit length.
  package static func run(
    folder: String, queries: Int, recalls: [Double] = [0.9, 0.95, 0.99]
  ) throws(IndexError) -> IndexCheck {
    var check = IndexCheck()
    guard let (manifest, _) = try Manifest.read(in: folder) else { return check }
    var state = try IndexState(folder: folder, manifest: manifest)
    for segment in state.segments { try segment.verify() }
    // A writer may have made codes while that was read.
    _ = state.adoptCodes()
    let snapshot = state.snapshot()
    check.vectors = snapshot.count
    check.segments = state.segments.count
    for segment in state.segments where segment.isSealed {
      switch try SegmentCodes.condition(of: segment, folder: folder) {
      case .whole: break
      case .missing: check.uncoded += 1
      case .damaged: check.damagedCodes.append(SegmentCodes.name(segment.id))
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
      guard let vector = try snapshot.vector(for: keys[i]) else { continue }
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
