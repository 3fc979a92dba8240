import Crawl
import Support
import Testing

struct RobotsPatternTests {
  private func rules(_ lines: String) -> RobotsRules {
    RobotsRules(Array("user-agent: *\n\(lines)".utf8), agent: "vitrinebot")
  }

  /// Whether a rule with this pattern matches the path.
  private func matches(_ pattern: String, _ path: String) -> Bool {
    !rules("disallow: \(pattern)").allows(path)
  }

  @Test(arguments: [
    ("/", "/"), ("/", "/a"), ("/fish", "/fish"), ("/fish", "/fish.html"), ("/fish", "/fish/a?b"),
    ("/fish*", "/fishheads"), ("/fish/", "/fish/a"), ("/*.php", "/a/b.php5"), ("/*.php$", "/a.php"),
    ("/fish*.php", "/fishheads/catfish.php?x"), ("*", "/"), ("*.gif", "/a.gif"), ("/a*$", "/abc"),
    ("/***b", "/ab"), ("/*?*sort=", "/c?a=1&sort=price"), ("/*aab", "/aaab"), ("/*ab*ba$", "/abba"),
    ("/a$b", "/a$b/c"), ("*a*a", "/aa"), ("/*/x$", "/a/x/x"),
  ])
  func `a pattern matches`(pattern: String, path: String) {
    #expect(matches(pattern, path))
  }

  @Test(arguments: [
    ("/fish", "/Fish"), ("/fish", "/catfish"), ("/fish/", "/fish"), ("/*.php$", "/a.php?x"),
    ("/*.php$", "/a.php/"), ("/a$", "/ab"), ("/a$", "/a$b"), ("fish", "/fish"), ("$", "/"),
    ("/*ab*ba$", "/aba"), ("*a*a", "/a"), ("/*abab$", "/ababb"), ("/*b/*c", "/c/b/"),
    ("/a*/b*/c$", "/a/b/d"),
  ])
  func `a pattern does not match`(pattern: String, path: String) {
    #expect(!matches(pattern, path))
  }

  @Test(arguments: [
    ("/caf\u{E9}", "/caf%C3%A9"), ("/caf%c3%a9", "/caf%C3%A9"), ("/%7Euser", "/~user"),
    ("/~user", "/%7euser"), ("/a%2fb", "/a%2Fb"), ("/file-%2A.html", "/file-*.html"),
    ("/a b", "/a%20b"), ("/{id}", "/%7Bid%7D"), ("/*?f[]=", "/x?f[]=1"), ("/*?f%5B", "/x?f[]=1"),
    ("/*?q='", "/x?q=%27"), ("/100%", "/100%25"), ("/a%24", "/a$"),
  ])
  func `pattern and path may encode the same bytes in different ways`(
    pattern: String, path: String
  ) {
    #expect(matches(pattern, path))
  }

  @Test func `an escaped separator is not the separator`() {
    #expect(!matches("/a/b", "/a%2Fb"))
    #expect(!matches("/a%2Fb", "/a/b"))
    #expect(!matches("/file-%2A.html", "/file-1.html"))
    #expect(!matches("/%", "/*"))
  }

  @Test func `patterns agree with a matcher that tries everything`() {
    func reference(_ pattern: Substring, _ path: Substring) -> Bool {
      guard let first = pattern.first else { return true }
      if pattern == "$" { return path.isEmpty }
      if first == "*" {
        return reference(pattern.dropFirst(), path)
          || (!path.isEmpty && reference(pattern, path.dropFirst()))
      }
      return path.first == first && reference(pattern.dropFirst(), path.dropFirst())
    }
    var random = SeededGenerator(seed: 5)
    func word(_ letters: [String], _ count: Int) -> String {
      (0..<Int.random(in: 0...count, using: &random)).map { _ in
        letters.randomElement(using: &random)!
      }.joined()
    }
    var matched = 0
    for _ in 0..<5000 {
      let pattern = "/" + word(["a", "b", "ab", "aab", "*", "$"], 8)
      let path = "/" + word(["a", "b", "ab", "aab", "$"], 10)
      let expected = reference(pattern[...], path[...])
      #expect(matches(pattern, path) == expected, "\(pattern) on \(path)")
      if expected { matched += 1 }
    }
    #expect((500...4500).contains(matched))
  }

  @Test func `patterns full of stars are decided in bounded time, or not allowed`() {
    let line = "disallow: /" + String(repeating: "*a", count: 200) + "*b\n"
    let hard = rules(String(repeating: line, count: 1000))
    #expect(hard.allows("/" + String(repeating: "a", count: 300)))
    #expect(!hard.allows("/" + String(repeating: "a", count: 300) + "b"))
    // Past the bound the answer is no, whatever the rules say.
    let many = rules(String(repeating: "disallow: /*b\n", count: 10_000))
    #expect(many.allows("/" + String(repeating: "a", count: 100)))
    #expect(!many.allows("/" + String(repeating: "a", count: 8000)))
  }
}
