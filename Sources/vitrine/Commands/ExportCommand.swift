import ArgumentParser
import Catalog
import Storage

struct ExportCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case jsonl, csv
  }

  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the catalog to stdout: JSON Lines, or products as CSV.",
    discussion: """
      JSON Lines hold a line each for products, posts and creators, and the change events of the last \
      run that ended (or those behind --since). Money is text, so that no digit is lost.

      Examples:
        vitrine export > catalog.jsonl
        vitrine export --since 4711 --kind event
        vitrine export --format csv > products.csv
      """)

  @Option(help: "jsonl or csv.")
  var format = Format.jsonl

  @Option(help: "Only these: product, post, creator, event. Repeatable. CSV holds products alone.")
  var kind: [String] = []

  @Option(help: "Change events behind this cursor, instead of those of the last run.")
  var since: Int64?

  @Flag(help: "The same as --format jsonl.")
  var json = false

  @OptionGroup var options: CommonOptions

  func validate() throws {
    for name in kind where name != "event" && ItemKind(name: name) == nil {
      throw ValidationError("--kind must be product, post, creator or event, not \(name)")
    }
    guard format == .jsonl || (Set(kind).isSubset(of: ["product"]) && since == nil && !json) else {
      throw ValidationError("--format csv holds products alone, without events")
    }
  }

  func run() async throws {
    let store = try DataFolder(try options.configuration()).openForReading()
    if format == .csv {
      try Console.print(data: ProductTable.header)
      try await eachItem(of: [.product], in: store) {
        try Console.print(data: ProductTable.row($0))
      }
      return
    }
    let kinds = kind.isEmpty ? ItemKind.allCases : kind.compactMap { ItemKind(name: $0) }
    var creators: [CanonicalURL: CanonicalURL] = [:]
    if kinds.contains(.product) {
      try await eachItem(of: [.post], in: store) { creators[$0.url] = $0.creator }
    }
    try await eachItem(of: kinds, in: store) { item in
      let theirs = item.kind == .product ? Set(item.linked.compactMap { creators[$0]?.string }) : []
      try Console.print(json: ExportLine(item, creators: theirs.sorted()))
    }
    guard kind.isEmpty || kind.contains("event") else { return }
    var cursor = since ?? 0
    let run = since == nil ? try await store.lastRun()?.id : nil
    guard since != nil || run != nil else { return }
    while true {
      let events = try await store.changes(after: cursor, run: run, limit: 1000)
      for event in events { try Console.print(json: ExportLine.event(.init(event))) }
      guard let last = events.last else { break }
      cursor = last.cursor
    }
  }

  private func eachItem(
    of kinds: [ItemKind], in store: CatalogStore, _ body: (ItemRecord) throws -> Void
  ) async throws {
    var last = ID<Item>(0)
    while true {
      let items = try await store.items(afterID: last, kinds: kinds, limit: 500)
      for item in items { try body(item) }
      guard let end = items.last else { return }
      last = end.id
    }
  }
}
