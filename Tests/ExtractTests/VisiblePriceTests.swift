import Catalog
import Testing

@testable import Extract

@Suite struct VisiblePriceTests {
  private func page(_ body: String, title: String = "Lamp - Shop", lang: String = "en") -> String {
    """
    <html lang=\(lang)><title>\(title)</title><body><nav><a href=/>Shop</a></nav>
    <main>\(body)<button>Add to cart</button></main></body></html>
    """
  }

  @Test(arguments: [
    // Cents that only their markup sets apart.
    ("<h1>Lamp</h1><p class=price>$229<sup>99</sup></p>", "229.99 USD"),
    ("<h1>Lamp</h1><p class=price><b>173</b><small>34</small> £</p>", "173.34 GBP"),
    ("<h1>Lamp</h1><p class=price>$<span>12</span><span>.</span><span>50</span></p>", "12.50 USD"),
    // The sign in an element of its own, with or without a class.
    ("<h1>Lamp</h1><div><span>249</span> <span>€</span></div>", "249.00 EUR"),
    ("<h1>Lamp</h1><td><b>Sale</b> 7 of 10 <span>2320</span><span> € </span></td>", "2320.00 EUR"),
    // A box that holds more than the price speaks through the price in it.
    (
      "<h1>Lamp</h1><div class=price>save 40% <b>$60</b> <i>or $5 per month</i></div>",
      "60.00 USD"
    ),
    // Words before a number say that it is past.
    ("<h1>Lamp</h1><div class=price><i>Was $90</i><b>$60</b></div>", "60.00 USD"),
    (
      "<h1>Lampe</h1><div class=price><i><b>statt</b> 4,50</i><b>CHF 2.25</b></div>", "2.25 CHF"
    ),
    // Money that is not the price.
    ("<h1>Lamp</h1><p class=delivery-price>$9</p><p><span>$60</span></p>", "60.00 USD"),
    ("<h1>Lamp</h1><p>(1 point = $1)</p><p><span>$60</span></p>", "60.00 USD"),
    (
      "<h1>Lamp</h1><div class=warranty-box><p class=price>$19</p></div><p><span>$60</span></p>",
      "60.00 USD"
    ),
    ("<h1>Lamp</h1><p class=price style='display: none'>$9</p><p><b>$60</b></p>", "60.00 USD"),
    // Large type.
    (
      "<h1>Lamp</h1><p><b>$9</b></p><p><b style='font:bold 27px Verdana'>$60</b></p>", "60.00 USD"
    ),
  ])
  func `the price is told from the money around it`(body: String, price: String) throws {
    #expect(try read(page(body)).product?.price == price)
  }

  @Test(arguments: [
    ("ar-AE", "<p class=price>١٩٩٫٥٠ د.إ</p>", "199.50 AED"),
    ("ja", "<p class=price>２，９８０円</p>", "2980.00 JPY"),
    ("hi", "<p><b>₹१,२४,९९९</b></p>", "124999.00 INR"),
    ("bn", "<p class=price>৳ ১,২৪৯</p>", "1249.00 BDT"),
  ])
  func `prices are seen in the digits of their script`(lang: String, body: String, price: String)
    throws
  {
    #expect(try read(page("<h1>Lamp</h1>\(body)", lang: lang)).product?.price == price)
  }

  @Test(arguments: [
    "<p class=sku>SKU: <span>KR-200</span></p>", "<p>SKU: <span>R450</span></p>",
    "<p>Art.-Nr.: RM20</p>", "<dl><dt>SKU</dt><dd>Lei 12</dd></dl>",
    "<p class=sku><span>GEL-15</span></p>",
  ])
  func `an article's number that begins like a currency is no price`(number: String) throws {
    let body = "<h1>Lamp</h1>\(number)<p class=stock>Sold out</p>"
    #expect(try read(page(body)).product?.offer.price == nil)
    #expect(try read(page(body + "<p>CHF 20</p>")).product?.price == "20.00 CHF")
  }

  @Test(arguments: [
    (
      "sv", "<div class=pris><span>Ord. pris 1 299 kr</span><span>999:-</span></div>", "999.00 SEK",
      "1299.00 SEK"
    ),
    (
      "nl", "<div class=prijs><i>van 24,95</i><i>voor 19,-</i></div>", "19.00 EUR", "24.95 EUR"
    ),
    (
      "nl", "<div class=prijs><i>van € 24,95</i><i>voor 19,95</i></div>", "19.95 EUR", "24.95 EUR"
    ),
  ])
  func `a dash for cents and a word before the number tell the price of today`(
    lang: String, body: String, price: String, list: String
  ) throws {
    let product = try read(
      page("<h1>Lamp</h1>\(body)", lang: lang), url: "https://shop.example/p/1"
    ).product
    #expect(product?.price == price)
    #expect(product?.offer.listPrice?.description == list)
  }

  @Test func `a trail of the front page alone is no category`() throws {
    func category(_ trail: String) throws -> String? {
      try read(
        page("<ol class=breadcrumb>\(trail)<li>Lamp</li></ol><h1>Lamp</h1><p class=price>$9</p>")
      )
      .product?.category
    }
    #expect(try category("<li><a href=/>Startseite</a></li>") == nil)
    #expect(try category("<li><a href=/>Home</a></li><li><a href=/l>Lights</a></li>") == "Lights")
  }

  @Test func `a page's only money is shipping and so it has no price`() throws {
    let extraction = try read(
      page(
        "<h1>Lamp</h1><p>SKU: L-100</p><p class=stock>Sold out</p><p class=shipping-price>$9 shipping</p>"
      ))
    #expect(extraction.product?.offer.price == nil)
    #expect(extraction.product?.offer.availability == .soldOut)
  }

  @Test func `a struck price by style or by a word on a narrow box is the list price`() throws {
    for old in [
      "<span style='text-decoration: line-through'>$90</span>", "<span class=old-price>$90</span>",
      "<span class='box__line-through'>$90</span>", "<span>RRP $90</span>", "<del>90.00</del>",
      "<span><i>was</i> 90.00</span>",
    ] {
      let product = try read(page("<h1>Lamp</h1><div class=price>\(old) <b>$60</b></div>")).product
      #expect(product?.price == "60.00 USD", "\(old)")
      #expect(product?.offer.listPrice?.description == "90.00 USD", "\(old)")
    }
  }

  @Test func `a word of old prices on a wide box strikes nothing`() throws {
    let product = try read(
      page(
        """
        <div class=full-width-list><h1>Lamp</h1><p>One</p><p>Two</p><p>Three</p><p>Four</p><p>Five</p>
        <p>Six</p><p>Seven</p><p>Eight</p><p>Nine</p><p>Ten</p><p>Eleven</p><p class=price>$60</p></div>
        """)
    ).product
    #expect(product?.price == "60.00 USD")
    #expect(product?.offer.listPrice == nil)
  }

  @Test func `a box around the page's own heading is neither its frame nor one among others`()
    throws
  {
    let product = try read(
      page(
        "<div class=compare-box><div class=page-header><h1>Lamp</h1><p class=price>$60</p></div></div>"
      )
    ).product
    #expect(product?.name == "Lamp")
    #expect(product?.price == "60.00 USD")
  }

  @Test func `the heading is the one that the title repeats`() throws {
    let product = try read(
      page(
        "<h1>Services and more</h1><h1>Arc Lamp 30</h1><p class=price>$60</p>",
        title: "Arc Lamp 30 | Shop")
    ).product
    #expect(product?.name == "Arc Lamp 30")
  }

  @Test func `candidates stay in evidence with their scores and reasons`() throws {
    let product = try #require(
      try read(page("<h1>Lamp</h1><p class=price>$60</p><p>Spare bulb <span>$8</span></p>")).product
    )
    let prices = product.evidence.filter { $0.field == "price" }
    #expect(prices.map(\.value) == ["60.00", "8.00"])
    #expect(prices.map(\.isChosen) == [true, false])
    #expect(prices[0].reason?.contains("class of prices, currency") == true)
    #expect(prices[1].reason?.contains("text with money") == true)
  }

  @Test func `a plainly seen price and tags outvote linked data that stands alone`() throws {
    func product(_ visible: String) throws -> Product? {
      try read(
        """
        <html lang=en><title>Bag - Shop</title><meta property="og:type" content=product>
        <meta property="product:price:amount" content=400><meta property="product:price:currency" content=USD>
        <script type="application/ld+json">{"@type": "Product", "name": "Bag",
        "offers": {"price": 90, "priceCurrency": "USD"}}</script>
        <main><h1>Bag</h1>\(visible)</main></html>
        """
      ).product
    }
    #expect(try product("<p class=price>$400</p>")?.price == "400.00 USD")
    #expect(try product("<p>A bag.</p>")?.price == "90.00 USD")
    let evidence = try #require(try product("<p class=price>$400</p>")).evidence
    #expect(evidence.contains { $0.field == "price" && $0.value == "90.00" && !$0.isChosen })
  }

  @Test func `of two prices side by side the lower is paid`() throws {
    let product = try read(
      page("<h1>Lamp</h1><div><span>From $70.50</span> <span>$78.50</span></div>")
    ).product
    #expect(product?.price == "70.50 USD")
    #expect(product?.offer.listPrice == nil)
    let fallen = try read(page("<h1>Lamp</h1><div><span>$78.50</span> <span>$70.50</span></div>"))
    #expect(fallen.product?.price == "70.50 USD")
    #expect(fallen.product?.offer.listPrice?.description == "78.50 USD")
    let far = try read(page("<h1>Lamp</h1><div><span>$78.50</span> <span>$7.85</span></div>"))
    #expect(far.product?.price == "78.50 USD")
  }

  @Test func `what is seen struck through is no price, whoever says so`() throws {
    let product = try read(
      """
      <html lang=en><title>Lamp</title><script type="application/ld+json">{"@type": "Product",
      "name": "Lamp", "offers": {"price": 90, "priceCurrency": "USD"}}</script>
      <main><h1>Lamp</h1><div class=price><del>$90</del> <b>$60</b></div></main></html>
      """
    ).product
    #expect(product?.price == "60.00 USD")
    #expect(product?.offer.listPrice?.description == "90.00 USD")
  }

  @Test func `a product in plain sight is no listing, whatever lists its state holds`() throws {
    let others = (1...8).map {
      "{\"name\":\"Other \($0)\",\"price\":\($0),\"sku\":\"O-\($0)\",\"image\":\"/\($0).jpg\",\"url\":\"/o/\($0)\"}"
    }
    let state = "<script>window.__STATE__={\"items\":[\(others.joined(separator: ","))]};</script>"
    let shown = try read(
      page("<h1>Lamp</h1><p>SKU: L-100</p><p class=price>$60</p>\(state)"))
    #expect(shown.product?.price == "60.00 USD")
    let listing = try read(page("<h1>Lamps</h1>\(state)", title: "Lamps"))
    #expect(listing.item == nil)
  }

  @Test(arguments: [(4950, "49.50 USD"), (4900, "49.00 USD"), (7000, "49.50 USD")])
  func `hundredths in state are told by what is seen`(whole: Int, price: String) throws {
    let shown = price.split(separator: " ")[0]
    let product = try read(
      page(
        """
        <h1>Lamp</h1><p class=price>$\(shown)</p><script>window.__STATE__={"product":{"name":"Lamp",
        "sku":"L-100","image":"/l.jpg","brand":"Lumen","price":\(whole)}};</script>
        """)
    ).product
    let said = product?.evidence.first { $0.field == "price" && $0.syntax == .state }?.value
    #expect(said == (whole == 7000 ? "7000.00" : String(shown)))
  }

  @Test func `single letters of made-up class names make no word`() {
    #expect(ClassWords.read(Array("a2j_a2r".utf8)[...]) == [])
    #expect(ClassWords.read(Array("x_old-price".utf8)[...]).contains([.old, .price]))
    #expect(ClassWords.read(Array("add-to-cart".utf8)[...]).contains(.buy))
  }

  @Test func `a list's looks are no old price, and what is without tax is no sale`() throws {
    let html = """
      <html lang=en><div id=content><h1>Vest</h1><ul class=list-unstyled><li>Brand: <a href=/lumen>Lumen</a></li>
      <li>Availability: Out Of Stock</li></ul><ul class=list-unstyled>
      <li><span style="text-decoration: line-through;">€59.00</span></li><li><h2>€39.00</h2></li>
      <li>Ex Tax: €32.00</li></ul><button id=button-cart>Add to Cart</button></div></html>
      """
    let product = try #require(try read(html).product)
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.listPrice?.description == "59.00 EUR")
    #expect(product.offer.availability == .soldOut)
    // What is said in a box of prices is still one of the past.
    let list = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><div class=price><span class="price list">€59.00</span>
      <span class=value>€39.00</span></div></html>
      """
    #expect(try read(list).product?.price == "39.00 EUR")
  }

  @Test func `a price before a sale is one of the past`() throws {
    let html = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><div class=price-section><span class="price price--non-sale">€59.00</span></div>
      <div class=price-section><span class="price price--withTax">€39.00</span></div></html>
      """
    let product = try read(html).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.listPrice?.description == "59.00 EUR")
  }

  @Test func `of a scale by quantity one thing's price is the price`() throws {
    let html = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><table class=block-prices><tr><th>To 9</th><td>€39.00</td></tr>
      <tr><th>From <span>10</span></th><td>€29.00</td></tr></table></html>
      """
    #expect(try read(html).product?.price == "39.00 EUR")
    // Rows without a quantity are an old price and a new one.
    let rows = html.replacing("To 9", with: "Then").replacing(
      "From <span>10</span>", with: "Today")
    #expect(try read(rows).product?.price == "29.00 EUR")
  }

  @Test func `several buttons with prices are choices`() throws {
    let choices = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><button class=price>S €35.00</button>
      <button class=price>M €37.00</button><p><span class=price>€39.00</span></p></html>
      """
    #expect(try read(choices).product?.price == "39.00 EUR")
    let one = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1>
      <button>Add to cart <span class=price>€39.00</span></button></html>
      """
    #expect(try read(one).product?.price == "39.00 EUR")
  }

  @Test(arguments: [
    ("Availability: Out of stock", Availability.soldOut), ("Stock: 0", .soldOut),
    ("Stock: 12", .inStock),
    ("Voorraad: niet op voorraad", .soldOut), ("Verfügbarkeit: nicht lieferbar", .soldOut),
    ("Availability: 0 days", .inStock),
  ])
  func `a label tells stock against a button`(text: String, expected: Availability) throws {
    let html = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><p class=price>€39.00</p>
      <p>\(text)</p><button>Add to cart</button></html>
      """
    #expect(try read(html).product?.offer.availability == expected)
  }

  @Test(arguments: [
    "Avise-me quando chegar", "Powiadom o dostępności", "Сообщить о поступлении", "再入荷お知らせ",
    "Gelince haber ver",
  ])
  func `a button that promises word of new stock sells nothing`(text: String) throws {
    func page(_ button: String) -> String {
      """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><p class=price>€39.00</p>
      <button>\(button)</button></html>
      """
    }
    #expect(try read(page(text)).product?.offer.availability == .soldOut)
    #expect(try read(page("Avise-me quando o preço baixar")).product?.offer.availability == nil)
  }
}
