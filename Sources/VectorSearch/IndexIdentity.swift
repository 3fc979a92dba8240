/// Whose vectors an index holds, and as what: one model, one dimension, one type of component.
///
/// Scores between vectors of different models mean nothing, so an index never mixes two: opening it
/// under another identity is ``IndexError/identityMismatch(folder:found:wanted:)``.
package struct IndexIdentity: Hashable, Sendable, CustomStringConvertible {
  /// The embedder's model ID, 1…255 bytes of UTF-8.
  package let model: String
  /// Components of a vector, 8…4096.
  package let dimension: Int
  /// What the components are stored as.
  package let element: VectorElement

  package static let dimensions = 8...4096

  /// - Throws: ``IndexError/invalidRequest(_:)`` naming the bound that the arguments break.
  package init(
    model: String, dimension: Int, element: VectorElement = .f32
  ) throws(IndexError) {
    guard (1...255).contains(model.utf8.count) else {
      throw .invalidRequest("model ID of \(model.utf8.count) bytes, allowed are 1...255")
    }
    guard Self.dimensions.contains(dimension) else {
      throw .invalidRequest("dimension \(dimension), allowed are 8...4096")
    }
    self.model = model
    self.dimension = dimension
    self.element = element
  }

  /// The identity of the folder's index, or nil where there is none.
  package static func ofIndex(in folder: String) throws(IndexError) -> IndexIdentity? {
    try Manifest.read(in: folder)?.manifest.identity
  }

  var rows: RowLayout { RowLayout(dimension: dimension, element: element) }

  package var description: String {
    "\(model) × \(dimension)" + (element == .f32 ? "" : " \(element)")
  }
}
