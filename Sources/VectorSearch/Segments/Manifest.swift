import CKernels
import Glibc

// The file `MANIFEST` says which segments are the index. It is replaced whole: written beside as
// `MANIFEST.next`, synced, renamed, and the folder synced. Little-endian:
//
//      0  u8[8] "VITRIDX1"
//      8  u32   format version: 3 where vectors are not fp32; else 2 where a segment is longer than
//              1 GiB, otherwise 1
//     12  u32   dimension
//     16  u64   index id, random at creation
//     24  u64   edition: manifests written so far
//     32  u64   id of the next segment
//     40  u64   sequence that the sealed segments reach
//     48  u32   element: 0 fp32, 1 fp16, 2 int8
//     52  u32   n, segments
//     56  u32   m, bytes of the model ID, 1…255
//     60  u8[m] model ID, UTF-8, zero-padded to a multiple of 8
//      …  n × 16 bytes, oldest first: u64 id, u64 length; the last is the active one, length 0
//      …  u32   CRC-32C of all before it

/// The segments of an index, oldest first; the last one is being written.
struct Manifest: Equatable {
  struct Entry: Equatable {
    var id: UInt64
    /// Bytes of a sealed segment; 0 for the active one, which grows.
    var length: Int
  }

  static let name = "MANIFEST"
  private static let nextName = "MANIFEST.next"
  private static let magic: UInt64 = 0x3158_4449_5254_4956  // "VITRIDX1"
  static let version: UInt32 = 3
  private static let fixedLength = 60
  private static let sizeLimit = 1 << 24

  var identity: IndexIdentity
  var indexID: UInt64
  var edition: UInt64
  var nextSegmentID: UInt64
  var sealedSequence: UInt64
  var entries: [Entry]

  /// The oldest version whose programs can read what this lists.
  private var oldestVersion: UInt32 {
    if identity.element != .f32 { return 3 }
    return entries.allSatisfy { $0.length <= 1 << 30 } ? 1 : 2
  }

  func encoded() -> [UInt8] {
    let model = Array(identity.model.utf8)
    let modelLength = (model.count + 7) / 8 * 8
    let body = Self.fixedLength + modelLength + entries.count * 16
    var bytes = [UInt8](repeating: 0, count: body + 4)
    bytes.withUnsafeMutableBytes { bytes in
      bytes.put(Self.magic, at: 0)
      bytes.put(oldestVersion, at: 8)
      bytes.put(UInt32(identity.dimension), at: 12)
      bytes.put(indexID, at: 16)
      bytes.put(edition, at: 24)
      bytes.put(nextSegmentID, at: 32)
      bytes.put(sealedSequence, at: 40)
      bytes.put(identity.element.number, at: 48)
      bytes.put(UInt32(entries.count), at: 52)
      bytes.put(UInt32(model.count), at: 56)
      for (i, byte) in model.enumerated() { bytes[Self.fixedLength + i] = byte }
      for (i, entry) in entries.enumerated() {
        bytes.put(entry.id, at: Self.fixedLength + modelLength + i * 16)
        bytes.put(UInt64(entry.length), at: Self.fixedLength + modelLength + i * 16 + 8)
      }
      bytes.put(UnsafeRawBufferPointer(bytes).checksum(0..<body), at: body)
    }
    return bytes
  }

  init(
    identity: IndexIdentity, indexID: UInt64, edition: UInt64 = 0, nextSegmentID: UInt64,
    sealedSequence: UInt64 = 0, entries: [Entry]
  ) {
    self.identity = identity
    self.indexID = indexID
    self.edition = edition
    self.nextSegmentID = nextSegmentID
    self.sealedSequence = sealedSequence
    self.entries = entries
  }

  init(decoding bytes: UnsafeRawBufferPointer, file: String) throws(IndexError) {
    guard bytes.count >= Self.fixedLength + 4, bytes.get(UInt64.self, at: 0) == Self.magic else {
      throw .corrupt(file: file, offset: 0, reason: "not a manifest")
    }
    let version = bytes.get(UInt32.self, at: 8)
    guard (1...Self.version).contains(version) else {
      throw .unsupportedVersion(file: file, found: version, supported: Self.version)
    }
    let body = bytes.count - 4
    guard bytes.checksum(0..<body) == bytes.get(UInt32.self, at: body) else {
      throw .corrupt(file: file, offset: body, reason: "checksum of the manifest")
    }
    guard let element = VectorElement(number: bytes.get(UInt32.self, at: 48)) else {
      throw .corrupt(file: file, offset: 48, reason: "an unknown type of components")
    }
    let count = Int(bytes.get(UInt32.self, at: 52))
    let modelCount = Int(bytes.get(UInt32.self, at: 56))
    let modelLength = (modelCount + 7) / 8 * 8
    guard count > 0, body == Self.fixedLength + modelLength + count * 16 else {
      throw .corrupt(file: file, offset: 52, reason: "\(count) segments in \(bytes.count) bytes")
    }
    do {
      identity = try IndexIdentity(
        model: String(
          decoding: bytes[Self.fixedLength..<Self.fixedLength + modelCount], as: UTF8.self),
        dimension: Int(bytes.get(UInt32.self, at: 12)), element: element)
    } catch {
      throw .corrupt(file: file, offset: 12, reason: "\(error)")
    }
    indexID = bytes.get(UInt64.self, at: 16)
    edition = bytes.get(UInt64.self, at: 24)
    nextSegmentID = bytes.get(UInt64.self, at: 32)
    sealedSequence = bytes.get(UInt64.self, at: 40)
    let table = Self.fixedLength + modelLength
    entries = (0..<count).map {
      Entry(
        id: bytes.get(UInt64.self, at: table + $0 * 16),
        length: Int(truncatingIfNeeded: bytes.get(UInt64.self, at: table + $0 * 16 + 8)))
    }
    for entry in entries where !(0...SegmentFormat.lengthLimit).contains(entry.length) {
      throw .corrupt(file: file, offset: table, reason: "a segment of \(entry.length) bytes")
    }
  }

  /// The folder's manifest and the open file it was read from, or nil where there is no index.
  ///
  /// - Throws: ``IndexError/corrupt(file:offset:reason:)`` where it is missing beside what it once listed.
  static func read(in folder: String) throws(IndexError) -> (manifest: Manifest, file: File)? {
    let path = folder + "/" + name
    if let file = try File.existing(path) { return try read(file) }
    let listed = try fileOfIndex(in: folder)
    // A writer may have made the index between the two looks.
    if let file = try File.existing(path) { return try read(file) }
    if let listed {
      throw .corrupt(file: path, offset: 0, reason: "it is missing beside \(listed)")
    }
    return nil
  }

  /// A file that only an index with a manifest has: the first record, and codes, come after that. What is
  /// made before it is a segment's header.
  private static func fileOfIndex(in folder: String) throws(IndexError) -> String? {
    for name in try File.names(in: folder).sorted() {
      if name.hasPrefix("codes-") { return name }
      if name.hasPrefix("segment-"), let file = try File.existing(folder + "/" + name),
        try file.length() > SegmentFormat.headerLength
      {
        return name
      }
    }
    return nil
  }

  private static func read(_ file: File) throws(IndexError) -> (manifest: Manifest, file: File) {
    let path = file.path
    let length = try file.length()
    guard length <= sizeLimit else {
      throw .corrupt(file: path, offset: 0, reason: "manifest of \(length) bytes")
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
    defer { buffer.deallocate() }
    let count = try file.read(into: buffer, at: 0)
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[0..<count])
    return (try Manifest(decoding: bytes, file: path), file)
  }

  /// Makes this the folder's manifest; on return it is durable.
  func publish(in folder: String, disk: Disk) throws(IndexError) {
    let next = folder + "/" + Self.nextName
    let file = try disk.create(next)
    try disk.write(encoded(), to: file, at: 0)
    try disk.sync(file)
    try disk.rename(next, to: folder + "/" + Self.name)
    try disk.syncFolder(folder)
  }
}
