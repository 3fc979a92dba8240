import ArgumentParser
import Foundation
import Pipeline
import Storage
import Vision

struct AdaptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Teach the model what the catalog knows of its own pictures.",
    discussion: """
      Trains a small head on the vectors of the index, so that pictures of one product, category, \
      title, brand or price come nearer each other; no picture is decoded. A fifth of the products is \
      held out and decides whether the head is worth it. If so, an adapted model is written to \
      DATA/models, gets an index of its own and answers from then on; a running vitrine serve changes \
      over within a second. If not, nothing changes.

      Exit code 1 where the catalog holds too few products or pictures to learn from.

      Examples:
        vitrine adapt --dry-run          # what would it gain?
        vitrine adapt
        vitrine adapt --json | jq '.gains[] | {facet, gain: (.adapted.recallAt1 - .base.recallAt1)}'
        vitrine model use default        # back to the model without a head
      """)

  @Flag(help: "Train and report; change nothing.")
  var dryRun = false

  @Option(help: "Chooses the held-out products and where training begins.")
  var seed: UInt64 = 1

  @Flag(help: "Print the report as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration()
    if !dryRun { try configuration.requireNoModel() }
    let (dryRun, seed) = (dryRun, seed)
    let report = try await Interruption.guarding {
      try await Self.adapt(configuration, seed: seed, isDryRun: dryRun)
    }
    if json { try Console.print(json: report) } else { try table(report) }
    if let adapted = report.adapted {
      Console.say("\(Console.count(report.vectors ?? 0)) vectors; \(adapted) answers from now on")
    } else if let refusal = report.refusal {
      Console.say("\(report.model) is left as it is: \(refusal)")
    } else {
      Console.say(
        dryRun && !report.isLearnt
          ? "it would be put to use" : "\(report.model) has learnt just this already")
    }
  }

  private static func adapt(_ configuration: Configuration, seed: UInt64, isDryRun: Bool)
    async throws -> CatalogAdaptation.Report
  {
    let data = DataFolder(configuration)
    let (store, lock): (CatalogStore, WriterLock?) =
      try isDryRun ? (data.openForReading(), nil) : data.openForWriting()
    defer { withExtendedLifetime(lock) {} }
    let adaptation = CatalogAdaptation(
      store: store, lane: ComputeLane(name: "adapt", threads: 1),
      model: URL(filePath: try await Wiring.modelFolder(configuration, store)),
      folder: { URL(filePath: data.adapted(model: $0)).standardizedFileURL },
      index: data.index)
    var training = HeadTraining()
    training.seed = seed
    do {
      let trial = try await Console.reporting({ _ in "training" }) { [training] in
        try await adaptation.train(training)
      }
      try Task.checkCancellation()
      guard !isDryRun else { return trial.report }
      return try await Console.reporting({ _ in "writing the adapted model and its index" }) {
        try await adaptation.putToUse(trial)
      }
    } catch let refusal as CatalogAdaptation.Refusal {
      throw Failure(.withFailures, "\(refusal)")
    }
  }

  private func table(_ report: CatalogAdaptation.Report) throws {
    try Console.print(
      "\(report.base): \(Console.count(report.pictures)) pictures of "
        + "\(Console.count(report.products)) products, \(Console.count(report.trainedOn)) trained on, "
        + "\(Console.count(report.heldOut)) held out, \(String(format: "%.1f", report.seconds)) s")
    try Console.print("held out        labelled   asked   mAP before   after   R@1 before   after")
    for gain in report.gains {
      let name = gain.facet.padding(toLength: 12, withPad: " ", startingAt: 0)
      try Console.print(
        name
          + String(
            format: "%12d%8d%13.3f%8.3f%13.3f%8.3f", report.labelled[gain.facet] ?? 0,
            gain.base.queries, gain.base.meanAveragePrecision, gain.adapted.meanAveragePrecision,
            gain.base.recallAt1, gain.adapted.recallAt1))
    }
    try Console.print(
      String(
        format: "mean gain of mAP %.3f, standard error %.3f", report.meanGain, report.standardError)
    )
  }
}
