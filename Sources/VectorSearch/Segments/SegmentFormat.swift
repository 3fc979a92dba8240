// A segment is a file `segment-<16 hex digits of its id>`: a header, then records end to end, each
// beginning at a multiple of 64. All numbers are little-endian; the rest of each block is zero.
//
//     header, 64 bytes                        record header, 64 bytes
//      0  u8[8] "VITRSEG1"                     0  u32 "VREC"
//      8  u32   version: 1 fp32, else 2        4  u16 kind: 1 vectors, 2 tombstones
//     12  u32   dimension                      8  u64 salt of the segment
//     16  u64   index id                      16  u64 sequence: changes of the index so far
//     24  u64   segment id                    24  u32 ordinal in the segment, from 0
//     32  u64   salt, random                  28  u32 count of keys
//     40  u32   element: 0 fp32, 1 fp16, 2    32  u64 length of the record with its padding
//              int8                         40  u32 dimension
//     60  u32   CRC-32C of bytes 0..<60
//                                             44  u32 CRC-32C of the keys with their padding
//                                             48  u32 CRC-32C of the vectors with their padding
//                                             60  u32 CRC-32C of bytes 0..<60
//
// After a record's header stand its keys (u64 each, padded to 64) and, for vectors, the rows
// (see `rows.h`, unit length; the last padded to 64). One append or delete is one record: it is there
// whole or not at all. A later record about a key replaces what earlier ones said.
//
// The salt keeps bytes of a vector from ever passing for a record.

import CKernels

#if _endian(big)
  #error("segments are little-endian and mapped as they are")
#endif

enum SegmentFormat {
  static let version: UInt32 = 2
  static let alignment = 64
  static let headerLength = 64
  /// The largest batch of one append, in bytes of vectors.
  static let batchLimit = 1 << 28
  /// A growing segment's largest length, which its mapping reserves, and that of a record.
  static let growingLimit = 1 << 30
  /// A file's largest length: offsets count words of four bytes in 32 bits.
  static let lengthLimit = 1 << 34
  /// Bytes that the vectors of a segment that merges write have at most as fp32.
  static let mergedLimit = 1 << 33

  static func name(_ id: UInt64) -> String { "segment-" + digits(id) }

  /// The id as files are named by it.
  static func digits(_ id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func padded(_ length: Int) -> Int { (length + alignment - 1) / alignment * alignment }
}

struct SegmentHeader: Equatable {
  private static let magic: UInt64 = 0x3147_4553_5254_4956  // "VITRSEG1"

  var rows: RowLayout
  var indexID: UInt64
  var segmentID: UInt64
  var salt: UInt64

  func encoded() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: SegmentFormat.headerLength)
    bytes.withUnsafeMutableBytes { bytes in
      bytes.put(Self.magic, at: 0)
      bytes.put(rows.element == .f32 ? UInt32(1) : SegmentFormat.version, at: 8)
      bytes.put(UInt32(rows.dimension), at: 12)
      bytes.put(indexID, at: 16)
      bytes.put(segmentID, at: 24)
      bytes.put(salt, at: 32)
      bytes.put(rows.element.number, at: 40)
      bytes.put(UnsafeRawBufferPointer(bytes).checksum(0..<60), at: 60)
    }
    return bytes
  }

  /// - Parameter bytes: The first 64 bytes of the file.
  init(decoding bytes: UnsafeRawBufferPointer, file: String) throws(IndexError) {
    guard bytes.count == SegmentFormat.headerLength, bytes.get(UInt64.self, at: 0) == Self.magic
    else { throw .corrupt(file: file, offset: 0, reason: "not a segment") }
    let version = bytes.get(UInt32.self, at: 8)
    guard (1...SegmentFormat.version).contains(version) else {
      throw .unsupportedVersion(file: file, found: version, supported: SegmentFormat.version)
    }
    guard bytes.checksum(0..<60) == bytes.get(UInt32.self, at: 60) else {
      throw .corrupt(file: file, offset: 0, reason: "checksum of the segment's header")
    }
    guard let element = VectorElement(number: bytes.get(UInt32.self, at: 40)) else {
      throw .corrupt(file: file, offset: 40, reason: "an unknown type of components")
    }
    rows = RowLayout(dimension: Int(bytes.get(UInt32.self, at: 12)), element: element)
    indexID = bytes.get(UInt64.self, at: 16)
    segmentID = bytes.get(UInt64.self, at: 24)
    salt = bytes.get(UInt64.self, at: 32)
  }

  init(rows: RowLayout, indexID: UInt64, segmentID: UInt64, salt: UInt64) {
    self.rows = rows
    self.indexID = indexID
    self.segmentID = segmentID
    self.salt = salt
  }
}

struct RecordHeader: Equatable {
  enum Kind: UInt16 { case vectors = 1, tombstones = 2 }

  private static let magic: UInt32 = 0x4345_5256  // "VREC"

  var kind: Kind
  var sequence: UInt64
  var ordinal: UInt32
  var count: Int
  var rows: RowLayout
  var keysChecksum: UInt32 = 0
  var vectorsChecksum: UInt32 = 0

  var keysLength: Int { SegmentFormat.padded(count * 8) }
  var vectorsLength: Int {
    kind == .vectors ? SegmentFormat.padded(count * rows.length) : 0
  }
  var length: Int { SegmentFormat.headerLength + keysLength + vectorsLength }

  init(kind: Kind, sequence: UInt64, ordinal: UInt32, count: Int, rows: RowLayout) {
    self.kind = kind
    self.sequence = sequence
    self.ordinal = ordinal
    self.count = count
    self.rows = rows
  }

  /// Nil where the bytes are no header of the segment with this salt.
  init?(decoding bytes: UnsafeRawBufferPointer, salt: UInt64, rows: RowLayout) {
    guard bytes.count >= SegmentFormat.headerLength, bytes.get(UInt32.self, at: 0) == Self.magic,
      bytes.get(UInt64.self, at: 8) == salt,
      bytes.checksum(0..<60) == bytes.get(UInt32.self, at: 60),
      let kind = Kind(rawValue: bytes.get(UInt16.self, at: 4)),
      bytes.get(UInt32.self, at: 40) == UInt32(rows.dimension)
    else { return nil }
    self.kind = kind
    sequence = bytes.get(UInt64.self, at: 16)
    ordinal = bytes.get(UInt32.self, at: 24)
    count = Int(bytes.get(UInt32.self, at: 28))
    self.rows = rows
    keysChecksum = bytes.get(UInt32.self, at: 44)
    vectorsChecksum = bytes.get(UInt32.self, at: 48)
    guard count > 0, length <= SegmentFormat.growingLimit,
      bytes.get(UInt64.self, at: 32) == UInt64(length)
    else { return nil }
  }

  func encode(into bytes: UnsafeMutableRawBufferPointer, salt: UInt64) {
    bytes.prefixZeroed(SegmentFormat.headerLength)
    bytes.put(Self.magic, at: 0)
    bytes.put(kind.rawValue, at: 4)
    bytes.put(salt, at: 8)
    bytes.put(sequence, at: 16)
    bytes.put(ordinal, at: 24)
    bytes.put(UInt32(count), at: 28)
    bytes.put(UInt64(length), at: 32)
    bytes.put(UInt32(rows.dimension), at: 40)
    bytes.put(keysChecksum, at: 44)
    bytes.put(vectorsChecksum, at: 48)
    bytes.put(UnsafeRawBufferPointer(bytes).checksum(0..<60), at: 60)
  }
}

extension UnsafeRawBufferPointer {
  func get<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    loadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// CRC-32C of the range.
  func checksum(_ range: Range<Int>) -> UInt32 {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return vitrine_crc32c(0, baseAddress! + range.lowerBound, range.count)
  }
}

extension UnsafeMutableRawBufferPointer {
  func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  func prefixZeroed(_ count: Int) {
    UnsafeMutableRawBufferPointer(rebasing: self[0..<count]).initializeMemory(
      as: UInt8.self, repeating: 0)
  }
}
