import Catalog

/// Shopify's `products.json`: products that name their page by a handle.
enum ShopifyFeed {
  /// `/products/HANDLE` for each product; nothing for other payloads.
  static func productAddresses(_ tape: JSONTape, context: PageContext) -> [String] {
    guard let products = tape.root?["products"], products.isArray else { return [] }
    return products.members.prefix(context.limits.links).compactMap { product in
      guard product["variants"] != nil, let handle = product["handle"]?.string,
        !handle.contains("/")
      else { return nil }
      return "/products/\(handle)"
    }
  }
}
