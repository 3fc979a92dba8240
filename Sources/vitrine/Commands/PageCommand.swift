import ArgumentParser
import Catalog
import Extract
import Foundation
import Storage

struct PageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page",
    abstract: "Read one page and show everything that is found in it, with where it was found.",
    discussion: """
      The lab bench of whoever writes a recipe. An address is fetched once, if its robots.txt allows.

      Examples:
        vitrine page https://shop.example.com/p/1
        vitrine page saved.html --url https://shop.example.com/p/1
        vitrine page saved.html --url https://shop.example.com/p/1 --json
        vitrine page --check crawlers/example     # replay a recipe's saved pages
      """)

  @OptionGroup var source: PageSource

  @Option(help: "Replay the saved pages of a recipe's folder and compare with what is expected.")
  var check: String?

  @Flag(help: "Print the extraction as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  func validate() throws {
    guard (source.page == nil) != (check == nil) else {
      throw ValidationError("give a page, or --check and a recipe's folder")
    }
  }

  func run() async throws {
    let configuration = try options.configuration(flags: ["contact": source.contact])
    if let check { return try RecipeCommand.Check.replay([check], json: json) }
    let fetched = try await source.fetch(configuration, log: options.log("vitrine.page"))
    let reader = try Wiring.reader(configuration)
    let extraction: Extraction
    do throws(ExtractError) {
      extraction = try reader.read(fetched)
    } catch {
      throw Failure(.withFailures, "\(source.page ?? fetched.url.string): \(error)")
    }
    if json {
      try Console.print(json: PageLine(extraction))
    } else {
      try PageReport(extraction).print()
    }
  }
}

/// An extraction as people read it: the item with its evidence, then what it leads to.
private struct PageReport {
  let extraction: Extraction

  init(_ extraction: Extraction) { self.extraction = extraction }

  func print() throws {
    let (kind, evidence) =
      switch extraction.item {
      case .product(let product): ("a product", product.evidence)
      case .post(let post): ("a post", post.evidence)
      case .creator(let creator): ("a creator", creator.evidence)
      case nil: ("no item", [])
      }
    try Console.print("\(extraction.title ?? "untitled"): \(kind), \(extraction.kind)")
    if let canonical = extraction.canonical { try Console.print("canonical  \(canonical)") }
    if !extraction.directives.isEmpty {
      try Console.print("directives \(extraction.directives.names.joined(separator: ", "))")
    }
    try print(evidence)
    if case .product(let product) = extraction.item {
      for image in product.images { try Console.print("  picture        \(image)") }
      for variant in product.variants {
        let parts = [
          variant.sku, variant.color, variant.size, variant.offer.price?.description,
          variant.offer.availability?.rawValue,
        ]
        try Console.print("  variant        " + parts.compactMap { $0 }.joined(separator: ", "))
      }
    }
    if case .post(let post) = extraction.item {
      if let image = post.heroImage { try Console.print("  picture        \(image)") }
      for url in post.products { try Console.print("  tagged         \(url)") }
    }
    try Console.print("\(extraction.links.count) links")
    for link in extraction.links.prefix(20) {
      try Console.print("  \(link.kind)  \(link.url)\(link.isNoFollow ? "  nofollow" : "")")
    }
  }

  /// Every field with its candidates: the chosen value and who says it, then the others.
  private func print(_ evidence: [Evidence]) throws {
    var fields: [String] = []
    for entry in evidence where !fields.contains(entry.field) { fields.append(entry.field) }
    for field in fields {
      let candidates = evidence.filter { $0.field == field }
      let chosen = candidates.filter(\.isChosen)
      var syntaxes: [String] = []
      for entry in chosen where !syntaxes.contains(entry.syntax.rawValue) {
        syntaxes.append(entry.syntax.rawValue)
      }
      let name = field.padding(toLength: 14, withPad: " ", startingAt: 0)
      let verdict = chosen.first.map { "\($0.value.prefix(100))" } ?? "undecided"
      let others = Set(candidates.filter { !$0.isChosen }.map(\.value)).count
      let reason =
        chosen.isEmpty
        ? "\(others) values, of several things"
        : syntaxes.joined(separator: ", ")
          + (others == 0 ? "" : " against \(others) other \(others == 1 ? "value" : "values")")
      try Console.print("  \(name) \(verdict)  (\(reason))")
      for entry in candidates {
        let mark = entry.isChosen ? "*" : " "
        let raw = entry.raw == entry.value ? "" : "  from \"\(entry.raw.prefix(60))\""
        try Console.print(
          "    \(mark) \(entry.value.prefix(100))\(raw)  [\(entry.syntax.rawValue) \(entry.path)]"
            + (entry.reason.map { "  \($0)" } ?? ""))
      }
    }
  }
}

/// An extraction as programs read it, with names where the catalog has numbers.
struct PageLine: Encodable {
  /// The fields of a product, post or creator, and which of these it is as `kind`.
  struct Item: Encodable {
    let item: Extraction.Item

    private enum Key: CodingKey { case kind }

    func encode(to encoder: any Encoder) throws {
      let (kind, fields): (ItemKind, any Encodable) =
        switch item {
        case .product(let product): (.product, product)
        case .post(let post): (.post, post)
        case .creator(let creator): (.creator, creator)
        }
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(kind.name, forKey: .kind)
      try fields.encode(to: encoder)
    }
  }

  struct Link: Encodable {
    var url: CanonicalURL
    var kind: String
    var isNoFollow: Bool
    var lastModified: String?
  }

  var kind: String
  var item: Item?
  var title: String?
  var language: String?
  var canonical: CanonicalURL?
  var directives: [String]
  var links: [Link]

  init(_ extraction: Extraction) {
    kind = "\(extraction.kind)"
    item = extraction.item.map(Item.init)
    (title, language, canonical) = (extraction.title, extraction.language, extraction.canonical)
    directives = extraction.directives.names
    links = extraction.links.map { link in
      Link(
        url: link.url, kind: "\(link.kind)", isNoFollow: link.isNoFollow,
        lastModified: link.lastModified.map { Timestamp(seconds: $0).description })
    }
  }
}

extension RobotsDirectives {
  /// As pages write them.
  var names: [String] {
    let known: [(RobotsDirectives, String)] = [
      (.noIndex, "noindex"), (.noFollow, "nofollow"), (.noImageIndex, "noimageindex"),
    ]
    return known.filter { contains($0.0) }.map(\.1)
  }
}
