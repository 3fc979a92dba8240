import Catalog
import Foundation
import GRDB

/// A picture that a detector is to look at.
package struct DetectionJob: Sendable, Hashable {
  package let image: ID<ImageRecord>
  package let hash: ContentHash
  package let attempts: Int
}

extension CatalogStore {
  /// Gives every picture that this detector has not looked at a job.
  package func enqueueDetections(detector: String) async throws(StorageError) {
    try await write { connection in
      let id = try Self.detector(named: detector, in: connection)
      try connection.run(
        """
        INSERT INTO detection (image_id, detector_id, state)
        SELECT image.id, ?1, 0 FROM image LEFT JOIN detection ON image_id = image.id
        WHERE detector_id IS NOT ?1
        ON CONFLICT DO UPDATE SET detector_id = excluded.detector_id, state = 0, attempts = 0,
          reason = NULL
        """, id)
    }
  }

  /// Jobs of pictures behind one, by id.
  package func queuedDetections(
    detector: String, after image: ID<ImageRecord>, limit: Int
  ) async throws(StorageError) -> [DetectionJob] {
    try await read { database in
      try database.rows(
        """
        SELECT image_id, hash, attempts FROM detection JOIN image ON image.id = image_id
        WHERE state = 0 AND image_id > ?
          AND detector_id = (SELECT id FROM detector WHERE name = ?)
        ORDER BY image_id LIMIT ?
        """, [image, detector, limit]
      ).map { row in
        guard let hash = ContentHash(bytes: Array(row[1] as Data)) else {
          throw StorageError.corrupt(path: "image", detail: "a content hash is not 32 bytes")
        }
        return DetectionJob(image: row[0], hash: hash, attempts: row[2])
      }
    }
  }

  /// How many pictures wait to be looked at.
  package func queuedDetections() async throws(StorageError) -> Int {
    try await read { database in
      Int(try database.integer("SELECT count(*) FROM detection WHERE state = 0") ?? 0)
    }
  }

  /// Keeps what a detector saw in a picture and ends the job, in one transaction.
  ///
  /// A box that stood where the detector sees one stays, with its vector, where the place is the same
  /// to a millionth, and gives way to the new one otherwise; what the detector no longer sees leaves.
  /// What a person drew, named, moved or took away stays as the person left it.
  ///
  /// - Parameter models: whose indexes get the new boxes' vectors; `nil` for all that are known.
  package func recordBoxes(
    _ seen: [Detection], in image: ID<ImageRecord>, by detector: String, models: [String]? = nil,
    now: Timestamp
  ) async throws(StorageError) {
    try await write { connection in
      let detector = try Self.detector(named: detector, in: connection)
      let known = try connection.rows(
        """
        SELECT id, x, y, width, height, name, state, is_edited FROM box
        WHERE image_id = ? AND state <> 2 ORDER BY id
        """, image
      ) {
        (
          id: $0[0] as ID<Box>, region: Region(stored: $0[1], $0[2], $0[3], $0[4]),
          name: $0[5] as String, isPersons: $0[6] as Int != 0 || $0[7] as Bool
        )
      }
      var distinct: [Detection] = []
      for box in seen
      where !distinct.contains(where: { $0.region == box.region && $0.name == box.name }) {
        distinct.append(box)
      }
      let pairs = BoxMatching.pairs(
        of: distinct.map { ($0.region, $0.name) }, with: known.map { ($0.region, $0.name) })
      var staying: Set<ID<Box>> = []
      var new: [Detection] = []
      for (box, pair) in zip(distinct, pairs) {
        guard let old = pair.map({ known[$0] }) else {
          new.append(box)
          continue
        }
        if old.isPersons { continue }
        guard old.region == box.region, old.name == box.name else {
          new.append(box)
          continue
        }
        staying.insert(old.id)
        try connection.run(
          "UPDATE box SET score = ?, detector_id = ? WHERE id = ?", box.score, detector, old.id)
      }
      for old in known where !old.isPersons && !staying.contains(old.id) {
        try Self.endBox(old.id, as: .lost, now: now, in: connection)
      }
      for box in new {
        let id = try Self.insertBox(
          box.region, name: box.name, score: box.score, seenBy: detector, in: image, now: now,
          in: connection)
        try Self.enqueueVectors(of: id, models: models, in: connection)
      }
      try Self.forgetLostBoxes(in: connection)
      try connection.run(
        """
        INSERT INTO detection (image_id, detector_id, state, done_at) VALUES (?, ?, 1, ?)
        ON CONFLICT DO UPDATE SET detector_id = excluded.detector_id, state = 1,
          done_at = excluded.done_at, reason = NULL
        """, image, detector, now)
    }
  }

  /// Gives a job up, or leaves it in the queue for a later run.
  package func failDetection(
    in image: ID<ImageRecord>, reason: String, isFinal: Bool
  ) async throws(StorageError) {
    try await write { connection in
      try connection.run(
        "UPDATE detection SET state = ?, attempts = attempts + 1, reason = ? WHERE image_id = ?",
        isFinal ? 2 : 0, reason, image)
    }
  }

  /// The row of a detector, made when it is new.
  static func detector(named name: String, in connection: Connection) throws -> Int64 {
    if let known = try connection.integer("SELECT id FROM detector WHERE name = ?", name) {
      return known
    }
    try connection.run("INSERT INTO detector (name) VALUES (?)", name)
    return connection.lastInsertedID
  }
}
