import Catalog
import GRDBSQLite

/// What can be an argument of a statement.
protocol Bindable {
  /// - Returns: SQLite's result code.
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32
}

/// What a column of the catalog holds, to and from SQLite without a box in between.
protocol ColumnValue: Bindable {
  /// Reads a column that is not `NULL`, or as SQLite converts `NULL`: zero and nothing.
  init(_ statement: OpaquePointer, column: Int32)
}

extension Int64: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    sqlite3_bind_int64(statement, index, self)
  }

  init(_ statement: OpaquePointer, column: Int32) { self = sqlite3_column_int64(statement, column) }
}

extension Int: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    sqlite3_bind_int64(statement, index, Int64(self))
  }

  init(_ statement: OpaquePointer, column: Int32) {
    self = Int(sqlite3_column_int64(statement, column))
  }
}

extension Double: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    sqlite3_bind_double(statement, index, self)
  }

  init(_ statement: OpaquePointer, column: Int32) {
    self = sqlite3_column_double(statement, column)
  }
}

extension Bool: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    sqlite3_bind_int64(statement, index, self ? 1 : 0)
  }

  init(_ statement: OpaquePointer, column: Int32) {
    self = sqlite3_column_int64(statement, column) != 0
  }
}

extension String: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    var text = self
    return text.withUTF8 { bytes in
      // An empty buffer may have no address, which SQLite would take for `NULL`.
      guard let start = bytes.baseAddress else {
        return sqlite3_bind_text(statement, index, "", 0, copied)
      }
      return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
        sqlite3_bind_text(statement, index, $0, Int32(bytes.count), copied)
      }
    }
  }

  init(_ statement: OpaquePointer, column: Int32) {
    let start = sqlite3_column_text(statement, column)
    let count = Int(sqlite3_column_bytes(statement, column))
    self = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }
}

extension Array: Bindable where Element == UInt8 {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, !bytes.isEmpty else {
        return sqlite3_bind_zeroblob(statement, index, 0)
      }
      return sqlite3_bind_blob(statement, index, start, Int32(bytes.count), copied)
    }
  }
}

extension Array: ColumnValue where Element == UInt8 {
  init(_ statement: OpaquePointer, column: Int32) {
    let start = sqlite3_column_blob(statement, column)
    let count = Int(sqlite3_column_bytes(statement, column))
    self = Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

extension Optional: Bindable where Wrapped: Bindable {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    switch self {
    case .some(let value): value.bind(into: statement, at: index)
    case .none: sqlite3_bind_null(statement, index)
    }
  }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
  init(_ statement: OpaquePointer, column: Int32) {
    self =
      sqlite3_column_type(statement, column) == SQLITE_NULL
      ? nil : Wrapped(statement, column: column)
  }
}

extension ID: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    rawValue.bind(into: statement, at: index)
  }

  init(_ statement: OpaquePointer, column: Int32) {
    self.init(Int64(statement, column: column))
  }
}

extension Timestamp: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    milliseconds.bind(into: statement, at: index)
  }

  init(_ statement: OpaquePointer, column: Int32) {
    self.init(milliseconds: Int64(statement, column: column))
  }
}

extension Amount: ColumnValue {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    tenThousandths.bind(into: statement, at: index)
  }

  init(_ statement: OpaquePointer, column: Int32) {
    self.init(tenThousandths: Int64(statement, column: column))
  }
}

extension CanonicalURL: Bindable {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    string.bind(into: statement, at: index)
  }
}

extension AddressState: Bindable {
  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    rawValue.bind(into: statement, at: index)
  }
}

/// SQLite takes a copy before the call returns.
private var copied: sqlite3_destructor_type {
  unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
