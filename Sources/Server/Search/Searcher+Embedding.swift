import Catalog
import VectorSearch
import Vision

extension Searcher {
  /// The vector of a picture file or of a part of it, and the fingerprint of a whole one.
  func embed(_ bytes: [UInt8], crop: Region?, _ moment: SearchModel.Moment)
    async throws(Problem) -> (vector: [Float], fingerprint: Fingerprint?)
  {
    guard let embedder = moment.embedder else {
      throw Problem(
        .modelNotReady, "no model is loaded: search by item, image, url or vector", retryAfter: 60)
    }
    try check(embedder.modelID, moment)
    return try await pictures.pass { () async throws(Problem) in
      let start = ContinuousClock.now
      let picture = try await decode(bytes, crop: crop, atLeast: embedder.wantedSide)
      let vector: [Float]
      do throws(EmbedError) {
        vector = try await embedder.embed([picture])[0]
      } catch {
        throw Problem(error, of: "model")
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

  /// The vector of words.
  func embed(_ text: String, _ moment: SearchModel.Moment) async throws(Problem) -> [Float] {
    guard let words = moment.words else {
      throw Problem(
        .noTextModel,
        "words need a text encoder that was trained with "
          + "\(moment.snapshot.identity?.model ?? "the model"): a text.yaml beside its model.yaml "
          + "names it", parameter: "text")
    }
    try check(words.modelID, moment)
    return try await pictures.pass { () async throws(Problem) in
      do throws(EmbedError) {
        return try await words.embed(text)
      } catch {
        throw Problem(error, of: "model")
      }
    }
  }

  /// Vectors of two models are never compared.
  private func check(_ model: String, _ moment: SearchModel.Moment) throws(Problem) {
    guard let identity = moment.snapshot.identity, identity.model != model else { return }
    throw Problem(
      .modelNotReady,
      "the index holds vectors of \(identity.model), and \(model) has not embedded its pictures yet: "
        + "vitrine embed does that, and every crawl", retryAfter: 60)
  }

  /// The whole picture, its shorter side of at least `side` pixels where the file has them.
  func decode(_ bytes: [UInt8], atLeast side: Int) async throws(Problem) -> Picture {
    try await decode { [limits = settings.decodeLimits] () throws(PictureError) in
      try Picture(decoding: bytes, atLeast: side, limits: limits)
    }
  }

  private func decode(_ bytes: [UInt8], crop: Region?, atLeast side: Int)
    async throws(Problem) -> Picture
  {
    try await decode { [limits = settings.decodeLimits] () throws(PictureError) in
      guard let crop else {
        return try PictureAnalysis.picture(of: bytes, atLeast: side, limits: limits)
      }
      return try crop.decoded(from: bytes, atLeast: side, limits: limits)
    }
  }

  private func decode(_ read: @escaping @Sendable () throws(PictureError) -> Picture)
    async throws(Problem) -> Picture
  {
    do throws(PictureError) {
      return try await lane.run(read)
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

extension Problem {
  /// What a client is told where a network fails on its input.
  init(_ error: EmbedError, of network: String) {
    self.init(.failed, "the \(network) failed; the server's log has the cause")
    cause = error.description
  }
}
