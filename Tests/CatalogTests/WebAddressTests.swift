import Catalog
import Support
import Testing

struct WebAddressTests {
  private let base: WebAddress

  init() throws { base = try WebAddress("https://Shop.Example:8443/women/dresses/?page=2#list") }

  @Test(arguments: [
    ("HTTP://EXAMPLE.com", "http://example.com/"),
    ("https:example.com", "https://example.com/"),
    ("https:\\\\example.com\\a\\b?c\\d", "https://example.com/a/b?c\\d"),
    ("https://////example.com//a", "https://example.com//a"),
    (" \u{1}\thttps://exa\nmple.com/a\tb\r\n ", "https://example.com/ab"),
    ("http://example.com:80", "http://example.com/"),
    ("http://example.com:443", "http://example.com:443/"),
    ("http://example.com:", "http://example.com/"),
    ("http://example.com:00081/", "http://example.com:81/"),
    ("http://example.com?q", "http://example.com/?q"),
    ("http://example.com#f", "http://example.com/#f"),
    ("http://example.com/?", "http://example.com/?"),
    ("http://example.com./", "http://example.com./"),
  ])
  func `an absolute address is written one way`(text: String, expected: String) throws {
    #expect(try WebAddress(text).string == expected)
  }

  @Test(arguments: [
    ("", "https://shop.example:8443/women/dresses/?page=2"),
    ("#top", "https://shop.example:8443/women/dresses/?page=2#top"),
    ("?page=3", "https://shop.example:8443/women/dresses/?page=3"),
    ("red", "https://shop.example:8443/women/dresses/red"),
    ("./red/../blue", "https://shop.example:8443/women/dresses/blue"),
    ("..", "https://shop.example:8443/women/"),
    ("../../../../a", "https://shop.example:8443/a"),
    ("%2E%2e/a", "https://shop.example:8443/women/a"),
    (".%2e\\a\\.", "https://shop.example:8443/women/a/"),
    ("...", "https://shop.example:8443/women/dresses/..."),
    ("/a//b/", "https://shop.example:8443/a//b/"),
    ("\\a", "https://shop.example:8443/a"),
    ("//cdn.example/x.jpg", "https://cdn.example/x.jpg"),
    ("\\/cdn.example", "https://cdn.example/"),
    ("https:red", "https://shop.example:8443/women/dresses/red"),
    ("https:/red", "https://shop.example:8443/red"),
    ("http:red", "http://red/"),
    (":8080", "https://shop.example:8443/women/dresses/:8080"),
    ("1:2", "https://shop.example:8443/women/dresses/1:2"),
  ])
  func `a reference is resolved against its base`(reference: String, expected: String) throws {
    #expect(try WebAddress(reference, relativeTo: base).string == expected)
  }

  @Test func `a base without a path has one once something is relative to it`() throws {
    let bare = try WebAddress("http://h?x")
    #expect(try WebAddress("a", relativeTo: bare).string == "http://h/a")
    #expect(try WebAddress("..", relativeTo: bare).string == "http://h/")
  }

  @Test func `each part has its own set of escaped characters`() throws {
    let all = " \"<>`{}^|'é\u{7F}%zz"
    let text = "http://h/\(all)?\(all)#\(all)"
    #expect(
      try WebAddress(text).string
        == "http://h/%20%22%3C%3E%60%7B%7D%5E|'%C3%A9%7F%zz"
        + "?%20%22%3C%3E`{}^|%27%C3%A9%7F%zz"
        + "#%20%22%3C%3E%60{}^|'%C3%A9%7F%zz")
  }

  @Test func `the parts of an address are found`() throws {
    let full = try WebAddress("https://us%er:p:w@[2001:DB8::1]:8080/a/b;c?d?e#f#g")
    #expect(full.scheme == "https")
    #expect(full.credentials == "us%er:p%3Aw")
    #expect(full.host == "[2001:db8::1]")
    #expect(full.port == 8080)
    #expect(full.path == "/a/b;c")
    #expect(full.query == "d?e")
    #expect(full.fragment == "f#g")

    let bare = try WebAddress("http://:@h")
    #expect(bare.string == "http://h/")
    #expect(bare.credentials == nil)
    #expect(bare.port == nil)
    #expect(bare.query == nil)
    #expect(bare.fragment == nil)
    #expect(try WebAddress("http://h?#").query == "")
    #expect(try WebAddress("http://h?#").fragment == "")
  }

  @Test(arguments: [
    ("127.1", "127.0.0.1"), ("0x7f.0.0.1", "127.0.0.1"), ("017700000001", "127.0.0.1"),
    ("2130706433", "127.0.0.1"), ("1.2.3", "1.2.0.3"), ("1.2.3.4.", "1.2.3.4"), ("0x", "0.0.0.0"),
    ("０Ｘｃ０．０２５０．０１", "192.168.0.1"), ("%31%2e2", "1.0.0.2"), ("0xffffffff", "255.255.255.255"),
    ("a.b.0x7g", "a.b.0x7g"), ("1e", "1e"), ("1.2.3.4.com", "1.2.3.4.com"),
  ])
  func `an IPv4 address in any notation is written in dotted decimals`(
    host: String, expected: String
  ) throws {
    #expect(try WebAddress("http://\(host)/").host == expected)
  }

  @Test(arguments: [
    ("[::]", "[::]"), ("[0:0:0:0:0:0:0:1]", "[::1]"), ("[1:0:0:2:0:0:0:3]", "[1:0:0:2::3]"),
    ("[1:0:0:2:3:0:0:4]", "[1::2:3:0:0:4]"), ("[1:0:2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]"),
    ("[::ffff:127.0.0.1]", "[::ffff:7f00:1]"), ("[ABCD::]", "[abcd::]"),
    ("[0::1:2:3:4:5:6]", "[::1:2:3:4:5:6]"),
  ])
  func `an IPv6 address is compressed`(host: String, expected: String) throws {
    #expect(try WebAddress("http://\(host)/").host == expected)
  }

  @Test(arguments: [
    "", "http://", "http:///", "http://?", "http://@", "http://a b/", "http://a%20b", "http://a%00",
    "http://a<b", "http://a^b", "http://a|b", "http://a%", "http://%zz", "http://%ff.com",
    "http://[::1", "http://::1]", "http://[1::2::3]", "http://[1:2:3:4:5:6:7]",
    "http://[1:2:3:4:5:6:7:8:9]", "http://[::12345]", "http://[::1%eth0]", "http://[::1.2.3]",
    "http://[::1.2.3.256]", "http://[::01.2.3.4]", "http://[1:]", "http://[:1::]",
    "http://1.2.3.4.5", "http://256.0.0.1", "http://4294967296", "http://1.2.3.08", "http://a.1",
    "http://1..2", "http://h:65536", "http://h:-1", "http://h:8o", "http://[::1]x", "http://\u{AD}",
  ])
  func `what no host or port can be is refused`(text: String) {
    #expect(throws: AddressError.self) { try WebAddress(text) }
  }

  @Test func `errors say what is wrong`() {
    #expect(throws: AddressError.scheme("mailto")) { try WebAddress("MailTo:a@b.c") }
    #expect(throws: AddressError.scheme("data")) {
      try WebAddress("data:image/png;base64," + String(repeating: "A", count: 100_000))
    }
    #expect(throws: AddressError.scheme("javascript")) {
      try WebAddress("java\nscript:alert(1)", relativeTo: base)
    }
    #expect(throws: AddressError.relative) { try WebAddress("/a") }
    #expect(throws: AddressError.host("a b")) { try WebAddress("http://a b:80/") }
    #expect(throws: AddressError.port("99999")) { try WebAddress("http://a:99999/") }
    #expect(throws: AddressError.tooLong(length: 9000, limit: 8192)) {
      try WebAddress("http://h/" + String(repeating: "a", count: 8991))
    }
    // Escaping may be what makes an address too long.
    #expect(throws: AddressError.tooLong(length: 9 + 4 * 3000, limit: 8192)) {
      try WebAddress("http://h/" + String(repeating: "é", count: 2000))
    }
    #expect("\(AddressError.port("x"))" == "port \"x\" is not a number of 0…65535")
  }

  @Test func `parsing what was written changes nothing, whatever it was made from`() throws {
    var random = SeededGenerator(seed: 1)
    var accepted = 0
    for _ in 0..<4000 {
      let text = URLSoup.next(using: &random)
      guard let address = try? WebAddress(text, relativeTo: base) else { continue }
      accepted += 1
      #expect(try WebAddress(address.string) == address, "from \(text.debugDescription)")
      let ascii = address.string.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      #expect(ascii, "from \(text.debugDescription)")
    }
    #expect(accepted > 1000)
  }

  @Test func `random bytes end in an address or an error`() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      for prefix in ["", "http://", "http://h/", "http://["] {
        let address = try? WebAddress(prefix + text, relativeTo: base)
        #expect(address.map { !$0.host.isEmpty } ?? true)
      }
    }
  }
}

/// Addresses that are put together from what parsers stumble over.
enum URLSoup {
  private static let parts = [
    "http:", "https:", "HTTP:", "//", "/", "\\", "?", "#", "@", ":", "a", "b.c", "EXAMPLE.com", ".",
    "..", "%2e", "%2E%2e", "%", "%4", "%34", "%41", "%7e", "%c3", "%C3%A9", " ", "\t", "\n", ";",
    ";jsessionid=1", "..;jsessionid=2", "sid=8f", "utm_source=x", "ref=a", "=", "&", "&&", "'",
    "\"",
    "<", "{", "|", "^", "[", "]", "[::1]", "1.2.3.4", "0x7f.1", "256", "é", "ß", "中", "。", "\u{AD}",
    "xn--", "xn--n3h", "80", ":8080", "~", "*", "(S(abc))", "mailto:", "\0", "\u{7F}", "😀",
    "\u{200D}", "\u{301}",
  ]
  private static let starts = ["", "", "http://", "https://h/", "http://a.b?", "/", "https://a.b;"]

  static func next(using random: inout SeededGenerator) -> String {
    let count = Int.random(in: 0...8, using: &random)
    return (0..<count).reduce(into: starts.randomElement(using: &random)!) { text, _ in
      text += parts.randomElement(using: &random)!
    }
  }
}
