import Catalog
import Crawl
import Extract
import Pipeline
import Storage
import Support
import Testing

@Suite struct ReextractionTests {
  private func recipe(_ fields: String) throws -> Recipe {
    try Recipe.parse(
      """
      hosts: [127.0.0.1]
      pages:
        - kind: product
          path: /p/*
          fields: {\(fields)}
      """, name: "shop")
  }

  @Test func `a recipe changes items when applied, once, without an event`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1", "/p/2"])
    shop.put(
      product: "/p/1", name: "A", pictures: [],
      head: "<b class=cost>12,00 EUR</b><a class=more href=/deep>more</a>")
    shop.put(page: "/p/2", "<div><span class=title>B</span><b class=cost>7,00 EUR</b></div>")
    shop.put(page: "/deep", "nothing")
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    let events = try await workshop.events()
    #expect(try await workshop.reextract(shop, applies: true).isEmpty)

    let better = try recipe("name: \"css: h1, .title\", price: \"css: .cost\"")
    let before = try #require(try await workshop.item(shop, "/p/1"))
    for applies in [false, true] {
      let differing = try await workshop.reextract(shop, recipes: [better], applies: applies)
      #expect(differing.keys.sorted() == ["/p/1", "/p/2"])
      let change = try #require(differing["/p/1"]?.fields.first)
      #expect(differing["/p/1"]?.fields.count == 1)
      #expect(change.field == "price")
      #expect(change.old == ["49.50 EUR"])
      #expect(change.new == ["12.00 EUR"])
      #expect(differing["/p/2"]?.effect == .new)
      if !applies {
        #expect(try await workshop.item(shop, "/p/1") == before)
        #expect(try await workshop.item(shop, "/p/2") == nil)
      }
    }
    #expect(try await workshop.reextract(shop, recipes: [better], applies: true).isEmpty)
    let item = try #require(try await workshop.item(shop, "/p/1"))
    #expect(item.offer.price?.description == "12.00 EUR")
    #expect(try await workshop.store.offers(of: item.id).count == 1)
    #expect(try await workshop.item(shop, "/p/2")?.name == "B")
    #expect(try await workshop.events() == events)
  }

  @Test func `a run that was broken off is repeated and goes on`() async throws {
    struct Broken: Error {}
    let shop = try Shop()
    let paths = (0..<5).map { "/p/\($0)" }
    shop.put(home: paths)
    for path in paths {
      shop.put(product: path, name: "A", pictures: [], head: "<b class=cost>12,00 EUR</b>")
    }
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    let better = [try recipe("price: \"css: .cost\"")]
    var changed = 0
    await #expect(throws: Broken.self) {
      try await workshop.reextract(shop, recipes: better, applies: true) { page in
        changed += page.rereading.effect == .changed ? 1 : 0
        if changed == 2 { throw Broken() }
      }
    }
    #expect(try await workshop.reextract(shop, recipes: better, applies: true).count == 3)
    #expect(try await workshop.reextract(shop, recipes: better, applies: true).isEmpty)
  }

  @Test func `what a better reading finds is fetched by the next crawl`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(
      product: "/p/1", name: "A", pictures: [],
      head: "<i class=zoom data-full=/1.jpg></i>")
    shop.put(picture: "/1.jpg", drawing(3))
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    let events = try await workshop.events()
    let better = try recipe("images: {css: .zoom, attribute: data-full}")
    let differing = try await workshop.reextract(shop, recipes: [better], applies: true)
    #expect(differing["/p/1"]?.discovered == 1)
    try await workshop.crawl(shop, embeds: false)
    #expect(try await workshop.item(shop, "/p/1")?.images.map(\.url.path) == ["/1.jpg"])
    #expect(try await workshop.events() == events)
  }

  @Test func `an item that several addresses give stays what the last of them said`() async throws {
    let shop = try Shop()
    let head = "<link rel=canonical href=\"\(shop.server.url("/p/1"))\">"
    shop.put(home: ["/p/1", "/p/1b", "/p/1c"])
    for (index, path) in ["/p/1", "/p/1b", "/p/1c"].enumerated() {
      shop.put(product: path, name: "A", price: "\(index + 1).00", pictures: [], head: head)
    }
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    #expect(try await workshop.reextract(shop, applies: true).isEmpty)
  }

  @Test func `what asks not to be kept is not, and leaves when it begins to ask`() async throws {
    let shop = try Shop()
    let noIndex = "<meta name=robots content=noindex>"
    shop.put(home: ["/p/1", "/p/2"])
    shop.put(product: "/p/1", name: "A", pictures: [], head: noIndex)
    shop.put(product: "/p/2", name: "B", pictures: [])
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    func kept() async throws -> [String] {
      try await workshop.bodies.pages(before: nil, limit: 10)
        .map { String(try CanonicalURL($0.url).path) }.sorted()
    }
    #expect(try await kept() == ["/", "/p/2"])
    shop.put(product: "/p/2", name: "B", pictures: [], head: noIndex)
    try await workshop.crawl(shop, embeds: false)
    #expect(try await kept() == ["/"])
  }

  @Test func `a body that the catalog has not read is left alone`() async throws {
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: [])
    let workshop = try Workshop()
    try await workshop.crawl(shop, embeds: false)
    let entries = try await workshop.bodies.pages(before: nil, limit: 10)
    var kept = try #require(try entries.first { $0.url.hasSuffix("/p/1") }?.page.get())
    kept.bodyHash += 1
    workshop.bodies.keep(kept)
    _ = try await workshop.bodies.flush()
    let better = try recipe("price: \"css: h1\"")
    #expect(try await workshop.reextract(shop, recipes: [better], applies: true).isEmpty)
  }
}
