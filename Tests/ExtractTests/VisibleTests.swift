import Catalog
import Testing

@testable import Extract

@Suite struct VisibleTests {
  private func page(_ body: String, lang: String = "de") -> String {
    "<html lang=\(lang)><body><nav><a href=/>Shop</a></nav><main>\(body)</main></body></html>"
  }

  @Test(arguments: [
    (
      "<h1>Hose</h1><p class=price><s>69,00 €</s> 1.299,00 €</p><p class=stock>Auf Lager</p>",
      "1299.00 EUR"
    ),
    (
      "<h1>Hose</h1><b class=old-price>99 €</b><b class=sale-price>49,95 €</b><button>In den Warenkorb</button>",
      "49.95 EUR"
    ),
    (
      "<h1>Hose</h1><div class=product-price><span>CHF 1’299.00</span></div><p class=sku>Art.-Nr. A1234</p>",
      "1299.00 CHF"
    ),
  ])
  func `the price that is paid is told from the old one`(body: String, price: String) throws {
    #expect(try read(page(body)).product?.price == price)
  }

  @Test func `a struck price is the list price`() throws {
    let product = try read(
      page(
        "<h1>Hose</h1><p class=price><del>99,00 €</del> 49,00 €</p><p class=stock>Ausverkauft</p>")
    ).product
    #expect(product?.offer.listPrice?.description == "99.00 EUR")
    #expect(product?.offer.availability == .soldOut)
  }

  @Test func `shipping and related products are no price`() throws {
    let product = try read(
      page(
        """
        <h1>Rock</h1><p class=ship>Versand ab 4,95 €</p><p class=price>20,00 €</p><p class=stock>An Lager</p>
        </main><aside><h2>Mehr</h2><ul><li><a href=/x>X</a> <span class=price>9,00 €</span></li></ul></aside>
        """)
    ).product
    #expect(product?.price == "20.00 EUR")
  }

  @Test func `a grid of cards is a listing and no product`() throws {
    let cards = (1...6).map {
      "<li class=card><a href=/p/\($0)>P\($0)</a> <span>\($0)0,00 €</span></li>"
    }
    let extraction = try read(
      page("<h1>Röcke</h1><ul>\(cards.joined())</ul><a rel=next href='?page=2'>›</a>"))
    #expect(extraction.item == nil)
    #expect(extraction.kind == .listing)
    #expect(extraction.links.last?.kind == .listing)
  }

  @Test func `labels in tables and lists give numbers and brand`() throws {
    let product = try read(
      page(
        """
        <h1>Lampe</h1><p class=price>20 €</p><table><tr><th>Marke</th><td>Lumen</td></tr>
        <tr><th>EAN</th><td>4006381333931</td></tr></table><dl><dt>Artikelnummer</dt><dd>L-100</dd></dl>
        """)
    ).product
    #expect(product?.brand == "Lumen")
    #expect(product?.gtin == "4006381333931")
    #expect(product?.sku == "L-100")
  }

  @Test func `swatches with numbers are variants`() throws {
    let product = try read(
      page(
        """
        <h1>Tee</h1><p class=price>20 €</p><p class=stock>Auf Lager</p>
        <button class=swatch title=Rot data-sku=T-1 data-image=/r.jpg></button>
        <button class=swatch title=Blau data-sku=T-2 data-image=/b.jpg></button>
        """)
    ).product
    #expect(product?.variants.map(\.sku) == ["T-1", "T-2"])
    #expect(product?.variants.map(\.color) == ["Rot", "Blau"])
    #expect(product?.variants.first?.image?.path == "/r.jpg")
  }

  @Test func `a post without data is known by author, time and what it sells`() throws {
    let extraction = try read(
      page(
        """
        <a rel=author href=/ava>Ava</a><time datetime="2025-06-01T08:00:00+00:00">1 June</time>
        <img class=hero src=/h.jpg><p class=caption>Look #ootd #naerø</p>
        <ul><li><a rel=sponsored href=/go/1>A</a> $20</li><li><a rel=sponsored href=/go/2>B</a> $30</li></ul>
        """))
    let post = try #require(extraction.post)
    #expect(post.hashtags == ["ootd", "naerø"])
    #expect(post.products.map { String($0.path) } == ["/go/1", "/go/2"])
    #expect(extraction.links.filter { $0.url.path.hasPrefix("/go/") }.allSatisfy { !$0.isNoFollow })
  }

  @Test func `OpenGraph's product tags are read and the site's name is dropped`() throws {
    let product = try read(
      """
      <html lang=fr><meta property="og:type" content=product><meta property="og:title" content="Robe | Galeria">
      <meta property="og:site_name" content=Galeria><meta property="og:image" content="//shop.example/1.jpg">
      <meta property="og:image" content="/2.jpg"><meta property="product:original_price:amount" content="80">
      <meta property="product:sale_price:amount" content="60"><meta property="product:sale_price:currency" content=EUR>
      <meta property="product:availability" content=oos><meta property="product:retailer_item_id" content=R-1>
      """
    ).product
    #expect(product?.name == "Robe")
    #expect(product?.price == "60.00 EUR")
    #expect(product?.offer.listPrice?.description == "80.00 EUR")
    #expect(product?.offer.availability == .soldOut)
    #expect(product?.retailer == "Galeria")
    #expect(product?.pictures == ["/1.jpg", "/2.jpg"])
  }

  @Test func `a list with one tile is no product, a gallery of one is`() throws {
    let page = { (entry: String) in
      """
      <html lang=en><title>Skirts | Shop</title><main><h1>Skirts</h1><ul class=grid><li>\(entry)</li></ul>
      <p class=note>Everyday things</p></main></html>
      """
    }
    let tile =
      "<a href=/item/47><img src=/a/47.jpg>Pleated Skirt</a><br><span class=price>$74.90</span>"
    let gallery =
      "<a href=/a/large.jpg><img src=/a/47.jpg>Zoom</a><br><span class=price>$74.90</span>"
    for (entry, isProduct) in [(tile, false), (gallery, true)] {
      let extraction = try PageReader().read(
        FetchedPage(
          url: try CanonicalURL("https://shop.example/shop/skirts"), body: Array(page(entry).utf8),
          contentType: "text/html"))
      #expect((extraction.product != nil) == isProduct)
    }
  }

  /// What a page says of stock that shows a thing with a number and a price beside this markup.
  private func stock(_ markup: String, number: String = "<p>SKU: L-100</p>") throws -> Availability?
  {
    try read(
      """
      <html lang=en><title>Lamp</title><main><h1>Lamp</h1>\(number)<div class=gallery><img src=/1.jpg></div>
      <div class=price><b>$60</b></div>\(markup)</main></html>
      """
    ).product?.offer.availability
  }

  @Test(arguments: [
    "<div class=price><span class='badge price__badge-sold-out'>Sold out</span></div>",
    "<span class='badge badge--sold-out'>Sold out</span>", "<div class=price><i>Sold out</i></div>",
  ])
  func `a badge that a style sheet hides gives way to a button to buy`(badge: String) throws {
    #expect(try stock(badge + "<button>Add to cart</button>") == .inStock)
    #expect(try stock(badge + "<button class=add-to-cart disabled>Sold out</button>") == .soldOut)
    #expect(try stock(badge + "<button class=add-to-cart>Sold out</button>") == .soldOut)
  }

  @Test func `a class of stock is believed beside a button to buy`() throws {
    #expect(
      try stock("<p class=stock>Sold out</p><button>Add to cart</button>") == .soldOut)
  }

  @Test(arguments: [
    "Dieser Artikel ist leider ausverkauft.", "Produto esgotado", "Produit épuisé",
    "En rupture de stock", "Prodotto non disponibile", "Notify me when available",
  ])
  func `a short sentence says sold out where nothing is to be bought`(text: String) throws {
    #expect(try stock("<p>\(text)</p>") == .soldOut)
    #expect(try stock("<p>\(text)</p>", number: "") == .soldOut)
    #expect(try stock("<p>\(text)</p><button>Add to cart</button>") == .inStock)
    #expect(try stock("<ul><li>\(text)</li></ul>") == nil)
  }

  @Test(arguments: ["verfuegbarkeit", "estoque", "dostepnosc", "voorraad"])
  func `classes of stock are known in many languages`(word: String) throws {
    let text = "<p class=\(word)>Derzeit leider nicht lieferbar, wir informieren Sie gern</p>"
    #expect(try stock(text) == .soldOut)
  }

  @Test func `words of sold-out things inside a text say nothing`() throws {
    #expect(try stock("<p>The first batch was sold out in two days.</p>") == nil)
    #expect(try stock("<p>Currently unavailable in store</p>") == nil)
  }

  @Test func `a sentence makes no product of a page`() throws {
    let page = "<h1>News</h1><p><b>$60</b> shoes</p><p>Tickets are sold out</p>"
    #expect(try read("<html lang=en>\(page)</html>").product == nil)
  }

  @Test(arguments: [("outofstock", Availability.soldOut), ("instock", .inStock)])
  func `the class of the box around the heading tells its stock`(
    word: String, expected: Availability
  ) throws {
    let html = """
      <html lang=en><div class="product type-product post-12 \(word) purchasable"><h1>Vest</h1>
      <p class=price>€39.00</p><ul><li class="product outofstock"><a href=/p/2><img src=/2.jpg>Other</a>
      <li class="product instock"><a href=/p/3><img src=/3.jpg>Third</a></ul></div></html>
      """
    let product = try read(html).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.availability == expected)
  }
}
