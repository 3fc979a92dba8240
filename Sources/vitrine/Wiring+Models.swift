import Catalog
import Foundation
import Logging
import Server
import Storage
import Synchronization
import VectorSearch
import Vision

/// Which model embeds, which answers, and how they are opened.
extension Wiring {
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

  /// What answers searches.
  struct Answering: Equatable, Encodable {
    /// Whose vectors are searched.
    var model: String
    /// The model that queries are embedded by.
    var folder: String
    /// The ID of the model that pictures are embedded by, where that is another: it answers once it has come
    /// up with this one.
    var awaited: String?

    /// For the log and for people.
    var notice: String? {
      awaited.map {
        "\(model) answers until \($0) has embedded its pictures; vitrine embed does that, and every crawl"
      }
    }
  }

  /// The model that embeds answers, too, but not before it has come up with another: one that an update
  /// brought, or that the configuration names from now on, has vectors of nothing yet.
  ///
  /// - Parameter sizes: the vectors in each model's index; asked for where there are others than its own.
  static func answering(
    _ configuration: Configuration, _ store: CatalogStore, sizes: () throws -> [String: Int]
  ) async throws -> Answering {
    let folder = try await modelFolder(configuration, store)
    let used = try await store.modelInUse()?.name
    func largest(_ sizes: [String: Int]) -> String? {
      sizes.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    }
    guard let wanted = try? OpenVINOEmbedder.modelID(in: URL(filePath: folder)) else {
      let chosen = configuration.model == nil ? used : nil
      return Answering(model: try chosen ?? largest(sizes()) ?? "none", folder: folder)
    }
    let data = DataFolder(configuration)
    let own = data.index(model: wanted)
    let isAlone = try data.indexFolders().allSatisfy { $0 == own }
    let sizes = isAlone ? [:] : try sizes()
    let ahead = sizes.filter { $0.value > sizes[wanted] ?? 0 }
    guard let most = largest(ahead), try await store.isEmbedding(by: wanted) else {
      return Answering(model: wanted, folder: folder)
    }
    let model = used.flatMap { ahead[$0] == nil ? nil : $0 } ?? most
    let known = try await store.models().first { $0.name == model }?.folder
    guard let known, model == (try? OpenVINOEmbedder.modelID(in: URL(filePath: known))) else {
      return Answering(model: model, folder: folder, awaited: wanted)
    }
    return Answering(model: model, folder: known, awaited: wanted)
  }

  /// What answers queries; without a model that can be loaded, all but queries by a new picture.
  static func searchModel(
    _ data: DataFolder, _ answering: Answering, memory: MemoryBudget, log: Logger
  ) throws -> SearchModel {
    do {
      return try searchModel(
        data, folder: answering.folder, of: answering.model, memory: memory, log: log)
    } catch let error as EmbedError {
      log.warning("no search by new pictures: \(error)")
      return try searchModel(data, of: answering.model, memory: memory)
    }
  }

  /// Opens what answers from now on, where that is another model than before.
  static func nextModel(
    _ configuration: Configuration, _ store: CatalogStore, after first: Answering,
    memory: MemoryBudget, log: Logger
  ) -> VitrineServer.NextModel {
    let data = DataFolder(configuration)
    let lane = ComputeLane(name: "model", threads: 1)
    let served = Mutex(first)
    return {
      let before = served.withLock(\.self)
      let folder = try await modelFolder(configuration, store)
      if before.awaited == nil, before.folder == folder {
        // A model that is being put in place, or is not there, is none to change over to.
        let id = await lane.run { try? OpenVINOEmbedder.modelID(in: URL(filePath: folder)) }
        if id == nil || id == before.model { return nil }
      }
      let next = try await answering(configuration, store) {
        // What is damaged was told at the start.
        try data.indexSizes { _ in }
      }
      // The network that was loaded goes on answering: its files may have given place to the new ones.
      guard next.model != before.model else {
        served.withLock { $0 = next }
        return nil
      }
      let model = try await lane.run {
        try searchModel(
          data, folder: next.folder, of: next.model, memory: memory, log: log)
      }
      served.withLock { $0 = next }
      return model
    }
  }

  /// Opens any model of the catalog; without its network where that is not where it was, so that only
  /// pictures that it has embedded can be asked for.
  static func secondModel(
    _ data: DataFolder, _ store: CatalogStore, memory: MemoryBudget, log: Logger
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
              data, folder: folder, of: name, memory: memory, log: log)
            if model.embedder?.modelID == name { return model }
            log.warning("\(folder) holds another model than \(name) by now")
          } catch let error as EmbedError {
            log.warning("\(name) ranks only what it has embedded: \(error)")
          }
        }
        return try searchModel(data, of: name, memory: memory)
      }
    }
  }

  /// A model's index with the network in a folder; without words where its text encoder cannot be loaded.
  private static func searchModel(
    _ data: DataFolder, folder: String, of model: String, memory: MemoryBudget, log: Logger
  ) throws -> SearchModel {
    let folder = URL(filePath: folder)
    let embedder = try OpenVINOEmbedder(model: folder)
    var words: TextEmbedder?
    do throws(EmbedError) {
      words = try TextEmbedder(in: folder, beside: embedder)
    } catch {
      log.warning("no search by words: \(error)")
    }
    return try searchModel(data, of: model, embedder, words, memory: memory)
  }

  /// A model's index with what was loaded for it.
  static func searchModel(
    _ data: DataFolder, of model: String, _ embedder: OpenVINOEmbedder? = nil,
    _ words: TextEmbedder? = nil, memory: MemoryBudget = MemoryBudget(0)
  ) throws -> SearchModel {
    SearchModel(
      index: try IndexReader(folder: data.index(model: model), memory: memory),
      embedder: embedder, words: words)
  }
}
