import Catalog
import Crawl
import Extract
import Storage
import Vision

/// Carries a fetched page to what it says, in one transaction.
struct PageIngest: Sendable {
  let store: CatalogStore
  let reader: PageReader
  let lane: ComputeLane

  /// Ends the visit's lease. A page that breaks a limit of the reader is recorded with the reason.
  func take(_ visit: Visit, scope: Scope, now: Timestamp) async throws(StorageError) -> PageChange {
    let (reader, store) = (reader, store)
    let result = await lane.run { () -> Result<PageRecord, ExtractError> in
      do throws(ExtractError) {
        let extraction = try reader.read(visit.page)
        let judge = PageJudge(visit: visit, scope: scope, extraction: extraction, store: store)
        return .success(judge.record())
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let record):
      return try await store.record(record, of: visit.lease, now: now)
    case .failure(let error):
      try await store.record(
        .rejected(
          reason: "\(error)", visit.page.validators, bodyHash: visit.bodyHash,
          status: visit.status), of: visit.lease, now: now)
      return PageChange()
    }
  }
}

/// Decides what of an extraction is kept and followed: the page's directives and the site's scope.
struct PageJudge {
  let visit: Visit
  let scope: Scope
  let extraction: Extraction
  let store: CatalogStore

  private var lease: Lease { visit.lease }

  func record() -> PageRecord {
    let directives = visit.page.directives.union(extraction.directives)
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
      status: visit.status, validators: visit.page.validators, bodyHash: visit.bodyHash, item: item,
      itemURL: owner, addresses: addresses, templates: visit.groups.map(\.description))
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
