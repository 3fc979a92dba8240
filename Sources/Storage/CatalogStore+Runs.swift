import Catalog
import GRDB

extension CatalogStore {
  /// Begins a crawl, or takes up the one that an earlier process did not finish.
  ///
  /// The leases of a dead process are freed. The first of each host, which was under way, goes behind
  /// all others of its kind and has an attempt counted against it; with twenty it is put off for a day.
  /// So no page can keep a run from the rest of its site, whatever it does to the process.
  ///
  /// - Parameter isRefresh: makes every address due that was ever fetched. It holds for the whole run:
  ///   resuming does not repeat it.
  package func beginRun(isRefresh: Bool, now: Timestamp) async throws(StorageError) -> Run {
    try await write { connection in
      let unfinished = try connection.first(
        "SELECT id, started_at, refresh FROM run WHERE finished_at IS NULL ORDER BY id DESC"
      ) { row in
        Run(id: row[0], startedAt: row[1], isRefresh: row[2], isResumed: true)
      }
      if var run = unfinished {
        try Self.freeLeases(connection, now: now)
        if isRefresh, !run.isRefresh { try Self.makeAllDue(connection, before: run.startedAt) }
        run.isRefresh = run.isRefresh || isRefresh
        try connection.run(
          "UPDATE run SET resumed = resumed + 1, refresh = ? WHERE id = ?", run.isRefresh, run.id)
        return run
      }
      try connection.run(
        "INSERT INTO run (started_at, refresh) VALUES (?, ?)", now, isRefresh)
      let id = ID<Run>(connection.lastInsertedID)
      if isRefresh { try Self.makeAllDue(connection, before: now) }
      return Run(id: id, startedAt: now, isRefresh: isRefresh, isResumed: false)
    }
  }

  private static func freeLeases(_ connection: Connection, now: Timestamp) throws {
    try connection.run(
      """
      UPDATE frontier SET attempts = attempts + 1, due_at = ? WHERE id IN (
        SELECT (SELECT id FROM frontier WHERE host_id = host.id AND leased_by IS NOT NULL
          ORDER BY kind, due_at, id LIMIT 1)
        FROM host WHERE id IN (SELECT host_id FROM frontier WHERE leased_by IS NOT NULL))
      """, now)
    try connection.run(
      """
      UPDATE frontier SET state = ?, due_at = ?, reason = 'the process died with it twenty times'
      WHERE leased_by IS NOT NULL AND attempts >= 20
      """, AddressState.failed, now + .seconds(20 * 3600))
    try connection.run("UPDATE frontier SET leased_by = NULL WHERE leased_by IS NOT NULL")
  }

  /// Makes due what was fetched before `moment` and would be due later.
  private static func makeAllDue(_ connection: Connection, before moment: Timestamp) throws {
    try connection.run(
      "UPDATE frontier SET due_at = ? WHERE state <> ? AND fetched_at < ? AND due_at > ?",
      moment, AddressState.refused, moment, moment)
  }

  /// Ends the run: the next crawl is a new one.
  package func finishRun(_ run: Run, now: Timestamp) async throws(StorageError) {
    try await write { connection in
      try connection.run("UPDATE run SET finished_at = ? WHERE id = ?", now, run.id)
    }
  }

  /// Takes what was committed over from the journal into the catalog's own file, as far as no reader
  /// needs the pages before: who copies that file alone then has all of it. Readers are waited for as long as
  /// one of our own takes to let go of a read that is over, and no longer.
  package func checkpoint() async throws(StorageError) {
    do {
      for wait in [1, 10, 50, 100, 0] {
        let isWhole = try await pool.writeWithoutTransaction { database in
          let pages = try database.checkpoint(.passive)
          return pages.checkpointedFrameCount >= pages.walFrameCount
        }
        if isWhole || wait == 0 { return }
        try await Task.sleep(for: .milliseconds(wait))
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// How many changes the run has found so far, by kind.
  package func changeCounts(of run: Run) async throws(StorageError) -> [ChangeKind: Int] {
    try await read { database in
      var counts: [ChangeKind: Int] = [:]
      for row in try database.rows(
        "SELECT kind, count(*) FROM event WHERE run_id = ? GROUP BY kind", [run.id])
      {
        let name: String = row[0]
        guard let kind = ChangeKind(rawValue: name) else {
          throw StorageError.corrupt(path: "event", detail: "no kind of change is \"\(name)\"")
        }
        counts[kind] = row[1]
      }
      return counts
    }
  }

  /// The name of every site.
  package func sites() async throws(StorageError) -> [ID<Site>: String] {
    try await read { database in
      var names: [ID<Site>: String] = [:]
      for row in try database.rows("SELECT id, name FROM site") { names[row[0]] = row[1] }
      return names
    }
  }

  /// The site of that name, made when it is new.
  package func site(named name: String) async throws(StorageError) -> ID<Site> {
    try await write { connection in
      try connection.run("INSERT INTO site (name) VALUES (?) ON CONFLICT DO NOTHING", name)
      guard let id = try connection.integer("SELECT id FROM site WHERE name = ?", name) else {
        preconditionFailure("the site \(name) was just inserted")
      }
      return ID(id)
    }
  }
}
