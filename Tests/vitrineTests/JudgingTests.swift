import Catalog
import Foundation
import GRDB
import Storage
import Support
import Testing

@testable import vitrine

@Suite struct JudgingTests {
  /// The SHA-256 of `abc`, the bytes of the first picture.
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let other = String(repeating: "5c", count: 32)
  private static let third = "5c5c5c5c5c" + String(repeating: "0", count: 54)
  private static let unseen = String(repeating: "9e", count: 32)

  /// A catalog of a product that shows three pictures, which recognition takes for one.
  private struct Fixture {
    let folder = TemporaryFolder()
    var data: DataFolder { DataFolder(path: folder.path) }

    init() throws {
      _ = try CatalogStore(path: data.catalog)
      let queue = try DatabaseQueue(path: data.catalog)
      let luma = (0..<256 as Range<Int>).map { UInt8($0 * 37 % 200) }
      let print = Fingerprint(
        perceptual: 7, colour: Array(repeating: 128, count: 32), luma: luma)
      try queue.write { database in
        try database.execute(
          sql: """
            INSERT INTO site (id, name) VALUES (1, 'shop');
            INSERT INTO run (id, started_at) VALUES (1, 0);
            INSERT INTO host (id, origin) VALUES (1, 'https://shop.example');
            """)
        for (id, hash) in [abc, other, third].enumerated() {
          try database.execute(
            sql: """
              INSERT INTO image (id, hash, format, byte_count, width, height, fingerprint, group_id,
                fetched_at) VALUES (?, ?, 'jpeg', 3, 30, 40, ?, 1, 0)
              """,
            arguments: [id + 1, ContentHash(hex: hash).map { Data($0.bytes) }, Data(print.bytes)]
          )
        }
        for (id, path, image) in [
          (1, "/p", nil), (2, "/1.jpg", 1), (3, "/2.jpg", 2), (4, "/3.jpg", 3),
        ]
          as [(Int, String, Int?)]
        {
          try database.execute(
            sql: """
              INSERT INTO frontier (id, url, site_id, host_id, kind, state, depth, due_at,
                discovered_at, image_id) VALUES (?, ?, 1, 1, ?, 1, 1, 0, 0, ?)
              """, arguments: [id, "https://shop.example" + path, image == nil ? 2 : 3, image])
        }
        try database.execute(
          sql: """
            INSERT INTO item (id, kind, address_id, site_id, run_id, first_seen, last_seen, changed_at,
              name, evidence) VALUES (1, 0, 1, 1, 1, 0, 0, 0, 'Dress', '[]');
            INSERT INTO item_image (item_id, position, address_id, run_id)
              VALUES (1, 0, 2, 1), (1, 1, 3, 1), (1, 2, 4, 1);
            """)
      }
      try queue.close()
    }

    func judging(_ first: String, _ second: String) -> PairJudging {
      PairJudging(data: data, first: first, second: second)
    }

    /// `duplicate_group` of the product's pictures as the export has them.
    func exported() async throws -> [Int64] {
      let items = try await data.openForReading().items(
        afterID: ID(0), kinds: [.product], limit: 10)
      return items.flatMap { ExportLine.ProductLine($0, creators: []).images }
        .map(\.duplicate_group)
    }
  }

  private func code(_ body: () async throws -> PairJudging.Outcome) async -> Failure.Code? {
    do {
      _ = try await body()
      return nil
    } catch {
      return (error as? Failure)?.code
    }
  }

  @Test func `pictures are judged by number, address, hash and file, and the export follows`()
    async throws
  {
    let fixture = try Fixture()
    #expect(try await fixture.exported() == [1, 1, 1])
    let file = fixture.folder.path + "/a picture.jpg"
    try Data("abc".utf8).write(to: URL(filePath: file))
    let names = ["1", "https://shop.example/1.jpg", "ba7816bf", Self.abc.uppercased(), file]
    for name in names {
      let apart = try await fixture.judging(name, "2").judge(.apart)
      #expect(apart.lines.first == "two pictures from now on")
      #expect(apart.first.picture.sha256 == Self.abc)
      #expect((apart.first.members, apart.second.members) == (1, 2))
      // The third is as near to either: with equal doubts the pair of the smaller hashes comes first.
      #expect(try await fixture.exported() == [1, 2, 2])
      let retracted = try await fixture.judging("2", name).retract()
      #expect(retracted.replaced == .apart)
      #expect(retracted.moved == 2)
      #expect(try await fixture.exported() == [1, 1, 1])
    }
  }

  @Test func `what cannot be judged is refused with its code`() async throws {
    let fixture = try Fixture()
    let file = fixture.folder.path + "/other.jpg"
    try Data("abcd".utf8).write(to: URL(filePath: file))
    for (first, second) in [
      ("1", "9"), ("1", "https://shop.example/9.jpg"), ("1", "5c5c5c5c5c"), ("1", "5c5c"),
      ("1", "00000000"), ("1", file), ("1", "dress"), ("1", "ba7816bf"),
    ] {
      #expect(
        await code { try await fixture.judging(first, second).judge(.apart) } == .usage, "\(second)"
      )
    }
    #expect(await code { try await fixture.judging("1", "2").retract() } == .usage)
    let lock = try WriterLock(folder: fixture.folder.path)
    #expect(await code { try await fixture.judging("1", "2").judge(.apart) } == .tryAgain)
    withExtendedLifetime(lock) {}
    #expect(try await fixture.data.openForReading().judgements().isEmpty)
    let empty = TemporaryFolder()
    await #expect(throws: StorageError.absent(path: empty.path + "/catalog.sqlite")) {
      try await PairJudging(data: DataFolder(path: empty.path), first: "1", second: "2")
        .judge(.apart)
    }
  }

  @Test func `a contradiction names what says the opposite`() async throws {
    let fixture = try Fixture()
    _ = try await fixture.judging("1", "2").judge(.together)
    _ = try await fixture.judging("2", Self.unseen).judge(.together)
    do {
      _ = try await fixture.judging(Self.unseen, "1").judge(.apart)
      Issue.record("that was contradicted")
    } catch let failure as Failure {
      let message = try #require(failure.message)
      #expect(message.contains("2 and 1 were judged together"))
      #expect(message.contains("2 and 9e9e9e9e9e9e were judged together"))
    }
  }

  @Test func `judgements are listed with what the catalog knows`() async throws {
    let fixture = try Fixture()
    let apart = try await fixture.judging("1", Self.unseen).judge(.apart)
    #expect(apart.lines.contains("  9e9e9e9e9e9e is not in the catalog yet; it counts once it is"))
    let store = try fixture.data.openForReading()
    let pair = try #require(try await store.pairs(store.judgements()).first)
    #expect(pair.line.hasPrefix("apart     - (9e9e9e9e9e9e)  1 (ba7816bf8f01)  "))
  }
}
