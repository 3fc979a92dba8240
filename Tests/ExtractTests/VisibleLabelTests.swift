import Catalog
import Testing

@testable import Extract

@Suite struct VisibleLabelTests {
  private func page(_ body: String, head: String = "", title: String = "Lampe") -> String {
    "<html lang=de><title>\(title)</title>\(head)<main><h1>Lampe</h1><p class=price>20 €</p>\(body)</main></html>"
  }

  private func linked(_ json: String) -> String {
    "<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": \"Lampe\", \(json)}</script>"
  }

  @Test(arguments: [
    ("<p>Art.-Nr.: L-100</p>", "L-100"),
    ("<p>Art.1357247</p>", "1357247"),
    ("<p>Produkta kods 545642356</p>", "545642356"),
    ("<div>Nr ref. <span>45979556</span></div>", "45979556"),
    ("<div><span>Артикул</span><span>88231</span></div>", "88231"),
    ("<div><span>קוד מוצר:</span> <span>101693</span></div>", "101693"),
    ("<dl><dt>Product code</dt><dd>64981901</dd></dl>", "64981901"),
    ("<ul><li><b>品番：</b>AB-77</li></ul>", "AB-77"),
    ("<p class=product-details__article-number>202.481.18</p>", "202.481.18"),
    ("<p data-qa-qualifier=product-reference>0210/088</p>", "0210/088"),
    ("<p class=prd-sku>SKU MKI6IK</p>", "MKI6IK"),
  ])
  func `a number is found beside its label, in many languages and markups`(
    body: String, sku: String
  ) throws {
    #expect(try read(page(body), url: "https://shop.example/lampe").product?.sku == sku)
  }

  @Test(arguments: [
    "<p>Sample: US$11.99</p>", "<p>SKU: none</p>", "<p>Promo code: WIN20</p>",
    "<p>Artikel: 20% Rabatt</p>",
  ])
  func `what looks like a number under a label is none`(body: String) throws {
    #expect(try read(page(body), url: "https://shop.example/lampe").product?.sku == nil)
  }

  @Test func `the number that the shop shows goes before those of its data`() throws {
    let html = page("<p>Product code: 141677</p>", head: linked("\"sku\": \"10134622\""))
    let product = try read(html, url: "https://shop.example/lampe-10134622.html").product
    #expect(product?.sku == "141677")
    #expect(product?.evidence.contains { $0.field == "sku" && $0.value == "10134622" } ?? false)
  }

  @Test func `a maker's model number does not`() throws {
    let html = page("<p>Modell: HMP 2000</p>", head: linked("\"sku\": \"10134622\""))
    #expect(try read(html).product?.sku == "10134622")
  }

  @Test func `three labelled numbers are those of parts`() throws {
    let html = page(
      "<p>Article no: 111222</p><p>Article no: 333444</p><p>Article no: 555666</p>",
      head: linked("\"sku\": \"S-9\""))
    #expect(try read(html).product?.sku == "S-9")
  }

  @Test func `of two labelled numbers the one in the address wins, marks aside`() throws {
    let html = page("<p>Article no: 903.294.89</p><p>Article no: 992.775.08</p>")
    #expect(
      try read(html, url: "https://shop.example/sofa-s99277508/").product?.sku == "992.775.08")
  }

  @Test(arguments: [
    ("<p>EAN: 4006381333931</p>", "4006381333931"),
    ("<div><span>Штрихкод</span><span>4006381333931</span></div>", "4006381333931"),
    ("<p>Código de barras: 4006381333931</p>", "4006381333931"),
    ("<p>ISBN-10: 3-16-148410-X</p>", "9783161484100"),
    ("<p>EAN: 4006381333932</p>", nil),
  ])
  func `a trade item number is read where its check digit is right`(body: String, gtin: String?)
    throws
  {
    #expect(try read(page(body)).product?.gtin == gtin)
  }

  @Test func `numbers of three sizes are not the product's`() throws {
    let sizes = ["4006381333931", "9783161484100", "5901885533094"].map {
      "<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": \"Lampe\", \"gtin13\": \"\($0)\"}</script>"
    }
    let product = try read(page("", head: sizes.joined())).product
    #expect(product?.gtin == nil)
    #expect(product?.evidence.filter { $0.field == "gtin" }.count == 3)
    let named = try read(
      page("", head: sizes.joined()), url: "https://shop.example/lampe-5901885533094.html")
    #expect(named.product?.gtin == "5901885533094")
  }

  @Test(arguments: [
    ("<a href=/brand/ACME/><img src=/a.png alt=ACME></a>", "Lampe ACME Bogen | Shop", "ACME"),
    (
      "<h2 class=product__brandname><a href=/acme/>Acme</a></h2><p>Marke: Acme alle zeigen</p>",
      "Lampe", "Acme"
    ),
    ("<div class=brand><a href=/acme>Acme</a> alle Produkte zeigen</div>", "Lampe", "Acme"),
    ("<h3><a href=/acme/>Acme</a></h3>", "Acme Lampe - rot | Shop", "Acme"),
    ("<p>Бренд: Acme</p>", "Lampe", "Acme"),
    ("<p>Marke: 3M</p>", "Lampe", "3M"),
    ("<span class=brand_color>12/04(Fr)</span>", "Lampe", nil),
    ("<p>Our <a href=/brands/>partner brands</a> may set cookies on this page.</p>", "Lampe", nil),
    ("<div class=brand-box>Lampe</div>", "Lampe", nil),
  ])
  func `a brand is known by its label, its class, its link or the title`(
    body: String, title: String, brand: String?
  ) throws {
    let extraction = try read(page(body + "<p class=stock>Auf Lager</p>", title: title))
    #expect(extraction.product?.brand == brand)
  }

  @Test func `a brand that is the shop's own name gives way to another`() throws {
    let url = "https://www.lumenshop.example/lampe"
    let own = linked("\"brand\": \"Lumen\"")
    #expect(try read(page("<p>Marke: Acme</p>", head: own), url: url).product?.brand == "Acme")
    #expect(try read(page("", head: own), url: url).product?.brand == "Lumen")
  }

  @Test func `what cannot be collected can still be bought`() throws {
    let html = page(
      "<p class=availability>Unavailable for store pickup</p><button>In den Warenkorb</button>")
    #expect(try read(html).product?.offer.availability == .inStock)
    let sold = page("<p class=availability>Ausverkauft</p><button>In den Warenkorb</button>")
    #expect(try read(sold).product?.offer.availability == .soldOut)
  }
}
