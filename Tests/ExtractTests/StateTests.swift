import Catalog
import Foundation
import Testing

@testable import Extract

@Suite struct StateTests {
  private func next(_ props: String) -> String {
    "<html lang=en><div id=__next></div><script id=__NEXT_DATA__ type=application/json>{\"props\":\(props)}</script>"
  }

  @Test func `minor units, localised names and a master variant`() throws {
    let product = try #require(
      try read(
        next(
          """
          {"product":{"name":{"de":"Kleid","en":"Dress"},"brand":{"label":"Obra"},"categories":[{"slug":"dress"}],
          "masterVariant":{"sku":"A-1","ean":"4006381333931","images":[{"url":"/1.jpg"}],
          "attributes":[{"name":"color","value":"Red"}],
          "price":{"value":{"centAmount":4000,"currencyCode":"JPY","fractionDigits":0},
          "discounted":{"value":{"centAmount":3000,"currencyCode":"JPY","fractionDigits":0}}},
          "availability":{"isOnStock":false}},
          "variants":[{"sku":"A-2","attributes":[{"name":"color","value":"Blue"}],"images":[{"url":"/2.jpg"}],
          "price":{"value":{"centAmount":4000,"currencyCode":"JPY","fractionDigits":0}},"availability":{"isOnStock":true}}]}}
          """)
      ).product)
    #expect(product.name == "Dress")
    #expect(product.brand == "Obra")
    #expect(product.price == "3000.00 JPY")
    #expect(product.offer.listPrice?.description == "4000.00 JPY")
    #expect(product.offer.availability == .soldOut)
    #expect(product.gtin == "4006381333931")
    #expect(product.variants.map(\.sku) == ["A-1", "A-2"])
    #expect(product.variants.map(\.color) == ["Red", "Blue"])
    #expect(product.pictures == ["/1.jpg"])
  }

  @Test func `Nuxt 2's function is read without running it`() throws {
    let html = """
      <div id=__nuxt></div><script>window.__NUXT__=(function(a,b,c){c.name="Nordvik";return {data:[{product:{
      title:"T\\u002Fee",brand:c,sku:"N-1",price:29.5,salePrice:null,currencyCode:"EUR",inStock:a,
      media:[{type:"image",src:b}]},recommendations:[{title:"No",url:"\\u002Fno",price:1,sku:"X",image:b}]}],
      state:{nav:["\\u002Fc\\u002Fdress"]}}}(true,"\\u002Fi.jpg",{}));</script>
      """
    let extraction = try read(html)
    let product = try #require(extraction.product)
    #expect(product.name == "T/ee")
    #expect(product.brand == "Nordvik")
    #expect(product.price == "29.50 EUR")
    #expect(product.offer.availability == .inStock)
    #expect(product.pictures == ["/i.jpg"])
    #expect(extraction.links.contains { $0.url.path == "/c/dress" && $0.kind == .listing })
  }

  /// The pushes of a stream cut into pieces of `length` bytes.
  private func flight(_ rows: String, length: Int) -> String {
    var pushes = "<script>(self.__next_f=self.__next_f||[]).push([0])</script>"
    var rest = Array(rows.utf8)[...]
    while !rest.isEmpty {
      var piece = ""
      for scalar in String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars {
        switch scalar {
        case "\"", "\\": piece += "\\\(scalar)"
        case "\n": piece += "\\n"
        case "<": piece += "\\u003c"
        default: piece.unicodeScalars.append(scalar)
        }
      }
      rest = rest.dropFirst(length)
      pushes += "<script>self.__next_f.push([1,\"\(piece)\"])</script>"
    }
    return "<html lang=en><body>\(pushes)</body></html>"
  }

  @Test(arguments: [7, 64, 4_000])
  func `streamed server components are joined and their references followed`(length: Int) throws {
    let rows = """
      1:"$Sreact.fragment"
      2:I[9766,["177","static/chunks/app.js"],"default"]
      :HL["/_next/static/css/a.css","style"]
      0:{"b":"x","tree":["$","$1",null,{"children":"$L4"}]}
      5:T18,<p>Soft & warm: 3</p>
      y
      4:["$","$L2",null,{"product":{"id":77,"name":"Vest","sku":"V-1","description":"$5","brand":"$6",
      "price":{"amount":49.5,"currency":"USD"},"priceNote":"$$9","images":"$7:gallery:0:images",
      "inStock":true,"launched":"$D2025-01-01T00:00:00.000Z","video":"$undefined"}}]
      6:{"name":"Lumen"}
      7:{"gallery":[{"images":[{"url":"https://shop.example/v.jpg"}]}]}

      """
    // Rows are lines; the text row has a length instead.
    let stream = rows.replacing("\"$6\",\n", with: "\"$6\",").replacing(
      "images\",\n", with: "images\",")
    let product = try #require(try read(flight(stream, length: length)).product)
    #expect(product.name == "Vest")
    #expect(product.sku == "V-1")
    #expect(product.brand == "Lumen")
    #expect(product.price == "49.50 USD")
    #expect(product.description == "Soft & warm: 3 y")
    #expect(product.pictures == ["/v.jpg"])
    #expect(product.offer.availability == .inStock)
    #expect(product.evidence.first { $0.field == "sku" }?.path.hasPrefix("self.__next_f") ?? false)
    let places = product.evidence.filter { $0.syntax == .state }
      .reduce(into: [:]) { $0[$1.field] = $1.path.split(separator: ".").last }
    #expect(places["price"] == "price")
    #expect(places["availability"] == "inStock")
  }

  @Test(arguments: [
    "0:\"$0\"\n", "0:{\"name\":\"$L0\",\"price\":\"$1\"}\n1:[\"$0\",\"$1\"]\n", "0:Tfffffff,x",
    "zz:\n:\n0:[",
    "0:{\"a\":\"$0:a:a:a\"}\n",
  ])
  func `a stream that refers to itself or breaks off is read to its end`(rows: String) throws {
    #expect(try read(flight(rows + "2:{\"x\":1}\n", length: 9)).item == nil)
  }

  @Test func `a list in the state leads on, however many links the menu has`() throws {
    let menu = (0..<9).map { "<a href='/c/\($0)'>\($0)</a>" }.joined()
    let list = next(
      """
      {"listing":{"products":[{"id":1,"name":"Mug 1","url":"/p/11","price":{"value":1,"currency":"EUR"}},
      {"id":2,"name":"Mug 2","url":"/p/12","price":{"value":2,"currency":"EUR"}}],
      "links":{"help":"/help/size"},"next":"/c/mugs?page=2"}}
      """)
    let extraction = try read(menu + list, url: "https://shop.example/c/mugs")
    #expect(extraction.item == nil)
    let added = extraction.links.dropFirst(9)
    #expect(Set(added.map { String($0.url.pathAndQuery) }) == ["/p/11", "/p/12", "/c/mugs?page=2"])
    #expect(added.first { $0.url.query != nil }?.kind == .listing)
  }

  @Test func `a button that loads more of a list is a link to it`() throws {
    let html = """
      <h1>Mugs</h1><div class=show-more><button data-url="/mugs?start=8&sz=8">More</button></div>
      <button data-url="/cart/add">Add</button>
      """
    let links = try read(html, url: "https://shop.example/mugs").links
    #expect(links.map { String($0.url.pathAndQuery) } == ["/mugs?start=8&sz=8"])
    #expect(links.first?.kind == .listing)
  }

  @Test func `a gallery without a product completes the page's pictures`() throws {
    func gallery(_ key: String) -> String {
      let files = (1...2).map {
        #"{"thumb":"/t/\#(key)\#($0).jpg","img":"/i/\#(key)\#($0).jpg","full":"/f/\#(key)\#($0).jpg"}"#
      }
      return "\"\(key)\":[\(files.joined(separator: ","))]"
    }
    let html = """
      <html lang=en><title>Oak Chair</title><h1>Oak Chair</h1><p class=price>$250</p>
      <button class=add-to-cart>Add to cart</button><script type="text/x-magento-init">
      {"*":{"swatches":{"images":{\(gallery("93"))}},"other":{"name":"Lamp",\(gallery("no"))},
      "mage/gallery/gallery":{\(gallery("data"))}}}</script>
      """
    #expect(try read(html).product?.pictures == ["/f/data1.jpg", "/f/data2.jpg"])
    #expect(
      try read(html.replacing("<p class=price>$250</p>", with: "").replacing("button", with: "i"))
        .item == nil)
  }

  @Test(arguments: [("anna", "/explore/anna"), ("Anna", "/explore/anna"), ("anna_b", nil)])
  func `a creator without an address is at the folder of that name`(handle: String, path: String?)
    throws
  {
    let html = next(
      """
      {"posts":{"7":{"id":"7","caption":"Fall","profileId":"p1","datePublished":"2024-10-01",
      "productIds":["x1"]}},"profiles":{"p1":{"id":"p1","displayName":"\(handle)","bio":"Hi"}},
      "products":{"x1":{"id":"x1","title":"Knit","hyperlink":"https://rd.example/x1"}}}
      """)
    let post = try #require(
      try read(html, url: "https://look.example/explore/anna/posts/7").post)
    #expect(post.products.map(\.string) == ["https://rd.example/x1"])
    #expect(post.creator.map { String($0.path) } == path)
  }

  private static let vest =
    #"{"product":{"name":"Vest é 5%","sku":"V-1","price":"49.50","currency":"USD","image":"/v.jpg"}}"#

  private static func percents(_ text: String, quote: String) -> String {
    let kept = Set("abcdefghijklmnopqrstuvwxyz".utf8)
    let text = text.utf8.map { byte in
      kept.contains(byte)
        ? String(UnicodeScalar(byte)) : "%" + String(256 + Int(byte), radix: 16).dropFirst()
    }.joined()
    return "<script>window.S=JSON.parse(decodeURIComponent(\(quote)\(text)\(quote)))</script>"
  }

  @Test(arguments: [
    "<div id=app data-page='{\"component\":\"Show\",\"props\":\(vest)}'></div>",
    "<div data-product='\(vest)'></div>", percents(vest, quote: "'"), percents(vest, quote: "\""),
    "<script>window.S=JSON.parse(atob(\"\(Data(vest.utf8).base64EncodedString())\"))</script>",
  ])
  func `state in attributes and encoded strings is read`(html: String) throws {
    let product = try #require(try read("<html lang=en>" + html).product)
    #expect(product.name == "Vest é 5%")
    #expect(product.price == "49.50 USD")
  }

  @Test func `what many elements carry is no product of the page`() throws {
    let cards = "<b data-product='\(Self.vest)'></b><b data-product='\(Self.vest)'></b>"
    #expect(try read("<html lang=en>" + cards).item == nil)
  }

  @Test func `WooCommerce's variations are the page's`() throws {
    let variations = """
      [{"variation_id":7,"sku":"T-R","attributes":{"attribute_pa_color":"red","attribute_size":"M"},
      "display_price":20,"display_regular_price":25,"is_in_stock":false,
      "image":{"url":"/r.jpg","full_src":"/r.jpg","thumb_src":"/r-100.jpg"}},
      {"variation_id":8,"sku":"T-B","attributes":{"attribute_pa_color":"blue","attribute_size":"M"},
      "display_price":20,"display_regular_price":20,"is_in_stock":true,"image":{"full_src":"/b.jpg"}}]
      """.replacing("\"", with: "&quot;")
    let product = try #require(
      try read(
        """
        <html lang=de><title>Tee</title><h1>Tee</h1><p class=price>20,00 €</p>
        <form class=variations_form data-product_variations="\(variations)">
        <button class=single_add_to_cart_button>In den Warenkorb</button></form>
        """
      ).product)
    #expect(product.name == "Tee")
    #expect(product.variants.map(\.sku) == ["T-R", "T-B"])
    #expect(product.variants.map(\.color) == ["red", "blue"])
    #expect(product.variants.map(\.size) == ["M", "M"])
    #expect(product.variants.map(\.offer.availability) == [.soldOut, .inStock])
    #expect(product.variants.first?.offer.listPrice?.description == "25.00 EUR")
    #expect(product.variants.first?.image?.path == "/r.jpg")
  }

  @Test func `Nuxt 3's pointers are followed`() throws {
    let html = """
      <div id=__nuxt></div><script type="application/json" id="__NUXT_DATA__">
      [["Reactive",1],{"product":2},{"name":3,"sku":4,"price":5,"images":8,"brand":10},"Vest","V-1",
      {"amount":6,"currency":7},4950,"USD",[9],"https://shop.example/v.jpg",{"name":11},"Lumen"]</script>
      """
    let product = try #require(try read(html).product)
    #expect(product.name == "Vest")
    #expect(product.sku == "V-1")
    #expect(product.price == "4950.00 USD")
    #expect(product.brand == "Lumen")
    #expect(product.pictures == ["/v.jpg"])
  }

  @Test func `an Apollo cache's references are followed`() throws {
    let html = """
      <script>window.__APOLLO_STATE__={"ROOT_QUERY":{"product":{"__ref":"Product:1"}},
      "Product:1":{"__typename":"Product","id":"1","name":"Cap","sku":"C-1","brand":{"__ref":"Brand:2"},
      "price":{"__typename":"Money","amount":"12.00","currencyCode":"USD"},"images":[{"url":"/c.jpg"}]},
      "Brand:2":{"__typename":"Brand","name":"Fig & Thorn"}};</script>
      """
    let product = try #require(try read(html).product)
    #expect(product.brand == "Fig & Thorn")
    #expect(product.price == "12.00 USD")
  }

  @Test func `a theme's Shopify product counts in hundredths`() throws {
    let html = """
      <script type="application/json" data-product-json>{"id":1,"title":"Boot","handle":"boot","vendor":"Obra",
      "type":"Shoes","price":12900,"price_varies":false,"compare_at_price":15900,"available":true,
      "options":["Color","Size"],"images":["//shop.example/cdn/shop/b_600x.jpg?v=1"],
      "variants":[{"id":2,"title":"Red / 40","option1":"Red","option2":"40","sku":"B-R","price":12900,"available":true,
      "barcode":"4006381333931"},{"id":3,"title":"Tan / 40","option1":"Tan","option2":"40","sku":"B-T","price":12900,
      "available":false}]}</script><script>Shopify.currency = {"active":"EUR","rate":"1.0"};</script>
      """
    let product = try #require(try read(html, url: "https://shop.example/products/boot").product)
    #expect(product.name == "Boot")
    #expect(product.offer.price?.amount.description == "129.00")
    #expect(product.variants.map(\.color) == ["Red", "Tan"])
    #expect(product.variants.map(\.size) == ["40", "40"])
    #expect(product.brand == "Obra")
    #expect(product.pictures == ["/cdn/shop/b.jpg?v=1"])
  }

  @Test func `a product feed leads to its products`() throws {
    let json = """
      {"products":[{"id":1,"title":"A","handle":"a","variants":[{"sku":"1","price":"5.00"}],"images":[{"src":"/a.jpg"}]},
      {"id":2,"title":"B","handle":"b","variants":[{"sku":"2","price":"6.00"}],"images":[]}]}
      """
    let extraction = try read(
      json, url: "https://shop.example/products.json", type: "application/json")
    #expect(extraction.item == nil)
    #expect(extraction.kind == .listing)
    #expect(extraction.links.map { String($0.url.path) } == ["/products/a", "/products/b"])
  }

  @Test func `a storefront API's edges are variants`() throws {
    let html = """
      <script>window.__remixContext = {"state":{"loaderData":{"routes/p":{"product":{"id":"gid://1","title":"Tee",
      "vendor":"Obra","handle":"tee","descriptionHtml":"<p>Soft</p>","selectedVariant":{"sku":"T-1","availableForSale":true,
      "price":{"amount":"35.0","currencyCode":"USD"},"compareAtPrice":{"amount":"45.0","currencyCode":"USD"},
      "image":{"url":"https://cdn.shopify.com/s/t1.jpg"}},"variants":{"nodes":[
      {"sku":"T-1","selectedOptions":[{"name":"Color","value":"Red"}],"price":{"amount":"35.0","currencyCode":"USD"}},
      {"sku":"T-2","selectedOptions":[{"name":"Color","value":"Blue"}],"price":{"amount":"35.0","currencyCode":"USD"}}]}}}}}};</script>
      """
    let product = try #require(try read(html, url: "https://shop.example/products/tee").product)
    #expect(product.name == "Tee")
    #expect(product.price == "35.00 USD")
    #expect(product.offer.listPrice?.description == "45.00 USD")
    #expect(product.variants.map(\.color) == ["Red", "Blue"])
    #expect(product.description == "Soft")
  }

  @Test func `a list in state is a listing with links and a next page`() throws {
    let extraction = try read(
      next(
        """
        {"products":[{"title":"A","url":"/p/a","price":5,"image":"/a.jpg","sku":"1"},
        {"title":"B","url":"/p/b","price":6,"image":"/b.jpg","sku":"2"}],"nextPage":"/c/all?page=2"}
        """), url: "https://shop.example/c/all")
    #expect(extraction.item == nil)
    #expect(extraction.kind == .listing)
    #expect(
      extraction.links.map { String($0.url.pathAndQuery) } == ["/p/a", "/p/b", "/c/all?page=2"])
    #expect(extraction.links.last?.kind == .listing)
  }

  @Test func `a post's tagged products are followed`() throws {
    let extraction = try read(
      next(
        """
        {"post":{"id":"1","caption":"Hi #x","hashtags":["x"],"datePublished":"2025-06-01","heroImage":"/h.jpg",
        "shareUrl":"/post/1","profile":{"displayName":"Ava","url":"/ava"},
        "productLinks":[{"title":"P","hyperlink":"https://other.example/p","imageUrl":"/p.jpg"}]}}
        """), url: "https://shop.example/post/1")
    #expect(extraction.post?.creator?.path == "/ava")
    #expect(extraction.post?.products.map(\.string) == ["https://other.example/p"])
    #expect(extraction.post?.heroImage?.path == "/h.jpg")
  }

  @Test func `a profile knows its posts and its first page`() throws {
    let extraction = try read(
      next(
        """
        {"profile":{"displayName":"Ava","username":"ava-1","bio":"Hi","url":"/ava-1"},
        "posts":[{"url":"/post/2","heroImage":"/2.jpg","caption":"b"},{"url":"/post/1","heroImage":"/1.jpg","caption":"a"}]}
        """), url: "https://shop.example/ava-1?page=2")
    #expect(extraction.creator?.handle == "ava-1")
    #expect(extraction.creator?.profile?.string == "https://shop.example/ava-1")
    #expect(extraction.creator?.posts.map { String($0.path) } == ["/post/2", "/post/1"])
  }

  @Test func `a payload that shares its values without end stays small`() throws {
    // 40 parameters, each a list of the one before twice: 2^40 values if they were copied out.
    let names = (0..<40).map { "p\($0)" }
    let body = (1..<40).map { "p\($0).x=p\($0 - 1);p\($0).y=p\($0 - 1);" }.joined()
    let html = """
      <script>window.__NUXT__=(function(\(names.joined(separator: ","))){\(body)return {product:{name:"A",price:1,
      sku:"S",image:"/a.jpg",brand:p39,data:p39}}}(\(names.map { _ in "{}" }.joined(separator: ","))))</script>
      """
    #expect(try read(html).product?.sku == "S")
  }

  private func script(_ text: String) -> String {
    "<html lang=en><h1>Vest</h1><script>\(text)</script></html>"
  }

  private let fields = ["Vest", "V-1", "Lumen", "49.50 USD"]

  private func said(_ html: String) throws -> [String?] {
    let product = try read(html, url: "https://shop.example/p/vest").product
    return [product?.name, product?.sku, product?.brand, product?.price]
  }

  @Test func `keys with arguments mean what they mean without`() throws {
    #expect(
      try said(
        script(
          #"""
          window.__APOLLO_STATE__={"Product:1":{"__typename":"Product","name":"Vest","sku":"V-1",
          "brand":{"__ref":"Brand:7"},"price({\"currency\":\"USD\"})":{"amount":49.5,"currencyCode":"USD"}},
          "Brand:7":{"__typename":"Brand","name":"Lumen"}}
          """#)) == fields)
  }

  @Test func `JSON inside a response inside JSON is read`() throws {
    #expect(
      try said(
        #"""
        <html lang=en><h1>Vest</h1><script type="application/json" data-sveltekit-fetched>{"status":200,
        "body":"{\"title\":\"Vest\",\"sku\":\"V-1\",\"price\":{\"amount\":\"49.50\",\"currencyCode\":\"USD\"},\"images\":[{\"url\":\"/v.jpg\"}],\"vendor\":\"Lumen\"}"}</script>
        """#) == fields)
  }

  @Test func `Angular's own escapes are undone`() throws {
    #expect(
      try said(
        """
        <html lang=en><h1>Vest</h1><script id="shop-state" type="application/json">{&q;product&q;:{&q;name&q;:
        &q;Vest&q;,&q;code&q;:&q;V-1&q;,&q;price&q;:{&q;value&q;:49.5,&q;currencyIso&q;:&q;USD&q;},
        &q;images&q;:[{&q;url&q;:&q;/v.jpg?a&a;b&q;}],&q;manufacturer&q;:&q;Lumen&q;}}</script>
        """) == fields)
  }

  @Test func `a turbo stream's indices and promises are followed`() throws {
    let values = #"""
      [{"_1":2},"loaderData",{"_3":4},"product",{"_5":6,"_7":8,"_9":10,"_15":16,"_18":-7,"_19":20},"title","Vest","sku","V-1",\
      "price",{"_11":12,"_13":14},"amount","49.50","currencyCode","USD","image",["U","https://shop.example/v.jpg"],0,"video","vendor",["P",20]]
      P20:["Lumen"]

      """#.replacing("\\\n", with: "")
    let pushes = values.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      let text = ($0 + "\n").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      return "<script>window.__reactRouterContext.streamController.enqueue(\"\(text)\");</script>"
    }
    #expect(try said("<html lang=en><h1>Vest</h1>\(pushes.joined())</html>") == fields)
  }

  @Test(arguments: [
    "[[0,1],[1,0]]", #"[{"_0":0,"_9":9},{"_1":1}]"#, #"[["P",1]]\nP1:[["P",1]]\nP1:"#, "[", "[1]",
    #"[{"_1":2},"product",{"_1":0}]"#,
  ])
  func `a turbo stream that refers to itself or breaks off is read to its end`(values: String)
    throws
  {
    let text = values.replacing("\"", with: "\\\"")
    let html = "<script>window.x.streamController.enqueue(\"\(text)\");</script>"
    #expect(try read(html).item == nil)
  }

  @Test func `a store that keeps its things by id gives a post's products`() throws {
    let post = try #require(
      try read(
        script(
          """
          window.__STATE__={"ltks":{"byId":{"abc":{"id":"abc","hero_image":"https://img.example/h.jpg",
          "profile_id":"p1","caption":"Fall look #ootd","share_url":"https://shop.example/p/1",
          "date_created":"2024-10-01T10:00:00Z","date_published":"2024-10-02T10:00:00Z","product_ids":["x1","x2"]}}},
          "products":{"byId":{"x1":{"id":"x1","title":"Coat","hyperlink":"https://a.example/1"},
          "x2":{"id":"x2","title":"Boots","hyperlink":"https://a.example/2"}}},
          "profiles":{"byId":{"p1":{"id":"p1","display_name":"ava","bio":"Hi","url":"https://shop.example/ava"}}}}
          """)
      ).post)
    #expect(post.products.map(\.string) == ["https://a.example/1", "https://a.example/2"])
    #expect(post.creator?.path == "/ava")
    #expect(post.published == "2024-10-02T10:00:00Z")
    #expect(post.hashtags == ["ootd"])
  }

  @Test func `a display name names a product, and a status object its stock`() throws {
    let product = try read(
      script(
        """
        window.__PRELOADED_STATE__={"product":{"productId":"881","displayName":"Vest","skuId":"V-1",
        "brandName":"Lumen","prices":{"regularPrice":{"value":60,"currency":"USD"},
        "salePrice":{"value":49.5,"currency":"USD"}},"media":[{"src":"/v.jpg"}],
        "availability":{"status":"OUT_OF_STOCK"}}};
        """)
    ).product
    #expect(product?.name == "Vest")
    #expect(product?.price == "49.50 USD")
    #expect(product?.offer.listPrice?.description == "60.00 USD")
    #expect(product?.offer.availability == .soldOut)
  }

  /// The root was taken for the first entry of a list before it, and the page brought the process down.
  @Test(arguments: ["thumb", "thumbnail", "thumbnailUrl"])
  func `a payload that is one object with a small picture stands in no list`(key: String) throws {
    let payload = "{\"\(key)\":\"/a/s.jpg\",\"full\":\"/a/l.jpg\",\"rest\":[1,2,3,4]}"
    let page = "<h1>Tee</h1><script type=application/json>\(payload)</script>"
    #expect(try read(page).product == nil)
    #expect(try read("<script>window.data=\(payload);var price=1</script>").product == nil)
  }

  @Test func `a key that a list repeats means what it means alone`() throws {
    // Keys of all lengths around the sixteen bytes that are remembered, each many times.
    let keys = [
      "sku", "price", "name", "isInStock", "currencyCode", "articleNumber", "availabilityText",
      "availabilityTexts", "availableQuantity", "productdisplayname", "x", "Sku", "sku_", "_sku",
      "price_0", "price_01", "prices_1", "stocklevelstatus", "stocklevelstatuz",
    ]
    let members = keys.map { "\"\($0)\":1" }.joined(separator: ",")
    let text = Array("[\(Array(repeating: "{\(members)}", count: 12).joined(separator: ","))]".utf8)
    let tape = try #require(LiteralReader.read(text, 0..<text.count))
    var seen = 0
    for index in tape.indices where !tape.key(index).isEmpty {
      let key = String(decoding: tape.key(index), as: UTF8.self)
      #expect(tape[index].concept == Vocabulary.concept(key), "\(key)")
      seen += 1
    }
    #expect(seen == 12 * keys.count)
  }
}
