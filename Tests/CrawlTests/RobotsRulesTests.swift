import Catalog
import Crawl
import Support
import Testing

struct RobotsRulesTests {
  private func rules(_ text: String, agent: String = "vitrinebot") -> RobotsRules {
    RobotsRules(Array(text.utf8), agent: agent)
  }

  private func allows(_ text: String, _ path: String, agent: String = "vitrinebot") -> Bool {
    rules(text, agent: agent).allows(path)
  }

  // MARK: Which rule wins

  @Test func `the longest pattern wins, and of equals the one that allows`() {
    let text = """
      User-agent: *
      Disallow: /shop
      Allow: /shop/sale
      Disallow: /shop/sale/old
      Disallow: /page
      Allow: /page
      Allow: /p
      Disallow: /*.htm
      """
    #expect(!allows(text, "/shop/a"))
    #expect(allows(text, "/shop/sale/a"))
    #expect(!allows(text, "/shop/sale/old/a"))
    #expect(allows(text, "/page/1"))
    #expect(!allows(text, "/p.htm"))
    #expect(allows(text, "/other"))
  }

  @Test func `an empty pattern rules nothing`() {
    #expect(allows("user-agent: *\ndisallow:", "/a"))
    #expect(!allows("user-agent: *\ndisallow: /\nallow:", "/a"))
  }

  @Test func `who allows a folder's index allows the folder`() {
    let text = "user-agent: *\nallow: /shop/index.html\ndisallow: /"
    #expect(allows(text, "/shop/"))
    #expect(allows(text, "/shop/index.html"))
    #expect(!allows(text, "/shop/a"))
    #expect(!allows(text, "/shop/index.php"))
    #expect(allows("user-agent: *\nallow: /index.htm\ndisallow: /", "/"))
  }

  // MARK: Groups

  @Test func `the group that names us counts instead of the one for everyone`() {
    let text = """
      User-agent: *
      Disallow: /

      User-agent: VitrineBot
      Disallow: /private
      """
    #expect(allows(text, "/a"))
    #expect(!allows(text, "/private"))
    #expect(!allows(text, "/a", agent: "otherbot"))
  }

  @Test func `groups that name us are one group`() {
    let text = """
      user-agent: vitrinebot
      disallow: /a
      user-agent: *
      disallow: /b
      user-agent: vitrinebot
      disallow: /c
      """
    #expect(!allows(text, "/a"))
    #expect(allows(text, "/b"))
    #expect(!allows(text, "/c"))
  }

  @Test func `several names share the rules that follow`() {
    let text = "user-agent: a\nuser-agent: vitrinebot\n\nuser-agent: b\ndisallow: /"
    for agent in ["a", "b", "vitrinebot"] { #expect(!allows(text, "/", agent: agent)) }
    #expect(allows(text, "/", agent: "c"))
  }

  @Test func `a group of ours without rules allows everything`() {
    #expect(allows("user-agent: *\ndisallow: /\n\nuser-agent: vitrinebot", "/a"))
    #expect(allows("user-agent: vitrinebot\ndisallow:\nuser-agent: *\ndisallow: /", "/a"))
  }

  @Test func `other lines do not part names from their rules`() {
    let text = """
      user-agent: vitrinebot
      sitemap: https://h/s.xml
      crawl-delay: 2
      host: h
      user-agent: other
      disallow: /
      """
    #expect(!allows(text, "/"))
    #expect(!allows(text, "/", agent: "other"))
  }

  @Test func `a product token ends where its letters end`() {
    for name in ["vitrinebot/2.1", "VITRINEBOT 3", "vitrinebot*", "vitrinebot;x"] {
      #expect(!allows("user-agent: \(name)\ndisallow: /", "/"), "\(name)")
    }
    for name in ["vitrine", "vitrinebot-images", "vitrinebots", "", "bot"] {
      #expect(allows("user-agent: \(name)\ndisallow: /", "/"), "\(name)")
    }
    #expect(!allows("user-agent: vitrinebot\ndisallow: /", "/", agent: "vitrinebot/1.0"))
  }

  @Test func `a star with a space behind it is everyone, with a letter nobody`() {
    #expect(!allows("user-agent: * everyone\ndisallow: /", "/"))
    #expect(allows("user-agent: *bot\ndisallow: /", "/"))
  }

  @Test func `rules before any name count for nobody`() {
    #expect(allows("disallow: /\nuser-agent: *\ndisallow: /a", "/b"))
  }

  // MARK: Lines

  @Test(arguments: [
    "User-Agent: *\r\nDisallow: /\r\n", "user-agent: *\rdisallow: /",
    "\u{FEFF}user-agent: *\ndisallow: /",
    "  user-agent\t:  *  # all\n\tdisallow :/ # all", "useragent: *\nDISALLOW: /",
    "user agent: *\ndissallow: /", "user-agent *\ndisallow /", "user-agent:*\ndisallow:/",
    "user-agent: *\ndisalow: /", "user-agent: *\ndiasllow: /", "user-agent: *\ndisallaw: /",
    "user-agents: *\ndisallowed: /", "user-agent: *\n\n\n# x\n\ndisallow: /",
    "<html>\nuser-agent: *\n<p>\ndisallow: /", "user-agent: *\ndisallow: /\0junk",
    "user-agent: *\ndisallow  \t /",
  ])
  func `sloppy files are understood`(text: String) {
    #expect(!allows(text, "/a"))
  }

  @Test(arguments: [
    "user-agent: *\n# disallow: /", "user-agent: *\ndisallow / a", "user-agent: *\n: /",
    "user-agent: *\ndis allow: /", "user-agent: *\ndisallow\n/", "user-agent: *\nallow: /",
    "", "\0\u{FF}", "<!doctype html><title>Not found</title>",
  ])
  func `what is no rule forbids nothing`(text: String) {
    #expect(allows(text, "/a"))
  }

  @Test func `an incomplete byte order mark is skipped as far as it goes`() {
    let rest = Array("user-agent: *\ndisallow: /".utf8)
    for mark in [[0xEF], [0xEF, 0xBB]] as [[UInt8]] {
      #expect(!RobotsRules(mark + rest, agent: "vitrinebot").allows("/"))
    }
  }

  @Test func `a line counts up to its limit`() {
    let long = String(repeating: "a", count: 20_000)
    let text = "user-agent: *\ndisallow: /\(long)\ndisallow: /b # \(long)"
    #expect(!allows(text, "/" + long.prefix(16_663)))
    #expect(allows(text, "/" + long.prefix(10_000)))
    #expect(!allows(text, "/b"))
  }

  @Test func `what stands behind the first 500 KiB is not read`() {
    let rule = "\ndisallow: /late"
    let head = "user-agent: *\ndisallow: /early\n"
    let room = RobotsRules.maximumLength - head.utf8.count - rule.utf8.count
    func file(_ filling: Int) -> String { head + String(repeating: "#", count: filling) + rule }
    #expect(!allows(file(room), "/late"))
    #expect(allows(file(room + rule.utf8.count), "/late"))
    #expect(!allows(file(room + rule.utf8.count), "/early"))
  }

  // MARK: Crawl-delay and sitemaps

  @Test(
    arguments: [
      ("10", .seconds(10)), ("0.5", .milliseconds(500)), (".25", .milliseconds(250)),
      ("1.2345", .milliseconds(1234)), ("0", .zero), ("3600.5", .seconds(3600)),
      ("99999999999999999999", .seconds(3600)), ("5 # s", .seconds(5)), ("", nil), ("-1", nil),
      ("1,5", nil), ("five", nil), ("5s", nil), (".", nil), ("1.2.3", nil),
    ] as [(String, Duration?)])
  func `a crawl delay is a decimal number of seconds`(text: String, expected: Duration?) {
    #expect(rules("user-agent: *\ncrawl-delay: \(text)").crawlDelay == expected)
  }

  @Test func `the crawl delay is that of our group, and the longest of several`() {
    let text = """
      crawl-delay: 100
      user-agent: *
      crawl-delay: 20
      user-agent: vitrinebot
      crawl-delay: 2
      disallow: /a
      crawl-delay: 4
      """
    #expect(rules(text).crawlDelay == .seconds(4))
    #expect(rules(text, agent: "other").crawlDelay == .seconds(20))
    #expect(rules("user-agent: a\ndisallow: /").crawlDelay == nil)
  }

  @Test func `sitemaps are for everyone and kept as written`() {
    let text = """
      Sitemap: https://h/a.xml
      user-agent: other
      site-map: /b.xml?x=1  # relative
      disallow: /
      sitemap:
      SITEMAP:https://h/ü.xml
      """
    #expect(rules(text).sitemaps == ["https://h/a.xml", "/b.xml?x=1", "https://h/ü.xml"])
  }

  // MARK: As a whole

  @Test func `the address of a page is asked about by its path and query`() throws {
    let rules = rules("user-agent: *\ndisallow: /*?*sort=\ndisallow: /caf%C3%A9")
    #expect(try !rules.allows(CanonicalURL("https://shop.example/c?a=1&sort=price#x")))
    #expect(try rules.allows(CanonicalURL("https://shop.example/c?a=1")))
    #expect(try !rules.allows(CanonicalURL("https://shop.example/café/menu")))
  }

  @Test func `without a file everything is allowed, out of reach nothing`() {
    #expect(RobotsRules.allowingAll.allows("/a"))
    #expect(!RobotsRules.forbiddingAll.allows("/a"))
    #expect(!RobotsRules.forbiddingAll.allows("/"))
  }

  @Test func `random bytes are no danger`() {
    var random = SeededGenerator(seed: 6)
    let words = [
      "user-agent", ":", "*", "disallow", "allow", "/", "\n", "\r", " ", "%", "%f", "$", "\0",
    ]
    for _ in 0..<500 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        if Bool.random(using: &random) {
          bytes.append(.random(in: 0...255, using: &random))
        } else {
          bytes += Array(words.randomElement(using: &random)!.utf8)
        }
      }
      let rules = RobotsRules(bytes, agent: "vitrinebot")
      // An answer is always the same answer.
      #expect(rules.allows("/a%2*b") == rules.allows("/a%2*b"))
    }
  }
}
