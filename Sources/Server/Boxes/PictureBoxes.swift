import Catalog
import Synchronization
import Vision

/// What a detector sees in pictures; of those asked for lately it is kept.
final class PictureBoxes: Sendable {
  /// `nil` where none is configured.
  let detector: Detector?
  private let kept = Mutex(Kept())

  private struct Kept {
    var boxes: [ContentHash: [Detection]] = [:]
    /// The oldest first.
    var order: [ContentHash] = []
  }

  private static let limit = 2048

  init(detector: Detector?) { self.detector = detector }

  /// The boxes of a picture file, surest first.
  ///
  /// - Parameter decode: called where they are not known.
  func boxes(
    of hash: ContentHash, decode: (_ side: Int) async throws(Problem) -> Picture
  ) async throws(Problem) -> [Detection] {
    guard let detector else {
      throw Problem(.noDetector, "no detector is configured: detector names its folder")
    }
    if let known = kept.withLock({ $0.boxes[hash] }) { return known }
    let picture = try await decode(detector.side)
    let found: [Detection]
    do throws(EmbedError) {
      found = try await detector.detect(picture)
    } catch {
      throw Problem(error, of: "detector")
    }
    kept.withLock { kept in
      if kept.boxes.updateValue(found, forKey: hash) == nil { kept.order.append(hash) }
      if kept.order.count > Self.limit { kept.boxes[kept.order.removeFirst()] = nil }
    }
    return found
  }
}
