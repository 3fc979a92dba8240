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
struct VectorShop {
  let folder = TemporaryFolder()
  let store: CatalogStore
  let model = RealModel.shared
  private(set) var images: [ID<ImageRecord>] = []

  static let categories = ["Dress", "Hat", "Shoe"]

  /// - Parameters:
  ///   - categorised: of how many products the category is told.
  ///   - spelling: how the category of a product is written.
  ///   - isTold: whether pictures whose labels agree are alike at all.
  ///   - noise: how large what says nothing is.
  init(
    products: Int, categorised: Int = .max,
    spelling: (Int) -> String = { Self.categories[$0 % 3] }, isTold: Bool, noise: Float = 1
  ) async throws {
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
        category: number < categorised ? spelling(number) : nil, images: shots)
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
        models: [model.modelID], now: now, matches: { _ in [] },
        doubt: { _, _ in nil }, committed: { _ in })
      images.append(change.id)
      let hidden = isTold ? number / 2 % 3 : Int.random(in: 0..<3, using: &random)
      let angle = 2 * Float.pi * Float(hidden) / 3
      vectors += (0..<model.dimension).map { axis in
        guard axis < 12 else { return 0 }
        let hint = axis == 0 ? cos(angle) : axis == 1 ? sin(angle) : 0
        return hint + Float.random(in: -noise...noise, using: &random) * (axis < 2 ? 0.3 : 1)
      }
    }
    try index.append(keys: images.map { UInt64($0.rawValue) }, vectors: vectors)
    try await store.completeEmbeddings(images, model: model.modelID, now: now)
  }

  var models: URL { folder.file("models") }

  var snapshot: Snapshot { get throws { try IndexReader(folder: index(model.modelID)).snapshot } }

  func index(_ model: String) -> String { "\(folder.path)/\(model).index" }
}
