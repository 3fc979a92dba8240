import Catalog
import GRDB

/// A page as it was fetched, with what its fetch said of it.
package struct KeptPage: Sendable {
  package var page: FetchedPage
  package var status: Int
  package var bodyHash: UInt64
  package var fetchedAt: Timestamp

  package init(page: FetchedPage, status: Int, bodyHash: UInt64, fetchedAt: Timestamp) {
    self.page = page
    self.status = status
    self.bodyHash = bodyHash
    self.fetchedAt = fetchedAt
  }
}

/// The rows of `bodies.sqlite`, and their sums, which each change brings up to date.
final class BodyTable: @unchecked Sendable {
  // Used on the queue of the store's database only.
  let connection: Connection
  private let compressor = Compressor()

  /// What a row costs besides its body and address.
  private static let rowBytes = 100
  /// The form of the file; another one is made anew.
  private static let form = 1

  init(_ connection: Connection) { self.connection = connection }

  static func prepare(_ database: Database) throws {
    let form = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    if form == Self.form { return }
    guard form == 0 else {
      throw DatabaseError(resultCode: .SQLITE_NOTADB, message: "form \(form) of kept bodies")
    }
    try database.inTransaction(.immediate) {
      try database.execute(
        sql: """
          CREATE TABLE body (
            id INTEGER PRIMARY KEY,
            url TEXT NOT NULL UNIQUE,
            kind INTEGER NOT NULL,
            status INTEGER NOT NULL,
            content_type TEXT,
            directives INTEGER NOT NULL,
            body_hash INTEGER NOT NULL,
            fetched_at INTEGER NOT NULL,
            size INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            data BLOB NOT NULL
          ) STRICT;
          CREATE TABLE tally (
            pages INTEGER NOT NULL, bytes INTEGER NOT NULL, body_bytes INTEGER NOT NULL
          ) STRICT;
          INSERT INTO tally VALUES (0, 0, 0);
          CREATE TRIGGER body_in AFTER INSERT ON body BEGIN
            UPDATE tally SET
              pages = pages + 1, bytes = bytes + NEW.cost, body_bytes = body_bytes + NEW.size;
          END;
          CREATE TRIGGER body_out AFTER DELETE ON body BEGIN
            UPDATE tally SET
              pages = pages - 1, bytes = bytes - OLD.cost, body_bytes = body_bytes - OLD.size;
          END;
          PRAGMA user_version = \(Self.form);
          """)
      return .commit
    }
  }

  // MARK: Within a transaction

  func insert(_ kept: KeptPage) throws {
    let page = kept.page
    let data = compressor.compress(page.body)
    try drop(page.url)
    try connection.run(
      """
      INSERT INTO body (url, kind, status, content_type, directives, body_hash, fetched_at, size, cost,
        data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      page.url, page.kind.rawValue, kept.status, page.contentType, page.directives.rawValue,
      Int64(bitPattern: kept.bodyHash), kept.fetchedAt, page.body.count,
      data.count + page.url.string.utf8.count + Self.rowBytes, data)
  }

  func drop(_ url: CanonicalURL) throws {
    try connection.run("DELETE FROM body WHERE url = ?", url)
  }

  func drop(_ id: Int64) throws { try connection.run("DELETE FROM body WHERE id = ?", id) }

  /// Drops the oldest rows until at most `quota` bytes are left.
  func trim(to quota: Int) throws {
    var excess = try tally().bytes - quota
    while excess > 0 {
      let oldest = try connection.rows("SELECT id, cost FROM body ORDER BY id LIMIT 64") {
        (id: $0[0] as Int64, cost: $0[1] as Int)
      }
      guard !oldest.isEmpty else { return }
      for (id, cost) in oldest where excess > 0 {
        try drop(id)
        excess -= cost
      }
    }
  }

  // MARK: Reading

  func tally() throws -> BodyStore.Tally {
    try connection.first("SELECT pages, bytes, body_bytes FROM tally") {
      BodyStore.Tally(pages: $0[0], bytes: $0[1], bodyBytes: $0[2])
    } ?? BodyStore.Tally()
  }

  func rows(before id: Int64, limit: Int) throws -> [Row] {
    try connection.rows(
      """
      SELECT id, url, kind, status, content_type, directives, body_hash, fetched_at, size, data
      FROM body WHERE id < ? ORDER BY id DESC LIMIT ?
      """, id, limit
    ) { row in
      Row(
        id: row[0], url: row[1], kind: row[2], status: row[3], contentType: row[4],
        directives: row[5], bodyHash: row[6], fetchedAt: row[7], size: row[8], data: row[9])
    }
  }

  struct Row {
    let id: Int64
    let url: String
    let kind: Int
    let status: Int
    let contentType: String?
    let directives: Int
    let bodyHash: Int64
    let fetchedAt: Timestamp
    let size: Int
    let data: [UInt8]

    /// No page of a crawl is larger, whatever the row says (`crawl.page_limit` is below).
    private static let mostBytes = 1 << 30

    func opened(path: String) -> Result<KeptPage, StorageError> {
      func damaged(_ detail: String) -> Result<KeptPage, StorageError> {
        .failure(.corrupt(path: path, detail: "the body kept of \(url.prefix(200)): \(detail)"))
      }
      guard let address = CanonicalURL(stored: url), let kind = TargetKind(rawValue: kind) else {
        return damaged("no address of a page")
      }
      guard size >= 0, size <= Self.mostBytes else { return damaged("\(size) bytes") }
      do throws(Compressor.Damage) {
        let page = FetchedPage(
          url: address, kind: kind, body: try Compressor.decompress(data, size: size),
          contentType: contentType, directives: RobotsDirectives(rawValue: directives))
        return .success(
          KeptPage(
            page: page, status: status, bodyHash: UInt64(bitPattern: bodyHash),
            fetchedAt: fetchedAt))
      } catch {
        return damaged(error.detail)
      }
    }
  }
}
