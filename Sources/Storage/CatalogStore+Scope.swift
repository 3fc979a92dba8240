import Catalog
import GRDB

/// A host with addresses that the scope keeps out.
package struct LeftOutHost: Sendable, Equatable {
  /// `scheme://authority`.
  package var origin: String
  package var pages: Int
  package var images: Int

  package init(origin: String, pages: Int, images: Int) {
    self.origin = origin
    self.pages = pages
    self.images = images
  }
}

/// Addresses that were refused or failed for one reason.
package struct AddressTrouble: Sendable, Equatable {
  package var isRefusal: Bool
  package var reason: String
  package var count: Int
  /// The first of them.
  package var example: String

  package init(isRefusal: Bool, reason: String, count: Int, example: String) {
    self.isRefusal = isRefusal
    self.reason = reason
    self.count = count
    self.example = example
  }
}

extension CatalogStore {
  /// Judges a site's addresses anew, where that was last done under another scope.
  ///
  /// What is let in now becomes due, what is kept out now is asked no more. Batches are transactions
  /// of their own, and the last one keeps `scope`: a process that dies in between begins again.
  ///
  /// - Parameters:
  ///   - scope: the rules in words, equal for equal rules.
  ///   - judge: why an address is to be kept out, which has in `refusal` why it is now.
  /// - Returns: how many were let in, and kept out.
  package func rejudge(
    _ site: ID<Site>, under scope: String, now: Timestamp, judge: (NewAddress) -> String?
  ) async throws(StorageError) -> (letIn: Int, keptOut: Int) {
    let last = try await read { database in
      try String.fetchOne(
        database, sql: "SELECT scope FROM site WHERE id = ?", arguments: [site.rawValue])
    }
    guard last != scope else { return (0, 0) }
    var counts = (letIn: 0, keptOut: 0)
    var end: ID<Address>? = ID(0)
    while let start = end {
      let (batch, next) = try await judged(of: site, after: start)
      let changes = batch.compactMap { id, address in
        let refusal = judge(address)
        return refusal == address.refusal ? nil : (id: id, refusal: refusal)
      }
      try await write { connection in
        for (id, refusal) in changes {
          try connection.run(
            "UPDATE frontier SET state = ?, due_at = ?, reason = ? WHERE id = ?",
            refusal == nil ? AddressState.new : .refused, refusal == nil ? now : .never, refusal, id
          )
        }
        if next == nil {
          try connection.run("UPDATE site SET scope = ? WHERE id = ?", scope, site)
        }
      }
      // Some that were surely let in may be so no more.
      if !changes.isEmpty { known.removeAll() }
      let keptOut = changes.count { $0.refusal != nil }
      counts = (counts.letIn + changes.count - keptOut, counts.keptOut + keptOut)
      end = next
    }
    return counts
  }

  /// The next addresses that a scope has let in or kept out, and where those behind them begin.
  private func judged(of site: ID<Site>, after start: ID<Address>)
    async throws(StorageError) -> ([(ID<Address>, NewAddress)], next: ID<Address>?)
  {
    let most = 4096
    return try await read { database in
      let batch = try database.rows(
        """
        SELECT id, url, kind, depth, hops, iif(state = ?1, reason, NULL) FROM frontier
        WHERE id > ?2 AND site_id = ?3 AND (state <> ?1 OR due_at = ?4)
        ORDER BY id LIMIT ?5
        """, [AddressState.refused.rawValue, start, site, Timestamp.never, most]
      ).map { row -> (ID<Address>, NewAddress) in
        guard let kind = TargetKind(rawValue: row[2]) else {
          throw StorageError.corrupt(
            path: "frontier", detail: "no kind of address is \(row[2] as Int)")
        }
        let address = NewAddress(
          url: try CanonicalURL(column: row[1]), kind: kind, depth: row[3], hops: row[4],
          refusal: row[5])
        return (row[0], address)
      }
      return (batch, batch.count == most ? batch.last?.0 : nil)
    }
  }

  /// The hosts that most addresses were kept out on for `reason`, the most first.
  ///
  /// - Parameter since: only addresses that were found from then on.
  package func leftOutHosts(for reason: String, since: Timestamp? = nil, limit: Int)
    async throws(StorageError) -> [LeftOutHost]
  {
    try await read { database in
      try database.rows(
        """
        SELECT origin, sum(kind <> ?1), sum(kind = ?1) FROM frontier JOIN host ON host.id = host_id
        WHERE state = ?2 AND reason = ?3 AND (?4 IS NULL OR discovered_at >= ?4)
        GROUP BY host_id ORDER BY count(*) DESC, origin LIMIT ?5
        """, [TargetKind.image.rawValue, AddressState.refused.rawValue, reason, since, limit]
      ).map { LeftOutHost(origin: $0[0], pages: $0[1], images: $0[2]) }
    }
  }

  /// Why addresses are refused or have failed, the most frequent reasons first.
  ///
  /// - Parameter exception: a reason that is told elsewhere.
  package func addressTroubles(besides exception: String, limit: Int) async throws(StorageError)
    -> [AddressTrouble]
  {
    try await read { database in
      try database.rows(
        """
        SELECT state = ?1, coalesce(reason, 'status ' || status, 'unknown') AS why, count(*), min(id)
        FROM frontier WHERE state IN (?1, ?2) AND reason IS NOT ?3
        GROUP BY 1, 2 ORDER BY 3 DESC, why LIMIT ?4
        """, [AddressState.refused.rawValue, AddressState.failed.rawValue, exception, limit]
      ).map { row in
        let example: ID<Address> = row[3]
        return AddressTrouble(
          isRefusal: row[0], reason: row[1], count: row[2],
          example: try String.fetchOne(
            database, sql: "SELECT url FROM frontier WHERE id = ?", arguments: [example.rawValue])
            ?? "")
      }
    }
  }
}
