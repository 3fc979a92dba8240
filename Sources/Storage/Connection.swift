import Catalog
import GRDB
import GRDBSQLite

/// The writer's connection: statements are prepared once, and bound and stepped directly.
///
/// A page's outcome is some twenty statements. Boxing their arguments and rows, as GRDB's own
/// interface does, costs more than what SQLite does with them.
final class Connection: @unchecked Sendable {
  // Used on the queue of GRDB's writer only.
  private let database: Database
  /// By the address of their text, which is a literal.
  private var statements: [UnsafePointer<UInt8>: Statement] = [:]
  /// What is in the frontier, so that a link on every page costs no statement.
  private let known: KnownAddresses
  /// What will be known when the transaction under way has committed.
  private var learnt: [UInt64] = []
  /// Origins whose rows are committed or written by the transaction under way.
  private var hosts: [String: ID<Host>] = [:]
  private static let mostHosts = 1 << 14

  init(_ database: Database, known: KnownAddresses) {
    self.database = database
    self.known = known
  }

  /// Runs `body` in a transaction, which is rolled back where it throws.
  ///
  /// - Parameter commits: `false` rolls it back in any case.
  func transact<T>(commits: Bool = true, _ body: () throws -> T) throws -> T {
    var result: T?
    do {
      try database.inTransaction(.immediate) {
        result = try body()
        return commits ? .commit : .rollback
      }
    } catch {
      unlearn()
      throw error
    }
    if commits {
      known.insert(learnt)
      learnt.removeAll(keepingCapacity: true)
    } else {
      unlearn()
    }
    guard let result else { preconditionFailure("a transaction committed without its body") }
    return result
  }

  /// Forgets what was only true within a transaction that was rolled back.
  private func unlearn() {
    hosts.removeAll()
    learnt.removeAll()
  }

  // MARK: Statements

  func run<each Value: Bindable>(_ sql: StaticString, _ values: repeat each Value) throws {
    let statement = try bound(sql, repeat each values)
    defer { sqlite3_reset(statement) }
    while try step(statement, sql) {}
  }

  /// Every row as `read` sees it. `read` runs no statement of the same text.
  func rows<T, each Value: Bindable>(
    _ sql: StaticString, _ values: repeat each Value, read: (ResultRow) throws -> T
  ) throws -> [T] {
    let statement = try bound(sql, repeat each values)
    defer { sqlite3_reset(statement) }
    var rows: [T] = []
    while try step(statement, sql) { rows.append(try read(ResultRow(statement: statement))) }
    return rows
  }

  func first<T, each Value: Bindable>(
    _ sql: StaticString, _ values: repeat each Value, read: (ResultRow) throws -> T
  ) throws -> T? {
    let statement = try bound(sql, repeat each values)
    defer { sqlite3_reset(statement) }
    return try step(statement, sql) ? try read(ResultRow(statement: statement)) : nil
  }

  func integer<each Value: Bindable>(_ sql: StaticString, _ values: repeat each Value) throws
    -> Int64?
  {
    try first(sql, repeat each values) { $0[0] } ?? nil
  }

  /// The id of the row that the last `INSERT` made.
  var lastInsertedID: Int64 { sqlite3_last_insert_rowid(database.sqliteConnection) }
  /// Rows that the last `INSERT`, `UPDATE` or `DELETE` changed.
  var changeCount: Int { Int(sqlite3_changes(database.sqliteConnection)) }

  private func bound<each Value: Bindable>(
    _ sql: StaticString, _ values: repeat each Value
  ) throws -> OpaquePointer {
    let statement = try prepared(sql)
    var index: Int32 = 0
    for value in repeat each values {
      index += 1
      let code = value.bind(into: statement, at: index)
      guard code == SQLITE_OK else { throw failure(code, sql) }
    }
    precondition(index == sqlite3_bind_parameter_count(statement), "\(sql): wrong argument count")
    return statement
  }

  private func prepared(_ sql: StaticString) throws -> OpaquePointer {
    if let known = statements[sql.utf8Start] { return known.sqliteStatement }
    let statement = try database.makeStatement(sql: sql.description)
    statements[sql.utf8Start] = statement
    return statement.sqliteStatement
  }

  /// Whether there is a row.
  private func step(_ statement: OpaquePointer, _ sql: StaticString) throws -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw failure(code, sql)
    }
  }

  private func failure(_ code: Int32, _ sql: StaticString) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: code),
      message: String(cString: sqlite3_errmsg(database.sqliteConnection)), sql: sql.description)
  }

  // MARK: What is known

  func isKnown(_ key: UInt64) -> Bool { known.contains(key) }

  /// The address of that key is in the frontier once the transaction commits.
  func makeKnown(_ key: UInt64) { learnt.append(key) }

  /// The row of an origin, made when it is new.
  func host(origin: String) throws -> ID<Host> {
    if let known = hosts[origin] { return known }
    let id: ID<Host>
    if let known = try integer("SELECT id FROM host WHERE origin = ?", origin) {
      id = ID(known)
    } else {
      try run("INSERT INTO host (origin) VALUES (?)", origin)
      id = ID(lastInsertedID)
    }
    if hosts.count >= Self.mostHosts { hosts.removeAll(keepingCapacity: true) }
    hosts[origin] = id
    return id
  }
}

/// One row of a statement, valid until the next step.
struct ResultRow {
  fileprivate let statement: OpaquePointer

  subscript<Value: ColumnValue>(column: Int32) -> Value { Value(statement, column: column) }
}
