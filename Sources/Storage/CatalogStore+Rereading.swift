import Catalog
import GRDB

/// A field of an item as the catalog has it and as a page that was read again says.
package struct FieldChange: Sendable, Hashable, Encodable {
  /// As exports name it; `kind` where a product turns out to be a post or the like.
  package var field: String
  /// One value, or several of a list (pictures, variants, tagged products); empty for none.
  package var old: [String]
  package var new: [String]
}

/// What reading a kept page again has changed, or would change.
package struct PageRereading: Sendable, Equatable {
  package enum Effect: String, Sendable, Encodable {
    /// The page gives what the catalog has.
    case same
    /// It gives an item that the catalog does not have.
    case new
    /// Fields of the item differ.
    case changed
    /// It gives no item any more. The catalog keeps the one that it has, as after a visit.
    case lost
  }

  package var effect: Effect
  /// The address that the item belongs to.
  package var owner: CanonicalURL
  /// Of `new` and `changed`.
  package var fields: [FieldChange] = []
  /// Addresses that nobody had seen before and that may be fetched.
  package var discovered = 0
}

extension CatalogStore {
  /// Where an address stands that was fetched before: what a page that was kept of it is read under.
  ///
  /// It is not leased. Its run is the newest, which first sees what the rereading finds.
  ///
  /// - Returns: `nil` for an address that the catalog does not know or never fetched.
  package func standing(of url: CanonicalURL) async throws(StorageError) -> Lease? {
    try await read { database in
      guard
        let row = try database.firstRow(
          """
          SELECT id, site_id, host_id, kind, depth, hops, body_hash, fetched_at,
            (SELECT max(id) FROM run)
          FROM frontier WHERE url = ? AND fetched_at IS NOT NULL
          """, [url.string]),
        let kind = TargetKind(rawValue: row[3]), let run = row[8] as ID<Run>?
      else { return nil }
      return Lease(
        id: row[0], run: run, site: row[1], host: row[2], url: url, kind: kind, depth: row[4],
        hops: row[5], attempts: 0, validators: Validators(),
        bodyHash: (row[6] as Int64?).map(UInt64.init(bitPattern:)), fetchedAt: row[7],
        revisitAfter: nil, claimedAt: nil)
    }
  }

  /// Writes what a kept page says when it is read again, as a visit would, but for events, the
  /// address's state and when it is asked again: nothing was fetched, and the shop changed nothing
  /// (`ItemWriter.Occasion`).
  ///
  /// - Parameters:
  ///   - standing: of the page's address.
  ///   - fetchedAt: when the page was fetched.
  ///   - applies: `false` rolls everything back; the result is the same.
  package func reread(
    _ page: PageRecord, at standing: Lease, fetchedAt: Timestamp, applies: Bool, now: Timestamp
  ) async throws(StorageError) -> PageRereading {
    try await write(applies ? .alone : .rehearsal) { connection in
      var addresses = PageAddresses()
      try addresses.insert(page.addresses, site: standing.site, now: now, in: connection)
      var rereading = PageRereading(
        effect: .same, owner: page.itemURL ?? standing.url, discovered: addresses.discovered)
      guard let item = page.item else {
        // A page whose item moved to another address has none of its own.
        let known = try connection.integer(
          """
          SELECT 1 FROM frontier JOIN item ON address_id = coalesce(target_id, frontier.id)
          WHERE frontier.id = ?
          """, standing.id)
        if known != nil { rereading.effect = .lost }
        return rereading
      }
      let ownerID = try Self.owner(of: page, standing, addresses, in: connection)
      let before = try ItemPortrait(of: ownerID, in: connection)
      try ItemWriter(
        connection: connection, addresses: addresses, lease: standing, owner: ownerID, now: now,
        occasion: .rereading(fetchedAt)
      ).write(item)
      guard let after = try ItemPortrait(of: ownerID, in: connection) else {
        preconditionFailure("the item of \(rereading.owner) was just written")
      }
      rereading.fields = after.changes(since: before)
      if before == nil {
        rereading.effect = .new
      } else if !rereading.fields.isEmpty {
        rereading.effect = .changed
      }
      return rereading
    }
  }
}

/// An item with what hangs on it, as texts: two of them tell what was changed in between.
struct ItemPortrait {
  private let fields: [(name: String, values: [String])]

  /// `nil` where the address has no item.
  init?(of owner: ID<Address>, in connection: Connection) throws {
    let row = try connection.first(
      """
      SELECT item.id, item.kind, name, brand, retailer, category, sku, gtin, color, description,
        price, list_price, currency, availability, handle, published, hashtags, frontier.url
      FROM item LEFT JOIN frontier ON frontier.id = creator_id WHERE address_id = ?
      """, owner
    ) { row -> (ID<Item>, [(String, [String])]) in
      let kind = ItemKind(rawValue: row[1])
      func text(_ name: String, _ column: Int32) -> (String, [String]) {
        (name, (row[column] as String?).map { [$0] } ?? [])
      }
      func money(_ name: String, _ column: Int32) -> (String, [String]) {
        (name, Self.money(row[column], row[12]).map { [$0] } ?? [])
      }
      let description =
        switch kind {
        case .post: "caption"
        case .creator: "biography"
        default: "description"
        }
      return (
        row[0],
        [
          ("kind", [kind?.name ?? "unknown"]), text("name", 2), text("brand", 3),
          text("retailer", 4), text("category", 5), text("sku", 6), text("gtin", 7),
          text("color", 8), text(description, 9), money("price", 10),
          money("list_price", 11), text("availability", 13), text("handle", 14),
          text("published", 15), text("hashtags", 16), text("creator", 17),
        ]
      )
    }
    guard let (id, columns) = row else { return nil }
    let images = try connection.rows(
      """
      SELECT url FROM item_image JOIN frontier ON frontier.id = address_id WHERE item_id = ?
      ORDER BY position
      """, id
    ) { $0[0] as String }
    let variants = try connection.rows(
      """
      SELECT variant.sku, gtin, color, size, url, price, list_price, currency, availability
      FROM variant LEFT JOIN frontier ON frontier.id = address_id WHERE item_id = ?
      ORDER BY position
      """, id
    ) { row in
      let texts = [row[0], row[1], row[2], row[3], row[4], row[8]] as [String?]
      let prices = [Self.money(row[5], row[7]), Self.money(row[6], row[7])]
      return (texts + prices).map { $0 ?? "-" }.joined(separator: " | ")
    }
    let products = try connection.rows(
      """
      SELECT url FROM tag JOIN frontier ON frontier.id = address_id WHERE item_id = ?
      ORDER BY position
      """, id
    ) { $0[0] as String }
    fields = columns + [("images", images), ("variants", variants), ("products", products)]
  }

  private static func money(_ amount: Amount?, _ currency: String?) -> String? {
    amount.map { "\($0) \(currency ?? "")" }
  }

  /// The fields that differ; all that have a value, where there was nothing before.
  func changes(since before: ItemPortrait?) -> [FieldChange] {
    var changes: [FieldChange] = []
    for field in fields {
      let old = before?.fields.first { $0.name == field.name }?.values ?? []
      if old != field.values {
        changes.append(FieldChange(field: field.name, old: old, new: field.values))
      }
    }
    return changes
  }
}
