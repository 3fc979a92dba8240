import Catalog
import Foundation
import Storage
import Support
import VectorSearch
import Vision

/// A real catalog with real pictures and a real index, in a folder of its own.
final class TestCatalog: Sendable {
  let folder = TemporaryFolder()
  let store: CatalogStore
  let blobs: BlobStore
  let index: IndexWriter
  let identity: IndexIdentity
  private let site: ID<Site>
  private let run: Run

  /// When the catalog was begun: everything is recorded some hours after it and before now.
  let start = Timestamp(milliseconds: Timestamp.now.milliseconds - 10 * 3_600_000)

  init(model: String = "test-model", dimension: Int = 8) async throws {
    store = try CatalogStore(path: folder.path + "/catalog.sqlite")
    blobs = try BlobStore(folder: folder.path)
    identity = try IndexIdentity(model: model, dimension: dimension)
    index = try IndexWriter(folder: folder.path + "/index", identity: identity)
    site = try await store.site(named: "test")
    run = try await store.beginRun(isRefresh: false, now: start)
    _ = try await store.enqueueEmbeddings(model: model, dimension: dimension)
  }

  /// A picture that is fetched with its item.
  struct Shot {
    var url: String
    var bytes: [UInt8]
    /// What stands in the index; none where `nil`.
    var vector: [Float]?
    /// The picture that is the same picture.
    var duplicateOf: ID<ImageRecord>?
    /// Off where no test looks at the bytes.
    var isStored = true
  }

  /// Records a page with its item and the pictures it shows.
  ///
  /// - Parameter hours: After `start`.
  /// - Returns: the item and its pictures.
  @discardableResult
  func add(
    _ item: Extraction.Item, at address: String, shots: [Shot] = [], hours: Double = 0,
    linking: [String] = []
  ) async throws -> (item: ID<Item>, images: [ID<ImageRecord>]) {
    let now = start + .milliseconds(Int64(hours * 3_600_000))
    let url = try CanonicalURL(address)
    var links = try (linking.map { try CanonicalURL($0) }).map {
      NewAddress(url: $0, kind: .page, depth: 1, refusal: "only named")
    }
    links += try shots.map { NewAddress(url: try CanonicalURL($0.url), kind: .image, depth: 2) }
    let lease = try await lease(url, kind: .page, now: now)
    let page = PageRecord(
      status: 200, validators: Validators(), bodyHash: UInt64(bitPattern: now.milliseconds),
      item: item, addresses: links)
    _ = try await store.record(page, of: lease, now: now)
    var images: [ID<ImageRecord>] = []
    for shot in shots { images.append(try await add(shot, now: now)) }
    guard let record = try await store.item(at: url) else { throw Missing(what: address) }
    return (record.id, images)
  }

  /// A hat that shows one picture; `tilt` turns its vector from the first axis to the second.
  func addHat(_ n: Int, tilt: Float) async throws {
    let url = "https://shop.example/\(n)"
    try await add(
      .product(try .test("Hat \(n)", images: [url + ".jpg"])), at: url,
      shots: [
        Shot(
          url: url + ".jpg", bytes: Drawing.jpeg(n, width: 24, height: 32),
          vector: SampleShop.vector([0: 1, 1: tilt]))
      ])
  }

  /// Fetches a picture, and puts its vector into the index.
  private func add(_ shot: Shot, now: Timestamp) async throws -> ID<ImageRecord> {
    let url = try CanonicalURL(shot.url)
    let analysis = try PictureAnalysis(of: shot.bytes)
    if shot.isStored {
      try blobs.store(shot.bytes, as: analysis.record.hash)
      try blobs.store(analysis.thumbnail, as: analysis.record.hash, kind: .thumbnail)
    }
    let lease = try await lease(url, kind: .image, now: now)
    let change = try await store.record(
      analysis.record, of: lease, status: 200, validators: Validators(),
      bodyHash: UInt64(analysis.record.hash.bytes[0]), models: [identity.model], now: now,
      matches: { _ in shot.duplicateOf.map { [$0] } ?? [] }, doubt: { _, _ in nil },
      committed: { _ in })
    if let vector = shot.vector {
      try index.append(keys: [UInt64(change.id.rawValue)], vectors: vector)
      try await store.completeEmbeddings([change.id], model: identity.model, now: now)
    }
    return change.id
  }

  /// Keeps what a detector saw in a picture, with the vectors of those boxes that have one.
  ///
  /// - Returns: the boxes, in the order given.
  @discardableResult
  func look(
    at image: ID<ImageRecord>, _ seen: [(name: String, region: Region, vector: [Float]?)]
  ) async throws -> [ID<Box>] {
    try await store.recordBoxes(
      seen.map { Detection(region: $0.region, name: $0.name, score: 0.75) }, in: image,
      by: "cells-1", now: start)
    let boxes = try await store.boxOverview(of: image).boxes
    var ids: [ID<Box>] = []
    for (name, region, vector) in seen {
      guard let box = boxes.first(where: { $0.name == name && $0.region == region }) else {
        throw Missing(what: name)
      }
      ids.append(box.id)
      guard let vector else { continue }
      try index.append(keys: [box.id.vectorKey], vectors: vector)
      try await store.completeBoxes([box.id], model: identity.model, now: start)
    }
    return ids
  }

  private func lease(_ url: CanonicalURL, kind: TargetKind, now: Timestamp) async throws -> Lease {
    _ = try await store.discover(
      [NewAddress(url: url, kind: kind, depth: 0)], site: site, now: now)
    let host = try await store.host(origin: url.origin)
    // What was fetched before is not due again for hours; then its turn is taken early.
    for due in [now, .never] {
      let leases = try await store.lease(
        host: host.id, sites: [site], limit: 10_000, run: run, now: due)
      try await store.release(leases.filter { $0.url != url })
      if let lease = leases.first(where: { $0.url == url }) { return lease }
    }
    throw Missing(what: url.string)
  }

  struct Missing: Error {
    let what: String
  }
}

extension Product {
  /// A product as tests need it.
  static func test(
    _ name: String, brand: String? = nil, retailer: String? = "Shop", category: String? = nil,
    price: String? = nil, listPrice: String? = nil, currency: String = "EUR",
    availability: Availability? = .inStock, images: [String] = []
  ) throws -> Product {
    func money(_ text: String?) throws -> Money? {
      guard let text else { return nil }
      guard let amount = Amount(text), let currency = Currency(currency) else {
        throw TestCatalog.Missing(what: text)
      }
      return Money(amount, currency)
    }
    return Product(
      name: name, brand: brand, retailer: retailer, category: category,
      description: "\(name), as the shop describes it.",
      offer: Offer(
        price: try money(price), listPrice: try money(listPrice), availability: availability),
      images: try images.map { try CanonicalURL($0) },
      evidence: [
        Evidence(
          field: "name", syntax: .jsonLD, path: "$.name", raw: name, value: name, isChosen: true)
      ])
  }
}

/// Pictures that are drawn, each by its own number.
enum Drawing {
  /// A JPEG of a garment: shape, pattern and colours follow from `seed`.
  static func jpeg(_ seed: Int, width: Int = 120, height: Int = 160) -> [UInt8] {
    var random = SeededGenerator(seed: UInt64(seed) &+ 7)
    func colour(_ range: ClosedRange<Int>) -> [UInt8] {
      (0..<3).map { _ in UInt8(Int.random(in: range, using: &random)) }
    }
    let cloth = colour(30...190)
    let accent = colour(20...235)
    let ground = colour(190...250)
    let shape = seed % 4
    let pattern = Int.random(in: 0...3, using: &random)
    let step = max(2, width / Int.random(in: 6...14, using: &random))
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      for y in 0..<height {
        for x in 0..<width {
          let isInside = isCloth(
            shape, across: abs(2 * x - width) * 500 / width, down: y * 1000 / height)
          let isMarked =
            switch pattern {
            case 0: false
            case 1: y / step % 2 == 0
            case 2: x / step % 2 == 0
            default: (x / step + y / step) % 2 == 0
            }
          let pixel = isInside ? (isMarked ? accent : cloth) : ground
          for c in 0..<3 { buffer[3 * (y * width + x) + c] = pixel[c] }
        }
      }
      count = 3 * width * height
    }
    return Picture(width: width, height: height, pixels: pixels).jpeg(quality: 85)
  }

  /// Whether the garment covers a point `across` thousandths from the middle line and `down` from
  /// the top.
  private static func isCloth(_ shape: Int, across: Int, down: Int) -> Bool {
    switch shape {
    case 0: (100...920).contains(down) && across < 120 + down / 4  // a dress
    case 1: (120...880).contains(down) && across < (down < 380 ? 420 : 240)  // a shirt
    case 2: across * across + (down - 500) * (down - 500) < 110_000  // a hat
    default: (80...940).contains(down) && across < 330 && (down < 300 || across > 60)  // trousers
    }
  }
}
