/// What an address is expected to answer with; it orders the frontier and picks the reader.
package enum TargetKind: Int, Sendable, Codable, CaseIterable {
  case sitemap = 0
  case listing = 1
  case page = 2
  case image = 3
}

/// What `X-Robots-Tag` and robots `meta` ask for beyond robots.txt.
package struct RobotsDirectives: OptionSet, Hashable, Sendable, Codable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// Keep no item of the page.
  package static let noIndex = Self(rawValue: 1)
  /// Follow no link of the page.
  package static let noFollow = Self(rawValue: 2)
  /// Fetch and keep no picture of the page.
  package static let noImageIndex = Self(rawValue: 4)
  package static let none: Self = [.noIndex, .noFollow, .noImageIndex]
}

/// An address that a page leads to.
package struct Link: Hashable, Sendable, Codable {
  package var url: CanonicalURL
  package var kind: TargetKind
  /// The link carries `rel=nofollow`, `ugc` or `sponsored` and the page did not tag it as a product.
  package var isNoFollow: Bool
  /// A sitemap's claim; seconds since 1970.
  package var lastModified: Int64?

  package init(
    url: CanonicalURL, kind: TargetKind = .page, isNoFollow: Bool = false,
    lastModified: Int64? = nil
  ) {
    self.url = url
    self.kind = kind
    self.isNoFollow = isNoFollow
    self.lastModified = lastModified
  }
}

/// Everything that one page says: the value on the arrow from Extract to Storage.
package struct Extraction: Sendable, Codable, Equatable {
  package enum Item: Hashable, Sendable, Codable {
    case product(Product)
    case post(Post)
    case creator(Creator)
  }

  /// What the page is about; `nil` for listings, help pages and the like.
  package var item: Item?
  /// What the page is, as found out by reading it.
  package var kind: TargetKind
  package var title: String?
  /// BCP 47, as declared.
  package var language: String?
  /// `rel=canonical`, resolved.
  package var canonical: CanonicalURL?
  package var directives: RobotsDirectives
  /// Each address once, in page order. Pictures are not among them.
  package var links: [Link]

  package init(
    item: Item? = nil, kind: TargetKind = .page, title: String? = nil, language: String? = nil,
    canonical: CanonicalURL? = nil, directives: RobotsDirectives = [], links: [Link] = []
  ) {
    self.item = item
    self.kind = kind
    self.title = title
    self.language = language
    self.canonical = canonical
    self.directives = directives
    self.links = links
  }
}

/// A response's body and what its headers say: the value on the arrow from Crawl to Extract.
package struct FetchedPage: Sendable {
  package var url: CanonicalURL
  package var kind: TargetKind
  package var body: [UInt8]
  /// The `Content-Type` header as sent.
  package var contentType: String?
  /// From `X-Robots-Tag`, for our agent.
  package var directives: RobotsDirectives
  package var validators: Validators

  package init(
    url: CanonicalURL, kind: TargetKind = .page, body: [UInt8], contentType: String? = nil,
    directives: RobotsDirectives = [], validators: Validators = Validators()
  ) {
    self.url = url
    self.kind = kind
    self.body = body
    self.contentType = contentType
    self.directives = directives
    self.validators = validators
  }
}

/// What makes the next request for an address conditional (RFC 9110, 13.1).
package struct Validators: Hashable, Sendable, Codable {
  package var entityTag: String?
  package var lastModified: String?

  package init(entityTag: String? = nil, lastModified: String? = nil) {
    self.entityTag = entityTag
    self.lastModified = lastModified
  }
}
