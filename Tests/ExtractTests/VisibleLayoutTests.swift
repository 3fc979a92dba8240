import Catalog
import Testing

@testable import Extract

/// What the visible page says by its labels and its layout, where no class word and no data helps.
@Suite struct VisibleLayoutTests {
  private func page(_ body: String, title: String = "Blue lamp - Shop", lang: String = "en")
    -> String
  {
    """
    <html lang=\(lang)><title>\(title)</title><body><nav><a href=/>Shop</a></nav>
    <main><h1>Blue lamp</h1>\(body)</main></body></html>
    """
  }

  private let buy = "<button>Add to cart</button>"

  @Test func `stock of a pickup is not that of the thing`() throws {
    let json = """
      {"product": {"name": "Blue lamp", "sku": "AB-7314", "price": 60, "currency": "USD",
        "availability": {"pickup": {"purchasable": false}, "shipping": {"purchasable": true}}}}
      """
    let body = "<script type='application/json'>\(json)</script>"
    #expect(try read(page(body)).product?.offer.availability == .inStock)
  }
}
