/// A record as it will stand in the file.
final class RecordBytes {
  let header: RecordHeader
  private let buffer: UnsafeMutableRawBufferPointer

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer) }

  /// - Parameter fill: Writes the header's count of keys, and the words of as many rows where it has
  ///   vectors; both are zero before.
  init(
    _ header: RecordHeader, salt: UInt64,
    fill: (UnsafeMutableBufferPointer<UInt64>, UnsafeMutableBufferPointer<UInt32>) -> Void
  ) {
    buffer = .allocate(byteCount: header.length, alignment: SegmentFormat.alignment)
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    let keys = SegmentFormat.headerLength..<SegmentFormat.headerLength + header.keysLength
    let vectors = keys.upperBound..<header.length
    fill(
      UnsafeMutableRawBufferPointer(rebasing: buffer[keys]).bindMemory(to: UInt64.self),
      UnsafeMutableRawBufferPointer(rebasing: buffer[vectors]).bindMemory(to: UInt32.self))
    var header = header
    header.keysChecksum = UnsafeRawBufferPointer(buffer).checksum(keys)
    header.vectorsChecksum = UnsafeRawBufferPointer(buffer).checksum(vectors)
    header.encode(into: buffer, salt: salt)
    self.header = header
  }

  deinit { buffer.deallocate() }
}
