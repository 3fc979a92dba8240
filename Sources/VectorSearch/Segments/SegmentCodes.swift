import CKernels
import Glibc

// Codes are derived from a sealed segment and may be removed at any time: without them its vectors
// are scored one by one. The file `codes-<16 hex digits of the segment's id>`, little-endian, every
// block zero-padded to 64 bytes:
//
//      0  u8[8] "VITRCOD2"                     64  f32   largest length of a decoded rest
//      8  u32   format version, 2              68  f32     of its error
//     12  u32   dimension d                    72  f32   share of the tail bound that is used
//     16  u64   index id                       76  u32   CRC-32C of the blocks before the rests
//     24  u64   segment id                     80  u32   CRC-32C of the rests' three blocks
//     32  u64   n, rows                        84  f32[3 × 8] gaps to look into, then
//     40  u32   w, coordinates of a code           f32 share, see `ProbeTable`
//     44  u32   c, cells                      184  f32   what nearness counts from
//     48  f32   largest length of a           188  u32   CRC-32C of bytes 0..<188
//                 decoded row,                192  header's end
//     52  f32     of its error,
//     56  f32     of its tail
//
// then the blocks: mean fp32[d], basis fp32[w × d], gram fp64[w × w]; of the cells: starts u32[c + 1],
// scales fp32[c], offsets fp32[c], codes i8[c × w]; of the rows in the order of their cells: row
// u32[n], scales fp32[n], errors fp32[n], tails fp32[n], codes i8[n × w]; the rests: scales fp32[n],
// errors fp32[n], codes i8[n × d rounded up to 32].
//
// The place of a row is its number in the order of cells. Files of version 1 ("VITRCOD1") are not
// read any more; they are made anew.

/// Eight-bit codes of a sealed segment's rows, from which scores are bounded, in cells of rows near
/// each other.
///
/// `docs/certified-search.md` says why a bound never falls below a score.
final class SegmentCodes: @unchecked Sendable {
  // Safe to share: everything points into memory that nobody writes and that `owner` keeps.
  private let owner: AnyObject
  /// The file, if it is one.
  private var mapping: Mapping? { owner as? Mapping }
  private let base: UnsafeRawPointer
  let layout: Layout
  /// The rows' codes, by place.
  let table: vitrine_codes
  let cellStarts: UnsafePointer<UInt32>
  /// By place: the row in the segment.
  let rowNumbers: UnsafePointer<UInt32>
  /// How far to look for a wanted recall.
  let probes: ProbeTable
  /// What nearness counts from, so that it is about the score of the hits in a cell.
  let offset: Float
  /// How much of the bound of a tail is used up by nearly every near neighbour, 0…1.
  let tailShare: Float
  private let limits: vitrine_code_limits
  private let gram: vitrine_gram_shape
  private let halfMeanSquare: Float
  private let mean: UnsafePointer<Float>
  private let basis: UnsafePointer<Float>
  private let cellCodes: UnsafePointer<Int8>
  private let cellScales: UnsafePointer<Float>
  private let cellOffsets: UnsafePointer<Float>

  private static let magic: UInt64 = 0x3244_4F43_5254_4956  // "VITRCOD2"
  private static let olderMagic: UInt64 = 0x3144_4F43_5254_4956  // "VITRCOD1"
  private static let version: UInt32 = 2

  /// Whether codes are worth their while.
  static func suit(rows: Int = .max, dimension: Int) -> Bool { rows >= 256 && dimension >= 64 }

  static func name(_ segmentID: UInt64) -> String {
    "codes-" + SegmentFormat.digits(segmentID)
  }

  /// Where the blocks stand.
  struct Layout: Equatable {
    var dimension: Int
    var width: Int
    var rows: Int
    var cells: Int

    static let header = 192
    static let probes = 84
    static let offset = probes + ProbeTable.length
    var mean: Int { Self.header }
    var basis: Int { mean + SegmentFormat.padded(4 * dimension) }
    var gram: Int { basis + SegmentFormat.padded(4 * width * dimension) }
    var cellStarts: Int { gram + SegmentFormat.padded(8 * width * width) }
    var cellScales: Int { cellStarts + SegmentFormat.padded(4 * (cells + 1)) }
    var cellOffsets: Int { cellScales + SegmentFormat.padded(4 * cells) }
    var cellCodes: Int { cellOffsets + SegmentFormat.padded(4 * cells) }
    var rowNumbers: Int { cellCodes + SegmentFormat.padded(cells * width) }
    var scales: Int { rowNumbers + SegmentFormat.padded(4 * rows) }
    var errors: Int { scales + SegmentFormat.padded(4 * rows) }
    var tails: Int { errors + SegmentFormat.padded(4 * rows) }
    var codes: Int { tails + SegmentFormat.padded(4 * rows) }
    var restScales: Int { codes + SegmentFormat.padded(rows * width) }
    var restErrors: Int { restScales + SegmentFormat.padded(4 * rows) }
    var rests: Int { restErrors + SegmentFormat.padded(4 * rows) }
    var restStride: Int { Self.restStride(of: dimension) }
    var length: Int { rests + SegmentFormat.padded(rows * restStride) }

    /// Bytes of a rest.
    static func restStride(of dimension: Int) -> Int { (dimension + 31) / 32 * 32 }

    /// Rows of a cell at least: in a segment that is the whole index, and in any other.
    private static let leastCellRows = 25
    private static let leastCellRowsOfPart = 12

    /// Rows of a cell of an index of so many. A search reads all middles and the rows of some cells:
    /// the smaller cells are, the fewer rows and the more middles.
    private static func cellRows(of all: Int) -> Int {
      max(leastCellRows, Int(Double(all).squareRoot() / 5))
    }

    /// The codes that are written for a segment of so many of an index's rows: about an eighth of the
    /// dimension, for the first axes hold most of the variance. A segment that is a part of the index
    /// has as many cells as the whole would, so that they are no wider: recall for so many rows read
    /// is then what it is in one segment.
    init(dimension: Int, rows: Int, of all: Int) {
      self.dimension = dimension
      self.rows = rows
      width = dimension < 128 ? 32 : min(192, max(64, dimension / 8 / 32 * 32))
      let all = max(rows, all)
      cells = max(1, min(rows / Self.leastCellRowsOfPart, all / Self.cellRows(of: all)))
    }

    /// What a header says, if a file of `length` bytes can hold it.
    init?(_ bytes: UnsafeRawBufferPointer) {
      dimension = Int(bytes.get(UInt32.self, at: 12))
      width = Int(bytes.get(UInt32.self, at: 40))
      rows = Int(truncatingIfNeeded: bytes.get(UInt64.self, at: 32))
      cells = Int(bytes.get(UInt32.self, at: 44))
      guard IndexIdentity.dimensions.contains(dimension), (1...Int(UInt32.max)).contains(rows),
        width % 32 == 0, (32...Int(VITRINE_CODE_WIDTH_LIMIT)).contains(width),
        (1...rows).contains(cells), length == bytes.count
      else { return nil }
    }
  }

  /// The segment's codes, or nil where there are none that are whole and its own.
  ///
  /// The rests are taken on trust, as the vectors of a sealed segment are.
  static func open(
    folder: String, segmentID: UInt64, rows: Int, manifest: Manifest
  ) -> SegmentCodes? {
    let dimension = manifest.identity.dimension
    guard suit(rows: rows, dimension: dimension),
      let file = try? File(folder + "/" + name(segmentID), flags: O_RDONLY),
      let length = try? file.length(), length > Layout.header,
      let mapping = try? Mapping(file, reserving: length)
    else { return nil }
    let bytes = mapping.bytes
    guard bytes.get(UInt64.self, at: 0) == magic, bytes.get(UInt32.self, at: 8) == version,
      bytes.checksum(0..<188) == bytes.get(UInt32.self, at: 188),
      bytes.get(UInt64.self, at: 16) == manifest.indexID,
      bytes.get(UInt64.self, at: 24) == segmentID,
      let layout = Layout(bytes), layout.rows == rows, layout.dimension == dimension
    else { return nil }
    // The checksum reads it from end to end, and every search does.
    mapping.advise(.soon, 0..<layout.restScales)
    guard
      bytes.checksum(Layout.header..<layout.restScales) == bytes.get(UInt32.self, at: 76)
    else { return nil }
    return SegmentCodes(owner: mapping, bytes, layout)
  }

  enum Condition {
    /// As they were written, or not worth their while.
    case whole
    /// There are none, or only those of an older version.
    case missing
    case damaged
  }

  /// What there is of a sealed segment's codes; reads the rests.
  static func condition(of segment: Segment, folder: String) throws(IndexError) -> Condition {
    if let codes = segment.codes { return codes.restsAreWhole ? .whole : .damaged }
    guard suit(rows: segment.count, dimension: segment.layout.dimension) else { return .whole }
    guard let file = try File.existing(folder + "/" + name(segment.id)) else { return .missing }
    let start = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
    defer { start.deallocate() }
    let isOlder =
      try file.read(into: start, at: 0) == 8
      && UnsafeRawBufferPointer(start).get(UInt64.self, at: 0) == olderMagic
    return isOlder ? .missing : .damaged
  }

  /// Writes what identifies the codes and makes them whole, once the blocks are filled.
  static func seal(
    _ bytes: UnsafeMutableRawBufferPointer, _ layout: Layout, segmentID: UInt64, indexID: UInt64
  ) {
    bytes.put(magic, at: 0)
    bytes.put(version, at: 8)
    bytes.put(UInt32(layout.dimension), at: 12)
    bytes.put(indexID, at: 16)
    bytes.put(segmentID, at: 24)
    bytes.put(UInt64(layout.rows), at: 32)
    bytes.put(UInt32(layout.width), at: 40)
    bytes.put(UInt32(layout.cells), at: 44)
    let whole = UnsafeRawBufferPointer(bytes)
    bytes.put(whole.checksum(Layout.header..<layout.restScales), at: 76)
    bytes.put(whole.checksum(layout.restScales..<layout.length), at: 80)
    bytes.put(whole.checksum(0..<188), at: 188)
  }

  /// - Parameter bytes: A whole file, kept in memory by `owner`.
  init(owner: AnyObject, _ bytes: UnsafeRawBufferPointer, _ layout: Layout) {
    self.owner = owner
    self.layout = layout
    base = bytes.baseAddress!
    table = Self.table(UnsafeMutableRawPointer(mutating: base), layout)
    cellStarts = (base + layout.cellStarts).assumingMemoryBound(to: UInt32.self)
    rowNumbers = (base + layout.rowNumbers).assumingMemoryBound(to: UInt32.self)
    limits = vitrine_code_limits(
      code: base.load(fromByteOffset: 48, as: Float.self),
      error: base.load(fromByteOffset: 52, as: Float.self),
      tail: base.load(fromByteOffset: 56, as: Float.self),
      rest: base.load(fromByteOffset: 64, as: Float.self),
      rest_error: base.load(fromByteOffset: 68, as: Float.self))
    tailShare = base.load(fromByteOffset: 72, as: Float.self)
    probes = ProbeTable(decoding: bytes, at: Layout.probes)
    offset = base.load(fromByteOffset: Layout.offset, as: Float.self)
    gram = vitrine_shape_of_gram(
      (base + layout.gram).assumingMemoryBound(to: Double.self), layout.width)
    mean = (base + layout.mean).assumingMemoryBound(to: Float.self)
    basis = (base + layout.basis).assumingMemoryBound(to: Float.self)
    cellCodes = (base + layout.cellCodes).assumingMemoryBound(to: Int8.self)
    cellScales = (base + layout.cellScales).assumingMemoryBound(to: Float.self)
    cellOffsets = (base + layout.cellOffsets).assumingMemoryBound(to: Float.self)
    halfMeanSquare = Float(vitrine_dot(mean, mean, layout.dimension) / 2)
  }

  /// Whether the rests are what was written.
  var restsAreWhole: Bool {
    let bytes = UnsafeRawBufferPointer(start: base, count: layout.length)
    return bytes.checksum(layout.restScales..<layout.length) == bytes.get(UInt32.self, at: 80)
  }

  /// Of the rests' blocks.
  var restBytes: Int { layout.length - layout.restScales }

  /// Asks for the first bytes of the rests: searches read them here and there, one row after the other.
  func expectRests(_ bytes: Int) {
    if bytes > 0 { mapping?.advise(.soon, layout.restScales..<layout.restScales + bytes) }
  }

  // MARK: Blocks

  static func table(_ base: UnsafeMutableRawPointer, _ layout: Layout) -> vitrine_codes {
    func block<T>(_ offset: Int, as type: T.Type) -> UnsafeMutablePointer<T> {
      (base + offset).assumingMemoryBound(to: type)
    }
    return vitrine_codes(
      codes: block(layout.codes, as: Int8.self), scales: block(layout.scales, as: Float.self),
      errors: block(layout.errors, as: Float.self), tails: block(layout.tails, as: Float.self),
      rests: block(layout.rests, as: Int8.self),
      rest_scales: block(layout.restScales, as: Float.self),
      rest_errors: block(layout.restErrors, as: Float.self))
  }

  // MARK: Queries

  /// Makes of `prepared` the query as these codes want it; `other` is the same for other codes.
  func prepare(
    _ query: UnitQuery, like other: PreparedQuery? = nil, into prepared: PreparedQuery
  ) {
    prepared.reserve(layout.dimension)
    vitrine_prepare_code_query(
      query.unit, query.wide, layout.dimension, layout.width, mean, basis, gram, limits,
      other.map { UnsafePointer($0.pointer) }, prepared.pointer)
  }

  /// For each place a number that its row's score does not exceed; `bounds` has room for them.
  func bound(
    _ places: Range<Int>, _ query: PreparedQuery, into bounds: UnsafeMutablePointer<Float>
  ) {
    let table = table.from(places.lowerBound, layout)
    vitrine_bounds(
      query.pointer, table.codes, table.scales, table.errors, table.tails, places.count,
      layout.width, bounds)
  }

  /// Finds the rows of some cells, for which there is room, with their bounds.
  ///
  /// - Parameter cells: Ascending.
  func scan(
    cells: Slice<UnsafeBufferPointer<UInt32>>, _ query: PreparedQuery, into found: BoundedPlaces
  ) {
    let cells = UnsafeBufferPointer(rebasing: cells)
    found.add {
      vitrine_scan_cells(
        query.pointer, table, cellStarts, cells.baseAddress, cells.count, layout.width, $0)
    }
  }

  /// Finds the rows at some places whose bound reaches `floor`.
  func scan(
    _ places: Range<Int>, _ query: PreparedQuery, from floor: Float, into found: BoundedPlaces
  ) {
    found.reserve(places.count)
    found.add {
      vitrine_scan(
        query.pointer, table, places.lowerBound, places.upperBound, layout.width, floor, $0)
    }
  }

  /// Adds to each what may reach its floor of the rows at some places, for which there is room; they share
  /// the reading of codes and rests.
  func look(_ looks: inout [vitrine_look], at places: Range<Int>) {
    vitrine_look_together(
      &looks, looks.count, table, places.lowerBound, places.upperBound, layout.width,
      layout.dimension)
  }

  /// Encloses the scores of what was found with a bound from `low` up to, but not at, `high`, and keeps
  /// what may reach `floor`; there is room for all in `closer`. Returns how many bounds were drawn closer.
  func refine(
    _ found: BoundedPlaces, from low: Float, below high: Float, _ query: PreparedQuery,
    from floor: Float, into closer: EnclosedPlaces
  ) -> Int {
    var refined = 0
    found.add { found in
      closer.add {
        refined = vitrine_refine(
          query.pointer, table, found, low, high, layout.dimension, floor, $0)
      }
    }
    return refined
  }

  /// Forgets those added since this was done last that cannot reach `floor`, and encloses the scores of the
  /// others more closely.
  func narrow(_ closer: EnclosedPlaces, _ query: PreparedQuery, from floor: Float) {
    closer.narrow(from: floor) { vitrine_narrow(query.pointer, table, $1, layout.dimension, $0) }
  }

  /// How near each cell's middle c is to the query q, counted from `offset`; larger is nearer.
  ///
  /// B(q − m)·c − |c|²/2 + m·q − |m|²/2, which is half the squared distance of q and m + B'c taken from
  /// half of |q|²: comparable from segment to segment.
  func nearness(
    _ query: PreparedQuery, from offset: Float, into nearness: UnsafeMutablePointer<Float>
  ) {
    query.withCellWeights(base: query.pointer.pointee.centre - halfMeanSquare - offset) {
      vitrine_bounds(
        $0, cellCodes, cellScales, cellOffsets, cellOffsets, layout.cells, layout.width, nearness)
    }
  }

  /// Which share of what its tail may add at most the score of a place has.
  func tailShare(of place: UInt32, _ query: PreparedQuery, score: Float) -> Float {
    var whole: Float = 0
    bound(Int(place)..<Int(place) + 1, query, into: &whole)
    let tail = query.pointer.pointee.tail_weight * table.tails[Int(place)]
    return (score - (whole - tail)) / tail
  }

  /// The cell that holds a place.
  func cell(of place: UInt32) -> Int {
    var low = 0
    var high = layout.cells
    while high - low > 1 {
      let middle = (low + high) / 2
      if cellStarts[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }
}

extension vitrine_codes {
  /// The codes of the places from `first` on.
  func from(_ first: Int, _ layout: SegmentCodes.Layout) -> vitrine_codes {
    from(first, width: layout.width, layout.restStride)
  }

  func from(_ first: Int, width: Int, _ restStride: Int) -> vitrine_codes {
    vitrine_codes(
      codes: codes.map { $0 + first * width }, scales: scales + first, errors: errors + first,
      tails: tails + first, rests: rests + first * restStride, rest_scales: rest_scales + first,
      rest_errors: rest_errors + first)
  }
}

/// A query against the codes of one segment.
final class PreparedQuery: @unchecked Sendable {
  // Safe to share: threads that look through parts of the codes read it; who made it changes it before.
  private(set) var pointer: UnsafeMutablePointer<vitrine_code_query>
  private var dimension: Int

  init(_ dimension: Int = 0) {
    self.dimension = dimension
    pointer = Self.allocate(dimension)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  private static func bytes(_ dimension: Int) -> Int {
    // No more than the dimension needs: searches have many.
    let unused =
      IndexIdentity.dimensions.upperBound - SegmentCodes.Layout.restStride(of: dimension)
    return MemoryLayout<vitrine_code_query>.size - 2 * unused
  }

  private static func allocate(_ dimension: Int) -> UnsafeMutablePointer<vitrine_code_query> {
    UnsafeMutableRawPointer.allocate(byteCount: bytes(dimension), alignment: 64)
      .assumingMemoryBound(to: vitrine_code_query.self)
  }

  /// Makes room for a query of that dimension; what was there is gone where there was less.
  func reserve(_ dimension: Int) {
    guard dimension > self.dimension else { return }
    UnsafeMutableRawPointer(pointer).deallocate()
    self.dimension = dimension
    pointer = Self.allocate(dimension)
  }

  /// Of memory.
  var bytes: Int { Self.bytes(dimension) }

  /// Its product with the mean of the rows, to which the products of codes add up.
  var centre: Float { pointer.pointee.centre }

  /// Counts only a share of each tail's bound: what is bounded then is likely, no longer certain.
  func lowerTails(to share: Float) { pointer.pointee.tail_weight *= share }

  /// Takes off each cell's offset instead of adding errors and tails.
  fileprivate func withCellWeights(base: Float, _ body: (UnsafePointer<vitrine_code_query>) -> Void)
  {
    let saved = (
      pointer.pointee.base, pointer.pointee.error_weight, pointer.pointee.tail_weight
    )
    pointer.pointee.base = base
    pointer.pointee.error_weight = -1
    pointer.pointee.tail_weight = 0
    body(pointer)
    (pointer.pointee.base, pointer.pointee.error_weight, pointer.pointee.tail_weight) = saved
  }
}
