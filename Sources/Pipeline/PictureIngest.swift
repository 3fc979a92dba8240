import Catalog
import Crawl
import Storage
import Synchronization
import Vision

/// Carries a fetched picture to its blob, its group of equal pictures and its embedding job.
final class PictureIngest: Sendable {
  private let store: CatalogStore
  private let blobs: BlobStore
  private let lane: ComputeLane
  private let models: [String]
  private let detector: String?
  private let duplicates = Mutex(DuplicateIndex())
  private let doubts = LinkDoubts()
  /// What waits for the embedder; `nil` where none takes pictures as large as they are measured.
  let decoded: DecodedPictures?

  /// Reads every known fingerprint into memory.
  init(
    store: CatalogStore, blobs: BlobStore, lane: ComputeLane, models: [String],
    detector: String?, decoded: DecodedPictures?
  ) async throws(StorageError) {
    self.store = store
    self.blobs = blobs
    self.lane = lane
    self.models = models
    self.detector = detector
    self.decoded = decoded
    var last = ID<ImageRecord>(0)
    while true {
      let batch = try await store.fingerprints(after: last, limit: 10_000)
      guard let end = batch.last else { break }
      last = end.id
      duplicates.withLock { duplicates in
        for (id, fingerprint) in batch { duplicates.add(id: id.rawValue, fingerprint) }
      }
    }
  }

  /// Ends the lease. A body that is no sound picture is kept out with its reason.
  ///
  /// - Returns: whether it is one that can be kept.
  func take(_ visit: Visit, now: Timestamp) async throws(StorageError) -> Bool {
    let (page, lease) = (visit.page, visit.lease)
    guard page.directives.isDisjoint(with: [.noIndex, .noImageIndex]) else {
      let refusal = FetchOutcome.refused(
        reason: "X-Robots-Tag asks to keep no picture", until: now + .seconds(7 * 86_400))
      try await store.record(refusal, of: lease, now: now)
      return false
    }
    let body = page.body
    let hash = await lane.run { ContentHash(of: body) }
    let record: ImageRecord
    var picture: Picture?
    if let known = try await store.imageRecord(hash), blobs.contains(hash) {
      record = known
    } else {
      let blobs = blobs
      let result = await lane.run { () -> Result<PictureAnalysis, TakeError> in
        do throws(PictureError) {
          let analysis = try PictureAnalysis(of: body, hash: hash)
          do throws(StorageError) {
            try blobs.store(analysis.thumbnail, as: hash, kind: .thumbnail)
            try blobs.store(body, as: hash)
            return .success(analysis)
          } catch {
            return .failure(.storage(error))
          }
        } catch {
          return .failure(.picture(error))
        }
      }
      switch result {
      case .success(let analysis):
        record = analysis.record
        picture = analysis.picture
      case .failure(.picture(let error)):
        let rejection = FetchOutcome.rejected(
          reason: "\(error)", page.validators, bodyHash: visit.bodyHash, status: visit.status)
        try await store.record(rejection, of: lease, now: now)
        return false
      case .failure(.storage(let error)):
        throw error
      }
    }
    let kept = picture
    _ = try await store.record(
      record, of: lease, status: visit.status, validators: page.validators,
      bodyHash: visit.bodyHash,
      models: models, detector: detector, now: now
    ) { [self] fingerprint in
      duplicates.withLock { $0.matches(of: fingerprint).map(ID.init) }
    } doubt: { [self] one, other in
      doubts.doubt(one, other)
    } committed: { [self] change in
      guard change.isNew else { return }
      _ = duplicates.withLock { $0.add(id: change.id.rawValue, record.fingerprint) }
      if let kept { decoded?.put(kept, of: change.id) }
    }
    return true
  }

  private enum TakeError: Error {
    case picture(PictureError)
    case storage(StorageError)
  }
}

/// How doubtful links are, each pair measured once: where pictures were told apart every new one of their
/// group asks for all pairs of it.
package final class LinkDoubts: Sendable {
  private struct Pair: Hashable {
    let one: ID<ImageRecord>
    let other: ID<ImageRecord>
  }

  private let known = Mutex<[Pair: Float?]>([:])
  /// Pairs that are kept: those of a group of 1,400. All are forgotten when there are more.
  private static let limit = 1_000_000

  package init() {}

  /// ``Likeness``'s; the prints do not change as long as the value lives.
  package func doubt(_ one: GroupMember, _ other: GroupMember) -> Float? {
    guard let first = one.fingerprint, let second = other.fingerprint else { return nil }
    let pair = Pair(one: one.id, other: other.id)
    if let known = known.withLock({ $0[pair] }) { return known }
    let doubt = Likeness.doubt(first, second)
    known.withLock { known in
      if known.count >= Self.limit { known.removeAll() }
      known[pair] = .some(doubt)
    }
    return doubt
  }
}

/// Pictures on their way from the decoder to the embedder, so that most are decoded once; the oldest
/// leave when there are too many and are then read from their blobs.
final class DecodedPictures: Sendable {
  private struct State {
    var pictures: [ID<ImageRecord>: Picture] = [:]
    var order: [ID<ImageRecord>] = []
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int = 128) { self.limit = limit }

  func put(_ picture: Picture, of id: ID<ImageRecord>) {
    state.withLock { state in
      state.pictures[id] = picture
      state.order.append(id)
      if state.order.count > limit {
        state.pictures.removeValue(forKey: state.order.removeFirst())
      }
    }
  }

  func take(_ id: ID<ImageRecord>) -> Picture? {
    state.withLock { state in
      state.order.removeAll { $0 == id }
      return state.pictures.removeValue(forKey: id)
    }
  }
}
