import Catalog

/// A row of the frontier: one address that was ever seen.
package enum Address {}

/// One crawl, from its first request to its last; a crash in between does not end it.
package struct Run: Sendable, Hashable {
  package let id: ID<Run>
  package let startedAt: Timestamp
  /// Every known address was made due when the run began.
  package internal(set) var isRefresh: Bool
  /// An earlier process began it and did not come to its end.
  package let isResumed: Bool
}

/// An address on its way into the frontier, already judged by the scope rules.
package struct NewAddress: Sendable, Hashable {
  package var url: CanonicalURL
  package var kind: TargetKind
  /// Links from the seed; a seed is at 0.
  package var depth: Int
  /// Redirects in a row that led here.
  package var hops: Int
  /// Why it is kept out; it is recorded all the same, so that items can name it.
  package var refusal: String?
  /// A sitemap's claim of the last change.
  package var claimedAt: Timestamp?
  /// More of the same kind of page as the one that leads to it: no yield of that page.
  package var isKin: Bool

  package init(
    url: CanonicalURL, kind: TargetKind, depth: Int, hops: Int = 0, refusal: String? = nil,
    claimedAt: Timestamp? = nil, isKin: Bool = false
  ) {
    self.url = url
    self.kind = kind
    self.depth = depth
    self.hops = hops
    self.refusal = refusal
    self.claimedAt = claimedAt
    self.isKin = isKin
  }
}

/// The right to fetch one address during one run; ended by recording its outcome.
package struct Lease: Sendable, Hashable {
  package let id: ID<Address>
  package let run: ID<Run>
  package internal(set) var site: ID<Site>
  package let host: ID<Host>
  package let url: CanonicalURL
  package let kind: TargetKind
  package let depth: Int
  package let hops: Int
  /// Fetches that failed since the last one that did not, crashes of the process among them.
  package let attempts: Int
  /// Empty for an address that has not been fetched.
  package let validators: Validators
  /// Of the last body that was read.
  package let bodyHash: UInt64?
  package let fetchedAt: Timestamp?
  let revisitAfter: Duration?
  /// A sitemap's lastmod.
  let claimedAt: Timestamp?
}

/// What is kept about a scheme and authority between requests and runs.
package struct Host: Sendable, Hashable {
  package let id: ID<Host>
  /// `scheme://authority`.
  package let origin: String
  /// No request before this moment.
  package var parkedUntil: Timestamp
  package var parkReason: String?
  package var robots: StoredRobots?
}

/// The last answer to a request for robots.txt.
package struct StoredRobots: Sendable, Hashable {
  /// The HTTP status; 0 where there was no response.
  package var status: Int
  package var body: [UInt8]
  package var fetchedAt: Timestamp

  package init(status: Int, body: [UInt8], fetchedAt: Timestamp) {
    self.status = status
    self.body = body
    self.fetchedAt = fetchedAt
  }
}

/// How the addresses of one shape have paid so far.
package struct TemplateYield: Sendable, Hashable {
  package var fetched: Int
  package var productive: Int
  /// Fetches since the last productive one that led to new addresses, all of them kin.
  package var streak: Int

  package init(fetched: Int = 0, productive: Int = 0, streak: Int = 0) {
    self.fetched = fetched
    self.productive = productive
    self.streak = streak
  }
}

/// How a fetch ended that brought no body to read.
package enum FetchOutcome: Sendable {
  /// 304, or a body equal to the last one: nothing was parsed.
  case unchanged(Validators, status: Int)
  /// 3xx; the target enters the frontier in the same transaction.
  case redirected(to: NewAddress, status: Int)
  /// 404: gone once a later run confirms it. 410: gone at once.
  case missing(status: Int)
  /// A body came that is no use, such as a broken picture; asked again like any other address.
  case rejected(reason: String, Validators, bodyHash: UInt64, status: Int)
  /// robots.txt, the scope or a budget keeps it out; asked again at `until`.
  case refused(reason: String, until: Timestamp)
  /// Asked again at `retryAt`; `.never` gives it up until the next refresh.
  case failed(reason: String, status: Int?, retryAt: Timestamp)
}

/// What a fetch that brought a body to read leaves behind: one transaction.
package struct PageRecord: Sendable {
  package var status: Int
  package var validators: Validators
  /// A 64-bit hash of the body.
  package var bodyHash: UInt64
  /// What the page is about; `nil` for listings, and where `noindex` forbids to keep it.
  package var item: Extraction.Item?
  /// The page that the item belongs to, where another address is its own (`rel=canonical`).
  package var itemURL: CanonicalURL?
  /// Every address the page leads to: links, the item's pictures and its tagged pages.
  package var addresses: [NewAddress]
  /// The pages that a listing or sitemap leads to, known ones too; `nil` for other pages.
  package var listed: [CanonicalURL]?
  /// Shapes of this address whose yield is counted (see `TemplateYield`).
  package var templates: [String]

  package init(
    status: Int, validators: Validators, bodyHash: UInt64, item: Extraction.Item? = nil,
    itemURL: CanonicalURL? = nil, addresses: [NewAddress] = [], listed: [CanonicalURL]? = nil,
    templates: [String] = []
  ) {
    self.status = status
    self.validators = validators
    self.bodyHash = bodyHash
    self.item = item
    self.itemURL = itemURL
    self.addresses = addresses
    self.listed = listed
    self.templates = templates
  }
}

/// What recording a page changed.
package struct PageChange: Sendable, Equatable {
  /// Addresses that nobody had seen before and that may be fetched.
  package var discovered = 0
  /// The page brought an item, or led to something new that is not its own kind.
  package var isProductive = false

  package init() {}
}
