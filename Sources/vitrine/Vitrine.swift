import ArgumentParser
import Foundation
import Storage
import VectorSearch
import Vision

@main
struct Vitrine: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "vitrine",
    abstract: "Crawls catalogs politely and makes every picture searchable.",
    discussion: """
      A first crawl:
        vitrine init --contact you@example.com   # writes vitrine.yaml; add a site to it
        vitrine crawl                            # what cron runs every night
        vitrine serve                            # http://127.0.0.1:8300/
        vitrine search photo.jpg

      Exit codes: 0 done, 1 finished with failures, 64 wrong usage or configuration, 75 try again \
      later (another vitrine is writing), 130 interrupted.
      Every setting is a key of vitrine.yaml, a variable VITRINE_… and, where it matters, a flag.
      """,
    version: version,
    subcommands: [
      InitCommand.self, CrawlCommand.self, EmbedCommand.self, ServeCommand.self,
      SearchCommand.self, PageCommand.self, RecipeCommand.self, ReextractCommand.self,
      StatusCommand.self, ExportCommand.self,
      IndexCommand.self, ImageCommand.self, ModelCommand.self, AdaptCommand.self, EvalCommand.self,
      DoctorCommand.self, DemoCommand.self,
    ])

  /// Parses, runs, and ends with the exit code that the error stands for.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      if let message = failure.message { Console.error(message) }
      Foundation.exit(failure.code.rawValue)
    } catch let error as ConfigurationError {
      Console.error(error.description)
      Foundation.exit(Failure.Code.usage.rawValue)
    } catch let error where error is StorageError || error is IndexError || error is EmbedError {
      Console.error("\(error)")
      Foundation.exit(Failure.Code.withFailures.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}

/// Why the program ends with another code than 0.
struct Failure: Error {
  enum Code: Int32 {
    case withFailures = 1
    case usage = 64
    case tryAgain = 75
    case interrupted = 130
  }

  let code: Code
  /// `nil` where everything was said already.
  let message: String?

  init(_ code: Code, _ message: String? = nil) {
    self.code = code
    self.message = message
  }
}
