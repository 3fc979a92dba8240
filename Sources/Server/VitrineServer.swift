import Catalog
import Hummingbird
import Logging
import Storage
import Synchronization
import VectorSearch
import Vision

/// Answers queries over HTTP and serves the page.
///
/// It stands beside the crawling process: it reads the catalog and follows the index. All that it may
/// change are the boxes in pictures, where it is told to; their vectors are the crawling process's. A
/// request never waits for the crawl.
package struct VitrineServer: Sendable {
  private let settings: ServerSettings
  private let interface: Interface
  private let logger: Logger
  private let clients: Clients
  /// The model to answer with from now on, where it is another than before.
  private let nextModel: NextModel

  package typealias NextModel = @Sendable () async throws -> SearchModel?
  /// Opens a model of the catalog by its name; `nil` where the catalog has none of that name.
  package typealias LoadModel = @Sendable (_ name: String) async throws -> SearchModel?
  /// Opens the catalog for writing.
  package typealias OpenForEdits = @Sendable () throws(StorageError) -> CatalogStore

  /// - Parameters:
  ///   - store: may be open for reading only.
  ///   - model: its index is followed while the server runs; without an embedder, searches by a
  ///     picture's bytes answer 503 and all others work.
  ///   - nextModel: asked now and then whether another model is in use.
  ///   - loadModel: asked for a model that shall rank again.
  ///   - detector: what finds the garments of a picture; without it only the catalog's are known.
  ///   - openForEdits: opens the catalog for writing when the first box is edited; without it none can
  ///     be. An edit is a short transaction beside the crawling process, which embeds what is new.
  ///   - version: Vitrine's own.
  ///   - logger: silent unless given.
  package init(
    settings: ServerSettings, store: CatalogStore, blobs: BlobStore, model: SearchModel,
    nextModel: @escaping NextModel = { nil }, loadModel: @escaping LoadModel = { _ in nil },
    detector: Detector? = nil, openForEdits: OpenForEdits? = nil,
    version: String, logger: Logger = .silent
  ) {
    self.settings = settings
    self.logger = logger
    self.nextModel = nextModel
    let metrics = Metrics()
    let searcher = Searcher(
      settings: settings, store: store, blobs: blobs, model: ModelInUse(model),
      lane: ComputeLane(name: "serve"), metrics: metrics, filterKeys: FilterCache(keysIn: store),
      groups: PictureGroups(store: store), products: ProductGroups(store: store),
      answered: AnsweredSnapshots(), secondModels: SecondModels(load: loadModel),
      searches: Gate(limit: settings.maxPendingSearches),
      pictures: Gate(limit: settings.maxPendingPictures))
    clients = Clients(metrics: metrics)
    interface = Interface(
      settings: settings, searcher: searcher, facets: FilterCache(facetsIn: store),
      metrics: metrics,
      operations: Operations(
        version: version, startedAt: .now, health: Health(), figures: CatalogFigures(store: store)),
      boxes: PictureBoxes(detector: detector, openCatalog: openForEdits))
  }

  /// Serves until the task is cancelled or, where it handles signals, SIGTERM or SIGINT comes:
  /// requests that are being answered then are answered, searches where that takes no longer than
  /// ``ServerSettings/stopPause``.
  ///
  /// - Parameters:
  ///   - handlesSignals: off where the caller has its own handlers and cancels the task.
  ///   - listening: called once with the port, or `nil` on a Unix socket, when connections are taken.
  /// - Throws: `ListenError` where no connections can be taken.
  package func run(
    handlesSignals: Bool = true,
    listening: @escaping @Sendable (_ port: Int?) async -> Void = { _ in }
  ) async throws {
    let doors = Doors()
    let application = application { port in
      doors.areOpen.store(true, ordering: .relaxed)
      await listening(port)
    }
    // The first answers fold as all others do.
    _ = await refreshGroups(after: nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [settings] in
        do {
          if handlesSignals {
            try await application.runService()
          } else {
            try await application.runService(gracefulShutdownSignals: [])
          }
        } catch  where !doors.areOpen.load(ordering: .relaxed) && !(error is CancellationError) {
          throw ListenError(address: settings.address, reason: "\(error)")
        }
      }
      group.addTask { await followIndex() }
      group.addTask { await followGroups() }
      group.addTask { await followModel() }
      // The followers never end by themselves: the first to end is the server.
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Whether connections are taken.
  private final class Doors: Sendable {
    let areOpen = Atomic(false)
  }

  private func application(_ listening: @escaping @Sendable (_ port: Int?) async -> Void)
    -> Application<Dispatcher>
  {
    let address: BindAddress
    var hosts: Set<String> = ["localhost"]
    switch settings.address {
    case .port(let port, let host):
      address = .hostname(host, port: port)
      hosts.insert(Dispatcher.host(of: host))
    case .socket(let path): address = .unixDomainSocket(path: path)
    }
    hosts.formUnion(settings.hostNames.map(Dispatcher.host(of:)))
    let dispatcher = Dispatcher(
      routes: interface.routes, hosts: hosts,
      limiter: RateLimiter(perSecond: settings.requestsPerSecond, burst: settings.burst),
      metrics: interface.metrics, clients: clients, bodyTimeout: settings.bodyTimeout)
    return Application(
      responder: dispatcher,
      server: .inviting(
        upTo: max(settings.maxBodyBytes, settings.maxBatchBytes),
        .init(
          idleTimeout: .milliseconds(settings.idleTimeout.milliseconds),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
      configuration: ApplicationConfiguration(
        address: address, serverName: "vitrine",
        availableConnectionsDelegate: .maximum(settings.maxConnections, logger: logger)),
      onServerRunning: { [clients, pause = settings.stopPause] channel in
        // It closes when the server is told to stop.
        channel.closeFuture.whenComplete { _ in
          Task {
            _ = await Self.rest(pause)
            clients.stop()
          }
        }
        await listening(channel.localAddress?.port)
      },
      logger: logger)
  }

  /// Looks for new vectors until the task is cancelled.
  private func followIndex() async {
    let searcher = interface.searcher
    while !Task.isCancelled {
      do throws(IndexError) {
        _ = try await searcher.lane.run {
          [index = searcher.model.current.index] () throws(IndexError) in
          try index.refresh()
        }
        interface.operations.health.indexFailure = nil
      } catch {
        if interface.operations.health.indexFailure == nil { logger.error("\(error)") }
        interface.operations.health.indexFailure = error.description
        interface.metrics.update { $0.refreshFailures += 1 }
      }
      guard await Self.rest(settings.followInterval) else { return }
    }
  }

  /// Changes over to another model when one is chosen; until it is loaded the one before answers.
  private func followModel() async {
    var failure: String?
    while await Self.rest(settings.modelInterval) {
      do {
        guard let model = try await nextModel() else { continue }
        interface.searcher.model.current = model
        failure = nil
        logger.notice("answering with \(model.embedder?.modelID ?? "no model") from now on")
      } catch {
        // Told once; the model before goes on answering.
        if failure == nil { logger.error("the model cannot be changed: \(error)") }
        failure = "\(error)"
      }
    }
  }

  /// Keeps the groups of pictures current, with at most a twentieth of one core's time.
  private func followGroups() async {
    var failure: StorageError?
    while !Task.isCancelled {
      let start = ContinuousClock.now
      failure = await refreshGroups(after: failure)
      let pause = max(settings.followInterval, start.duration(to: .now) * 19)
      guard await Self.rest(pause) else { return }
    }
  }

  /// - Parameter failure: of the last time; one that lasts is told once.
  private func refreshGroups(after failure: StorageError?) async -> StorageError? {
    do throws(StorageError) {
      try await interface.searcher.groups.refresh()
      return nil
    } catch {
      if error != failure { logger.error("groups of pictures: \(error)") }
      return error
    }
  }

  /// `false` where the task was cancelled meanwhile.
  private static func rest(_ pause: Duration) async -> Bool {
    do {
      try await Task.sleep(for: pause)
      return true
    } catch {
      return false
    }
  }
}

/// Where no connections can be taken, since another program has the address, say.
package struct ListenError: Error, CustomStringConvertible {
  package let address: ServerSettings.Address
  /// In the words of the system or of the library that asked it.
  package let reason: String

  package var description: String {
    switch address {
    case .port(let port, let host): "cannot listen on port \(port) of \(host): \(reason)"
    case .socket(let path): "cannot listen on \(path): \(reason)"
    }
  }
}

extension Logger {
  /// Says nothing.
  package static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
}
