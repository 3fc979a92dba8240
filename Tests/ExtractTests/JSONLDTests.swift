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
    ("{\"priceSpecification\":{\"price\":\"5.25\",\"priceCurrency\":\"GBP\"}}", "5.25 GBP"),
  ])
  func `offers come in many shapes`(offers: String, price: String) throws {
    let product = try read(linked("{\"@type\":\"Product\",\"name\":\"A\",\"offers\":\(offers)}"))
      .product
    #expect(product?.price == price)
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
