import Catalog
import Storage
import Support

/// A catalog in a folder of its own, and short ways to put things into it.
struct Sample {
  let folder = TemporaryFolder()
  let store: CatalogStore
  let site: ID<Site>
  var run: Run

  static let start = Timestamp(seconds: 1_800_000_000)
  static let day = Duration.seconds(86_400)

  init() async throws {
    store = try CatalogStore(path: folder.path + "/catalog.sqlite")
    site = try await store.site(named: "shop")
    run = try await store.beginRun(isRefresh: false, now: Self.start)
  }

  func url(_ path: String) throws -> CanonicalURL {
    try CanonicalURL("https://shop.example\(path)")
  }

  func discover(
    _ paths: [String], kind: TargetKind = .page, refusal: String? = nil, now: Timestamp = start
  ) async throws {
    let addresses = try paths.map {
      NewAddress(url: try url($0), kind: kind, depth: 1, refusal: refusal)
    }
    _ = try await store.discover(addresses, site: site, now: now)
  }

  func leases(_ limit: Int = 100, now: Timestamp = start) async throws -> [Lease] {
    var leases: [Lease] = []
    for host in try await store.hostsWithDueAddresses(sites: [site], now: now) {
      leases += try await store.lease(
        host: host.id, sites: [site], limit: limit, run: run, now: now)
    }
    return leases
  }

  func lease(_ path: String, kind: TargetKind = .page, now: Timestamp = start) async throws -> Lease
  {
    try await discover([path], kind: kind, now: now)
    let leases = try await leases(now: now)
    guard let lease = leases.first(where: { $0.url.path == path }) else {
      throw Absent(path: path)
    }
    try await store.release(leases.filter { $0 != lease })
    return lease
  }

  struct Absent: Error { var path: String }

  /// Records a product at `path` as it is seen at `now`.
  @discardableResult
  func see(
    _ product: Product, at path: String = "/p", now: Timestamp = start, body: UInt64? = nil,
    pictureRefusal: String? = nil
  ) async throws -> PageChange {
    let lease = try await lease(path, now: now)
    let pictures = (product.images + product.variants.compactMap(\.image)).map {
      NewAddress(url: $0, kind: .image, depth: 1, refusal: pictureRefusal)
    }
    return try await store.record(
      PageRecord(
        status: 200, validators: Validators(entityTag: "\"1\""),
        bodyHash: body ?? UInt64(now.milliseconds), item: .product(product), addresses: pictures),
      of: lease, now: now)
  }

  func picture(_ seed: UInt8, _ perceptual: UInt64 = 0) throws -> ImageRecord {
    guard let hash = ContentHash(bytes: Array(repeating: seed, count: 32)) else {
      throw Absent(path: "hash")
    }
    return ImageRecord(
      hash: hash, format: .jpeg, byteCount: 1000, width: 30, height: 40,
      fingerprint: Self.fingerprint(perceptual))
  }

  static func fingerprint(_ perceptual: UInt64) -> Fingerprint {
    Fingerprint(perceptual: perceptual, colour: Array(repeating: 128, count: 32))
  }

  @discardableResult
  func show(
    _ record: ImageRecord, at path: String, now: Timestamp = start,
    matches: [ID<ImageRecord>] = [], doubt: @escaping LinkDoubt = { _, _ in nil }
  ) async throws -> ImageChange {
    let lease = try await lease(path, kind: .image, now: now)
    return try await store.record(
      record, of: lease, status: 200, validators: Validators(), bodyHash: record.hash.bytes[0].hash,
      models: ["model"], now: now, matches: { _ in matches },
      doubt: doubt, committed: { _ in })
  }

  mutating func nextRun(at now: Timestamp, isRefresh: Bool = true) async throws {
    try await store.finishRun(run, now: now)
    run = try await store.beginRun(isRefresh: isRefresh, now: now)
  }

  func events() async throws -> [ChangeKind] {
    try await store.changes(after: 0, limit: 100).map(\.kind)
  }
}

extension UInt8 {
  fileprivate var hash: UInt64 { UInt64(self) &* 0x9E37_79B9_7F4A_7C15 }
}

extension Product {
  static func sample(_ price: String = "10", availability: Availability = .inStock) -> Product {
    Product(
      name: "Wrap Dress", brand: "Nordvik", retailer: "Shop", category: "dress",
      offer: Offer(
        price: Amount(price).flatMap { amount in Currency("EUR").map { Money(amount, $0) } },
        availability: availability))
  }
}
