import CKernels
import Glibc

// How far to look for a wanted recall in an index of several segments; derived, and may be missing. The
// file `probes`, little-endian:
//
//      0  u8[8] "VITRPRB1"
//      8  u32   format version, 2
//     12  u32   n, segments that were measured
//     16  u64   index id
//     24  f32[3 × 8] gaps to look into, f32 share, see `ProbeTable`
//    124  u32   0
//    128  n × {u64 id, f32 what nearness counts from in the segment, u32 0}
//      …  u32   CRC-32C of all before it

/// Gaps that were measured on several segments together.
///
/// Each segment's own table counts from the nearest of its own cells, so that as many are looked into
/// where nothing is near as where the hits are. These count from the nearest cell of all. A file of
/// version 1 has no share; gaps are measured anew.
struct IndexProbes: Equatable {
  private static let name = "probes"
  private static let magic: UInt64 = 0x3142_5250_5254_4956  // "VITRPRB1"
  private static let version: UInt32 = 2
  private static let fixedLength = 128

  /// By id of the segments that were measured: what nearness counts from.
  var offsets: [UInt64: Float]
  var table: ProbeTable

  /// What nearness counts from in a segment; the average where that was not measured.
  func offset(of segment: UInt64) -> Float {
    offsets[segment] ?? offsets.values.reduce(0, +) / Float(max(1, offsets.count))
  }

  /// The share of the coded rows of some segments that it was measured on.
  func coverage(of segments: [Segment]) -> Double {
    let coded = segments.filter { $0.codes != nil }
    let rows = coded.reduce(0) { $0 + $1.count }
    let covered = coded.reduce(0) { $0 + (offsets[$1.id] == nil ? 0 : $1.count) }
    return rows == 0 ? 1 : Double(covered) / Double(rows)
  }

  /// The folder's, or nil where there are none that are whole.
  static func read(folder: String, indexID: UInt64) -> IndexProbes? {
    guard let file = try? File(folder + "/" + name, flags: O_RDONLY),
      let length = try? file.length(), (fixedLength + 4...1 << 20).contains(length)
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: length)
    return bytes.withUnsafeMutableBytes { buffer in
      guard (try? file.read(into: buffer, at: 0)) == length else { return nil }
      let bytes = UnsafeRawBufferPointer(buffer)
      let count = Int(bytes.get(UInt32.self, at: 12))
      guard bytes.get(UInt64.self, at: 0) == magic, bytes.get(UInt32.self, at: 8) == version,
        bytes.get(UInt64.self, at: 16) == indexID, length == fixedLength + 16 * count + 4,
        bytes.checksum(0..<length - 4) == bytes.get(UInt32.self, at: length - 4)
      else { return nil }
      let offsets = (0..<count).map { i in
        let at = fixedLength + 16 * i
        return (
          bytes.get(UInt64.self, at: at), Float(bitPattern: bytes.get(UInt32.self, at: at + 8))
        )
      }
      return IndexProbes(
        offsets: Dictionary(offsets, uniquingKeysWith: { first, _ in first }),
        table: ProbeTable(decoding: bytes, at: 24))
    }
  }

  func write(folder: String, indexID: UInt64, disk: Disk) throws(IndexError) {
    let length = Self.fixedLength + 16 * offsets.count + 4
    var bytes = [UInt8](repeating: 0, count: length)
    bytes.withUnsafeMutableBytes { bytes in
      bytes.put(Self.magic, at: 0)
      bytes.put(Self.version, at: 8)
      bytes.put(UInt32(offsets.count), at: 12)
      bytes.put(indexID, at: 16)
      table.encode(into: bytes, at: 24)
      for (i, (id, offset)) in offsets.sorted(by: { $0.key < $1.key }).enumerated() {
        bytes.put(id, at: Self.fixedLength + 16 * i)
        bytes.put(offset.bitPattern, at: Self.fixedLength + 16 * i + 8)
      }
      bytes.put(UnsafeRawBufferPointer(bytes).checksum(0..<length - 4), at: length - 4)
    }
    let path = folder + "/" + Self.name
    let file = try disk.create(path + ".next")
    try disk.write(bytes, to: file, at: 0)
    try disk.sync(file)
    try disk.rename(path + ".next", to: path)
  }
}
