import Catalog
import Foundation
import Storage
import Testing
import Vision

struct ImageRouteTests {
  @Test func `a picture is served as it was fetched, to be kept for good`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let item = try await client.get("/v1/items/\(shop.item("Red dress"))").json()["item"]
      let image = try #require(item?["images"]?[0])
      let reply = try await client.get(try #require(image["href"]?.string))
      #expect(reply.status == 200)
      #expect(reply.body == Drawing.jpeg(0))
      #expect(reply["Content-Type"] == "image/jpeg")
      #expect(reply["ETag"] == "\"\(image["sha256"]?.string ?? "")\"")
      #expect(reply["Cache-Control"]?.contains("immutable") == true)
      #expect(reply["X-Content-Type-Options"] == "nosniff")
      #expect(reply["Content-Security-Policy"] == "default-src 'none'; sandbox")
    }
  }

  @Test func `copies are told with all their addresses and what people said of the picture`()
    async throws
  {
    let catalog = try await TestCatalog()
    var urls: [String] = []
    var ids: [ID<ImageRecord>] = []
    // Two files of one picture, the first at two addresses, and another picture.
    for (n, bytes) in [Drawing.jpeg(1), Drawing.jpeg(2), Drawing.jpeg(1), Drawing.jpeg(3)]
      .enumerated()
    {
      let url = "https://shop.example/\(n)"
      urls.append(url + ".jpg")
      ids += try await catalog.add(
        .product(try .test("Hat \(n)", images: [url + ".jpg"])), at: url,
        shots: [.init(url: url + ".jpg", bytes: bytes, duplicateOf: n == 1 ? ids[0] : nil)]
      ).images
    }
    let first = try #require(try await catalog.store.groupedPicture(ids[0]))
    let last = try #require(try await catalog.store.groupedPicture(ids[3]))
    let unseen = try #require(ContentHash(hex: String(repeating: "9e", count: 32)))
    for (verdict, other) in [(Judgement.Verdict.apart, last.hash), (.together, unseen)] {
      _ = try await catalog.store.judge(
        verdict, first.hash, other, now: catalog.start,
        doubt: { $0.id < last.id && $1.id < last.id ? 0.5 : nil })
    }
    try await withServer(catalog) { client in
      let answer = try await client.get("/v1/images/\(ids[0])/copies").json()
      #expect(answer["group"]?.int == Int(ids[0].rawValue))
      let copies = try #require(answer["copies"]?.array)
      #expect(copies.map { $0["image"]?["id"]?.int } == ids[..<2].map { Int($0.rawValue) })
      #expect(
        copies.map { $0["urls"]?.array.compactMap(\.string) } == [[urls[0], urls[2]], [urls[1]]])
      let judged = try #require(answer["judgements"]?.array)
      let told = judged.map { "\($0["verdict"]?.string ?? "") \($0["sha256"]?.string ?? "")" }
      #expect(Set(told) == ["apart \(last.hash)", "together \(unseen)"])
      for judgement in judged {
        let isKnown = judgement["verdict"]?.string == "apart"
        #expect(judgement["image"]?.int == (isKnown ? Int(ids[3].rawValue) : nil))
      }
    }
  }

  @Test func `what the client has is not sent again`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let target = "/v1/images/\(try shop.image("Red dress"))"
      let tag = try #require(try await client.get(target)["ETag"])
      for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
        let reply = try await client.get(target, headers: [("If-None-Match", known)])
        #expect(reply.status == 304)
        #expect(reply["ETag"] == tag)
      }
      #expect(try await client.get(target, headers: [("If-None-Match", "\"other\"")]).status == 200)
      // The thumbnail is another thing than the picture.
      let small = try await client.get(target + "/thumbnail", headers: [("If-None-Match", tag)])
      #expect(small.status == 200)
    }
  }

  @Test func `a range of a picture`() async throws {
    let shop = try await SampleShop.shared.value
    let whole = Drawing.jpeg(0)
    try await withServer(shop.catalog) { client in
      let target = "/v1/images/\(try shop.image("Red dress"))"
      let part = try await client.get(target, headers: [("Range", "bytes=10-19")])
      #expect(part.status == 206)
      #expect(part.body == Array(whole[10..<20]))
      #expect(part["Content-Range"] == "bytes 10-19/\(whole.count)")
      let end = try await client.get(target, headers: [("Range", "bytes=-5")])
      #expect(end.body == Array(whole.suffix(5)))
      let outside = try await client.get(target, headers: [("Range", "bytes=\(whole.count)-")])
      #expect(outside.status == 416)
      #expect(outside["Content-Range"] == "bytes */\(whole.count)")
      let changed = try await client.get(
        target, headers: [("Range", "bytes=0-1"), ("If-Range", "\"other\"")])
      #expect(changed.status == 200)
      #expect(changed.body.count == whole.count)
    }
  }

  @Test func `a thumbnail that is missing is made of the picture`() async throws {
    let catalog = try await TestCatalog()
    let added = try await catalog.add(
      .product(try .test("Coat", images: ["https://shop.example/coat.jpg"])),
      at: "https://shop.example/coat",
      shots: [
        .init(url: "https://shop.example/coat.jpg", bytes: Drawing.jpeg(3, width: 400, height: 200))
      ])
    let thumbnails = catalog.blobs.folder + "/thumbnails"
    try FileManager.default.removeItem(atPath: thumbnails)
    try await withServer(catalog) { client in
      let reply = try await client.get("/v1/images/\(added.images[0])/thumbnail")
      #expect(reply.status == 200)
      #expect(reply["Content-Type"] == "image/jpeg")
      let picture = try Picture(decoding: reply.body)
      #expect(picture.width == 320)
      #expect(picture.height == 160)
    }
  }

  @Test func `a picture whose bytes are lost is told so`() async throws {
    let catalog = try await TestCatalog()
    let added = try await catalog.add(
      .product(try .test("Coat", images: ["https://shop.example/coat.jpg"])),
      at: "https://shop.example/coat",
      shots: [.init(url: "https://shop.example/coat.jpg", bytes: Drawing.jpeg(3))])
    try FileManager.default.removeItem(atPath: catalog.blobs.folder + "/blobs")
    try await withServer(catalog) { client in
      let reply = try await client.get("/v1/images/\(added.images[0])")
      #expect(reply.status == 404)
      #expect(reply.code == "unknown_image")
    }
  }
}
