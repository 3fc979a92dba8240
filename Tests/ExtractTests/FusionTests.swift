import Catalog
import Testing

@testable import Extract

@Suite struct FusionTests {
  private func product(of html: String, recipe fields: String) throws -> Product {
    let recipe = try Recipe.parse(
      "hosts: [shop.example]\npages:\n  - kind: product\n    fields: {\(fields)}", name: "shop")
    let page = FetchedPage(
      url: try CanonicalURL("https://shop.example/p/1"), body: Array(html.utf8),
      contentType: "text/html")
    return try #require(try PageReader(recipes: [recipe]).read(page).product)
  }

  private let chair = linked(
    """
    {"@type":"Product","name":"Oak Chair","sku":"A-1","offers":{"price":"250","priceCurrency":"USD",
    "availability":"OutOfStock"}}
    """)

  @Test(arguments: [
    "category: {value: Chairs}", "name: {value: The chair}, category: {value: Chairs}",
  ])
  func `a recipe leaves what it does not speak of to the page's data`(fields: String) throws {
    let product = try product(of: chair, recipe: fields)
    #expect(product.category == "Chairs")
    #expect(product.price == "250.00 USD")
    #expect(product.sku == "A-1")
    #expect(product.offer.availability == .soldOut)
    #expect(product.name == (fields.hasPrefix("name") ? "The chair" : "Oak Chair"))
  }

  @Test func `a recipe does not bring another product's data in`() throws {
    let product = try product(
      of: """
        <h1>Oak Chair</h1><script type="application/ld+json">[{"@type":"Product","name":"Oak Chair"},
        {"@type":"Product","name":"Pine Table","sku":"T","offers":{"price":9,"priceCurrency":"USD"}}]
        </script>
        """, recipe: "color: {value: Brown}")
    #expect(product.name == "Oak Chair")
    #expect(product.color == "Brown")
    #expect(product.sku == nil)
    #expect(product.price == nil)
  }

  private func card(_ number: Int, inMicrodata: Bool) -> String {
    inMicrodata
      ? """
      <article itemscope itemtype="http://schema.org/Product"><a itemprop=url href="/p/\(number)">
      <b itemprop=name>Mug No. \(number)</b></a><div itemprop=offers itemscope
      itemtype="http://schema.org/Offer"><meta itemprop=priceCurrency content=EUR>
      <i itemprop=price content="\(number).90">€\(number).90</i></div></article>
      """
      : """
      <li><a href="/p/\(number)">Mug No. \(number)</a> €\(number).90<script type="application/ld+json">
      {"@type":"Product","name":"Mug No. \(number)","url":"https://shop.example/p/\(number)",
      "offers":{"price":\(number).9,"priceCurrency":"EUR"}}</script></li>
      """
  }

  @Test(arguments: [1, 2, 5, 24], [true, false])
  func `products that are all sold on other pages are a list`(count: Int, inMicrodata: Bool)
    throws
  {
    let cards = (1...count).map { card($0, inMicrodata: inMicrodata) }.joined()
    let extraction = try read(
      """
      <title>Mugs</title><meta property="og:url" content="https://shop.example/c/mugs"><h1>Mugs</h1>
      <ul>\(cards)</ul>
      """, url: "https://shop.example/c/mugs")
    #expect(extraction.item == nil)
    #expect(extraction.kind == .listing)
    #expect(extraction.links.contains { $0.url.path == "/p/1" })
  }

  @Test(arguments: [true, false])
  func `the page's own product outweighs the shelf beside it`(inMicrodata: Bool) throws {
    let cards = (2...4).map { card($0, inMicrodata: inMicrodata) }.joined()
    for own in [#""url":"https://shop.example/p/1""#, #""url":"/moved/mug-1""#] {
      let product = try #require(
        try read(
          """
          <title>Mug No. 1 | Shop</title><h1>Mug No. 1</h1><script type="application/ld+json">
          {"@type":"Product","name":"Mug No. 1",\(own),"offers":{"price":12,"priceCurrency":"EUR"}}
          </script><ul>\(cards)</ul>
          """
        ).product)
      #expect(product.name == "Mug No. 1")
      #expect(product.price == "12.00 EUR")
    }
  }

  @Test func `what begins with the heading's name is a variant, unless the heading is a brand`()
    throws
  {
    func page(_ heading: String) -> String {
      let cards = ["Red", "Blue"].map {
        """
        {"@type":"Product","name":"Oak Chair \($0)","brand":"Oak","url":"/p/oak-\($0)","sku":"\($0)",
        "offers":{"price":12,"priceCurrency":"EUR"}}
        """
      }
      return """
        <html lang=en><title>\(heading)</title><h1>\(heading)</h1><script
        type="application/ld+json">[\(cards.joined(separator: ","))]</script></html>
        """
    }
    #expect(try read(page("Oak Chair")).product?.price == "12.00 EUR")
    #expect(try read(page("Oak")).item == nil)
    #expect(try read(page("Chairs")).item == nil)
  }

  @Test func `a group of products is no product`() throws {
    let html = """
      <title>Mugs</title><meta property="og:type" content="product.group">
      <meta property="og:title" content="Mugs">
      """
    #expect(try read(html, url: "https://shop.example/c/mugs").item == nil)
    #expect(
      try read(html.replacing(".group", with: ".item")).product?.name == "Mugs")
  }

  @Test(arguments: [
    ("1.299", "EUR", "1.299,00 €", "1299.00 EUR"), ("2.45", "EUR", "2.450 €", "2450.00 EUR"),
    ("129.900", "COP", "$129.900", "129900.00 COP"), ("1250", "EUR", "12,50 €", "12.50 EUR"),
    // The page shows the very amount, or nothing that explains it.
    ("1250", "EUR", "1.250 €", "1250.00 EUR"),
    ("1.25", "EUR", "12,50 €", "1.25 EUR"),
  ])
  func `the amount that the page shows tells what a slipped point means`(
    raw: String, currency: String, shown: String, price: String
  ) throws {
    let body = """
      <html lang=\(currency == "COP" ? "es-CO" : "de")><title>Oak Chair</title><h1>Oak Chair</h1>
      <div class=price>\(shown)</div><button class=add-to-cart>+</button>
      """
    let heads = [
      """
      <script type="application/ld+json">{"@type":"Product","name":"Oak Chair",
      "offers":{"price":"\(raw)","priceCurrency":"\(currency)"}}</script>
      """,
      """
      <meta property="og:type" content=product><meta property="og:title" content="Oak Chair">
      <meta property="product:price:amount" content="\(raw)">
      <meta property="product:price:currency" content="\(currency)">
      """,
    ]
    for head in heads where raw != "1.25" || head.contains("ld+json") {
      #expect(try read(body + head).product?.price == price)
    }
  }

  @Test func `prices in two currencies do not explain each other`() throws {
    let product = try read(
      """
      <html lang=en-US><title>Fan</title><h1>Fan</h1><div class=price>$12.50</div>
      <script type="application/ld+json">{"@type":"Product","name":"Fan","sku":"1",
      "offers":{"price":"1250","priceCurrency":"JPY"}}</script></html>
      """
    ).product
    #expect(product?.price == "1250.00 JPY")
  }

  @Test func `three decimals that nothing explains are a guess`() throws {
    let product = try #require(
      try read(
        linked(
          """
          {"@type":"Product","name":"Thing","offers":{"price":"1.299","priceCurrency":"EUR"}}
          """)
      ).product)
    #expect(product.price == "1.299 EUR")
    let evidence = try #require(product.evidence.first { $0.field == "price" })
    #expect(evidence.reason?.contains("guess") ?? false)
  }

  @Test func `a currency that only the region tells is evidence`() throws {
    let product = try #require(
      try read(
        """
        <html lang=nl><title>Stoel</title><h1>Stoel</h1><script type="application/ld+json">
        {"@type":"Product","name":"Stoel","offers":{"price":"39.00"}}</script></html>
        """
      ).product)
    #expect(product.price == "39.00 EUR")
    let evidence = try #require(product.evidence.first { $0.field == "currency" })
    #expect(evidence.path == "region")
    #expect(evidence.raw == "NL")
  }

  @Test(arguments: [
    ("<p class=stock>Ausverkauft</p>", "p.stock", "Ausverkauft"),
    (
      "<button class=add-to-cart>In den Warenkorb</button>", "button.add-to-cart",
      "In den Warenkorb"
    ),
    ("<em>Ausverkauft</em>", "em", "Ausverkauft"),
  ])
  func `stock is told from where it stands`(markup: String, path: String, raw: String) throws {
    let product = try #require(
      try read(
        """
        <html lang=de><title>Stuhl</title><h1>Stuhl</h1><p class=sku>Art.-Nr. 77123</p>
        <p class=price>39,00 €</p>\(markup)</html>
        """
      ).product)
    let evidence = try #require(product.evidence.first { $0.field == "availability" })
    #expect(evidence.path.hasSuffix(path))
    #expect(evidence.raw == raw)
  }
}
