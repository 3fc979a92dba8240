import Catalog

/// What a site's recipe says beyond the generic readers: selectors for fields, by kind of page.
///
/// A recipe overrides; what it leaves out is read as on any other site. See `docs/extraction.md`.
package struct Recipe: Sendable {
  /// The folder's name.
  package let name: String
  /// Hosts, each exact or `*.example.com`.
  package let hosts: [String]
  let rules: [Rule]

  /// What a recipe says about one kind of page.
  struct Rule: Sendable {
    enum Kind: String, Sendable, CaseIterable {
      case product, post, creator, listing, ignore
    }
    var kind: Kind
    /// A path with `*` for any run of characters; `nil` for every path.
    var path: String?
    /// Must find something for the rule to hold.
    var condition: Selector?
    /// Alternatives for each field, the first that finds something wins.
    var fields: [(name: String, alternatives: [Selector])]
  }

  package func applies(to url: CanonicalURL) -> Bool {
    let authority = url.authority
    let host = url.host
    return hosts.contains { pattern in
      pattern.hasPrefix("*.")
        ? host == pattern.dropFirst(2) || host.hasSuffix(pattern.dropFirst())
        : host == pattern || authority == pattern
    }
  }

  /// Whether `pattern`, in which `*` stands for anything, is the whole of `path`. Linear in the path
  /// for each `*`.
  static func matches(_ path: String, pattern: String) -> Bool {
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    var rest = path[...]
    for (offset, piece) in pieces.enumerated() {
      if offset == 0 {
        guard rest.hasPrefix(piece) else { return false }
        rest = rest.dropFirst(piece.count)
      } else if offset == pieces.count - 1 {
        return rest.hasSuffix(piece)
      } else if let found = rest.firstRange(of: piece) {
        rest = rest[found.upperBound...]
      } else if !piece.isEmpty {
        return false
      }
    }
    return rest.isEmpty
  }

  /// The names that a rule's fields may have, by kind of page.
  static let fieldNames: [Rule.Kind: Set<String>] = [
    .product: [
      "name", "brand", "retailer", "category", "sku", "gtin", "color", "description", "price",
      "list_price", "currency", "availability", "images",
    ],
    .post: ["creator", "image", "caption", "hashtags", "published", "products"],
    .creator: ["name", "handle", "biography", "posts", "profile"],
    .listing: ["links", "next"],
    .ignore: [],
  ]
}
