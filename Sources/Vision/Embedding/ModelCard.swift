internal import Foundation

/// What `model.json` beside an IR tells about it.
struct ModelCard: Codable, Equatable {
  /// Covers weights, preprocessing and projection: vectors of two ids are never compared.
  var id: String
  /// Length of a vector.
  var dimension: Int
  /// The model takes squares of this many pixels a side.
  var side: Int
  /// How much of the shorter side the middle square keeps, 0…1.
  var share: Double

  init(readingFrom folder: URL) throws(EmbedError) {
    let file = folder.appending(path: "model.json")
    let card: ModelCard
    do {
      card = try JSONDecoder().decode(ModelCard.self, from: Data(contentsOf: file))
    } catch {
      throw .modelUnusable(path: file.path, reason: "\(error)")
    }
    guard !card.id.isEmpty, (1...65_536).contains(card.dimension), (16...1024).contains(card.side),
      card.share > 0, card.share <= 1
    else { throw .modelUnusable(path: file.path, reason: "a value out of range in \(card)") }
    self = card
  }
}
