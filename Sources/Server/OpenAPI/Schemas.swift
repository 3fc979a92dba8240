import Catalog
import Storage

/// The schemas of bodies; a test holds every answer of the server against them.
enum Schemas {
  static func reference(_ name: String) -> JSON {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  private static let string: JSON = ["type": "string"]
  private static let text: JSON = ["type": ["string", "null"]]
  private static let integer: JSON = ["type": "integer"]
  private static let number: JSON = ["type": "number"]
  private static let boolean: JSON = ["type": "boolean"]
  private static let moment: JSON = ["type": "string", "format": "date-time"]
  private static let decimal: JSON = ["type": ["string", "null"], "pattern": #"^-?\d+\.\d{2,4}$"#]

  private static func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }
  private static func nullable(_ name: String) -> JSON {
    ["anyOf": [reference(name), ["type": "null"]]]
  }
  private static func map(_ values: JSON) -> JSON {
    ["type": "object", "additionalProperties": values]
  }

  /// An object that has these members, all of them and no others.
  private static func object(_ members: [(String, JSON)]) -> JSON {
    [
      "type": "object", "properties": .object(members),
      "required": .array(members.map { .string($0.0) }), "additionalProperties": false,
    ]
  }

  static let all: [(String, JSON)] = [
    ("Image", image), ("Offer", object(offer)), ("PastOffer", object(pastOffer)),
    ("Variant", variant), ("ItemSummary", object(summary)), ("Item", object(summary + details)),
    ("ItemPage", itemPage), ("ItemDetail", itemDetail), ("Evidence", evidence),
    ("Change", change), ("ChangePage", changePage), ("Hit", hit), ("SearchAnswer", searchAnswer),
    ("SearchRequest", searchRequest), ("SearchBatch", searchBatch),
    ("SearchBatchAnswer", searchBatchAnswer), ("SearchForm", searchForm),
    ("Statistics", statistics), ("Box", box), ("Boxes", boxes), ("BoxEdits", boxEdits),
    ("SeenBoxes", seenBoxes), ("Copies", copies),
    ("Health", object([("status", ["const": "ok"])])), ("Readiness", readiness),
    ("Problem", problem),
  ]

  private static let image = object([
    ("id", integer), ("group", integer), ("url", string), ("sha256", string),
    ("media_type", string), ("width", integer), ("height", integer),
    ("colours", ["type": ["array", "null"], "items": string]),
    ("product_shot", ["type": ["number", "null"]]), ("looks_like", text),
    ("href", string), ("thumbnail", string),
  ])

  private static let copies = object([
    ("group", integer),
    ("copies", list(object([("image", reference("Image")), ("urls", list(string))]))),
    (
      "judgements",
      list(
        object([
          ("verdict", ["enum": ["apart", "together"]]), ("image", ["type": ["integer", "null"]]),
          ("sha256", string), ("judged_at", moment),
        ]))
    ),
  ])

  private static let offer: [(String, JSON)] = [
    ("price", decimal), ("list_price", decimal), ("currency", text),
    ("availability", ["enum": ["in_stock", "sold_out", nil]]),
  ]
  private static let pastOffer = [("observed_at", moment)] + offer

  private static let variant = object(
    [("sku", text), ("gtin", text), ("color", text), ("size", text)] + offer
      + [("image", nullable("Image"))])

  private static let summary: [(String, JSON)] =
    [
      ("id", integer), ("kind", ["enum": ["product", "post", "creator"]]), ("url", string),
      ("name", text), ("text", text), ("brand", text), ("retailer", text), ("category", text),
      ("handle", text),
    ] + offer + [
      ("first_seen", moment), ("last_seen", moment), ("is_gone", boolean), ("href", string),
    ]

  private static let details: [(String, JSON)] = [
    ("sku", text), ("gtin", text), ("color", text), ("changed_at", moment), ("published", text),
    ("hashtags", list(string)), ("creator", text), ("linked", list(string)),
    ("images", list(reference("Image"))), ("variants", list(reference("Variant"))),
  ]

  private static let facet = list(
    object([("value", string), ("label", text), ("count", integer)]))

  private static let itemPage = object([
    ("items", list(reference("Item"))), ("next_cursor", text),
    ("facets", ["anyOf": [map(facet), ["type": "null"]]]),
  ])

  private static let itemDetail = object([
    ("item", reference("Item")), ("offers", list(reference("PastOffer"))),
    ("evidence", list(reference("Evidence"))), ("linked_items", list(reference("Item"))),
    ("creator_item", nullable("Item")),
  ])

  private static let evidence = object([
    ("field", string), ("syntax", string), ("path", string), ("raw", string), ("value", string),
    ("reason", text), ("is_chosen", boolean),
  ])

  private static let change = object([
    ("cursor", integer), ("kind", .changeKinds), ("at", moment), ("item", integer),
    ("item_kind", string), ("url", string), ("name", text), ("old", text), ("new", text),
    ("href", string),
  ])

  private static let changePage = object([
    ("changes", list(reference("Change"))), ("next_cursor", integer), ("has_more", boolean),
  ])

  private static let hit = object([
    ("score", number), ("rank", integer), ("folded", integer), ("same_picture", boolean),
    ("rerank_score", ["type": ["number", "null"]]),
    ("box", nullable("Box")), ("image", nullable("Image")),
    ("items", list(reference("ItemSummary"))),
  ])

  private static let region = [("x", number), ("y", number), ("width", number), ("height", number)]

  private static let box = object(
    [("id", integer)] + region + [
      ("name", string), ("score", ["type": ["number", "null"]]), ("edited", boolean),
    ])

  private static let boxes = object([
    ("detector", text), ("kept", boolean), ("revision", integer),
    (
      "boxes",
      list(
        object(
          [("id", ["type": ["integer", "null"]])] + region + [
            ("name", string), ("score", ["type": ["number", "null"]]), ("edited", boolean),
          ]))
    ),
  ])

  private static let boxEdits: JSON = [
    "type": "object", "required": ["boxes"], "additionalProperties": false,
    "properties": [
      "revision": integer,
      "boxes": [
        "type": "array", "maxItems": .integer(BoxEdits.limit),
        "items": [
          "type": "object", "required": ["x", "y", "width", "height"],
          "additionalProperties": false,
          "properties": .object(
            [("id", integer)] + region + [
              ("name", ["type": "string", "maxLength": .integer(Detection.nameLimit)])
            ]),
        ],
      ],
    ],
  ]

  private static let seenBox = object(region + [("name", string), ("score", number)])

  /// What a detector sees in a picture that is sent.
  private static let seenBoxes = object([("detector", string), ("boxes", list(seenBox))])

  private static let searchAnswer = object([
    (
      "query",
      object([
        ("image", nullable("Image")), ("box", nullable("Box")), ("item", nullable("ItemSummary")),
        ("more", list(reference("Image"))), ("less", list(reference("Image"))),
      ])
    ),
    ("offset", integer), ("snapshot", string),
    (
      "levels",
      list(object([("variety", integer), ("stride", integer), ("hits", list(reference("Hit")))]))
    ),
    (
      "statistics",
      object(
        ["candidates", "probed", "scanned", "refined", "scored", "compared", "passes"]
          .map { ($0, integer) })
    ),
    ("model", text), ("rerank", text), ("generation", integer), ("indexed", integer),
    ("took_ms", number),
  ])

  /// What JSON and forms carry beside what the query may: the parameters are the same.
  private static var searchFields: [(String, JSON)] {
    (Operation.Parameter.searchSource + Operation.Parameter.search).map { ($0.name, $0.schema) }
  }

  private static let filterMember: (String, JSON) = (
    "filter",
    [
      "type": "object",
      "properties": .object(Operation.Parameter.filters.map { ($0.name, $0.schema) }),
    ]
  )

  private static let searchRequest: JSON = [
    "type": "object",
    "properties": .object(
      searchFields + [
        ("vector", list(number)), filterMember,
      ]),
  ]

  private static let searchBatch: JSON = [
    "type": "object", "required": ["queries"],
    "description": .string(
      "What stands beside the queries holds for each that says nothing of it. Together they want at most "
        + SearchBatch.limits.map { "\($0.limit) of \($0.name)" }.joined(separator: ", ") + "."),
    "properties": .object(
      Operation.Parameter.search.map { ($0.name, $0.schema) } + [
        filterMember,
        (
          "queries",
          [
            "type": "array", "items": reference("SearchRequest"),
            "minItems": .integer(SearchBatch.counts.lowerBound),
            "maxItems": .integer(SearchBatch.counts.upperBound),
          ]
        ),
      ]),
  ]

  private static let searchBatchAnswer = object([
    (
      "answers",
      list(object([("answer", nullable("SearchAnswer")), ("problem", nullable("Problem"))]))
    )
  ])

  private static let searchForm: JSON = [
    "type": "object",
    "properties": .object(
      [("picture", ["type": "string", "contentMediaType": "image/*"])] + searchFields
        + Operation.Parameter.filters.map { ($0.name, $0.schema) }),
  ]

  private static let counted = object([("active", integer), ("gone", integer)])

  private static let statistics = object([
    ("version", string), ("started_at", moment),
    (
      "catalog",
      object([
        ("items", object(["product", "post", "creator"].map { ($0, counted) })),
        ("images", integer), ("image_groups", integer), ("image_bytes", integer),
        ("addresses", map(integer)), ("due_addresses", integer),
        (
          "embeddings",
          map(object([("queued", integer), ("done", integer), ("failed", integer)]))
        ),
        ("boxes", object([("standing", integer), ("edited", integer), ("queued", integer)])),
        ("events", integer), ("cursor", integer),
        (
          "last_run",
          [
            "anyOf": [
              object([
                ("started_at", moment), ("finished_at", ["anyOf": [moment, ["type": "null"]]]),
              ]), ["type": "null"],
            ]
          ]
        ),
        (
          "fetch_to_searchable_ms",
          ["anyOf": [object([("median", integer), ("p95", integer)]), ["type": "null"]]]
        ),
        (
          "alarms",
          list(
            object([
              ("site", string), ("field", string), ("filled", integer), ("read", integer),
              ("usual", number),
            ]))
        ),
      ])
    ),
    (
      "index",
      object([
        ("vectors", integer), ("generation", integer), ("model", text),
        ("dimension", ["type": ["integer", "null"]]),
      ])
    ),
    ("model", text), ("text_model", text), ("detector", text), ("edits", boolean),
  ])

  private static let readiness = object([
    ("status", ["enum": ["ready", "not ready"]]), ("catalog", string), ("index", string),
    ("model", string),
  ])

  private static let problem: JSON = [
    "type": "object",
    "properties": [
      "type": ["type": "string", "pattern": "^urn:vitrine:problem:[a-z_]+$"],
      "title": ["type": "string"], "status": ["type": "integer"], "detail": ["type": "string"],
      "code": ["enum": .array(Problem.Code.allCases.map { .string($0.rawValue) })],
      "parameter": ["type": "string"], "retry_after": ["type": "integer"],
    ],
    "required": ["type", "title", "status", "detail", "code"], "additionalProperties": false,
  ]
}
