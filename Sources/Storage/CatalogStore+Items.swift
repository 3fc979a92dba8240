import Catalog

extension CatalogStore {
  /// Records what a page said: the address's state and validators, its item with offer, events and
  /// pictures, and every address it leads to. One transaction; ends the lease.
  package func record(
    _ page: PageRecord, of lease: Lease, now: Timestamp
  ) async throws(StorageError) -> PageChange {
    try await write(.patient, ending: [lease.id]) { connection in
      var change = PageChange()
      try Self.visited(
        lease, status: page.status, validators: page.validators, bodyHash: page.bodyHash,
        hasChanged: lease.bodyHash != page.bodyHash, now: now, in: connection)
      try Self.comeBack(lease, now: now, in: connection)
      try FillRow.count(page.item, of: lease, in: connection)
      var addresses = PageAddresses()
      try addresses.insert(page.addresses, site: lease.site, now: now, in: connection)
      if let listed = page.listed {
        try ListingRows.update(listed, of: lease, addresses, now: now, in: connection)
      }
      change.discovered = addresses.discovered
      change.isProductive = page.item != nil || addresses.useful > 0
      if let item = page.item {
        let owner = try Self.owner(of: page, lease, addresses, in: connection)
        let writer = ItemWriter(
          connection: connection, addresses: addresses, lease: lease, owner: owner, now: now,
          occasion: .visit)
        try writer.write(item)
      }
      // What leads to nothing new at all cannot go on for ever: it is not counted against its shape.
      let isBarren = !change.isProductive && change.discovered > 0
      for pattern in page.templates {
        try connection.run(
          """
          INSERT INTO template (site_id, pattern, fetched, productive, streak)
          VALUES (?1, ?2, 1, ?3, ?4)
          ON CONFLICT (site_id, pattern) DO UPDATE SET fetched = fetched + 1,
            productive = productive + ?3, streak = CASE WHEN ?3 THEN 0 ELSE streak + ?4 END
          """, lease.site, pattern, change.isProductive, isBarren)
      }
      return change
    }
  }
  /// The address that the page's item belongs to, which the page's own then leads to.
  static func owner(
    of page: PageRecord, _ lease: Lease, _ addresses: PageAddresses, in connection: Connection
  ) throws -> ID<Address> {
    guard let url = page.itemURL, url != lease.url,
      let id = try addresses.id(of: url, in: connection)
    else { return lease.id }
    try connection.run("UPDATE frontier SET target_id = ? WHERE id = ?", id, lease.id)
    return id
  }
}
