import Catalog
import Foundation
import Testing

@testable import Extract

@Suite struct AttributePayloadTests {
  private static let json =
    #"{"product":{"name":"Vest","sku":"V-1","price":39,"currency":"EUR","images":["/a.jpg"]}}"#

  private func quoted(_ json: String) -> String { json.replacing("\"", with: "&quot;") }

  @Test(arguments: [
    ("data-react-props", json), (":product", json), ("data-props", json),
    ("data-product-json", json),
    ("wire:snapshot", #"{"data":{"product":[\#(json),{"s":"arr"}]},"memo":{"id":"x"}}"#),
    (
      "props",
      """
      {"product":[0,{"name":[0,"Vest"],"sku":[0,"V-1"],"price":[0,39],"currency":[0,"EUR"],
      "images":[1,[[0,"/a.jpg"]]]}]}
      """
    ),
  ])
  func `what a component is given is read from its attribute`(name: String, json: String) throws {
    let html =
      "<html lang=en><title>Vest</title><h1>Vest</h1><x-island \(name)=\"\(quoted(json))\">"
    let product = try #require(try read(html).product)
    #expect(product.sku == "V-1")
    #expect(product.price == "39.00 EUR")
    #expect(product.pictures == ["/a.jpg"])
  }

  @Test func `components that are cards are none of the page's product`() throws {
    let cards = (1...3).map {
      quoted(
        #"{"name":"Vest \#($0)","sku":"V-\#($0)","price":\#($0),"currency":"EUR","url":"/p/v-\#($0)"}"#
      )
    }
    let html =
      "<html lang=en><h1>Vests</h1>" + cards.map { "<x-card :product=\"\($0)\"></x-card>" }.joined()
    let extraction = try read(html, url: "https://shop.example/c/vests")
    #expect(extraction.item == nil)
    #expect(extraction.links.contains { $0.url.path == "/p/v-2" })
  }

  @Test func `a product's box names its number`() throws {
    let html = """
      <html lang=en><div class="product-detail" data-pid="V-1"><h1>Vest</h1><p class=price>€39.00</p>
      <button class=add-to-cart>Add to cart</button></div></html>
      """
    #expect(try read(html).product?.sku == "V-1")
  }

  @Test func `pairs of Twitter tell stock in the page's language`() throws {
    let html = """
      <html lang=de><meta property=og:type content=product><meta property=og:title content=Weste>
      <meta name=twitter:label1 content=Preis><meta name=twitter:data1 content="39,00&nbsp;€">
      <meta name=twitter:label2 content=Verfügbarkeit><meta name=twitter:data2 content="Nicht vorrätig">
      """
    let product = try read(html).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.availability == .soldOut)
  }

  @Test func `a relation among others is one`() throws {
    let html = """
      <html lang=en><link rel="canonical nofollow" href="/p/9"><link rel="next nofollow" href="?page=2">
      <h1>Vest</h1></html>
      """
    let extraction = try read(html)
    #expect(extraction.canonical?.path == "/p/9")
    #expect(extraction.links.contains { $0.url.query == "page=2" && $0.kind == .listing })
  }

  @Test(arguments: [
    (
      "data-gtm",
      #"{"ecommerce":{"currency":"EUR","items":[{"item_id":"V-1","item_name":"Vest","price":39}]}}"#
    ),
    ("data-config", json), ("value", json),
    (
      "data-schema",
      """
      {"@type":"Product","name":"Vest","sku":"V-1","offers":{"@type":"Offer","price":"39.00",
      "priceCurrency":"EUR"}}
      """
    ),
  ])
  func `whatever an attribute is called, a thing of a shop is read from its JSON`(
    name: String, json: String
  ) throws {
    let html = "<html lang=en><title>Vest</title><h1>Vest</h1><input \(name)=\"\(quoted(json))\">"
    let product = try #require(try read(html).product)
    #expect(product.sku == "V-1")
    #expect(product.price == "39.00 EUR")
  }

  @Test func `of many elements that say such the one around the heading is meant`() throws {
    func box(_ number: Int, _ inside: String) -> String {
      let json =
        #"{"name":"Vest \#(number)","id":"V-\#(number)","price":\#(number),"brand":"B\#(number)","currency":"EUR"}"#
      return "<div data-gtm-product=\"\(quoted(json))\">\(inside)</div>"
    }
    let cards = (2...4).map { box($0, "<a href=/p/\($0)>Vest \($0)</a>") }.joined()
    let html = "<html lang=en><title>Vest 9</title>\(box(9, "<h1>Vest 9</h1>"))\(cards)"
    let product = try #require(try read(html).product)
    #expect(product.sku == "V-9")
    #expect(product.brand == "B9")
    let category = try read(
      "<html lang=en><h1>Vests</h1>\(cards)", url: "https://shop.example/c/vests")
    #expect(category.product?.brand == nil)
  }

  @Test func `of one element's attributes the first comes first`() throws {
    let names = ["h", "g", "f", "e", "d", "c", "b", "a"].map { "data-" + $0 }
    let attributes = names.map { "\($0)=\"\(quoted(Self.json))\"" }.joined(separator: " ")
    let document = Document.html(Array("<div \(attributes)>".utf8), elementLimit: 1_000)
    let payloads = PayloadFinder.find(in: document, heading: nil, limits: ExtractLimits())
    #expect(payloads.map(\.origin) == names)
  }

  @Test func `a list of nothing but variants is the page's product's`() throws {
    let variants = """
      [{"attributes":{"Size":"S"},"qtyInStock":0,"sku":"SQ1","price":3900,"priceMoney":{"currency":"EUR",
      "value":"39.00"}},{"attributes":{"Size":"M"},"qtyInStock":4,"sku":"SQ2","price":3900,
      "priceMoney":{"currency":"EUR","value":"39.00"}}]
      """
    let html = """
      <html lang=en><meta property=og:type content=product><h1>Vest</h1><p class=price>€39.00</p>
      <div data-variants="\(quoted(variants))"></div>
      """
    let product = try #require(try read(html).product)
    #expect(product.offer.availability == .inStock)
    #expect(product.variants.map(\.sku) == ["SQ1", "SQ2"])
    #expect(product.variants.map(\.offer.availability) == [.soldOut, .inStock])
    #expect(product.variants.first?.offer.price?.description == "39.00 EUR")
  }

  @Test(arguments: [
    "<button onclick='dataLayer.push(JSON)'>Add to cart</button>",
    "<a href='#' onclick='return track(this, \"add\", JSON);'>Add to cart</a>",
    "<a onmousedown='send([JSON])'>Add to cart</a>",
    "<div data-track=BASE64></div>",
  ])
  func `a call's argument and base64 in an attribute are read`(markup: String) throws {
    let html =
      "<html lang=en><title>Vest</title><h1>Vest</h1>"
      + markup.replacing("JSON", with: Self.json)
      .replacing("BASE64", with: Data(Self.json.utf8).base64EncodedString())
    let product = try #require(try read(html).product)
    #expect(product.sku == "V-1")
    #expect(product.price == "39.00 EUR")
  }

  @Test(arguments: [
    // Of another thing, of several, and a program.
    "<a href=/p/2 onclick='track(JSON)'>Vest</a>",
    "<button onclick='track(JSON)'>A</button><button onclick='track(JSON)'>B</button>",
    "<button onclick='if (price) { return product(\"sku\"); }'>A</button>",
    "<div data-track=eyJ_no_base64_price_sku_product_currency></div>",
  ])
  func `what an attribute does not say of the page's thing is not read`(markup: String) throws {
    let html = "<html lang=en><title>Coat</title><h1>Coat</h1>"
    #expect(try read(html + markup.replacing("JSON", with: Self.json)).item == nil)
  }
}
