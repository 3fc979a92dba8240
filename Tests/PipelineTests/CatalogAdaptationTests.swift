import Catalog
import Foundation
import Pipeline
import Storage
import Support
import Testing
import VectorSearch
import Vision

/// A catalog of products with two pictures each, whose vectors are made up: a product's category hides
/// in two of twelve dimensions.
private struct VectorShop {
  let folder = TemporaryFolder()
  let store: CatalogStore
  let model = RealModel.shared
  private(set) var images: [ID<ImageRecord>] = []

  /// - Parameter isTold: whether pictures whose labels agree are alike at all.
  init(products: Int, isTold: Bool) async throws {
    store = try CatalogStore(path: folder.path + "/catalog.sqlite")
    let site = try await store.site(named: "shop")
    let now = Timestamp.now
    let run = try await store.beginRun(isRefresh: false, now: now)
    var random = SeededGenerator(seed: 5)
    _ = try await store.enqueueEmbeddings(model: model.modelID, dimension: model.dimension)
    func leases() async throws -> [Lease] {
      let host = try await store.host(origin: "https://shop.example")
      return try await store.lease(
        host: host.id, sites: [site], limit: 10_000, run: run, now: now)
    }
    _ = try await store.discover(
      try (0..<products).map {
        NewAddress(url: try CanonicalURL("https://shop.example/\($0)"), kind: .page, depth: 0)
      }, site: site, now: now)
    for lease in try await leases() {
      let number = Int(lease.url.path.dropFirst()) ?? 0
      let shots = try (0..<2).map {
        try CanonicalURL("https://shop.example/\(2 * number + $0).jpg")
      }
      let product = Product(
        name: "Product \(number)", brand: "Nordvik",
        category: ["Dress", "Hat", "Shoe"][number % 3], images: shots)
      _ = try await store.record(
        PageRecord(
          status: 200, validators: Validators(), bodyHash: UInt64(number), item: .product(product),
          addresses: shots.map { NewAddress(url: $0, kind: .image, depth: 1) }),
        of: lease, now: now)
    }
    let index = try IndexWriter(
      folder: self.index(model.modelID),
      identity: IndexIdentity(model: model.modelID, dimension: model.dimension))
    var vectors: [Float] = []
    for lease in try await leases() {
      let number = Int(lease.url.path.dropFirst().dropLast(4)) ?? 0
      let hash = [UInt8(number & 255), UInt8(number >> 8)] + Array(repeating: 7, count: 30)
      let record = ImageRecord(
        hash: try #require(ContentHash(bytes: hash)), format: .jpeg, byteCount: 9, width: 9,
        height: 9, fingerprint: Fingerprint(perceptual: 0, colour: Array(repeating: 0, count: 32)))
      let change = try await store.record(
        record, of: lease, status: 200, validators: Validators(), bodyHash: UInt64(number),
        models: [model.modelID], now: now, matches: { _ in [] }, committed: { _ in })
      images.append(change.id)
      let hidden = isTold ? number / 2 % 3 : Int.random(in: 0..<3, using: &random)
      let angle = 2 * Float.pi * Float(hidden) / 3
      vectors += (0..<model.dimension).map { axis in
        guard axis < 12 else { return 0 }
        let hint = axis == 0 ? cos(angle) : axis == 1 ? sin(angle) : 0
        return hint + Float.random(in: -1...1, using: &random) * (axis < 2 ? 0.3 : 1)
      }
    }
    try index.append(keys: images.map { UInt64($0.rawValue) }, vectors: vectors)
    try await store.completeEmbeddings(images, model: model.modelID, now: now)
  }

  var models: URL { folder.file("models") }

  func index(_ model: String) -> String { "\(folder.path)/\(model).index" }

  func adaptation(of model: URL = RealModel.folder) -> CatalogAdaptation {
    let path = folder.path
    return CatalogAdaptation(
      store: store, lane: ComputeLane(threads: 1), model: model,
      folder: { [models] in models.appending(path: $0) },
      index: { "\(path)/\($0).index" })
  }

  static var training: HeadTraining {
    var training = HeadTraining()
    (training.hidden, training.outputs, training.batch, training.steps) = (24, 8, 48, 40)
    training.rate = 1e-2
    return training
  }
}

@Suite struct CatalogAdaptationTests {
  @Test func `a head that gains answers from then on, over every vector there was`() async throws {
    let shop = try await VectorShop(products: 80, isTold: true)
    let base = shop.model.modelID
    // What an adaptation left that was killed.
    let left = "\(base)-head-0123456789ab"
    _ = try await shop.store.enqueueEmbeddings(model: left, dimension: 264)
    for place in [
      shop.index(left), shop.models.path + "/\(left)", shop.models.path + "/.\(left).new",
    ] {
      try FileManager.default.createDirectory(
        atPath: place, withIntermediateDirectories: true)
    }
    // A picture whose vector is not there yet.
    let late = shop.images[7]
    let writer = try IndexWriter(
      folder: shop.index(base),
      identity: IndexIdentity(model: base, dimension: shop.model.dimension))
    try writer.delete(keys: [UInt64(late.rawValue)])

    let trial = try await shop.adaptation().train(VectorShop.training)
    #expect(trial.report.refusal == nil && trial.report.adapted == nil)
    #expect(trial.report.pictures == 159 && trial.report.products == 80)
    #expect(trial.report.gains.map(\.facet) == ["product", "category"])
    #expect(trial.report.gains.map(\.gain).max() ?? 0 > 0.05)
    #expect(try await shop.store.modelInUse() == nil, "training alone changes nothing")

    let report = try await shop.adaptation().putToUse(trial)
    let used = try #require(try await shop.store.modelInUse())
    #expect(used.name == report.adapted && report.vectors == 159)
    let embedder = try OpenVINOEmbedder(model: URL(filePath: used.folder))
    #expect(embedder.modelID == used.name && embedder.baseID == base)
    let index = try IndexReader(folder: shop.index(used.name)).snapshot
    #expect(index.count == 159 && index.identity?.dimension == embedder.dimension)
    let key = UInt64(shop.images[3].rawValue)
    let stored = try #require(writer.snapshot.vector(for: key))
    let wanted = try #require(embedder.head)
      .adapted(VectorTable(dimension: stored.count, values: stored))[0]
    for (a, b) in zip(try #require(index.vector(for: key)), wanted) { #expect(abs(a - b) < 1e-6) }

    let records = try await shop.store.models()
    #expect(Set(records.map(\.name)) == [base, used.name], "what was left is gone")
    #expect(records.first { $0.name == used.name }.map { [$0.done, $0.queued] } == [159, 1])
    #expect(!FileManager.default.fileExists(atPath: shop.index(left)))
    let folders = try FileManager.default.contentsOfDirectory(atPath: shop.models.path)
    #expect(folders == [used.name])

    // Again: the same vectors, nothing twice.
    #expect(try await shop.adaptation().putToUse(trial).vectors == 159)
    // From the adapted model: training starts from the base's vectors.
    let next = try await shop.adaptation(of: URL(filePath: used.folder)).train(VectorShop.training)
    #expect(next.report.model == used.name && next.report.base == base)
    for (a, b) in zip(next.report.gains, trial.report.gains) {
      #expect(abs(a.base.meanAveragePrecision - b.base.meanAveragePrecision) < 1e-3)
    }
  }

  @Test func `a head that gains nothing changes nothing`() async throws {
    let shop = try await VectorShop(products: 120, isTold: false)
    let trial = try await shop.adaptation().train(VectorShop.training)
    let report = try await shop.adaptation().putToUse(trial)
    #expect(report.adapted == nil && report.refusal != nil && report.vectors == nil)
    #expect(try await shop.store.modelInUse() == nil)
    #expect(try await shop.store.models().map(\.name) == [shop.model.modelID])
    #expect(!FileManager.default.fileExists(atPath: shop.models.path))
  }

  @Test func `a catalog of few products is refused with the bound`() async throws {
    let shop = try await VectorShop(products: 49, isTold: true)
    await #expect {
      try await shop.adaptation().train(VectorShop.training)
    } throws: { error in
      error as? CatalogAdaptation.Refusal == .tooFew(pictures: 98, products: 49)
        && "\(error)".contains("at least 100 of 50")
    }
  }
}
