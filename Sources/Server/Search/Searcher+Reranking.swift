import Catalog
import Storage
import VectorSearch
import Vision

/// A second model that ranks the first hits of a search again.
struct Reranking: Sendable, Equatable {
  /// The model's ID in the catalog.
  var model: String
  /// How many hits of the model in use it ranks.
  var depth: Int

  static let defaultDepth = 100
  static let maxDepth = 1000

  init?(_ fields: Fields) throws(Problem) {
    let model = try fields.one("rerank")
    let depth = try fields.integer("rerank_depth", in: 1...Self.maxDepth)
    guard let model else {
      if depth == nil { return nil }
      throw .invalid("rerank_depth", "no second model: name one with rerank")
    }
    self.model = model
    self.depth = depth ?? Self.defaultDepth
  }
}

extension Searcher {
  /// A second model, and the query in its space.
  struct SecondLook: Sendable {
    var reranking: Reranking
    var snapshot: Snapshot
    var directions: [SearchRequest.Direction]
  }

  /// Asks a second model what `query` is to it.
  ///
  /// - Parameter resolved: what the query is to the model in use: the same picture is asked for.
  func secondLook(_ reranking: Reranking, _ query: SearchQuery, _ resolved: Resolved)
    async throws(Problem) -> SecondLook
  {
    let moment = try await secondMoment(reranking.model)
    let vector: [Float]
    switch query.source {
    case .vector:
      throw .invalid("rerank", "a vector is of one model's space: give a picture or words")
    case .text(let text): vector = try await embed(text, moment)
    case .picture(let bytes): vector = try await embed(bytes, crop: query.crop, moment).vector
    case .item, .image, .box, .url:
      guard let image = resolved.image else {
        preconditionFailure("a search by what the catalog holds has a picture")
      }
      if let box = resolved.box {
        vector = try await resolve(box, of: image, moment).vector
      } else {
        vector = try await resolve(image, crop: query.crop, moment).vector
      }
    }
    var directions = [SearchRequest.Direction(vector: vector)]
    for (image, direction) in resolved.examples {
      let own = try await resolve(image, crop: nil, moment)
      directions.append(.init(vector: own.vector, weight: direction.weight))
    }
    return SecondLook(reranking: reranking, snapshot: moment.snapshot, directions: directions)
  }

  private func secondMoment(_ name: String) async throws(Problem) -> SearchModel.Moment {
    let model: SearchModel?
    do {
      model = try await secondModels.model(named: name)
      if let model { _ = try await lane.run { try model.index.refresh() } }
    } catch {
      var problem = Problem(
        .modelNotReady, "\(Fields.quoted(name)) cannot be loaded; the server's log has the cause",
        parameter: "rerank", retryAfter: 60)
      problem.cause = "\(error)"
      throw problem
    }
    guard let model else {
      throw Problem(
        .unknownModel,
        "\(Fields.quoted(name)) is no model of this catalog; vitrine model list names them",
        parameter: "rerank")
    }
    return model.now
  }

  /// Puts the first hits in the order of the second model.
  ///
  /// A hit that is a box is ranked by the second model's vector of it, or by that of the whole picture
  /// where it has only that. Those that it holds no vector of keep their order behind those that it does;
  /// what lies beyond the depth stays where it is.
  func rerank(_ level: inout SearchAnswer.Level, _ pictures: HitPictures, by look: SecondLook)
    async throws(Problem)
  {
    let first = level.hits.prefix(look.reranking.depth)
    guard !first.isEmpty, look.snapshot.identity != nil else { return }
    let asked = first.lazy.map { hit in
      look.snapshot.contains(hit.key)
        ? hit.key : pictures.picture(of: hit.key)?.vectorKey ?? hit.key
    }
    let known = Dictionary(uniqueKeysWithValues: zip(asked, first))
    let request = SearchRequest(
      directions: look.directions, k: first.count, filter: KeySet(known.keys))
    let scored = try await search(request, strides: [1], look.snapshot)[0].hits
      .compactMap { second in known[second.key].map { (hit: $0, score: second.score) } }
    level.secondScores = Dictionary(uniqueKeysWithValues: scored.map { ($0.hit.key, $0.score) })
    level.hits =
      scored.map(\.hit) + first.filter { level.secondScores[$0.key] == nil }
      + level.hits.dropFirst(first.count)
  }
}
