import Catalog
import Storage
import VectorSearch
import Vision

/// The endpoint's search for a program on the same machine: the same parameters, the same answer.
package struct LocalSearch: Sendable {
  private let searcher: Searcher

  package init(
    store: CatalogStore, blobs: BlobStore, model: SearchModel,
    loadModel: @escaping VitrineServer.LoadModel = { _ in nil }
  ) {
    let settings = ServerSettings()
    searcher = Searcher(
      settings: settings, store: store, blobs: blobs, model: ModelInUse(model),
      lane: ComputeLane(name: "search"), metrics: Metrics(), filterKeys: FilterCache(keysIn: store),
      groups: PictureGroups(store: store), products: ProductGroups(store: store),
      answered: AnsweredSnapshots(), secondModels: SecondModels(load: loadModel),
      searches: Gate(limit: 1), pictures: Gate(limit: 1))
  }

  /// A parameter that cannot be used, a picture that cannot be read, or a catalog that cannot.
  package struct Refusal: Error {
    /// What was wrong, with the bound that it broke.
    package let reason: String
    /// The parameter that is to blame.
    package let parameter: String?
    /// Whether another question would fare no better: the endpoint would answer with a status of 5xx.
    package let isOurs: Bool
    /// Whether a model that can embed pictures would have an answer.
    package let wantsModel: Bool

    fileprivate init(_ problem: Problem) {
      reason = problem.cause ?? problem.detail
      parameter = problem.parameter
      isOurs = problem.code.status >= 500
      wantsModel = problem.code == .modelNotReady
    }
  }

  /// Answers as `POST /v1/search` does, in its JSON.
  ///
  /// - Parameters:
  ///   - picture: the bytes of an image file; otherwise one of `item`, `image` and `url` is among the
  ///     parameters.
  ///   - parameters: as in the endpoint's query.
  package func answer(picture: [UInt8]?, parameters: [(name: String, value: String)])
    async throws(Refusal) -> [UInt8]
  {
    do throws(Problem) {
      let fields = try Self.fields(parameters, Operation.Parameter.searchSource)
      let query = try SearchQuery(
        source: SearchQuery.source(fields, picture: picture), fields, now: .now)
      try await refreshGroups()
      let answer = try await searcher.answer(query)
      var json = JSONWriter()
      answer.write(to: &json)
      return json.bytes
    } catch {
      throw Refusal(error)
    }
  }

  /// A line of a file of queries.
  package struct Line: Sendable {
    /// Counted from 1.
    package var number: Int
    /// A query as it stands in the `queries` of `POST /v1/search/batch`.
    package var json: [UInt8]

    package init(number: Int, json: [UInt8]) {
      self.number = number
      self.json = json
    }
  }

  /// What a line is answered with.
  package struct LineAnswer: Sendable {
    package var number: Int
    /// `line`, `answer` and `problem`, one of the latter `null`.
    package var json: [UInt8]
    /// Why there is no answer, where there is none.
    package var reason: String?
  }

  /// Lines that are worth asking at once.
  package static let linesTogether = SearchBatch.counts.upperBound

  /// Answers as `POST /v1/search/batch` does, line by line.
  ///
  /// - Parameter parameters: as in the endpoint's query: they hold for lines that say nothing of them.
  /// - Throws: what keeps all lines from being answered.
  package func answers(
    to lines: [Line], parameters: [(name: String, value: String)]
  ) async throws(Refusal) -> [LineAnswer] {
    do throws(Problem) {
      let shared = try Self.fields(parameters)
      // What holds for all lines is refused once, not line by line.
      _ = try SearchQuery(source: .item(ID(1)), shared, now: .now)
      try await refreshGroups()
      var answers: [LineAnswer] = []
      var rest = lines[...]
      while !rest.isEmpty {
        var batch = SearchBatch()
        for line in rest.prefix(Self.linesTogether) {
          batch.queries.append(
            await Result { () async throws(Problem) in
              try SearchBatch.query(.read(line.json), beside: shared, now: .now)
            })
        }
        // What is too much for one batch waits for the next.
        if let place = batch.excess()?.place {
          batch.queries.removeLast(batch.queries.count - place)
        }
        let outcomes = try await searcher.answers(to: batch)
        answers += zip(rest, outcomes).map(LineAnswer.init)
        rest = rest.dropFirst(outcomes.count)
      }
      return answers
    } catch {
      throw Refusal(error)
    }
  }

  private func refreshGroups() async throws(Problem) {
    try await asking { () async throws(StorageError) in try await searcher.groups.refresh() }
  }

  private static func fields(
    _ parameters: [(name: String, value: String)], _ sources: [Operation.Parameter] = []
  ) throws(Problem) -> Fields {
    let known = sources + Operation.Parameter.search + Operation.Parameter.filters
    var fields = Fields(known: Set(known.map(\.name)))
    for (name, value) in parameters { try fields.add(name, value) }
    return fields
  }
}

extension LocalSearch.LineAnswer {
  fileprivate init(_ line: LocalSearch.Line, _ outcome: Result<SearchAnswer, Problem>) {
    number = line.number
    var json = JSONWriter()
    json.object { json in
      json.member("line", line.number)
      outcome.members(to: &json)
    }
    self.json = json.bytes
    if case .failure(let problem) = outcome {
      reason = [problem.parameter, problem.cause ?? problem.detail].compactMap(\.self)
        .joined(separator: ": ")
    }
  }
}
