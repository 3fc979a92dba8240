import Catalog
import GRDB

/// What the catalog says of a picture by the product that shows it.
package struct PictureLabels: Sendable, Equatable {
  package var image: ID<ImageRecord>
  /// The first product that shows the picture, or another of its group.
  package var product: ID<Item>
  package var name: String?
  package var brand: String?
  package var category: String?
  package var price: Money?

  package init(
    image: ID<ImageRecord>, product: ID<Item>, name: String? = nil, brand: String? = nil,
    category: String? = nil, price: Money? = nil
  ) {
    self.image = image
    self.product = product
    self.name = name
    self.brand = brand
    self.category = category
    self.price = price
  }
}

/// A picture, and what a product with a category that shows it says it is: that with the first address.
package struct PictureCategory: Sendable, Equatable {
  package var image: ID<ImageRecord>
  /// `nil`, as is the category, where no product with a category shows it.
  package var product: ID<Item>?
  package var category: String?

  package init(image: ID<ImageRecord>, product: ID<Item>? = nil, category: String? = nil) {
    self.image = image
    self.product = product
    self.category = category
  }
}

extension CatalogStore {
  /// The pictures of products that have a vector of `model`, newest first; one of each group, so that
  /// copies of a picture count once.
  package func pictureLabels(model: String, limit: Int) async throws(StorageError)
    -> [PictureLabels]
  {
    try await read { database in
      try database.rows(
        """
        WITH \(Self.embeddedGroups),
        shown (group_id, item_id) AS (\(Self.firstProducts))
        SELECT image_id, item.id, name, brand, category, price, list_price, currency, availability
        FROM embedded JOIN shown USING (group_id) JOIN item ON item.id = item_id
        ORDER BY image_id DESC LIMIT ?
        """, [model, limit]
      ).map {
        PictureLabels(
          image: $0[0], product: $0[1], name: $0[2], brand: $0[3], category: $0[4],
          price: Offer(row: $0, from: 5).price)
      }
    }
  }

  /// Each group of pictures with a vector of a model, which is the argument, and the one of them with
  /// the smallest hash: it does not matter in which order they came.
  private static let embeddedGroups = """
    embedded (group_id, image_id, hash) AS (
      SELECT group_id, image.id, min(image.hash) FROM embedding JOIN image ON image.id = image_id
      WHERE state = 1 AND model_id = (SELECT id FROM model WHERE name = ?) GROUP BY group_id)
    """

  /// Every picture that has a vector of `model`, newest first, one of each group, and the category that
  /// a product says it has.
  package func pictureCategories(model: String) async throws(StorageError) -> [PictureCategory] {
    try await read { database in
      try database.rows(
        """
        WITH \(Self.embeddedGroups),
        named (group_id, item_id, url) AS (
          SELECT image.group_id, item.id, min(page.url) FROM \(Self.itemsAndImages)
          JOIN frontier page ON page.id = item.address_id
          WHERE item.kind = 0 AND item.category IS NOT NULL GROUP BY image.group_id)
        SELECT image_id, item.id, category FROM embedded LEFT JOIN named USING (group_id)
          LEFT JOIN item ON item.id = item_id
        ORDER BY image_id DESC
        """, [model]
      ).map { PictureCategory(image: $0[0], product: $0[1], category: $0[2]) }
    }
  }

  /// Keeps what each picture, with its copies, looks like; `nil` for nothing that can be told.
  ///
  /// - Returns: how many pictures look like something else than before.
  package func keepLikeness(_ likeness: [(image: ID<ImageRecord>, category: String?)])
    async throws(StorageError) -> Int
  {
    try await write { connection in
      var changed = 0
      for (image, category) in likeness {
        try connection.run(
          """
          UPDATE image SET looks_like = ?2
          WHERE group_id = (SELECT group_id FROM image WHERE id = ?1) AND looks_like IS NOT ?2
          """, image, category)
        changed += connection.changeCount
      }
      return changed
    }
  }
}
