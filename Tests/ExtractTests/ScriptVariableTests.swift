import Catalog
import Testing

@testable import Extract

@Suite struct ScriptVariableTests {
  private func page(_ script: String, body: String = "<p class=price>39,00 €</p>") -> String {
    """
    <html lang=de><title>Weste - Laden</title><h1>Weste</h1>\(body)<button>In den Warenkorb</button>
    <script>\(script)</script></html>
    """
  }

  private let url = "https://shop.example/weste"

  @Test(arguments: [
    "var product_sku = 'V-17', productBrand = \"Lumen\";",
    "window.productSku='V-17'\nwindow.productBrand='Lumen'\n",
    "let productReference = 'V-17'; const product_manufacturer = 'Lumen';",
  ])
  func `what scripts assign by name adds to a product`(script: String) throws {
    let product = try #require(try read(page(script), url: url).product)
    #expect(product.sku == "V-17")
    #expect(product.brand == "Lumen")
  }

  @Test func `a price from a variable counts where nothing else gives one`() throws {
    let body = "<meta property=og:type content=product><meta property=og:title content=Weste>"
    let script = "var productPrice = 39.5; var currencyCode = 'EUR'; var productId = 4711;"
    #expect(try read(page(script, body: body), url: url).product?.price == "39.50 EUR")
    #expect(
      try read(page(script.replacing("39.5", with: "39.508400"), body: body), url: url).product?
        .price == nil)
    #expect(try read(page(script), url: url).product?.price == "39.00 EUR")
  }

  @Test(arguments: [
    // A member, a comparison, what code computes, two values, one fact alone, what is empty.
    "item.productSku = 'V-17'; item.productBrand = 'Lumen';",
    "if (productSku == 'V-17' && productBrand == 'Lumen') {}",
    "var productSku = 'V-17' + n; var productBrand = 'Lumen'.trim();",
    "productSku = 'V-17'; productBrand = 'Lumen'; productSku = 'V-18'; productBrand = 'Tarn';",
    "var productSku = 'V-17';", "var productSku = ''; var productBrand = '';",
    "var productSku = 'V-17\nvar productBrand = 'Lumen;",
  ])
  func `what may mean something else does not count`(script: String) throws {
    let product = try #require(try read(page(script), url: url).product)
    #expect(product.sku == nil)
    #expect(product.brand == nil)
  }

  @Test func `variables make no product of a page`() throws {
    let script = "var productSku = 'V-17'; var productPrice = '39.00'; var currencyCode = 'EUR';"
    #expect(
      try read("<title>Blog</title><h1>News</h1><script>\(script)</script>", url: url).item == nil)
  }
}
