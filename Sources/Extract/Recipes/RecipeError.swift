/// What is wrong with a recipe, said so that its author finds the place.
package struct RecipeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, as a path that was given or one below it.
  package var file: String
  /// From 1; `nil` where the whole file is meant.
  package var line: Int?
  /// The selector at fault, as written.
  package var selector: String?
  package var reason: String

  package init(file: String, line: Int? = nil, selector: String? = nil, reason: String) {
    self.file = file
    self.line = line
    self.selector = selector
    self.reason = reason
  }

  package var description: String {
    let place = line.map { "\(file):\($0)" } ?? file
    return selector.map { "\(place): \(reason): \($0)" } ?? "\(place): \(reason)"
  }
}
