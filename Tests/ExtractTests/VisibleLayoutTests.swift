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

  @Test(arguments: [
    // A label of prices before the amount, in a cell, a term or the same line.
    (
      "<table><tr><td>Weight<td>2 kg<tr><td>Our price:<td>$60<tr><td>You save:<td>$45</table>",
      "60.00 USD"
    ),
    ("<p><b>$75</b> <i>gift box</i></p><p><span>Price:</span> <span>$60</span></p>", "60.00 USD"),
    ("<p><span>Rabat: <b>$75</b></span></p><p><span>$60</span></p>", "60.00 USD"),
    ("<dl><dt>Cena<dd><b>60 zł</b><dt>Oszczędzasz<dd><b>75 zł</b></dl>", "60.00 PLN"),
    // What a unit costs, and what is without tax, is not the lower of two.
    ("<p><span>8,71 €</span> <span>(4,36 € / 100 ml)</span></p>", "8.71 EUR"),
    ("<p><span>40,00 €</span> <span>Brez DDV: 36,53 €</span></p>", "40.00 EUR"),
    // What is added to the price.
    (
      "<p><span>499€</span></p><p><label>Insurance for 5 years +44.00€</label></p>", "499.00 EUR"
    ),
    // A row of several amounts compares things.
    (
      """
      <p><span>$60</span></p>
      <table><tr><th>Price<td><b>$75</b><td><b>$80</b><tr><th>Size<td>small<td>large</table>
      """,
      "60.00 USD"
    ),
    // A box whose only number has a class of old prices still gives its currency.
    ("<p class=price>€ <b id=normalPriceAmount>56,74</b></p>", "56.74 EUR"),
    // What is put away by an attribute.
    ("<p class=price hidden>$75</p><p><b>$60</b></p>", "60.00 USD"),
    // A link with a picture shows another thing.
    (
      "<p><b>$60</b></p><section><a href=/p/2><img src=2.jpg><b class=price>$75</b></a></section>",
      "60.00 USD"
    ),
  ])
  func `the price is told without classes`(body: String, price: String) throws {
    #expect(try read(page(body + buy)).product?.price == price)
  }

  @Test func `three alike with a link, a picture and a number are cards`() throws {
    let tiles = (1...4).map {
      "<div><a href=/p/\($0)0><img src=\($0).jpg> <b>Lamp \($0)</b></a> <i>$\($0)0</i></div>"
    }
    let soldOut = "<p>Sold out</p><p>Product code: 7314</p>"
    let product = try read(page("\(soldOut)<section>\(tiles.joined())</section>")).product
    #expect(product?.offer.availability == .soldOut)
    #expect(product != nil && product?.price == nil)
  }

  @Test func `what is beside the heading's own box and like it is no card`() throws {
    let box = "class='page-detail'"
    let product = try read(
      """
      <title>Blue lamp</title><div \(box)><h1>Blue lamp</h1><a href=/help>Help</a></div>
      <div \(box)><p class=price>$60</p><p>Brand: Acme</p><a href=/more>More</a></div>
      """
    ).product
    #expect(product?.price == "60.00 USD")
    #expect(product?.brand == "Acme")
  }

  @Test func `cards may have headings of the first rank`() throws {
    let cards = (2...4).map {
      "<li><a href=/p/\($0)><h1>Lamp \($0)</h1><b class=price>$\($0)0</b></a></li>"
    }
    let product = try read(
      page("<ul>\(cards.joined())</ul><p>Text.</p><p><b>$90</b></p>\(buy)")
    ).product
    #expect(product?.price == "90.00 USD")
  }

  @Test(arguments: [
    "<p style='display:none'>Sold out</p>", "<div class=hide><p>Sold out</p></div>",
    "<p hidden>Sold out</p>", "<p class='stock ng-hide'>Out of stock</p>",
    "<dl><dt>Click & collect<dd><p class=availability>Not available for this item</dl>",
    "<dl><dt>Works with<dd>information not available</dl>",
    "<table><tr><td>International delivery<td class=availability>not available</table>",
  ])
  func `what is put away or said of something else is no stock`(body: String) throws {
    let product = try read(page("<p class=price>$60</p>\(body)")).product
    #expect(product != nil && product?.offer.availability == nil)
  }

  @Test(arguments: [
    "<p class='d-none d-md-block'>Sold out</p>", "<p>Sold out</p>",
    "<dl><dt>Availability<dd>currently not available</dl>",
    "<table><tr><td>Stock<td>sold out</table>",
  ])
  func `what a visitor sees is`(body: String) throws {
    let product = try read(page("<p class=price>$60</p>\(body)")).product
    #expect(product?.offer.availability == .soldOut)
  }

  @Test func `a number and a brand under labels make a product without a price`() throws {
    let body = "<img src=/lamp.jpg width=600 height=600><p>Code: <b>AB-7314</b></p>"
    let numbered = page("<p>Product code: <b>AB-7314</b></p><p>Brand: <b>Acme</b></p>\(body)")
    let product = try read(numbered).product
    #expect(product?.sku == "AB-7314")
    #expect(product?.brand == "Acme")
    #expect(try read(page("<p>Brand: <b>Acme</b></p>\(body)")).item == nil)
  }

  @Test func `of a brand and a longer text that begins with it the brand is taken`() throws {
    let body = """
      <h2 class=brandname><a href=/acme>Acme</a></h2><h1>Blue lamp</h1><p class=price>$60</p>
      <div class=follow-brand><a class=follow-brand-link href=/acme>Acme show all</a></div>
      """
    #expect(try read("<title>Blue lamp</title>\(body)\(buy)").product?.brand == "Acme")
  }

  @Test func `what the trail leaves away of the heading is the brand`() throws {
    let trail =
      "<div class=breadcrumb><a href=/>Shop</a> <a href=/l>Lamps</a> <b>Blue lamp</b></div>"
    let heading = "<h1><span>Acme</span> <span>Blue lamp</span></h1><p class=price>$60</p>\(buy)"
    let title = "<title>Acme Blue lamp - Shop</title>"
    #expect(try read("\(title)\(trail)\(heading)").product?.brand == "Acme")
    #expect(try read("\(title)\(heading)").product?.brand == nil)
  }

  @Test func `stock of a pickup is not that of the thing`() throws {
    let json = """
      {"product": {"name": "Blue lamp", "sku": "AB-7314", "price": 60, "currency": "USD",
        "availability": {"pickup": {"purchasable": false}, "shipping": {"purchasable": true}}}}
      """
    let body = "<script type='application/json'>\(json)</script>"
    #expect(try read(page(body)).product?.offer.availability == .inStock)
  }
}
