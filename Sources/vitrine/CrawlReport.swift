import Catalog
import Crawl
import Pipeline
import Storage

/// `vitrine crawl` as JSON and as text.
struct CrawlReport: Encodable {
  struct Parked: Encodable {
    var origin: String
    /// Left out where the settings keep the host from being asked.
    var until: String?
    var reason: String
    /// A site begins there: it was not crawled, or not to its end.
    var isSeed: Bool

    var text: String {
      guard let until else {
        return "not asked: \(origin) (\(reason); allow_private: true in the site's settings, or "
          + "--allow-private, lets it be on hosts that it names)"
      }
      return "parked until \(until): \(origin) (\(reason))"
    }
  }

  /// A seed that brought no page.
  struct DeadSeed: Encodable {
    var site: String
    var url: String
    var reason: String
  }

  struct Trouble: Encodable {
    static let mostShown = 5

    /// `failed`, `refused` or `unusable`.
    var kind: String
    var reason: String
    var count: Int
    /// One of the addresses.
    var example: String

    /// Without the kind.
    var text: String { "\(Console.count(count)) × \(reason), such as \(example)" }
  }

  var requests: Int
  var read: Int
  var unchanged: Int
  var redirected: Int
  var missing: Int
  var refused: Int
  var rejected: Int
  var failed: Int
  /// What failed, was refused or unusable, by reason, the most frequent first.
  var troubles: [Trouble]
  var discovered: Int
  var bytes: Int
  /// Of the whole run, by kind.
  var events: [String: Int]
  var embedded: Int
  /// Parts of pictures that got vectors of their own.
  var boxes: Int
  var embedFailures: Int
  var categories: CategoryReport?
  var parked: [Parked]
  /// Fields that far fewer pages of a site have than usual.
  var alarms: [FillWarning]
  /// Hosts that the pages of this run led to and the sites' scopes keep out, the most linked first.
  var leftOut: [LeftOut]
  var deadSeeds: [DeadSeed]
  /// Sites of which the catalog holds nothing though they were crawled.
  var emptySites: [String]
  var stopped: Bool
  var seconds: Double

  init(
    _ progress: CrawlProgress, _ summary: Pipeline.Summary, seeds: Set<String>,
    changes: [ChangeKind: Int], alarms: [FillAlarm], leftOut: [LeftOutHost],
    deadSeeds: [DeadSeed] = [], emptySites: [String] = [], took: Duration
  ) {
    requests = progress.requests
    read = progress.read - summary.unusable
    unchanged = progress.unchanged
    redirected = progress.redirected
    missing = progress.missing
    refused = progress.refused
    rejected = progress.rejected + summary.unusable
    failed = progress.failed
    troubles = progress.troubles.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }.map {
      Trouble(
        kind: $0.kind.rawValue, reason: $0.reason, count: $0.count, example: $0.example.string)
    }
    discovered = progress.discovered
    bytes = progress.byteCount
    events = Dictionary(uniqueKeysWithValues: changes.map { ($0.rawValue, $1) })
    embedded = summary.embedded
    boxes = summary.boxes
    embedFailures = summary.failed
    categories = summary.categories
    parked = progress.parked.map {
      Parked(
        origin: $0.origin, until: $0.until?.description, reason: $0.reason,
        isSeed: seeds.contains($0.origin))
    }
    self.alarms = alarms.map(FillWarning.init)
    self.leftOut = leftOut.map(LeftOut.init)
    self.deadSeeds = deadSeeds
    self.emptySites = emptySites
    stopped = progress.wasStopped
    seconds = Double(took.milliseconds) / 1000
  }

  /// The summary, without the `warnings`.
  var text: String {
    var lines = [
      "\(Console.count(requests)) requests, \(Console.bytes(bytes)) in \(Int(seconds)) s: "
        + "\(Console.count(read)) read, \(Console.count(unchanged)) unchanged, "
        + "\(Console.count(redirected)) redirects, \(Console.count(missing)) missing, "
        + "\(Console.count(refused)) refused, \(Console.count(rejected)) unusable, "
        + "\(Console.count(failed)) failed",
      "\(Console.count(embedded)) pictures\(boxes > 0 ? " and \(Console.count(boxes)) boxes" : "") "
        + "embedded, \(Console.count(embedFailures)) failed",
    ]
    lines += troubles.prefix(Trouble.mostShown).map { "\($0.kind): \($0.text)" }
    if let line = categories?.text { lines.append(line) }
    if !events.isEmpty {
      let list = events.sorted { $0.key < $1.key }.map { "\(Console.count($0.value)) \($0.key)" }
      lines.append("changes: " + list.joined(separator: ", "))
    }
    lines += parked.filter { !$0.isSeed }.map(\.text)
    if let line = LeftOut.text(leftOut) { lines.append("left out: \(line)") }
    if stopped { lines.append("stopped early; the next vitrine crawl goes on from here") }
    return lines.joined(separator: "\n")
  }

  /// Told even where nothing else is, so that cron sends them.
  var warnings: [String] {
    parked.filter(\.isSeed).map(\.text)
      + deadSeeds.map { "\($0.site): nothing can be found from \($0.url): \($0.reason)" }
      + emptySites.map { site in
        "\(site): no product, post or creator is known of it; vitrine page ADDRESS shows what can be read "
          + "of one of its pages (what scripts draw cannot)"
      } + alarms.map(\.text)
  }

  var hasFailures: Bool {
    failed > 0 || embedFailures > 0 || !deadSeeds.isEmpty || parked.contains(where: \.isSeed)
  }
}

/// A host with addresses that the scope of the site that led there keeps out.
struct LeftOut: Encodable {
  static let most = 5

  var origin: String
  var pages: Int
  var pictures: Int

  init(_ host: LeftOutHost) {
    (origin, pages, pictures) = (host.origin, host.pages, host.images)
  }

  /// In one line, with what takes them in; `nil` where there are none.
  static func text(_ hosts: [LeftOut]) -> String? {
    guard !hosts.isEmpty else { return nil }
    let list = hosts.map { host in
      let counts = [(host.pages, "pages"), (host.pictures, "pictures")].filter { $0.0 > 0 }
        .map { "\(Console.count($0)) \($1)" }.joined(separator: " and ")
      return "\(counts) on \(host.origin)"
    }
    return list.joined(separator: ", ")
      + "; hosts and image_hosts in \(Configuration.fileName) take them in"
  }
}

extension CategoryReport {
  /// In one line; `nil` where no picture wants telling.
  var text: String? {
    guard unlabelled > 0 else { return nil }
    let told =
      "\(Console.count(guessed)) of \(Console.count(unlabelled)) pictures without a category look like one"
    guard let precision else { return told }
    return told + " (\(Int((precision * 100).rounded())) % right on those that have one)"
  }
}

/// A site whose pages have changed under its readers, as JSON and as text.
struct FillWarning: Encodable {
  var site: String
  var field: String
  /// Pages that had the field, of those read.
  var filled: Int
  var read: Int
  /// The share of pages that usually have it, 0…1.
  var usual: Double

  init(_ alarm: FillAlarm) {
    (site, field, filled, read) = (alarm.site, alarm.field, alarm.filled, alarm.read)
    usual = (alarm.usual * 1000).rounded() / 1000
  }

  var text: String {
    let percent = Int((Double(filled) * 100 / Double(max(read, 1))).rounded())
    return "\(site): \(field): \(percent) % of \(Console.count(read)) pages, usually "
      + "\(Int((usual * 100).rounded())) %: the site's pages have changed; look at one with vitrine page, "
      + "write a recipe (vitrine recipe new), then vitrine reextract"
  }
}
