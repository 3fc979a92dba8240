import Catalog
import Crawl
import Extract
import Foundation
import Logging
import Pipeline
import Storage
import Support
import Synchronization
import Transport
import VectorSearch
import Vision

/// A small shop on loopback whose pages and pictures a test can change.
final class Shop: Sendable {
  struct File: Sendable {
    var mediaType: String
    var body: [UInt8]
    var status = 200
    var headers: [(String, String)] = []
  }

  private let files: Files
  let server: TestServer

  private final class Files: Sendable {
    let byPath = Mutex<[String: File]>([:])
  }

  init() throws {
    let files = Files()
    self.files = files
    server = TestServer { request in
      guard let file = files.byPath.withLock({ $0[request.target] }) else { return .status(404) }
      let tag = "\"\(BodyHash.of(file.body))\""
      if file.status == 200, request["If-None-Match"] == tag {
        return .response(status: 304, headers: [("ETag", tag)], body: [])
      }
      return .response(
        status: file.status,
        headers: [("Content-Type", file.mediaType), ("ETag", tag)] + file.headers, body: file.body)
    }
  }

  func put(_ path: String, _ file: File?) { files.byPath.withLock { $0[path] = file } }

  func put(page path: String, _ html: String) {
    put(path, File(mediaType: "text/html; charset=utf-8", body: Array(html.utf8)))
  }

  func put(picture path: String, _ picture: Picture, quality: Int = 90) {
    put(path, File(mediaType: "image/jpeg", body: picture.jpeg(quality: quality)))
  }

  /// A product page with JSON-LD.
  func put(
    product path: String, name: String, price: String = "49.50", pictures: [String],
    head: String = "", availability: String = "InStock"
  ) {
    let images = pictures.map { "\"\(server.url($0))\"" }.joined(separator: ",")
    put(
      page: path,
      """
      <!doctype html><title>\(name)</title>\(head)<script type="application/ld+json">
      {"@context":"https://schema.org","@type":"Product","name":"\(name)","brand":"Nordvik",
      "image":[\(images)],"offers":{"@type":"Offer","price":"\(price)","priceCurrency":"EUR",
      "availability":"https://schema.org/\(availability)"}}</script><h1>\(name)</h1>
      """)
  }

  /// The home page: links to these paths.
  func put(home paths: [String]) {
    put(page: "/", paths.map { "<a href=\"\($0)\">\($0)</a>" }.joined())
  }

  var targets: [String] { server.targets }

  var scope: Scope {
    Scope(hosts: [HostPattern(server.authority)].compactMap { $0 }, isPrivateAllowed: true)
  }
}

/// Pictures that nobody takes for each other: blobs of seeded colour on seeded stripes.
func drawing(_ seed: UInt64, width: Int = 320, height: Int = 400) -> Picture {
  var random = SeededGenerator(seed: seed)
  let discs = (0..<14).map { _ in
    (
      x: Int.random(in: 0..<width, using: &random), y: Int.random(in: 0..<height, using: &random),
      radius: Int.random(in: 20..<90, using: &random),
      colour: (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) }
    )
  }
  var pixels = [UInt8](repeating: 0, count: width * height * 3)
  for y in 0..<height {
    for x in 0..<width {
      var colour: [UInt8] = [UInt8(x * 255 / width), UInt8(y * 255 / height), 90]
      for disc in discs
      where (x - disc.x) * (x - disc.x) + (y - disc.y) * (y - disc.y)
        < disc.radius * disc.radius
      {
        colour = disc.colour
      }
      for channel in 0..<3 { pixels[(y * width + x) * 3 + channel] = colour[channel] }
    }
  }
  return Picture(width: width, height: height, pixels: pixels)
}

/// A data folder and everything that a nightly run needs.
struct Workshop {
  let folder = TemporaryFolder()
  let store: CatalogStore
  let blobs: BlobStore
  let bodies: BodyStore
  let model: OpenVINOEmbedder

  init(model: OpenVINOEmbedder = RealModel.shared) throws {
    self.model = model
    store = try CatalogStore(path: folder.path + "/catalog.sqlite")
    blobs = try BlobStore(folder: folder.path)
    bodies = try BodyStore(path: folder.path + "/bodies.sqlite", quota: 1 << 20)
  }

  func index() throws -> IndexReader { try IndexReader(folder: folder.path + "/index") }

  func writer() throws -> IndexWriter {
    try IndexWriter(
      folder: folder.path + "/index",
      identity: IndexIdentity(model: model.modelID, dimension: model.dimension))
  }

  func pipeline(embeds: Bool = true, part: QueuePart = .whole, detector: Detector? = nil) throws
    -> Pipeline
  {
    let embedding =
      try embeds
      ? Pipeline.Embedding(embedder: model, index: writer(), part: part, detector: detector) : nil
    return Pipeline(
      store: store, lock: try WriterLock(folder: folder.path), blobs: blobs, bodies: bodies,
      reader: PageReader(), lane: ComputeLane(threads: 2), embedding: embedding,
      log: Logger(label: "test"))
  }

  /// One night over the shop.
  @discardableResult
  func crawl(
    _ shop: Shop, embeds: Bool = true, isRefresh: Bool = true, detector: Detector? = nil
  ) async throws -> CrawlProgress {
    var settings = try CrawlSettings(version: "1", contact: "test@example.com")
    settings.delay = .zero
    settings.longestAdaptiveDelay = .zero
    let transport = try HTTPTransport(HTTPTransport.Settings(userAgent: settings.userAgent))
    let pipeline = try pipeline(embeds: embeds, detector: detector)
    let site = try await store.site(named: "shop")
    let scope = shop.scope
    let run = try await store.beginRun(isRefresh: isRefresh, now: .now)
    let job = SiteJob(id: site, scope: scope, seeds: [try CanonicalURL(shop.server.url())])
    let crawler = Crawler(
      store: store, transport: transport, settings: settings, clock: ContinuousClock())
    let progress = try await pipeline.run(sites: [site: scope]) { handler in
      try await crawler.run([job], under: run, handle: handler)
    }
    try await store.finishRun(run, now: .now)
    return progress
  }

  /// Reads every kept page again; what differs, by path.
  @discardableResult
  func reextract(
    _ shop: Shop, recipes: [Recipe] = [], applies: Bool,
    heed: (Reextraction.Page) throws -> Void = { _ in }
  ) async throws -> [String: PageRereading] {
    let reextraction = Reextraction(
      store: store, lock: try WriterLock(folder: folder.path), bodies: bodies,
      reader: PageReader(recipes: recipes), lane: ComputeLane(threads: 2))
    var differing: [String: PageRereading] = [:]
    let site = try await store.site(named: "shop")
    try await reextraction.run(sites: [site: shop.scope], applies: applies) { finding in
      guard case .page(let page) = finding else { return }
      try heed(page)
      guard page.rereading.effect != .same else { return }
      differing[String(page.url.path)] = page.rereading
    }
    return differing
  }

  func item(_ shop: Shop, _ path: String) async throws -> ItemRecord? {
    try await store.item(at: try CanonicalURL(shop.server.url(path)))
  }

  func events() async throws -> [String] {
    try await store.changes(after: 0, limit: 100).map { "\($0.kind.rawValue) \($0.url.path)" }
  }
}

/// The model that `make setup` prepares, loaded once.
enum RealModel {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../.deps/model").standardizedFileURL

  static let shared: OpenVINOEmbedder = {
    do throws(EmbedError) {
      return try OpenVINOEmbedder(model: folder)
    } catch {
      preconditionFailure("no model at \(folder.path), run make setup: \(error)")
    }
  }()
}
