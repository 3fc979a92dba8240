import ArgumentParser
import Catalog
import Crawl
import Foundation
import Pipeline
import Storage

struct CrawlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crawl",
    abstract: "Crawl what is due, keep what changed, embed and index every new picture.",
    discussion: """
      The nightly verb. It fetches only what is due, asks conditionally, and takes up what a crash \
      left. A site that is not in the configuration yet can be given by its address. A site whose \
      pages give far less than in the runs before is told, and keeps its items.

      Examples:
        vitrine crawl
        vitrine crawl looklist
        vitrine crawl https://shop.example.com/ --contact you@example.com
        vitrine crawl --refresh --json      # ask everything again, now
        vitrine crawl --json | jq .alarms   # sites whose pages have changed
        0 3 * * *  cd /srv/vitrine && vitrine crawl --quiet    # a crontab line
      """)

  @Argument(help: "Sites by name, or addresses to start at. (default: every configured site)")
  var sites: [String] = []

  @Flag(help: "Make every known address due now, not when its interval is over.")
  var refresh = false

  @Flag(name: .customLong("no-embed"), help: "Leave pictures in the queue for vitrine embed.")
  var noEmbed = false

  @Flag(name: .customLong("allow-private"), help: "Let sites be on loopback or private addresses.")
  var allowPrivate = false

  @Option(help: "How a site's owner reaches you.")
  var contact: String?

  @Option(help: "Between two requests to one host, at least, such as 500ms.")
  var delay: String?

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration(
      flags: ["contact": contact, "crawl.delay": delay])
    let chosen = try choose(configuration)
    let settings = try Wiring.crawlSettings(configuration)
    let log = options.log("vitrine.crawl")
    let (noEmbed, refresh) = (noEmbed, refresh)
    let report = try await Interruption.guarding(keepingResult: true) {
      let night = try await Wiring.night(
        configuration, sites: chosen, settings: settings, embeds: !noEmbed, log: log)
      return try await Console.reporting(night.progressText) {
        try await night.run(isRefresh: refresh)
      }
    }
    if json { try Console.print(json: report) }
    Console.say(report.text)
    for warning in report.warnings { Console.error("warning: \(warning)") }
    if report.stopped { throw Failure(.interrupted) }
    if report.hasFailures { throw Failure(.withFailures) }
  }

  private func choose(_ configuration: Configuration) throws -> [Configuration.SiteSettings] {
    var chosen: [Configuration.SiteSettings] = []
    for site in sites {
      if let known = configuration.sites.first(where: { $0.name == site }) {
        chosen.append(known)
      } else if site.contains("://") {
        let url: CanonicalURL
        do {
          url = try CanonicalURL(site)
        } catch {
          throw Failure(.usage, "\(site) is no web address: \(error)")
        }
        chosen.append(Configuration.SiteSettings(startingAt: url))
      } else {
        let names = configuration.sites.map(\.name).joined(separator: ", ")
        throw Failure(
          .usage,
          "no site is called \(site); known are: \(names.isEmpty ? "none" : names); "
            + "an address begins with https://")
      }
    }
    if sites.isEmpty { chosen = configuration.sites }
    guard !chosen.isEmpty else {
      throw Failure(
        .usage, "no site to crawl: add one to \(Configuration.fileName) or give its address")
    }
    for index in chosen.indices {
      if allowPrivate { chosen[index].isPrivateAllowed = true }
      if delay != nil { chosen[index].delay = nil }  // A flag weighs more than the file.
    }
    return chosen
  }
}

extension Configuration.SiteSettings {
  /// A site that is only an address: its host and those under it.
  init(startingAt url: CanonicalURL) {
    self.init(
      name: url.authority, seeds: [url], hosts: [url.authority], imageHosts: ["*"], include: [],
      exclude: [], delay: nil, depth: 20, budget: 50_000, isPrivateAllowed: false)
  }
}
