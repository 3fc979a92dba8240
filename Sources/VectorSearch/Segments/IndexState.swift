import Glibc

/// The index as one process knows it: what its manifest lists, read up to some record.
///
/// Writer and followers share this; each keeps its own behind its own mutex.
struct IndexState {
  let folder: String
  private(set) var manifest: Manifest
  /// Parallel to the manifest's entries, oldest first.
  private(set) var segments: [Segment]
  /// Changes of the index so far; equal numbers mean equal contents.
  private(set) var sequence: UInt64
  private(set) var active: ActiveSegment
  /// How far to look in several segments, if that was measured.
  private(set) var probes: IndexProbes?
  /// The live rows of the growing segment.
  private var activeRows: [UInt64: Int] = [:]

  /// How far the growing segment has been read.
  struct ActiveSegment {
    var file: File
    var header: SegmentHeader
    var end = SegmentFormat.headerLength
    var ordinal: UInt32 = 0
    var lastRecord: RecordScanner.Record?

    mutating func advance(past records: [RecordScanner.Record]) {
      guard let last = records.last else { return }
      lastRecord = last
      end = last.end
      ordinal += UInt32(records.count)
    }
  }

  struct Place: Equatable {
    var segment: Int
    var row: Int
  }

  /// Reads what the manifest lists; takes over from `previous` what that has read already.
  init(folder: String, manifest: Manifest, previous: IndexState? = nil) throws(IndexError) {
    let previous = previous?.manifest.indexID == manifest.indexID ? previous : nil
    self.folder = folder
    self.manifest = manifest
    probes = previous?.probes
    sequence = manifest.sealedSequence
    segments = []
    for entry in manifest.entries.dropLast() {
      segments.append(try Self.sealed(entry, folder, manifest, previous))
    }
    let id = manifest.entries[manifest.entries.count - 1].id
    if let previous, previous.manifest.entries.last?.id == id {
      active = previous.active
      segments.append(previous.segments[previous.segments.count - 1])
    } else {
      let file = try File(folder + "/" + SegmentFormat.name(id), flags: O_RDONLY)
      let scanner = try RecordScanner(file, manifest: manifest, segmentID: id)
      active = ActiveSegment(file: file, header: scanner.header)
      segments.append(
        Segment(
          scanner.header,
          mapping: try Mapping(file, reserving: SegmentFormat.growingLimit), grows: true))
    }
    for record in try readActive() { segments[segments.count - 1].append(record) }
    sequence = max(sequence, active.lastRecord?.header.sequence ?? 0)
    findDead()
    _ = adoptCodes()
  }

  private static func sealed(
    _ entry: Manifest.Entry, _ folder: String, _ manifest: Manifest, _ previous: IndexState?
  ) throws(IndexError) -> Segment {
    var segment: Segment
    let records: [RecordScanner.Record]
    if let previous, previous.active.header.segmentID == entry.id {
      let active = previous.active
      segment = previous.segments[previous.segments.count - 1]
      records = try RecordScanner(active.file, header: active.header).sealed(
        from: active.end, ordinal: active.ordinal, length: entry.length, checkingVectors: true)
    } else if let known = previous?.segments.first(where: { $0.id == entry.id }) {
      return known
    } else {
      let file = try File(folder + "/" + SegmentFormat.name(entry.id), flags: O_RDONLY)
      let scanner = try RecordScanner(file, manifest: manifest, segmentID: entry.id)
      records = try scanner.sealed(
        from: SegmentFormat.headerLength, ordinal: 0, length: entry.length, checkingVectors: false)
      let mapping = try Mapping(file, reserving: entry.length)
      segment = Segment(
        scanner.header, mapping: mapping, capacity: records.reduce(0) { $0 + $1.header.count })
    }
    for record in records { segment.append(record) }
    segment.seal()
    return segment
  }

  /// The whole records that have come since the last look.
  private mutating func readActive() throws(IndexError) -> [RecordScanner.Record] {
    guard try active.file.length() > active.end else { return [] }
    let records = try RecordScanner(active.file, header: active.header).growing(
      from: active.end, ordinal: active.ordinal)
    active.advance(past: records)
    return records
  }

  private mutating func findDead() {
    var spoken = KeySet()
    for i in segments.indices.reversed() {
      segments[i].resetDead(spoken: &spoken, isOldest: i == 0)
    }
    activeRows = [:]
    guard let last = segments.last else { return }
    for row in 0..<last.count where !last.isDead(row) { activeRows[last.key(of: row)] = row }
  }

  // MARK: Change

  /// Takes in what the growing segment has got since the last look; false where that is nothing.
  mutating func follow() throws(IndexError) -> Bool {
    let records = try readActive()
    for record in records { apply(record) }
    return !records.isEmpty
  }

  /// Takes in a record that was just written at the end of the growing segment.
  mutating func append(_ record: RecordScanner.Record) {
    active.advance(past: [record])
    apply(record)
  }

  private mutating func apply(_ record: RecordScanner.Record) {
    sequence = record.header.sequence
    let last = segments.count - 1
    let firstRow = segments[last].count
    let firstTombstone = segments[last].tombstones.count
    segments[last].append(record)
    for tombstone in segments[last].tombstones[firstTombstone...] { kill(tombstone.key) }
    for row in firstRow..<segments[last].count {
      let key = segments[last].key(of: row)
      kill(key)
      activeRows[key] = row
    }
  }

  private mutating func kill(_ key: UInt64) {
    guard let place = place(of: key) else { return }
    segments[place.segment].kill(place.row)
    activeRows[key] = nil
  }

  /// Where the key's vector stands, if it is in the index.
  func place(of key: UInt64) -> Place? {
    if let row = activeRows[key] { return Place(segment: segments.count - 1, row: row) }
    for i in segments.indices.dropLast().reversed() {
      if let row = segments[i].row(of: key) { return Place(segment: i, row: row) }
    }
    return nil
  }

  /// The sealed segments that codes would speed up and that have none.
  var uncoded: [Segment] {
    segments.filter {
      $0.isSealed && $0.codes == nil
        && SegmentCodes.suit(rows: $0.count, dimension: manifest.identity.dimension)
    }
  }

  /// Takes in codes that have been computed meanwhile; whether there were any.
  mutating func adoptCodes() -> Bool {
    var found = false
    for i in segments.indices where segments[i].isSealed && segments[i].codes == nil {
      let codes = SegmentCodes.open(
        folder: folder, segmentID: segments[i].id, rows: segments[i].count, manifest: manifest)
      guard let codes else { continue }
      segments[i].codes = codes
      found = true
    }
    return adoptProbes() || found
  }

  /// Shares memory out among the segments that have codes: for what every search reads of all of them, for
  /// their rests, of older ones first, then for the vectors of those that fit as a whole.
  mutating func shareOut(memory budget: Int) {
    let coded = segments.indices.compactMap { i in segments[i].codes.map { (i, $0) } }
    var left = coded.reduce(budget) { $0 - $1.1.layout.restScales }
    var rests: [Int] = []
    for (_, codes) in coded {
      rests.append(min(max(0, left), codes.restBytes))
      left -= rests[rests.count - 1]
    }
    for ((i, _), rests) in zip(coded, rests) {
      let holdsVectors = segments[i].end <= left
      segments[i].keep(within: Segment.Memory(rests: rests, holdsVectors: holdsVectors))
      if holdsVectors { left -= segments[i].end }
    }
  }

  /// Bytes that the kernel was asked for.
  var expectedBytes: Int { segments.reduce(0) { $0 + $1.expectedBytes } }

  /// The segments that have codes, where there are several.
  var codedTogether: [Segment] {
    let coded = segments.filter { $0.codes != nil }
    return coded.count > 1 ? coded : []
  }

  /// Takes in gaps that have been measured meanwhile, if those known are not of all segments.
  private mutating func adoptProbes() -> Bool {
    let coded = codedTogether
    if coded.isEmpty || (probes?.coverage(of: coded) ?? 0) == 1 { return false }
    let known = probes
    probes = IndexProbes.read(folder: folder, indexID: manifest.indexID)
    return probes != known
  }

  /// Goes on in a new growing segment, which `manifest` lists last; the one until now is sealed.
  mutating func roll(to manifest: Manifest, file: File, header: SegmentHeader)
    throws(IndexError)
  {
    let mapping = try Mapping(file, reserving: SegmentFormat.growingLimit)
    segments[segments.count - 1].seal()
    segments.append(Segment(header, mapping: mapping, grows: true))
    active = ActiveSegment(file: file, header: header)
    activeRows = [:]
    self.manifest = manifest
  }

  /// Sets aside ids for segments that are written beside the index; the first of them.
  mutating func reserveSegmentIDs(_ count: Int) -> UInt64 {
    defer { manifest.nextSegmentID += UInt64(count) }
    return manifest.nextSegmentID
  }

  /// Puts compacted segments in the place of those they were made from, as `manifest` lists them.
  ///
  /// - Parameter compacted: Each new segment with the places that its rows had.
  mutating func replace(
    _ range: Range<Int>, with compacted: [(segment: Segment, origins: [Place])],
    manifest: Manifest
  ) {
    var news: [Segment] = []
    for (segment, origins) in compacted {
      var segment = segment
      // What was replaced or deleted while the rows were being copied.
      for (row, origin) in origins.enumerated()
      where segments[origin.segment].isDead(origin.row) { segment.kill(row) }
      news.append(segment)
    }
    segments.replaceSubrange(range, with: news)
    self.manifest = manifest
  }

  func snapshot() -> Snapshot {
    Snapshot(
      identity: manifest.identity, generation: sequence, segments: segments, probes: probes)
  }
}

extension RecordScanner {
  convenience init(_ file: File, manifest: Manifest, segmentID: UInt64) throws(IndexError) {
    try self.init(
      file, rows: manifest.identity.rows, indexID: manifest.indexID, segmentID: segmentID)
  }
}
