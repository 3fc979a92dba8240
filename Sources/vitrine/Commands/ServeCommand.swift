import ArgumentParser
import Catalog

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer queries and show the page at http://127.0.0.1:8300/.",
    discussion: """
      It reads the catalog and follows the index beside a crawl: a picture is found seconds after it \
      was fetched, without a restart.

      Examples:
        vitrine serve
        vitrine serve --port 9000
        curl -s --data-binary @photo.jpg -H 'Content-Type: image/jpeg' \\
          'http://127.0.0.1:8300/v1/search?k=5'
      """)

  @Option(help: "The port; 0 takes a free one and says which.")
  var port: String?

  @Option(help: "The address to listen on.")
  var host: String?

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration(
      flags: ["server.port": port, "server.host": host])
    try await Wiring.serve(configuration, log: options.log("vitrine.server")) { address in
      Console.say("serving \(configuration.data) at \(address)")
    }
  }
}
