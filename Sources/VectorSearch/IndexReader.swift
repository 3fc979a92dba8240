import Glibc

/// Follows an index that another process writes; takes no lock and changes nothing.
///
/// ``snapshot`` answers at once with the last state seen; ``refresh()`` looks for news, which costs
/// three `stat` calls where there are none. An append is visible to the first refresh after it
/// became durable. The folder may be empty or absent: the snapshot is empty until an index appears.
package final class IndexReader: Sendable {
  private let folder: String
  private let memory: MemoryBudget
  private let follower: Locked<Follower>
  private let published: Locked<Snapshot>

  private struct Follower {
    var state: IndexState?
    /// The manifest in force, held open so that its inode cannot come back as another's.
    var manifestFile: File?
    /// Of the budget, when memory was shared out.
    var returns = 0
  }

  /// How often to start over when compactions remove files between two looks.
  private static let attempts = 8

  /// - Parameter memory: Bytes of the index that the kernel is asked to read before searches come by
  ///   them, which takes as long as the disk does. What every search reads is always asked for; the
  ///   rests of codes follow, of older segments first, then the vectors of segments that fit as a whole, as
  ///   long as the budget lasts, which is shared out anew whenever segments come or go, and when another reader has
  ///   given its share back. Vectors beyond it are read from the file for each search that wants them, and
  ///   rests stay in memory once touched; the kernel may take back any of it.
  package init(folder: String, memory: MemoryBudget = MemoryBudget(0)) throws(IndexError) {
    self.folder = folder
    self.memory = memory
    follower = Locked(Follower())
    published = Locked(.empty)
    _ = try refresh()
  }

  deinit { memory.giveBack(by: ObjectIdentifier(self)) }

  /// The last state seen.
  package var snapshot: Snapshot { published.withLock { $0 } }

  /// Looks for what was written since; false where that is nothing.
  ///
  /// Blocks on file reads of what is new; after an error the last snapshot stays, and the next call
  /// tries again.
  package func refresh() throws(IndexError) -> Bool {
    try follower.withLock { follower throws(IndexError) in
      let found = try look(&follower)
      guard found || follower.returns != memory.returns else { return false }
      follower.returns = memory.share(for: ObjectIdentifier(self)) { left in
        follower.state?.shareOut(memory: left)
        return follower.state?.expectedBytes ?? 0
      }
      if let snapshot = follower.state?.snapshot() { published.withLock { $0 = snapshot } }
      return found
    }
  }

  /// Bytes of the index that were asked for.
  var expectedBytes: Int {
    follower.withLock { $0.state?.expectedBytes ?? 0 }
  }

  private func look(_ follower: inout Follower) throws(IndexError) -> Bool {
    if let file = follower.manifestFile, file.isCurrent() {
      let hasRecords = try follower.state?.follow() ?? false
      let hasCodes = follower.state?.adoptCodes() ?? false
      return hasRecords || hasCodes
    }
    for attempt in 1... {
      guard let (manifest, file) = try Manifest.read(in: folder) else { return false }
      do {
        follower.state = try IndexState(
          folder: folder, manifest: manifest, previous: follower.state)
        follower.manifestFile = file
        return true
      } catch .io(_, let path, ENOENT) {
        if attempt == Self.attempts { throw .missing(path) }
      }
    }
    preconditionFailure("the last attempt returns or throws")
  }
}
