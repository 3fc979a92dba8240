import Catalog
import Testing

@testable import Extract

@Suite struct JSONLDTests {
  @Test func `a clean product gives every field`() throws {
    let product = try #require(
      try read(
        linked(
          """
          {"@context":"https://schema.org","@type":"Product","name":"Mara Tee","sku":"M-1",
          "gtin13":"4006381333931","color":"Sand","description":"Soft","category":"tees",
          "brand":{"@type":"Brand","name":"Nordvik"},"image":["/a.jpg","/b.jpg"],
          "offers":{"@type":"Offer","price":"49.50","priceCurrency":"EUR",
          "availability":"https://schema.org/OutOfStock","seller":{"name":"Marlowe"},
          "priceSpecification":{"priceType":"https://schema.org/StrikethroughPrice","price":69.5}}}
          """)
      ).product)
    #expect(product.name == "Mara Tee")
    #expect(product.sku == "M-1")
    #expect(product.gtin == "4006381333931")
    #expect(product.color == "Sand")
    #expect(product.description == "Soft")
    #expect(product.category == "tees")
    #expect(product.brand == "Nordvik")
    #expect(product.retailer == "Marlowe")
    #expect(product.price == "49.50 EUR")
    #expect(product.offer.listPrice?.description == "69.50 EUR")
    #expect(product.offer.availability == .soldOut)
    #expect(product.pictures == ["/a.jpg", "/b.jpg"])
  }

  @Test(arguments: [
    "//<![CDATA[\n{\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\"};\n//]]>",
    "<!-- {\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\"} -->",
    "{\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\",}",
    "{\"@type\":\"Product\",\"name\":\"A\"\n\"sku\":\"S\"}",
    "{\"@type\":[\"Thing\",\"http://schema.org/Product\"],\"name\":\"A\t\",\"sku\":\"S\"} trailing",
    "/* shop */ [{\"@type\":\"WebSite\"},{\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\"}]",
    "{\"@graph\":[{\"@type\":\"product\",\"name\":\"A\",\"sku\":\"S\"}]}",
    "{\"@type\":\"WebSite\",\"name\":\"x\"}{\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\"}",
    "{&quot;@type&quot;:&quot;Product&quot;,&quot;name&quot;:&quot;A&quot;,&quot;sku&quot;:&quot;S&quot;}",
    "{\"@type\":\"ItemPage\",\"about\":{\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\"}}",
    "\u{FEFF}{\"@type\":\"Product\",\"name\":\"A\",\"description\":\"27\" wide\",\"sku\":\"S\"}",
  ])
  func `what strict parsers refuse is read`(json: String) throws {
    let product = try #require(try read(linked(json)).product)
    #expect(product.name == "A")
    #expect(product.sku == "S")
  }

  @Test func `references by id are followed`() throws {
    let product = try #require(
      try read(
        linked(
          """
          {"@graph":[{"@type":"Brand","@id":"#b","name":"Fig & Thorn"},
          {"@type":"Offer","@id":"#o","price":12,"priceCurrency":"USD"},
          {"@type":"Product","name":"A","brand":{"@id":"#b"},"offers":{"@id":"#o"}}]}
          """)
      ).product)
    #expect(product.brand == "Fig & Thorn")
    #expect(product.price == "12.00 USD")
  }

  @Test(arguments: [
    """
    {"@type":"Offer","price":12,"priceCurrency":"USD",
    "itemOffered":{"@type":"Product","name":"A","sku":"S"}}
    """,
    """
    {"@type":"Product","@id":"#a","name":"A"}</script><script type="application/ld+json">
    {"@type":"Product","@id":"#a","sku":"S","offers":{"price":12,"priceCurrency":"USD"}}
    """,
  ])
  func `a product and its offer may stand apart`(json: String) throws {
    let product = try #require(try read(linked(json)).product)
    #expect(product.name == "A")
    #expect(product.sku == "S")
    #expect(product.price == "12.00 USD")
  }

  @Test func `a list's entries are links, whatever form they have`() throws {
    let entries = """
      {"@type":"ListItem","url":"/p/1"},{"@type":"ListItem","item":"/p/2"},
      {"@type":"ListItem","item":{"@id":"/p/3"}},
      {"@type":"ListItem","item":{"@type":"Product","name":"D","url":"/p/4"}}
      """
    func links(_ extra: String) throws -> [String] {
      let list = #"{"@type":"ItemList","itemListElement":[\#(entries)]}"#
      return try read(linked("[\(list)\(extra)]"), url: "https://shop.example/c/mugs").links
        .map { String($0.url.path) }
    }
    #expect(try links("") == ["/p/1", "/p/2", "/p/3", "/p/4"])
    #expect(try links(#",{"@type":"Product","name":"Thing","sku":"1"}"#) == [])
  }

  @Test func `a prefix may stand for the vocabulary's address`() throws {
    let product = try read(
      linked(
        """
        {"@type":"schema:Product","name":"A","offers":{"availability":"schema:LimitedAvailability"}}
        """)
    ).product
    #expect(product?.offer.availability == .inStock)
  }

  @Test func `what an article is about is not the page's product`() throws {
    let html = linked(
      """
      {"@type":"Article","headline":"Linen","about":{"@type":"Product","name":"A","sku":"S",
      "offers":{"price":12,"priceCurrency":"USD"}}}
      """)
    #expect(try read(html).product == nil)
  }

  @Test func `each fact names where it was read`() throws {
    let product = try #require(
      try read(
        linked(
          """
          {"@type":"Product","name":"A","offers":{"@type":"AggregateOffer","lowPrice":"39.00",
          "priceCurrency":"USD","availability":"https://schema.org/InStock"}}
          """)
      ).product)
    let places = product.evidence.filter { $0.syntax == .jsonLD && $0.isChosen }
      .reduce(into: [:]) { $0[$1.field] = $1.path + " " + $1.raw }
    #expect(places["price"] == "json-ld Product.offers.lowPrice 39.00")
    #expect(places["currency"] == "json-ld Product.offers.priceCurrency USD")
    #expect(
      places["availability"]
        == "json-ld Product.offers.availability https://schema.org/InStock")
  }

  @Test func `a group speaks through its first variant and lists all`() throws {
    let product = try #require(
      try read(
        linked(
          """
          {"@type":"ProductGroup","name":"Tee","productGroupID":"G","hasVariant":[
          {"@type":"Product","sku":"G-1","color":"Red","image":"/r.jpg",
           "offers":{"price":"10","priceCurrency":"EUR","availability":"InStock"}},
          {"@type":"Product","sku":"G-2","color":"Blue","image":"/b.jpg",
           "offers":{"price":"11","priceCurrency":"EUR","availability":"SoldOut"}}]}
          """)
      ).product)
    #expect(product.sku == "G-1")
    #expect(product.color == "Red")
    #expect(product.price == "10.00 EUR")
    #expect(product.variants.map(\.sku) == ["G-1", "G-2"])
    #expect(product.variants.map(\.offer.availability) == [.inStock, .soldOut])
    #expect(product.variants.last?.offer.price?.description == "11.00 EUR")
  }

  @Test(arguments: [
    (
      "{\"@type\":\"AggregateOffer\",\"lowPrice\":\"8,50\",\"highPrice\":\"9\",\"priceCurrency\":\"EUR\"}",
      "8.50 EUR"
    ),
    ("[{\"price\":1299.0,\"priceCurrency\":\"eur\"}]", "1299.00 EUR"),
    ("{\"price\":\"1.299,00\",\"priceCurrency\":\"EUR\"}", "1299.00 EUR"),
    ("{\"price\":\"€ 12\",\"priceCurrency\":\"\"}", "12.00 EUR"),
    (
      "{\"@type\":\"AggregateOffer\",\"offers\":[{\"price\":\"7\",\"priceCurrency\":\"USD\"}]}",
      "7.00 USD"
    ),
    ("{\"0\":{\"price\":\"7\",\"priceCurrency\":\"USD\"}}", "7.00 USD"),
    ("{\"price\":{\"@value\":\"7\"},\"priceCurrency\":{\"@value\":\"USD\"}}", "7.00 USD"),
    (
      "{\"priceSpecification\":[{\"price\":25,\"referenceQuantity\":{\"unitCode\":\"KGM\"}},"
        + "{\"price\":7}],\"priceCurrency\":\"USD\"}", "7.00 USD"
    ),
    ("{\"priceSpecification\":{\"price\":\"5.25\",\"priceCurrency\":\"GBP\"}}", "5.25 GBP"),
  ])
  func `offers come in many shapes`(offers: String, price: String) throws {
    let product = try read(linked("{\"@type\":\"Product\",\"name\":\"A\",\"offers\":\(offers)}"))
      .product
    #expect(product?.price == price)
  }

  @Test(arguments: [
    ("InStock", "OutOfStock", "/p/1", Availability.inStock),
    ("OutOfStock", "InStock", "/p/1", .inStock),
    ("OutOfStock", "SoldOut", "/p/1", .soldOut), ("OutOfStock", "InStock", "/p/2", .soldOut),
  ])
  func `a range of offers is in stock where one of them is, unless one is this page's`(
    first: String, second: String, other: String, stock: Availability
  ) throws {
    func part(_ sku: String, _ price: Int, _ availability: String, _ url: String) -> String {
      """
      {"sku":"\(sku)","price":\(price),"availability":"https://schema.org/\(availability)",
      "url":"\(url)"}
      """
    }
    let parts = part("A", 25, first, "/p/1") + "," + part("B", 35, second, other)
    let range = try #require(
      try read(
        linked(
          """
          {"@type":"Product","name":"A","offers":{"@type":"AggregateOffer","lowPrice":"25",
          "highPrice":"35","priceCurrency":"EUR","offers":[\(parts)]}}
          """)
      ).product)
    #expect(range.price == "25.00 EUR")
    #expect(range.sku == nil)
    #expect(range.offer.availability == stock)
    #expect(range.variants.map(\.sku) == ["A", "B"])
    #expect(range.variants.last?.offer.price?.description == "35.00 EUR")
    let group = try read(
      linked(
        """
        {"@type":"ProductGroup","name":"A","hasVariant":[
        {"sku":"A","offers":\(part("A", 25, first, "/p/1"))},
        {"sku":"B","offers":\(part("B", 35, second, other))}]}
        """)
    ).product
    #expect(group?.offer.availability == stock)
  }

  @Test func `related products are not the page's`() throws {
    let product = try #require(
      try read(
        linked(
          """
          {"@type":"Product","name":"Own","isRelatedTo":[{"@type":"Product","name":"Other",
          "sku":"O","offers":{"price":1,"priceCurrency":"EUR"}}],"offers":{"price":2,"priceCurrency":"EUR"}}
          """)
      ).product)
    #expect(product.name == "Own")
    #expect(product.sku == nil)
    #expect(product.price == "2.00 EUR")
  }

  @Test func `entities in texts are read, escaped once or twice`() throws {
    let product = try read(
      linked(
        #"{"@type":"Product","name":"L&#39;Atelier &amp;eacute;t&eacute; <b>9</b>","sku":"1"}"#)
    ).product
    #expect(product?.name == "L'Atelier été 9")
  }

  @Test func `a posting gives creator, tags and products`() throws {
    let extraction = try read(
      linked(
        """
        {"@type":"SocialMediaPosting","articleBody":"Hi #a","datePublished":"2025-06-01T10:00:00+00:00",
        "keywords":["a"],"image":"/h.jpg","author":{"@type":"Person","name":"Ava","url":"/ava"},
        "mentions":[{"@type":"Product","name":"X","url":"https://other.example/x"}]}
        """), url: "https://shop.example/post/1")
    let post = try #require(extraction.post)
    #expect(post.creator?.string == "https://shop.example/ava")
    #expect(post.hashtags == ["a"])
    #expect(post.published == "2025-06-01T10:00:00+00:00")
    #expect(post.products.map(\.string) == ["https://other.example/x"])
    #expect(
      extraction.links.contains { $0.url.string == "https://other.example/x" && !$0.isNoFollow })
  }

  @Test func `breadcrumbs give the category and not the product`() throws {
    let product = try read(
      linked(
        """
        [{"@type":"BreadcrumbList","itemListElement":[
        {"@type":"ListItem","position":2,"name":"Dress"},{"@type":"ListItem","position":1,"name":"Home"},
        {"@type":"ListItem","position":3,"name":"Midi"}]},{"@type":"Product","name":"Midi","sku":"1"}]
        """)
    ).product
    #expect(product?.category == "Dress")
  }

  @Test func `the trail's first link home is no category`() throws {
    func page(_ first: String) -> String {
      """
      <html lang=en><script type="application/ld+json">[{"@type":"BreadcrumbList","itemListElement":[
      {"@type":"ListItem","position":1,"name":"\(first)"},
      {"@type":"ListItem","position":2,"name":"Midi"}]},{"@type":"Product","name":"Midi","sku":"1"}]
      </script></html>
      """
    }
    for home in ["Home", "Startseite", "Strona Główna", "ホーム", "Shop"] {
      #expect(try read(page(home)).product?.category == nil)
    }
    #expect(try read(page("Dresses")).product?.category == "Dresses")
  }

  @Test func `what members pay is not the price`() throws {
    let product = try read(
      linked(
        """
        {"@type": "Product", "name": "Oil", "offers": {"priceSpecification": [
        {"price": 8, "priceCurrency": "USD", "validForMemberTier": {"name": "gold"}},
        {"price": 10, "priceCurrency": "USD"},
        {"price": 15, "priceCurrency": "USD", "priceType": "https://schema.org/StrikethroughPrice"}]}}
        """)
    ).product
    #expect(product?.price == "10.00 USD")
    #expect(product?.offer.listPrice?.description == "15.00 USD")
  }

  @Test func `the page's own hreflang tells the region of a dollar`() throws {
    let html = """
      <html lang=en><link rel=alternate hreflang=en-US href="https://shop.example/us/p/1">
      <link rel=alternate hreflang=en-AU href="https://shop.example/p/1"><h1>Oil</h1>
      <p class=price>$12</p><button>Add to cart</button></html>
      """
    #expect(try read(html).product?.price == "12.00 AUD")
  }
}
