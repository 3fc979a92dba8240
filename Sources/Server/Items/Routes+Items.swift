import Catalog
import Storage

/// What is served, made of the parts that answer.
struct Interface: Sendable {
  let settings: ServerSettings
  let searcher: Searcher
  let facets: FilterCache<Facets>
  let metrics: Metrics
  let operations: Operations
  let boxes: PictureBoxes

  var store: CatalogStore { searcher.store }

  static let limits = 1...500
  static let defaultLimit = 60

  /// Every address, in the order of the documentation.
  var routes: [Route] {
    searchRoutes + itemRoutes + imageRoutes + boxRoutes + operationRoutes + pageRoutes
  }

  var itemRoutes: [Route] {
    [
      Route(
        pattern: "/v1/items",
        operation: Operation(
          id: "listItems", summary: "Items, freshest first.",
          parameters: Operation.Parameter.filters + [
            .limit,
            .init("cursor", ["type": "string"], "The next_cursor of the page before."),
            .init("facets", ["type": "boolean"], "Also count the values of the filters' fields."),
          ],
          answers: [(200, "A page of items.", .init("application/json", "ItemPage"))],
          problems: [.unknownParameter, .invalidParameter, .catalogNotReady, .rateLimited]),
        answer: items),
      Route(
        pattern: "/v1/items/{id}",
        operation: Operation(
          id: "getItem", summary: "Everything that is known of an item.",
          parameters: [.id("the item")],
          answers: [(200, "The item.", .init("application/json", "ItemDetail"))],
          problems: [.unknownItem, .catalogNotReady, .rateLimited]),
        answer: item),
      Route(
        pattern: "/v1/items/{id}/similar", endsWithClient: true,
        operation: Operation(
          id: "listSimilar", summary: "What looks like the item; the item itself is left out.",
          parameters: [.id("the item")] + Operation.Parameter.search + Operation.Parameter.filters,
          answers: [(200, "The hits.", .init("application/json", "SearchAnswer"))],
          problems: [
            .unknownItem, .noPicture, .unknownParameter, .invalidParameter, .unknownImage,
            .unknownModel, .snapshotGone, .modelNotReady, .catalogNotReady, .rateLimited, .busy,
            .stopping,
          ])
      ) { call async throws(Problem) in
        let query = try SearchQuery(
          source: .item(call.id(.unknownItem)), call.fields, now: call.now)
        let answer = try await searcher.answer(query)
        return Answer.json { answer.members(to: &$0) }
      },
      Route(
        pattern: "/v1/changes",
        operation: Operation(
          id: "listChanges", summary: "What changed, oldest first, behind a cursor.",
          parameters: [
            .init(
              "cursor", ["type": "integer", "minimum": 0, "default": 0],
              "The next_cursor of the answer before; 0 for the beginning."),
            .init(
              "kinds",
              ["type": "array", "items": .changeKinds],
              "Only these kinds, separated by commas or repeated.", isRepeatable: true),
            .limit,
          ],
          answers: [(200, "The changes.", .init("application/json", "ChangePage"))],
          problems: [.unknownParameter, .invalidParameter, .catalogNotReady, .rateLimited]),
        answer: changes),
    ]
  }

  private func items(_ call: Call) async throws(Problem) -> Answer {
    let filter = try ItemFilter(call.fields, now: call.now)
    let limit = try call.fields.integer("limit", in: Self.limits) ?? Self.defaultLimit
    let after = try call.fields.one("cursor").map { text throws(Problem) in
      guard let id = Int64(text), id > 0 else {
        throw .invalid("cursor", "\(Fields.quoted(text)) did not come from here")
      }
      return ID<Item>(id)
    }
    let wantsFacets = try call.fields.flag("facets") ?? false
    // One more tells whether there is a next page.
    let found = try await asking { () async throws(StorageError) in
      try await store.items(matching: filter, after: after, limit: limit + 1)
    }
    let counted =
      wantsFacets
      ? try await asking { () async throws(StorageError) in
        try await facets.value(for: filter)
      } : nil
    let items = Array(found.prefix(limit))
    return Answer.json {
      $0.member("items", items)
      $0.member("next_cursor", found.count > limit ? items.last?.id.description : nil)
      $0.member("facets", counted)
    }
  }

  private func item(_ call: Call) async throws(Problem) -> Answer {
    let id: ID<Item> = try call.id(.unknownItem)
    let found = try await asking { () async throws(StorageError) in try await store.items([id]) }
    guard let item = found.first else { throw Problem(.unknownItem, "no item \(id)") }
    return try await asking { () async throws(StorageError) in
      let offers = try await store.offers(of: id)
      let evidence = try await store.evidence(of: id)
      var linked: [ItemRecord] = []
      for url in item.linked.prefix(Self.maxLinked) {
        if let item = try await store.item(at: url) { linked.append(item) }
      }
      var creator: ItemRecord?
      if let url = item.creator { creator = try await store.item(at: url) }
      return Answer.json { [linked, creator] json in
        json.member("item", item)
        json.member("offers", offers) { json, entry in
          json.object {
            $0.member("observed_at", entry.observedAt)
            entry.offer.members(to: &$0)
          }
        }
        json.member("evidence", evidence)
        json.member("linked_items", linked)
        json.member("creator_item", creator)
      }
    }
  }

  /// Linked items that an item's answer carries; their addresses are all in the item.
  private static let maxLinked = 24

  private func changes(_ call: Call) async throws(Problem) -> Answer {
    let cursor = Int64(try call.fields.integer("cursor", in: 0...Int.max) ?? 0)
    let limit = try call.fields.integer("limit", in: Self.limits) ?? Self.defaultLimit
    var kinds: [ChangeKind] = []
    for text in call.fields.all("kinds").flatMap({ $0.split(separator: ",") }) {
      guard let kind = ChangeKind(rawValue: String(text)) else {
        let known = ChangeKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalid("kinds", "\(Fields.quoted(String(text))) is none of \(known)")
      }
      kinds.append(kind)
    }
    let found = try await asking { [kinds] () async throws(StorageError) in
      try await store.changes(after: cursor, kinds: kinds, limit: limit + 1)
    }
    let changes = Array(found.prefix(limit))
    return Answer.json {
      $0.member("changes", changes)
      $0.member("next_cursor", changes.last?.cursor ?? cursor)
      $0.member("has_more", found.count > limit)
    }
  }
}

extension JSON {
  static let changeKinds: JSON = [
    "type": "string", "enum": .array(ChangeKind.allCases.map { .string($0.rawValue) }),
  ]
}
