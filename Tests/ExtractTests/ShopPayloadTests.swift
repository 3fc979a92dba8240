import Catalog
import Testing

@testable import Extract

/// Payloads in the words of the common shop systems.
@Suite struct ShopPayloadTests {
  private func page(_ script: String, body: String = "<h1>Vest</h1>") -> String {
    "<html lang=en><title>Vest</title>\(body)\(script)</html>"
  }

  private func state(_ json: String) -> String {
    page("<script type='application/json'>\(json)</script>")
  }

  @Test func `Shopify's analytics name vendor, variants and hundredths`() throws {
    let html = page(
      """
      <script>Shopify.currency = {"active":"EUR","rate":"1.0"};
      var meta = {"product":{"id":801,"gid":"gid://shopify/Product/801","vendor":"Lumen","type":"Vests",
      "variants":[{"id":901,"price":3900,"name":"Vest - Red / S","public_title":"Red / S","sku":"V-1"},
      {"id":902,"price":4900,"name":"Vest - Red / M","public_title":"Red / M","sku":"V-2"}]},
      "page":{"pageType":"product"}};for (var attr in meta) {}</script>
      """)
    let product = try #require(try read(html).product)
    #expect(product.name == "Vest")
    #expect(product.brand == "Lumen")
    #expect(product.price == "39.00 EUR")
    #expect(product.sku == "V-1")
    #expect(product.variants.map(\.offer.price?.description) == ["39.00 EUR", "49.00 EUR"])
    // Which variant's price is shown, the visitor sees.
    let shown = html.replacing("<h1>Vest</h1>", with: "<h1>Vest</h1><p class=price>€49.00</p>")
    #expect(try read(shown).product?.price == "49.00 EUR")
  }

  @Test func `a variant's number goes before a database's`() throws {
    let product = try read(
      state(
        """
        {"id":801,"title":"Vest","vendor":"Lumen","handle":"vest","price":3900,"price_varies":false,
        "variants":[{"id":901,"sku":"V-1","option1":"S","price":3900,"available":true}],"images":["/a.jpg"]}
        """)
    ).product
    #expect(product?.sku == "V-1")
    let nameless = try read(
      state(
        """
        {"id":"V-1","name":"Vest","brand":"Lumen","price":39,"currency":"EUR","variants":[
        {"productId":"701","orderable":true,"variationValues":{"color":"Red","size":"S"}},
        {"productId":"702","orderable":false,"variationValues":{"color":"Red","size":"M"}}],
        "imageGroups":[{"viewType":"small","images":[{"link":"https://shop.example/s.jpg"}]},
        {"viewType":"large","images":[{"link":"https://shop.example/a.jpg"}]}]}
        """)
    ).product
    #expect(nameless?.sku == "V-1")
    #expect(nameless?.pictures == ["/a.jpg"])
    #expect(nameless?.variants.map(\.size) == ["S", "M"])
    #expect(nameless?.variants.map(\.offer.availability) == [.inStock, .soldOut])
  }

  @Test func `BigCommerce's attributes are those of the page's product`() throws {
    let html = page(
      """
      <script>var BCData = {"product_attributes":{"sku":"V-1","price":{"without_tax":{"formatted":"€39.00",
      "value":39,"currency":"EUR"},"rrp_without_tax":{"value":59,"currency":"EUR"}},"instock":false,
      "purchasable":true}};</script>
      """)
    let product = try #require(try read(html).product)
    #expect(product.sku == "V-1")
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.listPrice?.description == "59.00 EUR")
    #expect(product.offer.availability == .soldOut)
  }

  @Test func `Magento's swatches are variants`() throws {
    let html = page(
      """
      <script type="text/x-magento-init">{"[data-role=swatch-options]":{"Magento_Swatches/js/swatch-renderer":
      {"jsonConfig":{"attributes":{"93":{"id":"93","code":"color","options":[{"id":"49","label":"Red"}]},
      "144":{"id":"144","code":"gr","label":"Size","options":[{"id":"166","label":"S"},{"id":"167","label":"M"}]}},
      "optionPrices":{"11":{"oldPrice":{"amount":59},"finalPrice":{"amount":39}},
      "12":{"oldPrice":{"amount":49},"finalPrice":{"amount":49}}},"prices":{"finalPrice":{"amount":39}},
      "images":{"11":[{"full":"https://shop.example/r.jpg"}]},
      "index":{"11":{"93":"49","144":"166"},"12":{"93":"49","144":"167"}},"sku":{"11":"V-S","12":"V-M"}}}}}
      </script>
      """, body: "<h1>Vest</h1><p class=price>€39.00</p><button>Add to cart</button>")
    let product = try #require(try read(html).product)
    #expect(product.price == "39.00 EUR")
    #expect(product.variants.map(\.sku) == ["V-S", "V-M"])
    #expect(product.variants.map(\.color) == ["Red", "Red"])
    #expect(product.variants.map(\.size) == ["S", "M"])
    #expect(product.variants.map(\.offer.price?.description) == ["39.00 EUR", "49.00 EUR"])
    #expect(product.variants[0].offer.listPrice?.description == "59.00 EUR")
    #expect(product.variants[0].image?.path == "/r.jpg")
  }

  @Test func `WooCommerce's store API counts in the currency's smallest unit`() throws {
    let product = try read(
      """
      {"id":12,"name":"Vest","sku":"V-1","permalink":"https://shop.example/p/1","images":[{"src":"/a.jpg"}],
      "prices":{"price":"3900","regular_price":"5900","sale_price":"3900","currency_code":"EUR",
      "currency_minor_unit":2},"is_in_stock":true}
      """, type: "application/json"
    ).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.listPrice?.description == "59.00 EUR")
  }

  @Test func `renditions under the words of sizes are one picture`() throws {
    let product = try read(
      state(
        """
        {"sku":"V-1","name":"Vest","price":39,"currency":"EUR","images":[
        {"bySize":{"small_default":{"url":"https://shop.example/s/1.jpg"},
        "large_default":{"url":"https://shop.example/l/1.jpg"}}},
        {"bySize":{"small_default":{"url":"https://shop.example/s/2.jpg"},
        "large_default":{"url":"https://shop.example/l/2.jpg"}}}]}
        """)
    ).product
    #expect(product?.pictures == ["/l/1.jpg", "/l/2.jpg"])
  }

  @Test func `offers say what their product does not`() throws {
    let product = try read(
      state(
        """
        {"sku":"V-1","name":"Vest","image":"/a.jpg","offers":{"lowPrice":39,"priceCurrency":"EUR","offers":[
        {"price":39,"priceCurrency":"EUR","availability":"https://schema.org/OutOfStock"},
        {"price":39,"priceCurrency":"EUR","availability":"https://schema.org/InStock"}]}}
        """)
    ).product
    #expect(product?.offer.availability == .inStock)
  }

  @Test(arguments: [
    "init(JSON.parse('DATA'))", "const d = JSON.parse(`DATA`)", "f(1, JSON.parse('DATA'))",
    "x = {state: JSON.parse('DATA')}",
  ])
  func `JSON in a string is read wherever it is parsed`(script: String) throws {
    let json = #"{"product":{"name":"Vest","sku":"V-1","price":39,"currency":"EUR"}}"#
    let html = page("<script>\(script.replacing("DATA", with: json))</script>")
    #expect(try read(html).product?.sku == "V-1")
  }

  @Test func `unescape is undone`() throws {
    let html = page(
      """
      <script>d=JSON.parse(unescape("%7B%22name%22:%22Vest%22,%22sku%22:%22V-1%22,%22price%22:39,
      %22currency%22:%22EUR%22%7D"))</script>
      """.replacing("\n", with: ""))
    #expect(try read(html).product?.price == "39.00 EUR")
  }

  @Test func `Nuxt's payload is read from its own address`() throws {
    let product = try read(
      """
      [{"data":1,"prerenderedAt":9},["ShallowReactive",2],{"k":3},{"product":4},{"sku":5,"name":6,"price":7,
      "currency":8},"V-1","Vest",39,"EUR",1700000000000]
      """, type: "application/json"
    ).product
    #expect(product?.name == "Vest")
    #expect(product?.price == "39.00 EUR")
  }

  @Test func `maps and sets of server components are lists`() throws {
    let rows =
      #"0:{"map":"$Q1"}\n1:[["vest",{"sku":"V-1","name":"Vest","price":39,"currency":"EUR","images":"$W2"}]]\n2:["/a.jpg"]\n"#
    let push = #"self.__next_f.push([1,"\#(rows.replacing("\"", with: "\\\""))"])"#
    let product = try read(page("<script>\(push)</script>")).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.pictures == ["/a.jpg"])
  }

  @Test func `cards of server components are a list, the page's own product beside them is not`()
    throws
  {
    func component(_ name: String, _ place: Int) -> String {
      """
      ["$","$L9","\(place)",{"product":{"name":"\(name)","sku":"S-\(place)","price":\(place),"currency":"EUR",
      "inStock":true,"images":["/\(place).jpg"],"brand":"Lumen","url":"/p/v-\(place)"}}]
      """.replacing("\n", with: "")
    }
    func page(_ heading: String, _ components: [String]) -> String {
      let row = "0:[\"$\",\"div\",null,{\"children\":[\(components.joined(separator: ","))]}]\\n"
      let push = "self.__next_f.push([1,\"\(row.replacing("\"", with: "\\\""))\"])"
      return "<html lang=en><title>\(heading)</title><h1>\(heading)</h1><script>\(push)</script>"
    }
    let cards = (2...5).map { component("Other \($0)", $0) }
    let category = try read(page("Vests", cards), url: "https://shop.example/c/vests")
    #expect(category.item == nil)
    #expect(category.links.contains { $0.url.path == "/p/v-3" })
    let own = try read(page("Vest", cards + [component("Vest", 9)]), url: "https://shop.example/x")
    #expect(own.product?.sku == "S-9")
  }

  @Test func `Shopify's storefront API names what was paid before`() throws {
    let product = try read(
      state(
        """
        {"title":"Vest","handle":"vest","vendor":"Lumen","availableForSale":true,
        "priceRange":{"minVariantPrice":{"amount":"39.0","currencyCode":"EUR"}},
        "compareAtPriceRange":{"minVariantPrice":{"amount":"59.0","currencyCode":"EUR"}}}
        """)
    ).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.listPrice?.description == "59.00 EUR")
  }

  @Test func `the variant that the address names is the one at hand`() throws {
    let html = page(
      """
      <script>Shopify.currency = {"active":"EUR","rate":"1.0"};
      var meta = {"product":{"id":801,"gid":"gid://shopify/Product/801","vendor":"Lumen","type":"Vests",
      "variants":[{"id":901,"price":3900,"name":"Vest - Red / S","public_title":"Red / S","sku":"V-1"},
      {"id":902,"price":4900,"name":"Vest - Red / M","public_title":"Red / M","sku":"V-2"}]}};</script>
      """)
    let chosen = try read(html, url: "https://shop.example/products/vest?variant=902").product
    #expect(chosen?.name == "Vest")
    #expect(chosen?.price == "49.00 EUR")
    #expect(chosen?.sku == "V-2")
    let first = try read(html, url: "https://shop.example/products/vest?color=902x").product
    #expect(first?.price == "39.00 EUR")
  }

  @Test(arguments: [
    "<template data-type=json data-varname=__STATE__><script>DATA</script></template>",
    "<script>__STATE__ = DATA</script>",
  ])
  func `VTEX keeps its offers under keys with escaped arguments`(_ frame: String) throws {
    let item = #"Product:1.items({\"filter\":\"ALL\"}).0"#
    let state = """
      {"Product:1":{"productId":"1","productName":"Vest","brand":"Lumen","productReference":"V-1","priceRange":{"sellingPrice":{"lowPrice":39}},
      "items({\\"filter\\":\\"ALL\\"})":[{"type":"id","id":"\(item)","generated":true,"typename":"SKU"}]},
      "\(item)":{"itemId":"11","name":"Vest Red","ean":"4006381333931","sellers":[{"type":"id",
      "id":"\(item).sellers.0","generated":true,"typename":"Seller"}]},
      "\(item).sellers.0":{"sellerId":"1","commertialOffer":{"type":"id","id":"$\(item).offer",
      "generated":true,"typename":"Offer"}},
      "$\(item).offer":{"Price":39,"ListPrice":59,"AvailableQuantity":7,"currency":"EUR"}}
      """
    let html = page(frame.replacing("DATA", with: state))
    let product = try #require(try read(html).product)
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.listPrice?.description == "59.00 EUR")
    #expect(product.offer.availability == .inStock)
    #expect(product.gtin == "4006381333931")
    #expect(product.brand == "Lumen")
  }

  @Test func `whole hundredths are told by the text beside them`() throws {
    let product = try read(
      page(
        """
        <script>var skuJson = {"productId":1,"name":"Vest","available":true,"currency":"EUR","skus":[{"sku":11,"available":true,
        "listPriceFormated":"€ 59,90","listPrice":5990,"bestPriceFormated":"€ 39,00","bestPrice":3900}]};
        </script>
        """)
    ).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.listPrice?.description == "59.90 EUR")
    let whole = try read(
      state(#"{"name":"Vest","sku":"V-1","price":3900,"currency":"JPY","points":"39 points"}"#)
    ).product
    #expect(whole?.price?.hasPrefix("3900") == true)
  }

  @Test func `Squarespace names the product beside its variants`() throws {
    let product = try read(
      page(
        """
        <script>Static.SQUARESPACE_CONTEXT = {"item":{"title":"Vest","urlId":"vest"},"product":{
        "variantAttributeNames":["Size"],"variants":[{"sku":"SQ1","price":{"currencyCode":"EUR","value":3900,
        "decimalValue":"39.00","fractionalDigits":2},"stock":{"unlimited":false,"quantity":5}}]}};</script>
        """)
    ).product
    #expect(product?.name == "Vest")
    #expect(product?.price == "39.00 EUR")
    #expect(product?.sku == "SQ1")
  }

  @Test func `what a theme calls a code is the number, not the row's`() throws {
    let product = try read(
      state(
        #"{"id":12,"code":"V-1","title":"Vest","brand":{"title":"Lumen"},"price":39,"currency":"EUR"}"#
      )
    ).product
    #expect(product?.sku == "V-1")
  }

  @Test func `of what stands beside a price a discount is no price`() throws {
    let product = try read(
      page(
        """
        <script>new JCCatalogElement({'PRODUCT':{'ID':'12','NAME':'Vest','ITEM_PRICES':[{'BASE_PRICE':5900,
        'PRICE':3900,'DISCOUNT':2000,'CURRENCY':'RUB'}],'CAN_BUY':true,'CATEGORY':'Vests'}});</script>
        """)
    ).product
    #expect(product?.price == "3900.00 RUB")
    #expect(product?.offer.listPrice?.description == "5900.00 RUB")
  }

  @Test func `a variant's old price is its product's where both cost the same`() throws {
    let product = try read(
      state(
        """
        {"title":"Vest","brand":"Lumen","price_min":"39.0","currency_code":"EUR","images":["/a.jpg"],
        "variants":[{"id":1,"sku":"V-1","price":"39.0","base_price":"39.0","old_price":"59.0"}]}
        """)
    ).product
    #expect(product?.offer.listPrice?.description == "59.00 EUR")
  }

  @Test func `the variant that a theme has chosen is the page's`() throws {
    func theme(_ json: String) -> String {
      page(
        "<script type='application/json' data-selected-variant>\(json)</script>",
        body: "<meta property=og:type content=product><h1>Vest</h1><p class=price>€39.00</p>")
    }
    let variant = """
      {"id":902,"title":"M","option1":"M","option2":null,"sku":"V-2","available":false,"name":"Vest - M",
      "public_title":"M","options":["M"],"price":3900,"compare_at_price":5900,"barcode":"4006381333931"}
      """
    let product = try #require(try read(theme(variant)).product)
    #expect(product.name == "Vest")
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.listPrice?.description == "59.00 EUR")
    #expect(product.offer.availability == .soldOut)
    #expect(product.sku == "V-2")
    #expect(product.gtin == "4006381333931")
    let other = variant.replacing("902", with: "901").replacing("V-2", with: "V-1")
      .replacing("false", with: "true")
    let several = try #require(try read(theme("[\(variant),\(other)]")).product)
    #expect(several.offer.availability == .inStock)
    #expect(several.variants.map(\.sku) == ["V-2", "V-1"])
  }
}
