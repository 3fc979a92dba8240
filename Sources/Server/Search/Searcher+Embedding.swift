import Catalog
import VectorSearch
import Vision

extension Searcher {
  /// The vector of a picture file or of a part of it, and the fingerprint of a whole one.
  func embed(_ bytes: [UInt8], crop: Crop?, _ moment: SearchModel.Moment)
    async throws(Problem) -> (vector: [Float], fingerprint: Fingerprint?)
  {
    guard let embedder = moment.embedder else {
      throw Problem(
        .modelNotReady, "no model is loaded: search by item, image, url or vector", retryAfter: 60)
    }
    if let identity = moment.snapshot.identity, identity.model != embedder.modelID {
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
      let took = start.duration(to: .now) / .seconds(1)
      metrics.update {
        $0.embedded += 1
        $0.embedding.add(took)
      }
      guard crop == nil else { return (vector, nil) }
      return (vector, await lane.run { Fingerprint(of: picture) })
    }
  }

  /// What the largest model input asks of a picture's shorter side.
  private static let side = 320

  private func decode(_ bytes: [UInt8], crop: Crop?) async throws(Problem) -> Picture {
    let limits = settings.decodeLimits
    do throws(PictureError) {
      return try await lane.run { () throws(PictureError) in
        guard let crop else { return try PictureAnalysis.picture(of: bytes, limits: limits) }
        let share = min(crop.width, crop.height)
        let picture = try Picture(
          decoding: bytes, atLeast: Int((Double(Self.side) / share).rounded(.up)), limits: limits)
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
