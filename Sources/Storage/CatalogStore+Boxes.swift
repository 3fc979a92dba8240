import Catalog
import Foundation
import GRDB

/// Whether a box stands; the raw values are on disk.
enum BoxState: Int, Bindable {
  case stands = 0
  /// A person took it away: a detector that sees it again does not bring it back.
  case takenAway = 1
  /// It leaves the catalog when its vectors have left the indexes.
  case lost = 2

  func bind(into statement: OpaquePointer, at index: Int32) -> Int32 {
    rawValue.bind(into: statement, at: index)
  }
}

extension CatalogStore {
  private static let boxColumns =
    "box.id, image_id, x, y, width, height, name, score, is_edited, revision"

  private static func box(_ row: Row) -> BoxRecord {
    BoxRecord(
      id: row[0], image: row[1], region: Region(stored: row[2], row[3], row[4], row[5]),
      name: row[6], score: row[7], isEdited: row[8], revision: row[9])
  }

  /// The boxes that stand in these pictures, oldest first.
  package func boxes(in images: [ID<ImageRecord>])
    async throws(StorageError) -> [ID<ImageRecord>: [BoxRecord]]
  {
    try await read { database in
      let boxes = try database.rows(
        """
        SELECT \(Self.boxColumns) FROM box
        WHERE image_id IN (SELECT value FROM json_each(?)) AND state = 0 ORDER BY box.id
        """, [Self.json(images)]
      ).map(Self.box)
      return Dictionary(grouping: boxes, by: \.image)
    }
  }

  /// Those of the boxes that stand.
  package func boxes(_ ids: [ID<Box>]) async throws(StorageError) -> [ID<Box>: BoxRecord] {
    try await read { database in
      let boxes = try database.rows(
        """
        SELECT \(Self.boxColumns) FROM box
        WHERE box.id IN (SELECT value FROM json_each(?)) AND state = 0
        """, [Self.json(ids)]
      ).map(Self.box)
      return Dictionary(uniqueKeysWithValues: boxes.map { ($0.id, $0) })
    }
  }

  /// What is known of a picture's boxes as a whole.
  package struct BoxOverview: Sendable, Equatable {
    /// The detector that looked at the picture last; `nil` where none has.
    package var detector: String?
    /// Of the last change of a box in it, 0 where there was none.
    package var revision: Int64
    /// Oldest first.
    package var boxes: [BoxRecord]
  }

  package func boxOverview(of image: ID<ImageRecord>) async throws(StorageError) -> BoxOverview {
    try await read { database in
      let detector = try String.fetchOne(
        database,
        sql: """
          SELECT name FROM detection JOIN detector ON detector.id = detector_id
          WHERE image_id = ? AND state = 1
          """, arguments: [image])
      let revision = try database.integer(
        "SELECT max(revision) FROM box WHERE image_id = ?", [image])
      let boxes = try database.rows(
        """
        SELECT \(Self.boxColumns) FROM box WHERE image_id = ? AND state = 0 ORDER BY box.id
        """, [image]
      ).map(Self.box)
      return BoxOverview(detector: detector, revision: revision ?? 0, boxes: boxes)
    }
  }

  /// A box as a follower keeps it.
  package struct BoxChange: Sendable, Equatable {
    package var id: ID<Box>
    package var image: ID<ImageRecord>
    package var stands: Bool
    package var revision: Int64
  }

  /// The boxes that changed after a revision, by revision: what a follower reads.
  package func boxChanges(after revision: Int64) async throws(StorageError) -> [BoxChange] {
    try await read { database in
      try database.rows(
        """
        SELECT id, image_id, state, revision FROM box WHERE revision > ? ORDER BY revision
        """, [revision]
      ).map {
        BoxChange(
          id: $0[0], image: $0[1], stands: $0[2] == BoxState.stands.rawValue, revision: $0[3])
      }
    }
  }

  /// Every box that stands, with its picture.
  package func standingBoxes()
    async throws(StorageError) -> [(box: ID<Box>, image: ID<ImageRecord>)]
  {
    try await read { database in
      try database.rows("SELECT id, image_id FROM box WHERE state = 0").map { ($0[0], $0[1]) }
    }
  }

  // MARK: Within a transaction

  static func nextBoxRevision(in connection: Connection) throws -> Int64 {
    try connection.run("UPDATE box_revision SET last = last + 1")
    guard let revision = try connection.integer("SELECT last FROM box_revision") else {
      throw StorageError.corrupt(path: "box_revision", detail: "its row is missing")
    }
    return revision
  }

  /// Puts a box into a picture; a person's where `seenBy` is `nil`.
  static func insertBox(
    _ region: Region, name: String, score: Double?, seenBy detector: Int64?,
    in image: ID<ImageRecord>, now: Timestamp, in connection: Connection
  ) throws -> ID<Box> {
    try connection.run(
      """
      INSERT INTO box (image_id, x, y, width, height, name, score, detector_id, is_edited, state,
        revision, created_at, changed_at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8 IS NULL, 0, ?9, ?10, ?10)
      """, image, region.x, region.y, region.width, region.height, name, score, detector,
      try nextBoxRevision(in: connection), now)
    return ID(connection.lastInsertedID)
  }

  /// Lets a box stand no longer, and its vectors leave the indexes.
  static func endBox(
    _ box: ID<Box>, as state: BoxState, now: Timestamp, in connection: Connection
  ) throws {
    try connection.run(
      "UPDATE box SET state = ?, revision = ?, changed_at = ? WHERE id = ?",
      state, try nextBoxRevision(in: connection), now, box)
    try connection.run(
      "UPDATE box_vector SET state = 3, attempts = 0, reason = NULL WHERE box_id = ?", box)
  }

  /// Forgets boxes that do not stand, that no detector could bring back and that no index holds.
  static func forgetLostBoxes(in connection: Connection) throws {
    try connection.run(
      """
      DELETE FROM box WHERE state = 2
        AND NOT EXISTS (SELECT 1 FROM box_vector WHERE box_id = box.id)
      """)
  }
}
