import Catalog
import GRDB

extension CatalogStore {
  /// Lets exactly these boxes stand in a picture, as a person says, in one transaction.
  ///
  /// A box that stands where it is wanted, with its name, stays as it is. One that is moved gives way to
  /// a new one; one that is only named otherwise keeps its vector. What a detector saw and the person
  /// moved or took away is remembered, so that no detector brings it back.
  ///
  /// - Parameter revision: ``BoxOverview/revision`` as the person saw it; `nil` overwrites whatever
  ///   stands.
  package func placeBoxes(
    _ wanted: [WantedBox], in image: ID<ImageRecord>, expecting revision: Int64? = nil,
    now: Timestamp
  ) async throws(StorageError) -> BoxPlacement {
    try await write { connection in
      let last = try connection.integer("SELECT max(revision) FROM box WHERE image_id = ?", image)
      if let revision, revision != last ?? 0 { return .changedMeanwhile(revision: last ?? 0) }
      var standing = try Self.standing(in: image, connection)
      var new: [WantedBox] = []
      var kept: [(box: Standing, name: String)] = []
      for box in wanted {
        let place =
          if let id = box.id {
            standing.firstIndex { $0.id == id }
          } else {
            standing.firstIndex { $0.region == box.region && $0.name == box.name }
          }
        if let id = box.id, place == nil { return .unknown(id) }
        guard let place, standing[place].region == box.region else {
          new.append(box)
          continue
        }
        kept.append((standing.remove(at: place), box.name))
      }
      var places: Set<WantedBox> = []
      for box in kept.map({ WantedBox(region: $0.box.region, name: $0.name) })
        + new.map({ WantedBox(region: $0.region, name: $0.name) })
      where !places.insert(box).inserted {
        return .doubled(box.region)
      }
      for box in standing {
        try Self.endBox(
          box.id, as: box.wasSeen ? .takenAway : .lost, now: now, in: connection)
      }
      for (box, name) in kept where name != box.name {
        try connection.run(
          """
          UPDATE box SET name = ?, score = NULL, is_edited = 1, revision = ?, changed_at = ?
          WHERE id = ?
          """, name, try Self.nextBoxRevision(in: connection), now, box.id)
      }
      for box in new {
        let id = try Self.insertBox(
          box.region, name: box.name, score: nil, seenBy: nil, in: image, now: now, in: connection)
        try Self.enqueueVectors(of: id, models: nil, in: connection)
      }
      try Self.forgetLostBoxes(in: connection)
      return .placed(try Self.standing(in: image, connection).map(\.record))
    }
  }

  private struct Standing {
    var record: BoxRecord
    /// By a detector, there.
    var wasSeen: Bool

    var id: ID<Box> { record.id }
    var region: Region { record.region }
    var name: String { record.name }
  }

  private static func standing(in image: ID<ImageRecord>, _ connection: Connection) throws
    -> [Standing]
  {
    try connection.rows(
      """
      SELECT id, x, y, width, height, name, score, is_edited, revision, detector_id IS NOT NULL
      FROM box WHERE image_id = ? AND state = 0 ORDER BY id
      """, image
    ) {
      Standing(
        record: BoxRecord(
          id: $0[0], image: image, region: Region(stored: $0[1], $0[2], $0[3], $0[4]),
          name: $0[5], score: $0[6], isEdited: $0[7], revision: $0[8]),
        wasSeen: $0[9])
    }
  }
}
