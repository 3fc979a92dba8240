import ArgumentParser
import Foundation

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Crawl a built-in site, search it, and serve the page until Ctrl-C.",
    discussion: """
      An influencer site and two shops with pictures drawn on the spot, all on loopback addresses of \
      this machine; nothing else is asked. The catalog stays in the folder, so that a second demo \
      finds what it has.

      Examples:
        vitrine demo
        vitrine demo --once            # crawl, search, end
        vitrine demo --site-only       # only the site, for a crawl of your own
      """)

  @Option(help: "Where the demo's catalog goes.")
  var folder = ".demo"

  @Option(help: "The port of the query endpoint and the page.")
  var port = 8300

  @Option(name: .customLong("site-port"), help: "The port of the built-in site.")
  var sitePort = 8310

  @Option(help: "The site as it is on day 1, or on day 2 with changes.")
  var day = 1

  @Option(
    name: .customLong("access-log"),
    help: "Where the site writes its requests, a JSON object a line.")
  var accessLog: String?

  @Flag(help: "End after the sample query.")
  var once = false

  @Flag(name: .customLong("site-only"), help: "Serve the built-in site and nothing else.")
  var siteOnly = false

  func validate() throws {
    // The site takes up to four ports.
    guard (0...65_535).contains(port), (1...65_532).contains(sitePort) else {
      throw ValidationError("--port is up to 65535 and --site-port up to 65532")
    }
    guard (1...2).contains(day) else { throw ValidationError("--day is 1 or 2, not \(day)") }
  }

  func run() async throws {
    let demo = Demo(
      folder: folder, port: port, sitePort: sitePort, day: day, accessLog: accessLog)
    let (once, siteOnly) = (once, siteOnly)
    try await Interruption.guarding { try await demo.run(once: once, siteOnly: siteOnly) }
  }
}
