import Catalog
import Foundation
import GRDB

extension CatalogStore {
  package func groupedPicture(_ id: ID<ImageRecord>) async throws(StorageError) -> GroupedPicture? {
    try await read {
      try $0.firstRow("SELECT \(GroupedPicture.columns) WHERE image.id = ?", [id])
        .flatMap(GroupedPicture.init(row:))
    }
  }

  /// The picture that was last fetched from an address.
  package func groupedPicture(at url: CanonicalURL) async throws(StorageError) -> GroupedPicture? {
    try await read {
      try $0.firstRow(
        "SELECT \(GroupedPicture.columns) JOIN frontier ON image_id = image.id WHERE url = ?",
        [url.string]
      ).flatMap(GroupedPicture.init(row:))
    }
  }

  /// Those of the pictures that the catalog has.
  package func groupedPictures(_ hashes: some Sequence<ContentHash> & Sendable)
    async throws(StorageError) -> [ContentHash: GroupedPicture]
  {
    try await read { database in
      var pictures: [ContentHash: GroupedPicture] = [:]
      for hash in hashes {
        pictures[hash] = try database.firstRow(
          "SELECT \(GroupedPicture.columns) WHERE hash = ?", [Data(hash.bytes)]
        ).flatMap(GroupedPicture.init(row:))
      }
      return pictures
    }
  }

  /// Pictures from one content hash to another, both among them.
  package func groupedPictures(_ hashes: (first: ContentHash, last: ContentHash), limit: Int)
    async throws(StorageError) -> [GroupedPicture]
  {
    try await read { database in
      try database.rows(
        "SELECT \(GroupedPicture.columns) WHERE hash BETWEEN ? AND ? ORDER BY hash LIMIT ?",
        [Data(hashes.first.bytes), Data(hashes.last.bytes), limit]
      ).compactMap(GroupedPicture.init(row:))
    }
  }

  /// The pictures of a group, by id, each with the addresses at which it was seen last; one that no address
  /// shows any more is left out.
  ///
  /// - Parameter limit: of addresses.
  package func copies(ofGroup group: ID<ImageRecord>, limit: Int)
    async throws(StorageError) -> [(image: ShownImage, addresses: [CanonicalURL])]
  {
    try await read { database in
      var copies: [(image: ShownImage, addresses: [CanonicalURL])] = []
      for row in try database.rows(
        """
        SELECT \(ShownImage.columns) FROM image JOIN frontier f ON f.image_id = image.id
        WHERE image.group_id = ? ORDER BY image.id, f.id LIMIT ?
        """, [group, limit])
      {
        guard let image = ShownImage(row: row, from: 0) else { continue }
        if copies.last?.image.id == image.id {
          copies[copies.count - 1].addresses.append(image.url)
        } else {
          copies.append((image, [image.url]))
        }
      }
      return copies
    }
  }

  /// How many pictures stand in a group.
  package func size(ofGroup group: ID<ImageRecord>) async throws(StorageError) -> Int {
    try await read { database in
      Int(try database.integer("SELECT count(*) FROM image WHERE group_id = ?", [group]) ?? 0)
    }
  }

  /// Puts every picture into its group and lets every judgement count, in one transaction; pictures that
  /// are not named stay, unless a judgement moves them.
  ///
  /// - Parameter doubt: called within the transaction.
  /// - Returns: the groups that were and that are, and how many pictures changed theirs.
  package func regroup(
    _ groups: [(image: ID<ImageRecord>, group: ID<ImageRecord>)], doubt: @escaping LinkDoubt
  ) async throws(StorageError) -> (before: Int, after: Int, moved: Int) {
    try await write { connection in
      let before = try Self.groups(in: connection)
      for (image, group) in groups {
        try connection.run(
          "UPDATE image SET group_id = ?1 WHERE id = ?2 AND group_id <> ?1", group, image)
      }
      try Self.settleAll(doubt, in: connection)
      let after = try Self.groups(in: connection)
      return (
        Set(before.values).count, Set(after.values).count,
        after.count { before[$0.key] != $0.value }
      )
    }
  }

  private static func groups(in connection: Connection) throws
    -> [ID<ImageRecord>: ID<ImageRecord>]
  {
    Dictionary(
      uniqueKeysWithValues: try connection.rows(
        "SELECT id, group_id FROM image INDEXED BY image_group"
      ) { ($0[0], $0[1]) })
  }
}

extension CatalogStore {
  /// Whether anything was ever judged.
  static func isJudged(_ connection: Connection) throws -> Bool {
    try connection.integer("SELECT 1 FROM judgement LIMIT 1") != nil
  }

  /// Lets every judgement count in groups that links alone have made.
  static func settleAll(_ doubt: LinkDoubt, in connection: Connection) throws {
    for judgement in try judgements(in: connection) {
      _ = try settle(
        try groups(of: judgement, in: connection), mayPart: false, doubt, in: connection)
    }
  }

  /// Lets groups be what links and judgements make of them, and those that judgements lead to from them.
  ///
  /// Two groups between which recognition has a link stand apart only because each holds one of two
  /// pictures that were told apart: with what judgements lead to, everything is at hand that a link can
  /// change.
  ///
  /// - Parameters:
  ///   - groups: of pictures that belong together unless some were told apart.
  ///   - mayPart: whether they may fall apart though none were told apart.
  /// - Returns: how many pictures stand in another group now.
  static func settle(
    _ groups: [ID<ImageRecord>], mayPart: Bool, _ doubt: LinkDoubt, in connection: Connection
  ) throws -> Int {
    let kin = try connection.rows(kinOfGroups, json(groups)) { $0[0] as ID<ImageRecord> }
    guard let smallest = kin.min() else { return 0 }
    let judged = try connection.rows(
      judgementsOfGroups, json(kin), read: Judgement.init(row:)
    ).compactMap(\.self)
    var moved = 0
    guard mayPart || judged.contains(where: { $0.verdict == .apart }) else {
      for group in kin where group != smallest {
        try connection.run("UPDATE image SET group_id = ? WHERE group_id = ?", smallest, group)
        moved += connection.changeCount
      }
      return moved
    }
    let members = try connection.rows(
      """
      SELECT image.id, group_id, hash, fingerprint FROM json_each(?) kin
        CROSS JOIN image ON group_id = kin.value
      """, json(kin)
    ) { row -> (member: GroupMember, group: ID<ImageRecord>)? in
      ContentHash(bytes: row[2]).map { hash in
        (GroupMember(id: row[0], hash: hash, fingerprint: Fingerprint(bytes: row[3])), row[1])
      }
    }.compactMap(\.self)
    let parted = Parting.groups(of: members.map(\.member), judged: judged, doubt: doubt)
    for (member, before) in members {
      guard let group = parted[member.id], group != before else { continue }
      try connection.run("UPDATE image SET group_id = ? WHERE id = ?", group, member.id)
      moved += 1
    }
    return moved
  }

  /// Groups with all that judgements lead to from them.
  static let kinOfGroups: StaticString = """
    WITH RECURSIVE kin (group_id) AS (
      SELECT value FROM json_each(?1)
      UNION SELECT other.group_id FROM kin CROSS JOIN image one ON one.group_id = kin.group_id
        CROSS JOIN judgement ON first = one.hash CROSS JOIN image other ON other.hash = second
      UNION SELECT other.group_id FROM kin CROSS JOIN image one ON one.group_id = kin.group_id
        CROSS JOIN judgement ON second = one.hash CROSS JOIN image other ON other.hash = first)
    SELECT group_id FROM kin
    """

  /// What was said of pictures of some groups that are ``kinOfGroups``, each judgement once.
  static let judgementsOfGroups: StaticString = """
    SELECT first, second, is_same, judged_at FROM json_each(?1) kin
      CROSS JOIN image ON group_id = kin.value CROSS JOIN judgement ON first = hash
    """
}

extension GroupedPicture {
  fileprivate static let columns = "image.id, hash, group_id FROM image"

  fileprivate init?(row: Row) {
    guard let hash = ContentHash(bytes: Array(row[1] as Data)) else { return nil }
    self.init(id: row[0], hash: hash, group: row[2])
  }
}
