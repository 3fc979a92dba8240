import Catalog
import Foundation
import GRDB

/// What is known about an address; the raw values are on disk.
enum AddressState: Int {
  case new = 0
  case fetched = 1
  case redirected = 2
  case missing = 3
  case refused = 4
  case failed = 5
}

extension CatalogStore {
  /// Puts addresses into the frontier.
  ///
  /// An address that was kept out before and may be fetched now becomes due.
  ///
  /// - Returns: how many were new and may be fetched.
  package func discover(_ addresses: [NewAddress], site: ID<Site>, now: Timestamp)
    async throws(StorageError) -> Int
  {
    try await write { connection in
      var page = PageAddresses()
      try page.insert(addresses, site: site, now: now, in: connection)
      return page.discovered
    }
  }

  /// Whether the address is surely in the frontier and may be fetched: discovering it again would
  /// change nothing. `false` says nothing.
  package func isKnown(_ url: CanonicalURL) -> Bool {
    known.contains(KnownAddresses.key(of: url, isLetIn: true))
  }

  /// The hosts of these sites that have something due, parked ones among them.
  ///
  /// - Parameter busy: hosts that are left out.
  package func hostsWithDueAddresses(
    sites: [ID<Site>], besides busy: [ID<Host>] = [], now: Timestamp
  ) async throws(StorageError) -> [Host] {
    try await read { database in
      try database.rows(
        """
        SELECT \(Host.columns) FROM host
        WHERE id NOT IN (SELECT value FROM json_each(?3)) AND EXISTS (
          SELECT 1 FROM frontier WHERE host_id = host.id AND leased_by IS NULL
            AND kind BETWEEN 0 AND 3 AND due_at <= ?1
            AND site_id IN (SELECT value FROM json_each(?2)))
        ORDER BY id
        """, [now, Self.json(sites), Self.json(busy)]
      ).map(Host.init(row:))
    }
  }

  /// Takes the next due addresses of a host for `run`: sitemaps, then listings, pages and pictures,
  /// the longest due first.
  package func lease(
    host: ID<Host>, sites: [ID<Site>], limit: Int, run: Run, now: Timestamp
  ) async throws(StorageError) -> [Lease] {
    try await write { connection in
      var leases: [Lease] = []
      let sites = Self.json(sites)
      for kind in TargetKind.allCases where leases.count < limit {
        leases += try connection.rows(
          """
          SELECT id, site_id, url, depth, hops, attempts, entity_tag, last_modified, body_hash,
            fetched_at, revisit_after, claimed_at
          FROM frontier
          WHERE host_id = ? AND kind = ? AND due_at <= ? AND leased_by IS NULL
            AND site_id IN (SELECT value FROM json_each(?))
          ORDER BY due_at, id LIMIT ?
          """, host, kind.rawValue, now, sites, limit - leases.count
        ) { row in
          try Lease(
            id: row[0], run: run.id, site: row[1], host: host,
            url: CanonicalURL(column: row[2]), kind: kind, depth: row[3], hops: row[4],
            attempts: row[5], validators: Validators(entityTag: row[6], lastModified: row[7]),
            bodyHash: (row[8] as Int64?).map(UInt64.init(bitPattern:)), fetchedAt: row[9],
            revisitAfter: (row[10] as Int64?).map { .milliseconds($0) }, claimedAt: row[11])
        }
      }
      for lease in leases {
        try connection.run("UPDATE frontier SET leased_by = ? WHERE id = ?", run.id, lease.id)
      }
      return leases
    }
  }

  /// Gives leases back unfetched.
  package func release(_ leases: [Lease]) async throws(StorageError) {
    try await write(ending: leases.map(\.id)) { connection in
      for lease in leases {
        try connection.run("UPDATE frontier SET leased_by = NULL WHERE id = ?", lease.id)
      }
    }
  }

  /// Makes due which of these addresses brought nothing when they were last asked, before `moment`.
  package func makeDue(_ urls: [CanonicalURL], thatFailedBefore moment: Timestamp, now: Timestamp)
    async throws(StorageError)
  {
    try await write { connection in
      for url in urls {
        try connection.run(
          "UPDATE frontier SET due_at = ? WHERE url = ? AND state IN (?, ?) AND fetched_at < ?",
          now, url, AddressState.missing, AddressState.failed, moment)
      }
    }
  }

  /// Whether anything of the site is in the catalog, gone or not.
  package func hasItems(_ site: ID<Site>) async throws(StorageError) -> Bool {
    try await read { database in
      try database.firstRow("SELECT 1 FROM item WHERE site_id = ? LIMIT 1", [site]) != nil
    }
  }

  /// Why the address was refused, or its last fetch brought nothing; `nil` where it did.
  ///
  /// - Parameter isRedirectFine: whether an address that leads elsewhere has brought something.
  package func reason(at url: CanonicalURL, isRedirectFine: Bool = false)
    async throws(StorageError) -> String?
  {
    try await read { database in
      try String.fetchOne(
        database,
        sql: """
          SELECT coalesce(reason, 'status ' || status) FROM frontier
          WHERE url = ? AND (state > ? OR reason IS NOT NULL)
          """,
        arguments: [
          url.string, (isRedirectFine ? AddressState.redirected : .fetched).rawValue,
        ])
    }
  }

  /// Where the address leads to by the redirects that are known: itself, the next and so on.
  package func way(from url: CanonicalURL) async throws(StorageError) -> [CanonicalURL] {
    try await read { database in
      try database.rows(
        """
        WITH RECURSIVE way (id, step) AS (
          SELECT id, 0 FROM frontier WHERE url = ?1
          UNION SELECT target_id, step + 1 FROM way JOIN frontier USING (id)
          WHERE state = ?2 AND target_id IS NOT NULL AND step < 8)
        SELECT url FROM way JOIN frontier USING (id) ORDER BY step
        """, [url.string, AddressState.redirected.rawValue]
      ).map { try CanonicalURL(column: $0[0]) }
    }
  }

  /// What is kept about an origin (`scheme://authority`), made when it is new.
  package func host(origin: String) async throws(StorageError) -> Host {
    let id = try await write { try $0.host(origin: origin) }
    return try await read { database in
      guard
        let row = try database.firstRow("SELECT \(Host.columns) FROM host WHERE id = ?", [id])
      else { preconditionFailure("the host \(origin) was just inserted") }
      return Host(row: row)
    }
  }

  /// Keeps the answer to a request for robots.txt.
  package func saveRobots(_ robots: StoredRobots, of host: ID<Host>) async throws(StorageError) {
    try await write { connection in
      try connection.run(
        """
        UPDATE host SET robots_status = ?, robots_body = ?, robots_fetched_at = ? WHERE id = ?
        """, robots.status, robots.body, robots.fetchedAt, host)
    }
  }

  /// Lets no request go to the host before `until`, in this run and in later ones.
  package func park(_ host: ID<Host>, until: Timestamp, reason: String)
    async throws(StorageError)
  {
    try await write { connection in
      try connection.run(
        "UPDATE host SET parked_until = max(parked_until, ?), park_reason = ? WHERE id = ?",
        until, reason, host)
    }
  }

  /// How the addresses of these shapes have paid; a shape never fetched is left out.
  package func yields(of patterns: [String], site: ID<Site>)
    async throws(StorageError) -> [String: TemplateYield]
  {
    try await read { database in
      var yields: [String: TemplateYield] = [:]
      for pattern in patterns {
        guard
          let row = try database.firstRow(
            "SELECT fetched, productive, streak FROM template WHERE site_id = ? AND pattern = ?",
            [site, pattern])
        else { continue }
        yields[pattern] = TemplateYield(fetched: row[0], productive: row[1], streak: row[2])
      }
      return yields
    }
  }

  /// Integers as the JSON array that `json_each` takes.
  static func json(_ identifiers: [ID<some Any>]) -> String {
    "[" + identifiers.map(\.description).joined(separator: ",") + "]"
  }
}

extension Host {
  static let columns =
    "id, origin, parked_until, park_reason, robots_status, robots_body, robots_fetched_at"

  init(row: Row) {
    id = row[0]
    origin = row[1]
    parkedUntil = row[2]
    parkReason = row[3]
    if let status = row[4] as Int?, let fetchedAt = row[6] as Timestamp? {
      robots = StoredRobots(
        status: status, body: Array(row[5] as Data? ?? Data()), fetchedAt: fetchedAt)
    }
  }
}
