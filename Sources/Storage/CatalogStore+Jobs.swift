import Catalog
import Foundation
import GRDB

/// A picture that waits to be embedded.
package struct EmbeddingJob: Sendable, Hashable {
  package let image: ID<ImageRecord>
  package let hash: ContentHash
  package let attempts: Int
}

/// One of so many equal parts of the pictures, for machines that share the work: the same part in every
/// copy of a catalog.
package struct QueuePart: Sendable, Hashable {
  /// From 1.
  package let number: Int
  package let count: Int

  package static let whole = QueuePart(number: 1, count: 1)
  package static let countLimit = 4096

  private init(number: Int, count: Int) {
    self.number = number
    self.count = count
  }

  /// Of `"2/8"`; nil where that is no part of up to ``countLimit``.
  package init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let number = numbers[0], let count = numbers[1],
      (1...Self.countLimit).contains(count), (1...count).contains(number)
    else { return nil }
    self.init(number: number, count: count)
  }
}

extension CatalogStore {
  /// Makes the model known and gives every picture and every box a job for it that has none.
  ///
  /// - Parameter folder: where it is loaded from, as far as that is known.
  /// - Returns: how many jobs of pictures are queued.
  package func enqueueEmbeddings(model: String, dimension: Int, folder: String? = nil)
    async throws(StorageError) -> Int
  {
    try await write { connection in
      try connection.run(
        """
        INSERT INTO model (name, dimension, folder) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET folder = coalesce(excluded.folder, folder)
        """, model, dimension, folder)
      try connection.run(
        """
        INSERT INTO embedding (model_id, image_id, state)
        SELECT model.id, image.id, 0 FROM model, image WHERE model.name = ?
        ON CONFLICT DO NOTHING
        """, model)
      try Self.enqueueVectors(ofAllFor: model, in: connection)
      let queued = try connection.integer(
        """
        SELECT count(*) FROM embedding
        WHERE state = 0 AND model_id = (SELECT id FROM model WHERE name = ?)
        """, model)
      return Int(queued ?? 0)
    }
  }

  /// Puts every job of the model back into the queue, or those of some vectors: these are made anew.
  package func requeueEmbeddings(model: String, of keys: [VectorKey]? = nil)
    async throws(StorageError)
  {
    let some = keys.map(Self.split)
    let (images, boxes) = (some.map { Self.json($0.images) }, some.map { Self.json($0.boxes) })
    try await write { connection in
      try connection.run(
        """
        UPDATE embedding SET state = 0, leased_until = 0, attempts = 0, reason = NULL
        WHERE model_id = (SELECT id FROM model WHERE name = ?1)
          AND (?2 IS NULL OR image_id IN (SELECT value FROM json_each(?2)))
        """, model, images)
      try connection.run(
        """
        UPDATE box_vector SET state = 0, attempts = 0, reason = NULL
        WHERE model_id = (SELECT id FROM model WHERE name = ?1) AND state <> 3
          AND (?2 IS NULL OR box_id IN (SELECT value FROM json_each(?2)))
        """, model, boxes)
    }
  }

  /// Marks the jobs of pictures and of boxes done whose vectors are durable in the index.
  package func completeVectors(_ keys: [VectorKey], model: String, now: Timestamp)
    async throws(StorageError)
  {
    let (images, boxes) = Self.split(keys)
    if !images.isEmpty { try await completeEmbeddings(images, model: model, now: now) }
    if !boxes.isEmpty { try await completeBoxes(boxes, model: model, now: now) }
  }

  /// The pictures and boxes whose vectors are durable.
  package func embeddedVectors(model: String) async throws(StorageError) -> [VectorKey] {
    try await embeddedImages(model: model).map(VectorKey.picture)
      + embeddedBoxes(model: model).map(VectorKey.box)
  }

  /// How many of these are vectors of pictures or boxes that the catalog does not have.
  package func unknownVectors(_ keys: [VectorKey]) async throws(StorageError) -> Int {
    let (images, boxes) = Self.split(keys)
    return try await read { database in
      let known = try database.integer(
        """
        SELECT (SELECT count(*) FROM json_each(?) JOIN image ON image.id = value)
          + (SELECT count(*) FROM json_each(?) JOIN box ON box.id = value)
        """, [Self.json(images), Self.json(boxes)])
      return keys.count - Int(known ?? 0)
    }
  }

  private static func split(_ keys: [VectorKey]) -> (
    images: [ID<ImageRecord>], boxes: [ID<Box>]
  ) {
    var (images, boxes): ([ID<ImageRecord>], [ID<Box>]) = ([], [])
    for key in keys {
      switch key {
      case .picture(let id): images.append(id)
      case .box(let id): boxes.append(id)
      }
    }
    return (images, boxes)
  }

  /// Takes up to `limit` queued jobs of pictures behind one, by id, until `leasedUntil`; a lease that ran
  /// out is free again.
  package func leaseEmbeddings(
    model: String, part: QueuePart = .whole, after image: ID<ImageRecord> = ID(0), limit: Int,
    now: Timestamp, leasedUntil: Timestamp
  ) async throws(StorageError) -> [EmbeddingJob] {
    try await write { connection in
      let jobs = try connection.rows(
        """
        SELECT image_id, hash, attempts FROM embedding JOIN image ON image.id = image_id
        WHERE model_id = (SELECT id FROM model WHERE name = ?) AND state = 0 AND leased_until <= ?
          AND image_id > ? AND image_id % ? = ?
        ORDER BY image_id LIMIT ?
        """, model, now, image, part.count, part.number - 1, limit
      ) { row in
        guard let hash = ContentHash(bytes: row[1]) else {
          throw StorageError.corrupt(path: "image", detail: "a content hash is not 32 bytes")
        }
        return EmbeddingJob(image: row[0], hash: hash, attempts: row[2])
      }
      for job in jobs {
        try connection.run(
          """
          UPDATE embedding SET leased_until = ?, attempts = attempts + 1
          WHERE image_id = ? AND model_id = (SELECT id FROM model WHERE name = ?)
          """, leasedUntil, job.image, model)
      }
      return jobs
    }
  }

  /// Frees every lease: for the one writer, when it begins.
  package func freeEmbeddingLeases() async throws(StorageError) {
    try await write { try $0.run("UPDATE embedding SET leased_until = 0 WHERE state = 0") }
  }

  /// Marks jobs done whose vectors are durable in the index.
  package func completeEmbeddings(_ images: [ID<ImageRecord>], model: String, now: Timestamp)
    async throws(StorageError)
  {
    try await write { connection in
      try connection.run(
        """
        UPDATE embedding SET state = 1, done_at = ?, reason = NULL
        WHERE model_id = (SELECT id FROM model WHERE name = ?)
          AND image_id IN (SELECT value FROM json_each(?))
        """, now, model, Self.json(images))
    }
  }

  /// Gives a job up, or back into the queue while it has attempts left.
  package func failEmbedding(
    _ image: ID<ImageRecord>, model: String, reason: String, isFinal: Bool
  ) async throws(StorageError) {
    try await write { connection in
      try connection.run(
        """
        UPDATE embedding SET state = ?, leased_until = 0, reason = ?
        WHERE image_id = ? AND model_id = (SELECT id FROM model WHERE name = ?)
        """, isFinal ? 2 : 0, reason, image, model)
    }
  }

  /// The pictures whose vectors are durable.
  package func embeddedImages(model: String) async throws(StorageError) -> [ID<ImageRecord>] {
    try await read { database in
      try ID<ImageRecord>.fetchAll(
        database,
        sql: """
          SELECT image_id FROM embedding
          WHERE state = 1 AND model_id = (SELECT id FROM model WHERE name = ?)
          """, arguments: [model])
    }
  }

  /// How many jobs wait.
  package func queuedEmbeddings(model: String, part: QueuePart = .whole)
    async throws(StorageError) -> Int
  {
    try await read { database in
      let queued = try database.integer(
        """
        SELECT count(*) FROM embedding
        WHERE state = 0 AND model_id = (SELECT id FROM model WHERE name = ?) AND image_id % ? = ?
        """, [model, part.count, part.number - 1])
      return Int(queued ?? 0)
    }
  }
}
