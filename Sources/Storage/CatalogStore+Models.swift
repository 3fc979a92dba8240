import Catalog
import GRDB

/// A model whose vectors the catalog knows of.
package struct ModelRecord: Sendable, Equatable {
  package var name: String
  package var dimension: Int
  /// Where it is loaded from, as far as that is known.
  package var folder: String?
  package var queued: Int
  package var done: Int
  package var failed: Int
}

extension CatalogStore {
  /// Every model that pictures were queued for, by name.
  package func models() async throws(StorageError) -> [ModelRecord] {
    try await read { database in
      try database.rows(
        """
        SELECT name, dimension, folder,
          coalesce(sum(state = 0), 0), coalesce(sum(state = 1), 0), coalesce(sum(state = 2), 0)
        FROM model LEFT JOIN embedding ON model_id = id GROUP BY id ORDER BY name
        """
      ).map {
        ModelRecord(
          name: $0[0], dimension: $0[1], folder: $0[2], queued: $0[3], done: $0[4], failed: $0[5])
      }
    }
  }

  /// The model that was put to use last, and where it is loaded from; `nil` where none was.
  package func modelInUse() async throws(StorageError) -> (name: String, folder: String)? {
    try await read { database in
      try database.firstRow(
        "SELECT name, folder FROM model WHERE used_at IS NOT NULL ORDER BY used_at DESC", []
      ).map { ($0[0], $0[1]) }
    }
  }

  /// Whether a model still has pictures to embed; so has one that the catalog does not know.
  package func isEmbedding(by name: String) async throws(StorageError) -> Bool {
    try await read { database in
      guard let id = try database.integer("SELECT id FROM model WHERE name = ?", [name]) else {
        return true
      }
      return try database.integer(
        "SELECT 1 FROM embedding WHERE state = 0 AND model_id = ? LIMIT 1", [id]) != nil
    }
  }

  /// Lets the model answer from now on: one transaction, so that there is always exactly one that does.
  package func useModel(_ name: String, folder: String, now: Timestamp) async throws(StorageError) {
    try await write { connection in
      try connection.run(
        """
        UPDATE model SET folder = ?,
          used_at = max(?, coalesce((SELECT max(used_at) FROM model), 0) + 1)
        WHERE name = ?
        """, folder, now, name)
    }
  }

  /// Forgets a model and its jobs.
  ///
  /// - Returns: `false` where there is no such model.
  @discardableResult
  package func removeModel(_ name: String) async throws(StorageError) -> Bool {
    try await write { connection in
      try connection.run(
        "DELETE FROM embedding WHERE model_id = (SELECT id FROM model WHERE name = ?)", name)
      try connection.run(
        "DELETE FROM box_vector WHERE model_id = (SELECT id FROM model WHERE name = ?)", name)
      try Self.forgetLostBoxes(in: connection)
      let known = try connection.integer("SELECT id FROM model WHERE name = ?", name)
      try connection.run("DELETE FROM model WHERE name = ?", name)
      return known != nil
    }
  }
}
