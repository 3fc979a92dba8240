import Catalog
import Foundation
import Server
import Storage
import Support
import Testing
import VectorSearch
import Vision

/// Several searches in one request.
struct SearchBatchTests {
  private static let toRed = "[1,0,0,0,0,0,0,0]"

  private func ask(_ client: Client, _ body: String, query: String = "") async throws
    -> Client.Reply
  {
    try await client.post("/v1/search/batch\(query)", "application/json", Array(body.utf8))
  }

  /// What an answer tells of its hits and of the query, without what a search took.
  private func told(_ answer: Value?) -> [Value?] {
    ["query", "offset", "snapshot", "levels", "model", "rerank", "generation", "indexed"]
      .map { answer?[$0] }
  }

  /// A hundred pictures, some of them near duplicates, and a few copies.
  private static let gallery = Task {
    let catalog = try await TestCatalog()
    ForTheWholeRun.keep(catalog.folder)
    var random = SeededGenerator(seed: 17)
    var images: [ID<ImageRecord>] = []
    var vectors: [Float] = []
    for n in 0..<100 {
      let url = "https://shop.example/\(n)"
      let product = try Product.test(
        "\(n)", brand: n % 3 == 0 ? "Aster" : "Fjord", price: "\(n).00", images: [url + ".jpg"])
      let bytes = Drawing.jpeg(n, width: 16, height: 16)
      let copied = n % 40 == 39 ? images[n - 7] : nil
      images += try await catalog.add(
        .product(product), at: url,
        shots: [.init(url: url + ".jpg", bytes: bytes, duplicateOf: copied, isStored: false)]
      ).images
      // Every fifth turns a little away from the one before it.
      let near = n % 5 == 4
      let last = vectors.suffix(8)
      vectors +=
        near
        ? last.map { $0 + Float.random(in: -0.02...0.02, using: &random) }
        : (0..<8).map { _ in Float.random(in: -1...1, using: &random) }
    }
    try catalog.index.append(keys: images.map(\.vectorKey), vectors: vectors)
    return (catalog: catalog, images: images.map(\.rawValue))
  }

  @Test func `each query is answered as if it were asked alone`() async throws {
    let (catalog, images) = try await Self.gallery.value
    try await withServer(catalog) { client in
      var queries = (0..<40).map { #"{"image": \#(images[2 * $0]), "k": \#(1 + $0)}"# }
      queries += [
        #"{"vector": \#(Self.toRed)}"#,
        #"{"vector": \#(Self.toRed), "fold": false, "offset": 7, "k": 5}"#,
        #"{"image": \#(images[3]), "filter": {"brand": "Aster", "price_max": 80}}"#,
        #"{"image": \#(images[4]), "more": ["\#(images[9]):2"], "less": ["\#(images[30])"]}"#,
        #"{"image": \#(images[5]), "one_per": "product", "min_score": 0.2}"#,
        #"{"image": \#(images[6]), "recall": 0.9}"#,
        #"{"image": \#(images[7]), "variety": "all", "k": 3}"#,
        #"{"image": \#(images[8]), "variety": 2}"#,
        #"{"url": "https://shop.example/12"}"#, #"{"item": 4, "k": 1000}"#,
      ]
      // Copies and near duplicates fold alike in both once the server knows of them.
      _ = try await client.settled(#"{"image": \#(images[0]), "k": 1000}"#) {
        $0["levels"]?[0]?["hits"]?.array.contains { ($0["folded"]?.int ?? 0) > 0 } ?? false
      }
      let body = #"{"queries": [\#(queries.joined(separator: ","))]}"#
      let reply = try await ask(client, body)
      #expect(reply.status == 200)
      let answers = try #require(try reply.json()["answers"]?.array)
      try #require(answers.count == queries.count)
      var folded = 0
      for (query, answer) in zip(queries, answers) {
        let alone = try await client.search(query).json()
        #expect(told(answer["answer"]) == told(alone), "\(query)")
        #expect(answer["problem"] == .null)
        let hits = try #require(alone["levels"]?[0]?["hits"]?.array)
        folded += hits.compactMap { $0["folded"]?.int }.reduce(0, +)
      }
      #expect(folded > 0)
      #expect(Set(answers.map { $0["answer"]?["snapshot"]?.string }).count == 1)
    }
  }

  @Test func `a query that cannot be answered has its own problem and takes no other with it`()
    async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await ask(
        client,
        """
        {"queries": [
          {"vector": \(Self.toRed), "k": 1}, {"item": 999999}, {"vector": [0,0,0,0,0,0,0,0]},
          {"vector": \(Self.toRed), "k": 0}, {"vector": \(Self.toRed), "k": {"of": 1}}, {}, 7,
          {"vector": \(Self.toRed), "colour": "puce"}, {"vector": [1, 0]}, {"nonsense": 1},
          {"vector": \(Self.toRed), "snapshot": "1.a.b"}, {"text": "red"},
          {"vector": [1e39,0,0,0,0,0,0,0]}, {"item": 1, "price_max": 1e300},
          {"vector": \(Self.toRed), "k": 1}
        ]}
        """)
      #expect(reply.status == 200)
      let answers = try #require(try reply.json()["answers"]?.array)
      let problems = answers.map { $0["problem"] }
      #expect(
        problems.map { $0?["code"]?.string } == [
          nil, "unknown_item", "invalid_parameter", "invalid_parameter", "invalid_parameter",
          "no_picture", "invalid_parameter", "invalid_parameter", "invalid_parameter",
          "unknown_parameter", "invalid_parameter", "no_text_model", "invalid_parameter",
          "invalid_parameter", nil,
        ])
      #expect(
        problems.map { $0?["parameter"]?.string } == [
          nil, nil, "queries[2].vector", "queries[3].k", "queries[4].k", nil, "queries[6]",
          "queries[7].colour", "queries[8].vector", "queries[9].nonsense", "queries[10].snapshot",
          "queries[11].text", "queries[12].vector", "queries[13].price_max", nil,
        ])
      for place in [0, 14] {
        let hits = answers[place]["answer"]?["levels"]?[0]?["hits"]?.array ?? []
        #expect(hits.count == 1 && hits[0]["score"]?.number == 1)
      }
      #expect(answers.indices.allSatisfy { (answers[$0]["answer"] == .null) == (1...13 ~= $0) })
    }
  }

  @Test func `what stands beside the queries holds for those that say nothing of it`() async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await ask(
        client,
        """
        {"k": 2, "filter": {"category": "Dresses"}, "queries": [
          {"vector": \(Self.toRed)}, {"vector": \(Self.toRed), "k": 1},
          {"vector": \(Self.toRed), "filter": {"category": "Shirts"}}
        ]}
        """, query: "?fold=0")
      let hits = try reply.json()["answers"]?.array.map {
        $0["answer"]?["levels"]?[0]?["hits"]?.array ?? []
      }
      #expect(hits?.map(\.count) == [2, 1, 2])
      let categories = hits?.map { $0[0]["items"]?[0]?["category"]?.string }
      #expect(categories == ["Dresses", "Dresses", "Shirts"])
    }
  }

  @Test func `a batch past its bounds is refused, and the query that passes them is named`()
    async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog, settings: { $0.maxBatchBytes = 50_000 }) { client in
      func batch(_ count: Int, _ rest: String) -> String {
        let query = #"{"vector": \#(Self.toRed)\#(rest)}"#
        return #"{"queries": [\#(Array(repeating: query, count: count).joined(separator: ","))]}"#
      }
      for (body, parameter, detail) in [
        (batch(0, ""), "queries", "0 queries, allowed are 1...64"),
        (batch(65, ""), "queries", "65 queries, allowed are 1...64"),
        (batch(12, #", "k": 1000"#), "queries[10].k", "11000 with the queries before it"),
        (
          batch(3, #", "k": 1, "offset": 4000"#), "queries[2].offset",
          "12000 with the queries before it"
        ),
        (batch(21, #", "variety": "1,2", "k": 250"#), "queries[20].k", "limit 10000 together"),
        (
          batch(11, #", "rerank": "second", "rerank_depth": 1000"#), "queries[10].rerank_depth",
          "limit 10000 together"
        ),
        ("{}", "queries", "there are none"), (#"{"queries": 1}"#, "queries", "rray"),
        (#"{"queries": [{}], "vector": [1]}"#, "vector", "each query has its own"),
      ] {
        let reply = try await ask(client, body)
        #expect(reply.status == 422, "\(body.prefix(80))")
        let problem = try reply.json()
        #expect(problem["parameter"]?.string == parameter)
        #expect(problem["detail"]?.string?.contains(detail) == true, "\(problem)")
      }
      let item = try await ask(client, #"{"queries": [{"item": 1}], "item": 1}"#)
      #expect(item.code == "unknown_parameter")
      let large = try await ask(client, String(repeating: " ", count: 50_001))
      #expect(large.status == 413)
      let snapshot = try await ask(client, #"{"queries": [{"item": 1}], "snapshot": "1.a.b"}"#)
      #expect(snapshot.status == 410)
      let form = try await client.post("/v1/search/batch", "text/plain", Array("{}".utf8))
      #expect(form.status == 415)
    }
  }

  @Test func `a batch counts as as many requests as it has queries`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog, settings: { $0.admitThree() }) { client in
      let query = #"{"vector": \#(Self.toRed)}"#
      let batch = #"{"queries": [\#([query, query, query, query].joined(separator: ","))]}"#
      #expect(try await ask(client, batch).status == 200)
      let reply = try await client.search(query)
      #expect(reply.status == 429)
      // It owes one: two have to come in.
      let wait = try #require(reply.retryAfter)
      #expect((101...200).contains(wait))
    }
  }

  @Test func `pages of a batch are read from the snapshot of its first`() async throws {
    let catalog = try await TestCatalog()
    for (n, tilt) in [Float(0.3), 0.8, 1.5, 3].enumerated() {
      try await catalog.addHat(n + 1, tilt: tilt)
    }
    try await withServer(catalog) { client in
      let queries = #""queries": [{"vector": \#(Self.toRed)}, {"vector": \#(Self.toRed)}]"#
      let first = try await ask(client, "{\"k\": 2, \(queries)}").json()
      let snapshot = try #require(first["answers"]?[1]?["answer"]?["snapshot"]?.string)
      try await catalog.addHat(0, tilt: 0)
      _ = try await client.settled(#"{"vector": \#(Self.toRed)}"#) {
        $0["levels"]?[0]?["hits"]?[0]?["items"]?[0]?["name"]?.string == "Hat 0"
      }
      let next = try await ask(
        client, #"{"k": 2, "offset": 2, "snapshot": "\#(snapshot)", \#(queries)}"#
      ).json()
      for answer in next["answers"]?.array ?? [] {
        let names = answer["answer"]?["levels"]?[0]?["hits"]?.array.map {
          $0["items"]?[0]?["name"]?.string
        }
        #expect(names == ["Hat 3", "Hat 4"])
      }
      #expect(next["answers"]?.array.count == 2)
    }
  }

  @Test func `lines of a file are answered as the endpoint's queries`() async throws {
    let (catalog, images) = try await Self.gallery.value
    let search = LocalSearch(
      store: try CatalogStore(path: catalog.store.path, isReadOnly: true), blobs: catalog.blobs,
      model: SearchModel(index: try IndexReader(folder: catalog.index.folder), embedder: nil))
    // Each wants as much as fits a batch but five times.
    let lines = images.prefix(12).enumerated().map { n, image in
      LocalSearch.Line(
        number: 3 + n,
        json: Array((n == 7 ? "{" : #"{"image": \#(image), "offset": 2000}"#).utf8))
    }
    let answers = try await search.answers(
      to: lines, parameters: [("k", "5"), ("offset", "0"), ("brand", "Aster")])
    #expect(answers.map(\.number) == Array(3..<15))
    #expect(answers.map { $0.reason != nil } == (0..<12).map { $0 == 7 })
    let pages = try await search.answers(
      to: [.init(number: 1, json: Array(#"{"image": \#(images[1])}"#.utf8))],
      parameters: [("k", "5"), ("brand", "Aster")])
    let alone = try await search.answer(
      picture: nil, parameters: [("image", String(images[1])), ("k", "5"), ("brand", "Aster")])
    let page = try JSONDecoder().decode(Value.self, from: Data(pages[0].json))
    let single = try JSONDecoder().decode(Value.self, from: Data(alone))
    #expect(page["line"]?.int == 1)
    #expect(told(page["answer"]) == told(single))
    #expect(single["levels"]?[0]?["hits"]?.array.count == 5)
  }
}
