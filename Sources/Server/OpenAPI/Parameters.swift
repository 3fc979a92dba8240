import Catalog

/// The parameters that several routes share.
extension Operation.Parameter {
  static func id(_ what: String) -> Self {
    Self("id", ["type": "integer", "minimum": 1], "The row id of \(what).", isPath: true)
  }

  private static func list(_ name: String, _ summary: String) -> Self {
    Self(
      name, ["type": "array", "items": ["type": "string"]], summary + " May stand more than once.",
      isRepeatable: true)
  }

  private static let price: JSON = ["type": "string", "pattern": #"^-?\d+(\.\d{1,4})?$"#]

  /// Which items a query is about: `ItemFilter`.
  static let filters: [Self] = [
    Self(
      "kind",
      ["type": "array", "items": ["type": "string", "enum": ["product", "post", "creator"]]],
      "Kinds of items. May stand more than once.", isRepeatable: true),
    Self("price_min", price, "The lowest price, in whatever currency the item has."),
    Self("price_max", price, "The highest price, in whatever currency the item has."),
    list("currency", "ISO 4217 codes."),
    list("retailer", "Names of shops."),
    list("brand", "Names of brands."),
    list("category", "Names of categories."),
    list("creator", "Handles or profile addresses: the creator, their posts and what these tag."),
    Self(
      "availability", ["type": "string", "enum": ["in_stock", "sold_out"]],
      "Whether it can be bought."),
    Self(
      "seen_since", ["type": "string"],
      "First seen then or later: RFC 3339, or an age such as 30m, 24h, 7d, 2w."),
    Self(
      "colour",
      [
        "type": "array",
        "items": [
          "type": "string", "enum": .array(ColourName.allCases.map { .string($0.description) }),
        ],
      ],
      "Pictures whose middle shows that colour on a tenth or more; of items, those with such a "
        + "picture. May stand more than once.", isRepeatable: true),
    Self(
      "shot", ["type": "string", "enum": ["product", "scene"]],
      "Pictures of a product on a plain ground, or of a scene; of items, those with such a picture."
    ),
    list(
      "looks_like",
      "Categories: pictures of no categorised product that look like those of one; of items, those "
        + "with such a picture."),
    Self("include_gone", ["type": "boolean"], "Also items that are no longer offered."),
  ]

  private static let example: JSON = ["type": "string", "pattern": #"^\d+(:\d*\.?\d+)?$"#]

  static let search: [Self] = [
    Self(
      "k", ["type": "integer", "minimum": 1, "maximum": 1000, "default": 24],
      "Hits wanted at each level; at most 2,000 of all levels together."),
    Self(
      "variety", ["type": "string", "pattern": "^(all|[1-5](,[1-5])*)$", "default": "1"],
      "Levels 1 to 5: the hits are every 1st, 64th, 256th, 1,024th, 4,096th rank. Several separated "
        + "by commas, or all."),
    Self(
      "crop", ["type": "string"],
      "Search by a part of the picture: x,y,width,height as fractions of its sides."),
    Self(
      "fold", ["type": "boolean", "default": true],
      "Show pictures that are the same picture, and near duplicates, as one hit."),
    Self(
      "one_per", ["type": "string", "enum": ["picture", "product"], "default": "picture"],
      "What folds into one hit: a picture with its copies, or a product with all its pictures, of "
        + "which the closest is shown."),
    Self(
      "offset", ["type": "integer", "minimum": 0, "maximum": 10_000, "default": 0],
      "Hits of each level to pass over, for the next page of an answer."),
    Self(
      "snapshot", ["type": "string"],
      "The snapshot of the answer whose next page this is, so that the pages fit together while "
        + "pictures come in. Kept for five minutes."),
    Self(
      "more", ["type": "array", "items": example],
      "Pictures of the catalog that the hits shall look like too, as id or id:weight (1). May stand "
        + "more than once.", isRepeatable: true),
    Self(
      "less", ["type": "array", "items": example],
      "Pictures of the catalog that the hits shall not look like, as id or id:weight (0.5). May stand "
        + "more than once.", isRepeatable: true),
    Self(
      "min_score", ["type": "number", "minimum": -1, "maximum": 1], "The smallest score of a hit."),
    Self(
      "rerank", ["type": "string"],
      "Another model of the catalog, by its ID: it ranks the first hits of variety 1 again."),
    Self(
      "rerank_depth",
      [
        "type": "integer", "minimum": 1, "maximum": .integer(Reranking.maxDepth),
        "default": .integer(Reranking.defaultDepth),
      ],
      "How many hits the second model ranks."),
    Self(
      "recall", ["type": "number", "minimum": 0, "maximum": 1],
      "The share of the exact hits to be found on average, for less time; without it, all."),
  ]

  static let searchSource: [Self] = [
    Self(
      "text", ["type": "string", "maxLength": .integer(SearchQuery.maxTextLength)],
      "Search by words, where the model has a text encoder."),
    Self("item", ["type": "integer", "minimum": 1], "Search by an item's picture."),
    Self("image", ["type": "integer", "minimum": 1], "Search by a picture of the catalog."),
    Self("box", ["type": "integer", "minimum": 1], "Search by a box in a picture of the catalog."),
    Self(
      "url", ["type": "string", "format": "uri"],
      "Search by the known picture, or the known page's picture, at this address. Nothing is fetched."
    ),
  ]

  static let limit = Self(
    "limit", ["type": "integer", "minimum": 1, "maximum": 500, "default": 60], "How many at most.")
}
