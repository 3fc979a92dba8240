import Catalog

/// Writes one item and the events that tell it from what was known. Rows that are as they were are
/// left alone.
struct ItemWriter {
  let connection: Connection
  /// Those of the item's page.
  let addresses: PageAddresses
  let lease: Lease
  /// The address whose item it is.
  let owner: ID<Address>
  let now: Timestamp
  let occasion: Occasion

  /// Why an item is written.
  enum Occasion {
    /// Its page was fetched now: what differs, the shop has changed.
    case visit
    /// A page that was fetched at that moment is read again: what differs, *we* read differently.
    ///
    /// That is no event. Whoever follows the changes acts on what shops do: a price that was misread for
    /// weeks did not fall on the day a recipe was mended, an item we overlooked was not put on sale
    /// that day, and the pictures of a better gallery were there all along.
    case rereading(Timestamp)
  }

  /// When the item was seen to be as it is written.
  private var seenAt: Timestamp {
    switch occasion {
    case .visit: now
    case .rereading(let fetchedAt): fetchedAt
    }
  }

  /// What the catalog has of the item.
  private struct Known {
    let id: ID<Item>
    let run: ID<Run>
    let terms: Terms
  }

  /// An offer as its columns.
  private struct Terms: Equatable {
    var price: Amount?
    var listPrice: Amount?
    var currency: String?
    var availability: String?

    init(price: Amount?, listPrice: Amount?, currency: String?, availability: String?) {
      self.price = price
      self.listPrice = listPrice
      self.currency = currency
      self.availability = availability
    }

    init(_ offer: Offer = Offer()) {
      self.init(
        price: offer.price?.amount, listPrice: offer.listPrice?.amount,
        currency: (offer.price ?? offer.listPrice)?.currency.code,
        availability: offer.availability?.rawValue)
    }
  }

  /// What a page says of an item, as its columns; what it does not say is `NULL`.
  private struct Columns {
    var name: String?
    var brand: String?
    var retailer: String?
    var category: String?
    var sku: String?
    var gtin: String?
    var color: String?
    var description: String?
    var terms = Terms()
    var handle: String?
    var published: String?
    var hashtags: String?
    var creator: ID<Address>?
  }

  func write(_ item: Extraction.Item) throws {
    switch item {
    case .product(let product): try write(product)
    case .post(let post): try write(post)
    case .creator(let creator): try write(creator)
    }
  }

  private func write(_ product: Product) throws {
    let terms = Terms(product.offer)
    let known = try known()
    let id = try put(
      .product,
      Columns(
        name: product.name, brand: product.brand, retailer: product.retailer,
        category: product.category, sku: product.sku, gtin: product.gtin, color: product.color,
        description: product.description, terms: terms),
      evidence: product.evidence, known)
    if let known {
      try tell(of: known.terms, becoming: terms, product.offer, item: id)
    } else {
      try emit(.new, of: id)
    }
    if known?.terms != terms { try setOffer(terms, of: id) }
    try setImages(product.images, of: id, known)
    try setVariants(product.variants, of: id, known)
  }

  private func write(_ post: Post) throws {
    let known = try known()
    let hashtags = post.hashtags.isEmpty ? nil : post.hashtags.joined(separator: " ")
    let id = try put(
      .post,
      Columns(
        description: post.caption, published: post.published, hashtags: hashtags,
        creator: try post.creator.flatMap { try addresses.id(of: $0, in: connection) }),
      evidence: post.evidence, known)
    if known == nil { try emit(.post, of: id) }
    try setImages(post.heroImage.map { [$0] } ?? [], of: id, known)
    try setTags(post.products, of: id, known)
  }

  private func write(_ creator: Creator) throws {
    let known = try known()
    let id = try put(
      .creator,
      Columns(name: creator.name, description: creator.biography, handle: creator.handle),
      evidence: creator.evidence, known)
    if known == nil { try emit(.new, of: id) }
  }

  // MARK: The item's row

  private func known() throws -> Known? {
    try connection.first(
      """
      SELECT id, run_id, price, list_price, currency, availability FROM item WHERE address_id = ?
      """, owner
    ) { row in
      Known(
        id: row[0], run: row[1],
        terms: Terms(price: row[2], listPrice: row[3], currency: row[4], availability: row[5]))
    }
  }

  private func put(_ kind: ItemKind, _ columns: Columns, evidence: [Evidence], _ known: Known?)
    throws -> ID<Item>
  {
    let evidence = EvidenceJSON.encode(evidence)
    guard let known else {
      try connection.run(
        """
        INSERT INTO item (kind, address_id, site_id, run_id, first_seen, last_seen, changed_at,
          name, brand, retailer, category, sku, gtin, color, description, price, list_price,
          currency, availability, handle, published, hashtags, creator_id, evidence)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?23, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
          ?18, ?19, ?20, ?21, ?22)
        """,
        kind.rawValue, owner, lease.site, lease.run, seenAt, columns.name, columns.brand,
        columns.retailer, columns.category, columns.sku, columns.gtin, columns.color,
        columns.description, columns.terms.price, columns.terms.listPrice, columns.terms.currency,
        columns.terms.availability, columns.handle, columns.published, columns.hashtags,
        columns.creator, evidence, now)
      return ID(connection.lastInsertedID)
    }
    try connection.run(
      """
      UPDATE item SET kind = ?1, last_seen = max(last_seen, ?21), changed_at = CASE WHEN
          name IS NOT ?3 OR brand IS NOT ?4 OR retailer IS NOT ?5 OR category IS NOT ?6
          OR sku IS NOT ?7 OR gtin IS NOT ?8 OR color IS NOT ?9 OR description IS NOT ?10
          OR price IS NOT ?11 OR list_price IS NOT ?12 OR currency IS NOT ?13
          OR availability IS NOT ?14 OR handle IS NOT ?15 OR published IS NOT ?16
          OR hashtags IS NOT ?17 OR creator_id IS NOT ?18
        THEN ?2 ELSE changed_at END,
        name = ?3, brand = ?4, retailer = ?5, category = ?6, sku = ?7, gtin = ?8, color = ?9,
        description = ?10, price = ?11, list_price = ?12, currency = ?13, availability = ?14,
        handle = ?15, published = ?16, hashtags = ?17, creator_id = ?18, evidence = ?19
      WHERE id = ?20
      """,
      kind.rawValue, now, columns.name, columns.brand, columns.retailer, columns.category,
      columns.sku, columns.gtin, columns.color, columns.description, columns.terms.price,
      columns.terms.listPrice, columns.terms.currency, columns.terms.availability, columns.handle,
      columns.published, columns.hashtags, columns.creator, evidence, known.id, seenAt)
    return known.id
  }

  private func emit(
    _ kind: ChangeKind, of item: ID<Item>, old: String? = nil, new: String? = nil
  ) throws {
    guard case .visit = occasion else { return }
    try CatalogStore.emit(
      kind, of: item, run: lease.run, old: old, new: new, now: now, in: connection)
  }

  // MARK: Offers

  private func tell(of old: Terms, becoming new: Terms, _ offer: Offer, item: ID<Item>) throws {
    if let before = old.price, let now = offer.price,
      before != now.amount || old.currency != now.currency.code
    {
      try emit(.price, of: item, old: "\(before) \(old.currency ?? "")", new: now.description)
    }
    if let before = old.availability, let now = offer.availability, before != now.rawValue {
      try emit(now == .soldOut ? .soldOut : .back, of: item, old: before, new: now.rawValue)
    }
  }

  /// Adds what the shop asks to the item's history.
  ///
  /// The history says what was asked when. A page that is read again tells what was asked at its fetch:
  /// a row of that moment was misread and is put right; where there is none, because nothing had seemed
  /// to change, that moment is the first of which the right terms are known. Older rows stay, for the
  /// pages behind them are not kept.
  private func setOffer(_ terms: Terms, of item: ID<Item>) throws {
    if case .rereading(let fetchedAt) = occasion {
      try connection.run(
        "DELETE FROM offer WHERE item_id = ? AND observed_at = ?", item, fetchedAt)
    }
    try connection.run(
      """
      INSERT INTO offer (item_id, observed_at, price, list_price, currency, availability)
      VALUES (?, ?, ?, ?, ?, ?)
      """, item, seenAt, terms.price, terms.listPrice, terms.currency, terms.availability)
  }

  // MARK: What hangs on the item

  /// Replaces the item's pictures; an address shown before keeps the run that first saw it.
  private func setImages(_ images: [CanonicalURL], of item: ID<Item>, _ known: Known?) throws {
    let shown = try images.compactMap { try addresses.id(of: $0, in: connection) }
    var runs: [ID<Address>: ID<Run>] = [:]
    if known != nil {
      let before = try connection.rows(
        "SELECT address_id, run_id FROM item_image WHERE item_id = ? ORDER BY position", item
      ) { row -> (address: ID<Address>, run: ID<Run>) in (row[0], row[1]) }
      if before.map(\.address) == shown { return }
      for (address, run) in before where runs[address] == nil { runs[address] = run }
      try connection.run("DELETE FROM item_image WHERE item_id = ?", item)
    }
    // Counted to the item's first run, a picture makes no event when it is fetched.
    var newRun = lease.run
    if case .rereading = occasion, let known { newRun = known.run }
    for (position, address) in shown.enumerated() {
      try connection.run(
        "INSERT INTO item_image VALUES (?, ?, ?, ?)", item, position, address,
        runs[address] ?? newRun)
    }
    guard case .visit = occasion, let known, known.run != lease.run else { return }
    // A picture known from elsewhere, or kept out, brings no fetch that could tell of the change.
    for address in shown where runs[address] == nil {
      try CatalogStore.tellOfNewPicture(
        at: address, item: item, run: lease.run, now: now, in: connection)
    }
  }

  private struct VariantRow: Equatable {
    var sku: String?
    var gtin: String?
    var color: String?
    var size: String?
    var picture: ID<Address>?
    var terms: Terms
  }

  private func setVariants(_ variants: [Variant], of item: ID<Item>, _ known: Known?) throws {
    let rows = try variants.map { variant in
      VariantRow(
        sku: variant.sku, gtin: variant.gtin, color: variant.color, size: variant.size,
        picture: try variant.image.flatMap { try addresses.id(of: $0, in: connection) },
        terms: Terms(variant.offer))
    }
    if known != nil {
      let before = try connection.rows(
        """
        SELECT sku, gtin, color, size, address_id, price, list_price, currency, availability
        FROM variant WHERE item_id = ? ORDER BY position
        """, item
      ) { row in
        VariantRow(
          sku: row[0], gtin: row[1], color: row[2], size: row[3], picture: row[4],
          terms: Terms(price: row[5], listPrice: row[6], currency: row[7], availability: row[8]))
      }
      if before == rows { return }
      try connection.run("DELETE FROM variant WHERE item_id = ?", item)
    }
    for (position, row) in rows.enumerated() {
      try connection.run(
        "INSERT INTO variant VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", item, position, row.sku,
        row.gtin, row.color, row.size, row.picture, row.terms.price, row.terms.listPrice,
        row.terms.currency, row.terms.availability)
    }
  }

  private func setTags(_ products: [CanonicalURL], of item: ID<Item>, _ known: Known?) throws {
    // A product without a row leaves its position empty.
    let tags = try products.enumerated().compactMap { position, url in
      try addresses.id(of: url, in: connection).map { (position, $0) }
    }
    if known != nil {
      let before = try connection.rows(
        "SELECT position, address_id FROM tag WHERE item_id = ? ORDER BY position", item
      ) { row -> (Int, ID<Address>) in (row[0], row[1]) }
      if before.elementsEqual(tags, by: ==) { return }
      try connection.run("DELETE FROM tag WHERE item_id = ?", item)
    }
    for (position, address) in tags {
      try connection.run("INSERT INTO tag VALUES (?, ?, ?)", item, position, address)
    }
  }
}
