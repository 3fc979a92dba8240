package import Foundation

/// Turns words into unit vectors of the space that a picture model's vectors lie in.
///
/// Both encoders were trained together (Radford et al. 2021) and give projected vectors of one length;
/// neither is centred or projected by us, so the scalar product is theirs. Vectors that a head was
/// appended to (``Head``) are asked by their base part alone: a head learnt from pictures, and what it
/// makes of words means nothing. The part has the same length in every row, so the order is the base's.
package final class TextEmbedder: Sendable {
  /// Whose vectors the words are compared with.
  package let modelID: String
  /// Length of these vectors.
  package let dimension: Int
  private let card: TextCard
  private let baseDimension: Int
  private let model: CompiledModel
  private let lane: ComputeLane

  /// Opens the text encoder beside a picture model; `nil` where there is no `text.yaml`.
  ///
  /// It is run once: what does not fit the pictures' vectors is refused here, not at a query.
  package convenience init?(model folder: URL) throws(EmbedError) {
    let pictures = try ModelCard(readingFrom: folder)
    let head = try Head(besideModelIn: folder, inputs: pictures.dimension)
    try self.init(
      model: folder, modelID: OpenVINOEmbedder.modelID(pictures, head),
      baseDimension: pictures.dimension, dimension: head?.dimension ?? pictures.dimension)
  }

  /// The same, for a picture model that was opened: its file is not gone through once more.
  package convenience init?(in folder: URL, beside pictures: OpenVINOEmbedder) throws(EmbedError) {
    try self.init(
      model: folder, modelID: pictures.modelID,
      baseDimension: pictures.head?.inputs ?? pictures.dimension, dimension: pictures.dimension)
  }

  private init?(model folder: URL, modelID: String, baseDimension: Int, dimension: Int)
    throws(EmbedError)
  {
    guard let card = try TextCard(readingFrom: folder) else { return nil }
    self.card = card
    (self.modelID, self.baseDimension, self.dimension) = (modelID, baseDimension, dimension)
    model = try CompiledModel(card.model, inputs: card.mask == nil ? 1 : 2, streams: 1)
    lane = ComputeLane(name: "text", threads: 1)
    func refuse(_ reason: String) -> EmbedError {
      .modelUnusable(path: card.model.path, reason: reason)
    }
    let found: Int
    do throws(EmbedError) {
      found = try Self.vector(of: "a", card, model).count
    } catch .inferenceFailed(let reason) {
      throw refuse(reason)
    }
    guard found == baseDimension else {
      throw refuse(
        "vectors of \(found) beside pictures' of \(baseDimension): both encoders must give what is "
          + "projected to the space they share")
    }
  }

  /// The vector of a text, `dimension` long and of unit length.
  ///
  /// Of a long text what passes the encoder's context is left out.
  package func embed(_ text: String) async throws(EmbedError) -> [Float] {
    try await lane.run { [card, model, dimension] () throws(EmbedError) in
      let vector = try Self.vector(of: text, card, model)
      return vector + Array(repeating: 0, count: dimension - vector.count)
    }
  }

  private static func vector(of text: String, _ card: TextCard, _ model: CompiledModel)
    throws(EmbedError) -> [Float]
  {
    let (inputs, count) = card.inputs(of: text)
    let output = try model.run(inputs, output: card.output)
    guard let vector = card.pooled(output, count: count) else {
      throw .inferenceFailed(
        reason: "an output of \(output.shape) gives no vector with pooling "
          + "\(card.pooling.rawValue)")
    }
    return try vector.atUnitLength()
  }
}
