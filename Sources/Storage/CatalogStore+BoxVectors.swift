import Catalog
import Foundation
import GRDB

/// A box that waits to be embedded.
package struct BoxJob: Sendable, Hashable {
  package let box: ID<Box>
  package let image: ID<ImageRecord>
  package let hash: ContentHash
  package let region: Region
  package let attempts: Int
}

extension CatalogStore {
  /// Jobs of boxes behind one, by id.
  package func queuedBoxes(
    model: String, part: QueuePart = .whole, after box: ID<Box>, limit: Int
  ) async throws(StorageError) -> [BoxJob] {
    try await read { database in
      try database.rows(
        """
        SELECT box_id, image_id, hash, x, y, box.width, box.height, attempts FROM box_vector
          JOIN box ON box.id = box_id JOIN image ON image.id = image_id
        WHERE model_id = (SELECT id FROM model WHERE name = ?) AND box_vector.state = 0
          AND box_id > ? AND image_id % ? = ?
        ORDER BY box_id LIMIT ?
        """, [model, box, part.count, part.number - 1, limit]
      ).map { row in
        guard let hash = ContentHash(bytes: Array(row[2] as Data)) else {
          throw StorageError.corrupt(path: "image", detail: "a content hash is not 32 bytes")
        }
        return BoxJob(
          box: row[0], image: row[1], hash: hash,
          region: Region(stored: row[3], row[4], row[5], row[6]), attempts: row[7])
      }
    }
  }

  /// Marks jobs done whose vectors are durable in the index; not those of boxes that left meanwhile.
  package func completeBoxes(_ boxes: [ID<Box>], model: String, now: Timestamp)
    async throws(StorageError)
  {
    try await write { connection in
      try connection.run(
        """
        UPDATE box_vector SET state = 1, done_at = ?, reason = NULL
        WHERE model_id = (SELECT id FROM model WHERE name = ?) AND state = 0
          AND box_id IN (SELECT value FROM json_each(?))
        """, now, model, Self.json(boxes))
    }
  }

  /// Gives a job up, or leaves it in the queue for a later run.
  package func failBox(_ box: ID<Box>, model: String, reason: String, isFinal: Bool)
    async throws(StorageError)
  {
    try await write { connection in
      try connection.run(
        """
        UPDATE box_vector SET state = ?, attempts = attempts + 1, reason = ?
        WHERE box_id = ? AND model_id = (SELECT id FROM model WHERE name = ?) AND state = 0
        """, isFinal ? 2 : 0, reason, box, model)
    }
  }

  /// Boxes that no longer stand and whose vectors are to leave the model's index.
  package func leavingBoxes(model: String, limit: Int) async throws(StorageError) -> [ID<Box>] {
    try await read { database in
      try ID<Box>.fetchAll(
        database,
        sql: """
          SELECT box_id FROM box_vector
          WHERE model_id = (SELECT id FROM model WHERE name = ?) AND state = 3
          ORDER BY box_id LIMIT ?
          """, arguments: [model, limit])
    }
  }

  /// Ends the jobs of boxes whose vectors have left the index for good.
  package func forgetVectors(of boxes: [ID<Box>], model: String) async throws(StorageError) {
    try await write { connection in
      try connection.run(
        """
        DELETE FROM box_vector
        WHERE model_id = (SELECT id FROM model WHERE name = ?) AND state = 3
          AND box_id IN (SELECT value FROM json_each(?))
        """, model, Self.json(boxes))
      try Self.forgetLostBoxes(in: connection)
    }
  }

  /// The boxes whose vectors are durable, with those that are yet to leave.
  package func embeddedBoxes(model: String) async throws(StorageError) -> [ID<Box>] {
    try await read { database in
      try ID<Box>.fetchAll(
        database,
        sql: """
          SELECT box_id FROM box_vector
          WHERE state = 1 AND model_id = (SELECT id FROM model WHERE name = ?)
          """, arguments: [model])
    }
  }

  /// How many boxes wait to be embedded.
  package func queuedBoxes(model: String, part: QueuePart = .whole) async throws(StorageError)
    -> Int
  {
    try await read { database in
      let queued = try database.integer(
        """
        SELECT count(*) FROM box_vector JOIN box ON box.id = box_id
        WHERE box_vector.state = 0 AND model_id = (SELECT id FROM model WHERE name = ?)
          AND image_id % ? = ?
        """, [model, part.count, part.number - 1])
      return Int(queued ?? 0)
    }
  }

  // MARK: Within a transaction

  /// Gives a box a job of each of the models.
  ///
  /// - Parameter models: by name; `nil` for all that are known.
  static func enqueueVectors(of box: ID<Box>, models: [String]?, in connection: Connection) throws {
    guard let models else {
      return try connection.run(
        "INSERT INTO box_vector (model_id, box_id, state) SELECT id, ?, 0 FROM model", box)
    }
    for model in models {
      try connection.run(
        """
        INSERT INTO box_vector (model_id, box_id, state) SELECT id, ?, 0 FROM model WHERE name = ?
        """, box, model)
    }
  }

  /// Gives every box that stands a job of the model, where it has none.
  static func enqueueVectors(ofAllFor model: String, in connection: Connection) throws {
    try connection.run(
      """
      INSERT INTO box_vector (model_id, box_id, state)
      SELECT model.id, box.id, 0 FROM model, box WHERE model.name = ? AND box.state = 0
      ON CONFLICT DO NOTHING
      """, model)
  }
}
