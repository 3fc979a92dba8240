import Catalog

/// Collects where a page leads: each address once, in page order.
struct LinkCollector {
  private let context: PageContext
  private(set) var links: [Link] = []
  private var places = PlaceTable()
  /// References of this page that were read before, and the place of the link that each is, −1
  /// where it is none.
  private var references: [(bytes: Document.Value, place: Int)] = []
  private var referencePlaces = PlaceTable()
  private let secret = Bytes.secret

  init(context: PageContext) { self.context = context }

  /// Adds an address; a second mention can only make it a listing or followed.
  mutating func add(
    _ url: CanonicalURL, kind: TargetKind = .page, isNoFollow: Bool = false,
    lastModified: Int64? = nil
  ) {
    _ = place(of: url, kind: kind, isNoFollow: isNoFollow, lastModified: lastModified)
  }

  /// Adds an address and returns its place; `nil` where there are too many.
  private mutating func place(
    of url: consuming CanonicalURL, kind: TargetKind, isNoFollow: Bool,
    lastModified: Int64? = nil
  ) -> Int? {
    let hash = url.withBytes { Bytes.hash($0, secret: secret) }
    if let place = places.find(hash, where: { links[$0].url == url }) {
      mention(place, kind: kind, isNoFollow: isNoFollow)
      return place
    }
    guard links.count < context.limits.links else { return nil }
    places.insert(hash, links.count)
    links.append(Link(url: url, kind: kind, isNoFollow: isNoFollow, lastModified: lastModified))
    return links.count - 1
  }

  private mutating func mention(_ place: Int, kind: TargetKind, isNoFollow: Bool) {
    if !isNoFollow { links[place].isNoFollow = false }
    if kind.rawValue < links[place].kind.rawValue { links[place].kind = kind }
  }

  mutating func add(_ address: String, kind: TargetKind? = nil, isNoFollow: Bool = false) {
    guard let url = context.resolve(address), let told = Self.pageKind(of: url) else { return }
    add(url, kind: kind ?? told, isNoFollow: isNoFollow)
  }

  /// `a` and `area`, in page order.
  mutating func addAnchors(of document: Document) {
    let anchors = document.all(.a)
    let areas = document.all(.area)
    links.reserveCapacity(min(anchors.count + areas.count, context.limits.links))
    references.reserveCapacity(anchors.count + areas.count)
    places.reserve(anchors.count + areas.count)
    referencePlaces.reserve(anchors.count + areas.count)
    var anchor = anchors.startIndex
    var area = areas.startIndex
    while anchor < anchors.endIndex || area < areas.endIndex {
      if area == areas.endIndex || (anchor < anchors.endIndex && anchors[anchor] < areas[area]) {
        addAnchor(Int(anchors[anchor]), of: document)
        anchor += 1
      } else {
        addAnchor(Int(areas[area]), of: document)
        area += 1
      }
    }
  }

  /// Where the buttons under a list lead that load more of it: `<button class=load-more data-url=…>`.
  mutating func addLoadingButtons(of document: Document) {
    guard document.mentions(.dataUrl) || document.mentions(.dataHref) else { return }
    for button in document.all(.button) {
      let button = Int(button)
      guard
        let address = document.attribute(button, .dataUrl)
          ?? document.attribute(button, .dataHref),
        Self.loadsMore(button, of: document)
          || document.parent(button).map({ Self.loadsMore($0, of: document) }) ?? false
      else { continue }
      add(address, kind: .listing)
    }
  }

  private static func loadsMore(_ element: Int, of document: Document) -> Bool {
    guard let words = document.value(element, .class) else { return false }
    return moreWords.occurs(in: words)
  }

  private static let moreWords = WordSet([
    "load-more", "loadmore", "load_more", "show-more", "showmore", "view-more", "next-page",
    "nextpage",
  ])

  private mutating func addAnchor(_ element: Int, of document: Document) {
    guard let href = document.value(element, .href) else { return }
    let trimmed = Bytes.trimmed(href)
    guard let first = trimmed.first, first != 0x23, trimmed.count < 8_192 else { return }
    let none = (isNoFollow: false, isNext: false)
    let relation = document.value(element, .rel).map(Self.relation) ?? none
    let hash = Bytes.hash(trimmed.memory, secret: secret)
    let known = referencePlaces.find(hash) { Bytes.areSame(references[$0].bytes, trimmed) }
    if let known {
      let place = references[known].place
      guard place >= 0 else { return }
      let kind = relation.isNext ? .listing : links[place].kind
      return mention(place, kind: kind, isNoFollow: relation.isNoFollow)
    }
    var place: Int? = -1
    if let url = context.resolve(trimmed.memory), let told = Self.pageKind(of: url) {
      place = self.place(
        of: url, kind: relation.isNext ? .listing : told, isNoFollow: relation.isNoFollow)
    }
    guard let place else { return }
    referencePlaces.insert(hash, references.count)
    references.append((trimmed, place))
  }

  /// What the words of a `rel` say.
  private static func relation(_ rel: Document.Value) -> (isNoFollow: Bool, isNext: Bool) {
    var isNoFollow = false
    var isNext = false
    var start = rel.startIndex
    while start < rel.endIndex {
      var end = start
      while end < rel.endIndex, !Bytes.isSpace(rel[end]), rel[end] != 0x2C { end += 1 }
      let token = rel[start..<end].memory
      if Bytes.equals(token, "nofollow") || Bytes.equals(token, "ugc")
        || Bytes.equals(token, "sponsored")
      {
        isNoFollow = true
      } else if Bytes.equals(token, "next") || Bytes.equals(token, "prev") {
        isNext = true
      }
      start = end + 1
    }
    return (isNoFollow, isNext)
  }

  /// What an address looks like: a list (further pages, categories, a site's front page), a page, or
  /// `nil` for a file that holds no page.
  static func pageKind(of url: CanonicalURL) -> TargetKind? {
    url.withPathAndQuery { path, query in
      if isFile(path) { return nil }
      return path.count <= 1 || countsPages(query) || listingPath(path) ? .listing : .page
    }
  }

  private static func isFile(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = path.count
    while start > 0, path.count - start < 8 {
      if path[start - 1] == 0x2E { return fileEndings.contains(path.part(start, path.count)) }
      start -= 1
    }
    return false
  }

  /// Whether a parameter that ends in a digit is named like a count of pages.
  private static func countsPages(_ query: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    while start < query.count {
      let end = query.index(of: 0x26, from: start)
      let parameter = query.part(start, end)
      start = end + 1
      guard let last = parameter.last, Bytes.isDigit(last) else { continue }
      if counters.contains(parameter.part(0, parameter.index(of: 0x3D, from: 0))) { return true }
    }
    return false
  }

  /// Whether one of the first six folders names a list, and what follows is no product.
  private static func listingPath(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
    let lists = lists
    var start = 1
    var number = 0
    while start < path.count, number < 6 {
      let end = path.index(of: 0x2F, from: start)
      let word = path.part(start, end)
      start = end + 1
      guard !word.isEmpty else { continue }
      number += 1
      guard word.count <= 12 else { continue }
      if lists.contains(word) {
        // `/collections/x/products/y` is a product all the same.
        let rest = path[min(start, path.count)...].split(separator: 0x2F)
        return rest.count <= 3
          && !rest.contains { products.contains(UnsafeBufferPointer(rebasing: $0)) }
      }
      if Bytes.equals(word, "page"), start < path.count {
        let count = path.part(start, path.index(of: 0x2F, from: start))
        if !count.isEmpty, count.allSatisfy(Bytes.isDigit) { return true }
      }
    }
    return false
  }

  private static let fileEndings = WordSet([
    "jpg", "jpeg", "png", "webp", "gif", "avif", "svg", "ico", "css", "js", "pdf", "zip", "mp4",
    "mp3", "webm", "mov", "woff", "woff2", "ttf", "doc", "docx", "xls", "xlsx", "apk", "dmg",
    "exe",
  ])

  private static let lists = WordSet([
    "category", "categories", "collections", "collection", "c", "cat", "catalog", "browse",
    "department", "departments", "kategorie", "categorie", "categoria", "kategoria", "kategori",
    "plp", "sale", "new-in", "brands",
  ])

  private static let products = WordSet(["products", "p"])

  private static let counters = WordSet([
    "page", "p", "pg", "offset", "start", "paged", "pagenumber", "pageno", "currentpage",
  ])

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
