import Catalog
import Foundation
import GRDB
import Synchronization

/// The last body of each page, compressed, up to a quota: what lets pages be read again without a
/// request.
///
/// `bodies.sqlite` is a cache beside the catalog. Bodies are compressed and written behind the crawl, in
/// batches that no disk is waited for (`synchronous=OFF`): a killed process loses the batch that was
/// being gathered, a power failure may lose the file, which is then made anew. Nothing of the catalog
/// depends on it.
package final class BodyStore: Sendable {
  /// How much is kept.
  package struct Tally: Sendable, Equatable {
    package var pages = 0
    /// Compressed, with what a row needs besides; what the quota counts.
    package var bytes = 0
    /// As they were read.
    package var bodyBytes = 0
  }

  private enum Change {
    case keep(KeptPage)
    case forget(CanonicalURL)
  }

  private struct State {
    var waiting: [Change] = []
    var waitingBytes = 0
    /// When the oldest of `waiting` came.
    var since = Timestamp.never
    /// Bodies that came while too many waited.
    var dropped = 0
    var failure: StorageError?
  }

  /// A batch is written when it has so many bodies, so many bytes, or is so old when the next body
  /// comes.
  private static let batch = 64
  private static let batchBytes = 4 << 20
  private static let batchAge = Duration.seconds(5)
  /// With more than this waiting, the disk is not keeping up: bodies are left out.
  private static let mostWaiting = 64 << 20
  private let path: String
  private let quota: Int
  private let queue: DatabaseQueue
  private let table: BodyTable
  private let state = Mutex(State())

  /// Opens the store at `path` for writing, making it where it is missing, damaged or of another form.
  ///
  /// - Parameter quota: the most compressed bytes that are kept; the oldest bodies go first.
  package init(path: String, quota: Int) throws(StorageError) {
    self.path = path
    self.quota = quota
    do {
      do {
        (queue, table) = try Self.open(path, quota: quota)
      } catch let error as DatabaseError
        where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
      {
        try Self.remove(path: path)
        (queue, table) = try Self.open(path, quota: quota)
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  private static func open(_ path: String, quota: Int) throws -> (DatabaseQueue, BodyTable) {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(10)
    configuration.journalMode = .wal
    configuration.prepareDatabase { database in
      // Most compressed pages fit into one page of the file.
      try database.execute(sql: "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL")
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let table = try queue.inDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = OFF")
      try BodyTable.prepare(database)
      let table = BodyTable(Connection(database, known: KnownAddresses()))
      try table.connection.transact { try table.trim(to: quota) }
      try database.execute(sql: "PRAGMA incremental_vacuum")
      return table
    }
    return (queue, table)
  }

  /// What a store holds, read beside its writer; `nil` where there is none.
  package static func tally(at path: String) throws(StorageError) -> Tally? {
    guard access(path, F_OK) == 0 else { return nil }
    do {
      var configuration = GRDB.Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      return try DatabaseQueue(path: path, configuration: configuration).read { database in
        try BodyTable(Connection(database, known: KnownAddresses())).tally()
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// Removes the store at `path` with everything kept in it; nothing where there is none.
  package static func remove(path: String) throws(StorageError) {
    for suffix in ["", "-wal", "-shm"] {
      guard unlink(path + suffix) == 0 || errno == ENOENT else {
        throw StorageError(errno: errno, path: path + suffix)
      }
    }
  }

  // MARK: Keeping

  /// Keeps the page in place of the one kept for its address. Returns at once; it is on its way.
  package func keep(_ page: KeptPage) { add(.keep(page), bytes: page.page.body.count) }

  /// Drops what is kept for the address.
  package func forget(_ url: CanonicalURL) { add(.forget(url), bytes: 0) }

  private func add(_ change: Change, bytes: Int) {
    let now = Timestamp.now
    let isDue = state.withLock { state in
      guard bytes == 0 || state.waitingBytes + bytes <= Self.mostWaiting else {
        state.dropped += 1
        return false
      }
      if state.waiting.isEmpty { state.since = now }
      state.waiting.append(change)
      state.waitingBytes += bytes
      return state.waiting.count == Self.batch || state.waitingBytes >= Self.batchBytes
        || now - state.since >= Self.batchAge
    }
    if isDue { queue.asyncWriteWithoutTransaction { [self] _ in write() } }
  }

  /// Writes what waits.
  ///
  /// - Returns: how many bodies could not be kept since the last call, because the disk was too slow.
  /// - Throws: the first error of a batch since the last call; its bodies are not kept.
  package func flush() async throws(StorageError) -> Int {
    await withCheckedContinuation { continuation in
      queue.asyncWriteWithoutTransaction { [self] _ in
        write()
        continuation.resume()
      }
    }
    let (failure, dropped) = state.withLock { state in
      defer { (state.failure, state.dropped) = (nil, 0) }
      return (state.failure, state.dropped)
    }
    if let failure { throw failure }
    return dropped
  }

  // MARK: Reading again

  /// What is kept and how large it is.
  package func tally() async throws(StorageError) -> Tally {
    try await onQueue { try $0.tally() }
  }

  /// One kept page, or why it cannot be had.
  package struct Entry: Sendable {
    /// Grows in the order in which pages were kept.
    package let place: Int64
    package let url: String
    package let page: Result<KeptPage, StorageError>
  }

  /// Kept pages, the newest first, behind those of an earlier call.
  ///
  /// A body that is damaged is told once, as `corrupt`, and dropped.
  ///
  /// - Parameter place: of the last entry of the earlier call; `nil` for the newest ones.
  package func pages(before place: Int64?, limit: Int) async throws(StorageError) -> [Entry] {
    let path = path
    return try await onQueue { table in
      try table.rows(before: place ?? .max, limit: limit).map { row in
        let page = row.opened(path: path)
        if case .failure = page { try table.connection.transact { try table.drop(row.id) } }
        return Entry(place: row.id, url: row.url, page: page)
      }
    }
  }

  private func onQueue<T: Sendable>(
    _ body: @escaping @Sendable (BodyTable) throws -> T
  ) async throws(StorageError) -> T {
    do {
      return try await withCheckedThrowingContinuation { continuation in
        queue.asyncWriteWithoutTransaction { [table] _ in
          continuation.resume(with: Result { try body(table) })
        }
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  // MARK: On the store's queue

  private func write() {
    let changes = state.withLock { state in
      defer {
        state.waiting.removeAll()
        state.waitingBytes = 0
      }
      return state.waiting
    }
    guard !changes.isEmpty else { return }
    do {
      try table.connection.transact {
        for change in changes {
          switch change {
          case .keep(let page): try table.insert(page)
          case .forget(let url): try table.drop(url)
          }
        }
        try table.trim(to: quota)
      }
    } catch {
      state.withLock { state in
        if state.failure == nil { state.failure = StorageError(error, path: path) }
      }
    }
  }
}
