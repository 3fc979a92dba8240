import Catalog
import Hummingbird

/// One address of the interface: what it answers and what its documentation says of it.
///
/// The list of routes is the only source of both, so neither can be without the other.
struct Route: Sendable {
  enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT" }

  var method = Method.get
  /// `/v1/items/{id}`; the name under which the route is counted, too.
  var pattern: String
  /// Counts against the client's requests a second.
  var isMetered = true
  /// Changes the catalog: a page of another site is refused.
  var isWriting = false
  /// Ends when its client leaves.
  var endsWithClient = false
  /// A file of the page: its script reads the query, and the description is silent about it.
  var isPage = false
  var operation: Operation
  var answer: @Sendable (Call) async throws(Problem) -> Answer

  /// The values of the pattern's parameters, or `nil` where the path is another.
  func match(_ path: Substring) -> [String: String]? {
    var parameters: [String: String] = [:]
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let pattern = pattern.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == pattern.count else { return nil }
    for (part, name) in zip(parts, pattern) {
      if name.hasPrefix("{") {
        guard !part.isEmpty else { return nil }
        parameters[String(name.dropFirst().dropLast())] = String(part)
      } else if part != name {
        return nil
      }
    }
    return parameters
  }
}

/// A request on its way to a route's answer.
struct Call: Sendable {
  let request: Request
  let body: Body
  let path: [String: String]
  let fields: Fields
  let now: Timestamp
  /// Counts as so many requests more.
  let charge: @Sendable (Int) -> Void

  /// The `{id}` of the path.
  func id<Of>(_ code: Problem.Code, of: Of.Type = Of.self) throws(Problem) -> ID<Of> {
    guard let text = path["id"], let value = Int64(text), value > 0 else {
      throw Problem(code, "\(Fields.quoted(path["id"] ?? "")) is not an id")
    }
    return ID(value)
  }
}
