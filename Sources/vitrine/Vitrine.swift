import ArgumentParser
import Extract
import Foundation
import Server
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
    Console.keepStandardStreamsOpen()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      // What the command line's own parser throws, a wish for help too, it tells best itself.
      guard error is Failure || exitCode(for: error) == .failure else { exit(withError: error) }
      let failure = Failure(error)
      if let message = failure.message { Console.error(message) }
      Foundation.exit(failure.code.rawValue)
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

extension Failure {
  /// What an error that ended a verb stands for.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ConfigurationError: self.init(.usage, error.description)
    case StorageError.locked, IndexError.locked: self.init(.tryAgain, "\(error)")
    case let refusal as LocalSearch.Refusal: self.init(refusal)
    case let error as RecipeError: self.init(.usage, error.description)
    case let error as CocoaError:
      let file = error.filePath ?? error.url?.path
      let words = [file, Self.reason(error)].compactMap(\.self)
      self.init(.withFailures, words.joined(separator: ": "))
    default: self.init(.withFailures, "\(error)")
    }
  }

  /// What the system says of a call that has just failed, or of a code.
  static func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

  /// What the system said, without the file that it said it of.
  ///
  /// Foundation describes its errors for programmers, in a line of domains, codes and addresses.
  static func reason(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return "\(error)" }
    if let cause = error.underlying as? POSIXError {
      return systemReason(cause.code.rawValue)
    }
    return switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: systemReason(ENOENT)
    case .fileReadNoPermission, .fileWriteNoPermission: systemReason(EACCES)
    case .fileReadInapplicableStringEncoding, .fileReadCorruptFile: "not UTF-8"
    default: error.localizedDescription
    }
  }
}
