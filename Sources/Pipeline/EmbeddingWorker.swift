import Catalog
import Logging
import Storage
import VectorSearch
import Vision

/// Turns queued pictures into vectors of the live index.
///
/// A batch's vectors are appended and synced first, then its jobs are marked done: a crash between
/// the two leaves jobs whose replay appends the same keys and changes nothing.
struct EmbeddingWorker: Sendable {
  let store: CatalogStore
  let blobs: BlobStore
  let index: IndexWriter
  let embedder: OpenVINOEmbedder
  let lane: ComputeLane
  let decoded: DecodedPictures
  let log: Logger

  static let batch = 16
  /// A picture whose embedding failed this often is given up.
  static let attempts = 5

  /// Embeds until the queue is empty; tells after each batch how many vectors were appended and how
  /// many jobs failed.
  func drain(_ tell: (_ embedded: Int, _ failed: Int) -> Void) async throws {
    while !Task.isCancelled {
      let now = Timestamp.now
      let jobs = try await store.leaseEmbeddings(
        model: embedder.modelID, limit: Self.batch, now: now, leasedUntil: now + .seconds(300))
      guard !jobs.isEmpty else { return }
      let (embedded, failed) = try await embed(jobs)
      tell(embedded, failed)
    }
  }

  /// Makes what later searches are fast by; the index is right without it.
  func prepareIndex() async throws {
    let index = index
    try await lane.run { () throws(IndexError) in _ = try index.tend() }
  }

  private func embed(_ jobs: [EmbeddingJob]) async throws -> (embedded: Int, failed: Int) {
    var ready: [(job: EmbeddingJob, picture: Picture)] = []
    var failed = 0
    for job in jobs {
      if let picture = decoded.take(job.image) {
        ready.append((job, picture))
        continue
      }
      let blobs = blobs
      let loaded = await lane.run { () -> Result<Picture, any Error> in
        Result {
          guard let bytes = try blobs.load(job.hash) else {
            throw StorageError.absent(path: blobs.path(of: job.hash))
          }
          return try PictureAnalysis.picture(of: bytes)
        }
      }
      switch loaded {
      case .success(let picture): ready.append((job, picture))
      case .failure(let error):
        failed += 1
        log.warning("picture \(job.image) cannot be embedded: \(error)")
        try await store.failEmbedding(
          job.image, model: embedder.modelID, reason: "\(error)", isFinal: true)
      }
    }
    guard !ready.isEmpty else { return (0, failed) }
    do {
      let vectors = try await embedder.embed(ready.map(\.picture))
      try await append(zip(ready.map(\.job), vectors).map { ($0, $1) })
      return (ready.count, failed)
    } catch let error as EmbedError {
      // One picture may spoil its batch: the rest of the batch gets a run of its own.
      for (job, picture) in ready {
        do {
          try await append([(job, try await embedder.embed([picture])[0])])
        } catch let error as EmbedError {
          failed += 1
          let isFinal = job.attempts + 1 >= Self.attempts
          log.warning("picture \(job.image) cannot be embedded: \(error)")
          try await store.failEmbedding(
            job.image, model: embedder.modelID, reason: "\(error)", isFinal: isFinal)
        }
      }
      log.debug("a batch was embedded one by one after: \(error)")
      return (ready.count, failed)
    }
  }

  private func append(_ embedded: [(job: EmbeddingJob, vector: [Float])]) async throws {
    let keys = embedded.map { UInt64($0.job.image.rawValue) }
    let vectors = embedded.flatMap(\.vector)
    let index = index
    try await lane.run { () throws(IndexError) in
      _ = try index.append(keys: keys, vectors: vectors)
    }
    try await store.completeEmbeddings(
      embedded.map(\.job.image), model: embedder.modelID, now: .now)
  }
}
