import Catalog

/// What a robots.txt lets one crawler fetch (RFC 9309).
///
/// Where the RFC is silent, or real files break it, this agrees with Google's open-source parser:
/// misspelt and colon-less lines, groups, and which of several matching rules wins. Patterns and
/// paths are compared in one normal form (see `RobotsPatterns`), so that a rule cannot be missed
/// because page and robots.txt encode the same path differently.
package struct RobotsRules: Sendable {
  /// The bytes of a robots.txt that are read; what follows is ignored (RFC 9309, 2.5).
  package static let maximumLength = 500 * 1024
  /// The most that `crawlDelay` says. Files that ask for more mostly meant milliseconds.
  package static let maximumCrawlDelay = Duration.seconds(3600)

  /// Everything may be fetched: there is no robots.txt.
  package static let allowingAll = RobotsRules([], agent: "")
  /// Nothing may be fetched: robots.txt is out of reach (RFC 9309, 2.3.1.4).
  package static let forbiddingAll = RobotsRules(
    Array("user-agent: *\ndisallow: /".utf8), agent: "")

  /// How long the file wants us to wait between requests; the longest where it says several.
  package let crawlDelay: Duration?
  /// The values of all `Sitemap` lines, of whatever group, as they are written.
  package let sitemaps: [String]
  private let patterns: RobotsPatterns

  /// Reads a file. No bytes are so broken that they throw: what is not understood is no rule.
  ///
  /// - Parameters:
  ///   - body: The bytes of the file after content decoding, in UTF-8 with or without a mark.
  ///   - agent: Our product token, such as `vitrinebot`; a version after it is of no account.
  package init(_ body: [UInt8], agent: String) {
    var parser = RobotsParser(agent: agent)
    parser.parse(body.span)
    var group = parser.hasOwnGroup ? parser.own : parser.everyone
    group.patterns.sort()
    patterns = group.patterns
    crawlDelay = group.crawlDelay
    sitemaps = parser.sitemaps
  }

  /// Whether the address may be fetched. The rules must be those of its origin.
  package func allows(_ url: CanonicalURL) -> Bool { allows(url.pathAndQuery) }

  /// Whether a path with its query may be fetched.
  ///
  /// - Complexity: O(*rules* + *rules with `*`* · *path*). No honest file comes near the bound
  ///   at which this gives up and answers no.
  package func allows(_ pathAndQuery: String) -> Bool {
    if patterns.isEmpty { return true }
    let path = RobotsPath(pathAndQuery)
    guard patterns.wildcardCount * path.bytes.count <= Self.maximumSteps else { return false }
    return patterns.verdict(on: path) ?? true
  }

  /// Some 20 ms.
  private static let maximumSteps = 1 << 23
}
