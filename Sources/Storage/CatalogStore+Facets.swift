import Catalog
import GRDB

/// How many items have each value of a field, most first.
package struct Facet: Sendable {
  package enum Field: String, Sendable, CaseIterable {
    case kind, currency, retailer, brand, category, availability, colour, shot
    case looksLike = "looks_like"
  }

  package var field: Field
  package var values: [(value: String, count: Int)]
}

extension CatalogStore {
  /// The values of `fields` among the items that pass the filter.
  ///
  /// Of colour, shot and likeness an item has the values of those of its pictures that pass the filter.
  ///
  /// - Parameter limit: most values a field.
  package func facets(
    of fields: [Facet.Field] = Facet.Field.allCases, matching filter: ItemFilter, limit: Int = 50
  ) async throws(StorageError) -> [Facet] {
    try await read { database in
      let pictures =
        fields.contains(.colour) || fields.contains(.shot)
        ? try Self.pictureFacets(matching: filter, in: database) : []
      return try fields.map { field in
        if let facet = pictures.first(where: { $0.field == field }) { return facet }
        if field == .looksLike {
          return try Self.likenessFacet(matching: filter, limit: limit, in: database)
        }
        return try Self.facet(field, matching: filter, limit: limit, in: database)
      }
    }
  }

  private static func facet(
    _ field: Facet.Field, matching filter: ItemFilter, limit: Int, in database: Database
  ) throws -> Facet {
    let (condition, arguments) = filter.condition
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT \(field), count(*) FROM item WHERE \(field) IS NOT NULL AND \(condition)
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?
        """, arguments: arguments + [limit])
    return Facet(
      field: field,
      values: rows.compactMap { row in
        guard field == .kind else { return (row[0], row[1]) }
        return ItemKind(rawValue: row[0]).map { ($0.name, row[1]) }
      })
  }

  private static func likenessFacet(
    matching filter: ItemFilter, limit: Int, in database: Database
  ) throws -> Facet {
    let (condition, arguments) = filter.condition
    let pictures = filter.pictureCondition
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT image.looks_like, count(DISTINCT item.id)
        FROM \(itemsAndImages)
        WHERE image.looks_like IS NOT NULL AND \(pictures?.sql ?? "1") AND \(condition)
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?
        """, arguments: (pictures?.arguments ?? []) + arguments + [limit])
    return Facet(field: .looksLike, values: rows.map { ($0[0], $0[1]) })
  }

  /// Colours and shots in one pass over the pictures.
  private static func pictureFacets(matching filter: ItemFilter, in database: Database) throws
    -> [Facet]
  {
    let colours = ColourName.allCases.map {
      (value: $0.description, isShown: "image.colours >> \($0.rawValue) & 1")
    }
    let shots = ShotKind.allCases.map { (value: $0.rawValue, isShown: $0.condition) }
    let values = colours + shots
    let (condition, arguments) = filter.condition
    let pictures = filter.pictureCondition
    let flags = values.enumerated().map { "max(\($1.isShown)) AS v\($0)" }
    let sums = values.indices.map { "coalesce(sum(v\($0)), 0)" }
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT \(sums.joined(separator: ", ")) FROM (
          SELECT \(flags.joined(separator: ", "))
          FROM \(itemsAndImages)
          WHERE \(pictures?.sql ?? "1") AND \(condition) GROUP BY item.id)
        """, arguments: (pictures?.arguments ?? []) + arguments)
    func facet(_ field: Facet.Field, _ places: Range<Int>) -> Facet {
      let counted = places.map { (value: values[$0].value, count: row?[$0] as Int? ?? 0) }
      return Facet(
        field: field, values: counted.filter { $0.count > 0 }.sorted { $0.count > $1.count })
    }
    return [
      facet(.colour, 0..<colours.count), facet(.shot, colours.count..<values.count),
    ]
  }
}
