import Foundation

/// Whom and what the demo site shows on a day: creators with their posts, two shops with products.
///
/// All of it follows from `seed`; people, brands and shops are invented. The second day differs as a
/// night later would: a price, a sold-out product, one back, one gone, a new product and a new post.
struct DemoCatalog: Sendable {
  enum Shop: Int, CaseIterable, Sendable {
    /// Euros, JSON-LD, colourways on one page.
    case halm
    /// Dollars, microdata with OpenGraph, a page a colour.
    case cobalt

    var name: String { self == .halm ? "Halm & Faden" : "Cobalt Row" }
    var currency: String { self == .halm ? "EUR" : "USD" }
    /// The folder of its pictures on the image host.
    var folder: String { self == .halm ? "halm" : "cobalt" }
    var tagline: String {
      self == .halm
        ? "Slow clothes from a small house by the river" : "Everyday things, well coloured"
    }

    func backdrop(_ seed: UInt64) -> Backdrop {
      let walls: [Backdrop] =
        self == .halm
        ? [.studio(0xECE7E1), .studio(0xE9E9E6), .studio(0xEDE6DE), .studio(0xE6E8EA)]
        : [
          .arch(wall: 0xD9C3AE, arch: 0xEFE3D3), .arch(wall: 0xC3CFC4, arch: 0xE4EADF),
          .arch(wall: 0xC9CFDD, arch: 0xE7EAF1), .arch(wall: 0xE3C9C2, arch: 0xF4E6E1),
        ]
      return walls[Int(seed >> 5 & 3)]
    }
  }

  struct Colourway: Sendable {
    let design: Design
    let sku: String
    var isSoldOut: Bool
    /// File name of its picture, without folder.
    let picture: String
  }

  struct Product: Sendable {
    let id: Int
    let shop: Shop
    let name: String
    let brand: String
    let design: Design
    let sku: String
    let gtin: String
    /// In cents.
    var price: Int
    var listPrice: Int?
    var isSoldOut: Bool
    let description: String
    /// More than one only where the shop shows colours on one page; the first is the product's own.
    var colourways: [Colourway]
    /// File names of its gallery, without folder.
    let pictures: [String]
    let path: String
    let isNew: Bool

    var category: String { design.kind.category }
    var colour: String { design.shade.name }
  }

  struct Creator: Sendable {
    let name: String
    let handle: String
    let biography: String
  }

  struct Post: Sendable {
    let slug: String
    let creator: Int
    let caption: String
    let hashtags: [String]
    /// RFC 3339.
    let published: String
    let products: [Product.ID]
    let picture: String
    let isNew: Bool
  }

  let day: Int
  private(set) var products: [Product] = []
  private(set) var creators: [Creator] = []
  private(set) var posts: [Post] = []
  /// The product pages that are gone today.
  private(set) var gone: [Product] = []
  /// What the image host draws, by path.
  private(set) var pictures: [String: DemoPicture] = [:]

  static let seed: UInt64 = 0x5EED_F00D
  static let productsPerShop = 31
  /// How many designs both shops sell, the second with the first one's pictures.
  static let sharedCount = 11
  static let postsPerCreator = 6

  init(day: Int) {
    self.day = day
    makeProducts()
    makePosts()
    if day > 1 {
      passNight()
    } else {
      products.removeAll(where: \.isNew)
      posts.removeAll(where: \.isNew)
    }
  }

  func products(of shop: Shop) -> [Product] { products.filter { $0.shop == shop } }

  func product(_ id: Product.ID) -> Product? { products.first { $0.id == id } }

  // MARK: - Products

  private static let brands = [
    "Oat & Alder", "Velour Fox", "Tarn", "Marlume", "Pellico", "Saltmarsh", "Ida Winther",
    "Nor Bay",
  ]

  private mutating func makeProducts() {
    var choice = SeededChoice(seed: Self.seed, "products")
    // Every kind in turn, those that a wardrobe has more of twice.
    let kinds: [Design.Kind] =
      Design.Kind.allCases + [.dress, .jumper, .trousers, .shirt, .dress, .coat]
    var designs: [Shop: [Design]] = [:]
    var next = 0
    for shop in Shop.allCases {
      let own = shop == .cobalt ? Self.productsPerShop - Self.sharedCount : Self.productsPerShop
      designs[shop] = (0..<own).map { _ in
        defer { next += 1 }
        return Design(kind: kinds[next % kinds.count], seed: choice.next() >> 20)
      }
    }
    let first = designs[.halm] ?? []
    let shared = (0..<Self.sharedCount).map { first[$0 * 2 + 1] }
    var id = 1
    for shop in Shop.allCases {
      var list = designs[shop] ?? []
      if shop == .cobalt { list.append(contentsOf: shared) }
      for (position, design) in list.enumerated() {
        let isShared = shop == .cobalt && position >= Self.productsPerShop - Self.sharedCount
        products.append(
          product(
            design, id: id, at: shop, isShared: isShared,
            isNew: shop == .halm && position == Self.productsPerShop - 1, &choice))
        id += 1
      }
    }
  }

  private mutating func product(
    _ design: Design, id: Int, at shop: Shop, isShared: Bool, isNew: Bool,
    _ choice: inout SeededChoice
  ) -> Product {
    var brandChoice = SeededChoice(seed: design.seed, "brand")
    let brand = brandChoice.one(of: Self.brands)
    let name = shop == .halm ? "\(brand) \(design.name)" : "\(design.name) in \(design.shade.name)"
    let slug = Self.slug("\(design.name) \(shop == .cobalt ? design.shade.name : brand)")
    let sku = shop == .halm ? "HF-\(1000 + id * 7)" : "CR\(20_000 + id * 13)"
    let price = Self.price(design.kind, shop, &choice)
    let isReduced = choice.happens(0.3)
    let isSoldOut = choice.happens(0.12)
    let wants = choice.happens(0.4) ? (choice.happens(0.4) ? 3 : 2) : 1
    let backdrop = (isShared ? Shop.halm : shop).backdrop(design.seed)
    let quality = shop == .halm ? 90 : 80
    let side = shop == .halm ? Scene.height : 700
    let front = "\(slug)-\(id)-1.jpg"
    let near = "\(slug)-\(id)-2.jpg"
    add(front, shop, DemoPicture(.packshot(design, backdrop), side: side, quality: quality))
    add(near, shop, DemoPicture(.closeUp(design, backdrop), side: side, quality: quality))
    var colourways = [Colourway(design: design, sku: sku, isSoldOut: isSoldOut, picture: front)]
    if shop == .halm {
      for number in 1..<wants {
        var other = design
        other.colourway = number
        let picture = "\(slug)-\(id)-\(Self.slug(other.shade.name)).jpg"
        add(picture, shop, DemoPicture(.packshot(other, backdrop), side: side, quality: quality))
        colourways.append(
          Colourway(
            design: other, sku: "\(sku)-\(number)", isSoldOut: choice.happens(0.15),
            picture: picture))
      }
    }
    return Product(
      id: id, shop: shop, name: name, brand: brand, design: design, sku: sku,
      gtin: Self.gtin(number: 20_000_000_000 + Int(design.seed % 9_000_000_000)), price: price,
      listPrice: isReduced ? Self.rounded(price * 5 / 4) : nil, isSoldOut: isSoldOut,
      description: Self.description(design, brand, &brandChoice), colourways: colourways,
      pictures: [front, near],
      path: shop == .halm ? "/products/\(slug)-\(id)" : "/item/\(id)-\(slug).html", isNew: isNew)
  }

  private mutating func add(_ file: String, _ shop: Shop, _ picture: DemoPicture) {
    pictures["/\(shop.folder)/\(file)"] = picture
  }

  private static func price(_ kind: Design.Kind, _ shop: Shop, _ choice: inout SeededChoice) -> Int
  {
    let range: (Double, Double) =
      switch kind {
      case .dress: (69, 189)
      case .shirt, .skirt: (49, 119)
      case .tee: (22, 49)
      case .jumper: (79, 179)
      case .coat: (159, 389)
      case .trousers: (69, 149)
      case .sneakers: (89, 159)
      case .boots: (149, 279)
      case .hat, .beanie: (24, 69)
      case .tote: (29, 79)
      case .handbag: (99, 249)
      case .scarf: (35, 95)
      }
    let cents = Int(choice.between(range.0, range.1)) * 100
    return rounded(shop == .cobalt ? cents * 11 / 10 : cents)
  }

  /// A price as shops like them: whole, and a little less.
  private static func rounded(_ cents: Int) -> Int { (cents / 500 + 1) * 500 - 10 }

  /// A GTIN-13 whose first digits are for use within a company, with its check digit (GS1 General
  /// Specifications, 7.9).
  private static func gtin(number: Int) -> String {
    let digits = String(number).prefix(11)
    let body = "2" + String(repeating: "0", count: 11 - digits.count) + digits
    let sum = body.utf8.enumerated().reduce(0) { sum, digit in
      sum + Int(digit.element - 48) * (digit.offset % 2 == 0 ? 1 : 3)
    }
    return body + String((10 - sum % 10) % 10)
  }

  private static func description(
    _ design: Design, _ brand: String, _ choice: inout SeededChoice
  ) -> String {
    let opening = choice.one(of: [
      "Made for days that start early", "Our quiet favourite of the season", "A piece to keep",
      "Cut with room to move", "The one that goes with everything",
    ])
    let care = choice.one(of: [
      "Wash cold and dry flat.", "Brush after wearing.", "Air it rather than wash it.",
      "Gets better with every year.",
    ])
    return "\(opening): \(brand)'s \(design.name.lowercased()) in "
      + "\(design.shade.name.lowercased()), made of \(design.material.lowercased()). \(care)"
  }

  static func slug(_ text: String) -> String {
    text.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
  }

  // MARK: - Posts

  private mutating func makePosts() {
    creators = [
      Creator(
        name: "Mila Brandvik", handle: "mila.brandvik",
        biography: "Linen, long walks and too many hats. Looks for slow weekends."),
      Creator(
        name: "Ines Corvale", handle: "inescorvale",
        biography: "Colour first. Outfits from the flea market to the opera."),
      Creator(
        name: "Theo Maplewood", handle: "theo.maplewood",
        biography: "Knitwear, workwear, dogs. One good coat is enough (it is not)."),
    ]
    var choice = SeededChoice(seed: Self.seed, "posts")
    let floors: [Backdrop] = [
      .planks(0xB98A5E), .linen(0xE6DCCB), .marble(0xECEAE6), .terrazzo(0xEDE6DC),
      .rug(floor: 0x8A6242, rug: 0xB65F48), .planks(0xD9C7AE), .linen(0xCBD3CF),
      .rug(floor: 0xC9A57A, rug: 0x55706B),
    ]
    // The last product comes on the second day only, and with it the last post.
    let settled = products.filter { !$0.isNew }
    for number in 0..<creators.count * Self.postsPerCreator + 1 {
      let isNew = number == creators.count * Self.postsPerCreator
      let chosen = Self.outfit(from: settled, &choice)
      let creator = number % creators.count
      let picture = "/looks/\(number + 1).jpg"
      pictures[picture] = DemoPicture(
        .flatLay(
          chosen.map(\.design), choice.one(of: floors), seed: Self.seed &+ UInt64(number)),
        side: Scene.height, quality: 88)
      let words = Self.caption(chosen, &choice)
      posts.append(
        Post(
          slug: "\(number + 1)-\(Self.slug(words.title))", creator: creator, caption: words.text,
          hashtags: words.hashtags,
          published: isNew
            ? "2026-03-03T08:15:00Z"
            : "2026-02-\(String(28 - number).leftPadded(2))T\(String(7 + number % 12).leftPadded(2)):30:00Z",
          products: chosen.map(\.id), picture: picture, isNew: isNew))
    }
  }

  /// Things that one wears together.
  private static func outfit(
    from products: [Product], _ choice: inout SeededChoice
  ) -> [Product] {
    func some(_ kinds: [Design.Kind]) -> Product? {
      let fitting = products.filter { kinds.contains($0.design.kind) }
      return fitting.isEmpty ? nil : choice.one(of: fitting)
    }
    let parts: [[Design.Kind]] = choice.one(of: [
      [[.dress], [.boots, .sneakers], [.handbag, .tote]],
      [[.trousers], [.jumper, .tee, .shirt], [.sneakers, .boots], [.beanie, .scarf]],
      [[.skirt], [.tee, .jumper, .shirt], [.hat, .scarf], [.tote, .handbag]],
      [[.coat], [.boots, .sneakers], [.beanie, .scarf, .hat]],
    ])
    return parts.compactMap(some)
  }

  private static func caption(
    _ products: [Product], _ choice: inout SeededChoice
  ) -> (title: String, text: String, hashtags: [String]) {
    let moment = choice.one(of: [
      "Sunday market", "First warm day", "Coffee before everyone wakes", "Packing for the coast",
      "Back in town", "Rain later", "Studio day", "Lunch that became dinner", "Slow morning",
    ])
    let hashtags = Array(
      ["outfitoftheday", "slowfashion", "flatlay", "wardrobe", "colourstory", "weekendlook"]
        .shuffled(using: &choice).prefix(2))
    let first = products.first.map { "\($0.design.name.lowercased()) in \($0.colour.lowercased())" }
    let text =
      "\(moment): the \(first ?? "usual things"), worn with what was there. "
      + hashtags.map { "#\($0)" }.joined(separator: " ")
    return (moment, text, hashtags)
  }

  // MARK: - The second day

  private mutating func passNight() {
    func change(_ shop: Shop, _ position: Int, _ body: (inout Product) -> Void) {
      let indices = products.indices.filter { products[$0].shop == shop && !products[$0].isNew }
      body(&products[indices[position % indices.count]])
    }
    for (shop, position) in [(Shop.halm, 2), (.halm, 9), (.cobalt, 5)] {
      change(shop, position) { product in
        product.listPrice = max(product.price, product.listPrice ?? 0)
        product.price = Self.rounded(product.price * 4 / 5)
      }
    }
    for shop in Shop.allCases {
      let available = products.indices.filter {
        products[$0].shop == shop && !products[$0].isSoldOut && !products[$0].isNew
      }
      let index = available[available.count / 2]
      products[index].isSoldOut = true
      for other in products[index].colourways.indices {
        products[index].colourways[other].isSoldOut = true
      }
    }
    if let index = products.firstIndex(where: { $0.shop == .cobalt && $0.isSoldOut }) {
      products[index].isSoldOut = false
      products[index].colourways[0].isSoldOut = false
    }
    let tagged = Set(posts.flatMap(\.products))
    if let index = products.lastIndex(where: { !$0.isNew && !tagged.contains($0.id) }) {
      gone.append(products.remove(at: index))
    }
  }
}

extension DemoCatalog.Product {
  typealias ID = Int
}

extension String {
  fileprivate func leftPadded(_ length: Int) -> String {
    String(repeating: "0", count: max(0, length - count)) + self
  }
}
