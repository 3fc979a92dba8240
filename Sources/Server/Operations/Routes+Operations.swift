import CWebAssets
import Catalog
import Hummingbird
import Storage
import VectorSearch
import Vision

extension Interface {
  var operationRoutes: [Route] {
    [
      Route(
        pattern: "/v1/stats",
        operation: Operation(
          id: "getStatistics", summary: "The catalog, the index and the model in figures.",
          answers: [(200, "The figures.", .init("application/json", "Statistics"))],
          problems: [.catalogNotReady, .rateLimited])
      ) { _ async throws(Problem) in try await statistics() },
      Route(
        pattern: "/healthz", isMetered: false,
        operation: Operation(
          id: "getHealth", summary: "Whether the process answers.",
          answers: [(200, "It does.", .init("application/json", "Health"))])
      ) { _ in Answer.json { $0.member("status", "ok") } },
      Route(
        pattern: "/readyz", isMetered: false,
        operation: Operation(
          id: "getReadiness", summary: "Whether catalog, index and model can be used.",
          answers: [
            (200, "All of them can.", .init("application/json", "Readiness")),
            (503, "Not all of them can.", .init("application/json", "Readiness")),
          ])
      ) { _ in await readiness() },
      Route(
        pattern: "/metrics", isMetered: false,
        operation: Operation(
          id: "getMetrics", summary: "Figures in Prometheus's text format 0.0.4.",
          answers: [(200, "The figures.", .init("text/plain"))])
      ) { _ in await prometheus() },
      Route(
        pattern: "/openapi.json", isMetered: false,
        operation: Operation(
          id: "getDescription", summary: "This description.",
          answers: [(200, "OpenAPI 3.1.", .init("application/json"))])
      ) { _ in
        var json = JSONWriter()
        OpenAPI.document(of: routes, version: operations.version).write(to: &json)
        return Answer("application/json", json.bytes, headers: [(.cacheControl, "no-cache")])
      },
    ]
  }

  var pageRoutes: [Route] {
    Self.assets.map { asset in
      Route(
        pattern: asset.path, isMetered: false, isPage: true,
        operation: Operation(
          id: asset.path, summary: "A file of the web page.",
          answers: [(200, "The file.", .init(asset.mediaType)), (304, "Not modified.", nil)])
      ) { call in
        var answer = Answer(
          asset.mediaType, asset.bytes,
          headers: [(.eTag, asset.tag), (.cacheControl, "no-cache")])
        if call.request.headers[.ifNoneMatch]?.contains(asset.tag) == true {
          answer.status = 304
          answer.body = []
        }
        return answer
      }
    }
  }

  /// A file of the page as it was built in.
  struct Asset: Sendable {
    let path: String
    let mediaType: String
    let bytes: [UInt8]
    let tag: String
  }

  static let assets: [Asset] = {
    var count = 0
    let assets = UnsafeBufferPointer(start: vt_web_assets(&count), count: count)
    return assets.map { asset in
      let bytes = Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
      return Asset(
        path: String(cString: asset.path), mediaType: String(cString: asset.media_type),
        bytes: bytes, tag: "\"\(ContentHash(of: bytes).description.prefix(16))\"")
    }
  }()

  private func statistics() async throws(Problem) -> Answer {
    let catalog = try await asking { () async throws(StorageError) in
      try await operations.figures.current()
    }
    let model = searcher.model.current
    let snapshot = model.index.snapshot
    return Answer.json { json in
      json.member("version", operations.version)
      json.member("started_at", operations.startedAt)
      json.member("catalog", catalog)
      json.member("index") {
        $0.member("vectors", snapshot.count)
        $0.member("generation", snapshot.generation)
        $0.member("model", snapshot.identity?.model)
        $0.member("dimension", snapshot.identity?.dimension)
      }
      json.member("model", model.embedder?.modelID)
      json.member("text_model", model.words?.modelID)
      json.member("detector", boxes.detector?.id)
      json.member("edits", boxes.isEditable)
    }
  }

  private func readiness() async -> Answer {
    var failures: [(part: String, reason: String?)] = []
    do throws(StorageError) {
      _ = try await operations.figures.current()
      failures.append(("catalog", nil))
    } catch {
      let isReplaced = if case .replaced = error { true } else { false }
      failures.append(
        ("catalog", isReplaced ? Problem.replacedCatalog : "the catalog cannot be read"))
    }
    failures.append(
      ("index", operations.health.indexFailure.map { _ in "the index folder cannot be read" }))
    let model = searcher.model.current
    let identity = model.index.snapshot.identity
    let modelFailure: String? =
      switch (model.embedder, identity) {
      case (nil, _): "no model is loaded"
      case (let embedder?, let identity?) where embedder.modelID != identity.model:
        "the index holds vectors of \(identity.model), the loaded model is \(embedder.modelID)"
      default: nil
      }
    failures.append(("model", modelFailure))
    let isReady = failures.allSatisfy { $0.reason == nil }
    var answer = Answer.json { [failures] json in
      json.member("status", isReady ? "ready" : "not ready")
      for (part, reason) in failures { json.member(part, reason ?? "ok") }
    }
    answer.status = isReady ? 200 : 503
    return answer
  }

  private func prometheus() async -> Answer {
    let statistics: CatalogStatistics?
    do throws(StorageError) {
      statistics = try await operations.figures.current()
    } catch {
      // The scrape shows it as vitrine_catalog_up 0.
      statistics = nil
    }
    let snapshot = searcher.model.current.index.snapshot
    let text = PrometheusText.page(
      metrics.current, catalog: statistics, vectors: snapshot.count,
      generation: snapshot.generation, pending: (searcher.searches.count, searcher.pictures.count))
    return Answer(
      "text/plain; version=0.0.4; charset=utf-8", Array(text.utf8),
      headers: [(.cacheControl, "no-store")])
  }
}
