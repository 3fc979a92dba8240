import Catalog
import Logging
import Storage
import VectorSearch
import Vision

/// Turns queued pictures, and the boxes in them, into vectors of the live index.
///
/// A batch's vectors are appended and synced first, then its jobs are marked done: a crash between
/// the two leaves jobs whose replay appends the same keys and changes nothing. Vectors of boxes that no
/// longer stand leave the index first and the catalog's queue then.
struct EmbeddingWorker: Sendable {
  let store: CatalogStore
  let blobs: BlobStore
  let index: IndexWriter
  let embedder: OpenVINOEmbedder
  let part: QueuePart
  /// Finds boxes; without one only those that a person drew, or that were found before, have vectors.
  let detector: DetectionWorker?
  let lane: ComputeLane
  let decoded: DecodedPictures
  let log: Logger

  static let batch = 16
  /// What failed this often is given up.
  static let attempts = 5

  /// Works until nothing waits; tells after each batch what was done.
  ///
  /// Whole pictures come first, so that a new one is found within seconds while a new detector looks
  /// through the old ones.
  func drain(_ tell: (Pipeline.Summary) -> Void) async throws {
    var lastPicture = ID<ImageRecord>(0)
    var lastLookedAt = ID<ImageRecord>(0)
    var lastBox = ID<Box>(0)
    try await takeOutLeavingBoxes()
    while !Task.isCancelled {
      let now = Timestamp.now
      let pictures = try await store.leaseEmbeddings(
        model: embedder.modelID, part: part, after: lastPicture, limit: Self.batch, now: now,
        leasedUntil: now + .seconds(300))
      if let last = pictures.last {
        lastPicture = last.image
        tell(try await embed(pictures.map(VectorJob.picture)))
        continue
      }
      if lastPicture != ID(0) {
        // What failed on the way is tried again.
        lastPicture = ID(0)
        continue
      }
      if let batch = try await detector?.work(after: lastLookedAt), let last = batch.last {
        lastLookedAt = last
        tell(batch.done)
        continue
      }
      let boxes = try await store.queuedBoxes(
        model: embedder.modelID, part: part, after: lastBox, limit: Self.batch)
      guard let last = boxes.last else { break }
      lastBox = last.box
      tell(try await embed(boxes.map(VectorJob.box)))
    }
    // A box that was moved while its vector was made has left it behind.
    try await takeOutLeavingBoxes()
  }

  /// Makes what later searches are fast by; the index is right without it.
  func prepareIndex() async throws {
    let index = index
    try await lane.run { () throws(IndexError) in _ = try index.tend() }
  }

  private func takeOutLeavingBoxes() async throws {
    let index = index
    while !Task.isCancelled {
      let boxes = try await store.leavingBoxes(model: embedder.modelID, limit: 1024)
      guard !boxes.isEmpty else { return }
      try await lane.run { () throws(IndexError) in
        _ = try index.delete(keys: boxes.map(\.vectorKey))
      }
      try await store.forgetVectors(of: boxes, model: embedder.modelID)
    }
  }

  private func embed(_ jobs: [VectorJob]) async throws -> Pipeline.Summary {
    var ready: [(job: VectorJob, picture: Picture)] = []
    var done = Pipeline.Summary()
    for job in jobs {
      if let picture = job.decoded(decoded) {
        ready.append((job, picture))
        continue
      }
      let (blobs, side) = (blobs, embedder.wantedSide)
      let loaded = await lane.run { Result { try job.picture(from: blobs, atLeast: side) } }
      switch loaded {
      case .success(let picture): ready.append((job, picture))
      case .failure(let error):
        done.failed += 1
        log.warning("\(job) cannot be embedded: \(error)")
        try await fail(job, reason: "\(error)", isFinal: true)
      }
    }
    guard !ready.isEmpty else { return done }
    do {
      let vectors = try await embedder.embed(ready.map(\.picture))
      try await append(zip(ready.map(\.job), vectors).map { ($0, $1) }, &done)
    } catch let error as EmbedError {
      // One picture may spoil its batch: the rest of the batch gets a run of its own.
      for (job, picture) in ready {
        do {
          try await append([(job, try await embedder.embed([picture])[0])], &done)
        } catch let error as EmbedError {
          done.failed += 1
          log.warning("\(job) cannot be embedded: \(error)")
          try await fail(
            job, reason: "\(error)", isFinal: job.attempts + 1 >= Self.attempts)
        }
      }
      log.debug("a batch was embedded one by one after: \(error)")
    }
    return done
  }

  private func append(
    _ embedded: [(job: VectorJob, vector: [Float])], _ done: inout Pipeline.Summary
  ) async throws {
    let keys = embedded.map(\.job.key)
    let vectors = embedded.flatMap(\.vector)
    let index = index
    try await lane.run { () throws(IndexError) in
      _ = try index.append(keys: keys, vectors: vectors)
    }
    try await store.completeVectors(
      keys.map { VectorKey($0) }, model: embedder.modelID, now: .now)
    for (job, _) in embedded {
      switch job {
      case .picture: done.embedded += 1
      case .box: done.boxes += 1
      }
    }
  }

  private func fail(_ job: VectorJob, reason: String, isFinal: Bool) async throws {
    switch job {
    case .picture(let job):
      try await store.failEmbedding(
        job.image, model: embedder.modelID, reason: reason, isFinal: isFinal)
    case .box(let job):
      try await store.failBox(job.box, model: embedder.modelID, reason: reason, isFinal: isFinal)
    }
  }
}

/// What waits for a vector.
private enum VectorJob: Sendable, CustomStringConvertible {
  case picture(EmbeddingJob)
  case box(BoxJob)

  var key: UInt64 {
    switch self {
    case .picture(let job): job.image.vectorKey
    case .box(let job): job.box.vectorKey
    }
  }

  var attempts: Int {
    switch self {
    case .picture(let job): job.attempts
    case .box(let job): job.attempts
    }
  }

  var description: String {
    switch self {
    case .picture(let job): "picture \(job.image)"
    case .box(let job): "box \(job.box) of picture \(job.image)"
    }
  }

  /// What ingest has decoded already.
  func decoded(_ pictures: DecodedPictures) -> Picture? {
    guard case .picture(let job) = self else { return nil }
    return pictures.take(job.image)
  }

  /// - Parameter side: what the embedder wants of the shorter side.
  func picture(from blobs: BlobStore, atLeast side: Int) throws -> Picture {
    switch self {
    case .picture(let job):
      return try PictureAnalysis.picture(of: try blobs.picture(job.hash), atLeast: side)
    case .box(let job):
      return try job.region.decoded(from: try blobs.picture(job.hash), atLeast: side)
    }
  }
}

extension BlobStore {
  /// The bytes of a picture that the catalog names.
  func picture(_ hash: ContentHash) throws(StorageError) -> [UInt8] {
    guard let bytes = try load(hash) else { throw .absent(path: path(of: hash)) }
    return bytes
  }
}
