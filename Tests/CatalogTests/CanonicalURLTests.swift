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
