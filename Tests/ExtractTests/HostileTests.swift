import Catalog
import Foundation
import Support
import Testing

@testable import Extract

@Suite struct HostileTests {
  private let url = "https://shop.example/p/1"

  private func read(_ body: [UInt8], type: String? = "text/html") throws -> Extraction {
    try PageReader().read(
      FetchedPage(url: try CanonicalURL(url), body: body, contentType: type))
  }

  private let product = """
    <html lang=de><h1>Tee</h1><script type="application/ld+json">{"@type":"Product","name":"Größe ü",
    "offers":{"price":"5","priceCurrency":"EUR"}}</script>
    """

  @Test func `a body past the limit is refused with both numbers`() throws {
    let page = FetchedPage(url: try CanonicalURL(url), body: Array(repeating: 0x20, count: 2_000))
    #expect(throws: ExtractError.tooLarge(bytes: 2_000, limit: 1_000)) {
      try PageReader(limits: ExtractLimits(pageBytes: 1_000)).read(page)
    }
  }

  @Test func `a picture is no page`() throws {
    #expect(throws: ExtractError.unsupported(mediaType: "text/html")) {
      try read([0xFF, 0xD8, 0xFF, 0xE0, 0, 0])
    }
  }

  @Test func `20,000 levels of nesting are walked, not recursed into`() throws {
    let deep = String(repeating: "<div>", count: 20_000)
    let extraction = try read(Array((product + deep + "<a href=/end>x</a>").utf8))
    #expect(extraction.product?.name == "Größe ü")
    #expect(extraction.links.contains { $0.url.path == "/end" })
  }

  @Test func `stray end tags under deep nesting stay linear`() throws {
    let page =
      product + String(repeating: "<b>", count: 30_000) + String(repeating: "</i>", count: 60_000)
    #expect(try read(Array(page.utf8)).product != nil)
  }

  @Test(arguments: [
    "<div class=gallery itemscope itemtype='http://schema.org/Product' itemref=a id=a>",
    "<div class=price>$1", "<section typeof=Product class=brand>", "<header><li><a href=/x>",
    "<button class=swatch data-sku=1>", "<picture><source srcset='a 1w'>",
    "<p class=shipping-price style='font:27px;display:none'>$1<b>2</b>",
    "<h1>Größe ü</h1><p>Art.-Nr. 1<p>Marke: a",
  ])
  func `marked elements nested without end stay linear`(tag: String) throws {
    let page = product + String(repeating: tag, count: 10_000)
    #expect(try read(Array(page.utf8)).product?.name == "Größe ü")
  }

  @Test func `100,000 attributes are cut, what follows is read`() throws {
    let attributes = (0..<100_000).map { " a\($0)=1" }.joined()
    let page = "<p\(attributes)>x</p>" + product
    #expect(try read(Array(page.utf8)).product?.name == "Größe ü")
  }

  @Test func `an attribute's name past 128 bytes is no word of its element`() throws {
    let name = "data-test" + String(repeating: "x", count: 200)
    let page = "<p \(name)='price'>x</p>" + product
    #expect(try read(Array(page.utf8)).product?.name == "Größe ü")
  }

  @Test func `JSON deeper than the bound is cut, what stands beside it is read`() throws {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let page = linked("{\"deep\":\(deep),\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"S\"}")
    #expect(try read(Array(page.utf8)).product?.sku == "S")
  }

  @Test func `NUL bytes do not end the page`() throws {
    #expect(try read(Array("<p>a\0b</p>".utf8) + Array(product.utf8)).product != nil)
  }

  @Test(arguments: [
    (String.Encoding.utf16, "utf-16"), (.utf16LittleEndian, "text/html"),
    (.utf16BigEndian, "utf-16be"),
    (.isoLatin1, "iso-8859-1"), (.windowsCP1252, "windows-1252"), (.utf8, "iso-8859-1"),
    (.utf8, "shift_jis"),
  ])
  func `text is found whatever its charset, and whatever is declared wrongly`(
    encoding: String.Encoding, declared: String
  ) throws {
    let body = try #require(product.data(using: encoding))
    let extraction = try read(Array(body), type: "text/html; charset=\(declared)")
    #expect(extraction.product?.name == "Größe ü")
  }

  @Test func `undeclared charsets are guessed from the language`() throws {
    let russian = "<html lang=ru><title>Платье</title>"
    let body = try #require(russian.data(using: .windowsCP1251))
    #expect(try read(Array(body)).title == "Платье")
    let head = Array("<html lang=ja><title>".utf8)
    let encoded: [[UInt8]] = [
      [
        165, 239, 165, 243, 165, 212, 161, 188, 165, 185, 32, 186, 223, 184, 203, 164, 162, 164,
        234,
      ],
      [131, 143, 131, 147, 131, 115, 129, 91, 131, 88, 32, 141, 221, 140, 201, 130, 160, 130, 232],
    ]
    for text in encoded { #expect(try read(head + text).title == "ワンピース 在庫あり") }
  }

  @Test(arguments: [
    "self.__next_f.push(/*", #"self.__next_f.push([1,""#, "x.streamController.enqueue(/*",
    #"self.__next_f.push([1,"1:[\"$1:0\"]\n"]);"#,
  ])
  func `a stream that opens over and over stays linear`(text: String) throws {
    let script = "<script>" + String(repeating: text, count: 10_000) + "</script>"
    #expect(try read(Array((product + script).utf8)).product?.name == "Größe ü")
  }

  @Test(arguments: ["4", "9", ""])
  func `a list of itself, of what is not there and of nothing is no number`(member: String) throws {
    let json = "[{\"product\":1},{\"name\":2,\"price\":3,\"sku\":4},\"Tee\",5,[\(member)]]"
    let page = "<h1>Tee</h1><script id=__NUXT_DATA__ type=application/json>\(json)</script>"
    let product = try read(Array(page.utf8)).product
    #expect(product?.name ?? "Tee" == "Tee" && product?.sku == nil)
  }

  @Test func `a root that holds itself has no end of parents`() throws {
    let json = """
      [["/p/1",0,1],{"available":true,"related":"EUR","prices":3900,"title":3,"options":5},[],1]
      """
    let page = product + "<script id=__NUXT_DATA__ type=application/json>\(json)</script>"
    #expect(try read(Array(page.utf8)).product?.name == "Größe ü")
  }

  @Test func `a list of variants that holds itself is read once`() throws {
    let script = """
      window.__NUXT__=(function(a){a[1]=a;return {product:{name:"Tee",price:5,currency:"EUR",variants:a}}}
      ([{sku:"T-1",price:5}]));
      """
    let product = try #require(
      try read(Array("<h1>Tee</h1><script>\(script)</script>".utf8)).product)
    #expect(product.price == "5.00 EUR")
  }

  @Test func `broken pages never stop the reader`() throws {
    let seeds = [
      product,
      "<div itemscope itemtype='http://schema.org/Product' itemref=x><b itemprop=name id=x>A</b><i itemprop=price>1",
      "<script>window.__NUXT__=(function(a,b){a.x=b;return {product:{name:a,price:b,sku:\"\\u00e9\"}}}({},[1,2]))</script>",
      "<script id=__NUXT_DATA__ type=application/json>[[\"Reactive\",1],{\"a\":2,\"b\":0},[1,2,3],{\"c\":-1}]</script>",
      "<script>window.x={\"a\":new Map([[1,{b:void 0}]]),c:JSON.parse('{}'),d:!0,e:function(){}}; price</script>",
      "<?xml version='1.0'?><urlset><url><loc>https://a.example/</loc><lastmod>2025-01-01</lastmod></url></urlset>",
      #"<script>self.__next_f.push([1,"1:{\"a\":\"$1:a\"}\n2:T5,abcde3:[\"$L1\"]\n"])</script>"#,
      #"<script>x.streamController.enqueue("[{\"_1\":2},\"a\",[0,-1],[\"P\",3]]\nP3:[1]\n")</script>"#,
      "{\"products\":[{\"handle\":\"a\",\"variants\":[{\"price\":\"1\"}]}]}",
      "<p class=price>1.299,00 €</p><img srcset='a 1x, b 2x'><select><option data-sku=1>x",
    ]
    var random = SeededGenerator(seed: 7)
    let noise: [UInt8] = Array("<>\"'{}[]()=,:;\\/&#%$€0aA \n\0".utf8)
    for seed in seeds {
      let original = Array(seed.utf8)
      for _ in 0..<60 {
        var body = original
        for _ in 0..<Int.random(in: 1...8, using: &random) {
          let place = Int.random(in: 0..<body.count, using: &random)
          switch Int.random(in: 0..<4, using: &random) {
          case 0: body[place] = noise.randomElement(using: &random)!
          case 1: body.insert(noise.randomElement(using: &random)!, at: place)
          case 2: body.remove(at: place)
          default:
            let end = Int.random(in: place..<body.count, using: &random)
            body.insert(contentsOf: body[place...end], at: place)
          }
          if body.isEmpty { body = [0x20] }
        }
        _ = try? read(body, type: nil)
      }
      for count in 0..<original.count { _ = try? read(Array(original[..<count]), type: nil) }
    }
  }

  @Test func `offers shared among offers are asked for their stock within bounds`() throws {
    // 64 of 64 of 64, each level one array of references to the next.
    let level = (0..<64).map { _ in "c" }.joined(separator: ",")
    let offers = (0..<200).map { _ in "offers:a" }.joined(separator: ",")
    let script = """
      window.__NUXT__=(function(a,b,c){b.offers=[\(level)];a[0]={offers:[\(level.replacing("c", with: "b"))]};
      return {data:[{name:"Tee",sku:"S",price:5,currency:"EUR",\(offers)}]}}([],{},{x:1}));
      """
    let product = try read(Array("<h1>Tee</h1><script>\(script)</script>".utf8)).product
    #expect(product?.price == "5.00 EUR")
  }

  @Test func `2,000 scripts that name what others describe stay linear`() throws {
    let scripts = (0..<2_000).map {
      "<script type=application/ld+json>{\"@type\":\"Thing\",\"@id\":\"#\($0)\",\"offers\":"
        + "{\"@id\":\"#\($0 + 1)\"},\"itemOffered\":{\"@id\":\"#x\"}}</script>"
    }
    #expect(try read(Array((scripts.joined() + product).utf8)).product?.name == "Größe ü")
  }

  @Test func `contexts nested in contexts and attributes full of JSON stay linear`() throws {
    let contexts =
      String(repeating: #"{"@context":{"a":"name","b":{"@id":"schema:sku"},"c":["#, count: 20_000)
    let script = "<script type=application/ld+json>\(contexts)</script>"
    #expect(try read(Array((script + product).utf8)).product?.name == "Größe ü")
    let json = #"{&quot;product&quot;:{&quot;name&quot;:&quot;A&quot;,&quot;price&quot;:1}}"#
    let boxes = (0..<5_000).map { "<div data-a=\"\(json)\" data-b\($0)=\"\(json)\">" }.joined()
    #expect(try read(Array((boxes + product).utf8)).product?.name == "Größe ü")
  }

  @Test func `one thing of many members or long lists, named by thousands, is read within bounds`()
    throws
  {
    let members = (0..<60_000).map { ",\"m\($0)\":1" }.joined()
    let list = (0..<60_000).map { _ in "1" }.joined(separator: ",")
    let lists = ["availability", "price", "brand", "image", "priceSpecification"]
      .map { ",\"\($0)\":[\(list)]" }.joined()
    let wide = ##"{"@type":"Product","@id":"#w"\##(members)}"##
    let long = ##"{"@type":"Product","@id":"#l"\##(lists)}"##
    let post = """
      {"@type":"SocialMediaPosting","mentions":[\(
        (0..<4_000).map { _ in ##"{"@id":"#w"}"## }.joined(separator: ","))]}
      """
    func product(_ key: String, _ name: String) -> String {
      let parts = (0..<400).map { _ in "{\"@id\":\"#\(name)\"}" }.joined(separator: ",")
      return "{\"@type\":\"Product\",\"name\":\"Größe ü\",\"\(key)\":[\(parts)]}"
    }
    for things in [
      [wide, post], [wide, product("offers", "w")], [long, product("offers", "l")],
      [long, product("hasVariant", "l")],
    ] {
      let script =
        "<script type=application/ld+json>[\(things.joined(separator: ","))]</script>"
      #expect(try read(Array((self.product + script).utf8)).item != nil)
    }
  }

  @Test func `things that name each other in rings are read within bounds`() throws {
    // Each of them offered the next, and all of them were variants of one group of 512.
    let ring = (0..<4_000).map {
      ##"{"@type":"Product","@id":"#\##($0)","name":"V","offers":{"@id":"#\##($0 + 1)"}},"##
    }
    let group = (0..<4_000).map { _ in ##"{"@type":"Product","isVariantOf":{"@id":"#g"}},"## }
    let variants = (0..<512).map { _ in #"{"@type":"Product"},"# }
    for parts in [ring, group] {
      let script = """
        <script type=application/ld+json>[\(parts.joined()){"@id":"#g","@type":"Thing","name":"G","hasVariant":
        [\(variants.joined())]}]</script>
        """
      #expect(try read(Array((product + script).utf8)).product?.name == "Größe ü")
    }
    let pushes = (0..<8_000).map {
      "push({name:'\($0 % 2 == 0 ? "Größe ü" : "B")',sku:'\($0)',price:5,currency:'EUR'});"
    }
    let page = product + "<script>\(pushes.joined())</script>"
    #expect(try read(Array(page.utf8)).product?.name == "Größe ü")
  }
}
