import ArgumentParser
import Catalog
import Foundation
import Server
import VectorSearch

struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find the pictures that look like one, or by words.",
    discussion: """
      Examples:
        vitrine search photo.jpg
        vitrine search photo.jpg -k 5 --brand Nordvik --price-max 80 --currency EUR
        vitrine search 42                                # what looks like item 42
        vitrine search https://shop.example.com/p/1 --variety 2
        vitrine search 42 --more 1207 --less 88:0.7      # towards one picture, away from another
        vitrine search photo.jpg --one-per product
        vitrine search --box 96                          # what looks like that part of a picture
        vitrine search "linen midi dress"                # where the model has a text encoder
        vitrine search photo.jpg --json | jq -r '.levels[0].hits[].image.url'
        vitrine search --batch queries.ndjson --json > answers.ndjson

      A line of a batch is a query in JSON, as in POST /v1/search/batch: {"item": 42, "k": 5}. Options \
      hold for each line that says nothing of them.
      """)

  @Argument(
    help: """
      An image file, the number of an item, the address of a known item or picture, or words.
      """)
  var query: String?

  @Option(help: "Search by a box in a picture, by its number: vitrine image boxes tells it.")
  var box: Int64?

  @Flag(help: "The query is words, whatever it looks like.")
  var text = false

  @Option(help: "A file of queries in JSON, one a line, answered line by line; - for stdin.")
  var batch: String?

  @Option(name: .short, help: "How many hits, at most 1000.")
  var k = 10

  @Option(
    help: "From 1, the closest, to 5: hits are every 1st, 64th, 256th, 1024th or 4096th rank.")
  var variety = 1

  @Option(help: "A picture that hits shall look like too: id, or id:weight. Repeatable.")
  var more: [String] = []
  @Option(help: "A picture that hits shall not look like: id, or id:weight. Repeatable.")
  var less: [String] = []

  @Option(
    name: .customLong("one-per"),
    help: "picture: copies fold into one hit; product: all its pictures do.")
  var onePer = "picture"

  @Option(help: "Hits to pass over: the next page.")
  var offset = 0

  @Option(help: "Only items of this brand. Repeatable, as are the others.")
  var brand: [String] = []
  @Option(help: "Only items of this retailer.")
  var retailer: [String] = []
  @Option(help: "Only items of this category.")
  var category: [String] = []
  @Option(help: "Only what belongs to this creator: a handle or the profile's address.")
  var creator: [String] = []
  @Option(help: "Only items priced in this currency.")
  var currency: [String] = []
  @Option(name: .customLong("price-min"), help: "Only items that cost at least this.")
  var priceMinimum: String?
  @Option(name: .customLong("price-max"), help: "Only items that cost at most this.")
  var priceMaximum: String?
  @Option(help: "in_stock or sold_out.")
  var availability: String?
  @Option(
    name: .customLong("seen-since"), help: "First seen since then: 24h, or 2026-03-01T00:00:00Z.")
  var seenSince: String?

  @Option(help: "Only pictures that show this colour, such as navy or light blue. Repeatable.")
  var colour: [String] = []
  @Option(help: "product: only pictures of one on a plain ground; scene: only others.")
  var shot: String?
  @Option(
    name: .customLong("looks-like"),
    help: "Only pictures of no categorised product that look like this category. Repeatable.")
  var looksLike: [String] = []

  @Option(help: "Another model of the catalog, by its ID, that ranks the first hits again.")
  var rerank: String?
  @Option(name: .customLong("rerank-depth"), help: "How many it ranks. (default: 100)")
  var rerankDepth: Int?

  @Option(help: "The share of the exact hits to be found on average, 0 to 1. (default: all)")
  var recall: Double?

  @Flag(help: "Print the endpoint's answer.")
  var json = false

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let configuration = try options.configuration()
    if let batch { return try await answer(batch, configuration) }
    let (source, picture) = try source()
    let answer: [UInt8]
    if picture != nil || source?.0 == "text" {
      answer = try await ask(picture, source, by: picture != nil ? .picture : .words, configuration)
    } else {
      do {
        answer = try await ask(nil, source, by: .stored, configuration)
      } catch let refusal as LocalSearch.Refusal where refusal.wantsModel {
        // Its picture, or the part of it, is not in the index yet.
        answer = try await ask(nil, source, by: .picture, configuration)
      }
    }
    if json { return try Console.print(data: String(decoding: answer, as: UTF8.self)) }
    let lines = try HitList(json: Data(answer)).lines
    for line in lines { try Console.print(line) }
    if lines.isEmpty { Console.say("no picture matches") }
  }

  /// The endpoint's answer, by a model that is opened for what is asked.
  private func ask(
    _ picture: [UInt8]?, _ source: (String, String)?, by asked: Wiring.Asked,
    _ configuration: Configuration
  ) async throws -> [UInt8] {
    let search = try await Wiring.localSearch(
      configuration, by: asked, log: options.log("vitrine.search"))
    return try await search.answer(picture: picture, parameters: parameters(source))
  }

  /// Answers a file of queries, in its order and as it comes.
  private func answer(_ file: String, _ configuration: Configuration) async throws {
    guard query == nil, box == nil, !text else {
      throw Failure(.usage, "with --batch the queries stand in the file")
    }
    var lines = try QueryLines(file)
    let search = try await Wiring.localSearch(
      configuration, by: .anything, log: options.log("vitrine.search"))
    var failures = 0
    while let block = try lines.next(LocalSearch.linesTogether) {
      let answers = try await search.answers(to: block, parameters: parameters(nil))
      for answer in answers {
        if let reason = answer.reason {
          failures += 1
          Console.error("line \(answer.number): \(reason)")
        }
        if json {
          try Console.print(data: String(decoding: answer.json, as: UTF8.self))
        } else if answer.reason == nil {
          try Console.print("line \(answer.number)")
          for line in try HitList(lineJSON: Data(answer.json)).lines { try Console.print(line) }
        }
      }
    }
    if failures > 0 {
      throw Failure(.withFailures, "lines without an answer: \(Console.count(failures))")
    }
  }

  /// What the query is, as a parameter of the endpoint, or the picture's bytes.
  private func source() throws -> ((String, String)?, [UInt8]?) {
    if let box {
      guard query == nil else { throw Failure(.usage, "give either a query or --box") }
      return (("box", String(box)), nil)
    }
    guard let query else { throw Failure(.usage, "give a query, --box or --batch") }
    if text { return (("text", query), nil) }
    if query.contains("://") { return (("url", query), nil) }
    if let bytes = try InputFile.readIfThere(query) { return (nil, bytes) }
    if Int64(query) != nil { return (("item", query), nil) }
    // A folder and a misspelt file are no search by their names.
    if FileManager.default.fileExists(atPath: query) { return (nil, try InputFile.read(query)) }
    let kind = URL(filePath: query).pathExtension.lowercased()
    guard !["jpg", "jpeg", "png", "webp", "gif", "avif"].contains(kind), !query.contains("/") else {
      throw Failure(.usage, "there is no file \(query); --text searches by these words")
    }
    return (("text", query), nil)
  }

  private func parameters(_ source: (String, String)?) -> [(name: String, value: String)] {
    var parameters: [(name: String, value: String)] = [
      ("k", String(k)), ("variety", String(variety)), ("one_per", onePer),
      ("offset", String(offset)),
    ]
    if let source { parameters.append((source.0, source.1)) }
    for (name, values) in [
      ("brand", brand), ("retailer", retailer), ("category", category), ("creator", creator),
      ("currency", currency), ("more", more), ("less", less), ("colour", colour),
      ("looks_like", looksLike),
    ] {
      parameters += values.map { (name, $0) }
    }
    for (name, value) in [
      ("price_min", priceMinimum), ("price_max", priceMaximum), ("availability", availability),
      ("seen_since", seenSince), ("recall", recall.map { String($0) }), ("shot", shot),
      ("rerank", rerank), ("rerank_depth", rerankDepth.map { String($0) }),
    ] {
      if let value { parameters.append((name, value)) }
    }
    return parameters
  }
}

extension Failure {
  /// Names the option, where what was refused came by one.
  init(_ refusal: LocalSearch.Refusal) {
    let option = refusal.parameter.flatMap { name in
      ["item", "url", "text", "snapshot"].contains(name)
        ? nil : (name.count == 1 ? "-" : "--") + name.replacing("_", with: "-")
    }
    self.init(
      refusal.isOurs ? .withFailures : .usage,
      [option, refusal.reason].compactMap(\.self).joined(separator: ": "))
  }
}
