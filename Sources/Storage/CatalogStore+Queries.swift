import Catalog
import Foundation
import GRDB

extension CatalogStore {
  /// Which item shows what is fetched from which address, itself or by a variant; a pair may come twice.
  static let pictureAddresses = """
    (SELECT item_id, address_id FROM item_image
      UNION ALL SELECT item_id, address_id FROM variant WHERE address_id IS NOT NULL)
    """

  /// Items with the pictures that they show.
  static let itemsAndImages = """
    item JOIN \(pictureAddresses) at ON at.item_id = item.id
    JOIN frontier ON frontier.id = at.address_id JOIN image ON image.id = frontier.image_id
    """

  /// The items that show one of a list of pictures or another of its group. A search asks for them: each
  /// step goes by an index, which SQLite does not find through `pictureAddresses`.
  static let itemsShowing =
    ["item_image", "variant"].map { showing in
      """
      SELECT asked.value, item.id, item.is_gone, item.kind FROM json_each(?1) asked
        CROSS JOIN image one ON one.id = asked.value
        CROSS JOIN image other ON other.group_id = one.group_id
        CROSS JOIN frontier f ON f.image_id = other.id
        CROSS JOIN \(showing) s ON s.address_id = f.id
        CROSS JOIN item ON item.id = s.item_id
      """
    }.joined(separator: " UNION ") + " ORDER BY 3, 4, 2"

  /// Some pictures, each as the first address shows it that does.
  static let shownImages = """
    SELECT \(ShownImage.columns) FROM json_each(?1) asked CROSS JOIN image ON image.id = asked.value
      CROSS JOIN frontier f ON f.id = (SELECT min(id) FROM frontier WHERE image_id = image.id)
    """

  /// What belongs to some items: a post's products, a product's posts, a creator's posts.
  static let linksOfItems = """
    SELECT tag.item_id, coalesce(there.url, f.url) FROM json_each(?1) asked
      CROSS JOIN tag ON tag.item_id = asked.value CROSS JOIN frontier f ON f.id = tag.address_id
      LEFT JOIN frontier there ON there.id = f.target_id
    UNION ALL
    SELECT product.id, page.url FROM json_each(?1) asked
      CROSS JOIN item product ON product.id = asked.value AND product.kind = 0
      CROSS JOIN tag ON tag.address_id IN (SELECT product.address_id
        UNION ALL SELECT id FROM frontier WHERE target_id = product.address_id)
      CROSS JOIN item post ON post.id = tag.item_id
      CROSS JOIN frontier page ON page.id = post.address_id
    UNION ALL
    SELECT creator.id, page.url FROM json_each(?1) asked
      CROSS JOIN item creator ON creator.id = asked.value AND creator.kind = 2
      CROSS JOIN item post ON post.creator_id = creator.address_id
      CROSS JOIN frontier page ON page.id = post.address_id
    """

  /// The most frequent reasons why what came as a picture was not kept; an index holds them.
  static let unusablePictures = """
    SELECT reason, count(*) FROM frontier WHERE kind = 3 AND state = 1 AND reason IS NOT NULL
    GROUP BY reason ORDER BY 2 DESC, 1 LIMIT 5
    """

  /// Each group of pictures that a product shows, and the first of these products.
  static let firstProducts = """
    SELECT image.group_id, min(item.id) FROM \(itemsAndImages)
    WHERE item.kind = 0 GROUP BY image.group_id
    """

  /// Items, freshest first.
  ///
  /// - Parameter after: continues behind that item of an earlier page.
  package func items(matching filter: ItemFilter, after: ID<Item>? = nil, limit: Int)
    async throws(StorageError) -> [ItemRecord]
  {
    try await read { database in
      let (condition, arguments) = filter.condition
      var sql = "SELECT id FROM item WHERE \(condition)"
      var all = arguments
      if let after {
        sql += " AND (first_seen, id) < (SELECT first_seen, id FROM item WHERE id = ?)"
        all += [after]
      }
      all += [limit]
      let ids = try ID<Item>.fetchAll(
        database, sql: sql + " ORDER BY first_seen DESC, id DESC LIMIT ?", arguments: all)
      return try Self.records(of: ids, in: database)
    }
  }

  /// Every item by id, `limit` at a time: for exports.
  package func items(afterID id: ID<Item>, kinds: [ItemKind], limit: Int)
    async throws(StorageError) -> [ItemRecord]
  {
    try await read { database in
      let kinds = "[" + kinds.map { String($0.rawValue) }.joined(separator: ",") + "]"
      let ids = try ID<Item>.fetchAll(
        database,
        sql: """
          SELECT id FROM item WHERE id > ? AND kind IN (SELECT value FROM json_each(?))
          ORDER BY id LIMIT ?
          """, arguments: [id, kinds, limit])
      return try Self.records(of: ids, in: database)
    }
  }

  /// The items in the order asked for; an unknown id is left out.
  ///
  /// - Parameter withParts: whether pictures, variants and what is linked are read too, most of the cost;
  ///   they are left empty otherwise.
  package func items(_ ids: [ID<Item>], withParts: Bool = true)
    async throws(StorageError) -> [ItemRecord]
  {
    try await read { try Self.records(of: ids, withParts: withParts, in: $0) }
  }

  package func item(at url: CanonicalURL) async throws(StorageError) -> ItemRecord? {
    try await read { database in
      let id = try ID<Item>.fetchOne(
        database,
        sql: """
          SELECT item.id FROM frontier f JOIN item ON item.address_id IN (f.id, f.target_id)
          WHERE f.url = ?
          """, arguments: [url.string])
      return try Self.records(of: id.map { [$0] } ?? [], in: database).first
    }
  }

  /// The evidence of an item's fields.
  package func evidence(of item: ID<Item>) async throws(StorageError) -> [Evidence] {
    try await read { database in
      try EvidenceJSON.decode(
        String.fetchOne(database, sql: "SELECT evidence FROM item WHERE id = ?", arguments: [item])
          ?? "[]")
    }
  }

  /// What a product cost when, oldest first.
  package func offers(of item: ID<Item>)
    async throws(StorageError) -> [(observedAt: Timestamp, offer: Offer)]
  {
    try await read { database in
      try database.rows(
        """
        SELECT price, list_price, currency, availability, observed_at FROM offer
        WHERE item_id = ? ORDER BY observed_at, id
        """, [item]
      ).map { ($0[4], Offer(row: $0, from: 0)) }
    }
  }

  /// The pictures that items matching `filter` show: keys of the vector index.
  package func images(matching filter: ItemFilter) async throws(StorageError) -> [ID<ImageRecord>] {
    try await read { database in
      let (condition, arguments) = filter.condition
      let pictures = filter.pictureCondition
      let shown =
        pictures.map { "f.image_id IN (SELECT id FROM image WHERE \($0.sql))" }
        ?? "f.image_id IS NOT NULL"
      let half = (pictures?.arguments ?? []) + arguments
      return try ID<ImageRecord>.fetchAll(
        database,
        sql: """
          SELECT DISTINCT f.image_id FROM item
            JOIN item_image s ON s.item_id = item.id JOIN frontier f ON f.id = s.address_id
          WHERE \(shown) AND \(condition)
          UNION
          SELECT DISTINCT f.image_id FROM item
            JOIN variant v ON v.item_id = item.id JOIN frontier f ON f.id = v.address_id
          WHERE \(shown) AND \(condition)
          """, arguments: half + half)
    }
  }

  /// The items that show these pictures, or another picture of the same group; active ones first,
  /// products before posts.
  package func items(showing images: [ID<ImageRecord>])
    async throws(StorageError) -> [ID<ImageRecord>: [ID<Item>]]
  {
    try await read { database in
      var shown: [ID<ImageRecord>: [ID<Item>]] = [:]
      for row in try database.rows(Self.itemsShowing, [Self.json(images)]) {
        shown[row[0], default: []].append(row[1])
      }
      return shown
    }
  }

  /// Every picture that has joined the group of another, and that group; one scan of an index.
  package func joinedImages()
    async throws(StorageError) -> [(image: ID<ImageRecord>, group: ID<ImageRecord>)]
  {
    try await read { database in
      try database.rows(
        "SELECT id, group_id FROM image INDEXED BY image_group WHERE id <> group_id"
      ).map { ($0[0], $0[1]) }
    }
  }

  /// Every picture with its group and the first product that shows one of the group.
  package func imagesWithProducts() async throws(StorageError)
    -> [(image: ID<ImageRecord>, group: ID<ImageRecord>, product: ID<Item>?)]
  {
    try await read { database in
      try database.rows(
        """
        WITH shown (group_id, item_id) AS (\(Self.firstProducts))
        SELECT id, image.group_id, item_id FROM image LEFT JOIN shown USING (group_id)
        """
      ).map { ($0[0], $0[1], $0[2]) }
    }
  }

  package func image(_ id: ID<ImageRecord>) async throws(StorageError) -> ShownImage? {
    try await images([id])[id]
  }

  /// The pictures, each as the first address shows it that does; one that none shows is left out.
  package func images(_ ids: [ID<ImageRecord>])
    async throws(StorageError) -> [ID<ImageRecord>: ShownImage]
  {
    try await read { database in
      var images: [ID<ImageRecord>: ShownImage] = [:]
      for row in try database.rows(Self.shownImages, [Self.json(ids)]) {
        if let image = ShownImage(row: row, from: 0) { images[image.id] = image }
      }
      return images
    }
  }

  /// The picture that was last fetched from an address.
  package func image(at url: CanonicalURL) async throws(StorageError) -> ShownImage? {
    try await read { database in
      try database.firstRow(
        """
        SELECT \(ShownImage.columns) FROM frontier f JOIN image ON image.id = f.image_id
        WHERE f.url = ?
        """, [url.string]
      ).flatMap { ShownImage(row: $0, from: 0) }
    }
  }

  /// The changes behind a cursor, in order.
  ///
  /// - Parameter run: only those of one run.
  package func changes(
    after cursor: Int64, kinds: [ChangeKind] = [], run: ID<Run>? = nil, limit: Int
  ) async throws(StorageError) -> [ChangeEvent] {
    try await read { database in
      let names = "[" + kinds.map { "\"\($0.rawValue)\"" }.joined(separator: ",") + "]"
      return try database.rows(
        """
        SELECT event.id, event.kind, event.at, item.id, item.kind, url, name, old, new
        FROM event JOIN item ON item.id = item_id JOIN frontier ON frontier.id = address_id
        WHERE event.id > ?1 AND (?2 = '[]' OR event.kind IN (SELECT value FROM json_each(?2)))
          AND (?3 IS NULL OR event.run_id = ?3)
        ORDER BY event.id LIMIT ?4
        """, [cursor, names, run, limit]
      ).compactMap { row in
        guard let kind = ChangeKind(rawValue: row[1]), let itemKind = ItemKind(rawValue: row[4])
        else { return nil }
        return try ChangeEvent(
          cursor: row[0], kind: kind, at: row[2], item: row[3], itemKind: itemKind,
          url: CanonicalURL(column: row[5]), name: row[6], old: row[7], new: row[8])
      }
    }
  }

  /// The newest run that has ended, or `nil` before the first.
  package func lastRun() async throws(StorageError) -> Run? {
    try await read { database in
      try database.firstRow(
        """
        SELECT id, started_at, refresh, resumed FROM run WHERE finished_at IS NOT NULL
        ORDER BY id DESC
        """, []
      ).map {
        Run(id: $0[0], startedAt: $0[1], isRefresh: $0[2], isResumed: ($0[3] as Int) > 0)
      }
    }
  }

  package func statistics(now: Timestamp) async throws(StorageError) -> CatalogStatistics {
    try await read { database in
      var items: [ItemKind: (active: Int, gone: Int)] = [:]
      for row in try database.rows(
        "SELECT kind, sum(1 - is_gone), sum(is_gone) FROM item GROUP BY kind")
      {
        if let kind = ItemKind(rawValue: row[0]) { items[kind] = (row[1], row[2]) }
      }
      let names = ["new", "fetched", "redirected", "missing", "refused", "failed"]
      var addresses: [String: Int] = [:]
      for row in try database.rows("SELECT state, count(*) FROM frontier GROUP BY state") {
        addresses[names[row[0] as Int]] = row[1]
      }
      var embeddings: [String: (queued: Int, done: Int, failed: Int)] = [:]
      for row in try database.rows(
        """
        SELECT name, sum(state = 0), sum(state = 1), sum(state = 2)
        FROM embedding JOIN model ON model.id = model_id GROUP BY name
        """)
      {
        embeddings[row[0]] = (row[1], row[2], row[3])
      }
      let images = try database.firstRow(
        "SELECT count(*), count(DISTINCT group_id), coalesce(sum(byte_count), 0) FROM image", [])
      let unusable = try database.rows(
        Self.unusablePictures
      ).map { (reason: $0[0] as String, count: $0[1] as Int) }
      let boxes = try database.firstRow(
        """
        SELECT count(*), coalesce(sum(is_edited), 0),
          (SELECT count(*) FROM detection WHERE state = 0)
            + (SELECT count(*) FROM box_vector WHERE state = 0)
        FROM box WHERE state = 0
        """, [])
      let run = try database.firstRow(
        "SELECT started_at, finished_at FROM run ORDER BY id DESC", [])
      let delays = try Int64.fetchAll(
        database,
        sql: """
          SELECT done_at - fetched_at FROM (
            SELECT done_at, fetched_at FROM embedding JOIN image ON image.id = image_id
            WHERE done_at IS NOT NULL ORDER BY image_id DESC LIMIT 10000) ORDER BY 1
          """)
      return CatalogStatistics(
        items: items, images: images?[0] ?? 0, imageGroups: images?[1] ?? 0,
        imageBytes: images?[2] ?? 0, unusable: unusable, addresses: addresses,
        dueAddresses: try Self.dueAddresses(database, now: now),
        embeddings: embeddings,
        boxes: (boxes?[0] ?? 0, boxes?[1] ?? 0, boxes?[2] ?? 0),
        events: Int(try database.integer("SELECT count(*) FROM event") ?? 0),
        cursor: try database.integer("SELECT max(id) FROM event") ?? 0,
        lastRun: run.map { ($0[0], $0[1]) },
        fetchToSearchable: delays.isEmpty
          ? nil : (delays[delays.count / 2], delays[(delays.count * 95 + 99) / 100 - 1]),
        alarms: try FillRow.alarms(of: nil, Connection(database, known: KnownAddresses())))
    }
  }

  /// How many addresses may be fetched now: how much of a crawl is still to do, as far as is known.
  package func dueAddresses(now: Timestamp) async throws(StorageError) -> Int {
    try await read { try Self.dueAddresses($0, now: now) }
  }

  private static func dueAddresses(_ database: Database, now: Timestamp) throws -> Int {
    Int(
      try database.integer(
        "SELECT count(*) FROM frontier WHERE due_at <= ? AND state <> 4", [now]) ?? 0)
  }
}

extension CatalogStore {
  /// The items in the order asked for; an unknown id is left out.
  private static func records(of ids: [ID<Item>], withParts: Bool = true, in database: Database)
    throws -> [ItemRecord]
  {
    let list = json(ids)
    let images = withParts ? try images(of: list, in: database) : [:]
    let variants = withParts ? try variants(of: list, in: database) : [:]
    let links = withParts ? try links(of: list, in: database) : [:]
    var records: [ID<Item>: ItemRecord] = [:]
    for row in try database.rows(
      """
      SELECT item.id, item.kind, f.url, is_gone, first_seen, last_seen, item.changed_at, name, brand,
        retailer, category, sku, gtin, color, description, price, list_price, currency, availability,
        handle, published, hashtags, c.url
      FROM item JOIN frontier f ON f.id = address_id LEFT JOIN frontier c ON c.id = creator_id
      WHERE item.id IN (SELECT value FROM json_each(?))
      """, [list])
    {
      guard let kind = ItemKind(rawValue: row[1]) else { continue }
      let id: ID<Item> = row[0]
      records[id] = try ItemRecord(
        id: id, kind: kind, url: CanonicalURL(column: row[2]), isGone: row[3], firstSeen: row[4],
        lastSeen: row[5], changedAt: row[6], name: row[7], brand: row[8], retailer: row[9],
        category: row[10], sku: row[11], gtin: row[12], color: row[13], text: row[14],
        offer: Offer(row: row, from: 15), handle: row[19], published: row[20],
        hashtags: (row[21] as String?)?.split(separator: " ").map(String.init) ?? [],
        creator: (row[22] as String?).map(CanonicalURL.init(column:)), images: images[id] ?? [],
        variants: variants[id] ?? [], linked: links[id] ?? [])
    }
    return ids.compactMap { records[$0] }
  }

  private static func images(of list: String, in database: Database) throws
    -> [ID<Item>: [ShownImage]]
  {
    var images: [ID<Item>: [ShownImage]] = [:]
    for row in try database.rows(
      """
      SELECT item_id, \(ShownImage.columns) FROM item_image
        JOIN frontier f ON f.id = item_image.address_id JOIN image ON image.id = f.image_id
      WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY item_id, position
      """, [list])
    {
      if let image = ShownImage(row: row, from: 1) { images[row[0], default: []].append(image) }
    }
    return images
  }

  private static func variants(of list: String, in database: Database) throws
    -> [ID<Item>: [ShownVariant]]
  {
    var variants: [ID<Item>: [ShownVariant]] = [:]
    for row in try database.rows(
      """
      SELECT item_id, v.sku, v.gtin, v.color, v.size, v.price, v.list_price, v.currency,
        v.availability, \(ShownImage.columns)
      FROM variant v LEFT JOIN frontier f ON f.id = v.address_id
        LEFT JOIN image ON image.id = f.image_id
      WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY item_id, position
      """, [list])
    {
      variants[row[0], default: []].append(
        ShownVariant(
          sku: row[1], gtin: row[2], color: row[3], size: row[4],
          image: ShownImage(row: row, from: 9), offer: Offer(row: row, from: 5)))
    }
    return variants
  }

  private static func links(of list: String, in database: Database) throws
    -> [ID<Item>: [CanonicalURL]]
  {
    var links: [ID<Item>: [CanonicalURL]] = [:]
    for row in try database.rows(linksOfItems, [list]) {
      let url = try CanonicalURL(column: row[1])
      if links[row[0]]?.contains(url) != true { links[row[0], default: []].append(url) }
    }
    return links
  }
}

extension Offer {
  /// From the columns price, list_price, currency, availability.
  init(row: Row, from column: Int) {
    let currency = (row[column + 2] as String?).flatMap { Currency($0) }
    func money(_ amount: Amount?) -> Money? {
      guard let amount, let currency else { return nil }
      return Money(amount, currency)
    }
    self.init(
      price: money(row[column]), listPrice: money(row[column + 1]),
      availability: (row[column + 3] as String?).flatMap(Availability.init))
  }
}

extension ShownImage {
  static let columns =
    """
    image.id, image.group_id, image.hash, f.url, image.format, image.width, image.height,
    image.colours, image.shot, image.looks_like
    """

  /// `nil` where an outer join found no picture.
  init?(row: Row, from column: Int) {
    guard let id = row[column] as ID<ImageRecord>?, let bytes = row[column + 2] as Data?,
      let hash = ContentHash(bytes: Array(bytes)),
      let url = (row[column + 3] as String?).flatMap(CanonicalURL.init(stored:)),
      let format = (row[column + 4] as String?).flatMap(ImageFormat.init)
    else { return nil }
    self.init(
      id: id, group: row[column + 1], hash: hash, url: url, format: format,
      width: row[column + 5], height: row[column + 6],
      traits: (row[column + 7] as Int?).map {
        PictureTraits(colours: ColourSet(rawValue: $0), productShot: row[column + 8] ?? 0)
      },
      looksLike: row[column + 9])
  }
}
