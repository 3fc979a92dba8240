/// The rows of one segment as of some moment: an immutable value that snapshots share.
struct Segment: Sendable {
  /// So many rows are looked through by their codes in the time that scoring one takes, where vectors are held
  /// and where they are read: measured with filters of a million rows.
  private static let rowsForOneScored = (held: 64, read: 200)

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
  /// What does so for the first rows of a segment that grew, until that is known of all of them.
  private var pending: PendingCodes?
  /// What there is memory for, once that was shared out.
  private var memory: Memory?

  /// Of a segment with codes: what may be kept in memory beside that which every search reads.
  struct Memory: Sendable, Equatable {
    /// Bytes of the codes' rests.
    var rests: Int
    var holdsVectors: Bool
  }

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
  /// Whether its vectors may be kept in memory: they are mapped then, and otherwise read.
  var isHeld: Bool { memory?.holdsVectors ?? false }
  /// Bytes of it and its codes that the kernel was asked for.
  var expectedBytes: Int {
    guard let codes, let memory else { return 0 }
    return codes.layout.restScales + memory.rests + (memory.holdsVectors ? end : 0)
  }
  /// Scoring fewer rows than these takes less than looking through the codes of all.
  var rowsScoredSooner: Int {
    count / (codes == nil || isHeld ? Self.rowsForOneScored.held : Self.rowsForOneScored.read)
  }
  /// Codes of single rows, and how many of the first ones have them.
  var pendingCodes: (codes: PendingCodes, count: Int)? {
    pending.map { ($0, min(count, PendingCodes.limit)) }
  }

  @inline(__always) func key(of row: Int) -> UInt64 { rows.keys[row] }

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

  /// Asks the kernel for what there is memory for now, and lets go of vectors that there is none for.
  mutating func keep(within memory: Memory) {
    guard let codes, memory != self.memory else { return }
    // Opening has gone through the keys; of vectors searches want single ones.
    if self.memory == nil { mapping.advise(.scattered, 0..<mapping.bytes.count) }
    codes.expectRests(memory.rests)
    if memory.holdsVectors {
      mapping.advise(.soon, 0..<end)
    } else {
      mapping.advise(.nothing, 0..<mapping.bytes.count)
    }
    self.memory = memory
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
