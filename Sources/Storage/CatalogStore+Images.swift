import Catalog
import Foundation
import GRDB

/// What recording a picture changed.
package struct ImageChange: Sendable, Equatable {
  package var id: ID<ImageRecord>
  /// These bytes were not in the catalog.
  package var isNew: Bool
  /// The smallest id of the pictures that are the same picture as this one.
  package var group: ID<ImageRecord>
}

extension CatalogStore {
  /// Records a fetched picture: the address's state, the picture, its group, the embedding job and the
  /// change events of the items that show it. One transaction; ends the lease.
  ///
  /// Pictures are grouped by single linkage, so that the groups do not depend on the order in which
  /// pictures come: a picture that matches two groups makes them one, but for what people told apart.
  ///
  /// - Parameters:
  ///   - record: its blob is already stored.
  ///   - models: the names of the models that embed every picture.
  ///   - detector: the name of the one that looks at every picture, where there is one.
  ///   - matches: called within the transaction for bytes that are new; returns the pictures that are
  ///     the same picture.
  ///   - doubt: called within the transaction where pictures were told apart that could be linked now.
  ///   - committed: called after the commit and before the next transaction.
  package func record(
    _ record: ImageRecord, of lease: Lease, status: Int, validators: Validators, bodyHash: UInt64,
    models: [String], detector: String? = nil, now: Timestamp,
    matches: @escaping @Sendable (Fingerprint) -> [ID<ImageRecord>],
    doubt: @escaping LinkDoubt,
    committed: @escaping @Sendable (ImageChange) -> Void
  ) async throws(StorageError) -> ImageChange {
    try await write(.alone, ending: [lease.id]) { connection in
      try Self.visited(
        lease, status: status, validators: validators, bodyHash: bodyHash,
        hasChanged: lease.bodyHash != bodyHash, now: now, in: connection)
      let change = try Self.insert(
        record, now: now, matches: matches, doubt: doubt, in: connection)
      // The group now of what the address showed: the new picture may have joined it to another.
      let before = try connection.first(
        """
        SELECT group_id FROM frontier JOIN image ON image.id = image_id WHERE frontier.id = ?
        """, lease.id
      ) { $0[0] as ID<ImageRecord> }
      try connection.run("UPDATE frontier SET image_id = ? WHERE id = ?", change.id, lease.id)
      if change.isNew {
        for model in models {
          try connection.run(
            """
            INSERT INTO embedding (model_id, image_id, state)
            SELECT id, ?, 0 FROM model WHERE name = ? ON CONFLICT DO NOTHING
            """, change.id, model)
        }
        if let detector {
          try connection.run(
            "INSERT INTO detection (image_id, detector_id, state) VALUES (?, ?, 0)", change.id,
            try Self.detector(named: detector, in: connection))
        }
      }
      if let before, before != change.group {
        try Self.tellOfChangedPicture(at: lease.id, run: lease.run, now: now, in: connection)
      } else if before == nil {
        try Self.tellOfNewPicture(of: lease, now: now, in: connection)
      }
      return change
    } then: {
      committed($0)
    }
  }

  private static func insert(
    _ record: ImageRecord, now: Timestamp, matches: (Fingerprint) -> [ID<ImageRecord>],
    doubt: LinkDoubt, in connection: Connection
  ) throws -> ImageChange {
    let known = try connection.first(
      "SELECT id, group_id FROM image WHERE hash = ?", record.hash.bytes
    ) { ImageChange(id: $0[0], isNew: false, group: $0[1]) }
    if let known { return known }
    try connection.run(
      """
      INSERT INTO image
        (hash, format, byte_count, width, height, fingerprint, colours, shot, group_id, fetched_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
      """,
      record.hash.bytes, record.format.rawValue, record.byteCount, record.width, record.height,
      record.fingerprint.bytes, record.traits?.colours.rawValue, record.traits?.productShot, now)
    let id = ID<ImageRecord>(connection.lastInsertedID)
    let groups = try connection.rows(
      """
      SELECT DISTINCT group_id FROM image WHERE id IN (SELECT value FROM json_each(?)) AND id <> ?
      """, json(matches(record.fingerprint)), id
    ) { $0[0] as ID<ImageRecord> }
    let group = groups.min() ?? id
    guard try isJudged(connection) else {
      try connection.run("UPDATE image SET group_id = ? WHERE id = ?", group, id)
      for other in groups where other != group {
        try connection.run("UPDATE image SET group_id = ? WHERE group_id = ?", group, other)
      }
      return ImageChange(id: id, isNew: true, group: group)
    }
    try connection.run("UPDATE image SET group_id = id WHERE id = ?", id)
    _ = try settle(groups + [id], mayPart: false, doubt, in: connection)
    let settled = try connection.integer("SELECT group_id FROM image WHERE id = ?", id)
    return ImageChange(id: id, isNew: true, group: settled.map(ID.init) ?? id)
  }

  /// The address shows another picture than before: an event for every item that shows it.
  private static func tellOfChangedPicture(
    at address: ID<Address>, run: ID<Run>, now: Timestamp, in connection: Connection
  ) throws {
    let items = try connection.rows(
      """
      SELECT DISTINCT item.id FROM item_image JOIN item ON item.id = item_id
      WHERE item_image.address_id = ? AND item.run_id <> ?
      """, address, run
    ) { $0[0] as ID<Item> }
    for item in items { try emit(.image, of: item, run: run, now: now, in: connection) }
  }

  /// An event for every item that began in this run to show the lease's address.
  static func tellOfNewPicture(of lease: Lease, now: Timestamp, in connection: Connection) throws {
    let items = try connection.rows(
      "SELECT item_id FROM item_image WHERE address_id = ? AND run_id = ?", lease.id, lease.run
    ) { $0[0] as ID<Item> }
    for item in items {
      try tellOfNewPicture(at: lease.id, item: item, run: lease.run, now: now, in: connection)
    }
  }

  /// An event for an item that began in this run to show an address, if the item is older and the
  /// picture is none of those that it shows elsewhere. Of a picture that is kept out the address is all
  /// that is known: a new one counts.
  static func tellOfNewPicture(
    at address: ID<Address>, item: ID<Item>, run: ID<Run>, now: Timestamp,
    in connection: Connection
  ) throws {
    let isNew = try connection.integer(
      """
      SELECT 1 FROM item, frontier here LEFT JOIN image ON image.id = here.image_id
      WHERE item.id = ?1 AND item.run_id <> ?2 AND here.id = ?3 AND CASE
        WHEN image.id IS NULL THEN here.state = ?4
        ELSE NOT EXISTS (
          SELECT 1 FROM item_image JOIN frontier there ON there.id = item_image.address_id
            JOIN image other ON other.id = there.image_id
          WHERE item_id = ?1 AND there.id <> ?3 AND other.group_id = image.group_id) END
      """, item, run, address, AddressState.refused)
    if isNew != nil { try emit(.image, of: item, run: run, now: now, in: connection) }
  }

  /// What is known of a picture by its bytes; `nil` for bytes never seen.
  package func imageRecord(_ hash: ContentHash) async throws(StorageError) -> ImageRecord? {
    try await read { database in
      guard
        let row = try database.firstRow(
          """
          SELECT format, byte_count, width, height, fingerprint, colours, shot FROM image
          WHERE hash = ?
          """,
          [Data(hash.bytes)]),
        let format = ImageFormat(rawValue: row[0]),
        let fingerprint = Fingerprint(bytes: Array(row[4] as Data))
      else { return nil }
      return ImageRecord(
        hash: hash, format: format, byteCount: row[1], width: row[2], height: row[3],
        fingerprint: fingerprint,
        traits: (row[5] as Int?).map {
          PictureTraits(colours: ColourSet(rawValue: $0), productShot: row[6] ?? 0)
        })
    }
  }

  /// The fingerprints of these pictures; an unknown id is left out.
  package func fingerprints(of images: [ID<ImageRecord>])
    async throws(StorageError) -> [ID<ImageRecord>: Fingerprint]
  {
    try await read { database in
      var prints: [ID<ImageRecord>: Fingerprint] = [:]
      for row in try database.rows(
        "SELECT id, fingerprint FROM image WHERE id IN (SELECT value FROM json_each(?))",
        [Self.json(images)])
      {
        prints[row[0]] = Fingerprint(bytes: Array(row[1] as Data))
      }
      return prints
    }
  }

  /// Every picture's id and fingerprint, by id: what the duplicate index is made of at start.
  package func fingerprints(after id: ID<ImageRecord>, limit: Int)
    async throws(StorageError) -> [(id: ID<ImageRecord>, fingerprint: Fingerprint)]
  {
    try await read { database in
      try database.rows(
        "SELECT id, fingerprint FROM image WHERE id > ? ORDER BY id LIMIT ?", [id, limit]
      ).compactMap { row in
        Fingerprint(bytes: Array(row[1] as Data)).map { (row[0], $0) }
      }
    }
  }

  /// The content hashes of those of the pictures whose measures are of an older version or missing.
  package func unmeasured(_ images: [ID<ImageRecord>])
    async throws(StorageError) -> [ID<ImageRecord>: ContentHash]
  {
    try await read { database in
      var hashes: [ID<ImageRecord>: ContentHash] = [:]
      for row in try database.rows(
        """
        SELECT id, hash FROM image WHERE id IN (SELECT value FROM json_each(?))
          AND (colours IS NULL OR substr(fingerprint, 1, 1) = x'01')
        """, [Self.json(images)])
      {
        hashes[row[0]] = ContentHash(bytes: Array(row[1] as Data))
      }
      return hashes
    }
  }

  /// Keeps what was measured anew, in one transaction.
  package func remeasure(
    _ measures: [ID<ImageRecord>: (fingerprint: Fingerprint, traits: PictureTraits)]
  ) async throws(StorageError) {
    try await write { connection in
      for (id, (fingerprint, traits)) in measures {
        try connection.run(
          "UPDATE image SET fingerprint = ?, colours = ?, shot = ? WHERE id = ?",
          fingerprint.bytes, traits.colours.rawValue, traits.productShot, id)
      }
    }
  }
}
