import Catalog
import GRDB

/// Which items a query is about. Values within a field are alternatives, fields add up.
package struct ItemFilter: Sendable, Hashable, Codable {
  package var kinds: [ItemKind] = []
  package var minimumPrice: Amount?
  package var maximumPrice: Amount?
  package var currencies: [Currency] = []
  package var retailers: [String] = []
  package var brands: [String] = []
  package var categories: [String] = []
  /// Handles or profile addresses: the creator, their posts and the products tagged in them.
  package var creators: [String] = []
  package var availability: Availability?
  /// First seen at that moment or later.
  package var seenSince: Timestamp?
  package var includesGone = false
  /// A picture that shows one of these.
  package var colours: ColourSet = []
  /// A picture of that kind.
  package var shot: ShotKind?
  /// A picture of no categorised product that looks like those of one of these categories.
  package var looksLike: [String] = []

  package init() {}

  /// Nothing is asked for but that the item is still there.
  package var isTrivial: Bool { self == ItemFilter() }

  /// The condition on `image` and its arguments; `nil` where every picture will do.
  var pictureCondition: (sql: String, arguments: StatementArguments)? {
    var terms: [String] = []
    if !colours.isEmpty { terms.append("image.colours & \(colours.rawValue) <> 0") }
    if let shot { terms.append(shot.condition) }
    if !looksLike.isEmpty { terms.append("image.looks_like IN (\(Self.marks(looksLike)))") }
    guard !terms.isEmpty else { return nil }
    return (terms.joined(separator: " AND "), StatementArguments(looksLike))
  }

  /// As many placeholders as there are values.
  private static func marks(_ values: [some Any]) -> String {
    Array(repeating: "?", count: values.count).joined(separator: ", ")
  }

  private static let picture =
    "JOIN frontier f ON f.id = s.address_id JOIN image ON image.id = f.image_id"

  /// Whether an item shows one of the pictures that an index finds.
  private static func shown(_ pictures: String) -> String {
    """
    item.id IN (SELECT s.item_id FROM \(CatalogStore.pictureAddresses) s \(picture)
      WHERE \(pictures))
    """
  }

  /// The same where none does: the pictures of one item after the other are looked at, until as many are
  /// found as are wanted. The condition has no arguments.
  private static func someShown(_ pictures: String) -> String {
    let either = ["item_image", "variant"].map {
      "EXISTS (SELECT 1 FROM \($0) s \(picture) WHERE s.item_id = item.id AND \(pictures))"
    }
    return "(\(either.joined(separator: " OR ")))"
  }

  /// The condition on `item`, and its arguments.
  var condition: (sql: String, arguments: StatementArguments) {
    var terms = includesGone ? [] : ["item.is_gone = 0"]
    var arguments = StatementArguments()
    func add(_ term: String, _ values: [any DatabaseValueConvertible]) {
      terms.append(term)
      arguments += StatementArguments(values)
    }
    func anyOf(_ column: String, _ values: [any DatabaseValueConvertible]) {
      guard !values.isEmpty else { return }
      add("item.\(column) IN (\(Self.marks(values)))", values)
    }
    anyOf("kind", kinds.map(\.rawValue))
    anyOf("currency", currencies.map(\.code))
    anyOf("retailer", retailers)
    anyOf("brand", brands)
    anyOf("category", categories)
    if let minimumPrice { add("item.price >= ?", [minimumPrice]) }
    if let maximumPrice { add("item.price <= ?", [maximumPrice]) }
    if let availability { add("item.availability = ?", [availability.rawValue]) }
    if let seenSince { add("item.first_seen >= ?", [seenSince]) }
    if let pictures = pictureCondition {
      terms.append(looksLike.isEmpty ? Self.someShown(pictures.sql) : Self.shown(pictures.sql))
      arguments += pictures.arguments
    }
    if !creators.isEmpty {
      let marks = Self.marks(creators)
      add(
        """
        item.address_id IN (
          WITH who AS (
            SELECT c.address_id AS id FROM item c JOIN frontier f ON f.id = c.address_id
            WHERE c.kind = 2 AND (c.handle IN (\(marks)) OR f.url IN (\(marks))))
          SELECT id FROM who
          UNION SELECT p.address_id FROM item p JOIN who ON p.creator_id = who.id
          UNION SELECT coalesce(t.target_id, t.id) FROM item p JOIN who ON p.creator_id = who.id
            JOIN tag ON tag.item_id = p.id JOIN frontier t ON t.id = tag.address_id)
        """, creators + creators)
    }
    return (terms.isEmpty ? "1" : terms.joined(separator: " AND "), arguments)
  }
}

extension ShotKind {
  /// The condition on `image`.
  var condition: String {
    switch self {
    case .product: "image.shot >= 50"
    case .scene: "image.shot < 50"
    }
  }
}

/// A picture as an item shows it.
package struct ShownImage: Sendable, Hashable {
  package var id: ID<ImageRecord>
  package var group: ID<ImageRecord>
  package var hash: ContentHash
  package var url: CanonicalURL
  package var format: ImageFormat
  package var width: Int
  package var height: Int
  /// `nil` where it was fetched by a Vitrine that did not look.
  package var traits: PictureTraits?
  /// The category of the pictures most like it, where no product says what it shows.
  package var looksLike: String?
}

/// A variant as it is stored, with its picture where that was fetched.
package struct ShownVariant: Sendable, Hashable {
  package var sku: String?
  package var gtin: String?
  package var color: String?
  package var size: String?
  package var image: ShownImage?
  package var offer: Offer
}

/// An item with everything that is shown of it.
package struct ItemRecord: Sendable, Hashable {
  package var id: ID<Item>
  package var kind: ItemKind
  package var url: CanonicalURL
  package var isGone: Bool
  package var firstSeen: Timestamp
  package var lastSeen: Timestamp
  package var changedAt: Timestamp
  /// A product's or creator's.
  package var name: String?
  package var brand: String?
  package var retailer: String?
  package var category: String?
  package var sku: String?
  package var gtin: String?
  package var color: String?
  /// A product's description, a post's caption, a creator's biography.
  package var text: String?
  package var offer: Offer
  package var handle: String?
  package var published: String?
  package var hashtags: [String]
  /// The creator of a post.
  package var creator: CanonicalURL?
  /// Pictures that were fetched and could be read, in the item's order.
  package var images: [ShownImage]
  package var variants: [ShownVariant]
  /// Of a post: its products, redirects resolved. Of a product: the posts that tag it. Of a creator:
  /// their posts.
  package var linked: [CanonicalURL]
}

/// One change of an item.
package struct ChangeEvent: Sendable, Hashable {
  /// Grows with every event of the catalog.
  package var cursor: Int64
  package var kind: ChangeKind
  package var at: Timestamp
  package var item: ID<Item>
  package var itemKind: ItemKind
  package var url: CanonicalURL
  package var name: String?
  package var old: String?
  package var new: String?
}

/// The catalog in figures.
package struct CatalogStatistics: Sendable {
  /// By kind: active items and gone ones.
  package var items: [ItemKind: (active: Int, gone: Int)]
  package var images: Int
  package var imageGroups: Int
  package var imageBytes: Int
  /// The most frequent reasons why what came as a picture was not kept.
  package var unusable: [(reason: String, count: Int)]
  /// By state: `new`, `fetched`, `redirected`, `missing`, `refused`, `failed`.
  package var addresses: [String: Int]
  package var dueAddresses: Int
  /// By model: queued, done and failed jobs.
  package var embeddings: [String: (queued: Int, done: Int, failed: Int)]
  /// Boxes that stand, those of them that a person drew or named, and jobs that wait: pictures to be
  /// looked at, boxes to be embedded.
  package var boxes: (standing: Int, edited: Int, queued: Int)
  package var events: Int
  /// The newest event's cursor; 0 before the first.
  package var cursor: Int64
  package var lastRun: (startedAt: Timestamp, finishedAt: Timestamp?)?
  /// 50th and 95th percentile, in milliseconds, of the time from a picture's fetch to its vector being
  /// durable, over the newest 10,000.
  package var fetchToSearchable: (median: Int64, p95: Int64)?
  /// Of the last run: fields that far fewer of a site's pages have than usual.
  package var alarms: [FillAlarm]
}
