import Catalog

/// A product, post or creator in the catalog.
package enum Item {}

/// What an item is; the raw values are on disk.
package enum ItemKind: Int, Sendable, CaseIterable, Codable {
  case product = 0
  case post = 1
  case creator = 2

  package var name: String {
    switch self {
    case .product: "product"
    case .post: "post"
    case .creator: "creator"
    }
  }

  package init?(name: some StringProtocol) {
    guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = kind
  }
}
