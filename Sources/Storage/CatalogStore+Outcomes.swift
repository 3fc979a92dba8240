import Catalog
import Foundation
import GRDB

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
  package func record(_ outcome: FetchOutcome, of lease: Lease, now: Timestamp)
    async throws(StorageError)
  {
    try await write { [self] database in
      switch outcome {
      case .unchanged(let validators, let status):
        try Self.visited(
          lease, status: status, validators: validators, bodyHash: lease.bodyHash,
          hasChanged: false, now: now, in: database)
        try database.run(
          "UPDATE item SET last_seen = ? WHERE address_id = ?", [now, lease.id])
        try Self.comeBack(lease, now: now, in: database)
      case .rejected(let reason, let validators, let bodyHash, let status):
        try Self.visited(
          lease, status: status, validators: validators, bodyHash: bodyHash,
          hasChanged: lease.bodyHash != bodyHash, now: now, in: database)
        try database.run(
          "UPDATE frontier SET reason = ?, image_id = NULL WHERE id = ?", [reason, lease.id])
      case .redirected(let target, let status):
        try Self.redirected(lease, to: target, status: status, now: now, store: self, in: database)
      case .missing(let status):
        try Self.missing(lease, status: status, now: now, in: database)
      case .refused(let reason, let until):
        try database.run(
          """
          UPDATE frontier SET state = ?, reason = ?, due_at = ?, leased_by = NULL WHERE id = ?
          """, [AddressState.refused.rawValue, reason, until, lease.id])
      case .failed(let reason, let status, let retryAt):
        try database.run(
          """
          UPDATE frontier SET state = ?, reason = ?, status = ?, due_at = ?, leased_by = NULL,
            attempts = attempts + 1, fetched_at = ?
          WHERE id = ?
          """, [AddressState.failed.rawValue, reason, status, retryAt, now, lease.id])
      }
    } then: { [self] _ in
      if case .redirected(let target, _) = outcome { remember([target]) }
    }
  }

  /// Writes down a visit that brought the address's content, and when to come again.
  static func visited(
    _ lease: Lease, status: Int, validators: Validators, bodyHash: UInt64?, hasChanged: Bool,
    now: Timestamp, in database: Database
  ) throws {
    let known = try database.firstRow(
      "SELECT revisit_after, claimed_at, host_id FROM frontier WHERE id = ?", [lease.id])
    let previous = (known?[0] as Int64?).map { Duration.milliseconds($0) }
    let revisit = Revisit.next(after: previous, kind: lease.kind, hasChanged: hasChanged)
    try database.run(
      """
      UPDATE frontier SET state = ?, status = ?, reason = NULL, entity_tag = ?, last_modified = ?,
        body_hash = ?, fetched_at = ?, changed_at = CASE WHEN ? THEN ? ELSE changed_at END,
        revisit_after = ?, due_at = ?, attempts = 0, leased_by = NULL, target_id = NULL
      WHERE id = ?
      """,
      [
        AddressState.fetched.rawValue, status,
        validators.entityTag ?? (hasChanged ? nil : lease.validators.entityTag),
        validators.lastModified ?? (hasChanged ? nil : lease.validators.lastModified),
        bodyHash.map(Int64.init(bitPattern:)), now, hasChanged, now, revisit.milliseconds,
        now + revisit, lease.id,
      ])
    if let fetchedAt = lease.fetchedAt, let claim = known?[1] as Timestamp?, claim > fetchedAt {
      let column = hasChanged ? "claims_right" : "claims_wrong"
      try database.run(
        "UPDATE host SET \(column) = \(column) + 1 WHERE id = ?", [lease.host])
    }
  }

  private static func redirected(
    _ lease: Lease, to target: NewAddress, status: Int, now: Timestamp, store: CatalogStore,
    in database: Database
  ) throws {
    _ = try store.insert([target], site: lease.site, now: now, in: database)
    let known = try database.integer(
      "SELECT revisit_after FROM frontier WHERE id = ?", [lease.id])
    let revisit = Revisit.next(
      after: known.map { .milliseconds($0) }, kind: lease.kind, hasChanged: false)
    try database.run(
      """
      UPDATE frontier SET state = ?, status = ?, reason = NULL, fetched_at = ?, revisit_after = ?,
        due_at = ?, attempts = 0, leased_by = NULL,
        target_id = (SELECT id FROM frontier WHERE url = ?)
      WHERE id = ?
      """,
      [
        AddressState.redirected.rawValue, status, now, revisit.milliseconds, now + revisit,
        target.url.string, lease.id,
      ])
  }

  /// A missing page's item is gone at the first 410 and at the second 404 of different runs, unless
  /// so much of the site went missing in this run that the site itself must be broken.
  private static func missing(
    _ lease: Lease, status: Int, now: Timestamp, in database: Database
  ) throws {
    let misses = lease.attempts + 1
    let wait = Duration.seconds(min(20 * 3600 << Int64(min(misses - 1, 5)), 30 * 86_400))
    try database.run(
      """
      UPDATE frontier SET state = ?, status = ?, reason = NULL, fetched_at = ?, due_at = ?,
        attempts = ?, leased_by = NULL WHERE id = ?
      """,
      [AddressState.missing.rawValue, status, now, now + wait, misses, lease.id])
    guard status == 410 || misses >= 2 else { return }
    guard
      let row = try database.firstRow(
        "SELECT id, site_id FROM item WHERE address_id = ? AND is_gone = 0", [lease.id])
    else { return }
    let item: ID<Item> = row[0]
    let site: ID<Site> = row[1]
    let active =
      try database.integer(
        "SELECT count(*) FROM item WHERE site_id = ? AND is_gone = 0", [site]) ?? 0
    let gone =
      try database.integer(
        """
        SELECT count(*) FROM event JOIN item ON item.id = item_id
        WHERE event.run_id = ? AND event.kind = 'gone' AND site_id = ?
        """, [lease.run, site]) ?? 0
    guard gone < max(10, (active + gone) / 4) else {
      try database.run(
        "UPDATE frontier SET reason = ? WHERE id = ?",
        ["kept: over a quarter of the site went missing in one run", lease.id])
      return
    }
    try database.run(
      "UPDATE item SET is_gone = 1, changed_at = ? WHERE id = ?", [now, item])
    try emit(.gone, of: item, run: lease.run, now: now, in: database)
  }

  /// An item whose page answers again after it was gone is back.
  static func comeBack(_ lease: Lease, now: Timestamp, in database: Database) throws {
    guard
      let item = try database.integer(
        "SELECT id FROM item WHERE address_id = ? AND is_gone = 1", [lease.id])
    else { return }
    try database.run("UPDATE item SET is_gone = 0, changed_at = ? WHERE id = ?", [now, item])
    try emit(.back, of: ID(item), run: lease.run, now: now, in: database)
  }

  /// Adds a change event, once an item, kind and run.
  static func emit(
    _ kind: ChangeKind, of item: ID<Item>, run: ID<Run>, old: String? = nil, new: String? = nil,
    now: Timestamp, in database: Database
  ) throws {
    try database.run(
      """
      INSERT INTO event (item_id, run_id, kind, at, old, new) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """, [item, run, kind.rawValue, now, old, new])
  }
}
