import CKernels
import Glibc

// Codes are derived from a sealed segment and may be removed at any time: without them its vectors
// are scored one by one. The file `codes-<16 hex digits of the segment's id>`, little-endian, every
// block zero-padded to 64 bytes:
//
//      0  u8[8] "VITRCOD1"                     48  f32   largest length of a decoded row,
//      8  u32   format version, 1              52  f32     of its error,
//     12  u32   dimension d                    56  f32     of its tail
//     16  u64   index id                       60  u32   CRC-32C of all behind the header
//     24  u64   segment id                    124  u32   CRC-32C of bytes 0..<124
//     32  u64   n, rows                       128  header's end
//     40  u32   w, coordinates of a code
//
// then the blocks: mean fp32[d], basis fp32[w × d], gram fp64[w × w], scales fp32[n], errors fp32[n],
// tails fp32[n], codes i8[n × w].

/// Eight-bit codes of a sealed segment's rows, from which scores are bounded.
///
/// `docs/certified-search.md` says why a bound never falls below a score.
final class SegmentCodes: @unchecked Sendable {
  // Safe to share: everything points into a read-only mapping that lives as long as this.
  private let mapping: Mapping
  private let mean: UnsafePointer<Float>
  private let basis: UnsafePointer<Float>
  private let gram: UnsafePointer<Double>
  private let scales: UnsafePointer<Float>
  private let errors: UnsafePointer<Float>
  private let tails: UnsafePointer<Float>
  private let codes: UnsafePointer<Int8>
  private let limits: vitrine_code_limits
  private let layout: Layout

  private static let magic: UInt64 = 0x3144_4F43_5254_4956  // "VITRCOD1"
  private static let version: UInt32 = 1
  /// Rows that a basis is fitted to.
  private static let sample = 4096

  /// Whether codes are worth their while.
  static func suit(rows: Int, dimension: Int) -> Bool { rows >= 256 && dimension >= 64 }

  static func name(_ segmentID: UInt64) -> String {
    "codes-" + SegmentFormat.digits(segmentID)
  }

  /// Where the blocks stand.
  private struct Layout: Equatable {
    var dimension: Int
    var width: Int
    var rows: Int

    static let header = 128
    var mean: Int { Self.header }
    var basis: Int { mean + SegmentFormat.padded(4 * dimension) }
    var gram: Int { basis + SegmentFormat.padded(4 * width * dimension) }
    var scales: Int { gram + SegmentFormat.padded(8 * width * width) }
    var errors: Int { scales + SegmentFormat.padded(4 * rows) }
    var tails: Int { errors + SegmentFormat.padded(4 * rows) }
    var codes: Int { tails + SegmentFormat.padded(4 * rows) }
    var length: Int { codes + SegmentFormat.padded(rows * width) }

    /// The width of the codes that are written: about an eighth of the dimension.
    static func width(dimension: Int) -> Int { min(192, max(32, dimension / 8 / 32 * 32)) }
  }

  /// The segment's codes, or nil where there are none that are whole and its own.
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
    let layout = Layout(
      dimension: Int(bytes.get(UInt32.self, at: 12)), width: Int(bytes.get(UInt32.self, at: 40)),
      rows: Int(truncatingIfNeeded: bytes.get(UInt64.self, at: 32)))
    guard bytes.get(UInt64.self, at: 0) == magic, bytes.get(UInt32.self, at: 8) == version,
      bytes.checksum(0..<124) == bytes.get(UInt32.self, at: 124),
      bytes.get(UInt64.self, at: 16) == manifest.indexID,
      bytes.get(UInt64.self, at: 24) == segmentID, layout.dimension == dimension,
      layout.rows == rows, layout.width % 32 == 0,
      (32...Int(VITRINE_CODE_WIDTH_LIMIT)).contains(layout.width), layout.length == length,
      bytes.checksum(Layout.header..<length) == bytes.get(UInt32.self, at: 60)
    else { return nil }
    return SegmentCodes(mapping, layout)
  }

  private init(_ mapping: Mapping, _ layout: Layout) {
    self.mapping = mapping
    self.layout = layout
    let base = mapping.bytes.baseAddress!
    mean = (base + layout.mean).assumingMemoryBound(to: Float.self)
    basis = (base + layout.basis).assumingMemoryBound(to: Float.self)
    gram = (base + layout.gram).assumingMemoryBound(to: Double.self)
    scales = (base + layout.scales).assumingMemoryBound(to: Float.self)
    errors = (base + layout.errors).assumingMemoryBound(to: Float.self)
    tails = (base + layout.tails).assumingMemoryBound(to: Float.self)
    codes = (base + layout.codes).assumingMemoryBound(to: Int8.self)
    limits = vitrine_code_limits(
      code: (base + 48).load(as: Float.self), error: (base + 52).load(as: Float.self),
      tail: (base + 56).load(as: Float.self))
  }

  /// Writes the codes of a sealed segment; the file appears whole or not at all.
  static func build(
    _ segment: Segment, folder: String, manifest: Manifest, disk: Disk
  ) throws(IndexError) {
    let dimension = manifest.identity.dimension
    let layout = Layout(
      dimension: dimension, width: Layout.width(dimension: dimension), rows: segment.count)
    let path = folder + "/" + name(segment.id)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: layout.length, alignment: SegmentFormat.alignment)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    guard fill(buffer, layout, segment) else {
      throw .io(call: "malloc", path: path, code: ENOMEM)
    }
    buffer.put(magic, at: 0)
    buffer.put(version, at: 8)
    buffer.put(UInt32(dimension), at: 12)
    buffer.put(manifest.indexID, at: 16)
    buffer.put(segment.id, at: 24)
    buffer.put(UInt64(layout.rows), at: 32)
    buffer.put(UInt32(layout.width), at: 40)
    let bytes = UnsafeRawBufferPointer(buffer)
    buffer.put(bytes.checksum(Layout.header..<layout.length), at: 60)
    buffer.put(bytes.checksum(0..<124), at: 124)
    let file = try disk.create(path + ".next")
    try disk.write(bytes, to: file, at: 0)
    try disk.sync(file)
    try disk.rename(path + ".next", to: path)
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ layout: Layout, _ segment: Segment
  ) -> Bool {
    let base = buffer.baseAddress!
    let mean = (base + layout.mean).assumingMemoryBound(to: Float.self)
    let basis = (base + layout.basis).assumingMemoryBound(to: Float.self)
    let gram = (base + layout.gram).assumingMemoryBound(to: Double.self)
    let scales = (base + layout.scales).assumingMemoryBound(to: Float.self)
    let errors = (base + layout.errors).assumingMemoryBound(to: Float.self)
    let tails = (base + layout.tails).assumingMemoryBound(to: Float.self)
    let codes = (base + layout.codes).assumingMemoryBound(to: Int8.self)
    let step = max(1, segment.count / sample)
    let sampled = stride(from: 0, to: segment.count, by: step).map { segment.rows.offsets[$0] }
    guard
      vitrine_fit_basis(
        segment.floats, sampled, sampled.count, layout.dimension, layout.width, mean, basis) == 1
    else { return false }
    vitrine_gram(basis, layout.width, layout.dimension, gram)
    guard
      vitrine_encode_rows(
        segment.floats, segment.rows.offsets, segment.count, layout.dimension, layout.width, mean,
        basis, gram, codes, scales, errors, tails) == 1
    else { return false }
    let limits = vitrine_find_code_limits(
      codes, scales, errors, tails, segment.count, layout.width)
    (base + 48).storeBytes(of: limits.code, as: Float.self)
    (base + 52).storeBytes(of: limits.error, as: Float.self)
    (base + 56).storeBytes(of: limits.tail, as: Float.self)
    return true
  }

  /// For every row a number that its score does not exceed.
  func bounds(_ query: UnitQuery) -> [Float] {
    withUnsafeTemporaryAllocation(of: vitrine_code_query.self, capacity: 1) { prepared in
      vitrine_prepare_code_query(
        query.unit, query.wide, layout.dimension, layout.width, mean, basis, gram, limits,
        prepared.baseAddress)
      return [Float](unsafeUninitializedCapacity: layout.rows) { buffer, count in
        vitrine_bounds(
          prepared.baseAddress, codes, scales, errors, tails, layout.rows, layout.width,
          buffer.baseAddress)
        count = layout.rows
      }
    }
  }
}
