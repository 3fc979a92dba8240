import Catalog
import Testing

@testable import Crawl

struct ScopeTests {
  @Test(arguments: [
    ("shop.example", "https://shop.example/a", true),
    ("shop.example", "http://www.shop.example/a", true),
    ("www.shop.example", "https://shop.example/a", true),
    ("shop.example", "https://shop.example:8443/a", false),
    ("shop.example", "https://cdn.shop.example/a", false),
    ("shop.example", "https://notshop.example/a", false),
    ("SHOP.example", "https://shop.example/a", true),
    ("*.shop.example", "https://cdn.shop.example/a", true),
    ("*.shop.example", "https://a.b.shop.example/a", true),
    ("*.shop.example", "https://shop.example/a", false),
    ("*.shop.example", "https://evilshop.example/a", false),
    ("127.0.0.1:8400", "http://127.0.0.1:8400/a", true),
    ("127.0.0.1:8400", "http://127.0.0.1/a", false),
    ("127.0.0.1:8400", "http://127.0.0.11:8400/a", false),
    ("*", "http://anything.example:99/a", true),
  ])
  func `a host is in scope by its name and port`(_ rule: (String, String, Bool)) throws {
    let pattern = try #require(HostPattern(rule.0))
    #expect(pattern.matches(try CanonicalURL(rule.1)) == rule.2)
  }

  @Test(arguments: ["", "a/b", "http://a.example", "a.example?x", "user@a.example", "*.", "a.*.b"])
  func `what is no host is no pattern`(_ text: String) {
    #expect(HostPattern(text) == nil)
  }

  @Test(arguments: [
    ("/shop", "/shop/a", true), ("/shop", "/", false), ("/shop$", "/shop", true),
    ("/shop$", "/shop/a", false), ("*", "/", true), ("/*/p-*.html$", "/en/p-1.html", true),
    ("/*/p-*.html$", "/en/p-1.html?x=1", false), ("/*?sort=", "/c/a?sort=price", true),
    ("/*?sort=", "/c/a?x=1&sort=price", false), ("/*?*sort=", "/c/a?x=1&sort=price", true),
    ("*.pdf$", "/a.pdf.pdf", true), ("/a*a$", "/a", false), ("/a**b", "/aXb", true),
  ])
  func `a path pattern matches from the start`(_ rule: (String, String, Bool)) {
    #expect(PathPattern(rule.0).matches(rule.1) == rule.2)
  }

  private func scope() throws -> Scope {
    Scope(
      hosts: [try #require(HostPattern("shop.example"))],
      imageHosts: [try #require(HostPattern("cdn.example"))],
      include: [PathPattern("/p/"), PathPattern("/c/")], exclude: [PathPattern("/*secret")],
      maximumDepth: 3)
  }

  private func refusal(_ url: String, _ kind: TargetKind = .page, depth: Int = 1, hops: Int = 0)
    throws -> Scope.Refusal?
  {
    try scope().refusal(of: try CanonicalURL(url), kind: kind, depth: depth, hops: hops)
  }

  @Test func `a private address is only let in where its host is named`() throws {
    var scope = try scope()
    scope.imageHosts.append(.any)
    let (shop, cdn, other) = (
      try CanonicalURL("https://shop.example/a.jpg"), try CanonicalURL("https://cdn.example/a.jpg"),
      try CanonicalURL("https://other.example/a.jpg")
    )
    #expect([shop, cdn, other].allSatisfy { scope.contains(host: $0, kind: .image) })
    #expect(![shop, cdn, other].contains { scope.allowsPrivate($0, kind: .image) })
    scope.isPrivateAllowed = true
    #expect(
      [shop, cdn, other].map { scope.allowsPrivate($0, kind: .image) } == [true, true, false])
    #expect(!scope.allowsPrivate(cdn, kind: .page))
  }

  @Test func `rules that judge alike read alike`() throws {
    let (one, other) = (try scope(), try scope())
    #expect(one.text == other.text)
    for change: (inout Scope) -> Void in [
      { $0.hosts.append(.any) }, { $0.imageHosts = [] }, { $0.include = [] },
      { $0.exclude.append(PathPattern("/x$")) }, { $0.maximumDepth = 4 },
    ] {
      var changed = one
      change(&changed)
      #expect(changed.text != one.text)
    }
  }

  @Test func `every rule keeps out what it says and nothing else`() throws {
    #expect(try refusal("https://shop.example/p/1") == nil)
    #expect(try refusal("https://other.example/p/1") == .host)
    #expect(try refusal("https://shop.example/about") == .notIncluded)
    #expect(try refusal("https://shop.example/", depth: 0) == nil)
    #expect(try refusal("https://shop.example/p/secret") == .excluded)
    #expect(try refusal("https://shop.example/p/1", depth: 4) == .tooDeep)
    #expect(try refusal("https://shop.example/p/1", hops: 6) == .tooManyHops)
    #expect(try refusal("https://cdn.example/a.jpg", .image) == nil)
    #expect(try refusal("https://cdn.example/secret.jpg", .image) == .excluded)
    #expect(try refusal("https://cdn.example/p/1", .page) == .host)
    #expect(try refusal("https://shop.example/sitemap.xml", .sitemap) == nil)
    #expect(try refusal("https://shop.example/p/a/b/a/b/a/b") == .endless)
  }
}
