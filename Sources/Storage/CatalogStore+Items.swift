import Catalog
import Foundation
import GRDB

extension CatalogStore {
  /// Records what a page said: the address's state and validators, its item with offer, events and
  /// pictures, and every address it leads to. One transaction; ends the lease.
  package func record(_ page: PageRecord, of lease: Lease, now: Timestamp)
    async throws(StorageError) -> PageChange
  {
    try await write { [self] database in
      var change = PageChange()
      try Self.visited(
        lease, status: page.status, validators: page.validators, bodyHash: page.bodyHash,
        hasChanged: lease.bodyHash != page.bodyHash, now: now, in: database)
      try Self.comeBack(lease, now: now, in: database)
      let found = try insert(page.addresses, site: lease.site, now: now, in: database)
      change.discovered = found.discovered
      change.isProductive = page.item != nil || found.useful > 0
      if let item = page.item {
        var owner = lease.id
        if let url = page.itemURL, url != lease.url, let id = try Self.address(url, in: database) {
          owner = id
          try database.run("UPDATE frontier SET target_id = ? WHERE id = ?", [id, lease.id])
        }
        var writer = ItemWriter(database: database, lease: lease, owner: owner, now: now)
        try writer.write(item)
        change.events = writer.events
      }
      // What leads to nothing new at all cannot go on for ever: it is not counted against its shape.
      let isBarren = !change.isProductive && change.discovered > 0
      for pattern in page.templates {
        try database.run(
          """
          INSERT INTO template (site_id, pattern, fetched, productive, streak)
          VALUES (?1, ?2, 1, ?3, ?4)
          ON CONFLICT (site_id, pattern) DO UPDATE SET fetched = fetched + 1,
            productive = productive + ?3, streak = CASE WHEN ?3 THEN 0 ELSE streak + ?4 END
          """, [lease.site, pattern, change.isProductive, isBarren])
      }
      return change
    } then: { [self] _ in
      remember(page.addresses)
    }
  }

  static func address(_ url: CanonicalURL, in database: Database) throws -> ID<Address>? {
    try database.integer("SELECT id FROM frontier WHERE url = ?", [url.string]).map(ID.init)
  }
}

/// Writes one item and the events that tell it from what was known.
private struct ItemWriter {
  let database: Database
  let lease: Lease
  /// The address whose item it is.
  let owner: ID<Address>
  let now: Timestamp
  private(set) var events: [ChangeKind] = []

  init(database: Database, lease: Lease, owner: ID<Address>, now: Timestamp) {
    self.database = database
    self.lease = lease
    self.owner = owner
    self.now = now
  }

  mutating func write(_ item: Extraction.Item) throws {
    switch item {
    case .product(let product): try write(product)
    case .post(let post): try write(post)
    case .creator(let creator): try write(creator)
    }
  }

  private mutating func write(_ product: Product) throws {
    let offer = product.offer
    let currency = (offer.price ?? offer.listPrice)?.currency.code
    let known = try database.firstRow(
      """
      SELECT id, price, list_price, currency, availability, run_id FROM item WHERE address_id = ?
      """, [owner])
    let id = try upsert(
      .product,
      [
        "name": product.name, "brand": product.brand, "retailer": product.retailer,
        "category": product.category, "sku": product.sku, "gtin": product.gtin,
        "color": product.color, "description": product.description,
        "price": offer.price?.amount, "list_price": offer.listPrice?.amount, "currency": currency,
        "availability": offer.availability?.rawValue,
        "evidence": EvidenceJSON.encode(product.evidence),
      ])
    let oldPrice = known?[1] as Amount?
    let oldCurrency = known?[3] as String?
    let oldAvailability = known?[4] as String?
    if let known {
      if let old = oldPrice, let new = offer.price,
        old != new.amount || oldCurrency != new.currency.code
      {
        try emit(
          .price, of: id, old: "\(old) \(oldCurrency ?? "")", new: new.description)
      }
      if let old = oldAvailability.flatMap(Availability.init), let new = offer.availability,
        old != new
      {
        try emit(
          new == .soldOut ? .soldOut : .back, of: id, old: old.rawValue, new: new.rawValue)
      }
      if oldPrice != offer.price?.amount || (known[2] as Amount?) != offer.listPrice?.amount
        || oldCurrency != currency || oldAvailability != offer.availability?.rawValue
      {
        try addOffer(offer, currency: currency, of: id)
      }
    } else {
      try addOffer(offer, currency: currency, of: id)
      try emit(.new, of: id)
    }
    try setImages(product.images, of: id)
    try database.run("DELETE FROM variant WHERE item_id = ?", [id])
    for (position, variant) in product.variants.enumerated() {
      let picture = try variant.image.flatMap { try CatalogStore.address($0, in: database) }
      try database.run(
        "INSERT INTO variant VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          id, position, variant.sku, variant.gtin, variant.color, variant.size, picture,
          variant.offer.price?.amount, variant.offer.listPrice?.amount,
          (variant.offer.price ?? variant.offer.listPrice)?.currency.code,
          variant.offer.availability?.rawValue,
        ])
    }
  }

  private mutating func write(_ post: Post) throws {
    let isKnown = try isKnown()
    let id = try upsert(
      .post,
      [
        "description": post.caption, "published": post.published,
        "hashtags": post.hashtags.isEmpty ? nil : post.hashtags.joined(separator: " "),
        "creator_id": try post.creator.flatMap { try CatalogStore.address($0, in: database) },
        "evidence": EvidenceJSON.encode(post.evidence),
      ])
    if !isKnown { try emit(.post, of: id) }
    try setImages(post.heroImage.map { [$0] } ?? [], of: id)
    try database.run("DELETE FROM tag WHERE item_id = ?", [id])
    for (position, url) in post.products.enumerated() {
      guard let address = try CatalogStore.address(url, in: database) else { continue }
      try database.run("INSERT INTO tag VALUES (?, ?, ?)", [id, position, address])
    }
  }

  private mutating func write(_ creator: Creator) throws {
    let isKnown = try isKnown()
    let id = try upsert(
      .creator,
      [
        "name": creator.name, "handle": creator.handle, "description": creator.biography,
        "evidence": EvidenceJSON.encode(creator.evidence),
      ])
    if !isKnown { try emit(.new, of: id) }
  }

  private func isKnown() throws -> Bool {
    try database.integer("SELECT 1 FROM item WHERE address_id = ?", [owner]) != nil
  }

  private mutating func emit(
    _ kind: ChangeKind, of item: ID<Item>, old: String? = nil, new: String? = nil
  ) throws {
    try CatalogStore.emit(
      kind, of: item, run: lease.run, old: old, new: new, now: now, in: database)
    events.append(kind)
  }

  /// Inserts or updates the item of the address; a column not named becomes `NULL`.
  private func upsert(
    _ kind: ItemKind, _ columns: KeyValuePairs<String, (any DatabaseValueConvertible)?>
  ) throws -> ID<Item> {
    let names = columns.map(\.key)
    let changed = names.filter { $0 != "evidence" }
      .map { "\($0) IS NOT excluded.\($0)" }.joined(separator: " OR ")
    var arguments: StatementArguments = [
      kind.rawValue, owner, lease.site, lease.run, now, now, now,
    ]
    arguments += StatementArguments(columns.map(\.value))
    guard
      let id = try Int64.fetchOne(
        database.cachedStatement(
          sql: """
            INSERT INTO item (kind, address_id, site_id, run_id, first_seen, last_seen, changed_at,
              \(names.joined(separator: ", ")))
            VALUES (\(Array(repeating: "?", count: 7 + names.count).joined(separator: ", ")))
            ON CONFLICT (address_id) DO UPDATE SET kind = excluded.kind, last_seen = excluded.last_seen,
              changed_at = CASE WHEN \(changed) THEN excluded.changed_at ELSE changed_at END,
              \(names.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
            RETURNING id
            """), arguments: arguments)
    else { preconditionFailure("an upsert returns its row") }
    return ID(id)
  }

  private func addOffer(_ offer: Offer, currency: String?, of item: ID<Item>) throws {
    try database.run(
      """
      INSERT INTO offer (item_id, observed_at, price, list_price, currency, availability)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      [
        item, now, offer.price?.amount, offer.listPrice?.amount, currency,
        offer.availability?.rawValue,
      ])
  }

  /// Replaces the item's pictures; an address shown before keeps the run that first saw it.
  private func setImages(_ images: [CanonicalURL], of item: ID<Item>) throws {
    let addresses = try images.compactMap { try CatalogStore.address($0, in: database) }
    let known = try database.rows(
      "SELECT address_id, run_id FROM item_image WHERE item_id = ? ORDER BY position", [item])
    if known.map({ $0[0] as ID<Address> }) == addresses { return }
    let runs = Dictionary(
      known.map { ($0[0] as ID<Address>, $0[1] as ID<Run>) },
      uniquingKeysWith: { first, _ in first })
    try database.run("DELETE FROM item_image WHERE item_id = ?", [item])
    for (position, address) in addresses.enumerated() {
      try database.run(
        "INSERT INTO item_image VALUES (?, ?, ?, ?)",
        [item, position, address, runs[address] ?? lease.run])
    }
    // A picture known from elsewhere brings no fetch that could tell of the change.
    for address in addresses where runs[address] == nil {
      try CatalogStore.tellOfNewPicture(
        at: address, item: item, run: lease.run, now: now, in: database)
    }
  }
}

/// The evidence column: an array of arrays `[field, syntax, path, raw, value, 0|1]`.
enum EvidenceJSON {
  static func encode(_ evidence: [Evidence]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(evidence.count * 96 + 2)
    bytes.append(UInt8(ascii: "["))
    for (index, entry) in evidence.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(UInt8(ascii: "["))
      for text in [entry.field, entry.syntax.rawValue, entry.path, entry.raw, entry.value] {
        append(text, to: &bytes)
        bytes.append(UInt8(ascii: ","))
      }
      bytes.append(UInt8(ascii: entry.isChosen ? "1" : "0"))
      bytes.append(UInt8(ascii: "]"))
    }
    bytes.append(UInt8(ascii: "]"))
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        bytes.append(contentsOf: Array("\\u00".utf8))
        bytes.append(UInt8(ascii: byte < 0x10 ? "0" : "1"))
        bytes.append(Array("0123456789abcdef".utf8)[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Reads what `encode` wrote.
  static func decode(_ text: String) throws -> [Evidence] {
    try JSONDecoder().decode([Row].self, from: Data(text.utf8)).map(\.evidence)
  }

  private struct Row: Decodable {
    let evidence: Evidence

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      evidence = Evidence(
        field: try container.decode(String.self), syntax: try container.decode(Syntax.self),
        path: try container.decode(String.self), raw: try container.decode(String.self),
        value: try container.decode(String.self), isChosen: try container.decode(Int.self) == 1)
    }
  }
}
