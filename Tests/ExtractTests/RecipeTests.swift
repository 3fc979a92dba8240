import Catalog
import Foundation
import Support
import Testing

@testable import Extract

@Suite struct RecipeTests {
  private func page(_ html: String, url: String = "https://a.example/p/1") throws -> FetchedPage {
    FetchedPage(url: try CanonicalURL(url), body: Array(html.utf8), contentType: "text/html")
  }

  private var crawlers: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("crawlers").path
  }

  @Test func `every recipe of the repository gives what its saved pages expect`() throws {
    let recipes = try Recipe.loadAll(crawlers)
    #expect(!recipes.isEmpty)
    for recipe in recipes {
      #expect(try Recipe.check(crawlers + "/" + recipe.name) == [])
    }
  }

  @Test func `a recipe overrides what the page's own data says`() throws {
    let recipe = try Recipe.parse(
      """
      hosts: [a.example]
      pages:
        - kind: product
          fields:
            name: "css: .real"
            price: {css: .cost, transforms: [{after: Now}]}
      """, name: "a")
    let html = """
      <h1>Wrong</h1><b class=real>Right</b><p class=cost>Was £20 Now £12.50</p>
      <script type="application/ld+json">{"@type":"Product","name":"Wrong","sku":"S1",
      "offers":{"price":"20","priceCurrency":"GBP"}}</script>
      """
    let extraction = try PageReader(recipes: [recipe]).read(page(html))
    guard case .product(let product) = extraction.item else {
      Issue.record("no product")
      return
    }
    #expect(product.name == "Right")
    #expect(product.offer.price?.description == "12.50 GBP")
    #expect(product.sku == "S1")
    #expect(product.evidence.contains { $0.syntax == .recipe && $0.field == "name" && $0.isChosen })
    #expect(
      product.evidence.contains { $0.syntax == .jsonLD && $0.field == "name" && !$0.isChosen })
  }

  @Test(arguments: [
    ("'css: .cost'", "1299.00 EUR"), ("{css: .cost, attribute: data-n}", "1.299 EUR"),
    ("'xpath: //b/@data-n'", "1.299 EUR"),
  ])
  func `a point in shown text means what the region means by it`(selector: String, price: String)
    throws
  {
    let recipe = try Recipe.parse(
      "hosts: [a.example]\npages:\n  - kind: product\n    fields: {price: \(selector)}", name: "a")
    let html = "<html lang=de-DE><h1>A</h1><b class=cost data-n=1.299>1.299</b></html>"
    let extraction = try PageReader(recipes: [recipe]).read(page(html))
    #expect(extraction.product?.price == price)
  }

  @Test func `a recipe speaks only of its own hosts`() throws {
    let recipe = try Recipe.parse(
      "hosts: ['*.a.example']\npages:\n  - {kind: ignore, path: /x/*}", name: "a")
    #expect(recipe.applies(to: try CanonicalURL("https://shop.a.example/x/")))
    #expect(recipe.applies(to: try CanonicalURL("https://a.example/x/")))
    #expect(!recipe.applies(to: try CanonicalURL("https://nota.example/x/")))
  }

  @Test(arguments: [
    ("hosts: [a]\npages:\n  - kind: product\n    fields:\n      name: 'css: h1['", 5, "h1["),
    ("hosts: [a]\npages:\n  - kind: product\n    fields:\n      name: 'xpath: //h1['", 5, "//h1["),
    ("hosts: [a]\npages:\n  - kind: product\n    fields:\n      sku: 'json: name'", 5, "name"),
  ])
  func `a bad selector names file, line and itself`(text: String, line: Int, selector: String)
    throws
  {
    let error = try #require(throws: RecipeError.self) {
      try Recipe.parse(text, name: "a", file: "a/recipe.yaml")
    }
    #expect(error.file == "a/recipe.yaml")
    #expect(error.line == line)
    #expect(error.selector == selector)
  }

  @Test(arguments: [
    "hosts: [a]\npages:\n  - kind: prodct",
    "hosts: [a]\npages:\n  - kind: product\n    fields: {nme: 'css: h1'}",
    "hosts: [a]\nhots: [b]\npages: []",
    "hosts: [a]\npages: [{kind: product, fields: {name: {css: h1, transforms: [shout]}}}]",
    "hosts: [a",
    "",
  ])
  func `a mistake is an error and not a silence`(text: String) {
    #expect(throws: RecipeError.self) { try Recipe.parse(text, name: "a") }
  }

  @Test func `a page that changed shows as a difference`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "recipe-\(UUID().uuidString)")
    let pages = folder.appendingPathComponent("pages")
    try FileManager.default.createDirectory(at: pages, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try "hosts: [a.example]\npages:\n  - {kind: product, fields: {name: 'css: h1'}}".write(
      to: folder.appendingPathComponent("recipe.yaml"), atomically: true, encoding: .utf8)
    try "<h1>New</h1>".write(
      to: pages.appendingPathComponent("p.html"), atomically: true, encoding: .utf8)
    try #"{"url": "https://a.example/p", "expect": {"name": "Old"}}"#.write(
      to: pages.appendingPathComponent("p.json"), atomically: true, encoding: .utf8)
    let differences = try Recipe.check(folder.path)
    #expect(differences.map(\.field) == ["name"])
    #expect(differences.first?.expected == ["Old"])
    #expect(differences.first?.found == ["New"])
  }

  @Test(arguments: [
    ("h1", "//h1"),
    ("div > p", "//div/p"),
    ("#a .b", "//*[@id='a']//*[contains(concat(' ',normalize-space(@class),' '),' b ')]"),
    ("a[href^='/p']", "//a[starts-with(@href,'/p')]"),
    ("a, b", "//a | //b"),
    ("li:nth-child(2)", "//li[count(preceding-sibling::*)=1]"),
    ("p:not(.x)", "//p[not(contains(concat(' ',normalize-space(@class),' '),' x '))]"),
  ])
  func `CSS becomes XPath`(css: String, xpath: String) throws {
    #expect(try CSSTranslator.xpath(css) == xpath)
    #expect(XPathDocument.isValid(xpath))
  }

  @Test(arguments: [
    "h1[", "> p", "p::before", "a:hover", "", "#", "a[b='c]", "a,,b", "p:nth-child(x)",
  ])
  func `CSS that means nothing is refused`(css: String) {
    #expect(throws: CSSTranslator.Failure.self) { try CSSTranslator.xpath(css) }
  }

  @Test(arguments: [
    ("/p/*", "/p/1", true), ("/p/*", "/q/1", false), ("*", "/", true), ("/a*z", "/abcz", true),
    ("/a*z", "/abc", false), ("/a*b*c", "/axbyc", true), ("/x", "/x", true), ("/x", "/xy", false),
  ])
  func `a path pattern covers whole paths`(pattern: String, path: String, expected: Bool) {
    #expect(Recipe.matches(path, pattern: pattern) == expected)
  }
}

@Suite struct RecipeDraftTests {
  private func page(_ body: String, _ url: String = "https://shop.example/p/tee-1") throws
    -> FetchedPage
  {
    FetchedPage(url: try CanonicalURL(url), body: Array(body.utf8), contentType: "text/html")
  }

  private let product = """
    <html lang=de><head><title>Tee | Shop</title><meta property="og:title" content="Tee"></head>
    <body><script type="application/ld+json">{"@type":"Product","name":"Tee \\"A\\"","sku":"T-1",
    "brand":{"@type":"Brand","name":"Linden"},"offers":{"@type":"Offer","price":"19.90",
    "priceCurrency":"EUR","availability":"https://schema.org/InStock"}}</script>
    <main class=product><h1 class=title>Tee "A"</h1><p class=price>19,90 €</p></main></body></html>
    """

  @Test func `a draft names nothing that is of one page alone`() throws {
    let page = try page(
      """
      <main id="product-55"><h1 class="t">Oak Chair</h1>
      <p class="price item-55">49.90 EUR</p><button>Add to cart</button></main>
      """)
    let draft = try Recipe.draft(for: page)
    #expect(draft.fields.contains("name"))
    #expect(!draft.recipe.contains("55"))
    #expect(draft.recipe.contains("main > h1.t"))
  }

  @Test func `a draft holds only selectors that read the page, and replays it`() throws {
    let folder = TemporaryFolder()
    let source = try page(product)
    let draft = try Recipe.draft(for: source)
    #expect(draft.name == "shop.example")
    #expect(draft.pageName == "tee-1")
    #expect(draft.recipe.contains("path: \"/p/*\""))
    for field in ["name", "brand", "price", "availability", "sku"] {
      #expect(draft.fields.contains(field), "\(field)")
    }
    try FileManager.default.createDirectory(
      atPath: folder.path + "/pages", withIntermediateDirectories: true)
    try Data(draft.recipe.utf8).write(to: URL(filePath: folder.path + "/recipe.yaml"))
    try Data(source.body).write(to: URL(filePath: folder.path + "/pages/tee-1.html"))
    try Data(draft.expectation.utf8).write(to: URL(filePath: folder.path + "/pages/tee-1.json"))
    #expect(try Recipe.check(folder.path) == [])
    let recipe = try Recipe.load(folder.path)
    let read = try PageReader(recipes: [recipe]).read(source)
    #expect(read.evidence.contains { $0.field == "sku" && $0.syntax == .recipe && $0.isChosen })
  }

  @Test func `a page without an item gives a recipe of a list`() throws {
    let draft = try Recipe.draft(
      for: page("<a href=/p/1>1</a><a href=/p/2>2</a>", "https://shop.example/c/tees/"))
    let recipe = try Recipe.parse(draft.recipe, name: draft.name)
    #expect(recipe.rules.map(\.kind) == [.listing])
    #expect(recipe.rules[0].path == "/c/*")
    #expect(draft.fields.isEmpty)
  }
}
