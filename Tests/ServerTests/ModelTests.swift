import Catalog
import Foundation
import Server
import Storage
import Support
import Synchronization
import Testing
import VectorSearch
import Vision

/// Searches by new pictures, with the real model.
struct ModelTests {
  private func gallery() async throws -> (TestCatalog, OpenVINOEmbedder) {
    let embedder = try TestModel.embedder.get()
    let catalog = try await TestCatalog(model: embedder.modelID, dimension: embedder.dimension)
    for n in 0..<6 {
      let url = "https://shop.example/\(n)"
      let bytes = Drawing.jpeg(n)
      let vector = try await embedder.embed([Picture(decoding: bytes, atLeast: 300)])[0]
      try await catalog.add(
        .product(try .test("\(n)", images: [url + ".jpg"])), at: url,
        shots: [.init(url: url + ".jpg", bytes: bytes, vector: vector)])
    }
    return (catalog, embedder)
  }

  private func names(_ answer: Value) -> [String] {
    answer["levels"]?[0]?["hits"]?.array.map { $0["items"]?[0]?["name"]?.string ?? "" } ?? []
  }

  @Test func `a picture finds itself first, raw and as a form`() async throws {
    let (catalog, embedder) = try await gallery()
    try await withServer(catalog, embedder: embedder) { client in
      for n in 0..<6 {
        let small = try Picture(decoding: Drawing.jpeg(n)).resized(width: 144, height: 192)
        for bytes in [Drawing.jpeg(n), small.jpeg(quality: 80)] {
          let answer = try await client.post("/v1/search?k=3", "image/jpeg", bytes).json()
          #expect(names(answer).first == "\(n)")
        }
      }
      let form =
        Array(
          "--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
            .utf8) + Drawing.jpeg(4) + Array("\r\n--b--\r\n".utf8)
      let answer = try await client.post("/v1/search", "multipart/form-data; boundary=b", form)
      #expect(answer.status == 200)
      #expect(names(try answer.json()) == ["4"])
    }
  }

  @Test func `without a model a picture that has no vector yet, or a part of one, asks for it`()
    async throws
  {
    let (catalog, embedder) = try await gallery()
    let (_, images) = try await catalog.add(
      .product(try .test("waits", images: ["https://shop.example/w.jpg"])),
      at: "https://shop.example/w",
      shots: [.init(url: "https://shop.example/w.jpg", bytes: Drawing.jpeg(9), vector: nil)])
    let waits = [("image", String(images[0].rawValue)), ("k", "1")]
    let part = [("item", "1"), ("crop", "0,0,0.5,0.5"), ("k", "1")]
    func search(_ embedder: OpenVINOEmbedder?, _ parameters: [(String, String)])
      async throws(LocalSearch.Refusal) -> [UInt8]
    {
      let model = SearchModel(index: index, embedder: embedder)
      return try await LocalSearch(store: catalog.store, blobs: catalog.blobs, model: model)
        .answer(picture: nil, parameters: parameters.map { (name: $0.0, value: $0.1) })
    }
    let index = try IndexReader(folder: catalog.index.folder)
    for (parameters, reason) in [
      (waits, "picture \(images[0]) has no vector yet"), (part, "this part of picture 1 has no"),
    ] {
      let refusal = await #expect(throws: LocalSearch.Refusal.self) {
        try await search(nil, parameters)
      }
      #expect(refusal?.wantsModel == true && refusal?.isOurs == true)
      #expect(refusal?.reason.hasPrefix(reason) == true)
      let answer = try await search(embedder, parameters)
      #expect(names(try JSONDecoder().decode(Value.self, from: Data(answer))).count == 1)
    }
    let unknown = await #expect(throws: LocalSearch.Refusal.self) {
      try await search(nil, [("item", "4711")])
    }
    #expect(unknown?.wantsModel == false && unknown?.isOurs == false)
  }

  @Test func `another model takes over between two answers`() async throws {
    let before = try await TestCatalog()
    try await before.add(
      .product(try .test("One", images: ["https://shop.example/1.jpg"])),
      at: "https://shop.example/1",
      shots: [
        .init(
          url: "https://shop.example/1.jpg", bytes: Drawing.jpeg(1),
          vector: SampleShop.vector([0: 1]))
      ])
    let folder = before.folder.path + "/other"
    let other = try IndexWriter(
      folder: folder, identity: try IndexIdentity(model: "other", dimension: 9))
    try other.append(keys: [1], vectors: [0, 1, 0, 0, 0, 0, 0, 0, 0])
    let isReady = Mutex(false)
    let isTold = Mutex(false)
    let next: VitrineServer.NextModel = {
      guard isReady.withLock({ $0 }), isTold.withLock({ !$0 }) else { return nil }
      isTold.withLock { $0 = true }
      return SearchModel(index: try IndexReader(folder: folder), embedder: nil)
    }
    try await withServer(before, nextModel: next) { client in
      let first = try await client.search(#"{"image": 1}"#).json()
      #expect(first["model"]?.string == "test-model")
      let snapshot = try #require(first["snapshot"]?.string)
      isReady.withLock { $0 = true }
      let answer = try await client.settled(#"{"vector": [0, 1, 0, 0, 0, 0, 0, 0, 0]}"#) {
        $0["model"]?.string == "other"
      }
      #expect(names(answer) == ["One"])
      // A page of an answer of the model before would not fit.
      let page = try await client.search(#"{"image": 1, "snapshot": "\#(snapshot)"}"#)
      #expect(page.status == 410)
    }
  }

  @Test func `the query's own picture comes before one whose vector is nearer`() async throws {
    let embedder = try TestModel.embedder.get()
    let catalog = try await TestCatalog(model: embedder.modelID, dimension: embedder.dimension)
    let query = Drawing.jpeg(1)
    let nearest = try await embedder.embed([Picture(decoding: query, atLeast: 300)])[0]
    var further = nearest
    further[0] += 0.2
    let length = further.reduce(0) { $0 + $1 * $1 }.squareRoot()
    further = further.map { $0 / length }
    for (name, drawing, vector) in [("own", 1, further), ("other", 4, nearest)] {
      let url = "https://shop.example/\(name)"
      try await catalog.add(
        .product(try .test(name, images: [url + ".jpg"])), at: url,
        shots: [.init(url: url + ".jpg", bytes: Drawing.jpeg(drawing), vector: vector)])
    }
    try await withServer(catalog, embedder: embedder) { client in
      let answer = try await client.post("/v1/search?fold=false", "image/jpeg", query).json()
      let hits = try #require(answer["levels"]?[0]?["hits"]?.array)
      #expect(names(answer) == ["own", "other"])
      #expect(hits.map { $0["same_picture"]?.bool } == [true, false])
      #expect(try #require(hits[0]["score"]?.number) < #require(hits[1]["score"]?.number))
      let small = try await client.post("/v1/search?fold=false&k=1", "image/jpeg", query).json()
      #expect(names(small) == ["own"])
    }
  }

  @Test func `a crop searches by that part of the picture`() async throws {
    let (catalog, embedder) = try await gallery()
    // Picture 2 above, picture 5 below: a part of either finds it.
    let above = try Picture(decoding: Drawing.jpeg(2))
    let below = try Picture(decoding: Drawing.jpeg(5))
    let both = Picture(
      width: above.width, height: above.height + below.height, pixels: above.pixels + below.pixels
    ).jpeg(quality: 90)
    try await withServer(catalog, embedder: embedder) { client in
      for (crop, name) in [("0,0,1,0.5", "2"), ("0,0.5,1,0.5", "5")] {
        let answer = try await client.post("/v1/search?crop=\(crop)&k=1", "image/jpeg", both).json()
        #expect(names(answer) == [name])
      }
    }
  }

  @Test func `bytes that are no picture are refused as such`() async throws {
    let (catalog, embedder) = try await gallery()
    try await withServer(
      catalog, embedder: embedder, settings: { $0.decodeLimits = DecodeLimits(maxPixels: 10_000) }
    ) { client in
      let noise = try await client.post("/v1/search", "image/png", Array("<html>no</html>".utf8))
      #expect(noise.status == 422)
      #expect(noise.code == "unreadable_picture")
      let cut = Array(Drawing.jpeg(1, width: 64, height: 64).dropLast(200))
      #expect(try await client.post("/v1/search", "image/jpeg", cut).code == "unreadable_picture")
      let large = try await client.post("/v1/search", "image/jpeg", Drawing.jpeg(1))
      #expect(large.status == 413)
      #expect(large.code == "picture_too_large")
      #expect(try await client.post("/v1/search", "image/jpeg", []).code == "unreadable_picture")
    }
  }

  @Test func `vectors of another model are never compared`() async throws {
    let shop = try await SampleShop.shared.value
    let embedder = try TestModel.embedder.get()
    try await withServer(shop.catalog, embedder: embedder) { client in
      let reply = try await client.post("/v1/search", "image/jpeg", Drawing.jpeg(0))
      #expect(reply.status == 503)
      #expect(reply.code == "model_not_ready")
      let ready = try await client.get("/readyz")
      #expect(ready.status == 503)
      #expect(try ready.json()["model"]?.string?.contains("test-model") == true)
    }
  }
}
