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

  /// A parameter that cannot be used, or a picture that cannot be read.
  package struct Refusal: Error {
    /// What was wrong, with the bound that it broke.
    package let reason: String
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
      var fields = Fields(
        known: Set(
          (Operation.Parameter.searchSource + Operation.Parameter.search
            + Operation.Parameter.filters).map(\.name)))
      for (name, value) in parameters { try fields.add(name, value) }
      let query = try SearchQuery(
        source: SearchQuery.source(fields, picture: picture), fields, now: .now)
      try await asking { () async throws(StorageError) in
        try await searcher.groups.refresh()
      }
      let answer = try await searcher.answer(query)
      var json = JSONWriter()
      answer.write(to: &json)
      return json.bytes
    } catch {
      throw Refusal(reason: error.detail)
    }
  }
}
