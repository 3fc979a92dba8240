import Catalog
import Crawl
import Foundation
import Pipeline
import Storage
import Support
import Testing
import VectorSearch
import Vision

@Suite struct NightTests {
  @Test func `from a page to a vector, and the next night costs no parse`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1", "/p/2"])
    shop.put(product: "/p/1", name: "Wrap Dress", pictures: ["/1.jpg"])
    shop.put(product: "/p/2", name: "Slip Dress", pictures: ["/2.jpg"])
    shop.put(picture: "/1.jpg", drawing(1))
    shop.put(picture: "/2.jpg", drawing(2))
    let workshop = try Workshop()
    let first = try await workshop.crawl(shop)
    #expect(first.failed == 0)
    let item = try #require(try await workshop.item(shop, "/p/1"))
    #expect(item.name == "Wrap Dress")
    #expect(item.offer.price?.description == "49.50 EUR")
    let snapshot = try workshop.index().snapshot
    #expect(snapshot.count == 2)
    let image = try #require(item.images.first)
    let own = try #require(try snapshot.vector(for: UInt64(image.id.rawValue)))
    let hits = try snapshot.search(SearchRequest(query: own, k: 2)).hits
    #expect(hits.first?.key == UInt64(image.id.rawValue))
    #expect(try workshop.blobs.load(image.hash)?.isEmpty == false)

    let second = try await workshop.crawl(shop)
    #expect(second.read == 0)
    #expect(second.unchanged == 5)
    // Two pages that are fetched at once may be told of in either order.
    #expect(try await workshop.events().sorted() == ["new /p/1", "new /p/2"])
    #expect(try workshop.index().snapshot.count == 2)
  }

  @Test func `the same picture is known again, another is not`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1", "/p/2", "/p/3"])
    shop.put(product: "/p/1", name: "A", pictures: ["/a.jpg"])
    shop.put(product: "/p/2", name: "B", pictures: ["/same.jpg", "/copy.jpg"])
    shop.put(product: "/p/3", name: "C", pictures: ["/other.jpg"])
    let picture = drawing(3)
    shop.put(picture: "/a.jpg", picture)
    shop.put(picture: "/copy.jpg", picture)
    shop.put(picture: "/same.jpg", picture.resized(width: 240, height: 300), quality: 60)
    shop.put(picture: "/other.jpg", drawing(4))
    let workshop = try Workshop()
    try await workshop.crawl(shop)
    let a = try #require(try await workshop.item(shop, "/p/1")?.images.first)
    let b = try #require(try await workshop.item(shop, "/p/2")?.images)
    let c = try #require(try await workshop.item(shop, "/p/3")?.images.first)
    #expect(b.count == 2)
    #expect(b[0].group == a.group)
    #expect(b[0].hash != a.hash)
    #expect(b[1].id == a.id)
    #expect(c.group != a.group)
    #expect(try workshop.index().snapshot.count == 3)
  }

  @Test func `groups are made anew from the pictures, whatever was joined before`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: ["/a.jpg", "/small.jpg", "/other.jpg"])
    shop.put(picture: "/a.jpg", drawing(3))
    shop.put(picture: "/small.jpg", drawing(3).resized(width: 240, height: 300), quality: 60)
    shop.put(picture: "/other.jpg", drawing(4))
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    let store = workshop.store
    func groups() async throws -> [ID<ImageRecord>] {
      try #require(try await workshop.item(shop, "/p/1")).images.map(\.group)
    }
    let right = try await groups()
    let images = try #require(try await workshop.item(shop, "/p/1")).images.map(\.id)
    try #require(right[0] == right[1] && right[2] != right[0])
    // The first stands with a stranger, and its print is of the first version.
    _ = try await store.regroup(
      zip(images, [images[2], images[1], images[2]]).map { ($0, $1) }, doubt: { _, _ in nil })
    try await store.remeasure([
      images[0]: (
        Fingerprint(perceptual: 7, colour: Array(repeating: 128, count: 32)),
        PictureTraits(colours: [], productShot: 0)
      )
    ])
    let regrouping = Regrouping(
      store: store, lock: try WriterLock(folder: workshop.folder.path), blobs: workshop.blobs,
      lane: ComputeLane(threads: 1))
    let report = try await regrouping.run { _ in }
    #expect(try await groups() == right)
    #expect(report.pictures == 3)
    #expect(report.measured == 1)
    #expect(report.groupsBefore == 2)
    #expect(report.groups == 2)
    #expect(report.moved >= 1)
    #expect(try await store.fingerprints(of: images).values.allSatisfy(\.isFine))
  }

  @Test func `broken pictures are kept out with their reason, and the night goes on`() async throws
  {
    let shop = try Shop()
    let whole = drawing(5).jpeg(quality: 90)
    shop.put(home: ["/p/1"])
    shop.put(
      product: "/p/1", name: "A", pictures: ["/cut.jpg", "/empty.jpg", "/page.jpg", "/good.jpg"])
    shop.put(
      "/cut.jpg", Shop.File(mediaType: "image/jpeg", body: Array(whole.prefix(whole.count / 2))))
    shop.put("/empty.jpg", Shop.File(mediaType: "image/jpeg", body: []))
    shop.put("/page.jpg", Shop.File(mediaType: "image/jpeg", body: Array("<html>no</html>".utf8)))
    shop.put("/good.jpg", Shop.File(mediaType: "image/jpeg", body: whole))
    let workshop = try Workshop()
    let progress = try await workshop.crawl(shop)
    #expect(progress.failed == 0)
    #expect(try await workshop.item(shop, "/p/1")?.images.map(\.url.path) == ["/good.jpg"])
    for path in ["/cut.jpg", "/empty.jpg", "/page.jpg"] {
      let url = try CanonicalURL(shop.server.url(path))
      #expect(try await workshop.store.image(at: url) == nil)
      #expect(try await workshop.store.reason(at: url) != nil)
    }
    let told = try await workshop.store.statistics(now: .now).unusable
    #expect(told.reduce(0) { $0 + $1.count } == 3)
  }

  @Test func `directives are kept: noindex, nofollow, noimageindex`() async throws {
    let shop = try Shop()
    func meta(_ content: String) -> String { "<meta name=\"robots\" content=\"\(content)\">" }
    shop.put(home: ["/p/1", "/p/2", "/deep"])
    shop.put(product: "/p/1", name: "A", pictures: ["/1.jpg"], head: meta("noindex"))
    shop.put(product: "/p/2", name: "B", pictures: ["/2.jpg"], head: meta("noimageindex"))
    shop.put(page: "/deep", meta("nofollow") + "<a href=\"/p/3\">3</a>")
    shop.put(product: "/p/3", name: "C", pictures: [])
    for path in ["/1.jpg", "/2.jpg"] { shop.put(picture: path, drawing(6)) }
    let workshop = try Workshop()
    try await workshop.crawl(shop)
    #expect(try await workshop.item(shop, "/p/1") == nil)
    #expect(try await workshop.item(shop, "/p/2")?.images.isEmpty == true)
    #expect(try await workshop.item(shop, "/p/3") == nil)
    #expect(Set(shop.targets).isDisjoint(with: ["/1.jpg", "/2.jpg", "/p/3"]))
  }

  @Test func `a second day tells exactly what changed`() async throws {
    let shop = try Shop()
    let paths = ["/p/1", "/p/2", "/p/3", "/p/4"]
    shop.put(home: paths)
    for (index, path) in paths.enumerated() {
      shop.put(product: path, name: "N\(index)", pictures: ["/\(index).jpg"])
      shop.put(picture: "/\(index).jpg", drawing(UInt64(10 + index)))
    }
    let workshop = try Workshop()
    try await workshop.crawl(shop)
    shop.put(product: "/p/1", name: "N0", price: "39.50", pictures: ["/0.jpg"])
    shop.put(product: "/p/2", name: "N1", pictures: ["/1.jpg"], availability: "OutOfStock")
    shop.put("/p/3", Shop.File(mediaType: "text/html", body: [], status: 410))
    shop.put(picture: "/3.jpg", drawing(20))
    shop.put(home: paths + ["/p/5"])
    shop.put(product: "/p/5", name: "N4", pictures: [])
    try await workshop.crawl(shop)
    let events = Set(try await workshop.events().dropFirst(4))
    #expect(events == ["price /p/1", "sold_out /p/2", "gone /p/3", "image /p/4", "new /p/5"])
  }

  @Test func `a crawl without embedding leaves jobs that embed takes up`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: ["/1.jpg"])
    shop.put(picture: "/1.jpg", drawing(7))
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    #expect(try workshop.index().snapshot.count == 0)
    let summary = try await workshop.pipeline().embed()
    #expect(summary.embedded == 1)
    #expect(try workshop.index().snapshot.count == 1)
    #expect(try await workshop.pipeline().embed().embedded == 0)
  }

  @Test func `vectors whose jobs were not marked done are replayed without a second copy`()
    async throws
  {
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: ["/1.jpg"])
    shop.put(picture: "/1.jpg", drawing(8))
    let workshop = try Workshop()
    try await workshop.crawl(shop)
    let before = try workshop.index().snapshot
    try await workshop.store.requeueEmbeddings(model: workshop.model.modelID)
    #expect(try await workshop.pipeline().embed().embedded == 1)
    let after = try workshop.index().snapshot
    #expect(after.count == 1)
    #expect(
      try after.keys.map { try after.vector(for: $0) }
        == before.keys.map { try before.vector(for: $0) })
  }

  @Test func `vectors that an index has lost are made again by the next run`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: ["/1.jpg", "/2.jpg"])
    shop.put(picture: "/1.jpg", drawing(8))
    shop.put(picture: "/2.jpg", drawing(9))
    let workshop = try Workshop()
    try await workshop.crawl(shop)
    let before = try workshop.index().snapshot
    #expect(before.count == 2)
    try FileManager.default.removeItem(atPath: workshop.folder.path + "/index")
    #expect(try await workshop.pipeline().embed().embedded == 2)
    let after = try workshop.index().snapshot
    #expect(try before.keys.allSatisfy { try after.vector(for: $0) == before.vector(for: $0) })
    #expect(try await workshop.pipeline().embed().embedded == 0)
  }

  @Test func `a shop that changes its pages is told and loses no item`() async throws {
    let shop = try Shop()
    let paths = (0..<30).map { "/p/\($0)" }
    shop.put(home: paths)
    for path in paths { shop.put(product: path, name: "N\(path)", pictures: []) }
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    // A night like others: prices change, one page loses its data, one is gone.
    for path in paths[..<20] {
      shop.put(product: path, name: "N\(path)", price: "39.50", pictures: [])
    }
    shop.put(page: "/p/21", "<p>Soon.</p>")
    shop.put("/p/22", Shop.File(mediaType: "text/html", body: [], status: 410))
    try await workshop.crawl(shop, embeds: false)
    #expect(try await workshop.store.fillAlarms() == [])
    #expect(try await workshop.item(shop, "/p/22")?.isGone == true)
    // The pages are drawn by a script from now on.
    for path in paths { shop.put(page: path, "<div id=app></div><script src=/app.js></script>") }
    shop.put("/p/29", Shop.File(mediaType: "text/html", body: [], status: 410))
    try await workshop.crawl(shop, embeds: false)
    let alarm = try #require(try await workshop.store.fillAlarms().first)
    #expect(alarm.field == "item")
    #expect(alarm.filled == 0)
    #expect(alarm.read > 20)
    #expect(try await workshop.item(shop, "/p/29")?.isGone == false)
    #expect(try await workshop.item(shop, "/p/1")?.isGone == false)
  }
}
