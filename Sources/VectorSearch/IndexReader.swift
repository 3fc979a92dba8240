import Glibc

/// Follows an index that another process writes; takes no lock and changes nothing.
///
/// ``snapshot`` answers at once with the last state seen; ``refresh()`` looks for news, which costs
/// three `stat` calls where there are none. An append is visible to the first refresh after it
/// became durable. The folder may be empty or absent: the snapshot is empty until an index appears.
package final class IndexReader: Sendable {
  private let folder: String
  private let follower: Locked<Follower>
  private let published: Locked<Published>

  private struct Published {
    var current: Snapshot
    /// Those before, oldest first, for answers that are read page by page.
    var former: [Snapshot] = []
  }

  /// Snapshots before the current one that stay within reach.
  private static let formerLimit = 8

  private struct Follower {
    var state: IndexState?
    /// The manifest in force, held open so that its inode cannot come back as another's.
    var manifestFile: File?
  }

  /// How often to start over when compactions remove files between two looks.
  private static let attempts = 8

  package init(folder: String) throws(IndexError) {
    self.folder = folder
    follower = Locked(Follower())
    published = Locked(Published(current: .empty))
    _ = try refresh()
  }

  /// The last state seen.
  package var snapshot: Snapshot { published.withLock { $0.current } }

  /// The state of that ``Snapshot/generation``, if it is the last or was one of the few before it:
  /// pages of one answer come from one snapshot.
  package func snapshot(generation: UInt64) -> Snapshot? {
    published.withLock { published in
      if published.current.generation == generation { return published.current }
      return published.former.last { $0.generation == generation }
    }
  }

  /// Looks for what was written since; false where that is nothing.
  ///
  /// Blocks on file reads of what is new; after an error the last snapshot stays, and the next call
  /// tries again.
  package func refresh() throws(IndexError) -> Bool {
    try follower.withLock { follower throws(IndexError) in
      let found = try look(&follower)
      if found, let snapshot = follower.state?.snapshot() {
        published.withLock { published in
          if published.current.generation != snapshot.generation {
            published.former.append(published.current)
            if published.former.count > Self.formerLimit { published.former.removeFirst() }
          }
          published.current = snapshot
        }
      }
      return found
    }
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
      } catch .io(_, _, ENOENT) where attempt < Self.attempts {
        continue
      }
    }
    preconditionFailure("the last attempt returns or throws")
  }
}
