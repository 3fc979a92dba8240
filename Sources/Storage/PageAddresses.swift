import Catalog

/// The addresses of one page on their way into the frontier, within its transaction.
struct PageAddresses {
  /// New ones that may be fetched.
  private(set) var discovered = 0
  /// Those of them that are no kin of the page.
  private(set) var useful = 0
  /// The rows of those that are new, so that an item's pictures need not be looked up.
  private var ids: [CanonicalURL: ID<Address>] = [:]

  /// Inserts what is not known yet; what was kept out before and may be fetched now becomes due.
  mutating func insert(
    _ addresses: [NewAddress], site: ID<Site>, now: Timestamp, in connection: Connection
  ) throws {
    for address in addresses {
      let key = KnownAddresses.key(of: address.url, isLetIn: address.refusal == nil)
      guard address.claimedAt != nil || !connection.isKnown(key) else { continue }
      try insert(address, site: site, now: now, in: connection)
      connection.makeKnown(key)
    }
  }

  private mutating func insert(
    _ address: NewAddress, site: ID<Site>, now: Timestamp, in connection: Connection
  ) throws {
    let host = try connection.host(origin: address.url.origin)
    let isRefused = address.refusal != nil
    try connection.run(
      """
      INSERT INTO frontier
        (url, site_id, host_id, kind, state, depth, hops, due_at, discovered_at, claimed_at, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (url) DO NOTHING
      """,
      address.url, site, host, address.kind.rawValue, isRefused ? AddressState.refused : .new,
      address.depth, address.hops, isRefused ? Timestamp.never : now, now, address.claimedAt,
      address.refusal)
    if connection.changeCount > 0 {
      ids[address.url] = ID(connection.lastInsertedID)
    } else if isRefused {
      return
    } else {
      try connection.run(
        """
        UPDATE frontier SET state = ?, kind = ?, depth = ?, due_at = ?, reason = NULL
        WHERE url = ? AND state = ? AND due_at = ?
        """,
        AddressState.new, address.kind.rawValue, address.depth, now, address.url,
        AddressState.refused, Timestamp.never)
      guard connection.changeCount > 0 else {
        if let claim = address.claimedAt {
          try heed(claim, of: address.url, host: host, now: now, in: connection)
        }
        return
      }
    }
    guard !isRefused else { return }
    discovered += 1
    if !address.isKin { useful += 1 }
  }

  /// The row of an address that is in the frontier.
  func id(of url: CanonicalURL, in connection: Connection) throws -> ID<Address>? {
    if let new = ids[url] { return new }
    return try connection.integer("SELECT id FROM frontier WHERE url = ?", url).map(ID.init)
  }

  /// A sitemap's lastmod makes a page due while the host's claims prove right at least half the time.
  private func heed(
    _ claim: Timestamp, of url: CanonicalURL, host: ID<Host>, now: Timestamp,
    in connection: Connection
  ) throws {
    try connection.run(
      """
      UPDATE frontier SET claimed_at = ?1, due_at = CASE
        WHEN fetched_at IS NOT NULL AND ?1 > fetched_at AND (
          SELECT claims_wrong < 10 OR claims_right >= claims_wrong FROM host WHERE id = ?2)
        THEN min(due_at, ?3) ELSE due_at END
      WHERE url = ?4 AND state <> 4 AND coalesce(claimed_at, 0) < ?1
      """, claim, host, now, url)
  }
}
