import CKernels
import Glibc

/// The one writer of an index.
///
/// It holds an exclusive lock on the folder as long as it lives. Calls block on the disk
/// (`fdatasync`, a fraction of a millisecond to tens of them): make them from a thread or executor of
/// your own, not from the cooperative pool. Calls from several threads take turns; appends that wait
/// for theirs become one record and share one sync. ``snapshot`` never waits for a call under way.
///
/// After an ``IndexError/io(call:path:code:)`` the writer takes nothing more, because what the disk
/// then holds is unknown; open another.
package final class IndexWriter: Sendable {
  package let folder: String
  package let identity: IndexIdentity
  let layout: RowLayout
  let disk: Disk
  private let lock: File
  let state: Locked<WriterState>
  private let published: Locked<Snapshot>
  /// Appends that nobody has begun to write, in the order in which they came.
  let waiting = Locked([WaitingAppend]())
  /// Held through a compaction, so that there is one at a time.
  let compacting = Locked(())
  let segmentLimit: Int
  /// Bytes that the vectors of a segment that compactions and merges write have at most as fp32; as many
  /// of any type, for codes are made in memory.
  let mergedLimit: Int
  /// Vectors from which the growing segment is worth sealing.
  let sealingCount: Int

  struct WriterState {
    var index: IndexState
    /// The growing segment, open for writing.
    var file: File
    var failure: IndexError?
  }

  /// Opens the folder's index, or makes one.
  ///
  /// Cuts off an append that a crash left incomplete; everything acknowledged is there.
  ///
  /// - Parameters:
  ///   - folder: Made where it is missing; its parent must exist.
  ///   - segmentLimit: Bytes at which a segment is sealed, at most 512 MiB.
  /// - Throws: ``IndexError/locked(folder:)``,
  ///   ``IndexError/identityMismatch(folder:found:wanted:)``,
  ///   ``IndexError/corrupt(file:offset:reason:)``, also where a file of the index is missing.
  package convenience init(
    folder: String, identity: IndexIdentity, segmentLimit: Int = 1 << 28
  ) throws(IndexError) {
    try self.init(
      folder: folder, identity: identity, segmentLimit: segmentLimit,
      mergedLimit: SegmentFormat.mergedLimit, disk: .system)
  }

  /// - Parameter mergedLimit: Bytes of a merged segment's vectors as fp32, or nil for `segmentLimit`.
  init(
    folder: String, identity: IndexIdentity, segmentLimit: Int, mergedLimit: Int? = nil,
    sealingCount: Int = 1024, disk: Disk
  ) throws(IndexError) {
    precondition((1...(1 << 29)).contains(segmentLimit))
    self.mergedLimit = mergedLimit ?? segmentLimit
    self.sealingCount = sealingCount
    self.folder = folder
    self.identity = identity
    layout = identity.rows
    self.segmentLimit = segmentLimit
    self.disk = disk
    try disk.createFolder(folder)
    lock = try File(folder + "/lock", flags: O_RDWR | O_CREAT)
    guard try lock.lockExclusively() else { throw .locked(folder: folder) }
    let manifest = try Self.manifest(folder: folder, identity: identity, disk: disk)
    let index: IndexState
    do {
      index = try IndexState(folder: folder, manifest: manifest)
    } catch .io(_, let path, ENOENT) {
      // Nobody else removes what the manifest lists.
      throw .missing(path)
    }
    let file = try Self.recover(index, disk: disk)
    state = Locked(WriterState(index: index, file: file))
    published = Locked(index.snapshot())
  }

  /// The index after the last call that returned.
  package var snapshot: Snapshot { published.withLock { $0 } }

  /// What an append changed.
  package struct AppendReceipt: Sendable, Equatable {
    /// Keys that are new.
    package var added = 0
    /// Keys whose vector was another before.
    package var replaced = 0
    /// Keys that had this very vector.
    package var unchanged = 0
    /// ``Snapshot/generation`` from which on all of it is visible.
    package var generation: UInt64 = 0
  }

  /// Stores vectors; durable on return, whole or not at all.
  ///
  /// A key that is there already with the same vector stays untouched, so that a batch may be
  /// replayed; with another vector it is replaced. Of a key that the batch holds twice the last
  /// counts.
  ///
  /// - Parameters:
  ///   - keys: One a vector.
  ///   - vectors: `[keys × dimension]`, row-major, finite, none zero; brought to unit length, then
  ///     rounded to what the index stores. At most 256 MiB.
  /// - Throws: ``IndexError/invalidVector(key:reason:)`` with nothing stored.
  @discardableResult package func append(
    keys: [UInt64], vectors: [Float]
  ) throws(IndexError) -> AppendReceipt {
    guard vectors.count == keys.count * identity.dimension else {
      throw .invalidRequest(
        "\(vectors.count) floats for \(keys.count) vectors of \(identity.dimension)")
    }
    guard vectors.count * 4 <= SegmentFormat.batchLimit else {
      throw .invalidRequest(
        "a batch of \(vectors.count * 4) bytes, at most \(SegmentFormat.batchLimit) are allowed")
    }
    return try append(WaitingAppend(keys: keys, rows: try rounded(keys, vectors)))
  }

  /// Removes keys, durable on return; those that are not there are ignored.
  ///
  /// - Returns: How many were there.
  @discardableResult package func delete(keys: [UInt64]) throws(IndexError) -> Int {
    try change { state throws(IndexError) in
      var seen = KeySet()
      let news = keys.indices.filter {
        state.index.place(of: keys[$0]) != nil && seen.insert(keys[$0])
      }
      if !news.isEmpty {
        try write(.tombstones, news.count, &state) { keysOut, _ in
          for (place, i) in news.enumerated() { keysOut[place] = keys[i] }
        }
      }
      return news.count
    }
  }

  /// Runs one change under the lock and publishes its outcome; a failing disk ends the writer.
  func change<Result: Sendable>(
    _ body: (inout WriterState) throws(IndexError) -> Result
  ) throws(IndexError) -> Result {
    try state.withLock { state throws(IndexError) in
      if let failure = state.failure { throw failure }
      let before = state.index.sequence
      do throws(IndexError) {
        let result = try body(&state)
        if state.index.sequence != before { publish(state.index) }
        return result
      } catch {
        if case .io = error { state.failure = error }
        throw error
      }
    }
  }

  func publish(_ index: IndexState) {
    let snapshot = index.snapshot()
    published.withLock { $0 = snapshot }
  }

  /// The rows of vectors brought to unit length.
  private func rounded(_ keys: [UInt64], _ vectors: [Float]) throws(IndexError) -> [UInt32] {
    var bad: Int?
    let dimension = identity.dimension
    let rows = [UInt32](unsafeUninitializedCapacity: keys.count * layout.words) { rows, count in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: dimension) { unit in
        for i in keys.indices {
          _ = unit.update(fromContentsOf: vectors[i * dimension..<(i + 1) * dimension])
          guard vitrine_normalise(unit.baseAddress, dimension) == 1 else {
            bad = i
            return
          }
          layout.store(unit.baseAddress!, at: rows.baseAddress! + i * layout.words)
          count += layout.words
        }
      }
    }
    if let bad { throw .invalidVector(key: keys[bad], reason: "zero or not finite") }
    return rows
  }

  /// Writes a record and syncs it.
  func write(
    _ kind: RecordHeader.Kind, _ count: Int, _ state: inout WriterState,
    fill: (UnsafeMutableBufferPointer<UInt64>, UnsafeMutableBufferPointer<UInt32>) -> Void
  ) throws(IndexError) {
    var header = RecordHeader(
      kind: kind, sequence: state.index.sequence + 1, ordinal: state.index.active.ordinal,
      count: count, rows: layout)
    if state.index.active.ordinal > 0,
      state.index.active.end + header.length > segmentLimit
    {
      try roll(&state)
      header.ordinal = 0
    }
    let bytes = RecordBytes(header, salt: state.index.active.header.salt, fill: fill)
    let offset = state.index.active.end
    try disk.write(bytes.raw, to: state.file, at: offset)
    try disk.sync(state.file)
    state.index.append(RecordScanner.Record(header: bytes.header, offset: offset))
  }
}
