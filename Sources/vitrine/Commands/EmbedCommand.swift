import ArgumentParser
import Pipeline

struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Embed the pictures that wait for it and append them to the index.",
    discussion: """
      A crawl does this by itself; this verb is for a crawl with --no-embed, for a new model, for a \
      detector that is new or another one, and for boxes that were drawn on the page.

      Examples:
        vitrine embed
        vitrine embed --model other-model --json
      """)

  @Option(help: "The folder of the model.")
  var model: String?

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration(flags: ["model": model])
    let json = json
    let log = options.log("vitrine.embed")
    let summary = try await Interruption.guarding {
      let pipeline = try await Wiring.pipeline(configuration, embeds: true, log: log)
      return try await pipeline.embedReporting()
    }
    if json { try Console.print(json: summary) }
    let boxes = summary.boxes > 0 ? " and \(Console.count(summary.boxes)) boxes" : ""
    Console.say(
      "embedded \(Console.count(summary.embedded)) pictures\(boxes), "
        + "\(Console.count(summary.failed)) failed")
    if let line = summary.categories?.text { Console.say(line) }
    if summary.failed > 0 { throw Failure(.withFailures) }
  }
}
