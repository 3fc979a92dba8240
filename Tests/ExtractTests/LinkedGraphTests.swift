import Catalog
import Testing

@testable import Extract

/// JSON-LD is a graph: the same product may be written in many ways and many places.
@Suite struct LinkedGraphTests {
  private static let offer =
    """
    "@type":"Offer","price":"39.00","priceCurrency":"EUR","availability":"https://schema.org/InStock"
    """

  private func page(_ scripts: [String]) -> String {
    "<html lang=en><h1>Vest</h1>"
      + scripts.map { "<script type='application/ld+json'>\($0)</script>" }.joined() + "</html>"
  }

  @Test(arguments: [
    // What one script names, another describes.
    [
      """
      {"@type":"Product","name":"Vest","sku":"V-1","brand":{"@id":"#b"},"image":{"@id":"#i"},
      "offers":[{"@id":"#o"}]}
      """,
      ##"{"@graph":[{"@type":"Brand","@id":"#b","name":"Lumen"},{"@id":"#o",\##(offer)}]}"##,
      ##"{"@type":"ImageObject","@id":"#i","contentUrl":"/a.jpg"}"##,
    ],
    // One thing in two parts, and an offer that names its thing.
    [
      ##"{"@type":"Product","@id":"#p","name":"Vest","image":"/a.jpg"}"##,
      ##"{"@type":"Product","@id":"#p","name":"Vest","sku":"V-1","brand":"Lumen"}"##,
      ##"{\##(offer),"itemOffered":{"@id":"#p"}}"##,
    ],
    // What only JSON keeps together, and what names the thing.
    [
      """
      {"@context":["https://schema.org",{"details":"@nest"}],"@type":"Product","details":{"name":"Vest",
      "sku":"V-1"},"@nest":{"brand":{"name":"Lumen"},"@nest":{"image":"/a.jpg"}},
      "@reverse":{"itemOffered":{\(offer)}}}
      """
    ],
    // Prefixes.
    [
      """
      {"@context":{"sdo":"https://schema.org/"},"@type":"sdo:Product","sdo:name":"Vest","sdo:sku":"V-1",
      "sdo:brand":{"sdo:name":"Lumen"},"sdo:image":"/a.jpg","sdo:offers":{"sdo:price":39,
      "sdo:priceCurrency":"EUR","sdo:availability":{"@id":"sdo:InStock"}}}
      """
    ],
    // Expanded.
    [
      """
      [{"@type":["https://schema.org/Product"],"https://schema.org/name":[{"@value":"Vest"}],
      "https://schema.org/sku":[{"@value":"V-1"}],
      "https://schema.org/brand":[{"https://schema.org/name":[{"@value":"Lumen"}]}],
      "https://schema.org/image":[{"@id":"/a.jpg"}],"https://schema.org/offers":[
      {"https://schema.org/price":[{"@value":"39.00"}],
      "https://schema.org/priceCurrency":[{"@value":"EUR"}],
      "https://schema.org/availability":[{"@id":"https://schema.org/InStock"}]}]}]
      """
    ],
    // Containers, and the aliases of schema.org's own context.
    [
      """
      {"type":"Product","name":{"@value":"Vest","@language":"en"},"sku":"V-1","brand":{"name":"Lumen"},
      "image":{"@list":["/a.jpg"]},"offers":{"@set":[{\(offer)}]}}
      """
    ],
    [
      "{&#34;@type&#34;:&#34;Product&#34;,&#34;name&#34;:&#34;Vest&#34;,&#34;sku&#34;:&#34;V-1&#34;,"
        + "&#34;brand&#34;:&#34;Lumen&#34;,&#34;image&#34;:&#34;/a.jpg&#34;,&#34;offers&#34;:{"
        + offer.replacing("\"", with: "&#34;") + "}}"
    ],
  ])
  func `a product is the same however its graph is written`(_ scripts: [String]) throws {
    let product = try #require(try read(page(scripts)).product)
    #expect(product.name == "Vest")
    #expect(product.sku == "V-1")
    #expect(product.brand == "Lumen")
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.availability == .inStock)
    #expect(product.pictures == ["/a.jpg"])
  }

  @Test func `variants that another script describes are those of the group`() throws {
    let product = try read(
      page([
        ##"{"@type":"ProductGroup","name":"Vest","hasVariant":[{"@id":"#s"},{"@id":"#m"}]}"##,
        ##"{"@type":"Product","@id":"#s","name":"Vest S","sku":"V-S","size":"S","offers":{\##(Self.offer)}}"##,
        ##"{"@type":"Product","@id":"#m","name":"Vest M","sku":"V-M","size":"M","offers":{\##(Self.offer)}}"##,
      ])
    ).product
    #expect(product?.name == "Vest")
    #expect(product?.variants.map(\.sku) == ["V-S", "V-M"])
  }

  @Test func `what a wrapped list is related to is not the page's product`() throws {
    let product = try read(
      page([
        """
        {"@type":"Product","name":"Vest","sku":"V-1","offers":{\(Self.offer)},
        "isRelatedTo":{"@list":[{"@type":"Product","name":"Vest","sku":"V-2",
        "offers":{"price":9,"priceCurrency":"EUR"}}]}}
        """
      ])
    ).product
    #expect(product?.sku == "V-1")
    #expect(product?.price == "39.00 EUR")
  }

  @Test(arguments: [
    #"{"@type":"DeliveryChargeSpecification","price":5,"priceCurrency":"EUR"},{"price":39,"priceCurrency":"EUR"}"#,
    #"{"price":33,"priceCurrency":"EUR","valueAddedTaxIncluded":false},{"price":39,"priceCurrency":"EUR"}"#,
    #"{"price":29,"priceCurrency":"EUR","eligibleQuantity":{"minValue":10}},{"price":39,"priceCurrency":"EUR"}"#,
    #"{"price":78,"priceCurrency":"EUR","referenceQuantity":{"value":1}},{"price":39,"priceCurrency":"EUR"}"#,
    #"{"@type":"CompoundPriceSpecification","priceCurrency":"EUR","priceComponent":[{"price":39}]}"#,
    #"{"price":39,"priceCurrency":"EUR","priceType":"https://schema.org/ListPrice"}"#,
  ])
  func `of several specifications the plain price of one is paid`(_ specifications: String) throws {
    let product = try read(
      linked(
        #"{"@type":"Product","name":"A","offers":{"priceSpecification":[\#(specifications)]}}"#)
    ).product
    #expect(product?.price == "39.00 EUR")
  }

  @Test func `additional properties name a colour and a trade number`() throws {
    let product = try read(
      linked(
        """
        {"@type":"Product","name":"A","sku":"1","additionalProperty":[
        {"@type":"PropertyValue","name":"Colour","value":"Red"},
        {"@type":"PropertyValue","name":"EAN","value":"4006381333931"},
        {"@type":"PropertyValue","name":"Barcode","value":"4006381333932"}]}
        """)
    ).product
    #expect(product?.color == "Red")
    #expect(product?.gtin == "4006381333931")
  }

  @Test func `a range of prices over cards is that of a category`() throws {
    let range =
      """
      <script type="application/ld+json">{"@type":"Product","name":"Vests","offers":{"@type":
      "AggregateOffer","lowPrice":9,"highPrice":99,"priceCurrency":"EUR","offerCount":4}}</script>
      """
    let cards = (1...4).map {
      "<li class=product><a href=/p/v-\($0)><img src=/\($0).jpg><h3>Vest \($0)</h3></a>€\($0).00</li>"
    }
    let category = try read(
      "<html lang=en><h1>Vests</h1>\(range)<ul>\(cards.joined())</ul></html>",
      url: "https://shop.example/c/vests")
    #expect(category.item == nil)
    #expect(category.kind == .listing)
    let thing = try read(
      "<html lang=en><h1>Vests</h1><p class=price>€9.00</p>\(range)<ul>\(cards.joined())</ul></html>"
    )
    #expect(thing.product?.price == "9.00 EUR")
  }

  @Test func `terms that a context renames are those of schema.org`() throws {
    let product = try read(
      linked(
        """
        {"@context":["https://schema.org",{"title":"name","artnr":"schema:sku","typ":"@type",
        "kosten":{"@id":"http://schema.org/price"},"geld":"http://schema.org/priceCurrency",
        "angebot":{"@id":"schema:offers"},"farbe":"http://other.example/color"}],
        "typ":"Product","title":"Vest","artnr":"V-1","farbe":"Red","angebot":{"typ":"Offer","kosten":"39.00",
        "geld":"EUR"}}
        """)
    ).product
    #expect(product?.name == "Vest")
    #expect(product?.sku == "V-1")
    #expect(product?.price == "39.00 EUR")
    #expect(product?.color == nil)
  }

  @Test(arguments: [
    #"[{"@language":"en","@value":"Vest"},{"@language":"de-AT","@value":"Weste"}]"#,
    #"{"en":"Vest","de":"Weste"}"#,
  ])
  func `of several languages the page's is read`(_ name: String) throws {
    let html = """
      <html lang=de><script type='application/ld+json'>{"@type":"Product","name":\(name),"sku":"V-1"}</script>
      """
    #expect(try read(html).product?.name == "Weste")
    let french = html.replacing("lang=de", with: "lang=fr")
    #expect(try read(french).product?.name == "Vest")
  }

  @Test func `an amount of money names its own currency`() throws {
    let product = try read(
      linked(
        #"{"@type":"Product","name":"A","offers":{"price":{"@type":"MonetaryAmount","value":39,"currency":"EUR"}}}"#
      )
    ).product
    #expect(product?.price == "39.00 EUR")
  }

  @Test func `a price of a range that is plainly seen is the price`() throws {
    let script =
      """
      <script type="application/ld+json">{"@type":"Product","name":"Vest","sku":"V-1","offers":{"@type":
      "AggregateOffer","lowPrice":29,"highPrice":39,"priceCurrency":"EUR"}}</script>
      """
    let html = "<html lang=en><h1>Vest</h1><p class=price>€39.00</p>\(script)</html>"
    #expect(try read(html).product?.price == "39.00 EUR")
    #expect(try read(html.replacing("€39", with: "€35")).product?.price == "29.00 EUR")
  }
}
