/// Reads the lines of a robots.txt as Google's open-source parser does.
struct RobotsParser {
  /// The rules of all groups that name one crawler, merged (RFC 9309, 2.2.1).
  struct Group {
    var patterns = RobotsPatterns()
    var crawlDelay: Duration?
  }

  /// Longer lines are cut.
  private static let maximumLineLength = 2083 * 8 - 1

  private let agent: [UInt8]
  /// The groups that name our agent.
  private(set) var own = Group()
  /// The groups for `*`.
  private(set) var everyone = Group()
  private(set) var hasOwnGroup = false
  private(set) var sitemaps: [String] = []

  private var isInOwnGroup = false
  private var isInGroupForEveryone = false
  /// Whether the next `User-agent` line opens a group instead of joining one.
  private var hasRules = false

  init(agent: String) {
    let name = Array(agent.utf8)
    self.agent = Array(name[..<Self.productTokenEnd(name.span, 0..<name.count)])
  }

  mutating func parse(_ text: borrowing Span<UInt8>) {
    let count = min(text.count, RobotsRules.maximumLength)
    var start = 0
    for byte in [0xEF, 0xBB, 0xBF] as [UInt8] {
      guard start < count, text[start] == byte else { break }
      start += 1
    }
    while start < count {
      var end = start
      while end < count, text[end] != 0x0A, text[end] != 0x0D { end += 1 }
      readLine(text, start..<min(end, start + Self.maximumLineLength))
      start = end + 1
    }
  }

  // MARK: Lines

  private mutating func readLine(_ text: borrowing Span<UInt8>, _ range: Range<Int>) {
    var end = range.lowerBound
    // A comment ends a line, and so does a zero byte.
    while end < range.upperBound, text[end] != UInt8(ascii: "#"), text[end] != 0 { end += 1 }
    let line = trim(text, range.lowerBound..<end)
    guard let separator = separator(text, line) else { return }
    let key = trim(text, line.lowerBound..<separator)
    guard !key.isEmpty else { return }
    let value = trim(text, separator + 1..<line.upperBound)
    switch RobotsKey(text, key) {
    case .userAgent: userAgent(text, value)
    case .allow: rule(text, value, isAllowing: true)
    case .disallow: rule(text, value, isAllowing: false)
    case .sitemap:
      var sitemap: [UInt8] = []
      for i in value { sitemap.append(text[i]) }
      if !sitemap.isEmpty { sitemaps.append(String(decoding: sitemap, as: UTF8.self)) }
    case .crawlDelay: crawlDelay(text, value)
    case nil: break
    }
  }

  /// Where the key ends: at a colon, or at white space where the line is two words without one.
  private func separator(_ text: borrowing Span<UInt8>, _ line: Range<Int>) -> Int? {
    for i in line where text[i] == UInt8(ascii: ":") { return i }
    var i = line.lowerBound
    while i < line.upperBound, !isBlank(text[i]) { i += 1 }
    let first = i
    while i < line.upperBound, isBlank(text[i]) { i += 1 }
    guard i < line.upperBound else { return nil }
    while i < line.upperBound {
      if isBlank(text[i]) { return nil }
      i += 1
    }
    return first
  }

  private mutating func userAgent(_ text: borrowing Span<UInt8>, _ value: Range<Int>) {
    if hasRules {
      isInOwnGroup = false
      isInGroupForEveryone = false
      hasRules = false
    }
    let start = value.lowerBound
    if !value.isEmpty, text[start] == UInt8(ascii: "*"),
      value.count == 1 || isSpace(text[start + 1])
    {
      isInGroupForEveryone = true
      return
    }
    let token = start..<Self.productTokenEnd(text, value)
    guard token.count == agent.count, !agent.isEmpty else { return }
    for (i, byte) in zip(token, agent) where text[i] | 0x20 != byte | 0x20 { return }
    isInOwnGroup = true
    hasOwnGroup = true
  }

  private mutating func rule(
    _ text: borrowing Span<UInt8>, _ value: Range<Int>, isAllowing: Bool
  ) {
    guard isInOwnGroup || isInGroupForEveryone else { return }
    hasRules = true
    add(text, value, isAllowing: isAllowing)
    if isAllowing, let folder = folder(text, value) {
      add(text, folder, isAllowing: true, isAnchored: true)
    }
  }

  private mutating func add(
    _ text: borrowing Span<UInt8>, _ value: Range<Int>, isAllowing: Bool, isAnchored: Bool = false
  ) {
    if isInOwnGroup {
      own.patterns.add(text, value, isAllowing: isAllowing, isAnchored: isAnchored)
    } else {
      everyone.patterns.add(text, value, isAllowing: isAllowing, isAnchored: isAnchored)
    }
  }

  /// Who allows `/shop/index.html` allows `/shop/` as well.
  private func folder(_ text: borrowing Span<UInt8>, _ value: Range<Int>) -> Range<Int>? {
    guard var slash = value.last else { return nil }
    while text[slash] != UInt8(ascii: "/") {
      guard slash > value.lowerBound else { return nil }
      slash -= 1
    }
    var i = slash
    for byte in "/index.htm".utf8 {
      guard i < value.upperBound, text[i] == byte else { return nil }
      i += 1
    }
    return value.lowerBound..<slash + 1
  }

  private mutating func crawlDelay(_ text: borrowing Span<UInt8>, _ value: Range<Int>) {
    guard isInOwnGroup || isInGroupForEveryone, let delay = seconds(text, value) else { return }
    if isInOwnGroup {
      own.crawlDelay = max(own.crawlDelay ?? .zero, delay)
    } else {
      everyone.crawlDelay = max(everyone.crawlDelay ?? .zero, delay)
    }
  }

  /// `12`, `0.5` or `.5`, to the millisecond, at most `RobotsRules.maximumCrawlDelay`.
  private func seconds(_ text: borrowing Span<UInt8>, _ value: Range<Int>) -> Duration? {
    let limit = RobotsRules.maximumCrawlDelay.components.seconds
    var whole: Int64 = 0
    var milliseconds: Int64 = 0
    var unit: Int64 = 1000
    var isFraction = false
    var digits = 0
    for i in value {
      let byte = text[i]
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
        continue
      }
      guard byte &- UInt8(ascii: "0") < 10 else { return nil }
      digits += 1
      let digit = Int64(byte - UInt8(ascii: "0"))
      if isFraction {
        unit /= 10
        milliseconds += digit * unit
      } else {
        whole = min(whole * 10 + digit, limit)
      }
    }
    guard digits > 0 else { return nil }
    return min(.seconds(whole) + .milliseconds(milliseconds), RobotsRules.maximumCrawlDelay)
  }

  // MARK: Bytes

  /// A product token is made of letters, `-` and `_`.
  private static func productTokenEnd(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Int {
    var end = range.lowerBound
    while end < range.upperBound,
      (text[end] | 0x20) &- UInt8(ascii: "a") < 26 || text[end] == UInt8(ascii: "-")
        || text[end] == UInt8(ascii: "_")
    {
      end += 1
    }
    return end
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 < 5 }

  private func trim(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isSpace(text[start]) { start += 1 }
    while start < end, isSpace(text[end - 1]) { end -= 1 }
    return start..<end
  }
}

/// What a line is about. A key counts by how it begins, in any case and some misspellings.
enum RobotsKey {
  case userAgent
  case allow
  case disallow
  case sitemap
  case crawlDelay

  private static let spellings: [(StaticString, RobotsKey)] = [
    ("user-agent", .userAgent), ("useragent", .userAgent), ("user agent", .userAgent),
    ("allow", .allow),
    ("disallow", .disallow), ("dissallow", .disallow), ("dissalow", .disallow),
    ("disalow", .disallow), ("diasllow", .disallow), ("disallaw", .disallow),
    ("sitemap", .sitemap), ("site-map", .sitemap),
    ("crawl-delay", .crawlDelay), ("crawldelay", .crawlDelay), ("crawl delay", .crawlDelay),
  ]

  init?(_ text: borrowing Span<UInt8>, _ range: Range<Int>) {
    for (spelling, key) in Self.spellings where spelling.utf8CodeUnitCount <= range.count {
      var isEqual = true
      for i in 0..<spelling.utf8CodeUnitCount where isEqual {
        let byte = text[range.lowerBound + i]
        let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
        isEqual = lower == spelling.utf8Start[i]
      }
      if isEqual {
        self = key
        return
      }
    }
    return nil
  }
}
