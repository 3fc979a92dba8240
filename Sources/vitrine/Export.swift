import Catalog
import Foundation
import Storage

/// One line of the export; a field that is not known is left out.
enum ExportLine: Encodable {
  case product(ProductLine)
  case post(PostLine)
  case creator(CreatorLine)
  case event(EventLine)

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .product(let line): try line.encode(to: encoder)
    case .post(let line): try line.encode(to: encoder)
    case .creator(let line): try line.encode(to: encoder)
    case .event(let line): try line.encode(to: encoder)
    }
  }

  init(_ item: ItemRecord, creators: [String]) {
    switch item.kind {
    case .product: self = .product(ProductLine(item, creators: creators))
    case .post: self = .post(PostLine(item))
    case .creator: self = .creator(CreatorLine(item))
    }
  }

  struct Image: Encodable {
    var url: String
    var sha256: String
    /// Equal for pictures that are the same picture.
    var duplicate_group: Int64
    /// Names of the colours that it shows.
    var colours: [String]?
    /// How likely it is a product on a plain ground rather than a scene, 0…1.
    var product_shot: Double?
    /// The category of the pictures most like it, where no product says what it shows.
    var looks_like: String?

    init(_ image: ShownImage) {
      url = image.url.string
      sha256 = image.hash.description
      duplicate_group = image.group.rawValue
      colours = image.traits?.colours.names.map(\.description)
      product_shot = image.traits.map { Double($0.productShot) / 100 }
      looks_like = image.looksLike
    }
  }

  struct Variant: Encodable {
    var sku: String?
    var gtin: String?
    var color: String?
    var size: String?
    var image: Image?
    var price: Money?
    var list_price: Money?
    var availability: String?
  }

  struct ProductLine: Encodable {
    var kind = "product"
    var url: String
    var status: String
    var name: String?
    var brand: String?
    var price: Money?
    var list_price: Money?
    var availability: String?
    var sku: String?
    var gtin: String?
    var category: String?
    var retailer: String?
    var color: String?
    var description: String?
    var images: [Image]
    var variants: [Variant]
    var posts: [String]
    var creators: [String]
    var first_seen: String
    var last_seen: String

    init(_ item: ItemRecord, creators: [String]) {
      url = item.url.string
      status = item.isGone ? "gone" : "active"
      name = item.name
      brand = item.brand
      price = item.offer.price
      list_price = item.offer.listPrice
      availability = item.offer.availability?.rawValue
      sku = item.sku
      gtin = item.gtin
      category = item.category
      retailer = item.retailer
      color = item.color
      description = item.text
      images = item.images.map(Image.init)
      variants = item.variants.map {
        Variant(
          sku: $0.sku, gtin: $0.gtin, color: $0.color, size: $0.size,
          image: $0.image.map(Image.init), price: $0.offer.price, list_price: $0.offer.listPrice,
          availability: $0.offer.availability?.rawValue)
      }
      posts = item.linked.map(\.string).sorted()
      self.creators = creators
      first_seen = item.firstSeen.description
      last_seen = item.lastSeen.description
    }
  }

  struct PostLine: Encodable {
    var kind = "post"
    var url: String
    var status: String
    var creator: String?
    var published: String?
    var caption: String?
    var hashtags: [String]
    var products: [String]
    var image: Image?
    var first_seen: String

    init(_ item: ItemRecord) {
      url = item.url.string
      status = item.isGone ? "gone" : "active"
      creator = item.creator?.string
      published = item.published
      caption = item.text
      hashtags = item.hashtags
      products = item.linked.map(\.string)
      image = item.images.first.map(Image.init)
      first_seen = item.firstSeen.description
    }
  }

  struct CreatorLine: Encodable {
    var kind = "creator"
    var url: String
    var status: String
    var name: String?
    var handle: String?
    var biography: String?
    var posts: [String]
    var first_seen: String

    init(_ item: ItemRecord) {
      url = item.url.string
      status = item.isGone ? "gone" : "active"
      name = item.name
      handle = item.handle
      biography = item.text
      posts = item.linked.map(\.string).sorted()
      first_seen = item.firstSeen.description
    }
  }

  struct EventLine: Encodable {
    var kind = "event"
    var event: String
    var url: String
    var item: String
    var at: String
    var old: String?
    var new: String?
    var cursor: Int64

    init(_ change: ChangeEvent) {
      event = change.kind.rawValue
      url = change.url.string
      item = change.itemKind.name
      at = change.at.description
      old = change.old
      new = change.new
      cursor = change.cursor
    }
  }
}

/// RFC 4180: products as rows, one a product, pictures and posts separated by a space.
enum ProductTable {
  static let header =
    "url,status,name,brand,retailer,category,sku,gtin,color,price,list_price,currency,"
    + "availability,images,posts,first_seen,last_seen"

  static func row(_ item: ItemRecord) -> String {
    let offer = item.offer
    let cells: [String?] = [
      item.url.string, item.isGone ? "gone" : "active", item.name, item.brand, item.retailer,
      item.category, item.sku, item.gtin, item.color, offer.price?.amount.description,
      offer.listPrice?.amount.description, (offer.price ?? offer.listPrice)?.currency.code,
      offer.availability?.rawValue, item.images.map(\.url.string).joined(separator: " "),
      item.linked.map(\.string).sorted().joined(separator: " "), item.firstSeen.description,
      item.lastSeen.description,
    ]
    return cells.map { quoted($0 ?? "") }.joined(separator: ",")
  }

  /// A leading `=`, `+`, `-` or `@` would be a formula in a spreadsheet; a quote mark before it is not.
  private static func quoted(_ cell: String) -> String {
    let guarded =
      cell.first.map { "=+-@\t\r".contains($0) } == true && Double(cell) == nil ? "'" + cell : cell
    guard guarded.contains(where: { ",\"\n\r".contains($0) || $0 == "\r\n" }) else {
      return guarded
    }
    return "\"" + guarded.replacing("\"", with: "\"\"") + "\""
  }
}
