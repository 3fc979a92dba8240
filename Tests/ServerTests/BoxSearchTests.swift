import Catalog
import Storage
import Support
import Testing
import VectorSearch

/// Searches whose hits are parts of pictures.
struct BoxSearchTests {
  /// Three outfits whose pictures lie along the first axis, with garments along axes of their own.
  private struct Wardrobe {
    let catalog: TestCatalog
    var images: [ID<ImageRecord>] = []
    /// By outfit: a dress, then a bag.
    var boxes: [[ID<Box>]] = []

    init() async throws {
      catalog = try await TestCatalog()
      for n in 0..<3 {
        let url = "https://shop.example/\(n)"
        let added = try await catalog.add(
          .product(
            try .test("Outfit \(n)", brand: n == 1 ? "Aster" : "Linden", images: [url + ".jpg"])),
          at: url,
          shots: [
            .init(
              url: url + ".jpg", bytes: Drawing.jpeg(n, width: 24, height: 32),
              vector: SampleShop.vector([0: 1, n + 1: 0.3]),
              // The third is a copy of the second.
              duplicateOf: n == 2 ? images[1] : nil)
          ])
        images += added.images
        boxes.append(
          try await catalog.look(
            at: added.images[0],
            [
              ("dress", try Self.region(0), SampleShop.vector([4: 1, n + 1: 0.4])),
              ("bag", try Self.region(0.5), SampleShop.vector([5: 1, n + 1: 0.4])),
            ]))
      }
    }

    static func region(_ x: Double) throws -> Region {
      try #require(Region(x: x, y: 0.25, width: 0.5, height: 0.5))
    }
  }

  private func hits(_ answer: Value) -> [Value] { answer["levels"]?[0]?["hits"]?.array ?? [] }

  /// The pictures of the hits, in their order.
  private func images(_ answer: Value) -> [Int64] {
    hits(answer).compactMap { $0["image"]?["id"]?.int.map(Int64.init) }
  }

  private func body(_ axes: [Int: Float], _ more: String = "") -> String {
    let numbers = SampleShop.vector(axes).map { "\($0)" }.joined(separator: ",")
    return #"{"vector": [\#(numbers)]\#(more)}"#
  }

  @Test func `a garment finds its picture, once, and the hit says where it is`() async throws {
    let wardrobe = try await Wardrobe()
    try await withServer(wardrobe.catalog) { client in
      let all = try await client.search(body([4: 1, 1: 0.4], #", "fold": false"#)).json()
      #expect(images(all).count == 3 && Set(images(all)).count == 3)
      #expect(images(all)[0] == wardrobe.images[0].rawValue)
      let first = try #require(hits(all).first)
      #expect(try #require(first["score"]?.number) > 0.999)
      #expect(first["box"]?["id"]?.int == Int(wardrobe.boxes[0][0].rawValue))
      #expect(first["box"]?["name"]?.string == "dress")
      #expect(first["box"]?["x"]?.number == 0 && first["box"]?["width"]?.number == 0.5)
      #expect(first["items"]?[0]?["name"]?.string == "Outfit 0")
      // The whole picture is the best of its vectors here.
      let whole = try await client.search(body([0: 1, 1: 0.3], #", "fold": false"#)).json()
      #expect(images(whole).first == wardrobe.images[0].rawValue)
      #expect(hits(whole)[0]["box"] == .null && hits(whole)[0]["folded"]?.int == 0)
      // Copies fold with all their parts, and a part is no copy.
      let folded = try await client.search(body([5: 1, 2: 0.4])).json()
      #expect(hits(folded).count == 2)
      #expect(hits(folded).map { $0["folded"]?.int } == [1, 0])
      let products = try await client.search(body([5: 1], #", "one_per": "product""#)).json()
      #expect(hits(products).count == 2)
    }
  }

  @Test func `filters choose boxes by their pictures`() async throws {
    let wardrobe = try await Wardrobe()
    try await withServer(wardrobe.catalog) { client in
      let answer = try await client.search(
        body([4: 1], #", "fold": false, "filter": {"brand": "Aster"}"#)
      ).json()
      #expect(images(answer) == [wardrobe.images[1].rawValue])
      #expect(hits(answer)[0]["box"]?["name"]?.string == "dress")
    }
  }

  @Test func `a box is searched by with its own vector, and its picture is no hit`() async throws {
    let wardrobe = try await Wardrobe()
    let bag = wardrobe.boxes[0][1]
    try await withServer(wardrobe.catalog) { client in
      // No model is loaded: the vector is the stored one.
      let answer = try await client.get("/v1/search?box=\(bag)&fold=0").json()
      #expect(images(answer) == wardrobe.images[1...].map(\.rawValue))
      #expect(hits(answer).allSatisfy { $0["box"]?["name"]?.string == "bag" })
      #expect(answer["query"]?["box"]?["id"]?.int == Int(bag.rawValue))
      #expect(answer["query"]?["image"]?["id"]?.int == Int(wardrobe.images[0].rawValue))
      #expect(answer["query"]?["item"]?["name"]?.string == "Outfit 0")
      // By a whole picture its own garments are none either.
      let image = try await client.get("/v1/search?image=\(wardrobe.images[0])&fold=0").json()
      #expect(!images(image).contains(wardrobe.images[0].rawValue))
      #expect(try await client.get("/v1/search?box=999").code == "unknown_box")
      #expect(
        try await client.get("/v1/search?box=\(bag)&crop=0,0,1,1").code == "invalid_parameter")
      #expect(try await client.get("/v1/search?box=\(bag)&image=1").code == "no_picture")
    }
  }

  @Test func `a box that was taken away is no hit, though its vector still stands in the index`()
    async throws
  {
    let wardrobe = try await Wardrobe()
    let (image, dress) = (wardrobe.images[0], wardrobe.boxes[0][0])
    try await withServer(wardrobe.catalog) { client in
      #expect(try await client.get("/v1/search?box=\(dress)").status == 200)
      _ = try await wardrobe.catalog.store.placeBoxes([], in: image, now: wardrobe.catalog.start)
      let answer = try await client.search(body([4: 1, 1: 0.4], #", "fold": false"#)).json()
      #expect(hits(answer).allSatisfy { $0["box"]?["id"]?.int != Int(dress.rawValue) })
      #expect(try await client.get("/v1/search?box=\(dress)").code == "unknown_box")
    }
  }
}
