import ArgumentParser
import Foundation
import Vision

struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure the model on pictures whose classes are known.",
    discussion: """
      DIR holds a folder a class; or it is a CSV of file,class lines, or one whose heading names these \
      columns. Every picture asks for all the others; some are edited and ask for their originals. A \
      class of one picture has nothing to find (–).

      Examples:
        vitrine eval photos
        vitrine eval photos --report report.html
        vitrine eval truth.csv --json | jq .retrieval.overall
      """)

  @Argument(help: "A folder whose folders are classes, or a CSV.")
  var truth: String

  @Option(help: "Write a page with a map, tables and neighbours to this file.")
  var report: String?

  @Option(help: "How many pictures are edited in every way.")
  var edited = 200

  @Option(help: "The folder of the model.")
  var model: String?

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func validate() throws {
    guard edited >= 0 else { throw ValidationError("--edited \(edited) is below 0") }
  }

  func run() async throws {
    let configuration = try options.configuration(flags: ["model": model])
    if let report { try requireFolder(of: report) }
    let truth: GroundTruth
    do throws(GroundTruthError) {
      truth = try GroundTruth(at: URL(filePath: self.truth))
    } catch {
      throw Failure(.usage, "\(error)")
    }
    let store = try DataFolder(configuration).openForReadingIfThere()
    let embedder = try await Wiring.embedder(configuration, store)
    let lane = ComputeLane(name: "eval")
    let (edited, wantsPage) = (edited, report != nil)
    let (evaluation, page) = try await Interruption.guarding {
      let evaluation = try await Evaluation.run(truth, with: embedder, sample: edited, lane: lane) {
        Console.progress("\(Console.bar(done: $0.done, left: $0.total - $0.done)) pictures")
      }
      let page = wantsPage ? await EvaluationReport(of: evaluation, lane: lane).html : nil
      return (evaluation, page)
    }
    if json { try Console.print(json: evaluation) } else { try table(evaluation) }
    if let report, let page {
      do {
        try page.write(to: URL(filePath: report), atomically: true, encoding: .utf8)
      } catch {
        throw Failure(
          .withFailures, "--report: \(report) cannot be written: \(Failure.reason(error))")
      }
    }
    for refusal in evaluation.refused { Console.say("\(refusal.file): \(refusal.reason)") }
    if !evaluation.refused.isEmpty { throw Failure(.withFailures) }
  }

  /// What cannot be written is told before minutes of measuring, not after.
  private func requireFolder(of file: String) throws {
    let folder = URL(filePath: file).deletingLastPathComponent().path
    guard access(folder, W_OK) == 0 else {
      throw Failure(
        .usage, "--report: \(file) cannot be written: \(Failure.systemReason())")
    }
  }

  private func table(_ evaluation: Evaluation) throws {
    func line(_ name: String, _ values: [Double?]) throws {
      let figures = values.map { $0.map { String(format: "%8.3f", $0) } ?? "       –" }.joined()
      try Console.print(name.padding(toLength: 28, withPad: " ", startingAt: 0) + figures)
    }
    let scores = evaluation.retrieval
    try Console.print("\(evaluation.model), \(evaluation.pictures) pictures")
    try Console.print(
      String(repeating: " ", count: 28) + "     mAP  mAP@10     R@1    P@10")
    for (name, measures) in [("all", scores.overall)] + zip(scores.classes, scores.perClass) {
      let figures = [
        measures.meanAveragePrecision, measures.meanAveragePrecisionAt10, measures.recallAt1,
        measures.precisionAt10,
      ]
      try line(name, figures.map { measures.queries > 0 ? $0 : nil })
    }
    guard edited > 0 else { return }
    try Console.print("\nedited copies: R@1, half-whitened R@1")
    for result in evaluation.robustness {
      try line(result.edit.title, [result.recallAt1, result.recallAt1HalfWhitened])
    }
  }
}
