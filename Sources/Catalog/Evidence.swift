/// Where a value on a page was read.
package enum Syntax: String, Sendable, Codable, CaseIterable {
  case recipe
  case jsonLD = "json-ld"
  case microdata
  case rdfa
  case openGraph = "opengraph"
  case twitter
  /// JSON that a page carries for its own scripts: Next, Nuxt, Apollo, Shopify and the like.
  case state
  case visible
  case meta
}

/// One value that one syntax gave for one field.
package struct Evidence: Hashable, Sendable, Codable {
  /// The field's name as the export writes it, such as `price` or `list_price`.
  package var field: String
  package var syntax: Syntax
  /// A JSON path, CSS path or property name that finds the value in the page again.
  package var path: String
  /// The page's own text.
  package var raw: String
  /// What was understood, as the export writes it.
  package var value: String
  /// What speaks for it and against it, where it was weighed against others of its syntax.
  package var reason: String?
  package var isChosen: Bool

  package init(
    field: String, syntax: Syntax, path: String, raw: String, value: String, reason: String? = nil,
    isChosen: Bool
  ) {
    self.field = field
    self.syntax = syntax
    self.path = path
    self.raw = raw
    self.value = value
    self.reason = reason
    self.isChosen = isChosen
  }
}
