import Catalog

/// How long an address waits until it is asked again.
///
/// Adaptive revisiting as in Cho & Garcia-Molina, "Effective page refresh policies for Web crawlers"
/// (2003): what changed is asked sooner, what did not later, within bounds. The shortest interval is
/// under a day, so that a nightly run finds last night's pages due.
enum Revisit {
  static let shortest = Duration.seconds(20 * 3600)
  static let first = Duration.seconds(44 * 3600)

  /// The interval after a visit; `previous` is `nil` after the first.
  static func next(after previous: Duration?, kind: TargetKind, hasChanged: Bool) -> Duration {
    if kind == .sitemap || kind == .listing { return shortest }
    guard let previous else { return first }
    let longest = Duration.seconds((kind == .image ? 30 : 7) * 86_400)
    return min(max(hasChanged ? previous / 2 : previous * 1.5, shortest), longest)
  }
}

extension CatalogStore {
  /// Ends a lease whose fetch brought nothing to read.
  package func record(
    _ outcome: FetchOutcome, of lease: Lease, now: Timestamp
  ) async throws(StorageError) {
    try await write(.patient, ending: [lease.id]) { connection in
      switch outcome {
      case .unchanged(let validators, let status):
        try Self.visited(
          lease, status: status, validators: validators, bodyHash: lease.bodyHash,
          hasChanged: false, now: now, in: connection)
        let kind = try connection.first(
          "UPDATE item SET last_seen = ? WHERE address_id = ? RETURNING kind", now, lease.id
        ) { ItemKind(rawValue: $0[0]) }
        if let kind = kind ?? nil {
          try FillRow.countUnchanged(kind, of: lease, in: connection)
        }
        try Self.comeBack(lease, now: now, in: connection)
      case .rejected(let reason, let validators, let bodyHash, let status):
        try Self.visited(
          lease, status: status, validators: validators, bodyHash: bodyHash,
          hasChanged: lease.bodyHash != bodyHash, now: now, in: connection)
        try connection.run(
          "UPDATE frontier SET reason = ?, image_id = NULL WHERE id = ?", reason, lease.id)
      case .redirected(let target, let status):
        try Self.redirected(lease, to: target, status: status, now: now, in: connection)
      case .missing(let status):
        try Self.missing(lease, status: status, now: now, in: connection)
      case .refused(let reason, let until):
        try connection.run(
          "UPDATE frontier SET state = ?, reason = ?, due_at = ?, leased_by = NULL WHERE id = ?",
          AddressState.refused, reason, until, lease.id)
        if lease.kind == .image {
          try Self.tellOfNewPicture(of: lease, now: now, in: connection)
        }
      case .failed(let reason, let status, let retryAt):
        try connection.run(
          """
          UPDATE frontier SET state = ?, reason = ?, status = ?, due_at = ?, leased_by = NULL,
            attempts = attempts + 1, fetched_at = ?
          WHERE id = ?
          """, AddressState.failed, reason, status, retryAt, now, lease.id)
      }
    }
  }

  /// Writes down a visit that brought the address's content, and when to come again.
  static func visited(
    _ lease: Lease, status: Int, validators: Validators, bodyHash: UInt64?, hasChanged: Bool,
    now: Timestamp, in connection: Connection
  ) throws {
    let revisit = Revisit.next(
      after: lease.revisitAfter, kind: lease.kind, hasChanged: hasChanged)
    try connection.run(
      """
      UPDATE frontier SET state = ?1, status = ?2, reason = NULL, entity_tag = ?3,
        last_modified = ?4, body_hash = ?5, fetched_at = ?6,
        changed_at = CASE WHEN ?7 THEN ?6 ELSE changed_at END,
        revisit_after = ?8, due_at = ?9, attempts = 0, leased_by = NULL, target_id = NULL
      WHERE id = ?10
      """,
      AddressState.fetched, status,
      validators.entityTag ?? (hasChanged ? nil : lease.validators.entityTag),
      validators.lastModified ?? (hasChanged ? nil : lease.validators.lastModified),
      bodyHash.map(Int64.init(bitPattern:)), now, hasChanged, revisit.milliseconds, now + revisit,
      lease.id)
    if let fetchedAt = lease.fetchedAt, let claim = lease.claimedAt, claim > fetchedAt {
      try connection.run(
        """
        UPDATE host SET claims_right = claims_right + ?1, claims_wrong = claims_wrong + 1 - ?1
        WHERE id = ?2
        """, hasChanged, lease.host)
    }
  }

  private static func redirected(
    _ lease: Lease, to target: NewAddress, status: Int, now: Timestamp, in connection: Connection
  ) throws {
    var found = PageAddresses()
    try found.insert([target], site: lease.site, now: now, in: connection)
    let revisit = Revisit.next(after: lease.revisitAfter, kind: lease.kind, hasChanged: false)
    try connection.run(
      """
      UPDATE frontier SET state = ?, status = ?, reason = NULL, fetched_at = ?, revisit_after = ?,
        due_at = ?, attempts = 0, leased_by = NULL, target_id = ?
      WHERE id = ?
      """,
      AddressState.redirected, status, now, revisit.milliseconds, now + revisit,
      try found.id(of: target.url, in: connection), lease.id)
  }

  /// A missing page's item is gone at the first 410 and at the second 404 of different runs, unless
  /// so much of the site went missing in this run that the site itself must be broken, or the pages that
  /// are there seem to give less than they used to: then the site has been rebuilt, and moves. What is
  /// kept is gone when it is missing in a later run that shows neither.
  private static func missing(
    _ lease: Lease, status: Int, now: Timestamp, in connection: Connection
  ) throws {
    let misses = lease.attempts + 1
    let wait = Duration.seconds(min(20 * 3600 << Int64(min(misses - 1, 5)), 30 * 86_400))
    try connection.run(
      """
      UPDATE frontier SET state = ?, status = ?, reason = NULL, fetched_at = ?, due_at = ?,
        attempts = ?, leased_by = NULL WHERE id = ?
      """,
      AddressState.missing, status, now, now + wait, misses, lease.id)
    guard status == 410 || misses >= 2 else { return }
    let known = try connection.first(
      "SELECT id, site_id FROM item WHERE address_id = ? AND is_gone = 0", lease.id
    ) { row -> (ID<Item>, ID<Site>) in (row[0], row[1]) }
    guard let (item, site) = known else { return }
    let active =
      try connection.integer(
        "SELECT count(*) FROM item WHERE site_id = ? AND is_gone = 0", site) ?? 0
    let gone =
      try connection.integer(
        """
        SELECT count(*) FROM event JOIN item ON item.id = item_id
        WHERE event.run_id = ? AND event.kind = 'gone' AND site_id = ?
        """, lease.run, site) ?? 0
    var doubt: String?
    if gone >= max(10, (active + gone) / 4) {
      doubt = "kept: over a quarter of the site went missing in one run"
    } else if let field = try FillRow.suspect(site: site, in: lease.run, connection) {
      doubt = "kept: the site's pages give less than usual (\(field))"
    }
    if let doubt {
      try connection.run("UPDATE frontier SET reason = ? WHERE id = ?", doubt, lease.id)
      return
    }
    try connection.run(
      "UPDATE item SET is_gone = 1, changed_at = ? WHERE id = ?", now, item)
    try emit(.gone, of: item, run: lease.run, now: now, in: connection)
  }

  /// An item whose page answers again after it was gone is back. Only a page that was fetched before
  /// can have gone.
  static func comeBack(_ lease: Lease, now: Timestamp, in connection: Connection) throws {
    guard lease.fetchedAt != nil,
      let item = try connection.integer(
        "SELECT id FROM item WHERE address_id = ? AND is_gone = 1", lease.id)
    else { return }
    try connection.run("UPDATE item SET is_gone = 0, changed_at = ? WHERE id = ?", now, item)
    try emit(.back, of: ID(item), run: lease.run, now: now, in: connection)
  }

  /// Adds a change event, once an item, kind and run.
  static func emit(
    _ kind: ChangeKind, of item: ID<Item>, run: ID<Run>, old: String? = nil, new: String? = nil,
    now: Timestamp, in connection: Connection
  ) throws {
    try connection.run(
      """
      INSERT INTO event (item_id, run_id, kind, at, old, new) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """, item, run, kind.rawValue, now, old, new)
  }
}
