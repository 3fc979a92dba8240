import Catalog

/// Reads sitemaps (sitemaps.org 0.9 with Google's image and news extensions), their indexes, plain
/// text lists, and RSS 2.0 and Atom feeds.
///
/// An index's entries are links of kind `.sitemap`. `lastmod` is kept as the site's claim. Pictures
/// of the image extension belong to their page and are left to it.
enum SitemapReader {
  /// `nil` where the document is no sitemap and no feed.
  static func read(_ document: Document, context: PageContext) -> [Link]? {
    guard let root = (0..<document.count).first else { return nil }
    switch Name(rawValue: document.name(root)) {
    case .sitemapindex: return entries(document, .sitemap, kind: .sitemap, context: context)
    case .urlset: return entries(document, .url, kind: .page, context: context)
    case .rss, .feed: return feed(document, context: context)
    default:
      let name = document.nameText(document.name(root))
      if name.hasSuffix(":urlset") || name.hasSuffix(":sitemapindex") {
        return prefixed(document, isIndex: name.hasSuffix(":sitemapindex"), context: context)
      }
      if name == "rdf:RDF" { return feed(document, context: context) }
      return nil
    }
  }

  private static func entries(
    _ document: Document, _ entry: Name, kind: TargetKind, context: PageContext
  ) -> [Link] {
    var collector = LinkCollector(context: context)
    for element in document.all(entry) {
      let element = Int(element)
      var address: String?
      var modified: Int64?
      for child in document.children(element) {
        if document.has(child, name: .loc) {
          address = document.textString(child)
        } else if document.has(child, name: .lastmod) {
          modified = document.textString(child).flatMap(seconds)
        }
      }
      add(address, modified, kind, to: &collector, context: context)
    }
    return collector.links
  }

  private static func prefixed(_ document: Document, isIndex: Bool, context: PageContext) -> [Link]
  {
    var collector = LinkCollector(context: context)
    var address: String?
    for element in 0..<document.count {
      let name = document.nameText(document.name(element))
      if name.hasSuffix(":loc"), !name.hasPrefix("image:"), !name.hasPrefix("video:") {
        add(address, nil, isIndex ? .sitemap : .page, to: &collector, context: context)
        address = document.textString(element)
      } else if name.hasSuffix(":lastmod"), let found = address {
        let modified = document.textString(element).flatMap(seconds)
        add(found, modified, isIndex ? .sitemap : .page, to: &collector, context: context)
        address = nil
      }
    }
    add(address, nil, isIndex ? .sitemap : .page, to: &collector, context: context)
    return collector.links
  }

  private static func add(
    _ address: String?, _ modified: Int64?, _ kind: TargetKind, to collector: inout LinkCollector,
    context: PageContext
  ) {
    guard let address, let url = context.resolve(address),
      let told = kind == .page ? LinkCollector.pageKind(of: url) : kind
    else { return }
    collector.add(url, kind: told, lastModified: modified)
  }

  private static func feed(_ document: Document, context: PageContext) -> [Link] {
    var collector = LinkCollector(context: context)
    for element in Array(document.all(.item)) + Array(document.all(.entry)) {
      var address: String?
      var modified: Int64?
      for child in document.children(Int(element)) {
        switch Name(rawValue: document.name(child)) {
        case .link:
          let rel = document.attribute(child, .rel) ?? "alternate"
          if rel == "alternate", address == nil {
            address = document.attribute(child, .href) ?? document.textString(child)
          }
        case .updated, .published:
          modified = document.textString(child).flatMap(seconds) ?? modified
        default: continue
        }
      }
      add(address, modified, .page, to: &collector, context: context)
    }
    for link in document.all(.link) where document.attribute(Int(link), .rel) == "next" {
      if let href = document.attribute(Int(link), .href) { collector.add(href, kind: .listing) }
    }
    return collector.links
  }

  /// A list of addresses, one a line; `nil` where the first lines are none.
  static func readText(_ body: [UInt8], context: PageContext) -> [Link]? {
    var collector = LinkCollector(context: context)
    var lines = 0
    for line in body.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      lines += 1
      guard let text = Bytes.trimmedString(line) else { continue }
      guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.contains(" ") else {
        if collector.links.isEmpty { return nil }
        continue
      }
      collector.add(text)
    }
    return collector.links.isEmpty ? nil : collector.links
  }

  /// W3C date and time (`2025-06-02`, `2025-06-02T05:00:00+02:00`) as seconds since 1970.
  static func seconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for index in range {
        guard Bytes.isDigit(bytes[index]) else { return nil }
        value = value * 10 + Int64(bytes[index] - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), (1970...9999).contains(year) else { return nil }
    var month: Int64 = 1
    var day: Int64 = 1
    if bytes.count >= 7, bytes[4] == 0x2D { month = number(5..<7) ?? 0 }
    if bytes.count >= 10, bytes[7] == 0x2D { day = number(8..<10) ?? 0 }
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    // Days since 1970 of the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level
    // Date Algorithms").
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    var seconds = (era * 146_097 + dayOfEra - 719_468) * 86_400
    guard bytes.count >= 16, bytes[10] == 0x54 || bytes[10] == 0x20 else { return seconds }
    guard let hour = number(11..<13), let minute = number(14..<16), hour < 25, minute < 60 else {
      return seconds
    }
    seconds += hour * 3_600 + minute * 60
    var index = 16
    if index + 3 <= bytes.count, bytes[index] == 0x3A {
      seconds += number(17..<19) ?? 0
      index = 19
    }
    while index < bytes.count, bytes[index] == 0x2E || Bytes.isDigit(bytes[index]) { index += 1 }
    if index + 3 <= bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D,
      let hours = number(index + 1..<index + 3)
    {
      let minutes = number(index + 4..<index + 6) ?? 0
      let offset = hours * 3_600 + minutes * 60
      seconds += bytes[index] == 0x2B ? -offset : offset
    }
    return seconds
  }
}
