import Catalog

extension VisibleReader {
  /// A post: who, when, what it leads to for sale.
  func post() -> PostReading? {
    var author: Int?
    var tagged: [String] = []
    for element in document.all(.a) {
      let element = Int(element)
      guard !isOutside(element), let href = document.value(element, .href).map(Bytes.trimmed),
        !href.isEmpty
      else { continue }
      let rel = document.value(element, .rel)
      if let rel, Bytes.contains(rel, "author") { author = author ?? element }
      if let rel, Bytes.contains(rel, "sponsored") {
        tagged.append(String(decoding: href, as: UTF8.self))
      }
      if author == nil, outline.words[element].contains(.author) { author = element }
    }
    guard let author, !tagged.isEmpty else { return nil }
    var published: String?
    for element in document.all(.time) where !isOutside(Int(element)) {
      published = document.attribute(Int(element), .datetime) ?? document.textString(Int(element))
      if published != nil { break }
    }
    guard let published else { return nil }
    var post = PostReading(syntax: .visible, path: document.path(author))
    post.creatorURL = document.attribute(author, .href)
    post.published = published
    post.products = tagged
    var fallback: Picture?
    for element in document.all(.img) {
      let element = Int(element)
      guard isOwn(element), let picture = shownPicture(element) else {
        continue
      }
      if outline.words[element].contains(.hero) {
        post.pictures = [picture]
        break
      }
      fallback = fallback ?? picture
    }
    if post.pictures.isEmpty, let fallback { post.pictures = [fallback] }
    post.caption = caption(after: author)
    post.hashtags = Hashtags.read(post.caption ?? "")
    return post
  }

  /// What is called a caption, else the longest paragraph of the page's own.
  private func caption(after author: Int) -> String? {
    var longest: Int?
    for element in 0..<document.count where isOwn(element) {
      if outline.words[element].contains(.caption),
        document.has(element, name: .p) || document.has(element, name: .figcaption)
          || document.has(element, name: .div)
      {
        let length = document.textLength(element)
        if length > 2, length < 10_000 { return document.textString(element) }
      }
      if document.has(element, name: .p) {
        if longest == nil || document.textLength(element) > document.textLength(longest!) {
          longest = element
        }
      }
    }
    return longest.flatMap { document.textString($0) }
  }

  /// A profile: a name, an `@handle` beside it, and posts that lead on.
  func creator(known: PageReadings) -> CreatorReading? {
    let isKnown = !known.creators.isEmpty && known.posts.isEmpty
    guard let heading = outline.heading else { return nil }
    var handle: (element: Int, text: String)?
    let end = min(heading + 40, document.count)
    let start = max(0, heading - 12)
    for element in start..<end where !isOutside(element) || isKnown {
      guard (2...60).contains(document.textLength(element)),
        document.textBytes(element).contains(0x40), let text = document.textString(element),
        text.hasPrefix("@"), !text.contains(" "), text.utf8.count > 1
      else { continue }
      handle = (element, text)
      break
    }
    guard handle != nil || isKnown, let name = document.textString(heading) else { return nil }
    var creator = CreatorReading(syntax: .visible, path: document.path(heading))
    creator.name = name
    creator.handle = handle?.text
    if let handle {
      for element in handle.element..<min(handle.element + 12, document.count)
      where document.has(element, name: .p) && element != handle.element && isOwn(element) {
        guard let text = document.textString(element), !text.hasPrefix("@") else { continue }
        creator.biography = text
        break
      }
    }
    creator.posts = postLinks()
    guard isKnown || !creator.posts.isEmpty else { return nil }
    return creator
  }

  /// Links around pictures to pages of this site.
  private func postLinks() -> [String] {
    var found: [String] = []
    var seen: Set<CanonicalURL> = []
    for element in document.all(.a) {
      let element = Int(element)
      guard !isOutside(element), let href = document.attribute(element, .href),
        document.descendants(element).prefix(64).contains(where: { document.has($0, name: .img) }),
        let url = context.resolve(href), url.authority == context.url.authority, url != context.url,
        url.path != "/", LinkCollector.pageKind(of: url) != nil, seen.insert(url).inserted
      else { continue }
      found.append(href)
    }
    return found
  }
}

/// `#words` of a caption.
enum Hashtags {
  /// Without `#`, each once, in order.
  static func read(_ text: String) -> [String] {
    var tags: [String] = []
    var current: String.UnicodeScalarView?
    var previous: Unicode.Scalar = " "
    for scalar in (text + " ").unicodeScalars {
      let isWord =
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || scalar.properties.generalCategory == .nonspacingMark
      if current != nil {
        if isWord {
          current?.append(scalar)
        } else {
          let tag = String(current!)
          if tag.unicodeScalars.contains(where: { $0.properties.isAlphabetic }), !tags.contains(tag)
          {
            tags.append(tag)
          }
          current = nil
        }
      }
      // `&#39;` and `a#b` are no tags.
      if scalar == "#", current == nil, !(previous.properties.isAlphabetic || previous == "&") {
        current = .init()
      }
      previous = scalar
    }
    return tags
  }
}
