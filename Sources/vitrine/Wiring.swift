import Catalog
import Crawl
import Extract
import Foundation
import Logging
import Pipeline
import Server
import Storage
import Synchronization
import Transport
import VectorSearch
import Vision

/// Builds the graph of parts from the configuration; the only place that knows them all.
enum Wiring {
  static func crawlSettings(_ configuration: Configuration) throws -> CrawlSettings {
    let crawl = configuration.crawl
    var settings: CrawlSettings
    do throws(CrawlSettingsError) {
      settings = try CrawlSettings(
        version: Vitrine.version, contact: configuration.contact ?? "")
    } catch {
      throw Failure(
        .usage, "\(error); set contact in \(configuration.file ?? Configuration.fileName)")
    }
    settings.delay = crawl.delay
    settings.longestAdaptiveDelay = crawl.maximumDelay
    settings.concurrency = crawl.concurrency
    settings.inFlight = crawl.connections
    settings.patience = crawl.patience
    settings.limits.page = crawl.pageLimit
    settings.limits.image = crawl.imageLimit
    return settings
  }

  /// Everything of a crawl; holds the writer's lock.
  static func night(
    _ configuration: Configuration, sites: [Configuration.SiteSettings], settings: CrawlSettings,
    embeds: Bool, log: Logger
  ) async throws -> Night {
    let (pipeline, store) = try await writer(
      configuration, embeds: embeds, creates: true, log: log)
    let transport = try HTTPTransport(
      HTTPTransport.Settings(
        userAgent: settings.userAgent, totalTimeout: configuration.crawl.timeout,
        maxConnections: configuration.crawl.connections))
    var jobs: [(name: String, job: SiteJob)] = []
    for site in sites {
      let job = SiteJob(
        id: try await store.site(named: site.name), scope: try scope(of: site), seeds: site.seeds,
        delay: site.delay)
      jobs.append((site.name, job))
    }
    let crawler = Crawler(
      store: store, transport: transport, settings: settings, clock: ContinuousClock(), log: log)
    return Night(store: store, crawler: crawler, pipeline: pipeline, jobs: jobs)
  }

  /// Fetches one page as a crawl would (robots.txt, redirects, limits), into a catalog that is thrown
  /// away.
  static func fetchOne(
    _ url: CanonicalURL, _ configuration: Configuration, isPrivateAllowed: Bool, log: Logger
  ) async throws -> FetchedPage {
    let folder = FileManager.default.temporaryDirectory.appending(path: "vitrine-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let store = try CatalogStore(path: folder + "/catalog.sqlite")
    let settings = try crawlSettings(configuration)
    let crawler = Crawler(
      store: store,
      transport: try HTTPTransport(HTTPTransport.Settings(userAgent: settings.userAgent)),
      settings: settings, clock: ContinuousClock(), log: log)
    let scope = Scope(
      hosts: [.any], maximumDepth: 0, requestsPerRun: 6,
      isPrivateAllowed: isPrivateAllowed)
    let site = try await store.site(named: "page")
    let found = Mutex<FetchedPage?>(nil)
    let progress = try await crawler.run(
      [SiteJob(id: site, scope: scope, seeds: [url])],
      under: try await store.beginRun(isRefresh: false, now: .now)
    ) { visit throws(StorageError) in
      if visit.lease.kind != .sitemap { found.withLock { $0 = visit.page } }
      try await store.record(
        .unchanged(visit.page.validators, status: visit.status), of: visit.lease, now: .now)
      return 0
    }
    guard let page = found.withLock({ $0 }) else {
      let host = progress.parked.first
      let reason = try await store.reason(at: url) ?? host?.reason ?? "no answer"
      // Only a private address keeps a host from being asked until the settings change.
      let fix = if let host, host.until == nil { "; --allow-private lets it be" } else { "" }
      throw Failure(.withFailures, "\(url) brought no page: \(reason)\(fix)")
    }
    return page
  }

  private static func scope(of site: Configuration.SiteSettings) throws -> Scope {
    func patterns(_ names: [String]) throws -> [HostPattern] {
      try names.map { text in
        guard let pattern = HostPattern(text) else {
          throw Failure(
            .usage, "site \(site.name): \"\(text)\" is no host; write example.com or *.example.com")
        }
        return pattern
      }
    }
    return Scope(
      hosts: try patterns(site.hosts), imageHosts: try patterns(site.imageHosts),
      include: site.include.map(PathPattern.init),
      exclude: site.exclude.map(PathPattern.init), maximumDepth: site.depth,
      requestsPerRun: site.budget, isPrivateAllowed: site.isPrivateAllowed)
  }

  /// Everything that writes; holds the writer's lock.
  ///
  /// - Parameters:
  ///   - creates: makes the catalog where there is none.
  ///   - rebuilds: whether vectors go to an empty index beside the one that answers.
  ///   - part: of the pictures that are embedded; one alone looks for no boxes, which are the whole
  ///     catalog's.
  static func writer(
    _ configuration: Configuration, embeds: Bool, creates: Bool = false, rebuilds: Bool = false,
    part: QueuePart = .whole, log: Logger
  ) async throws -> (pipeline: Pipeline, store: CatalogStore) {
    let data = DataFolder(configuration)
    let (store, lock) = try data.openForWriting(creating: creates)
    let blobs = try data.blobs()
    try blobs.removeLeftovers()
    let bodies = try bodies(configuration, data)
    var embedding: Pipeline.Embedding?
    if embeds {
      let model = URL(filePath: try await modelFolder(configuration, store)).standardizedFileURL
      let embedder = try OpenVINOEmbedder(model: model)
      let folder =
        try rebuilds
        ? data.emptyRebuilding(model: embedder.modelID) : data.index(model: embedder.modelID)
      let identity = try IndexIdentity(
        model: embedder.modelID, dimension: embedder.dimension,
        element: IndexIdentity.ofIndex(in: folder)?.element ?? configuration.index.vectors)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      embedding = Pipeline.Embedding(
        embedder: embedder, folder: model.path,
        index: try IndexWriter(folder: folder, identity: identity), part: part,
        detector: part == .whole ? try detector(configuration) : nil)
    }
    let pipeline = Pipeline(
      store: store, lock: lock, blobs: blobs, bodies: bodies, reader: try reader(configuration),
      lane: ComputeLane(), embedding: embedding, log: log)
    return (pipeline, store)
  }

  /// What finds the garments in pictures; `nil` where none is configured.
  static func detector(_ configuration: Configuration) throws(EmbedError) -> Detector? {
    guard let folder = configuration.detector else { return nil }
    return try Detector(model: URL(filePath: folder))
  }

  /// The kept bodies of pages; `nil` where the configuration keeps none, and then what was kept is gone.
  private static func bodies(_ configuration: Configuration, _ data: DataFolder) throws
    -> BodyStore?
  {
    let quota = configuration.crawl.keptBodies
    guard quota == 0 else { return try BodyStore(path: data.bodies, quota: quota) }
    try BodyStore.remove(path: data.bodies)
    return nil
  }

  /// Reads kept pages again; holds the writer's lock. The scope of a site that is not configured is that
  /// of `vitrine crawl ADDRESS`.
  ///
  /// - Parameter names: the sites by name; empty for all.
  static func reextraction(_ configuration: Configuration, sites names: [String]) async throws -> (
    reextraction: Reextraction, scopes: [ID<Site>: Scope], names: [ID<Site>: String]
  ) {
    let data = DataFolder(configuration)
    let (store, lock) = try data.openForWriting()
    guard let bodies = try bodies(configuration, data) else {
      throw Failure(.usage, "no bodies are kept: crawl.keep_bodies is 0")
    }
    let known = try await store.sites()
    if let unknown = names.first(where: { !known.values.contains($0) }) {
      let list = known.values.sorted().joined(separator: ", ")
      throw Failure(
        .usage, "no site is called \(unknown); known are: \(list.isEmpty ? "none" : list)")
    }
    var scopes: [ID<Site>: Scope] = [:]
    for (id, name) in known where names.isEmpty || names.contains(name) {
      if let site = configuration.sites.first(where: { $0.name == name }) {
        scopes[id] = try scope(of: site)
      } else if let url = try? CanonicalURL("http://\(name)/") {
        scopes[id] = try scope(of: Configuration.SiteSettings(startingAt: url))
      } else {
        // It was configured once, under a name that is no host: no host is known to be its own.
        scopes[id] = Scope(hosts: [], maximumDepth: 20)
      }
    }
    let reextraction = Reextraction(
      store: store, lock: lock, bodies: bodies, reader: try reader(configuration),
      lane: ComputeLane())
    return (reextraction, scopes, known)
  }

  static func serve(
    _ configuration: Configuration, log: Logger, handlesSignals: Bool = true,
    listening: @escaping @Sendable (_ address: String) async -> Void
  ) async throws {
    let data = DataFolder(configuration)
    let store = try data.openForReading()
    let answering = try await answering(configuration, store) {
      try data.indexSizes { log.warning("\($0)") }
    }
    if let notice = answering.notice { log.warning("\(notice)") }
    var settings = ServerSettings()
    let host = configuration.server.host
    settings.address = .port(configuration.server.port, host: host)
    settings.hostNames = configuration.server.names
    settings.requestsPerSecond = Double(configuration.server.requestsPerMinute) / 60
    let memory = MemoryBudget(configuration.server.memoryBudget)
    let edits: VitrineServer.OpenForEdits = { () throws(StorageError) in
      try CatalogStore(path: data.catalog)
    }
    let server = VitrineServer(
      settings: settings, store: store, blobs: try data.blobs(),
      model: try searchModel(data, answering, memory: memory, log: log),
      nextModel: nextModel(configuration, store, after: answering, memory: memory, log: log),
      loadModel: secondModel(data, store, memory: memory, log: log),
      detector: try detector(configuration),
      openForEdits: configuration.server.isEditable ? edits : nil,
      version: Vitrine.version, logger: log)
    let authority = host.contains(":") ? "[\(host)]" : host
    do {
      try await server.run(handlesSignals: handlesSignals) { port in
        await listening("http://\(authority):\(port ?? configuration.server.port)/")
      }
    } catch let error as ListenError {
      throw Failure(.withFailures, "\(error); --port and --host choose another")
    }
  }

  /// What a search from the command line embeds: nothing, a picture, words, or whatever is asked.
  enum Asked { case stored, picture, words, anything }

  static func localSearch(_ configuration: Configuration, by asked: Asked, log: Logger)
    async throws -> LocalSearch
  {
    let data = DataFolder(configuration)
    let store = try data.openForReading()
    let answering = try await answering(configuration, store) {
      try data.indexSizes { log.warning("\($0)") }
    }
    if let notice = answering.notice { log.warning("\(notice)") }
    let folder = URL(filePath: answering.folder)
    let model =
      switch asked {
      case .anything: try searchModel(data, answering, memory: MemoryBudget(0), log: log)
      case .stored: try searchModel(data, of: answering.model)
      case .picture:
        try searchModel(data, of: answering.model, OpenVINOEmbedder(model: folder))
      case .words: try searchModel(data, of: answering.model, nil, TextEmbedder(model: folder))
      }
    return LocalSearch(
      store: store, blobs: try data.blobs(), model: model,
      loadModel: secondModel(data, store, memory: MemoryBudget(0), log: log))
  }

  /// The reader with every recipe of the configured folder.
  static func reader(_ configuration: Configuration) throws -> PageReader {
    PageReader(recipes: try recipes(configuration))
  }

  static func recipes(_ configuration: Configuration) throws -> [Recipe] {
    guard FileManager.default.fileExists(atPath: configuration.recipes) else { return [] }
    return try Recipe.loadAll(configuration.recipes)
  }
}
