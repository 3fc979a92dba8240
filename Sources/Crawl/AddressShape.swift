import Catalog

/// What the addresses of one kind of page have in common: the unit in which traps are counted.
///
/// A calendar, a filter or a pagination that never ends spawns addresses for ever, and every one of
/// them is new. What tells them from a catalog is that their pages lead to nothing but their own
/// kind (`isKin`). The number of such pages in a row is kept for each of `groups`, and bounded by
/// `TrapBudget`; a page that leads to an item or to anything else starts the count anew.
package struct AddressShape: Sendable {
  private let url: CanonicalURL
  private let origin: UInt64
  private let path: UInt64
  /// The path with runs of numbers replaced.
  private let template: UInt64
  private var segmentCount = 0
  /// How many times the commonest word stands among the segments.
  private var repetition = 0
  private var parameterCount = 0
  private var isFarPage = false

  /// Segments beyond which a path is suspicious, and beyond which it is endless.
  private static let deep = 4
  private static let deepest = 12
  private static let longest = 1500
  private static let mostParameters = 12
  private static let farPage = 100
  private static let pageParameters = [
    "page", "p", "pg", "paged", "pagenum", "pageno", "pagenumber", "page_no", "currentpage",
    "seite", "pagina",
  ]

  /// - Complexity: one pass over the address; it is done for every link of every page.
  package init(_ url: CanonicalURL) {
    self.url = url
    let bytes = url.string.utf8.span
    let pathStart = url.origin.utf8.count
    let pathEnd = pathStart + url.path.utf8.count
    origin = Self.hash(bytes, 0..<pathStart)
    path = Self.hash(bytes, pathStart..<pathEnd)

    var template: UInt64 = 0
    var words = InlineArray<12, UInt64>(repeating: 0)
    var wordCount = 0
    var isAfterNumber = false
    var previous = 0..<0
    var start = pathStart + 1
    while start < pathEnd {
      var end = start
      while end < pathEnd, bytes[end] != UInt8(ascii: "/") { end += 1 }
      let segment = start..<end
      start = end + 1
      if segment.isEmpty { continue }
      segmentCount += 1
      if Self.isNumberLike(bytes, segment) {
        if !isAfterNumber { template = template &* 31 &+ 1 }
        isAfterNumber = true
        if Self.isFar(bytes, segment, under: previous) { isFarPage = true }
      } else {
        isAfterNumber = false
        let word = Self.hash(bytes, segment)
        template = template &* 31 &+ word
        var times = 1
        for i in 0..<wordCount where words[i] == word { times += 1 }
        repetition = max(repetition, times)
        if wordCount < words.count {
          words[wordCount] = word
          wordCount += 1
        }
      }
      previous = segment
    }
    self.template = template

    start = pathEnd + 1
    while start < bytes.count {
      var end = start
      var equals: Int?
      while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
        if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
        end += 1
      }
      parameterCount += 1
      if let equals, Self.isFar(bytes, equals + 1..<end, under: start..<equals) { isFarPage = true }
      start = end + 1
    }
  }

  /// FNV-1a.
  private static func hash(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for i in range { hash = (hash ^ UInt64(bytes[i])) &* 0x100_0000_01B3 }
    return hash
  }

  /// Whether the two say the hundredth page or a later one.
  private static func isFar(
    _ bytes: borrowing Span<UInt8>, _ value: Range<Int>, under name: Range<Int>
  ) -> Bool {
    guard value.count >= 3 else { return false }
    var number = 0
    for i in value {
      guard (48...57).contains(bytes[i]) else { return false }
      number = min(number * 10 + Int(bytes[i] - 48), 1 << 40)
    }
    guard number >= farPage else { return false }
    return pageParameters.contains { parameter in
      parameter.utf8.count == name.count
        && zip(parameter.utf8, name).allSatisfy { $0 == bytes[$1] | 0x20 || $0 == bytes[$1] }
    }
  }

  /// Digits are at least half of it, as in dates, times, counters and tokens.
  private static func isNumberLike(_ bytes: borrowing Span<UInt8>, _ segment: Range<Int>) -> Bool {
    var digits = 0
    var others = 0
    for i in segment {
      switch bytes[i] {
      case 48...57: digits += 1
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"): break
      default: others += 1
      }
    }
    return digits > 0 && digits >= others
  }

  /// No page worth having has such an address: one word three times, or out of all proportion.
  package var isEndless: Bool {
    repetition >= 3 || segmentCount > Self.deepest || url.string.utf8.count > Self.longest
      || parameterCount > Self.mostParameters
  }

  private var isDeep: Bool { segmentCount > Self.deep }

  /// Whether the address continues a page of the shape `source`: the same path with other
  /// parameters, or but for numbers, such as the next page of a list.
  package func continues(_ source: AddressShape) -> Bool {
    origin == source.origin && (path == source.path || template == source.template)
  }

  /// Whether finding the address on a page of the shape `source` is no gain: it continues the page,
  /// or is one more turn of what only traps do.
  package func isKin(of source: AddressShape) -> Bool {
    continues(source)
      || origin == source.origin
        && (isFarPage || repetition == 2
          || isDeep && source.isDeep && segmentCount > source.segmentCount)
  }

  /// The names under which the yield of such pages is counted. They are few: what looks like the
  /// name of one thing is not told apart.
  package var groups: [TrapGroup] {
    let authority = url.authority
    let segments = url.path.split(separator: "/")
    var template = ""
    for segment in segments {
      let part =
        Self.isNumberLike(segment.utf8.span, 0..<segment.utf8.count)
        ? "{n}"
        : Self.isSlug(segment) ? "{s}" : segment
      if part != "{n}" || !template.hasSuffix("/{n}") { template += "/\(part)" }
    }
    var groups = [TrapGroup(.template, authority, template.isEmpty ? "/" : template)]
    if segments.count > 1 {
      let section = Self.isSlug(segments[0]) ? "{s}" : segments[0]
      groups.append(TrapGroup(.section, authority, "/\(section)"))
    }
    if isFarPage { groups.append(TrapGroup(.suspicion, authority, "page of three digits")) }
    if repetition == 2 { groups.append(TrapGroup(.suspicion, authority, "repeated word")) }
    if isDeep { groups.append(TrapGroup(.suspicion, authority, "deep path")) }
    return groups
  }

  /// Several words, a word with a number, or a long one.
  private static func isSlug(_ segment: Substring) -> Bool {
    segment.utf8.count > 20
      || segment.utf8.contains {
        (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }
}

/// Pages of one host that are alike, whose yield is counted together.
package struct TrapGroup: Hashable, Sendable, CustomStringConvertible {
  package enum Breadth: String, Sendable { case template, section, suspicion }

  package let breadth: Breadth
  /// The pattern that the catalog keeps the yield under.
  package let description: String

  fileprivate init(_ breadth: Breadth, _ authority: String, _ name: String) {
    self.breadth = breadth
    description = "\(breadth.rawValue) \(authority) \(name)"
  }
}
