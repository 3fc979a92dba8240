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
  /// The folder of the model that is configured, was put to use, or came with the program.
  static func modelFolder(_ configuration: Configuration, _ store: CatalogStore?)
    async throws(StorageError) -> String
  {
    if let model = configuration.model { return model }
    return try await store?.modelInUse()?.folder ?? Installation.defaultModel
  }

  static func embedder(_ configuration: Configuration, _ store: CatalogStore?) async throws
    -> OpenVINOEmbedder
  {
    try OpenVINOEmbedder(model: URL(filePath: try await modelFolder(configuration, store)))
  }

  /// The ID of the model that answers; where it cannot be loaded, that of the only index there is.
  static func modelInUse(_ configuration: Configuration, _ store: CatalogStore) async throws
    -> String
  {
    if configuration.model == nil, let used = try await store.modelInUse() { return used.name }
    do {
      return try await embedder(configuration, store).modelID
    } catch let error as EmbedError {
      let models = try DataFolder(configuration).indexSizes().keys
      guard let model = models.first, models.count == 1 else { throw error }
      return model
    }
  }

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
    let folder = try await modelFolder(configuration, store)
    var settings = ServerSettings()
    let host = configuration.server.host
    settings.address = .port(configuration.server.port, host: host)
    settings.hostNames = configuration.server.names
    settings.requestsPerSecond = Double(configuration.server.requestsPerMinute) / 60
    let budget = configuration.server.memoryBudget
    let served = Mutex(folder)
    let lane = ComputeLane(name: "model", threads: 1)
    let edits: VitrineServer.OpenForEdits = { () throws(StorageError) in
      try CatalogStore(path: data.catalog)
    }
    let server = VitrineServer(
      settings: settings, store: store, blobs: try data.blobs(),
      model: try searchModelOrIndex(data, folder: folder, memoryBudget: budget, log: log),
      nextModel: {
        let chosen = try await modelFolder(configuration, store)
        guard served.withLock({ $0 != chosen }) else { return nil }
        let model = try await lane.run {
          try searchModel(data, folder: chosen, memoryBudget: budget, log: log)
        }
        served.withLock { $0 = chosen }
        return model
      },
      loadModel: secondModel(data, store, memoryBudget: budget, log: log),
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
    let folder = URL(filePath: try await modelFolder(configuration, store))
    let loadModel = secondModel(data, store, memoryBudget: 0, log: log)
    var (embedder, words): (OpenVINOEmbedder?, TextEmbedder?)
    switch asked {
    case .anything:
      return LocalSearch(
        store: store, blobs: try data.blobs(),
        model: try searchModelOrIndex(data, folder: folder.path, memoryBudget: 0, log: log),
        loadModel: loadModel)
    case .stored: break
    case .picture: embedder = try OpenVINOEmbedder(model: folder)
    case .words: words = try TextEmbedder(model: folder)
    }
    let name =
      if let loaded = embedder?.modelID ?? words?.modelID {
        loaded
      } else {
        try await modelInUse(configuration, store)
      }
    return LocalSearch(
      store: store, blobs: try data.blobs(),
      model: try searchModel(data, of: name, embedder, words), loadModel: loadModel)
  }

  /// Opens any model of the catalog; without its network where that is not where it was, so that only
  /// pictures that it has embedded can be asked for.
  private static func secondModel(
    _ data: DataFolder, _ store: CatalogStore, memoryBudget: Int, log: Logger
  ) -> VitrineServer.LoadModel {
    let lane = ComputeLane(name: "second model", threads: 1)
    return { name in
      guard let record = try await store.models().first(where: { $0.name == name }) else {
        return nil
      }
      return try await lane.run {
        if let folder = record.folder {
          do {
            let model = try searchModel(
              data, folder: folder, memoryBudget: memoryBudget, log: log)
            if model.embedder?.modelID == name { return model }
            log.warning("\(folder) holds another model than \(name) by now")
          } catch let error as EmbedError {
            log.warning("\(name) ranks only what it has embedded: \(error)")
          }
        }
        return try searchModel(data, of: name, memoryBudget: memoryBudget)
      }
    }
  }

  /// What answers queries; without a model that can be loaded, all but queries by a new picture.
  private static func searchModelOrIndex(
    _ data: DataFolder, folder: String, memoryBudget: Int, log: Logger
  ) throws -> SearchModel {
    do {
      return try searchModel(data, folder: folder, memoryBudget: memoryBudget, log: log)
    } catch let error as EmbedError {
      log.warning("no search by new pictures: \(error)")
      let model = try data.indexSizes().keys.min() ?? "none"
      return try searchModel(data, of: model, memoryBudget: memoryBudget)
    }
  }

  /// The model in a folder with its index; without words where its text encoder cannot be loaded.
  private static func searchModel(
    _ data: DataFolder, folder: String, memoryBudget: Int, log: Logger
  ) throws -> SearchModel {
    let folder = URL(filePath: folder)
    let embedder = try OpenVINOEmbedder(model: folder)
    var words: TextEmbedder?
    do throws(EmbedError) {
      words = try TextEmbedder(in: folder, beside: embedder)
    } catch {
      log.warning("no search by words: \(error)")
    }
    return try searchModel(data, of: embedder.modelID, embedder, words, memoryBudget: memoryBudget)
  }

  private static func searchModel(
    _ data: DataFolder, of model: String, _ embedder: OpenVINOEmbedder? = nil,
    _ words: TextEmbedder? = nil, memoryBudget: Int = 0
  ) throws -> SearchModel {
    SearchModel(
      index: try IndexReader(folder: data.index(model: model), memoryBudget: memoryBudget),
      embedder: embedder, words: words)
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
