import Catalog
import Foundation
import Logging

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The demo: the built-in site, a crawl of it, a sample query, and the page.
struct Demo {
  let folder: String
  let port: Int
  let sitePort: Int
  let day: Int
  /// Where the site's requests are written down, one JSON object a line.
  let accessLog: String?

  func run(once: Bool, siteOnly: Bool) async throws {
    let site = DemoSite(port: sitePort, day: day, accessLog: accessLog)
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      let (bound, binding) = AsyncStream.makeStream(of: Void.self)
      group.addTask {
        defer { binding.finish() }
        try await site.run { binding.yield() }
      }
      var isBound = false
      for await _ in bound {
        isBound = true
        break
      }
      guard isBound else {
        // The site could not begin: its error says why.
        try await group.next()
        return
      }
      Console.say("the demo site is at \(site.seeds.joined(separator: " "))")
      if siteOnly {
        try await group.next()
        return
      }
      let configuration = try configuration(site)
      try await crawl(configuration)
      let log = Self.log
      let (serving, served) = AsyncStream.makeStream(of: String.self)
      group.addTask {
        defer { served.finish() }
        try await Wiring.serve(configuration, log: log, handlesSignals: false) { address in
          served.yield(address)
        }
      }
      for await address in serving {
        try await query(address, site)
        guard !once else { return }
        Console.say("open \(address) in a browser; Ctrl-C ends the demo")
        break
      }
      try await group.next()
    }
  }

  /// The demo talks for itself; what goes wrong is thrown.
  private static let log = {
    var log = Logger(label: "vitrine.demo") { StreamLogHandler.standardError(label: $0) }
    log.logLevel = .critical
    return log
  }()

  private func configuration(_ site: DemoSite) throws -> Configuration {
    var configuration = try Configuration.load(path: nil, environment: [:], flags: [:])
    configuration.data = URL(filePath: folder).appending(path: "data").path
    configuration.contact = "demo@vitrine.example"
    configuration.crawl.delay = .milliseconds(20)
    configuration.server.host = "127.0.0.1"
    configuration.server.port = port
    configuration.server.requestsPerMinute = 6000
    configuration.sites = [
      Configuration.SiteSettings(
        name: "demo", seeds: try site.seeds.map { try CanonicalURL($0) }, hosts: site.hosts,
        imageHosts: [], include: [], exclude: [], delay: nil, depth: 20, budget: 5000,
        isPrivateAllowed: true)
    ]
    return configuration
  }

  private func crawl(_ configuration: Configuration) async throws {
    Console.say("crawling it, politely")
    let night = try await Wiring.night(
      configuration, sites: configuration.sites,
      settings: try Wiring.crawlSettings(configuration), embeds: true,
      log: Self.log)
    Console.say(try await night.run(isRefresh: true).text)
  }

  /// Asks the endpoint for what looks like a product's first picture, as a user would with curl.
  private func query(_ address: String, _ site: DemoSite) async throws {
    let (items, _) = try await URLSession.shared.data(
      from: try Self.url("\(address)v1/items?kind=product&limit=1"))
    let page = try JSONDecoder().decode(Items.self, from: items)
    guard let item = page.items.first else {
      throw Failure(.withFailures, "the demo's catalog holds no product; run vitrine doctor")
    }
    var request = URLRequest(url: try Self.url("\(address)v1/search?k=3"))
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = Data("{\"item\": \(item.id)}".utf8)
    let (answer, _) = try await URLSession.shared.data(for: request)
    Console.say("a sample query, what looks like \(item.name ?? "item \(item.id)"):")
    Console.say(
      "  curl -s \(address)v1/search -H 'Content-Type: application/json' -d '{\"item\": \(item.id), \"k\": 3}'"
    )
    for line in try HitList(json: answer).lines { try Console.print(line) }
  }

  private struct Items: Decodable {
    struct Item: Decodable {
      var id: Int64
      var name: String?
    }
    var items: [Item]
  }

  private static func url(_ text: String) throws -> URL {
    guard let url = URL(string: text) else { throw Failure(.usage, "\(text) is no address") }
    return url
  }
}
