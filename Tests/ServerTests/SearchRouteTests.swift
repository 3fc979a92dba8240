import Catalog
import Foundation
import Storage
import Support
import Testing
import VectorSearch
import Vision

struct SearchRouteTests {
  private static let toRed = "[1,0,0,0,0,0,0,0]"

  private func names(_ answer: Value, level: Int = 0) -> [String] {
    answer["levels"]?[level]?["hits"]?.array.map {
      $0["items"]?[0]?["name"]?.string ?? $0["items"]?[0]?["kind"]?.string ?? ""
    } ?? []
  }

  @Test func `a vector finds its neighbours in order, with the items that show them`() async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let answer = try await client.search(#"{"vector": \#(Self.toRed), "fold": false}"#).json()
      #expect(
        names(answer).prefix(3) == ["Red dress", "Red dress", "Blue dress"])
      let hits = try #require(answer["levels"]?[0]?["hits"]?.array)
      #expect(hits.map { $0["rank"]?.int } == [1, 2, 3, 4, 5, 6])
      #expect(hits[0]["score"]?.number == 1)
      #expect(hits[0]["image"]?["id"]?.int == Int(try shop.image("Red dress").rawValue))
      // Both shops that show the picture stand with either copy of it.
      #expect(
        hits[0]["items"]?.array.compactMap { $0["retailer"]?.string } == ["Linden", "Galerie"])
      #expect(answer["model"]?.string == "test-model")
      #expect(answer["indexed"]?.int == 6)
      #expect(answer["statistics"]?["candidates"]?.int == 6)
    }
  }

  @Test func `copies of a picture fold into one hit that counts them`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let answer = try await client.settled(#"{"vector": \#(Self.toRed)}"#) {
        $0["levels"]?[0]?["hits"]?[0]?["folded"]?.int == 1
      }
      #expect(names(answer).prefix(2) == ["Red dress", "Blue dress"])
      #expect(answer["levels"]?[0]?["hits"]?[0]?["folded"]?.int == 1)
      #expect(answer["levels"]?[0]?["hits"]?[1]?["rank"]?.int == 2)
    }
  }

  @Test func `copies that a person tells apart while the server runs no longer fold`() async throws
  {
    let catalog = try await TestCatalog()
    try await catalog.addHat(0, tilt: 0)
    let url = "https://shop.example/1"
    let first = try #require(
      try await catalog.store.groupedPicture(at: CanonicalURL("https://shop.example/0.jpg")))
    try await catalog.add(
      .product(try .test("Hat 1", images: [url + ".jpg"])), at: url,
      shots: [
        TestCatalog.Shot(
          url: url + ".jpg", bytes: Drawing.jpeg(1, width: 24, height: 32),
          vector: SampleShop.vector([0: 1, 1: 0.5]), duplicateOf: first.id)
      ])
    let second = try #require(
      try await catalog.store.groupedPicture(at: CanonicalURL(url + ".jpg")))
    #expect(second.group == first.group)
    try await withServer(catalog) { client in
      let query = #"{"vector": \#(Self.toRed)}"#
      let before = try await client.settled(query) { names($0) == ["Hat 0"] }
      #expect(names(before) == ["Hat 0"])
      _ = try await catalog.store.judge(
        .apart, first.hash, second.hash, now: .now, doubt: { _, _ in 0 })
      let after = try await client.settled(query) { names($0).count == 2 }
      #expect(names(after) == ["Hat 0", "Hat 1"])
      _ = try await catalog.store.retract(first.hash, second.hash, doubt: { _, _ in 0 })
      let again = try await client.settled(query) { names($0).count == 1 }
      #expect(names(again) == ["Hat 0"])
    }
  }

  @Test func `pages of an answer fit together while pictures come in`() async throws {
    let catalog = try await TestCatalog()
    for (n, angle) in [Float(0.3), 0.8, 1.5, 3, 8].enumerated() {
      try await catalog.addHat(n + 1, tilt: angle)
    }
    try await withServer(catalog) { client in
      let first = try await client.search(#"{"vector": \#(Self.toRed), "k": 2}"#).json()
      #expect(names(first) == ["Hat 1", "Hat 2"])
      let snapshot = try #require(first["snapshot"]?.string)
      try await catalog.addHat(0, tilt: 0)
      _ = try await client.settled(#"{"vector": \#(Self.toRed)}"#) { names($0).first == "Hat 0" }
      let second = try await client.search(
        #"{"vector": \#(Self.toRed), "k": 2, "offset": 2, "snapshot": "\#(snapshot)"}"#
      ).json()
      #expect(names(second) == ["Hat 3", "Hat 4"])
      #expect(second["offset"]?.int == 2)
      #expect(second["levels"]?[0]?["hits"]?[0]?["rank"]?.int == 3)
      let gone = try await client.search(
        #"{"vector": \#(Self.toRed), "snapshot": "9999.test-model"}"#)
      #expect(gone.status == 410)
      #expect(try gone.json()["code"]?.string == "snapshot_gone")
    }
  }

  @Test func `one hit a product is its closest picture and counts the others`() async throws {
    let catalog = try await TestCatalog()
    let url = "https://shop.example/coat"
    let angles: [Float] = [2, 0.5, 1]
    _ = try await catalog.add(
      .product(try .test("Coat", images: (0..<3).map { "\(url)-\($0).jpg" })), at: url,
      shots: angles.enumerated().map { n, angle in
        .init(
          url: "\(url)-\(n).jpg", bytes: Drawing.jpeg(n, width: 24, height: 32),
          vector: SampleShop.vector([0: 1, 1: angle]))
      })
    _ = try await catalog.add(
      .product(try .test("Hat", images: ["https://shop.example/hat.jpg"])),
      at: "https://shop.example/hat",
      shots: [
        .init(
          url: "https://shop.example/hat.jpg", bytes: Drawing.jpeg(7, width: 24, height: 32),
          vector: SampleShop.vector([0: 1, 2: 1.5]))
      ])
    try await withServer(catalog) { client in
      let each = try await client.search(#"{"vector": \#(Self.toRed)}"#).json()
      #expect(names(each) == ["Coat", "Coat", "Hat", "Coat"])
      let answer = try await client.search(
        #"{"vector": \#(Self.toRed), "one_per": "product"}"#
      ).json()
      #expect(names(answer) == ["Coat", "Hat"])
      #expect(answer["levels"]?[0]?["hits"]?[0]?["folded"]?.int == 2)
      #expect(
        answer["levels"]?[0]?["hits"]?[0]?["image"]?["url"]?.string == "\(url)-1.jpg")
      let refused = try await client.search(
        #"{"vector": \#(Self.toRed), "one_per": "shop"}"#)
      #expect(refused.status == 422)
    }
  }

  @Test func `pictures are chosen by what they show at a glance`() async throws {
    let catalog = try await TestCatalog()
    func plain(_ colour: [UInt8]) -> [UInt8] {
      // A garment in the middle of a white ground.
      let pixels = (0..<160 * 120).flatMap { i -> [UInt8] in
        let (x, y) = (i % 120, i / 120)
        return (30..<90).contains(x) && (30..<130).contains(y) ? colour : [250, 250, 250]
      }
      return Picture(width: 120, height: 160, pixels: pixels).jpeg(quality: 92)
    }
    for (n, colour) in [[200, 20, 30], [20, 30, 70]].enumerated() as EnumeratedSequence<[[UInt8]]> {
      let url = "https://shop.example/\(n)"
      try await catalog.add(
        .product(try .test("Coat \(n)", images: [url + ".jpg"])), at: url,
        shots: [
          .init(
            url: url + ".jpg", bytes: plain(colour), vector: SampleShop.vector([0: 1, 1: Float(n)]))
        ])
    }
    try await withServer(catalog) { client in
      let navy = try await client.search(
        #"{"vector": \#(Self.toRed), "filter": {"colour": ["navy"], "shot": "product"}}"#
      ).json()
      #expect(names(navy) == ["Coat 1"])
      let image = navy["levels"]?[0]?["hits"]?[0]?["image"]
      #expect(image?["colours"]?.array.map(\.string) == ["navy"])
      #expect(try #require(image?["product_shot"]?.number) > 0.5)
      let either = try await client.search(
        #"{"vector": \#(Self.toRed), "filter": {"colour": ["navy", "red"]}}"#
      ).json()
      #expect(names(either) == ["Coat 0", "Coat 1"])
      let scenes = try await client.search(
        #"{"vector": \#(Self.toRed), "filter": {"shot": "scene"}}"#
      ).json()
      #expect(names(scenes) == [])
      let items = try await client.get("/v1/items?colour=red").json()
      #expect(items["items"]?.array.map { $0["name"]?.string } == ["Coat 0"])
      #expect(try await client.get("/v1/items?colour=puce").status == 422)
    }
  }

  @Test func `examples draw the hits towards them and away`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let blue = try shop.image("Blue dress")
      let white = try shop.image("White shirt <b>&amp;</b> “tie”")
      let near = try await client.search(
        #"{"image": \#(blue), "more": ["\#(white):3"], "k": 1}"#
      ).json()
      #expect(names(near) == ["Green shirt"])
      #expect(near["query"]?["more"]?[0]?["id"]?.int == Int(white.rawValue))
      let away = try await client.search(
        #"{"image": \#(blue), "less": ["\#(white)"]}"#
      ).json()
      #expect(names(away).last == "Green shirt")
      #expect(!names(away).contains("White shirt <b>&amp;</b> “tie”"))
      for bad in ["0", "x", "1:", "1:0", "1:-2", "1:2:3"] {
        let refused = try await client.search(#"{"image": \#(blue), "more": ["\#(bad)"]}"#)
        #expect(refused.status == 422)
      }
      let unknown = try await client.search(#"{"image": \#(blue), "more": ["99999"]}"#)
      #expect(unknown.status == 404)
    }
  }

  @Test func `near duplicates that no fingerprint told fold by their vectors`() async throws {
    let catalog = try await TestCatalog()
    for (n, tilt) in [Float(0), 0.05, 0.2].enumerated() {
      try await catalog.addHat(n, tilt: tilt)
    }
    try await withServer(catalog) { client in
      let answer = try await client.search(#"{"vector": \#(Self.toRed)}"#).json()
      #expect(names(answer) == ["Hat 0", "Hat 2"])
      #expect(answer["levels"]?[0]?["hits"]?[0]?["folded"]?.int == 1)
      let all = try await client.search(#"{"vector": \#(Self.toRed), "fold": false}"#).json()
      #expect(names(all) == ["Hat 0", "Hat 1", "Hat 2"])
    }
  }

  @Test func `an item, its picture and either address search by the same picture`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      for source in [
        #""item": \#(try shop.item("Green shirt"))"#,
        #""image": \#(try shop.image("Green shirt"))"#,
        #""url": "https://galerie.example/green-shirt.jpg""#,
        #""url": "https://galerie.example/green-shirt?utm_source=x#top""#,
      ] {
        let answer = try await client.search("{\(source), \"k\": 2}").json()
        // What is searched by is not among its own neighbours.
        #expect(names(answer)[0] == "White shirt <b>&amp;</b> “tie”")
        #expect(
          answer["query"]?["image"]?["id"]?.int == Int(try shop.image("Green shirt").rawValue))
        #expect(answer["query"]?["item"]?["name"]?.string == "Green shirt")
      }
      let similar = try await client.get("/v1/items/\(shop.item("Green shirt"))/similar?k=1").json()
      #expect(names(similar) == ["White shirt <b>&amp;</b> “tie”"])
    }
  }

  @Test func `a filter keeps k hits where so many pass`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let far = try await client.search(
        #"{"vector": \#(Self.toRed), "k": 1, "filter": {"category": "Shirts", "price_max": 20}}"#
      ).json()
      #expect(names(far) == ["White shirt <b>&amp;</b> “tie”"])
      #expect(far["statistics"]?["candidates"]?.int == 1)
      // The copy at Galerie passes, so it is what its hit shows first.
      let galerie = try await client.search(
        #"{"vector": \#(Self.toRed), "k": 1, "filter": {"retailer": ["Galerie"]}}"#
      ).json()
      #expect(names(galerie) == ["Red dress again"])
      let query = try await client.search(
        #"{"vector": \#(Self.toRed)}"#, query: "?category=Shirts&fold=0"
      ).json()
      #expect(names(query).count == 2)
      let none = try await client.search(
        #"{"vector": \#(Self.toRed), "filter": {"brand": "Nobody"}}"#
      ).json()
      #expect(names(none).isEmpty)
    }
  }

  @Test func `level s shows every s-th rank of the same order, all levels in one answer`()
    async throws
  {
    let catalog = try await TestCatalog()
    var random = SeededGenerator(seed: 5)
    var keys: [UInt64] = []
    for n in 0..<130 {
      let url = "https://shop.example/\(n)"
      let bytes = Drawing.jpeg(n, width: 16, height: 16)
      let added = try await catalog.add(
        .product(try .test("\(n)", images: [url + ".jpg"])), at: url,
        shots: [.init(url: url + ".jpg", bytes: bytes, isStored: false)])
      keys.append(UInt64(added.images[0].rawValue))
    }
    try catalog.index.append(
      keys: keys, vectors: (0..<8 * 130).map { _ in Float.random(in: -1...1, using: &random) })
    try await withServer(catalog) { client in
      let all = try await client.search(
        #"{"vector": \#(Self.toRed), "k": 130, "fold": 0}"#
      ).json()
      let order = names(all)
      #expect(order.count == 130)
      let scores = all["levels"]?[0]?["hits"]?.array.compactMap { $0["score"]?.number } ?? []
      #expect(scores == scores.sorted(by: >))
      let levels = try await client.search(
        #"{"vector": \#(Self.toRed), "k": 24, "variety": "all", "fold": 0}"#
      ).json()
      #expect(levels["levels"]?.array.compactMap { $0["stride"]?.int } == [1, 64, 256, 1024, 4096])
      #expect(names(levels, level: 0) == Array(order.prefix(24)))
      #expect(names(levels, level: 1) == [order[63], order[127]])
      #expect(names(levels, level: 2).isEmpty)
      let second = try await client.search(
        #"{"vector": \#(Self.toRed), "variety": [2, 1], "fold": 0}"#
      ).json()
      #expect(second["levels"]?.array.compactMap { $0["variety"]?.int } == [2, 1])
    }
  }

  @Test func `a vector that another process appends is found without a restart`() async throws {
    let catalog = try await TestCatalog()
    try await withServer(catalog) { client in
      let before = try await client.search(#"{"vector": \#(Self.toRed)}"#).json()
      #expect(before["levels"]?[0]?["hits"]?.array.isEmpty == true)
      try await catalog.add(
        .product(try .test("Late", images: ["https://shop.example/late.jpg"])),
        at: "https://shop.example/late",
        shots: [
          .init(
            url: "https://shop.example/late.jpg", bytes: Drawing.jpeg(1, width: 16, height: 16),
            vector: SampleShop.vector([0: 1]))
        ])
      let after = try await client.settled(#"{"vector": \#(Self.toRed)}"#) {
        $0["indexed"]?.int == 1
      }
      #expect(names(after) == ["Late"])
      // A filter that was asked for before the catalog changed knows the new item too.
      let filtered = try await client.search(
        #"{"vector": \#(Self.toRed), "filter": {"retailer": "Shop"}}"#
      ).json()
      #expect(names(filtered) == ["Late"])
    }
  }

  @Test func `without a model a new picture is answered with 503, all else works`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await client.post("/v1/search", "image/jpeg", Drawing.jpeg(0))
      #expect(reply.status == 503)
      #expect(reply.code == "model_not_ready")
      #expect(reply["Retry-After"] != nil)
      let crop = try await client.search(
        #"{"image": \#(try shop.image("Red dress")), "crop": [0, 0, 0.5, 0.5]}"#)
      #expect(crop.code == "model_not_ready")
    }
  }

  @Test(arguments: [
    ("{}", 422, "no_picture"), (#"{"item": 1, "image": 1}"#, 422, "no_picture"),
    (#"{"item": 999999}"#, 404, "unknown_item"), (#"{"image": 999999}"#, 404, "unknown_image"),
    (#"{"url": "https://elsewhere.example/x.jpg"}"#, 404, "unknown_url"),
    (#"{"url": "ftp://elsewhere.example/x.jpg"}"#, 422, "invalid_parameter"),
    (#"{"url": "http://169.254.169.254/latest"}"#, 404, "unknown_url"),
    (#"{"vector": [1, 2]}"#, 422, "invalid_parameter"),
    (#"{"vector": [0,0,0,0,0,0,0,0]}"#, 422, "invalid_parameter"),
    (#"{"vector": "x"}"#, 422, "invalid_parameter"),
    (#"{"vector": [1,0,0,0,0,0,0,0], "k": 0}"#, 422, "invalid_parameter"),
    (#"{"vector": [1,0,0,0,0,0,0,0], "k": 1001}"#, 422, "invalid_parameter"),
    (#"{"vector": [1,0,0,0,0,0,0,0], "k": 401, "variety": "all"}"#, 422, "invalid_parameter"),
    (#"{"vector": [1,0,0,0,0,0,0,0], "variety": 6}"#, 422, "invalid_parameter"),
    (#"{"vector": [1,0,0,0,0,0,0,0], "crop": [0,0,1,1]}"#, 422, "invalid_parameter"),
    (#"{"image": 1, "crop": [0.5, 0.5, 0.6, 0.1]}"#, 422, "invalid_parameter"),
    (#"{"image": 1, "filter": {"fabric": "wool"}}"#, 422, "unknown_parameter"),
    (#"{"image": 1, "filter": {"brand": {"a": 1}}}"#, 422, "invalid_parameter"),
    (#"{"image": 1, "wat": 1}"#, 422, "unknown_parameter"),
    ("[1]", 400, "malformed_body"), (#"{"image": 1"#, 400, "malformed_body"),
    ("", 400, "malformed_body"),
  ])
  func `what cannot be asked is refused`(body: String, status: Int, code: String) async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await client.search(body)
      #expect(reply.status == status)
      #expect(reply.code == code)
    }
  }

  @Test func `an item without a picture has nothing to search by`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await client.get("/v1/items/\(shop.item("Plain belt"))/similar")
      #expect(reply.status == 422)
      #expect(reply.code == "no_picture")
    }
  }
}
