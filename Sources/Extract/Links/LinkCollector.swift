import Catalog

/// Collects where a page leads: each address once, in page order.
struct LinkCollector {
  private let context: PageContext
  private(set) var links: [Link] = []
  private var places: [CanonicalURL: Int] = [:]
  /// References of this page that were read before, by their bytes.
  private var references: [Reference: Int] = [:]

  /// A slice of the page, equal to another with the same bytes.
  private struct Reference: Hashable {
    let bytes: Document.Value

    static func == (one: Self, other: Self) -> Bool { one.bytes.elementsEqual(other.bytes) }

    func hash(into hasher: inout Hasher) {
      hasher.combine(bytes: UnsafeRawBufferPointer(bytes.memory))
    }
  }

  init(context: PageContext) { self.context = context }

  /// Adds an address; a second mention can only make it a listing or followed.
  mutating func add(
    _ url: CanonicalURL, kind: TargetKind = .page, isNoFollow: Bool = false,
    lastModified: Int64? = nil
  ) {
    if let place = places[url] { return mention(place, kind: kind, isNoFollow: isNoFollow) }
    guard links.count < context.limits.links else { return }
    places[url] = links.count
    links.append(Link(url: url, kind: kind, isNoFollow: isNoFollow, lastModified: lastModified))
  }

  private mutating func mention(_ place: Int, kind: TargetKind, isNoFollow: Bool) {
    if !isNoFollow { links[place].isNoFollow = false }
    if kind.rawValue < links[place].kind.rawValue { links[place].kind = kind }
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
      let reference = Reference(bytes: trimmed)
      if let place = references[reference] {
        let kind = isNext ? .listing : links[place].kind
        mention(place, kind: kind, isNoFollow: isNoFollow)
        continue
      }
      guard let url = context.resolve(String(decoding: trimmed, as: UTF8.self)), !Self.isFile(url)
      else { continue }
      add(url, kind: isNext ? .listing : Self.kind(of: url), isNoFollow: isNoFollow)
      references[reference] = places[url]
    }
  }

  /// Files that hold no page.
  static func isFile(_ url: CanonicalURL) -> Bool {
    var path = url.path
    return path.withUTF8 { path in
      let start = max(0, path.count - 8)
      guard let point = path[start...].lastIndex(of: 0x2E) else { return false }
      return isWord(UnsafeBufferPointer(rebasing: path[(point + 1)...]), of: fileEndings)
    }
  }

  /// Whether an address looks like a list: further pages, categories, a site's front page.
  static func kind(of url: CanonicalURL) -> TargetKind {
    var path = url.path
    if path.utf8.count <= 1 { return .listing }
    if var query = url.query, query.withUTF8({ countsPages($0) }) { return .listing }
    return path.withUTF8 { listingPath($0) } ? .listing : .page
  }

  /// Whether a parameter that ends in a digit is named like a count of pages.
  private static func countsPages(_ query: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    while start < query.count {
      let parameter = query[start...].prefix { $0 != 0x26 }
      start = parameter.endIndex + 1
      guard let last = parameter.last, Bytes.isDigit(last) else { continue }
      let name = parameter.prefix { $0 != 0x3D }
      if isWord(UnsafeBufferPointer(rebasing: name), of: counters) { return true }
    }
    return false
  }

  /// Whether one of the first six folders names a list, and what follows is no product.
  private static func listingPath(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 1
    var number = 0
    while start < path.count, number < 6 {
      let segment = path[start...].prefix { $0 != 0x2F }
      start = segment.endIndex + 1
      guard !segment.isEmpty else { continue }
      number += 1
      guard segment.count <= 12 else { continue }
      let word = UnsafeBufferPointer(rebasing: segment)
      if isWord(word, of: lists) {
        // `/collections/x/products/y` is a product all the same.
        let rest = path[min(start, path.count)...].split(separator: 0x2F)
        return rest.count <= 3
          && !rest.contains { isWord(UnsafeBufferPointer(rebasing: $0), of: ["products", "p"]) }
      }
      if isWord(word, of: ["page"]), start < path.count {
        let count = path[start...].prefix { $0 != 0x2F }
        if !count.isEmpty, count.allSatisfy(Bytes.isDigit) { return true }
      }
    }
    return false
  }

  /// Whether the bytes, in lower case, are one of the words.
  private static func isWord(_ bytes: UnsafeBufferPointer<UInt8>, of words: [StaticString]) -> Bool
  {
    guard let first = bytes.first.map(Bytes.lower) else { return false }
    for word in words where word.utf8CodeUnitCount == bytes.count && word.utf8Start[0] == first {
      var index = 1
      while index < bytes.count, Bytes.lower(bytes[index]) == word.utf8Start[index] { index += 1 }
      if index == bytes.count { return true }
    }
    return false
  }

  private static let fileEndings: [StaticString] = [
    "jpg", "jpeg", "png", "webp", "gif", "avif", "svg", "ico", "css", "js", "pdf", "zip", "mp4",
    "mp3", "webm", "mov", "woff", "woff2", "ttf", "doc", "docx", "xls", "xlsx", "apk", "dmg",
    "exe",
  ]

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
