import Catalog
import Storage

/// The values of the filters' fields with how many items have them.
///
/// A field's values are counted without that field's own filter: they tell what choosing another
/// value would bring.
struct Facets: Sendable {
  struct Value: Sendable, JSONWritable {
    var value: String
    var label: String?
    var count: Int

    func write(to json: inout JSONWriter) {
      json.object {
        $0.member("value", value)
        $0.member("label", label)
        $0.member("count", count)
      }
    }
  }

  private var fields: [(name: String, values: [Value])] = []

  static let maxCreators = 50

  fileprivate static func counted(_ filter: ItemFilter, in store: CatalogStore)
    async throws(StorageError)
    -> Facets
  {
    let free = Facet.Field.allCases.filter { filter.without($0) == filter }
    var counted = try await store.facets(of: free, matching: filter)
    for field in Facet.Field.allCases where !free.contains(field) {
      counted += try await store.facets(of: [field], matching: filter.without(field))
    }
    var facets = Facets()
    facets.fields = counted.map { facet in
      let values = facet.values.map { Value(value: $0.value, label: nil, count: $0.count) }
      return (facet.field.rawValue, values)
    }
    var creators = ItemFilter()
    creators.kinds = [.creator]
    let found = try await store.items(matching: creators, limit: maxCreators)
    facets.fields.append(
      (
        "creator",
        found.map {
          Value(value: $0.handle ?? $0.url.string, label: $0.name, count: $0.linked.count)
        }.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
      ))
    return facets
  }
}

extension FilterCache<Facets> {
  convenience init(facetsIn store: CatalogStore) { self.init(store, read: Facets.counted) }
}

extension Facets: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      for (name, values) in fields { json.member(name, values) }
    }
  }
}

extension ItemFilter {
  /// The filter with one field's condition left out.
  fileprivate func without(_ field: Facet.Field) -> ItemFilter {
    var filter = self
    switch field {
    case .kind: filter.kinds = []
    case .currency: filter.currencies = []
    case .retailer: filter.retailers = []
    case .brand: filter.brands = []
    case .category: filter.categories = []
    case .availability: filter.availability = nil
    case .colour: filter.colours = []
    case .shot: filter.shot = nil
    case .looksLike: filter.looksLike = []
    }
    return filter
  }
}
