import Catalog
import Crawl
import Foundation
import Pipeline
import Storage
import Support
import Testing
import VectorSearch
import Vision

@Suite struct JudgedNightTests {
  /// A shop whose first products show one picture in two sizes, and the third another one.
  private func shop() throws -> Shop {
    let shop = try Shop()
    shop.put(home: ["/p/1", "/p/2", "/p/3"])
    for (product, picture) in [("/p/1", "/a.jpg"), ("/p/2", "/b.jpg"), ("/p/3", "/other.jpg")] {
      shop.put(product: product, name: product, pictures: [picture])
    }
    shop.put(picture: "/a.jpg", drawing(3))
    shop.put(picture: "/b.jpg", drawing(3).resized(width: 240, height: 300), quality: 60)
    shop.put(picture: "/other.jpg", drawing(4))
    return shop
  }

  private func hash(_ product: String, _ shop: Shop, _ workshop: Workshop) async throws
    -> ContentHash
  {
    try #require(try await workshop.item(shop, product)?.images.first).hash
  }

  /// The groups that these stand in, by the first of them that stands there.
  private func groups(_ hashes: [ContentHash], _ workshop: Workshop) async throws -> [Int?] {
    let known = try await workshop.store.groupedPictures(hashes)
    let groups = hashes.map { known[$0]?.group }
    return groups.map { groups.firstIndex(of: $0) }
  }

  private func regroup(_ workshop: Workshop) async throws -> Regrouping.Report {
    try await Regrouping(
      store: workshop.store, lock: try WriterLock(folder: workshop.folder.path),
      blobs: workshop.blobs, lane: ComputeLane(threads: 1)
    ).run { _ in }
  }

  @Test func `pictures that were told apart stay apart, whatever later nights bring`() async throws
  {
    let shop = try shop()
    let workshop = try Workshop()
    try await workshop.crawl(shop)
    let a = try await hash("/p/1", shop, workshop)
    let b = try await hash("/p/2", shop, workshop)
    #expect(try await groups([a, b], workshop) == [0, 0])
    let doubts = LinkDoubts()
    let judging = try await workshop.store.judge(.apart, a, b, now: .now, doubt: doubts.doubt)
    #expect(judging == .kept(replaced: nil, moved: 1))
    #expect(try await groups([a, b], workshop) == [0, 1])

    // The same pictures once more, and new copies: each is linked to both sides.
    shop.put(home: ["/p/1", "/p/2", "/p/3", "/p/4"])
    shop.put(product: "/p/4", name: "/p/4", pictures: ["/c.jpg", "/d.jpg"])
    shop.put(picture: "/c.jpg", drawing(3), quality: 70)
    shop.put(picture: "/d.jpg", drawing(3).resized(width: 160, height: 200), quality: 80)
    try await workshop.crawl(shop)
    let copies = try #require(try await workshop.item(shop, "/p/4")).images.map(\.hash)
    let all = [a, b] + copies
    let apart = try await groups(all, workshop)
    #expect(apart[..<2] == [0, 1])
    #expect(apart[2...].allSatisfy { $0 == 0 || $0 == 1 })
    // Of all that may be linked, the pair of least doubt stands together.
    let ids = try await workshop.store.groupedPictures(all)
    let prints = try await workshop.store.fingerprints(of: ids.values.map(\.id))
    func doubt(_ one: ContentHash, _ other: ContentHash) throws -> Float {
      let pair = [one, other].compactMap { ids[$0].flatMap { prints[$0.id] } }
      try #require(pair.count == 2)
      return try #require(Likeness.doubt(pair[0], pair[1]))
    }
    let likest = try all.indices.flatMap { one in
      try all.indices[(one + 1)...].filter { one != 0 || $0 != 1 }.map {
        (try doubt(all[one], all[$0]), one, $0)
      }
    }.min { $0.0 < $1.0 }
    let (_, one, other) = try #require(likest)
    #expect(apart[one] == apart[other])
    // Every blob has its vector, and is found by itself.
    #expect(try workshop.index().snapshot.count == 5)

    // A third night in which nothing is new, and groups that are made anew.
    try await workshop.crawl(shop)
    #expect(try await groups(all, workshop) == apart)
    let report = try await regroup(workshop)
    #expect((report.groupsBefore, report.groups, report.moved) == (3, 3, 0))
    #expect(try await groups(all, workshop) == apart)

    let retraction = try await workshop.store.retract(b, a, doubt: doubts.doubt)
    #expect(retraction?.verdict == .apart)
    #expect(try await groups(all, workshop) == [0, 0, 0, 0])
    #expect(try await regroup(workshop).moved == 0)
  }

  @Test func `pictures that were put together bring their copies along`() async throws {
    let shop = try shop()
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    let a = try await hash("/p/1", shop, workshop)
    let other = try await hash("/p/3", shop, workshop)
    #expect(try await groups([a, other], workshop) == [0, 1])
    let doubts = LinkDoubts()
    _ = try await workshop.store.judge(.together, a, other, now: .now, doubt: doubts.doubt)
    #expect(try await groups([a, other], workshop) == [0, 0])
    // The address shows a smaller copy of the same picture from now on.
    shop.put(picture: "/other.jpg", drawing(4).resized(width: 240, height: 300))
    try await workshop.crawl(shop, embeds: false)
    let copy = try await hash("/p/3", shop, workshop)
    #expect(copy != other)
    #expect(try await groups([a, other, copy], workshop) == [0, 0, 0])
    #expect(try await workshop.events().allSatisfy { $0.hasPrefix("new") })
    #expect(try await regroup(workshop).moved == 0)
    _ = try await workshop.store.retract(a, other, doubt: doubts.doubt)
    #expect(try await groups([a, other, copy], workshop) == [0, 1, 1])
  }
}
