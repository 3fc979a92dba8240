import ArgumentParser
import Catalog
import Crawl
import Foundation
import Storage

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented vitrine.yaml and make the data folder.",
    discussion: """
      Examples:
        vitrine init --contact you@example.com
        vitrine init --contact https://example.com/bot --site https://shop.example.com/

      A file that is there already is left as it is.
      """)

  @Option(help: "How a site's owner reaches you: an e-mail address or a web page.")
  var contact: String?

  @Option(help: "A site to crawl, by the address to start at. Repeatable.")
  var site: [String] = []

  @OptionGroup var options: CommonOptions

  func run() async throws {
    if options.quiet { Console.beQuiet() }
    let environment = ProcessInfo.processInfo.environment
    let path = options.config ?? environment["VITRINE_CONFIG"] ?? Configuration.fileName
    if FileManager.default.fileExists(atPath: path) {
      let isAsked = contact != nil || !site.isEmpty
      Console.say(
        "\(path) is there already and stays as it is"
          + (isAsked ? ": what was given here is not written into it" : ""))
    } else {
      // Once it is written it stays as it is.
      try check()
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      Console.say("wrote \(path)")
    }
    let configuration = try Configuration.load(
      path: path, environment: environment,
      flags: options.data.map { ["data": $0] } ?? [:])
    _ = try DataFolder(configuration).openForWriting(creating: true)
    Console.say("made \(configuration.data)")
    if configuration.contact == nil {
      Console.say("next: fill in contact in \(path)")
    } else if configuration.sites.isEmpty {
      Console.say("next: add a site to \(path), then run vitrine crawl")
    } else {
      Console.say("next: vitrine crawl")
    }
  }

  /// Refuses what a crawl would refuse.
  private func check() throws {
    do {
      if let contact { _ = try CrawlSettings(version: Vitrine.version, contact: contact) }
    } catch {
      throw Failure(.usage, "--contact: \(error)")
    }
    for text in site {
      do {
        _ = try CanonicalURL(text)
      } catch {
        throw Failure(
          .usage, "--site: \(text) is no web address, such as https://www.example.com/: \(error)")
      }
    }
  }

  private var text: String {
    var text = ConfigurationTemplate.text
    if let contact {
      text.replace("contact: \"\"", with: "contact: \(Self.quoted(contact))")
    }
    if !site.isEmpty {
      let entries = site.map { "  - seeds: [\(Self.quoted($0))]" }.joined(separator: "\n")
      text.replace("sites: []", with: "sites:\n\(entries)")
    }
    return text
  }

  /// A YAML scalar in double quotes.
  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
