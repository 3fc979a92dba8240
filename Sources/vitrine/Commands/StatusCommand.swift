import ArgumentParser
import Catalog
import Crawl
import Foundation
import Storage

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "What the catalog holds and what waits.",
    discussion: """
      Examples:
        vitrine status
        vitrine status --json | jq .images
      """)

  @Flag(help: "Print everything as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration()
    let folder = DataFolder(configuration)
    let store = try folder.openForReading()
    let statistics = try await store.statistics(now: .now)
    let leftOut = try await store.leftOutHosts(
      for: Scope.Refusal.host.rawValue, limit: LeftOut.most)
    let troubles = try await store.addressTroubles(
      besides: Scope.Refusal.host.rawValue, limit: CrawlReport.Trouble.mostShown)
    let index = try folder.indexSizes { Console.error("index: \($0)") }
    let answering = try await Wiring.answering(configuration, store) { index }
    let report = StatusReport(
      statistics, leftOut: leftOut, troubles: troubles, bodies: bodies(folder),
      writer: WriterLock.holder(folder: folder.path), index: index, answering: answering)
    if json { try Console.print(json: report) } else { try Console.print(report.text) }
  }

  /// A damaged cache is no reason to say nothing of the rest.
  private func bodies(_ folder: DataFolder) -> BodyStore.Tally? {
    do throws(StorageError) {
      return try BodyStore.tally(at: folder.bodies)
    } catch {
      Console.error("kept pages: \(error); vitrine doctor has the fix")
      return nil
    }
  }
}

/// `vitrine status` as JSON and as text.
struct StatusReport: Encodable {
  struct Count: Encodable {
    var active: Int
    var gone: Int
  }

  struct Jobs: Encodable {
    var queued: Int
    var done: Int
    var failed: Int
  }

  struct Unusable: Encodable {
    var reason: String
    var count: Int
  }

  struct Boxes: Encodable {
    var standing: Int
    /// By a person.
    var edited: Int
    /// Pictures to be looked at, and boxes to be embedded.
    var queued: Int
  }

  /// Page bodies that can be read again.
  struct Bodies: Encodable {
    var pages: Int
    /// Compressed.
    var bytes: Int
    /// As they came.
    var bodyBytes: Int
  }

  var items: [String: Count]
  var bodies: Bodies?
  var images: Int
  var distinctImages: Int
  var imageBytes: Int
  /// The most frequent reasons why what came as a picture was not kept.
  var unusable: [Unusable]
  var addresses: [String: Int]
  var due: Int
  /// Hosts that pages lead to and the sites' scopes keep out, the most linked first.
  var leftOut: [LeftOut]
  /// The most frequent reasons why addresses are refused or have failed.
  var troubles: [CrawlReport.Trouble]
  var embeddings: [String: Jobs]
  var boxes: Boxes
  /// Vectors by model; none of an index that cannot be read.
  var index: [String: Int]
  var answering: Wiring.Answering
  var events: Int
  var cursor: Int64
  var lastRunStarted: String?
  var lastRunFinished: String?
  var fetchToSearchableMedianMs: Int64?
  var fetchToSearchableP95Ms: Int64?
  /// Of the last run: fields that far fewer pages of a site have than usual.
  var alarms: [FillWarning]
  /// The process that writes now.
  var writer: Int32?

  init(
    _ statistics: CatalogStatistics, leftOut: [LeftOutHost], troubles: [AddressTrouble],
    bodies: BodyStore.Tally?,
    writer: Int32?, index: [String: Int], answering: Wiring.Answering
  ) {
    alarms = statistics.alarms.map(FillWarning.init)
    self.bodies = bodies.map {
      Bodies(pages: $0.pages, bytes: $0.bytes, bodyBytes: $0.bodyBytes)
    }
    items = Dictionary(
      uniqueKeysWithValues: statistics.items.map {
        ($0.key.name, Count(active: $0.value.active, gone: $0.value.gone))
      })
    images = statistics.images
    distinctImages = statistics.imageGroups
    imageBytes = statistics.imageBytes
    unusable = statistics.unusable.map { Unusable(reason: $0.reason, count: $0.count) }
    addresses = statistics.addresses
    due = statistics.dueAddresses
    self.leftOut = leftOut.map(LeftOut.init)
    self.troubles = troubles.map {
      CrawlReport.Trouble(
        kind: ($0.isRefusal ? CrawlProgress.Trouble.Kind.refused : .failed).rawValue,
        reason: $0.reason, count: $0.count,
        example: $0.example)
    }
    embeddings = statistics.embeddings.mapValues {
      Jobs(queued: $0.queued, done: $0.done, failed: $0.failed)
    }
    boxes = Boxes(
      standing: statistics.boxes.standing, edited: statistics.boxes.edited,
      queued: statistics.boxes.queued)
    self.index = index
    self.answering = answering
    events = statistics.events
    cursor = statistics.cursor
    lastRunStarted = statistics.lastRun?.startedAt.description
    lastRunFinished = statistics.lastRun?.finishedAt?.description
    fetchToSearchableMedianMs = statistics.fetchToSearchable?.median
    fetchToSearchableP95Ms = statistics.fetchToSearchable?.p95
    self.writer = writer
  }

  var text: String {
    var lines: [(String, String)] = []
    for kind in ItemKind.allCases {
      let count = items[kind.name] ?? Count(active: 0, gone: 0)
      let gone = count.gone > 0 ? ", \(Console.count(count.gone)) gone" : ""
      lines.append(("\(kind.name)s", Console.count(count.active) + gone))
    }
    lines.append(
      (
        "pictures",
        "\(Console.count(images)), \(Console.count(distinctImages)) different, \(Console.bytes(imageBytes))"
      ))
    for entry in unusable {
      lines.append(("not kept", "\(Console.count(entry.count)): \(entry.reason)"))
    }
    for (model, jobs) in embeddings.sorted(by: { $0.key < $1.key }) {
      lines.append(
        (
          "vectors",
          "\(index[model].map(Console.count) ?? "none") by \(model); \(Console.count(jobs.queued)) queued, \(Console.count(jobs.failed)) failed"
        ))
    }
    if let notice = answering.notice { lines.append(("answering", notice)) }
    if boxes.standing + boxes.queued > 0 {
      lines.append(
        (
          "boxes",
          "\(Console.count(boxes.standing)), \(Console.count(boxes.edited)) by hand; \(Console.count(boxes.queued)) jobs queued"
        ))
    }
    if let bodies {
      lines.append(
        (
          "pages kept",
          "\(Console.count(bodies.pages)), \(Console.bytes(bodies.bytes)) of \(Console.bytes(bodies.bodyBytes))"
        ))
    }
    let states = addresses.sorted { $0.key < $1.key }
      .map { "\(Console.count($0.value)) \($0.key)" }.joined(separator: ", ")
    lines.append(("addresses", "\(states.isEmpty ? "none" : states); \(Console.count(due)) due"))
    for trouble in troubles { lines.append((trouble.kind, trouble.text)) }
    if let line = LeftOut.text(leftOut) { lines.append(("left out", line)) }
    lines.append(("changes", "\(Console.count(events)), cursor \(cursor)"))
    let run = lastRunStarted.map {
      "began \($0), " + (lastRunFinished.map { "ended \($0)" } ?? "not ended")
    }
    lines.append(("last run", run ?? "none yet"))
    if let median = fetchToSearchableMedianMs, let p95 = fetchToSearchableP95Ms {
      lines.append(("searchable", "\(median) ms after the fetch (median), \(p95) ms (95 %)"))
    }
    for alarm in alarms { lines.append(("warning", alarm.text)) }
    if let writer { lines.append(("writing now", "process \(writer)")) }
    return lines.map { $0.0.padding(toLength: 13, withPad: " ", startingAt: 0) + $0.1 }
      .joined(separator: "\n")
  }
}
