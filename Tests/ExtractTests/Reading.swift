import Catalog
import Testing

@testable import Extract

/// Reads a page given as text.
func read(
  _ html: String, url: String = "https://shop.example/p/1",
  type: String = "text/html; charset=utf-8",
  kind: TargetKind = .page, limits: ExtractLimits = ExtractLimits()
) throws -> Extraction {
  try PageReader(limits: limits).read(
    FetchedPage(url: try CanonicalURL(url), kind: kind, body: Array(html.utf8), contentType: type))
}

extension Extraction {
  var product: Product? {
    if case .product(let product) = item { product } else { nil }
  }
  var post: Post? {
    if case .post(let post) = item { post } else { nil }
  }
  var creator: Creator? {
    if case .creator(let creator) = item { creator } else { nil }
  }
}

extension Product {
  var price: String? { offer.price?.description }
  var pictures: [String] { images.map { String($0.pathAndQuery) } }
}

/// A page with one JSON-LD script.
func linked(_ json: String) -> String {
  "<html lang=en><h1>Thing</h1><script type='application/ld+json'>\(json)</script></html>"
}
