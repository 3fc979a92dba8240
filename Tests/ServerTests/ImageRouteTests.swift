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
