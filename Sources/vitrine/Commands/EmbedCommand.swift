import ArgumentParser
import Pipeline
import Storage

struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Embed the pictures that wait for it and append them to the index.",
    discussion: """
      A crawl does this by itself; this verb is for a crawl with --no-embed, for a new model, for a \
      detector that is new or another one, and for boxes that were drawn on the page.

      With --part several machines share the work, each in a copy of the data folder; vitrine index merge \
      brings their vectors home. Detectors look at nothing meanwhile.

      Examples:
        vitrine embed
        vitrine embed --model other-model --json
        vitrine embed --part 2/8
      """)

  @Option(help: "The folder of the model.")
  var model: String?

  @Option(
    help: ArgumentHelp("Only this part of the pictures that wait.", valueName: "number/count"),
    transform: {
      guard let part = QueuePart($0) else {
        throw ValidationError("wanted is as in 2/8, of up to \(QueuePart.countLimit) parts")
      }
      return part
    })
  var part = QueuePart.whole

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration(flags: ["model": model])
    let (json, part) = (json, part)
    let log = options.log("vitrine.embed")
    let summary = try await Interruption.guarding {
      let (pipeline, _) = try await Wiring.writer(
        configuration, embeds: true, part: part, log: log)
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
