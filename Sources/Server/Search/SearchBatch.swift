import Catalog
import Hummingbird

/// Searches that are answered together, in their order and from one snapshot.
struct SearchBatch: Sendable {
  /// A query that cannot be asked stands in its place as what is wrong with it.
  var queries: [Result<SearchQuery, Problem>] = []
  /// What the batch's earlier pages were read from.
  var snapshot: String?

  /// Queries of a batch: no more than share one reading of the index.
  static let counts = 1...64
  /// The most that each number may come to in all queries of a batch together.
  static let limits: [(name: String, limit: Int, of: @Sendable (SearchQuery) -> Int)] = [
    ("k", 10_000, { $0.k * $0.varieties.count }),
    ("offset", 10_000, \.offset),
    ("rerank_depth", 10_000, { $0.reranking?.depth ?? 0 }),
  ]

  /// Where the query of the batch that passes a limit stands, and which; all before it are within.
  func excess() -> (place: Int, name: String, sum: Int, limit: Int)? {
    for (name, limit, number) in Self.limits {
      var sum = 0
      for (place, query) in queries.enumerated() {
        guard case .success(let query) = query else { continue }
        sum += number(query)
        if sum > limit { return (place, name, sum, limit) }
      }
    }
    return nil
  }

  /// The names that a query may have.
  private static let fieldNames = Set(
    (Operation.Parameter.searchSource + Operation.Parameter.search + Operation.Parameter.filters)
      .map(\.name))

  /// Reads one query; what it says nothing of is as in `shared`.
  static func query(_ json: JSONBody, beside shared: Fields, now: Timestamp)
    throws(Problem) -> SearchQuery
  {
    var fields = Fields(known: fieldNames)
    try fields.add(json)
    guard !fields.contains("snapshot") else {
      throw .invalid("snapshot", "one is for all queries: it stands beside them")
    }
    fields.fill(from: shared)
    return try SearchQuery(
      source: SearchQuery.source(fields, vector: json.vector), fields, now: now)
  }
}

extension SearchBatch {
  /// Reads a request.
  ///
  /// - Throws: what is wrong with the batch as a whole; of a query it stands in its place.
  init(_ call: Call, _ settings: ServerSettings) async throws(Problem) {
    let type = HeaderValue(call.request.headers[.contentType] ?? "").token
    guard type == "application/json" else {
      throw Problem(.unsupportedMediaType, "\(Fields.quoted(type)) is not application/json")
    }
    let json: JSONBatch = try .read(
      await call.body.read(limit: settings.maxBatchBytes, timeout: settings.bodyTimeout))
    var shared = call.fields
    try shared.add(json.shared)
    guard json.shared.vector == nil else {
      throw .invalid("vector", "each query has its own")
    }
    snapshot = try shared.one("snapshot")
    for body in json.queries {
      queries.append(
        await body.then { body async throws(Problem) in
          try Self.query(body, beside: shared, now: call.now)
        })
    }
    if let (place, name, sum, limit) = excess() {
      throw .invalid(
        "queries[\(place)].\(name)", "\(sum) with the queries before it, limit \(limit) together")
    }
  }
}

extension Problem {
  /// With the place in the batch of the query whose parameter is to blame.
  func `in`(_ place: Int) -> Problem {
    var problem = self
    let query = "queries[\(place)]"
    if let parameter, !parameter.hasPrefix(query) {
      problem.parameter = "\(query).\(parameter)"
    }
    return problem
  }
}
