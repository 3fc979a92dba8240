import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Storage
import VectorSearch
import Vision

struct IndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Look after the vector index.",
    discussion: "The index is derived: it can be made again from the catalog and its pictures.",
    subcommands: [
      Statistics.self, Check.self, Compact.self, Merge.self, Rebuild.self, Dump.self,
    ])

  /// The index of the model that the configuration names, or of `--model-id`.
  struct Choice: ParsableArguments {
    @Option(
      name: .customLong("model-id"), help: "The model's ID. (default: the one that answers)")
    var modelID: String?

    func folder(_ configuration: Configuration) async throws -> (model: String, path: String) {
      let data = DataFolder(configuration)
      let sizes = try data.indexSizes()
      let models = sizes.keys.sorted()
      guard !models.isEmpty else {
        throw Failure(.usage, "there is no index in \(data.path) yet; vitrine crawl makes it")
      }
      let chosen: String
      if let modelID {
        chosen = modelID
      } else if models.count == 1 {
        chosen = models[0]
      } else {
        chosen = try await Wiring.answering(configuration, data.openForReading()) { sizes }.model
      }
      guard models.contains(chosen) else {
        throw Failure(
          .usage,
          "there is no index of \(chosen); choose with --model-id: \(models.joined(separator: ", "))"
        )
      }
      return (chosen, data.index(model: chosen))
    }
  }

  struct Statistics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stats", abstract: "The vectors of each model.",
      discussion: "Example:\n  vitrine index stats --json")
    @Flag(help: "Print as JSON.") var json = false
    @Flag(help: "Print each segment of each index, with its cells, as JSON.") var segments = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let data = DataFolder(try options.configuration())
      let sizes = try data.indexSizes()
      if segments {
        var shapes: [String: [SegmentShape]] = [:]
        for model in sizes.keys {
          shapes[model] = try IndexReader(folder: data.index(model: model)).snapshot.shape
        }
        return try Console.print(json: shapes)
      }
      if json { return try Console.print(json: sizes) }
      if sizes.isEmpty { Console.say("there is no index yet; vitrine crawl makes it") }
      for (model, size) in sizes.sorted(by: { $0.key < $1.key }) {
        try Console.print("\(Console.count(size)) vectors of \(model)")
      }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract:
        "Read every vector, verify every checksum, measure recall, compare with the catalog.",
      discussion: "Example:\n  vitrine index check")
    @Flag(help: "Print as JSON.") var json = false
    @Option(help: "Stored vectors to search with, each compared with a scan of all.")
    var queries = 100
    @OptionGroup var choice: Choice
    @OptionGroup var options: CommonOptions

    struct Report: Encodable {
      var model: String
      var vectors: Int
      /// Pictures and boxes that the catalog says are embedded and that have no vector.
      var missing: Int
      /// Vectors of pictures and boxes that the catalog does not know.
      var unknown: Int
      /// Sampled queries, and those whose exact answer differs from a scan of all vectors.
      var queries: Int
      var differences: Int
      /// By wanted recall: what searches reach.
      var recall: [String: Double]
      /// Segments that should have codes and have none, and files of codes that are damaged.
      var uncoded: Int
      var damagedCodes: [String]
    }

    func run() async throws {
      let configuration = try options.configuration()
      let data = DataFolder(configuration)
      let (model, path) = try await choice.folder(configuration)
      guard (0...1_000_000).contains(queries) else {
        throw Failure(.usage, "--queries is \(queries), allowed are 0...1000000")
      }
      let check = try IndexCheck.run(folder: path, queries: queries)
      let snapshot = try IndexReader(folder: path).snapshot
      let store = try data.openForReading()
      let embedded = Set(try await store.embeddedVectors(model: model).map(\.key))
      let keys = Set(snapshot.keys)
      let report = Report(
        model: model, vectors: keys.count, missing: embedded.subtracting(keys).count,
        unknown: keys.subtracting(embedded).count, queries: check.queries,
        differences: check.differences,
        recall: Dictionary(uniqueKeysWithValues: check.recalls.map { ("\($0.key)", $0.value) }),
        uncoded: check.uncoded, damagedCodes: check.damagedCodes)
      if json {
        try Console.print(json: report)
      } else {
        try Console.print(
          "\(Console.count(report.vectors)) vectors of \(model): \(report.missing) missing, "
            + "\(report.unknown) without a finished job")
        try Console.print(
          "\(report.queries) queries: \(report.differences) differ from a scan; recall "
            + report.recall.sorted { $0.key < $1.key }
            .map { "\($0.key) reaches \(String(format: "%.3f", $0.value))" }.joined(separator: ", ")
        )
        if report.uncoded > 0 {
          try Console.print(
            "\(report.uncoded) segments have no codes: each search reads all their vectors")
        }
        for name in report.damagedCodes { try Console.print("\(name) is damaged") }
      }
      if report.uncoded > 0 || !report.damagedCodes.isEmpty {
        throw Failure(.withFailures, "run vitrine index compact to make the codes anew")
      }
      if report.differences > 0 {
        throw Failure(
          .withFailures,
          "the codes mislead searches: remove the codes-* files in \(path), "
            + "then vitrine index compact")
      }
      if report.missing > 0 {
        throw Failure(.withFailures, "run vitrine index rebuild to make the missing vectors again")
      }
    }
  }

  struct Compact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "compact", abstract: "Give the space of deleted and replaced vectors back.",
      discussion: "Example:\n  vitrine index compact")
    @OptionGroup var choice: Choice
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let configuration = try options.configuration()
      let data = DataFolder(configuration)
      let (_, lock) = try data.openForWriting()
      defer { withExtendedLifetime(lock) {} }
      let (model, path) = try await choice.folder(configuration)
      guard let identity = try IndexIdentity.ofIndex(in: path) else { return }
      let index = try IndexWriter(folder: path, identity: identity)
      try index.compact()
      try index.tend()
      Console.say("compacted the index of \(model)")
    }
  }

  struct Merge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "merge",
      abstract: "Take in the vectors of an index that was built elsewhere.",
      discussion: """
        Both must be of the same model, and their keys of the same catalog: the other was built in a copy \
        of this data folder. Where both hold a picture the other's vector wins, and a picture that waited \
        for its vector waits no longer. The other folder is only read. vitrine embed --part fills such \
        copies.

        Example:
          vitrine index merge /mnt/worker-2/index/efficientnet-lite2-256
        """)
    @Argument(help: "The other index's folder.") var folder: String
    @OptionGroup var choice: Choice
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let data = DataFolder(try options.configuration())
      let (store, lock) = try data.openForWriting()
      defer { withExtendedLifetime(lock) {} }
      guard let identity = try IndexIdentity.ofIndex(in: folder) else {
        throw Failure(.usage, "there is no index in \(folder)")
      }
      let model = choice.modelID ?? identity.model
      let known = try await store.models().map(\.name)
      guard known.contains(model) else {
        throw Failure(
          .usage,
          "the catalog has no model \(model); it has \(known.joined(separator: ", "))")
      }
      let keys = try IndexReader(folder: folder).snapshot.keys.map { VectorKey($0) }
      let unknown = try await store.unknownVectors(keys)
      guard unknown == 0 else {
        throw Failure(
          .usage,
          "\(Console.count(unknown)) of the \(Console.count(keys.count)) vectors in \(folder) are of "
            + "pictures that this catalog does not have: it belongs to another one")
      }
      let index = try IndexWriter(folder: data.index(model: model), identity: identity)
      let receipt = try index.merge(from: folder)
      try await store.completeVectors(keys, model: model, now: .now)
      Console.say(
        "\(Console.count(receipt.added)) vectors are new, \(Console.count(receipt.replaced)) replaced"
      )
      do {
        try index.tend()
      } catch {
        throw Failure(
          .withFailures,
          "these vectors are stored; what makes their search fast is not done: \(error)")
      }
    }
  }

  struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rebuild",
      abstract: "Make the index again from the catalog and its pictures.",
      discussion: """
        The old index answers until the new one is whole, then takes its place in one step.

        Example:
          vitrine index rebuild
        """)
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let configuration = try options.configuration()
      let log = options.log("vitrine.index")
      let (summary, waiting) = try await Interruption.guarding {
        let (pipeline, store) = try await Wiring.writer(
          configuration, embeds: true, rebuilds: true, log: log)
        guard let model = pipeline.model else { preconditionFailure("the pipeline embeds") }
        // Jobs first: a crash from here on leaves work to do, never a gap that nobody knows of.
        try await store.requeueEmbeddings(model: model)
        let summary = try await pipeline.embedReporting()
        let waiting = try await pipeline.waiting()
        if waiting == 0 { try DataFolder(configuration).replaceIndex(model: model) }
        return (summary, waiting)
      }
      guard waiting == 0 else {
        throw Failure(
          .withFailures,
          "stopped with \(Console.count(waiting)) vectors to make: the old index answers on; "
            + "vitrine index rebuild begins anew")
      }
      Console.say(
        "rebuilt: \(Console.count(summary.embedded + summary.boxes)) vectors, "
          + "\(Console.count(summary.failed)) failed")
      if summary.failed > 0 { throw Failure(.withFailures) }
    }
  }

  struct Dump: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dump",
      abstract:
        "Each picture's SHA-256 and that of its vector, as JSON Lines ordered by the first.",
      discussion: """
        Two data folders that hold the same pictures by the same model dump the same lines. With \
        --vectors FILE the vectors themselves are written to FILE instead, each as its dimension in \
        32 bits and its values in fp32 (.fvecs), ordered by key.

        Example:
          vitrine index dump | sha256sum
        """)
    @Option(help: "Write the vectors to this .fvecs file.") var vectors: String?
    @OptionGroup var choice: Choice
    @OptionGroup var options: CommonOptions

    struct Line: Encodable {
      var sha256: String
      /// x, y, width and height of the part of the picture that the vector is of.
      var box: [Double]?
      var vector: String
    }

    func run() async throws {
      let configuration = try options.configuration()
      let data = DataFolder(configuration)
      let snapshot = try IndexReader(folder: try await choice.folder(configuration).path).snapshot
      if let vectors { return try write(snapshot, to: vectors) }
      let store = try data.openForReading()
      var lines: [Line] = []
      for key in snapshot.keys {
        guard let vector = try snapshot.vector(for: key) else { continue }
        let bytes = vector.flatMap { value in
          withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        }
        let (picture, region) = try await shown(by: key, store)
        lines.append(
          Line(
            sha256: picture, box: region.map { [$0.x, $0.y, $0.width, $0.height] },
            vector: ContentHash(of: bytes).description))
      }
      let ordered = lines.sorted {
        $0.sha256 == $1.sha256
          ? ($0.box ?? []).lexicographicallyPrecedes($1.box ?? []) : $0.sha256 < $1.sha256
      }
      for line in ordered { try Console.print(json: line) }
    }

    /// The picture that a key's vector is of, and the part of it.
    private func shown(by key: UInt64, _ store: CatalogStore) async throws(StorageError)
      -> (picture: String, region: Region?)
    {
      switch VectorKey(key) {
      case .picture(let id):
        return (try await store.image(id)?.hash.description ?? "unknown picture \(id)", nil)
      case .box(let id):
        guard let box = try await store.boxes([id])[id] else { return ("unknown box \(id)", nil) }
        let image = try await store.image(box.image)
        return (image?.hash.description ?? "unknown picture \(box.image)", box.region)
      }
    }

    private func write(_ snapshot: Snapshot, to path: String) throws {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw Failure(.usage, "cannot write \(path)")
      }
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      for key in snapshot.keys.sorted() {
        guard let vector = try snapshot.vector(for: key) else { continue }
        let words = [UInt32(vector.count)] + vector.map(\.bitPattern)
        try file.write(
          contentsOf: words.map(\.littleEndian).withUnsafeBytes { Data($0) })
      }
      try file.close()
    }
  }
}
