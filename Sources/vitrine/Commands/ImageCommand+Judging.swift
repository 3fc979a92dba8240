import ArgumentParser
import Catalog
import Foundation
import Storage

extension ImageCommand {
  /// Two pictures that are judged.
  struct Pair: ParsableArguments {
    @Argument(help: "A picture: its number, its address, its content hash or a file.")
    var first: String
    @Argument(help: "Another picture.") var second: String
    @Flag(help: "Print the outcome as JSON.") var json = false
    @OptionGroup var options: CommonOptions
  }

  struct Apart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "apart",
      abstract: "Say that two pictures are not the same picture.",
      discussion: """
        Kept for good, by the pictures' content: no crawl, regroup or later measure brings them into one \
        group again, not by way of third pictures either. Each of the others of their group goes with the \
        side that it is linked to, the link of least doubt first; image explain tells the doubt. No \
        request is sent and no event told.

        Examples:
          vitrine image apart 17 42
          vitrine image apart a1b2c3d4e5f6 https://shop.example.com/i/42.jpg --json
        """)
    @OptionGroup var pair: Pair

    func run() async throws { try await pair.judge(.apart) }
  }

  struct Together: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "together",
      abstract: "Say that two pictures are the same picture.",
      discussion: """
        Kept for good, by the pictures' content: they stand in one group whatever recognition says, with \
        all that are linked to either. No request is sent and no event told.

        Example:
          vitrine image together 17 42
        """)
    @OptionGroup var pair: Pair

    func run() async throws { try await pair.judge(.together) }
  }

  struct Retract: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retract",
      abstract: "Take back what was said of two pictures by apart or together.",
      discussion: """
        Recognition's own verdict is in force again.

        Example:
          vitrine image retract 17 42
        """)
    @OptionGroup var pair: Pair

    func run() async throws { try await pair.retract() }
  }

  struct Judgements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "judgements",
      abstract: "What was said of pictures by apart and together, oldest first.",
      discussion: """
        Content hashes name the same pictures in every catalog: what stands here can be said again in \
        another one, of pictures too that it has not fetched yet.

        Example:
          vitrine image judgements --json
        """)
    @Flag(help: "Print as JSON.") var json = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let store = try DataFolder(try options.configuration()).openForReading()
      let judgements = try await store.judgements()
        .sorted { ($0.at, $0.first.description) < ($1.at, $1.first.description) }
      let pairs = try await store.pairs(judgements)
      if json { return try Console.print(json: pairs) }
      for pair in pairs { try Console.print(pair.line) }
      if pairs.isEmpty { Console.say("no picture was judged; recognition alone makes the groups") }
    }
  }

  /// A judgement as it is told.
  struct JudgedPair: Encodable {
    var verdict: Judgement.Verdict
    var first: JudgedPicture
    var second: JudgedPicture
    var at: String

    var line: String {
      let verdict = verdict.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
      return "\(verdict)  \(first.longName)  \(second.longName)  \(at)"
    }
  }

  struct JudgedPicture: Encodable {
    var sha256: String
    /// `nil` where the catalog does not have it.
    var id: Int64?
    var group: Int64?

    init(_ hash: ContentHash, _ known: GroupedPicture?) {
      sha256 = hash.description
      id = known?.id.rawValue
      group = known?.group.rawValue
    }

    var name: String { id.map(String.init) ?? String(sha256.prefix(12)) }
    var longName: String { "\(id.map(String.init) ?? "-") (\(sha256.prefix(12)))" }
  }
}

extension ImageCommand.Pair {
  fileprivate func judge(_ verdict: Judgement.Verdict) async throws {
    try tell(try await judging().judge(verdict))
  }

  fileprivate func retract() async throws { try tell(try await judging().retract()) }

  private func judging() throws -> PairJudging {
    PairJudging(data: DataFolder(try options.configuration()), first: first, second: second)
  }

  private func tell(_ outcome: PairJudging.Outcome) throws {
    if json { return try Console.print(json: outcome) }
    for line in outcome.lines { try Console.print(line) }
  }
}
