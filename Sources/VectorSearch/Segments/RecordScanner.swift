import CKernels

/// Walks a segment's records, checking them as it goes.
///
/// It reads through `pread`, never through a mapping: the bytes behind the last whole record may be
/// cut off at any time by a writer that recovers.
final class RecordScanner {
  struct Record: Equatable {
    var header: RecordHeader
    /// Where its header begins.
    var offset: Int

    var keysOffset: Int { offset + SegmentFormat.headerLength }
    var vectorsOffset: Int { keysOffset + header.keysLength }
    var end: Int { offset + header.length }
  }

  private static let chunk = 1 << 20

  let file: File
  let header: SegmentHeader
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: RecordScanner.chunk, alignment: SegmentFormat.alignment)

  /// Opens the scanner on a segment whose header it checks.
  init(_ file: File, rows: RowLayout, indexID: UInt64, segmentID: UInt64) throws(IndexError) {
    self.file = file
    let count = try file.read(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<SegmentFormat.headerLength]), at: 0)
    header = try SegmentHeader(
      decoding: UnsafeRawBufferPointer(rebasing: buffer[0..<count]), file: file.path)
    guard header.rows == rows, header.indexID == indexID, header.segmentID == segmentID
    else {
      throw .corrupt(file: file.path, offset: 8, reason: "a segment of another index")
    }
  }

  init(_ file: File, header: SegmentHeader) {
    self.file = file
    self.header = header
  }

  deinit { buffer.deallocate() }

  /// The records of a sealed segment from `offset` on. `check` reads the vectors too, which costs
  /// the whole file.
  func sealed(
    from offset: Int, ordinal: UInt32, length: Int, checkingVectors check: Bool
  ) throws(IndexError) -> [Record] {
    let found = try file.length()
    guard found == length else {
      throw .corrupt(
        file: file.path, offset: min(found, length),
        reason: "\(found) bytes, the manifest says \(length)")
    }
    return try records(from: offset, ordinal: ordinal, to: length, checkingVectors: check)
  }

  /// The records that were found before, up to the end of one; all are expected to be whole.
  func records(
    from offset: Int, ordinal: UInt32, to end: Int, checkingVectors check: Bool
  ) throws(IndexError) -> [Record] {
    var records: [Record] = []
    var offset = offset
    while offset < end {
      guard
        let record = try record(
          at: offset, ordinal: ordinal + UInt32(records.count), checkingVectors: check)
      else { throw damaged(offset) }
      records.append(record)
      offset = record.end
    }
    return records
  }

  /// The whole records of a growing segment from `offset` on.
  ///
  /// What follows them is an append that is under way or was cut short by a crash. Unless a whole
  /// record follows behind it: then it was acknowledged once, and is corrupt.
  func growing(from offset: Int, ordinal: UInt32) throws(IndexError) -> [Record] {
    var records: [Record] = []
    var offset = offset
    var ordinal = ordinal
    var looked = false
    while true {
      if let record = try record(at: offset, ordinal: ordinal, checkingVectors: true) {
        records.append(record)
        offset = record.end
        ordinal += 1
        looked = false
      } else if looked {
        throw damaged(offset)
      } else if try hasRecord(behind: offset, after: ordinal) {
        // The writer may have finished this record between the two looks.
        looked = true
      } else {
        return records
      }
    }
  }

  /// The record at `offset` if it is there, whole, and the one expected.
  private func record(
    at offset: Int, ordinal: UInt32?, checkingVectors: Bool
  ) throws(IndexError) -> Record? {
    let count = try file.read(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<SegmentFormat.headerLength]),
      at: offset)
    guard
      let header = RecordHeader(
        decoding: UnsafeRawBufferPointer(rebasing: buffer[0..<count]), salt: header.salt,
        rows: header.rows),
      ordinal == nil || header.ordinal == ordinal
    else { return nil }
    let record = Record(header: header, offset: offset)
    guard record.end <= SegmentFormat.lengthLimit,
      try checksum(record.keysOffset, header.keysLength) == header.keysChecksum
    else { return nil }
    if checkingVectors,
      try checksum(record.vectorsOffset, header.vectorsLength) != header.vectorsChecksum
    {
      return nil
    }
    return record
  }

  /// Nil where the file ends before.
  private func checksum(_ offset: Int, _ length: Int) throws(IndexError) -> UInt32? {
    var crc: UInt32 = 0
    var done = 0
    while done < length {
      let wanted = min(Self.chunk, length - done)
      let count = try file.read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<wanted]), at: offset + done)
      guard count == wanted else { return nil }
      crc = vitrine_crc32c(crc, buffer.baseAddress!, wanted)
      done += wanted
    }
    return crc
  }

  private func hasRecord(behind offset: Int, after ordinal: UInt32) throws(IndexError) -> Bool {
    var position = offset + SegmentFormat.alignment
    while true {
      let count = try file.read(into: buffer, at: position)
      guard count >= SegmentFormat.headerLength else { return false }
      var candidates: [Int] = []
      for start in stride(
        from: 0, through: count - SegmentFormat.headerLength, by: SegmentFormat.alignment)
      {
        let bytes = UnsafeRawBufferPointer(
          rebasing: buffer[start..<start + SegmentFormat.headerLength])
        if let header = RecordHeader(
          decoding: bytes, salt: header.salt, rows: header.rows),
          header.ordinal > ordinal
        {
          candidates.append(position + start)
        }
      }
      for candidate in candidates
      where try record(at: candidate, ordinal: nil, checkingVectors: true) != nil { return true }
      position += count / SegmentFormat.alignment * SegmentFormat.alignment
    }
  }

  private func damaged(_ offset: Int) -> IndexError {
    .corrupt(file: file.path, offset: offset, reason: "a record's checksum or order")
  }
}
