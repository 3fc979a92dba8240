package import Foundation

/// Turns pictures into unit vectors with a model that OpenVINO runs on the CPU.
///
/// One compiled model serves `streams` requests, each on a thread of its own outside the
/// cooperative pool; several callers share them.
package final class OpenVINOEmbedder: Sendable {
  /// Covers weights, preprocessing and projection: vectors of two ids are never compared.
  package let modelID: String
  /// Length of a vector.
  package let dimension: Int
  /// Pixels that a picture's shorter side should have: of fewer the model sees a blur.
  package let wantedSide: Int
  /// The model's own ID, without its head: whose vectors the head is applied to.
  package let baseID: String
  /// What turns the model's vectors into the embedder's, where the folder holds a `head.bin`.
  package let head: Head?
  private let card: ModelCard
  private let model: CompiledModel
  private let lane: ComputeLane

  /// Opens the runtime, compiles the model and runs it once: about half a second.
  ///
  /// A model that does not give what its card says is refused here, not at a catalog's pictures.
  ///
  /// - Parameters:
  ///   - folder: holds a model and its card, as `make setup` writes them or a user does.
  ///   - streams: how many pictures are computed at a time, a thread each.
  package init(model folder: URL, streams: Int = 2) throws(EmbedError) {
    precondition(streams > 0)
    let card = try ModelCard(readingFrom: folder)
    let head = try Head(besideModelIn: folder, inputs: card.dimension)
    self.card = card
    self.head = head
    baseID = card.id
    modelID = Self.modelID(card, head)
    wantedSide = max(PictureAnalysis.workingSide, card.wantedSide)
    dimension = head?.dimension ?? card.dimension
    model = try CompiledModel(folder.appending(path: card.file), streams: streams)
    lane = ComputeLane(name: "embed", threads: streams)
    do throws(EmbedError) {
      _ = try Self.vector(of: Self.trial, card, model, head)
    } catch .inferenceFailed(let reason) {
      throw .modelUnusable(path: folder.appending(path: card.file).path, reason: reason)
    }
  }

  /// The ID of the model in a folder, whose network is not opened.
  package static func modelID(in folder: URL) throws(EmbedError) -> String {
    let card = try ModelCard(readingFrom: folder)
    return modelID(card, try Head(besideModelIn: folder, inputs: card.dimension))
  }

  static func modelID(_ card: ModelCard, _ head: Head?) -> String {
    head.map { "\(card.id)-\($0.id)" } ?? card.id
  }

  /// Noise, for a model may give zeros of a flat picture.
  private static let trial: Picture = {
    var random = SplitMix(seed: 1)
    let side = 64
    return Picture(
      width: side, height: side,
      pixels: (0..<3 * side * side).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }()

  /// The vectors of `pictures`, in their order, each `dimension` long and of unit length.
  ///
  /// Pictures may have any size; a shorter side of `wantedSide` loses nothing.
  package func embed(_ pictures: [Picture]) async throws(EmbedError) -> [[Float]] {
    try await lane.map(pictures) { [card, model, head] (picture) throws(EmbedError) in
      try Self.vector(of: picture, card, model, head)
    }
  }

  private static func vector(
    of picture: Picture, _ card: ModelCard, _ model: CompiledModel, _ head: Head?
  ) throws(EmbedError) -> [Float] {
    let output = try model.run(
      [card.format.input(of: card.square(of: picture))], output: card.output)
    guard let pooled = card.pooled(output.values, shape: output.shape) else {
      throw .inferenceFailed(
        reason: "an output of \(output.shape) gives no vector of \(card.dimension)"
          + " with pooling \(card.pooling.rawValue)")
    }
    let vector = try pooled.atUnitLength()
    return head?.adapted(VectorTable(dimension: card.dimension, values: vector))[0] ?? vector
  }
}
