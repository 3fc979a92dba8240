import Catalog
import Foundation
import Storage
import Support
import Testing
import Vision

/// Boxes as people edit them.
struct BoxEditTests {
  /// A picture with a blue corner, as its detector sees it.
  private func corner() async throws -> (catalog: TestCatalog, image: ID<ImageRecord>) {
    let catalog = try await TestCatalog()
    let added = try await catalog.add(
      .product(try .test("Corner", images: ["https://shop.example/1.jpg"])),
      at: "https://shop.example/1",
      shots: [.init(url: "https://shop.example/1.jpg", bytes: BoxTests.corner)])
    return (catalog, added.images[0])
  }

  private func put(
    _ client: Client, _ image: ID<ImageRecord>, _ body: String,
    type: String = "application/json", headers: [(String, String)] = []
  ) async throws -> Client.Reply {
    try await client.send(
      "PUT", "/v1/images/\(image)/boxes", headers: [("Content-Type", type)] + headers,
      body: Array(body.utf8))
  }

  private func names(_ answer: Value) -> [String] {
    answer["boxes"]?.array.compactMap { $0["name"]?.string } ?? []
  }

  @Test func `what stands is what was put, and what was left out stays away`() async throws {
    let (catalog, image) = try await corner()
    try await withServer(catalog, detector: try BoxTests.detector(), isEditable: true) { client in
      let seen = try await client.get("/v1/images/\(image)/boxes").json()
      #expect(names(seen) == ["blue"] && seen["kept"]?.bool == false)
      #expect(seen["boxes"]?[0]?["id"] == .null)
      let reply = try await put(
        client, image,
        #"{"revision": 0, "boxes": [{"x": 0, "y": 0.5, "width": 0.5, "height": 0.5}]}"#)
      // The detector's own box was kept first, which is a change since revision 0.
      #expect(reply.status == 200)
      let first = try reply.json()
      #expect(names(first) == [""] && first["kept"]?.bool == true)
      #expect(first["boxes"]?[0]?["edited"]?.bool == true)
      let id = try #require(first["boxes"]?[0]?["id"]?.int)
      let revision = try #require(first["revision"]?.int)
      let named = try await put(
        client, image,
        """
        {"revision": \(revision), "boxes": [
          {"id": \(id), "x": 0, "y": 0.5, "width": 0.5, "height": 0.5, "name": " trousers "},
          {"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2, "name": "Mütze"}]}
        """
      ).json()
      #expect(names(named) == ["trousers", "Mütze"])
      #expect(named["boxes"]?[0]?["id"]?.int == id)
      #expect(try await client.get("/v1/images/\(image)/boxes").json() == named)
      let stale = try await put(client, image, #"{"revision": \#(revision), "boxes": []}"#)
      #expect(stale.status == 409 && stale.code == "changed_meanwhile")
      #expect(names(try await put(client, image, #"{"boxes": []}"#).json()).isEmpty)
    }
    // What the detector saw and the person left out is not brought back.
    let blue = try #require(Region(x: 0.75, y: 0.75, width: 0.25, height: 0.25))
    try await catalog.store.recordBoxes(
      [Detection(region: blue, name: "blue", score: 0.9)], in: image, by: "later",
      now: catalog.start)
    #expect(try await catalog.store.boxOverview(of: image).boxes.isEmpty)
  }

  @Test func `a box that was just drawn is searched by at once`() async throws {
    let gallery = try await ColourGallery()
    let image = try await corner()
    try await withServer(
      gallery.catalog, embedder: gallery.embedder, isEditable: true
    ) { client in
      let added = try await gallery.catalog.add(
        .product(try .test("Corner", images: ["https://shop.example/corner.jpg"])),
        at: "https://shop.example/corner",
        shots: [.init(url: "https://shop.example/corner.jpg", bytes: BoxTests.corner)])
      let drawn = try await put(
        client, added.images[0],
        #"{"boxes": [{"x": 0.76, "y": 0.76, "width": 0.22, "height": 0.22, "name": "hat"}]}"#
      ).json()
      let id = try #require(drawn["boxes"]?[0]?["id"]?.int)
      let answer = try await client.get("/v1/search?box=\(id)").json()
      #expect(answer["levels"]?[0]?["hits"]?[0]?["items"]?[0]?["name"]?.string == "blue")
      // The next run embeds it, whoever holds the catalog then.
      #expect(try await gallery.catalog.store.queuedBoxes(model: gallery.embedder.modelID) == 1)
    }
    withExtendedLifetime(image.catalog) {}
  }

  @Test func `edits that cannot be are refused with their reason, and change nothing`()
    async throws
  {
    let (catalog, image) = try await corner()
    try await withServer(catalog, isEditable: true) { client in
      let box = #"{"x": 0, "y": 0, "width": 0.5, "height": 0.5}"#
      for (body, code, parameter) in [
        (
          #"{"boxes": [{"x": 0.6, "y": 0, "width": 0.5, "height": 0.5}]}"#, "invalid_parameter",
          "boxes[0]"
        ),
        (
          #"{"boxes": [{"x": 0, "y": 0, "width": 0.001, "height": 0.5}]}"#, "invalid_parameter",
          "boxes[0]"
        ),
        (
          #"{"boxes": [\#(box), {"x": "0", "y": 0, "width": 1, "height": 1}]}"#,
          "invalid_parameter", "boxes[1].x"
        ),
        (#"{"boxes": [{"x": 0, "y": 0, "width": 1}]}"#, "invalid_parameter", "boxes[0].height"),
        (
          #"{"boxes": [{"x": 0, "y": 0, "width": 1, "height": 1, "nmae": "a"}]}"#,
          "invalid_parameter", "boxes[0].nmae"
        ),
        (
          #"{"boxes": [{"x": 0, "y": 0, "width": 1, "height": 1, "name": "a\u0000b"}]}"#,
          "invalid_parameter", "boxes[0].name"
        ),
        (#"{"boxes": [\#(box), \#(box)]}"#, "invalid_parameter", "boxes"),
        (
          #"{"boxes": [\#(Array(repeating: box, count: 101).joined(separator: ","))]}"#,
          "invalid_parameter", "boxes"
        ),
        (
          #"{"boxes": [{"id": 999, "x": 0, "y": 0, "width": 1, "height": 1}]}"#, "unknown_box",
          "boxes"
        ),
        (#"{"revision": 3, "boxes": []}"#, "changed_meanwhile", "revision"),
        (#"{"boxs": []}"#, "invalid_parameter", "boxs"),
        ("[", "malformed_body", nil), ("[]", "malformed_body", nil),
        (#"{"boxes": ["# + String(repeating: " ", count: 70_000), "body_too_large", nil),
      ] as [(String, String, String?)] {
        let reply = try await put(client, image, body)
        #expect(reply.code == code, "\(body.prefix(90))")
        if let parameter { #expect(try reply.json()["parameter"]?.string == parameter) }
      }
      #expect(try await put(client, ID(999), #"{"boxes": []}"#).code == "unknown_image")
    }
    #expect(try await catalog.store.boxOverview(of: image).revision == 0)
  }

  @Test func `a page of another site changes nothing, nor does a form`() async throws {
    let (catalog, image) = try await corner()
    let body = #"{"boxes": [{"x": 0, "y": 0, "width": 0.5, "height": 0.5}]}"#
    try await withServer(catalog, isEditable: true) { client in
      for headers in [
        [("Origin", "https://evil.example")], [("Origin", "null")],
        [("Origin", "http://127.0.0.1:1")], [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")], [("Sec-Fetch-Site", "none")],
        [("Origin", "http://127.0.0.1:\(client.port)"), ("Sec-Fetch-Site", "cross-site")],
      ] {
        let reply = try await put(client, image, body, headers: headers)
        #expect(reply.status == 403 && reply.code == "cross_site", "\(headers)")
      }
      for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        #expect(try await put(client, image, body, type: type).code == "unsupported_media_type")
      }
      let post = try await client.post(
        "/v1/images/\(image)/boxes", "application/json", Array(body.utf8))
      #expect(post.code == "method_not_allowed")
      #expect(try await catalog.store.boxOverview(of: image).boxes.isEmpty)
      let own = [
        ("Origin", "http://127.0.0.1:\(client.port)"), ("Sec-Fetch-Site", "same-origin"),
      ]
      #expect(try await put(client, image, body, headers: own).status == 200)
      #expect(try await client.get("/v1/stats").json()["edits"]?.bool == true)
    }
    try await withServer(catalog) { client in
      let reply = try await put(client, image, body)
      #expect(reply.status == 403 && reply.code == "read_only")
      #expect(try await client.get("/v1/stats").json()["edits"]?.bool == false)
    }
  }
}
