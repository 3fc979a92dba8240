import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Storage
import Vision

struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Choose the model that pictures are searched by.",
    discussion: """
      A catalog may hold the vectors of several models, each in an index of its own; one of them \
      answers. What model: in vitrine.yaml, VITRINE_MODEL or a flag names goes before what is chosen \
      here.
      """,
    subcommands: [List.self, Use.self, Remove.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "The models of the catalog, and which of them answers.",
      discussion: "Example:\n  vitrine model list --json")
    @Flag(help: "Print as JSON.") var json = false
    @OptionGroup var options: CommonOptions

    struct Row: Encodable {
      var model: String
      var dimension: Int
      var folder: String?
      var isInUse: Bool
      var done: Int
      var queued: Int
      var failed: Int
    }

    func run() async throws {
      let configuration = try options.configuration()
      let data = DataFolder(configuration)
      let store = try data.openForReading()
      let answering = try await Wiring.answering(configuration, store) {
        try data.indexSizes { Console.error("\($0)") }
      }
      let rows = try await store.models().map {
        Row(
          model: $0.name, dimension: $0.dimension, folder: $0.folder,
          isInUse: $0.name == answering.model,
          done: $0.done, queued: $0.queued, failed: $0.failed)
      }
      if json { return try Console.print(json: rows) }
      for row in rows {
        try Console.print(
          "\(row.isInUse ? "*" : " ") \(row.model): \(row.dimension) dimensions, "
            + "\(Console.count(row.done)) vectors, \(Console.count(row.queued)) wait, "
            + "\(Console.count(row.failed)) failed")
      }
      if rows.isEmpty { Console.say("no picture was embedded yet; vitrine crawl does it") }
      if let notice = answering.notice { Console.say(notice) }
    }
  }

  struct Use: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "use",
      abstract: "Embed every picture by another model, then let that model answer.",
      discussion: """
        Until all its vectors stand in an index of their own the model before answers; then a running \
        vitrine serve changes over within a second. What is interrupted goes on where it was.

        Examples:
          vitrine model use models/fashion-clip
          vitrine model use default                # the one that make setup prepared
          vitrine model use fast                   # its smaller one: three times as fast, finds a little less
        """)
    @Argument(help: "The folder of the model, default or fast.") var folder: String
    @Flag(help: "Print the outcome as JSON.") var json = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
      var configuration = try options.configuration()
      try configuration.requireNoModel()
      let folder =
        switch folder {
        case "default": Installation.defaultModel
        case "fast": Installation.fastModel
        default: folder
        }
      let path = URL(filePath: folder).standardizedFileURL.path
      configuration.model = path
      let log = options.log("vitrine.model")
      // A text encoder that cannot be used is told before every picture is embedded, not after.
      _ = try TextEmbedder(model: URL(filePath: path))
      let summary = try await Interruption.guarding { [configuration] in
        let (pipeline, store) = try await Wiring.writer(configuration, embeds: true, log: log)
        let summary = try await pipeline.embedReporting()
        if let model = pipeline.model {
          try await requireVectors(of: model, store)
          try await store.useModel(model, folder: path, now: .now)
          Console.say("\(model) answers from now on")
        }
        return summary
      }
      if json { try Console.print(json: summary) }
      if summary.failed > 0 {
        throw Failure(
          .withFailures, "\(Console.count(summary.failed)) pictures could not be embedded")
      }
    }

    /// A model that fails on more than a tenth of the pictures does not fit its card.
    private func requireVectors(of model: String, _ store: CatalogStore) async throws {
      guard let record = try await store.models().first(where: { $0.name == model }),
        10 * record.failed > record.done + record.failed
      else { return }
      throw Failure(
        .withFailures,
        "\(model) could not embed \(Console.count(record.failed)) of "
          + "\(Console.count(record.done + record.failed)) pictures: the model before answers on; "
          + "mend its card, then vitrine model remove \(model) and use it again")
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Remove a model's vectors from the catalog, and an adapted model with them.",
      discussion: "Example:\n  vitrine model remove clip-vit-b32/a1b2c3")
    @Argument(help: "The model's ID, as vitrine model list tells it.") var model: String
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let configuration = try options.configuration()
      let data = DataFolder(configuration)
      let (store, lock) = try data.openForWriting()
      defer { withExtendedLifetime(lock) {} }
      let answering = try await Wiring.answering(configuration, store) {
        try data.indexSizes { Console.error("\($0)") }
      }
      if [answering.model, answering.awaited].contains(model) {
        throw Failure(.usage, "\(model) is in use; choose another with vitrine model use")
      }
      // The jobs first: what is left of the files after a crash is removed by the same command.
      let wasKnown = try await store.removeModel(model)
      let paths = [data.index(model: model), data.adapted(model: model)].filter {
        FileManager.default.fileExists(atPath: $0)
      }
      guard wasKnown || !paths.isEmpty else { throw Failure(.usage, "there is no model \(model)") }
      for path in paths { try FileManager.default.removeItem(atPath: path) }
      Console.say("\(model) is removed")
    }
  }
}
