import Catalog
import VectorSearch
import Vision

extension Searcher {
  /// The vector of a picture file or of a part of it.
  func embed(_ bytes: [UInt8], crop: Crop?, _ snapshot: Snapshot) async throws(Problem) -> [Float] {
    guard let embedder else {
      throw Problem(
        .modelNotReady, "no model is loaded: search by item, image, url or vector", retryAfter: 60)
    }
    if let identity = snapshot.identity, identity.model != embedder.modelID {
      throw Problem(
        .modelNotReady,
        "the index holds vectors of \(identity.model), the loaded model is \(embedder.modelID)",
        retryAfter: 60)
    }
    return try await pictures.pass { () async throws(Problem) in
      let start = ContinuousClock.now
      let picture = try await decode(bytes, crop: crop)
      let vector: [Float]
      do throws(EmbedError) {
        vector = try await embedder.embed([picture])[0]
      } catch {
        var problem = Problem(.failed, "the model failed; the server's log has the cause")
        problem.cause = error.description
        throw problem
      }
      let took = start.duration(to: .now).seconds
      metrics.update {
        $0.embedded += 1
        $0.embedding.add(took)
      }
      return vector
    }
  }

  /// What the largest model input asks of a picture's shorter side.
  private static let side = 320

  private func decode(_ bytes: [UInt8], crop: Crop?) async throws(Problem) -> Picture {
    let limits = settings.decodeLimits
    do throws(PictureError) {
      return try await lane.run { () throws(PictureError) in
        let share = crop.map { min($0.width, $0.height) } ?? 1
        let picture = try Picture(
          decoding: bytes, atLeast: Int((Double(Self.side) / share).rounded(.up)), limits: limits)
        guard let crop else { return picture }
        func pixels(_ fraction: Double, of side: Int) -> Int {
          Int((fraction * Double(side)).rounded())
        }
        let part = picture.cropped(
          x: pixels(crop.x, of: picture.width), y: pixels(crop.y, of: picture.height),
          width: max(1, pixels(crop.width, of: picture.width)),
          height: max(1, pixels(crop.height, of: picture.height)))
        return part ?? picture
      }
    } catch {
      switch error {
      case .outOfBounds(.bytes, _, _), .outOfBounds(.pixels, _, _), .outOfBounds(.longSide, _, _):
        throw Problem(.pictureTooLarge, error.description)
      default:
        throw Problem(.unreadablePicture, error.description)
      }
    }
  }
}
