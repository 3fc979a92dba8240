/// The index at one moment: immutable, shared freely, never waiting for a writer.
///
/// It keeps the files it maps alive, also after a compaction has removed them. A snapshot of a
/// folder in which no index stands yet is empty and has no identity.
package struct Snapshot: Sendable {
  /// Whose vectors these are, or nil before there is an index.
  package let identity: IndexIdentity?
  /// Changes since the index was made: equal numbers of one index mean equal contents, also across
  /// processes and compactions.
  package let generation: UInt64
  /// Tells the index from one that was made anew, which counts its changes from the beginning; 0 where
  /// there are no vectors.
  package var indexID: UInt64 { segments.first?.header.indexID ?? 0 }
  /// Vectors.
  package let count: Int
  let segments: [Segment]
  /// The segments that have codes.
  let codedSegments: [CodedSegment]
  /// How far to look in all segments together, where that was measured on most of them.
  let probes: IndexProbes?

  static let empty = Snapshot(identity: nil, generation: 0, segments: [])

  /// Share of the rows that gaps must have been measured on.
  private static let leastCoverage = 0.75

  init(
    identity: IndexIdentity?, generation: UInt64, segments: [Segment], probes: IndexProbes? = nil
  ) {
    self.identity = identity
    self.generation = generation
    self.segments = segments.filter { $0.liveCount > 0 }
    self.probes = probes.flatMap {
      $0.coverage(of: segments) >= Self.leastCoverage ? $0 : nil
    }
    count = segments.reduce(0) { $0 + $1.liveCount }
    codedSegments = self.segments.enumerated().compactMap { number, segment in
      segment.codes.map { CodedSegment(segment, number, $0) }
    }
  }

  package func contains(_ key: UInt64) -> Bool { place(of: key) != nil }

  /// The unit vector that is stored of the key, `[dimension]`.
  ///
  /// - Throws: ``IndexError/io(call:path:code:)``, or ``IndexError/corrupt(file:offset:reason:)`` where the
  ///   file has become shorter.
  package func vector(for key: UInt64) throws(IndexError) -> [Float]? {
    guard let (segment, row) = place(of: key) else { return nil }
    return try segments[segment].vector(of: row)
  }

  /// The rows of keys that are there, as they are stored, end to end.
  func stored(_ keys: [UInt64]) -> [UInt32] {
    var rows: [UInt32] = []
    for place in keys.compactMap(place) {
      let segment = segments[place.segment]
      rows += UnsafeBufferPointer(start: segment.stored(place.row), count: segment.layout.words)
    }
    return rows
  }

  /// Every key, ascending within a segment or as they came.
  package var keys: [UInt64] {
    segments.flatMap { segment in
      (0..<segment.count).lazy.filter { !segment.isDead($0) }.map { segment.key(of: $0) }
    }
  }

  func place(of key: UInt64) -> (segment: Int, row: Int)? {
    for i in segments.indices.reversed() {
      if let row = segments[i].row(of: key) { return (i, row) }
    }
    return nil
  }

  /// The same vectors, to be scored one by one.
  var withoutCodes: Snapshot {
    Snapshot(
      identity: identity, generation: generation,
      segments: segments.map { segment in
        var segment = segment
        segment.codes = nil
        return segment
      })
  }
}
