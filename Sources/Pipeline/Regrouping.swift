import Catalog
import Storage
import Synchronization
import Vision

/// Makes the groups of equal pictures anew from the pictures themselves.
///
/// Groups are derived: whatever once joined two pictures, afterwards exactly those stand together that
/// the present measure and what people said join, as if all had just been fetched. Prints that an
/// older version measured are measured again from the blobs first, a batch a transaction; the groups
/// change in one.
package struct Regrouping: Sendable {
  private let store: CatalogStore
  private let lock: WriterLock
  private let blobs: BlobStore
  private let lane: ComputeLane

  package struct Report: Sendable, Encodable {
    package var pictures = 0
    /// Pictures that were measured again.
    package var measured = 0
    /// Pictures of an older print whose blob cannot be read any more; they are compared by that print.
    package var unreadable = 0
    package var groupsBefore = 0
    package var groups = 0
    /// Pictures that stand in another group now.
    package var moved = 0
  }

  /// - Parameter lock: held as long as the value lives.
  package init(store: CatalogStore, lock: WriterLock, blobs: BlobStore, lane: ComputeLane) {
    self.store = store
    self.lock = lock
    self.blobs = blobs
    self.lane = lane
  }

  private static let batch = 256

  /// - Parameter tell: called after each batch with how many pictures were compared.
  package func run(_ tell: (Int) -> Void) async throws -> Report {
    var report = Report()
    let linked = Mutex(Linkage())
    var last = ID<ImageRecord>(0)
    while true {
      try Task.checkCancellation()
      let prints = try await store.fingerprints(after: last, limit: Self.batch)
      guard let end = prints.last?.id else { break }
      last = end
      let current = try await measured(prints, &report)
      await lane.run {
        linked.withLock { linked in
          for (id, fingerprint) in current { linked.add(id.rawValue, fingerprint) }
        }
      }
      report.pictures += current.count
      tell(report.pictures)
    }
    let groups = linked.withLock(\.groups)
    let doubts = LinkDoubts()
    (report.groupsBefore, report.groups, report.moved) = try await store.regroup(
      groups, doubt: doubts.doubt)
    return report
  }

  /// Single linkage: pictures hang together where a chain of equal ones leads from one to the other.
  private struct Linkage: Sendable {
    private var index = DuplicateIndex()
    /// A smaller id that hangs together with each, or its own.
    private var parents: [Int64: Int64] = [:]

    mutating func add(_ id: Int64, _ fingerprint: Fingerprint) {
      let roots = Set(index.matches(of: fingerprint).map(root) + [id])
      let first = roots.min() ?? id
      for other in roots { parents[other] = first }
      index.add(id: id, fingerprint)
    }

    private func root(_ id: Int64) -> Int64 {
      var id = id
      while let parent = parents[id], parent != id { id = parent }
      return id
    }

    /// Every picture with the smallest id that it hangs together with.
    var groups: [(image: ID<ImageRecord>, group: ID<ImageRecord>)] {
      parents.keys.map { (ID($0), ID(root($0))) }
    }
  }

  /// The prints, those of an older version made anew and kept.
  private func measured(
    _ prints: [(id: ID<ImageRecord>, fingerprint: Fingerprint)], _ report: inout Report
  ) async throws -> [(id: ID<ImageRecord>, fingerprint: Fingerprint)] {
    let (blobs, lane) = (blobs, lane)
    var fresh: [ID<ImageRecord>: (fingerprint: Fingerprint, traits: PictureTraits)] = [:]
    let stale = try await store.unmeasured(prints.map(\.id))
    let measures = await lane.map(stale) {
      _, hash -> (fingerprint: Fingerprint, traits: PictureTraits)? in
      guard let bytes = try? blobs.load(hash),
        let picture = try? PictureAnalysis.picture(of: bytes)
      else { return nil }
      return (Fingerprint(of: picture), PictureTraits(of: picture))
    }
    for ((id, _), measured) in zip(stale, measures) { fresh[id] = measured }
    report.unreadable += stale.count - fresh.count
    try await store.remeasure(fresh)
    report.measured += fresh.count
    return prints.map { ($0.id, fresh[$0.id]?.fingerprint ?? $0.fingerprint) }
  }
}
