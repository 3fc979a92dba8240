import Catalog
import Foundation
import Support
import Testing

struct CanonicalURLTests {
  private func canonical(_ text: String, _ rules: URLRules = .standard) throws -> String {
    try CanonicalURL(text, rules: rules).string
  }

  @Test(arguments: [
    ("HTTPS://Shop.Example:443", "https://shop.example/"),
    ("https://shop.example/A/b?C=D#part", "https://shop.example/A/b?C=D"),
    ("https://shop.example/a?", "https://shop.example/a"),
    ("https://shop.example/a?#b", "https://shop.example/a"),
    ("https://shop.example./a", "https://shop.example/a"),
    ("https://shop.example.:8443/a", "https://shop.example:8443/a"),
    ("https://shop.example/a/%2e%2E/b", "https://shop.example/b"),
    ("https://shop.example/%7euser/%41%2D%5f", "https://shop.example/~user/A-_"),
    ("https://shop.example/a%2fb%c3%a9?x=%2b%61", "https://shop.example/a%2Fb%C3%A9?x=%2Ba"),
    ("https://shop.example/café", "https://shop.example/caf%C3%A9"),
    ("https://shop.example/a?b=2&a=1&b=2", "https://shop.example/a?b=2&a=1&b=2"),
    ("https://shop.example/a?&b=1&&c&", "https://shop.example/a?&b=1&&c&"),
    ("http://0x7f.1:080/", "http://127.0.0.1/"),
  ])
  func `aliases of an address become one`(text: String, expected: String) throws {
    #expect(try canonical(text) == expected)
  }

  @Test(arguments: [
    "/a%20b", "/a%2Fb?c%3D=%26%2b", "/a?b=%C3%A9", "/a%c3%a9", "/a%2", "/a%", "/a?b=%4", "/a%2Eb",
    "/%2E/a",
    "/a?%75tm_source=1", "/a%25%34%31", "/a?utm%5Fsource=1", "/a/%2E%2E/b", "/", "/a",
    "/a/b.html?c=d&e", "/a?", "/a?#b", "/a#b%zz", "/a?&", "/a?utm_source=x&b=1",
    "/a?b=1&gclid=2",
    "/a;jsessionid=1/b", "/a/../b", "/a/./b", "/.well-known", "/a.b/..", "/a/%2e%2e/b", "/a%41",
    "/a b",
    "/caf\u{E9}", "/a\\b", "//shop.example/a", "///a", "//other.example/a", "/a//b", "/a'b?c'd",
    "/a?b{c}", "/a{b}", "/a^b", "/a|b?c|d", "a/b", "?a", "#a", "", " /a ", "/a\tb",
    "/a?ref=1&sid=abc",
    "https://shop.example:8443/a?b", "https://shop.example:8443", "https://shop.example:8443?a",
    "https://shop.example:84430/a", "https://shop.example/a", "https://shop.example:443/a",
    "https://www.other.example/a/b?c=d#e", "http://a.b/", "http://a..b/", "http://.a/",
    "http://a./b",
    "http://1.2.3/", "http://1.2.3.com/", "http://a.0x1/", "http://A.b/c", "http://a_b.c/d",
    "http://a-.b/",
    "http://user@a.b/c", "http://xn--nxasmq6b/", "http://a/b", "httpx://a/b", "HTTP://a/b",
    "http:/a",
    "http:a", "https:/a", "https:a", "http://\(String(repeating: "a", count: 63)).b/",
    "http://\(String(repeating: "a", count: 64)).b/",
    "http://\(String(repeating: "abcdefg.", count: 31))abcde/",
    "http://\(String(repeating: "abcdefg.", count: 32))a/",
  ])
  func `what is canonical as it stands is read as everything else`(reference: String) throws {
    let base = try CanonicalURL("https://shop.example:8443/x/y?z=1")
    // A line feed inside is left out by the standard, and is nothing that stands there as it should.
    let detour = "\n" + reference.prefix(1) + "\n" + reference.dropFirst()
    let expected = try? CanonicalURL(detour, relativeTo: base)
    let found = try? CanonicalURL(reference, relativeTo: base)
    #expect(found == expected)
    #expect(found?.host == expected?.host && found?.port == expected?.port)
    #expect(found?.path == expected?.path && found?.query == expected?.query)
  }

  @Test func `a loose percent sign does not grow into an escape`() throws {
    for (text, expected) in [
      ("%%34%31", "%%341"), ("%4%31", "%4%31"), ("%%2D", "%-"), ("100%", "100%"), ("%zz", "%zz"),
      ("%25%34%31", "%2541"),
    ] {
      let url = try CanonicalURL("http://h/\(text)")
      #expect(url.path == "/\(expected)")
      #expect(try CanonicalURL(url.string) == url)
    }
  }

  @Test func `the parts of an address are found`() throws {
    let url = try CanonicalURL("https://shop.example:8443/a/b?c=d")
    #expect(url.scheme == "https")
    #expect(url.host == "shop.example")
    #expect(url.port == 8443)
    #expect(url.authority == "shop.example:8443")
    #expect(url.origin == "https://shop.example:8443")
    #expect(url.path == "/a/b")
    #expect(url.query == "c=d")
    #expect(url.pathAndQuery == "/a/b?c=d")

    let bare = try CanonicalURL("http://[::1]")
    #expect(bare.scheme == "http")
    #expect(bare.host == "[::1]")
    #expect(bare.port == nil)
    #expect(bare.authority == "[::1]")
    #expect(bare.origin == "http://[::1]")
    #expect(bare.query == nil)
    #expect(bare.pathAndQuery == "/")
  }

  @Test func `what nobody should ask for is refused`() {
    #expect(throws: AddressError.credentials) { try canonical("http://user:pw@h/") }
    #expect(throws: AddressError.credentials) { try canonical("http://shop.example@evil.example/") }
    #expect(throws: AddressError.host("a..b")) { try canonical("http://a..b/") }
    #expect(throws: AddressError.host(".a")) { try canonical("http://.a/") }
    #expect(throws: AddressError.host("")) { try canonical("http://./") }
    #expect(throws: AddressError.self) { try canonical("http://1.2.3.4../") }
    let label = String(repeating: "a", count: 63)
    #expect(throws: Never.self) { try canonical("http://\(label).example/") }
    #expect(throws: AddressError.self) { try canonical("http://\(label)a.example/") }
    let labels = Array(repeating: label, count: 4).joined(separator: ".")
    #expect(throws: AddressError.self) { try canonical("http://\(labels)/") }
    #expect(throws: AddressError.scheme("ftp")) { try canonical("ftp://h/") }
    #expect(throws: AddressError.relative) { try canonical("a/b") }
  }

  @Test func `dropping a base's parameters does not change what is relative to it`() throws {
    let references = [
      "", "#x", "?a=1", "c", "./c", "../c", "../../c", "/c", "//o.example/c", "c;sid=1?utm_id=2",
    ]
    for page in [
      "http://h/a/b;jsessionid=1?utm_source=x&y=1", "http://h/a;jsessionid=1/b/?sid=ab12",
      "http://h/a/..;jsessionid=1/b", "http://h/%7ea/b?y=1&fbclid=2#z",
    ] {
      for reference in references {
        let raw = try WebAddress(reference, relativeTo: WebAddress(page)).string
        #expect(
          try CanonicalURL(reference, relativeTo: CanonicalURL(page)) == CanonicalURL(raw),
          "\(reference) on \(page)")
      }
    }
  }

  @Test func `canonicalising twice changes nothing`() throws {
    var random = SeededGenerator(seed: 3)
    let base = try CanonicalURL("https://shop.example/a/b?c=1")
    let rules: [URLRules] = [.standard, .keepingAll, .standard.changed(dropping: ["s*"])]
    var accepted = 0
    for i in 0..<6000 {
      let text = URLSoup.next(using: &random)
      let rules = rules[i % rules.count]
      guard let url = try? CanonicalURL(text, relativeTo: base, rules: rules) else { continue }
      accepted += 1
      #expect(try CanonicalURL(url.string, rules: rules) == url, "from \(text.debugDescription)")
      #expect(try CanonicalURL(url.string, rules: .keepingAll) == url)
      // What is read back without parsing has the same parts.
      let stored = try #require(CanonicalURL(stored: url.string))
      #expect(stored == url)
      #expect(stored.authority == url.authority)
      #expect(stored.host == url.host)
      #expect(stored.port == url.port)
      #expect(stored.path == url.path)
      #expect(stored.query == url.query)
      #expect(url.origin + url.pathAndQuery == url.string)
    }
    #expect(accepted > 1500)
  }

  @Test(arguments: [
    "", "http", "http:/h/", "http://h", "http:///", "ftp://h/", "http://u@h/", "http://h/ ",
    "http://h/#f", "http://h?q", "http://h/é", "httpss://h/", "HTTP://h/", "http://:80/",
  ])
  func `what was never written here is not taken back`(text: String) {
    #expect(CanonicalURL(stored: text) == nil)
  }

  @Test func `a coded address is one string, and is parsed when it comes back`() throws {
    let url = try CanonicalURL("https://shop.example/a?sid=ff01&b=1", rules: .keepingAll)
    let coded = try JSONEncoder().encode([url])
    #expect(try JSONDecoder().decode([String].self, from: coded) == [url.string])
    // The rules of its site were applied when it was read from a page; none are applied here.
    #expect(try JSONDecoder().decode([CanonicalURL].self, from: coded) == [url])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([CanonicalURL].self, from: Data(#"["file:///etc/passwd"]"#.utf8))
    }
  }

  @Test func `addresses are ordered as their strings are`() throws {
    let urls = try ["http://b/", "https://a/", "http://a/b", "http://a/"].map {
      try CanonicalURL($0)
    }
    #expect(urls.sorted().map(\.string) == ["http://a/", "http://a/b", "http://b/", "https://a/"])
  }
}
