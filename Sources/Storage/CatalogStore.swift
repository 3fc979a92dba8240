import Catalog
import Foundation
import GRDB
import Schema
import Synchronization

/// The catalog, the frontier and the embedding jobs in one SQLite file.
///
/// Every method that changes something does so in one transaction, which it may share with others
/// (`WriteQueue`), and returns when that has committed; the caller's cancellation does not undo it. The journal is a WAL with
/// `synchronous=NORMAL`: a killed process loses nothing that was acknowledged, a power failure at
/// most the last outcomes, whose addresses then are fetched again.
package final class CatalogStore: Sendable {
  let pool: DatabasePool
  package let path: String
  private let writes: WriteQueue
  private let file: FileIdentity?
  let known = KnownAddresses()
  /// Watches what others commit; opened when it is first asked for.
  private let watching = Mutex<DatabaseQueue?>(nil)

  /// Opens the catalog at `path`, creating it or bringing its schema up to date.
  ///
  /// - Parameter isReadOnly: for processes beside the writer; the catalog must exist.
  package init(path: String, isReadOnly: Bool = false) throws(StorageError) {
    self.path = path
    do {
      if isReadOnly, let error = StorageError.unreadable(path) { throw error }
      var configuration = Configuration()
      configuration.readonly = isReadOnly
      configuration.busyMode = .timeout(10)
      configuration.maximumReaderCount = 4
      configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
        try database.execute(sql: "PRAGMA cache_size = -32768")
        if !isReadOnly { try database.execute(sql: "PRAGMA wal_autocheckpoint = 16000") }
      }
      pool = try DatabasePool(path: path, configuration: configuration)
      var migrator = DatabaseMigrator()
      for (name, sql) in Schema.migrations {
        migrator.registerMigration(name) { try $0.execute(sql: sql) }
      }
      let applied = try pool.read { try migrator.appliedIdentifiers($0) }
      let names = Set(Schema.migrations.map(\.name))
      if let unknown = applied.subtracting(names).min() {
        throw StorageError.newerSchema(migration: unknown)
      }
      if isReadOnly {
        guard !applied.isEmpty else { throw StorageError.absent(path: path) }
        guard applied == names else { throw StorageError.olderSchema(path: path) }
      } else {
        try migrator.migrate(pool)
      }
      writes = WriteQueue(pool, known: known)
      file = FileIdentity(of: path)
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// Runs `body` in a transaction; `then` runs after its commit, before anything else is written
  /// where the change is `alone`. `body` may run twice, the first time in vain.
  func write<T: Sendable>(
    _ urgency: WriteQueue.Change.Urgency = .urgent, ending leases: [ID<Address>] = [],
    _ body: @escaping @Sendable (Connection) throws -> T,
    then: @escaping @Sendable (T) -> Void = { _ in }
  ) async throws(StorageError) -> T {
    try requireFile()
    do {
      return try await withCheckedThrowingContinuation { continuation in
        let change = WriteQueue.Change(urgency: urgency, ends: leases) { connection in
          let value = try body(connection)
          return {
            then(value)
            continuation.resume(returning: value)
          }
        } fail: {
          continuation.resume(throwing: $0)
        }
        writes.add(change)
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// Tells that the lease is being used, so that outcomes which come shortly before its own share a
  /// commit with it.
  package func announce(_ lease: Lease) { writes.announce(lease.id) }

  func read<T: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> T
  ) async throws(StorageError) -> T {
    try requireFile()
    do {
      return try await withCheckedThrowingContinuation { continuation in
        pool.asyncRead { result in
          continuation.resume(with: Result { try body(result.get()) })
        }
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// A file that was removed, or in whose place another was put, can be read and written for ever, and
  /// nobody would see what is written; pictures and vectors beside it are the other's by then.
  private func requireFile() throws(StorageError) {
    guard FileIdentity(of: path) == file else { throw .replaced(path: path) }
  }

  /// Another number after every transaction of any process: answers that depend on the catalog may be
  /// kept while it stays.
  ///
  /// A connection of its own is asked, always the same, since `data_version` counts what others commit.
  /// The file of the WAL index must not be looked into instead: closing it would drop this process's
  /// locks on it (fcntl(2)), and the next process to open the catalog would truncate it under our
  /// mapping.
  package func version() -> Int {
    let version = try? watcher().read { try Int.fetchOne($0, sql: "PRAGMA data_version") }
    // What cannot be asked counts as changed.
    return version ?? .random(in: .min ... .max)
  }

  private func watcher() throws -> DatabaseQueue {
    try watching.withLock { watching in
      if let watching { return watching }
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      watching = queue
      return queue
    }
  }

  /// Checks every page and index of the file.
  ///
  /// - Returns: SQLite's complaints; empty when the file is sound.
  package func check() async throws(StorageError) -> [String] {
    try await read { database in
      try String.fetchAll(database, sql: "PRAGMA quick_check(20)").filter { $0 != "ok" }
    }
  }
}

/// What tells one file from any other that exists at the same time.
private struct FileIdentity: Equatable {
  var device: dev_t
  var inode: ino_t

  /// `nil` where nothing is there.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, inode) = (status.st_dev, status.st_ino)
  }
}

extension Database {
  func firstRow(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
  }

  func integer(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws
    -> Int64?
  {
    try Int64.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }
}

extension ID: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { rawValue.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
    Int64.fromDatabaseValue(value).map(Self.init)
  }
}

extension Timestamp: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { milliseconds.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
    Int64.fromDatabaseValue(value).map(Self.init(milliseconds:))
  }
}

extension Amount: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { tenThousandths.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
    Int64.fromDatabaseValue(value).map(Self.init(tenThousandths:))
  }
}

extension CanonicalURL {
  /// The address in a column of the catalog.
  init(column text: String) throws(StorageError) {
    guard let url = CanonicalURL(stored: text) else {
      throw .corrupt(path: "frontier", detail: "\"\(text.prefix(200))\" is no address")
    }
    self = url
  }
}
