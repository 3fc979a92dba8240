import Catalog
import Foundation
import Storage
import Support
import Vision

/// A few items that differ in every field a filter knows, with vectors that tell their neighbours.
struct SampleShop: Sendable {
  let catalog: TestCatalog
  /// By name: the item and its first picture.
  private(set) var items: [String: ID<Item>] = [:]
  private(set) var images: [String: ID<ImageRecord>] = [:]

  /// Made once for all tests that only read it.
  static let shared = Task {
    let shop = try await SampleShop()
    ForTheWholeRun.keep(shop.catalog.folder)
    return shop
  }

  /// Towards each of eight axes.
  static func vector(_ parts: [Int: Float]) -> [Float] { (0..<8).map { parts[$0] ?? 0 } }

  static let redDress = "https://linden.example/red-dress"

  init() async throws {
    catalog = try await TestCatalog()
    try await add(
      "Red dress", brand: "Aster", retailer: "Linden", category: "Dresses", price: "49.90",
      listPrice: "69.90", at: Self.redDress, vector: [0: 1])
    try await add(
      "Blue dress", brand: "Aster", retailer: "Linden", category: "Dresses", price: "120.00",
      at: "https://linden.example/blue-dress", vector: [0: 0.9, 1: 1], hours: 1)
    try await add(
      "Green shirt", brand: "Norrsken", retailer: "Galerie", category: "Shirts", price: "30.00",
      currency: "USD", availability: .soldOut, at: "https://galerie.example/green-shirt",
      vector: [2: 1], hours: 2)
    try await add(
      "White shirt <b>&amp;</b> “tie”", brand: "Norrsken", retailer: "Galerie", category: "Shirts",
      price: "15.50", at: "https://galerie.example/white-shirt", vector: [2: 1, 3: 0.4], hours: 3)
    try await add(
      "Red dress again", brand: "Aster", retailer: "Galerie", category: "Dresses", price: "44.00",
      at: "https://galerie.example/red-dress", vector: [0: 1, 5: 0.3],
      duplicateOf: images["Red dress"], hours: 4)
    try await addPost()
    let belt = try Product.test("Plain belt", brand: "Fjord", retailer: "Linden", price: "9.00")
    items["Plain belt"] = try await catalog.add(
      .product(belt), at: "https://linden.example/belt", hours: 6
    ).item
  }

  func item(_ name: String) throws -> ID<Item> {
    guard let id = items[name] else { throw TestCatalog.Missing(what: name) }
    return id
  }

  func image(_ name: String) throws -> ID<ImageRecord> {
    guard let id = images[name] else { throw TestCatalog.Missing(what: name) }
    return id
  }

  private mutating func add(
    _ name: String, brand: String, retailer: String, category: String, price: String,
    listPrice: String? = nil, currency: String = "EUR", availability: Availability = .inStock,
    at url: String, vector: [Int: Float], duplicateOf: ID<ImageRecord>? = nil, hours: Double = 0
  ) async throws {
    let product = try Product.test(
      name, brand: brand, retailer: retailer, category: category, price: price,
      listPrice: listPrice, currency: currency, availability: availability, images: [url + ".jpg"])
    let shot = TestCatalog.Shot(
      url: url + ".jpg", bytes: Drawing.jpeg(images.count), vector: Self.vector(vector),
      duplicateOf: duplicateOf)
    let added = try await catalog.add(.product(product), at: url, shots: [shot], hours: hours)
    items[name] = added.item
    images[name] = added.images[0]
  }

  private mutating func addPost() async throws {
    let profile = "https://social.example/mila"
    let post = "https://social.example/mila/1"
    items["mila"] = try await catalog.add(
      .creator(Creator(name: "Mila", handle: "mila", biography: "Clothes.")), at: profile, hours: 5
    ).item
    let added = try await catalog.add(
      .post(
        Post(
          creator: try CanonicalURL(profile), heroImage: try CanonicalURL(post + ".jpg"),
          caption: "A sunny day #red", hashtags: ["red"], published: "2026-01-02",
          products: [try CanonicalURL(Self.redDress)])),
      at: post,
      shots: [.init(url: post + ".jpg", bytes: Drawing.jpeg(99), vector: Self.vector([4: 1]))],
      hours: 5.5, linking: [profile])
    items["post"] = added.item
    images["post"] = added.images[0]
  }
}
