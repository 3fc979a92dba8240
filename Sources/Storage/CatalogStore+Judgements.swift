import Catalog
import Foundation
import GRDB

extension CatalogStore {
  /// Keeps what a person says of two pictures and lets the groups follow, in one transaction.
  ///
  /// What was said of the same two before is replaced: it is the same question, and the last answer
  /// counts. What other judgements imply is not: those were said of other pictures, which nobody has
  /// looked at again.
  ///
  /// - Parameters:
  ///   - one: need not be in the catalog yet; the judgement counts once it is.
  ///   - doubt: called within the transaction.
  /// - Precondition: these are two pictures.
  package func judge(
    _ verdict: Judgement.Verdict, _ one: ContentHash, _ other: ContentHash, now: Timestamp,
    doubt: @escaping LinkDoubt
  ) async throws(StorageError) -> Judging {
    precondition(one != other)
    let judgement = Judgement(verdict, one, other, at: now)
    return try await write { connection in
      var judged = try Self.judgements(in: connection)
      let before = judged.firstIndex { $0.isOf(one, other) }.map { judged.remove(at: $0) }
      if let opposite = judgement.contradiction(in: judged) { return .contradicted(opposite) }
      try connection.run(
        """
        INSERT INTO judgement (first, second, is_same, judged_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET is_same = excluded.is_same, judged_at = excluded.judged_at
        """, judgement.first.bytes, judgement.second.bytes, verdict == .together, now)
      let moved = try Self.settle(
        try Self.groups(of: judgement, in: connection), mayPart: before != nil, doubt,
        in: connection)
      return .kept(replaced: before?.verdict, moved: moved)
    }
  }

  /// Takes back what was said of two pictures: recognition's verdict is in force again. One transaction.
  ///
  /// - Returns: `nil` where nothing was said of the two.
  package func retract(
    _ one: ContentHash, _ other: ContentHash, doubt: @escaping LinkDoubt
  ) async throws(StorageError) -> Retraction? {
    try await write { connection in
      guard
        let judgement = try Self.judgements(in: connection).first(where: { $0.isOf(one, other) })
      else { return nil }
      try connection.run(
        "DELETE FROM judgement WHERE first = ? AND second = ?", judgement.first.bytes,
        judgement.second.bytes)
      let moved = try Self.settle(
        try Self.groups(of: judgement, in: connection), mayPart: true, doubt, in: connection)
      return Retraction(verdict: judgement.verdict, moved: moved)
    }
  }

  /// All judgements, by their hashes.
  package func judgements() async throws(StorageError) -> [Judgement] {
    try await read {
      try Self.judgements(in: Connection($0, known: KnownAddresses()))
    }
  }

  /// What was said of one picture, by the other's hash.
  package func judgements(of hash: ContentHash) async throws(StorageError) -> [Judgement] {
    try await read { database in
      try Connection(database, known: KnownAddresses()).rows(
        """
        SELECT first, second, is_same, judged_at FROM judgement WHERE first = ?1 OR second = ?1
        ORDER BY first, second
        """, hash.bytes, read: Judgement.init(row:)
      ).compactMap(\.self)
    }
  }

  /// Who was told apart of two groups: the reason why no link joins them.
  package func judgements(between one: ID<ImageRecord>, and other: ID<ImageRecord>)
    async throws(StorageError) -> [Judgement]
  {
    try await read { database in
      try Connection(database, known: KnownAddresses()).rows(
        """
        SELECT first, second, is_same, judged_at FROM judgement
          JOIN image one ON one.hash = first JOIN image other ON other.hash = second
        WHERE is_same = 0
          AND (one.group_id, other.group_id) IN (VALUES (?1, ?2), (?2, ?1)) ORDER BY first, second
        """, one, other, read: Judgement.init(row:)
      ).compactMap(\.self)
    }
  }
}

extension CatalogStore {
  static func judgements(in connection: Connection) throws -> [Judgement] {
    try connection.rows(
      "SELECT first, second, is_same, judged_at FROM judgement ORDER BY first, second",
      read: Judgement.init(row:)
    ).compactMap(\.self)
  }

  static func groups(of pair: Judgement, in connection: Connection) throws
    -> [ID<ImageRecord>]
  {
    try connection.rows(
      "SELECT DISTINCT group_id FROM image WHERE hash IN (?, ?)", pair.first.bytes,
      pair.second.bytes
    ) { $0[0] }
  }
}

extension Judgement {
  /// From the columns first, second, is_same, judged_at.
  init?(row: ResultRow) {
    guard let first = ContentHash(bytes: row[0]), let second = ContentHash(bytes: row[1]) else {
      return nil
    }
    self.init(row[2] ? .together : .apart, first, second, at: row[3])
  }
}
