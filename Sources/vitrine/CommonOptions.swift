import ArgumentParser
import Foundation
import Logging

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The settings. (default: vitrine.yaml, or VITRINE_CONFIG)")
  var config: String?

  @Option(help: "The folder of catalog, pictures and index.")
  var data: String?

  @Flag(name: .shortAndLong, help: "Say only what went wrong.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more; twice for everything.")
  var verbose: Int

  /// Reads the configuration; `flags` are those of the command, by the key that they overlay.
  func configuration(flags: [String: String?] = [:]) throws -> Configuration {
    if quiet { Console.beQuiet() }
    var flags = flags.compactMapValues { $0 }
    flags["data"] = data
    let environment = ProcessInfo.processInfo.environment
    return try Configuration.load(
      path: config ?? environment["VITRINE_CONFIG"], environment: environment, flags: flags)
  }

  /// A log on stderr.
  func log(_ label: String) -> Logger {
    var log = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
    log.logLevel = quiet ? .error : [.warning, .info, .debug][min(verbose, 2)]
    return log
  }
}
