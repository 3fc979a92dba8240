import Glibc

extension IndexWriter {
  /// The folder's manifest, made where there is none.
  ///
  /// Files that a crash left beside it are removed.
  static func manifest(
    folder: String, identity: IndexIdentity, disk: Disk
  ) throws(IndexError) -> Manifest {
    if let (manifest, _) = try Manifest.read(in: folder) {
      guard manifest.identity == identity else {
        throw .identityMismatch(folder: folder, found: manifest.identity, wanted: identity)
      }
      // A crash may have come between the rename of this manifest and the sync of the folder.
      try disk.syncFolder(folder)
      try removeStrays(folder: folder, manifest: manifest, disk: disk)
      return manifest
    }
    var manifest = Manifest(
      identity: identity, indexID: .random(in: 1...(.max)), nextSegmentID: 1, entries: [])
    try removeStrays(folder: folder, manifest: manifest, disk: disk)
    try disk.syncFolder(parent(of: folder))
    _ = try addSegment(to: &manifest, folder: folder, disk: disk)
    try manifest.publish(in: folder, disk: disk)
    return manifest
  }

  /// Makes the file of a new growing segment and lists it last; the caller publishes the manifest.
  static func addSegment(
    to manifest: inout Manifest, folder: String, disk: Disk
  ) throws(IndexError) -> (file: File, header: SegmentHeader) {
    let id = manifest.nextSegmentID
    let segment = try createSegment(id, of: manifest, folder: folder, disk: disk)
    try disk.sync(segment.file)
    try disk.syncFolder(folder)
    manifest.edition += 1
    manifest.nextSegmentID += 1
    manifest.entries.append(Manifest.Entry(id: id, length: 0))
    return segment
  }

  /// A segment's file with its header and nothing else, not synced.
  static func createSegment(
    _ id: UInt64, of manifest: Manifest, folder: String, disk: Disk
  ) throws(IndexError) -> (file: File, header: SegmentHeader) {
    let header = SegmentHeader(
      rows: manifest.identity.rows, indexID: manifest.indexID, segmentID: id,
      salt: .random(in: 1...(.max)))
    let file = try disk.create(folder + "/" + SegmentFormat.name(id))
    try disk.write(header.encoded(), to: file, at: 0)
    return (file, header)
  }

  /// Makes the growing segment end with its last whole record, on the disk too.
  static func recover(_ index: IndexState, disk: Disk) throws(IndexError) -> File {
    let active = index.active
    let file = try File(active.file.path, flags: O_RDWR)
    if try file.length() > active.end {
      try disk.truncate(file, to: active.end)
      try disk.sync(file)
    }
    guard let last = active.lastRecord else { return file }
    // A writer that died before its sync, or whose sync failed, may have left this record in the
    // page cache only, clean and not on the disk. Everything before it was synced.
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: last.header.length, alignment: SegmentFormat.alignment)
    defer { buffer.deallocate() }
    guard try file.read(into: buffer, at: last.offset) == buffer.count else {
      throw .corrupt(file: file.path, offset: last.offset, reason: "file shrank while open")
    }
    try disk.write(UnsafeRawBufferPointer(buffer), to: file, at: last.offset)
    try disk.sync(file)
    return file
  }

  /// Seals the growing segment and goes on in a new one.
  func roll(_ state: inout WriterState) throws(IndexError) {
    var manifest = state.index.manifest
    manifest.entries[manifest.entries.count - 1].length = state.index.active.end
    manifest.sealedSequence = state.index.sequence
    let (file, header) = try Self.addSegment(to: &manifest, folder: folder, disk: disk)
    try manifest.publish(in: folder, disk: disk)
    try state.index.roll(to: manifest, file: file, header: header)
    state.file = file
  }

  private static func removeStrays(
    folder: String, manifest: Manifest, disk: Disk
  ) throws(IndexError) {
    let listed = Set(
      manifest.entries.flatMap { [SegmentFormat.name($0.id), SegmentCodes.name($0.id)] })
    for name in try File.names(in: folder)
    where ["MANIFEST.next", "segment-", "codes-"].contains(where: name.hasPrefix)
      && !listed.contains(name)
    {
      try disk.remove(folder + "/" + name)
    }
  }

  private static func parent(of folder: String) -> String {
    let trimmed = folder.reversed().drop { $0 == "/" }
    let parent = String(trimmed.drop { $0 != "/" }.reversed())
    return parent.isEmpty ? "." : parent
  }
}
