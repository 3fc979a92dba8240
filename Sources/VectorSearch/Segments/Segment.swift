import CKernels

/// The rows of one segment as of some moment: an immutable value that snapshots share.
struct Segment: Sendable {
  /// Rows that are read before they are scored.
  private static let readTogether = 32
  /// So many rows are looked through by their codes in the time that scoring one takes, where vectors are held
  /// and where they are read: measured with filters of a million rows.
  static let rowsForOneScored = (held: 64, read: 200)

  let header: SegmentHeader
  let mapping: Mapping
  /// Where the last record so far ends.
  private(set) var end = SegmentFormat.headerLength
  private(set) var rows: RowTable
  /// Rows so far; the table may hold more by now.
  private(set) var count = 0
  private(set) var tombstones: [Tombstone] = []
  /// One bit a row, set where a later record spoke about its key; shorter where the rest is live.
  private var dead: [UInt64] = []
  private(set) var deadCount = 0
  /// Rows by key, once the segment is sealed.
  private var order: KeyOrder?
  /// What bounds the rows' scores, where the segment is sealed and that has been computed.
  var codes: SegmentCodes? { didSet { pending = nil } }
  /// Whether its vectors may be kept in memory beside its codes: they are mapped then, and otherwise read.
  var isHeld = false
  /// What does so for the first rows of a segment that grew, until that is known of all of them.
  private var pending: PendingCodes?

  struct Tombstone: Sendable, Equatable {
    var key: UInt64
    /// It deletes the key from this many first rows of its segment, and from all older segments.
    var rows: Int
  }

  /// - Parameter grows: Whether searches will meet its rows before there are codes of the whole segment.
  init(_ header: SegmentHeader, mapping: Mapping, capacity: Int = 64, grows: Bool = false) {
    self.header = header
    self.mapping = mapping
    rows = RowTable(capacity: capacity)
    let dimension = header.rows.dimension
    if grows, SegmentCodes.suit(dimension: dimension) {
      pending = PendingCodes(dimension: dimension, capacity: min(capacity, PendingCodes.limit))
    }
  }

  var id: UInt64 { header.segmentID }
  var layout: RowLayout { header.rows }
  var isSealed: Bool { order != nil }
  var liveCount: Int { count - deadCount }
  /// Whether scoring so many rows takes less than looking through the codes of all.
  func scoresSooner(_ rows: Int) -> Bool {
    rows < count / (isHeld ? Self.rowsForOneScored.held : Self.rowsForOneScored.read)
  }
  /// Codes of single rows, and how many of the first ones have them.
  var pendingCodes: (codes: PendingCodes, count: Int)? {
    pending.map { ($0, min(count, PendingCodes.limit)) }
  }

  @inline(__always) func key(of row: Int) -> UInt64 { rows.keys[row] }

  /// The row as it is stored, ``RowLayout/words`` of it, valid as long as the mapping.
  func stored(_ row: Int) -> UnsafePointer<UInt32> { words + Int(rows.offsets[row]) }

  /// The vector that the row stands for, `[dimension]`.
  func vector(of row: Int) throws(IndexError) -> [Float] {
    var vector = [Float](repeating: 0, count: layout.dimension)
    try withStored([rows.offsets[row]]) { words, offsets, _ in
      layout.load(words + Int(offsets[0]), into: &vector)
    }
    return vector
  }

  /// The scores of rows, in their order.
  func scores(of rows: some Collection<Int>, _ query: UnitQuery) throws(IndexError) -> [Float] {
    let offsets = rows.map { self.rows.offsets[$0] }
    var scores = [Float](repeating: 0, count: offsets.count)
    try withStored(offsets) { words, offsets, numbers in
      scores.withUnsafeMutableBufferPointer {
        vitrine_score_rows(
          layout.element.code, words, offsets, numbers.count, query.wide, layout.dimension,
          $0.baseAddress! + numbers.lowerBound)
      }
    }
    return scores
  }

  /// The scores of rows, each against the query of that number, in their order. Vectors are read in the
  /// order in which they stand.
  func scores(
    of rows: [UInt32], against numbers: [UInt32], _ queries: [UnitQuery]
  ) throws(IndexError) -> [Float] {
    let order = [UInt32](unsafeUninitializedCapacity: rows.count) { buffer, found in
      vitrine_order_of_rows(rows, rows.count, count, buffer.baseAddress)
      found = rows.count
    }
    let offsets = order.map { self.rows.offsets[Int(rows[Int($0)])] }
    let inOrder = order.map { numbers[Int($0)] }
    let wide: [UnsafePointer<Double>?] = queries.map(\.wide)
    var scores = [Float](repeating: 0, count: rows.count)
    try withStored(offsets) { words, offsets, part in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: part.count) { found in
        inOrder.withUnsafeBufferPointer {
          vitrine_score_pairs(
            layout.element.code, words, offsets, $0.baseAddress! + part.lowerBound, part.count,
            wide, layout.dimension, found.baseAddress)
        }
        for (i, score) in zip(part, found) { scores[Int(order[i])] = score }
      }
    }
    withExtendedLifetime(queries) {}
    return scores
  }

  func score(of row: Int, _ query: UnitQuery) throws(IndexError) -> Float {
    try scores(of: CollectionOfOne(row), query)[0]
  }

  /// Hands rows to `body` as they are stored, from each of the offsets behind a pointer, with the numbers
  /// that they have among `offsets`: all at once, or some at a time.
  ///
  /// Where there are codes few rows are wanted, far from each other. Unless there is memory for all of them
  /// they are read, for a page that is mapped brings its neighbours along and stays.
  ///
  /// - Throws: ``IndexError/io(call:path:code:)``, or ``IndexError/corrupt(file:offset:reason:)`` where the
  ///   file has become shorter.
  private func withStored(
    _ offsets: [UInt32],
    _ body: (UnsafePointer<UInt32>, _ offsets: UnsafePointer<UInt32>, _ numbers: Range<Int>) -> Void
  ) throws(IndexError) {
    guard codes != nil, !isHeld else { return body(words, offsets, 0..<offsets.count) }
    let room = min(offsets.count, Self.readTogether)
    let buffer = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: room * layout.words)
    let places = UnsafeMutablePointer<UInt32>.allocate(capacity: room)
    defer {
      buffer.deallocate()
      places.deallocate()
    }
    for first in stride(from: 0, to: offsets.count, by: Self.readTogether) {
      let numbers = first..<min(first + Self.readTogether, offsets.count)
      for i in numbers {
        // The same row twice is read once.
        if i > first, offsets[i] == offsets[i - 1] {
          places[i - first] = places[i - first - 1]
          continue
        }
        let place = (i - first) * layout.words
        try read(
          into: UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[4 * place..<4 * (place + layout.words)]),
          at: 4 * Int(offsets[i]))
        places[i - first] = UInt32(place)
      }
      body(buffer.baseAddress!, places, numbers)
    }
  }

  private func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(IndexError) {
    guard try mapping.file.read(into: buffer, at: offset) == buffer.count else {
      throw .corrupt(
        file: mapping.file.path, offset: offset, reason: "the file ends within a vector")
    }
  }

  /// Rows as fp32, `[dimension]` floats from each of the offsets: where they stand, or decoded.
  func withFloats<Result>(
    of rows: some Collection<Int>, _ body: (UnsafePointer<Float>, [UInt32]) -> Result
  ) -> Result {
    if layout.element == .f32 {
      let floats = UnsafeRawPointer(words).assumingMemoryBound(to: Float.self)
      return body(floats, rows.map { self.rows.offsets[$0] })
    }
    let dimension = layout.dimension
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * dimension) {
      let floats = $0.baseAddress!
      for (i, row) in rows.enumerated() { layout.load(stored(row), into: floats + i * dimension) }
      return body(floats, (0..<rows.count).map { UInt32($0 * dimension) })
    }
  }

  /// Where ``RowTable/offsets`` count from.
  private var words: UnsafePointer<UInt32> {
    mapping.bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always) func isDead(_ row: Int) -> Bool {
    row >> 6 < dead.count && dead[row >> 6] >> UInt64(row & 63) & 1 == 1
  }

  /// The live row of the key.
  ///
  /// - Complexity: O(log n) in a sealed segment, O(n) in the active one.
  func row(of key: UInt64) -> Int? {
    if let order {
      return order.rows(of: key, in: rows, count: count).first { !isDead($0) }
    }
    return (0..<count).last { rows.keys[$0] == key && !isDead($0) }
  }

  // MARK: Change

  /// Adds what a checked record says to the end, without looking at what it replaces.
  mutating func append(_ record: RecordScanner.Record) {
    let keys = UnsafeRawBufferPointer(
      rebasing: mapping.bytes[record.keysOffset..<record.keysOffset + record.header.count * 8]
    ).assumingMemoryBound(to: UInt64.self)
    switch record.header.kind {
    case .tombstones:
      tombstones.append(contentsOf: keys.map { Tombstone(key: $0, rows: count) })
    case .vectors:
      if count + keys.count > rows.capacity {
        rows = RowTable(copying: rows, count: count, capacity: max(2 * count, count + keys.count))
      }
      for (i, key) in keys.enumerated() {
        rows.keys[count + i] = key
        rows.offsets[count + i] = UInt32(record.vectorsOffset / 4 + i * layout.words)
      }
      count += keys.count
      encodePending(from: count - keys.count)
    }
    end = record.end
  }

  /// Makes codes of the rows from number `first` on, if it is to have any.
  private mutating func encodePending(from first: Int) {
    let end = min(count, PendingCodes.limit)
    guard var codes = pending, first < end else { return }
    if end > codes.capacity {
      codes = codes.copy(first, capacity: min(PendingCodes.limit, max(2 * codes.capacity, end)))
    }
    let isEncoded = withFloats(of: first..<end) { codes.encode($0, $1, from: first) }
    pending = isEncoded ? codes : nil
  }

  mutating func kill(_ row: Int) {
    if row >> 6 >= dead.count {
      dead.append(contentsOf: repeatElement(0, count: row >> 6 + 1 - dead.count))
    }
    guard !isDead(row) else { return }
    dead[row >> 6] |= 1 << UInt64(row & 63)
    deadCount += 1
  }

  /// Finds the dead rows anew, given what younger segments spoke about, and adds what this one does
  /// unless it is the oldest.
  mutating func resetDead(spoken: inout KeySet, isOldest: Bool) {
    dead = []
    deadCount = 0
    if isOldest, let order, order.isDistinct, tombstones.isEmpty, spoken.count < count / 16 {
      // As a compaction leaves it: few keys are looked up instead of all being gone through.
      for key in spoken.keys {
        for row in order.rows(of: key, in: rows, count: count) { kill(row) }
      }
      return
    }
    var tombstones = self.tombstones[...]
    for row in (0..<count).reversed() {
      while let last = tombstones.last, last.rows > row {
        spoken.insert(last.key)
        tombstones.removeLast()
      }
      if !spoken.insert(key(of: row)) { kill(row) }
    }
    for tombstone in tombstones { spoken.insert(tombstone.key) }
  }

  /// The segment takes no more rows.
  mutating func seal() {
    if order == nil { order = KeyOrder(rows, count: count) }
  }
}

/// Keys and positions of a segment's rows, growing at the end.
final class RowTable: @unchecked Sendable {
  // Safe to share: the one owner of the index state writes past every count it has published, and
  // publishes through a mutex.
  let capacity: Int
  let keys: UnsafeMutablePointer<UInt64>
  /// In words of four bytes from the beginning of the file.
  let offsets: UnsafeMutablePointer<UInt32>

  init(capacity: Int) {
    self.capacity = capacity
    keys = .allocate(capacity: capacity)
    offsets = .allocate(capacity: capacity)
    keys.initialize(repeating: 0, count: capacity)
    offsets.initialize(repeating: 0, count: capacity)
  }

  convenience init(copying other: RowTable, count: Int, capacity: Int) {
    self.init(capacity: capacity)
    keys.update(from: other.keys, count: count)
    offsets.update(from: other.offsets, count: count)
  }

  deinit {
    keys.deallocate()
    offsets.deallocate()
  }
}

/// A sealed segment's rows by key.
struct KeyOrder: Sendable {
  /// Empty where the rows stand ascending already.
  private let permutation: [UInt32]
  /// Whether rows stand ascending and no two have one key.
  let isDistinct: Bool

  init(_ rows: RowTable, count: Int) {
    isDistinct = (1..<max(count, 1)).allSatisfy { rows.keys[$0 - 1] < rows.keys[$0] }
    let ascends =
      isDistinct || (1..<max(count, 1)).allSatisfy { rows.keys[$0 - 1] <= rows.keys[$0] }
    permutation =
      ascends
      ? [] : (0..<UInt32(count)).sorted { (rows.keys[Int($0)], $0) < (rows.keys[Int($1)], $1) }
  }

  /// The rows of the key.
  func rows(of key: UInt64, in rows: RowTable, count: Int) -> some Sequence<Int> {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if rows.keys[row(middle)] < key { low = middle + 1 } else { high = middle }
    }
    return (low..<count).lazy.map { row($0) }.prefix { rows.keys[$0] == key }
  }

  private func row(_ place: Int) -> Int {
    permutation.isEmpty ? place : Int(permutation[place])
  }
}
