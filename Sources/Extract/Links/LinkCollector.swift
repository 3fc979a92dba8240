import Catalog

/// Collects where a page leads: each address once, in page order.
struct LinkCollector {
  private let context: PageContext
  private(set) var links: [Link] = []
  private var places: [CanonicalURL: Int] = [:]

  init(context: PageContext) { self.context = context }

  /// Adds an address; a second mention can only make it a listing or followed.
  mutating func add(
    _ url: CanonicalURL, kind: TargetKind = .page, isNoFollow: Bool = false,
    lastModified: Int64? = nil
  ) {
    if let place = places[url] {
      if !isNoFollow { links[place].isNoFollow = false }
      if kind.rawValue < links[place].kind.rawValue { links[place].kind = kind }
      return
    }
    guard links.count < context.limits.links else { return }
    places[url] = links.count
    links.append(Link(url: url, kind: kind, isNoFollow: isNoFollow, lastModified: lastModified))
  }

  mutating func add(_ address: String, kind: TargetKind? = nil, isNoFollow: Bool = false) {
    guard let url = context.resolve(address), !Self.isFile(url) else { return }
    add(url, kind: kind ?? Self.kind(of: url), isNoFollow: isNoFollow)
  }

  /// `a` and `area`, then what `head` links to.
  mutating func addAnchors(of document: Document) {
    for element in document.elements.indices {
      let name = document.elements[element].name
      guard name == Name.a.rawValue || name == Name.area.rawValue,
        let href = document.value(element, .href), !href.isEmpty
      else { continue }
      let trimmed = Bytes.trimmed(href)
      guard let first = trimmed.first, first != 0x23, trimmed.count < 8_192 else { continue }
      let rel = document.value(element, .rel)
      var isNoFollow = false
      var isNext = false
      if let rel {
        for token in rel.split(whereSeparator: { Bytes.isSpace($0) || $0 == 0x2C }) {
          if Bytes.equals(token, "nofollow") || Bytes.equals(token, "ugc")
            || Bytes.equals(token, "sponsored")
          {
            isNoFollow = true
          } else if Bytes.equals(token, "next") || Bytes.equals(token, "prev") {
            isNext = true
          }
        }
      }
      add(
        String(decoding: trimmed, as: UTF8.self), kind: isNext ? .listing : nil,
        isNoFollow: isNoFollow)
    }
  }

  /// Files that hold no page.
  static func isFile(_ url: CanonicalURL) -> Bool {
    let path = Array(url.path.utf8.suffix(8))[...]
    guard let point = path.lastIndex(of: 0x2E) else { return false }
    let ending = path[(point + 1)...]
    for known: StaticString in [
      "jpg", "jpeg", "png", "webp", "gif", "avif", "svg", "ico", "css", "js", "pdf", "zip", "mp4",
      "mp3", "webm", "mov", "woff", "woff2", "ttf", "doc", "docx", "xls", "xlsx", "apk", "dmg",
      "exe",
    ] where Bytes.equals(ending, known) {
      return true
    }
    return false
  }

  /// Whether an address looks like a list: further pages, categories, a site's front page.
  static func kind(of url: CanonicalURL) -> TargetKind {
    if url.path == "/" || url.path.isEmpty { return .listing }
    if let query = url.query {
      for parameter in Array(query.utf8).split(separator: 0x26) {
        guard let last = parameter.last, Bytes.isDigit(last) else { continue }
        let name = parameter.prefix { $0 != 0x3D }
        if counters.contains(where: { Bytes.equals(name, $0) }) { return .listing }
      }
    }
    let path = Array(url.path.utf8)[...]
    let segments = path.split(separator: 0x2F)
    for (offset, segment) in segments.prefix(6).enumerated() {
      guard segment.count <= 12 else { continue }
      if lists.contains(where: { Bytes.equals(segment, $0) }) {
        // `/collections/x/products/y` is a product all the same.
        let rest = segments[(offset + 1)...]
        let isProduct = rest.contains { Bytes.equals($0, "products") || Bytes.equals($0, "p") }
        return isProduct || rest.count > 3 ? .page : .listing
      }
      if Bytes.equals(segment, "page"), offset + 1 < segments.count,
        segments[offset + 1].allSatisfy(Bytes.isDigit)
      {
        return .listing
      }
    }
    return .page
  }

  private static let lists: [StaticString] = [
    "category", "categories", "collections", "collection", "c", "cat", "catalog", "browse",
    "department", "departments", "kategorie", "categorie", "categoria", "kategoria", "kategori",
    "plp", "sale", "new-in", "brands",
  ]

  private static let counters: [StaticString] = [
    "page", "p", "pg", "offset", "start", "paged", "pagenumber", "pageno", "currentpage",
  ]

  /// An address without the parameter that counts pages.
  static func firstPage(of url: CanonicalURL) -> CanonicalURL {
    var text = url.origin + url.path
    let segments = url.path.split(separator: "/")
    if segments.count >= 2, segments[segments.count - 2].lowercased() == "page",
      segments[segments.count - 1].allSatisfy(\.isNumber)
    {
      text = url.origin + "/" + segments.dropLast(2).joined(separator: "/")
    }
    let kept = (url.query ?? "").split(separator: "&").filter { parameter in
      let name = parameter.prefix { $0 != "=" }.lowercased()
      return !(["page", "p", "pg", "paged", "offset", "cursor", "after"].contains(name))
    }
    if !kept.isEmpty { text += "?" + kept.joined(separator: "&") }
    return (try? CanonicalURL(text)) ?? url
  }
}
