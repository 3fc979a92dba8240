import Catalog
import Crawl
import Extract
import Logging
import Storage
import Synchronization
import VectorSearch
import Vision

/// The nightly run: frontier → page → items → pictures → vectors, resumable after every step.
package final class Pipeline: Sendable {
  /// What embeds pictures and where their vectors go.
  package struct Embedding: Sendable {
    package var embedder: OpenVINOEmbedder
    /// Where the embedder was loaded from: searches that rank again load it from there.
    package var folder: String?
    package var index: IndexWriter
    /// Which pictures, and boxes in them, are embedded.
    package var part: QueuePart
    /// Finds the parts of pictures that get vectors of their own; `nil` finds none.
    package var detector: Detector?

    package init(
      embedder: OpenVINOEmbedder, folder: String? = nil, index: IndexWriter,
      part: QueuePart = .whole, detector: Detector? = nil
    ) {
      self.embedder = embedder
      self.folder = folder
      self.index = index
      self.part = part
      self.detector = detector
    }
  }

  /// How a run or a part of it went so far.
  package struct Summary: Sendable, Encodable {
    /// Pictures that got their vectors.
    package var embedded = 0
    /// Pictures that a detector looked at.
    package var lookedAt = 0
    /// Boxes that got vectors of their own.
    package var boxes = 0
    package var failed = 0
    /// Files that came and are no picture that can be kept.
    package var unusable = 0
    /// What pictures look like of which no product tells; nil where that was not looked at.
    package var categories: CategoryReport?

    /// Jobs that came to an end.
    package var finished: Int { embedded + lookedAt + boxes + failed }

    mutating func add(_ other: Summary) {
      embedded += other.embedded
      lookedAt += other.lookedAt
      boxes += other.boxes
      failed += other.failed
      unusable += other.unusable
    }
  }

  private let store: CatalogStore
  private let lock: WriterLock
  private let blobs: BlobStore
  private let bodies: BodyStore?
  private let reader: PageReader
  private let lane: ComputeLane
  private let embedding: Embedding?
  private let log: Logger
  private let decoded = DecodedPictures()
  private let state = Mutex(Summary())

  /// - Parameters:
  ///   - lock: held as long as the pipeline lives.
  ///   - bodies: where the bodies of pages are kept; `nil` keeps none.
  ///   - embedding: `nil` leaves pictures in the queue for a later `embed`.
  package init(
    store: CatalogStore, lock: WriterLock, blobs: BlobStore, bodies: BodyStore?, reader: PageReader,
    lane: ComputeLane, embedding: Embedding?, log: Logger
  ) {
    self.store = store
    self.lock = lock
    self.blobs = blobs
    self.bodies = bodies
    self.reader = reader
    self.lane = lane
    self.embedding = embedding
    self.log = log
  }

  /// What has happened since the pipeline was made.
  package var summary: Summary { state.withLock { $0 } }

  /// What pictures are embedded by.
  package var model: String? { embedding?.embedder.modelID }

  /// Jobs that wait: pictures and boxes to be embedded, pictures to be looked at.
  package func waiting() async throws -> Int {
    guard let embedding else { return 0 }
    let model = embedding.embedder.modelID
    let unseen =
      embedding.detector == nil ? 0 : try await store.queuedDetections()
    return try await store.queuedEmbeddings(model: model, part: embedding.part)
      + store.queuedBoxes(model: model, part: embedding.part) + unseen
  }

  /// Embeds every picture that waits and, with a detector, every box that it sees.
  package func embed() async throws -> Summary {
    guard let worker = try await worker() else { return summary }
    try await drain(worker)
    try await settle(worker)
    return summary
  }

  /// Crawls until nothing is due, embedding pictures as they come.
  ///
  /// - Parameters:
  ///   - sites: the scope of each site, by its id in the catalog.
  ///   - crawl: runs a crawler with the handler it is given.
  package func run<Result: Sendable>(
    sites: [ID<Site>: Scope],
    crawl: @Sendable (_ handler: @escaping VisitHandler) async throws -> Result
  ) async throws -> Result {
    let worker = try await worker()
    let takesMeasured = worker.map { $0.embedder.wantedSide <= PictureAnalysis.workingSide }
    let pictures = try await PictureIngest(
      store: store, blobs: blobs, lane: lane, models: worker.map { [$0.embedder.modelID] } ?? [],
      detector: worker?.detector?.detector.id, decoded: takesMeasured == true ? decoded : nil)
    let pages = PageIngest(store: store, bodies: bodies, reader: reader, lane: lane)
    let (arrivals, arrival) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    async let embedding: Void = {
      guard let worker else { return }
      for await _ in arrivals { try await self.drain(worker) }
    }()
    arrival.yield()
    let handler: VisitHandler = { visit throws(StorageError) in
      if visit.lease.kind == .image {
        if try await pictures.take(visit, now: .now) {
          arrival.yield()
        } else {
          self.state.withLock { $0.unusable += 1 }
        }
        return 0
      }
      guard let scope = sites[visit.lease.site] else {
        preconditionFailure("site \(visit.lease.site) was leased and is not of this run")
      }
      return try await pages.take(visit, scope: scope, now: .now).discovered
    }
    do {
      let result = try await crawl(handler)
      arrival.yield()
      arrival.finish()
      await flushBodies()
      try await embedding
      if let worker { try await settle(worker) }
      return result
    } catch {
      arrival.finish()
      throw error
    }
  }

  /// Bodies are a cache: one that is not kept is no failure of the run.
  private func flushBodies() async {
    do throws(StorageError) {
      guard let dropped = try await bodies?.flush(), dropped > 0 else { return }
      log.warning("\(dropped) bodies were not kept: the disk was too slow")
    } catch {
      log.warning("some bodies were not kept: \(error)")
    }
  }

  /// What is done once when the queue is empty: the index is right, and a night complete, without it.
  private func settle(_ worker: EmbeddingWorker) async throws {
    try await worker.prepareIndex()
    do {
      let report = try await CategoryGuesses(
        store: store, lane: lane, model: worker.embedder.modelID, snapshot: worker.index.snapshot
      ).run()
      state.withLock { $0.categories = report }
    } catch is CancellationError {
      log.info("what pictures look like was not told to the end: the run was stopped")
    }
  }

  private func drain(_ worker: EmbeddingWorker) async throws {
    try await worker.drain { done in self.state.withLock { $0.add(done) } }
  }

  /// The worker, with every picture's and box's job in its queue.
  private func worker() async throws -> EmbeddingWorker? {
    guard let embedding else { return nil }
    try await store.freeEmbeddingLeases()
    _ = try await store.enqueueEmbeddings(
      model: embedding.embedder.modelID, dimension: embedding.embedder.dimension,
      folder: embedding.folder)
    try await requeueMissing(embedding)
    var detection: DetectionWorker?
    if let detector = embedding.detector {
      try await store.enqueueDetections(detector: detector.id)
      detection = DetectionWorker(
        store: store, blobs: blobs, detector: detector, model: embedding.embedder.modelID,
        lane: lane, log: log)
    }
    return EmbeddingWorker(
      store: store, blobs: blobs, index: embedding.index, embedder: embedding.embedder,
      part: embedding.part, detector: detection, lane: lane, decoded: decoded, log: log)
  }

  /// What the catalog says is embedded and the index does not have is embedded again: of an index whose
  /// folder was lost, or whose log was cut, the next run makes up for it.
  private func requeueMissing(_ embedding: Embedding) async throws {
    let model = embedding.embedder.modelID
    let snapshot = embedding.index.snapshot
    let missing = try await store.embeddedVectors(model: model).filter {
      !snapshot.contains($0.key)
    }
    guard !missing.isEmpty else { return }
    log.warning("the index misses \(missing.count) vectors that it had; they are made again")
    try await store.requeueEmbeddings(model: model, of: missing)
  }
}
