/// A row of the catalog: `ID<Product>` and `ID<ImageRecord>` do not mix.
///
/// The raw value is the row's positive SQLite row id; an image's is its key in the vector index too.
package struct ID<Of>: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let rawValue: Int64

  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  package var description: String { String(rawValue) }
}

extension ID: Codable {
  package init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(Int64.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// A web site that is crawled under one set of scope rules.
package enum Site {}
