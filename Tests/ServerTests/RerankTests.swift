import Catalog
import Server
import Storage
import Support
import Testing
import VectorSearch
import Vision

/// A second model that ranks the first hits again.
struct RerankTests {
  /// Six pictures that the first model orders 0 to 5, and the second, which lacks 2, backwards.
  private func gallery() async throws -> (TestCatalog, second: IndexWriter, names: [Int]) {
    let catalog = try await TestCatalog()
    let second = try IndexWriter(
      folder: catalog.folder.path + "/second",
      identity: try IndexIdentity(model: "second", dimension: 8))
    var images: [Int] = []
    for n in 0..<6 {
      let url = "https://shop.example/\(n)"
      let added = try await catalog.add(
        .product(try .test("\(n)", brand: n % 2 == 0 ? "even" : "odd", images: [url + ".jpg"])),
        at: url,
        shots: [
          .init(
            url: url + ".jpg", bytes: Drawing.jpeg(n, width: 24, height: 32),
            vector: SampleShop.vector([0: 1, 1: 0.3 * Float(n)]))
        ])
      let image = added.images[0].rawValue
      images.append(Int(image))
      if n != 2 {
        // The query is picture 0; 5 is its nearest here.
        let angle: Float = n == 0 ? 0 : 0.3 * Float(6 - n)
        try second.append(keys: [UInt64(image)], vectors: SampleShop.vector([0: 1, 1: angle]))
      }
    }
    return (catalog, second, images)
  }

  private func names(_ answer: Value) -> [String] {
    answer["levels"]?[0]?["hits"]?.array.map { $0["items"]?[0]?["name"]?.string ?? "" } ?? []
  }

  private func loader(_ second: IndexWriter) -> VitrineServer.LoadModel {
    { [folder = second.folder] name in
      guard name == "second" else { return nil }
      return SearchModel(index: try IndexReader(folder: folder), embedder: nil)
    }
  }

  @Test func `the second model orders what the first found, and the rest keeps its place`()
    async throws
  {
    let (catalog, second, images) = try await gallery()
    try await withServer(catalog, loadModel: loader(second)) { client in
      let ask = "/v1/search?image=\(images[0])&fold=0"
      #expect(names(try await client.get(ask).json()) == ["1", "2", "3", "4", "5"])
      let all = try await client.get(ask + "&rerank=second").json()
      // 2 has no vector there.
      #expect(names(all) == ["5", "4", "3", "1", "2"])
      let hits = try #require(all["levels"]?[0]?["hits"]?.array)
      #expect(hits.map { $0["rank"]?.int } == [5, 4, 3, 1, 2])
      #expect(hits[4]["rerank_score"] == .null)
      let score = try #require(hits[0]["rerank_score"]?.number)
      #expect(abs(score - 1 / (1 + 0.09).squareRoot()) < 1e-3)
      #expect(all["rerank"]?.string == "second" && all["model"]?.string == "test-model")
      let three = try await client.get(ask + "&rerank=second&rerank_depth=3").json()
      #expect(names(three) == ["3", "1", "2", "4", "5"])
      let page = try await client.get(ask + "&rerank=second&rerank_depth=3&offset=1&k=3").json()
      #expect(names(page) == ["1", "2", "4"])
      let filtered = try await client.get(ask + "&rerank=second&brand=odd").json()
      #expect(names(filtered) == ["5", "3", "1"])
    }
  }

  @Test func `pictures that count beside the query count for the second model too`() async throws {
    let (catalog, second, images) = try await gallery()
    try await withServer(catalog, loadModel: loader(second)) { client in
      let answer = try await client.get(
        "/v1/search?image=\(images[0])&fold=0&rerank=second&more=\(images[1]):5"
      ).json()
      // Picture 1 lies farthest out in the second model, and with its weight the query beside it.
      #expect(names(answer) == ["3", "4", "5", "2"])
    }
  }

  @Test func `a box is ranked by its own vector there, or else by its picture's`() async throws {
    let (catalog, second, images) = try await gallery()
    // Far from the query as whole pictures, 4 and 5 have parts that are next to it.
    let region = try #require(Region(x: 0, y: 0, width: 0.5, height: 0.5))
    var boxes: [UInt64] = []
    for (n, tilt) in [(4, Float(0.01)), (5, 0.02)] {
      let box = try await catalog.look(
        at: ID(Int64(images[n])), [("hat", region, SampleShop.vector([0: 1, 1: tilt]))])
      boxes.append(box[0].vectorKey)
    }
    try await withServer(catalog, loadModel: loader(second)) { client in
      let ask = "/v1/search?image=\(images[0])&fold=0"
      #expect(names(try await client.get(ask).json()) == ["4", "5", "1", "2", "3"])
      // As whole pictures 5 lies before 4 there.
      let wholes = try await client.get(ask + "&rerank=second&rerank_depth=2").json()
      #expect(names(wholes) == ["5", "4", "1", "2", "3"])
      try second.append(keys: [boxes[0]], vectors: SampleShop.vector([0: 1]))
      let part = try await client.get(ask + "&rerank=second&rerank_depth=2").json()
      #expect(names(part) == ["4", "5", "1", "2", "3"])
      #expect(part["levels"]?[0]?["hits"]?[0]?["box"]?["name"]?.string == "hat")
    }
  }

  @Test func `what the second model appends is seen by the next search`() async throws {
    let (catalog, second, images) = try await gallery()
    try await withServer(catalog, loadModel: loader(second)) { client in
      let ask = "/v1/search?image=\(images[0])&fold=0&rerank=second"
      #expect(names(try await client.get(ask).json()).last == "2")
      try second.append(keys: [UInt64(images[2])], vectors: SampleShop.vector([0: 1]))
      #expect(names(try await client.get(ask).json()).first == "2")
    }
  }

  @Test func `an uploaded picture is embedded by both, and stands first itself`() async throws {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url)
    let first = try OpenVINOEmbedder(model: folder.url, streams: 1)
    let catalog = try await TestCatalog(model: first.modelID, dimension: JointModel.dimension)
    let second = try IndexWriter(
      folder: catalog.folder.path + "/second",
      identity: try IndexIdentity(model: first.modelID, dimension: JointModel.dimension))
    for n in 0..<3 {
      let url = "https://shop.example/\(n)"
      let bytes = Drawing.jpeg(n)
      let vector = try await first.embed([Picture(decoding: bytes)])[0]
      let added = try await catalog.add(
        .product(try .test("\(n)", images: [url + ".jpg"])), at: url,
        shots: [.init(url: url + ".jpg", bytes: bytes, vector: vector)])
      // The second holds of every picture the opposite: its order is the other way round.
      try second.append(keys: [UInt64(added.images[0].rawValue)], vectors: vector.map { -$0 })
    }
    try await withServer(
      catalog, embedder: first,
      loadModel: { [folder = second.folder] _ in
        SearchModel(index: try IndexReader(folder: folder), embedder: first)
      }
    ) { client in
      let plain = names(
        try await client.post("/v1/search?fold=0", "image/jpeg", Drawing.jpeg(1)).json())
      let answer = try await client.post(
        "/v1/search?fold=0&rerank=second", "image/jpeg", Drawing.jpeg(1)
      ).json()
      #expect(plain.first == "1" && names(answer) == ["1"] + plain.dropFirst().reversed())
    }
  }

  @Test func `a second model that cannot rank is refused with the reason`() async throws {
    let (catalog, second, images) = try await gallery()
    try await withServer(catalog, loadModel: loader(second)) { client in
      let unknown = try await client.get("/v1/search?image=\(images[0])&rerank=none")
      #expect(unknown.status == 404 && unknown.code == "unknown_model")
      for query in [
        "image=1&rerank=second&variety=2", "image=1&rerank_depth=5",
        "image=1&rerank=second&rerank_depth=1001",
      ] {
        #expect(try await client.get("/v1/search?\(query)").code == "invalid_parameter")
      }
      let vector = #"{"vector": [1,0,0,0,0,0,0,0], "rerank": "second"}"#
      #expect(try await client.search(vector).code == "invalid_parameter")
      // Neither embedded nor to be embedded: the second model's network is not loaded.
      let reply = try await client.get("/v1/search?image=\(images[2])&rerank=second")
      #expect(reply.code == "model_not_ready")
    }
  }
}
