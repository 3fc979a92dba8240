/// What has changed about an item between two visits.
package enum ChangeKind: String, Sendable, Codable, CaseIterable {
  case new
  case price
  case soldOut = "sold_out"
  case back
  case gone
  case image
  /// A creator's new post.
  case post
}
