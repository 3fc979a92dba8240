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

extension CatalogStore {
  /// The pictures of products that have a vector of `model`, newest first; one of each group, so that
  /// copies of a picture count once.
  package func pictureLabels(model: String, limit: Int) async throws(StorageError)
    -> [PictureLabels]
  {
    try await read { database in
      try database.rows(
        """
        WITH embedded (group_id, image_id) AS (
          SELECT group_id, min(image.id) FROM embedding JOIN image ON image.id = image_id
          WHERE state = 1 AND model_id = (SELECT id FROM model WHERE name = ?) GROUP BY group_id),
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
}
