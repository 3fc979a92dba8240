import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Storage

struct ReextractCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reextract",
    abstract: "Read kept pages again with the present recipes; shows what would change.",
    discussion: """
      After a recipe was written or vitrine was updated. No request is sent: a crawl keeps the last body \
      of each page (crawl.keep_bodies). Without --apply the catalog stays as it is. What changes \
      because it is read differently is no event of the shop.

      Examples:
        vitrine reextract                        # what would change, by field
        vitrine reextract looklist --limit 50
        vitrine reextract looklist --apply
        vitrine reextract --json | jq -r 'select(.effect == "lost").url'
      """)

  @Argument(help: "Sites by name. (default: every site of the catalog)")
  var sites: [String] = []

  @Flag(help: "Change the catalog; each page is a transaction.")
  var apply = false

  @Option(help: "Show so many pages that differ.")
  var limit = 10

  @Flag(help: "Print every page that differs as a line of JSON, and a last line with the counts.")
  var json = false

  @OptionGroup var options: CommonOptions

  func validate() throws {
    guard limit >= 0 else { throw ValidationError("--limit must be 0 or more") }
  }

  func run() async throws {
    let configuration = try options.configuration()
    let (sites, apply, json, limit) = (sites, apply, json, limit)
    let report = try await Interruption.guarding {
      let (reextraction, scopes, names) = try await Wiring.reextraction(
        configuration, sites: sites)
      var report = ReextractReport(isApplied: apply)
      try await reextraction.run(sites: scopes, applies: apply) { finding in
        guard let page = report.count(finding, names) else { return }
        if json {
          try Console.print(json: page)
        } else if report.differing <= limit {
          try Console.print(page.text)
        }
        Console.progress("\(Console.count(report.pages)) pages read")
      }
      return report
    }
    if json { try Console.print(json: report) } else { try Console.print(report.text) }
    if report.failed > 0 { throw Failure(.withFailures) }
  }
}

/// One page that differs, as a line of JSON and as text.
struct ReextractedPage: Encodable {
  var url: String
  var site: String
  var fetchedAt: String
  var effect: String
  var fields: [FieldChange]?
  var reason: String?

  var text: String {
    let changes = (fields ?? []).map { change in
      "  \(change.field.padding(toLength: 13, withPad: " ", startingAt: 0))"
        + "\(Self.text(change.old)) -> \(Self.text(change.new))"
    }
    return (["\(url)  \(effect)\(reason.map { ": \($0)" } ?? "")"] + changes)
      .joined(separator: "\n")
  }

  private static func text(_ values: [String]) -> String {
    guard let first = values.first else { return "nothing" }
    let shown = first.count > 60 ? "\(first.prefix(59))…" : first
    return values.count == 1 ? "\"\(shown)\"" : "\(values.count) (\"\(shown)\" …)"
  }
}

/// The outcome of `vitrine reextract` as JSON and as text.
struct ReextractReport: Encodable {
  struct Field: Encodable {
    /// It had another value.
    var changed = 0
    /// There was none.
    var found = 0
    /// There is none any more.
    var lost = 0
  }

  struct Site: Encodable {
    var pages = 0
    var new = 0
    var changed = 0
    var lost = 0
    /// Addresses that nobody had seen before.
    var discovered = 0
    /// Of the items that changed.
    var fields: [String: Field] = [:]
  }

  var applied: Bool
  /// Read again.
  var pages = 0
  var differing = 0
  /// Another body has been read since, or the address was never heard of: left alone.
  var stale = 0
  /// A newer page speaks for the same item: left alone.
  var superseded = 0
  var failed = 0
  var sites: [String: Site] = [:]

  init(isApplied: Bool) { applied = isApplied }

  /// Counts a finding; returns what is to be shown of it.
  mutating func count(_ finding: Reextraction.Finding, _ names: [ID<Catalog.Site>: String])
    -> ReextractedPage?
  {
    switch finding {
    case .otherSite: return nil
    case .stale: stale += 1
    case .superseded: superseded += 1
    case .failed(let url, let reason):
      failed += 1
      return ReextractedPage(url: url, site: "", fetchedAt: "", effect: "failed", reason: reason)
    case .page(let page):
      pages += 1
      let name = names[page.site] ?? "unknown"
      let rereading = page.rereading
      var site = sites[name] ?? Site()
      defer { sites[name] = site }
      site.pages += 1
      site.discovered += rereading.discovered
      switch rereading.effect {
      case .same: return nil
      case .new: site.new += 1
      case .lost: site.lost += 1
      case .changed:
        site.changed += 1
        for change in rereading.fields {
          let path: WritableKeyPath<Field, Int> =
            change.old.isEmpty ? \.found : change.new.isEmpty ? \.lost : \.changed
          site.fields[change.field, default: Field()][keyPath: path] += 1
        }
      }
      differing += 1
      return ReextractedPage(
        url: page.url.string, site: name, fetchedAt: page.fetchedAt.description,
        effect: rereading.effect.rawValue, fields: rereading.fields)
    }
    return nil
  }

  var text: String {
    var lines: [String] = []
    for (name, site) in sites.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "\(name): \(Console.count(site.pages)) pages read again: "
          + "\(Console.count(site.changed)) items change, \(Console.count(site.new)) are new, "
          + "\(Console.count(site.lost)) are no longer found; "
          + "\(Console.count(site.discovered)) new addresses")
      for (field, counts) in site.fields.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "  " + field.padding(toLength: 13, withPad: " ", startingAt: 0)
            + "\(Console.count(counts.changed)) changed, \(Console.count(counts.found)) found, "
            + "\(Console.count(counts.lost)) lost")
      }
    }
    if sites.isEmpty { lines.append("no page is kept; the next vitrine crawl keeps what it reads") }
    if stale > 0 { lines.append("\(Console.count(stale)) older bodies left alone") }
    if superseded > 0 {
      lines.append("\(Console.count(superseded)) pages of items that a newer page speaks for")
    }
    if failed > 0 { lines.append("\(Console.count(failed)) could not be read") }
    if differing > 0 {
      lines.append(
        applied
          ? "written; no events, since the shops changed nothing"
          : "nothing was changed; vitrine reextract --apply writes it")
    }
    return lines.joined(separator: "\n")
  }
}
