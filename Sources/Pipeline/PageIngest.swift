import Catalog
import Crawl
import Extract
import Storage
import Vision

/// Carries a fetched page to what it says, in one transaction.
struct PageIngest: Sendable {
  let store: CatalogStore
  /// Where bodies are kept to be read again; `nil` keeps none.
  let bodies: BodyStore?
  let reader: PageReader
  let lane: ComputeLane

  /// Ends the visit's lease. A page that breaks a limit of the reader is recorded with the reason.
  func take(_ visit: Visit, scope: Scope, now: Timestamp) async throws(StorageError) -> PageChange {
    let (reader, store) = (reader, store)
    let result = await lane.run { () -> Result<(PageRecord, RobotsDirectives), ExtractError> in
      do throws(ExtractError) {
        let extraction = try reader.read(visit.page)
        let judge = PageJudge(
          lease: visit.lease, directives: visit.page.directives.union(extraction.directives),
          scope: scope, extraction: extraction, store: store)
        var record = judge.record(
          status: visit.status, validators: visit.page.validators, bodyHash: visit.bodyHash)
        record.templates = visit.groups.map(\.description)
        if visit.lease.kind == .listing || visit.lease.kind == .sitemap {
          record.listed = extraction.links.filter { $0.kind == .page }.map(\.url)
        }
        return .success((record, judge.directives))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success((let record, let directives)):
      let change = try await store.record(record, of: visit.lease, now: now)
      keep(visit, directives, now: now)
      return change
    case .failure(let error):
      try await store.record(
        .rejected(
          reason: "\(error)", visit.page.validators, bodyHash: visit.bodyHash,
          status: visit.status), of: visit.lease, now: now)
      return PageChange()
    }
  }

  /// Keeps the body of every page and listing, whether it gave an item or not: a better reader or a new
  /// recipe finds items where there were none. What asks not to be kept is not, sitemaps hold nothing
  /// that is read better later.
  private func keep(_ visit: Visit, _ directives: RobotsDirectives, now: Timestamp) {
    guard let bodies, visit.lease.kind == .page || visit.lease.kind == .listing else { return }
    if directives.contains(.noIndex) {
      bodies.forget(visit.lease.url)
    } else {
      bodies.keep(
        KeptPage(
          page: visit.page, status: visit.status, bodyHash: visit.bodyHash, fetchedAt: now))
    }
  }
}

/// Decides what of an extraction is kept and followed: the page's directives and the site's scope.
struct PageJudge {
  let lease: Lease
  /// Those of the response and of the page itself.
  let directives: RobotsDirectives
  let scope: Scope
  let extraction: Extraction
  let store: CatalogStore

  func record(status: Int, validators: Validators, bodyHash: UInt64) -> PageRecord {
    let item = directives.contains(.noIndex) ? nil : extraction.item
    var addresses: [NewAddress] = []
    var seen: Set<CanonicalURL> = []
    func add(_ address: NewAddress) {
      if seen.insert(address.url).inserted { addresses.append(address) }
    }
    func add(_ url: CanonicalURL, _ kind: TargetKind, depth: Int, refusal: String?) {
      let refusal = refusal ?? scope.refusal(of: url, kind: kind, depth: depth)?.rawValue
      add(NewAddress(url: url, kind: kind, depth: depth, refusal: refusal))
    }
    let owner = item.flatMap(owner(of:))
    let isFollowed = !directives.contains(.noFollow)
    if let item {
      let keepsPictures = !directives.contains(.noImageIndex)
      for url in item.pictures {
        let refusal = keepsPictures ? nil : "the page asks to keep no picture"
        add(url, .image, depth: lease.depth, refusal: refusal)
      }
      // What an item names is kept by name even where it may not be fetched.
      let refusal = isFollowed ? nil : "the page asks to follow no link"
      for url in item.pages { add(url, .page, depth: lease.depth + 1, refusal: refusal) }
      if let owner { add(owner, .page, depth: lease.depth, refusal: refusal) }
    }
    if isFollowed {
      // A sitemap's claim is heard every time.
      let links = extraction.links.filter { $0.lastModified != nil || !store.isKnown($0.url) }
      for address in scope.addresses(for: links, from: lease) { add(address) }
    }
    return PageRecord(
      status: status, validators: validators, bodyHash: bodyHash, item: item, itemURL: owner,
      addresses: addresses)
  }

  /// The address that the item belongs to where that is another page of the same host: what
  /// `rel=canonical` names, or the first page of a profile.
  private func owner(of item: Extraction.Item) -> CanonicalURL? {
    var owner = extraction.canonical ?? lease.url
    if owner.authority != lease.url.authority { owner = lease.url }
    if owner.pathAndQuery == "/", lease.url.pathAndQuery != "/" { owner = lease.url }
    if case .creator(let creator) = item { owner = creator.profile ?? owner }
    return owner == lease.url ? nil : owner
  }
}

extension Extraction.Item {
  fileprivate var pictures: [CanonicalURL] {
    switch self {
    case .product(let product): product.images + product.variants.compactMap(\.image)
    case .post(let post): post.heroImage.map { [$0] } ?? []
    case .creator: []
    }
  }

  fileprivate var pages: [CanonicalURL] {
    switch self {
    case .product: []
    case .post(let post): post.products + (post.creator.map { [$0] } ?? [])
    case .creator(let creator): creator.posts
    }
  }
}
