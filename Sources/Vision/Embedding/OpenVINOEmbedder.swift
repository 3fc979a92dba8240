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
  /// The model's own ID, without its head: whose vectors the head is applied to.
  package let baseID: String
  /// What turns the model's vectors into the embedder's, where the folder holds a `head.bin`.
  package let head: Head?
  private let card: ModelCard
  private let model: CompiledModel
  private let lane: ComputeLane

  /// Opens the runtime and compiles the model: about half a second.
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
    modelID = head.map { "\(card.id)-\($0.id)" } ?? card.id
    dimension = head?.dimension ?? card.dimension
    model = try CompiledModel(folder.appending(path: card.file), streams: streams)
    lane = ComputeLane(name: "embed", threads: streams)
  }

  /// The vectors of `pictures`, in their order, each `dimension` long and of unit length.
  ///
  /// Pictures may have any size; a shorter side of `side ÷ share` of the model loses nothing.
  package func embed(_ pictures: [Picture]) async throws(EmbedError) -> [[Float]] {
    try await lane.map(pictures) { [self] (picture) throws(EmbedError) in
      try vector(of: picture)
    }
  }

  private func vector(of picture: Picture) throws(EmbedError) -> [Float] {
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
