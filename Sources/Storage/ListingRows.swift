import Catalog

/// What the listings and sitemaps of a site lead to, so that an item which vanishes from all of them is
/// asked for soon: its page's own answer then says whether it is gone.
enum ListingRows {
  /// A listing that loses more than this at once, and more than half, is broken or another one: its
  /// rows are written anew and nothing follows from it.
  private static let mostVanished = 50

  /// Takes down what a listing leads to now.
  static func update(
    _ urls: [CanonicalURL], of lease: Lease, _ addresses: PageAddresses, now: Timestamp,
    in connection: Connection
  ) throws {
    let listed = Set(try urls.compactMap { try addresses.id(of: $0, in: connection)?.rawValue })
    let before = Set(
      try connection.rows("SELECT address_id FROM listed WHERE listing_id = ?", lease.id) {
        row -> Int64 in row[0]
      })
    for address in listed.subtracting(before).sorted() {
      try connection.run("INSERT INTO listed VALUES (?, ?)", lease.id, address)
    }
    let vanished = before.subtracting(listed)
    for address in vanished {
      try connection.run(
        "DELETE FROM listed WHERE listing_id = ? AND address_id = ?", lease.id, address)
    }
    guard vanished.count <= max(mostVanished, before.count / 2) else { return }
    for address in vanished.sorted() {
      try connection.run(
        """
        UPDATE frontier SET due_at = ?1
        WHERE id = ?2 AND due_at > ?1 AND leased_by IS NULL
          AND fetched_at < (SELECT started_at FROM run WHERE id = ?3)
          AND EXISTS (SELECT 1 FROM item WHERE address_id = ?2 AND is_gone = 0)
          AND NOT EXISTS (SELECT 1 FROM listed WHERE address_id = ?2)
        """, now, address, lease.run)
    }
  }
}
