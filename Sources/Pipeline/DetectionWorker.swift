import Catalog
import Logging
import Storage
import Vision

/// Lets a detector look at queued pictures and keeps the boxes that it sees.
///
/// A picture's boxes, their embedding jobs and the end of its own job are one transaction: after a crash a
/// picture was looked at or was not.
struct DetectionWorker: Sendable {
  let store: CatalogStore
  let blobs: BlobStore
  let detector: Detector
  /// Whose indexes get the boxes' vectors.
  let model: String
  let lane: ComputeLane
  let log: Logger

  struct Batch: Sendable {
    /// The last picture that was taken up; `nil` where none waited.
    var last: ID<ImageRecord>?
    var done = Pipeline.Summary()
  }

  /// Looks at the next pictures behind one; one whose detection fails stays in the queue for a later run.
  func work(after image: ID<ImageRecord>) async throws -> Batch {
    var batch = Batch()
    let jobs = try await store.queuedDetections(
      detector: detector.id, after: image, limit: EmbeddingWorker.batch)
    for job in jobs where !Task.isCancelled {
      batch.last = job.image
      do {
        let seen = try await look(job)
        try await store.recordBoxes(
          seen, in: job.image, by: detector.id, models: [model], now: .now)
        batch.done.lookedAt += 1
      } catch {
        try await fail(job, error)
        batch.done.failed += 1
      }
    }
    return batch
  }

  private func look(_ job: DetectionJob) async throws -> [Detection] {
    let picture = try await lane.run { [blobs, detector] in
      try Picture(decoding: try blobs.picture(job.hash), atLeast: detector.side)
    }
    return try await detector.detect(picture)
  }

  /// Notes why a picture was not looked at; what is wrong with more than this picture ends the work.
  private func fail(_ job: DetectionJob, _ error: any Error) async throws {
    let isFinal =
      switch error {
      case is EmbedError: job.attempts + 1 >= EmbeddingWorker.attempts
      case is PictureError, StorageError.absent: true
      default: throw error
      }
    log.warning("picture \(job.image) cannot be looked at: \(error)")
    try await store.failDetection(in: job.image, reason: "\(error)", isFinal: isFinal)
  }
}
