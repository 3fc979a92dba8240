import ArgumentParser
import Catalog
import Extract
import Foundation

struct RecipeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe",
    abstract: "Write and check what a site's pages need beyond the generic readers.",
    subcommands: [New.self, Check.self])

  struct New: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draft a recipe from one page, with the page as its test.",
      discussion: """
        Every selector of the draft was tried on the page and reads what the generic readers read. \
        Edit it, then replay it with `vitrine recipe check`.

        Examples:
          vitrine recipe new https://shop.example.com/p/1
          vitrine recipe new saved.html --url https://shop.example.com/p/1 --into crawlers/shop
        """)

    @OptionGroup var source: PageSource

    @Option(help: "The recipe's folder. (default: HOST in the folder of recipes, crawlers)")
    var into: String?

    @Flag(help: "Print what was written as JSON.")
    var json = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
      let configuration = try options.configuration(flags: ["contact": source.contact])
      let page = try await source.fetch(configuration, log: options.log("vitrine.recipe"))
      let draft: Recipe.Draft
      do throws(ExtractError) {
        draft = try Recipe.draft(for: page)
      } catch {
        throw Failure(.withFailures, "\(page.url.string): \(error)")
      }
      let folder = into ?? "\(configuration.recipes)/\(draft.name)"
      let recipe = "\(folder)/\(Recipe.fileName)"
      let saved = "\(folder)/pages/\(draft.pageName)"
      for file in [recipe, saved + ".html", saved + ".json"]
      where FileManager.default.fileExists(atPath: file) {
        throw Failure(
          .usage, "\(file) is there already; move it away, or name another folder with --into")
      }
      do {
        try FileManager.default.createDirectory(
          atPath: folder + "/pages", withIntermediateDirectories: true)
        try Data(page.body).write(to: URL(filePath: saved + ".html"))
        try Data(draft.expectation.utf8).write(to: URL(filePath: saved + ".json"))
        try Data(draft.recipe.utf8).write(to: URL(filePath: recipe))
      } catch {
        throw Failure(.withFailures, "\(folder) cannot be written: \(Failure.reason(error))")
      }
      if json {
        return try Console.print(
          json: ["recipe": [recipe], "fields": draft.fields, "unwritten": draft.unwritten])
      }
      try Console.print(recipe)
      Console.say(
        draft.fields.isEmpty
          ? "no selector could be written; the page is kept as a test"
          : "selectors for \(draft.fields.joined(separator: ", "))")
      if !draft.unwritten.isEmpty {
        Console.say("found without a selector: \(draft.unwritten.joined(separator: ", "))")
      }
      Console.say("edit it, then: vitrine recipe check \(folder)")
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replay the saved pages of recipes and compare with what is expected.",
      discussion: """
        Examples:
          vitrine recipe check crawlers/example
          vitrine recipe check crawlers/*
        """)

    @Argument(help: "Recipes' folders.")
    var folders: [String]

    @Flag(help: "Print the differences as JSON.")
    var json = false

    @OptionGroup var options: CommonOptions

    func run() throws {
      _ = try options.configuration()
      try Self.replay(folders, json: json)
    }

    /// Replays recipes' saved pages and prints where they differ.
    static func replay(_ folders: [String], json: Bool) throws {
      var differences: [Recipe.Difference] = []
      for folder in folders { differences += try Recipe.check(folder) }
      if json {
        try Console.print(json: differences.map(\.description))
      } else {
        for difference in differences { try Console.print(difference.description) }
      }
      guard differences.isEmpty else {
        throw Failure(
          .withFailures, "\(differences.count) differences from what pages/*.json expect")
      }
      Console.say("\(folders.joined(separator: ", ")): as expected")
    }
  }
}
