import Catalog
import GRDB

/// A field that far fewer of a site's pages have than usual: the site's pages have changed, and are read
/// wrong.
package struct FillAlarm: Sendable, Hashable {
  package var site: String
  /// As exports name it; `item` where pages that had an item give none.
  package var field: String
  /// Pages that had it in this run, of those read.
  package var filled: Int
  package var read: Int
  /// The share of pages that usually have it, 0…1.
  package var usual: Double
}

/// What the visits of a site gave in one run: a row of the table `fill`.
///
/// A page is counted in the transaction of its outcome, so that a crash loses none and the guard against
/// a broken site (`missing`) can ask in the middle of a run.
struct FillRow {
  private let counts: [FillCount]

  private static let fields = ["item", "name", "price", "availability", "brand", "sku", "images"]

  private init(counts: [FillCount]) { self.counts = counts }

  private init(_ row: ResultRow) {
    let (items, products) = (row[1] as Int, row[4] as Int)
    self.init(
      counts: [FillCount(filled: items, read: row[0], unchanged: row[2])]
        + (5...10).map { FillCount(filled: row[$0], read: products, unchanged: row[3]) })
  }

  private static let empty = FillRow(counts: fields.map { _ in FillCount() })

  /// The row of the run, empty where nothing was read yet, and those of the last ones before it, newest
  /// first: as many as the usual share of the run and of the one before it take.
  private static func rows(site: ID<Site>, through run: ID<Run>, in connection: Connection) throws
    -> (current: FillRow, history: [FillRow])
  {
    let rows = try connection.rows(
      """
      SELECT pages, items, unchanged, unchanged_products, products, name, price, availability, brand,
        sku, images, run_id
      FROM fill WHERE site_id = ? AND run_id <= ? ORDER BY run_id DESC LIMIT ?
      """, site, run, FillTest.runs + 2
    ) { (row: FillRow($0), run: $0[11] as ID<Run>) }
    guard let newest = rows.first, newest.run == run else { return (empty, rows.map(\.row)) }
    return (newest.row, rows.dropFirst().map(\.row))
  }

  /// The fields that have dropped in the run, by site; `nil` for the newest run.
  static func alarms(of run: ID<Run>?, _ connection: Connection) throws -> [FillAlarm] {
    let newest = try connection.integer("SELECT max(id) FROM run")
    guard let run = run ?? newest.map(ID.init) else { return [] }
    let sites = try connection.rows(
      "SELECT id, site.name FROM site JOIN fill ON site_id = id WHERE run_id = ? ORDER BY 2", run
    ) { (id: $0[0] as ID<Site>, name: $0[1] as String) }
    return try sites.flatMap { try alarms(site: $0.id, named: $0.name, in: run, connection) }
  }

  private static func alarms(
    site: ID<Site>, named name: String, in run: ID<Run>, _ connection: Connection
  ) throws -> [FillAlarm] {
    let (current, history) = try rows(site: site, through: run, in: connection)
    return fields.indices.compactMap { field in
      let count = current.counts[field]
      return FillTest.drop(of: count, since: history.map { $0.counts[field] }).map {
        FillAlarm(
          site: name, field: fields[field], filled: count.filled, read: count.read, usual: $0)
      }
    }
  }

  /// The first field that seems to drop in the run under way, or that had dropped in the run before it
  /// while this one has read too little to say.
  static func suspect(site: ID<Site>, in run: ID<Run>, _ connection: Connection) throws -> String? {
    let (current, history) = try rows(site: site, through: run, in: connection)
    return fields.indices.first { field in
      let (count, past) = (current.counts[field], history.map { $0.counts[field] })
      if count.read >= FillTest.leastSuspected {
        return FillTest.drop(of: count, since: past, isSuspected: true) != nil
      }
      guard let last = past.first else { return false }
      return FillTest.drop(of: last, since: Array(past.dropFirst())) != nil
    }.map { fields[$0] }
  }

  // MARK: Counting

  /// Counts what a page gave; a page that gives no item counts only where it had one.
  static func count(_ item: Extraction.Item?, of lease: Lease, in connection: Connection) throws {
    if item == nil {
      guard lease.fetchedAt != nil,
        try connection.integer(
          "SELECT 1 FROM item WHERE address_id = ? AND is_gone = 0", lease.id) != nil
      else { return }
    }
    var product: Product?
    if case .product(let given) = item { product = given }
    try connection.run(
      """
      INSERT INTO fill (site_id, run_id, pages, items, products, name, price, availability, brand, sku,
        images)
      VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      ON CONFLICT (site_id, run_id) DO UPDATE SET pages = pages + 1, items = items + ?3,
        products = products + ?4, name = name + ?5, price = price + ?6,
        availability = availability + ?7, brand = brand + ?8, sku = sku + ?9, images = images + ?10
      """,
      lease.site, lease.run, item != nil, product != nil, product?.name != nil,
      product?.offer.price != nil, product?.offer.availability != nil, product?.brand != nil,
      product?.sku != nil, product?.images.isEmpty == false)
  }

  /// Counts a page whose body was the last one, and whose item is of that kind.
  static func countUnchanged(_ kind: ItemKind, of lease: Lease, in connection: Connection) throws {
    try connection.run(
      """
      INSERT INTO fill (site_id, run_id, unchanged, unchanged_products) VALUES (?1, ?2, 1, ?3)
      ON CONFLICT (site_id, run_id) DO UPDATE SET unchanged = unchanged + 1,
        unchanged_products = unchanged_products + ?3
      """, lease.site, lease.run, kind == .product)
  }
}

extension CatalogStore {
  /// Fields that far fewer of a site's pages had in a run than usual, by site.
  ///
  /// - Parameter run: `nil` for the newest.
  package func fillAlarms(of run: ID<Run>? = nil) async throws(StorageError) -> [FillAlarm] {
    try await read { database in
      try FillRow.alarms(of: run, Connection(database, known: KnownAddresses()))
    }
  }
}
