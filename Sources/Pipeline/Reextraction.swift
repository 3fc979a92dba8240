import Catalog
import Crawl
import Extract
import Logging
import Storage
import Vision

/// Reads kept pages again with the present readers and recipes, without a request.
///
/// The newest page speaks first: where several addresses give one item (`rel=canonical`, the pages of
/// a profile) the catalog has what the last of them said, and so it stays. Each page is a transaction
/// of its own; a run that was broken off is repeated and finds the first part done.
package struct Reextraction: Sendable {
  /// What one page gave.
  package struct Page: Sendable {
    package var url: CanonicalURL
    package var site: ID<Site>
    package var fetchedAt: Timestamp
    package var rereading: PageRereading
  }

  package enum Finding: Sendable {
    case page(Page)
    /// The body cannot be had or cannot be read as its kind.
    case failed(url: String, reason: String)
    /// The catalog has read a later body of the address, or has never heard of it.
    case stale
    /// A newer page has spoken for the same item.
    case superseded
    /// Its site is not among those asked for.
    case otherSite
  }

  private let store: CatalogStore
  private let lock: WriterLock
  private let bodies: BodyStore
  private let reader: PageReader
  private let lane: ComputeLane

  private static let batch = 16

  /// - Parameter lock: held as long as the value lives.
  package init(
    store: CatalogStore, lock: WriterLock, bodies: BodyStore, reader: PageReader, lane: ComputeLane
  ) {
    self.store = store
    self.lock = lock
    self.bodies = bodies
    self.reader = reader
    self.lane = lane
  }

  /// Reads every kept page of these sites, newest first, until cancelled.
  ///
  /// - Parameters:
  ///   - sites: the scope of each, by its id in the catalog.
  ///   - applies: whether the catalog is changed. Without it each page's changes are made and rolled
  ///     back, so that what is told is what would be done.
  ///   - tell: called for every kept page.
  package func run(
    sites: [ID<Site>: Scope], applies: Bool, tell: (Finding) throws -> Void
  ) async throws {
    let desk = ReadingDesk(store: store, reader: reader, lane: lane, sites: sites)
    var place: Int64?
    // By hashes of 64 bits: of a million items, no two are taken for one (1 in 10⁷).
    var spoken: Set<Int> = []
    while !Task.isCancelled {
      let entries = try await bodies.pages(before: place, limit: Self.batch)
      guard let last = entries.last else { return }
      place = last.place
      for reading in try await desk.read(entries) {
        let (kept, standing, record): (KeptPage, Lease, PageRecord)
        switch reading {
        case .nothing(let finding):
          try tell(finding)
          continue
        case .page(let page): (kept, standing, record) = page
        }
        let owner = record.itemURL ?? standing.url
        guard record.item == nil || spoken.insert(owner.hashValue).inserted else {
          try tell(.superseded)
          continue
        }
        let rereading = try await store.reread(
          record, at: standing, fetchedAt: kept.fetchedAt, applies: applies, now: .now)
        try tell(
          .page(
            Page(
              url: standing.url, site: standing.site, fetchedAt: kept.fetchedAt,
              rereading: rereading)))
      }
    }
  }
}

/// Reads kept pages side by side. It holds no lock, so that none outlives its run.
private struct ReadingDesk: Sendable {
  let store: CatalogStore
  let reader: PageReader
  let lane: ComputeLane
  let sites: [ID<Site>: Scope]

  enum Reading: Sendable {
    case page((KeptPage, Lease, PageRecord))
    case nothing(Reextraction.Finding)
  }

  /// What the pages of these entries say, in their order.
  func read(_ entries: [BodyStore.Entry]) async throws -> [Reading] {
    try await withThrowingTaskGroup(of: (Int, Reading).self) { group in
      for (index, entry) in entries.enumerated() {
        group.addTask { (index, try await read(entry)) }
      }
      var readings: [Reading?] = Array(repeating: nil, count: entries.count)
      for try await (index, reading) in group { readings[index] = reading }
      return readings.compactMap { $0 }
    }
  }

  private func read(_ entry: BodyStore.Entry) async throws -> Reading {
    let kept: KeptPage
    do throws(StorageError) {
      kept = try entry.page.get()
    } catch {
      return .nothing(.failed(url: entry.url, reason: "\(error)"))
    }
    guard let standing = try await store.standing(of: kept.page.url),
      standing.bodyHash == kept.bodyHash
    else { return .nothing(.stale) }
    guard let scope = sites[standing.site] else { return .nothing(.otherSite) }
    let (reader, store) = (reader, store)
    return await lane.run {
      do throws(ExtractError) {
        let extraction = try reader.read(kept.page)
        let judge = PageJudge(
          lease: standing, directives: kept.page.directives.union(extraction.directives),
          scope: scope, extraction: extraction, store: store)
        let record = judge.record(
          status: kept.status, validators: Validators(), bodyHash: kept.bodyHash)
        return .page((kept, standing, record))
      } catch {
        return .nothing(.failed(url: entry.url, reason: "\(error)"))
      }
    }
  }
}
