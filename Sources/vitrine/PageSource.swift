import ArgumentParser
import Catalog
import Extract
import Foundation
import Logging

/// Which page a command reads: an address to fetch once, or a file.
struct PageSource: ParsableArguments {
  @Argument(help: "An address, or a file with the page's bytes.")
  var page: String?

  @Option(help: "The address that a file came from.")
  var url: String?

  @Option(name: .customLong("content-type"), help: "The Content-Type header that a file came with.")
  var contentType: String?

  @Option(help: "How a site's owner reaches you.")
  var contact: String?

  @Flag(name: .customLong("allow-private"), help: "Let the address be on loopback or private.")
  var allowPrivate = false

  /// Fetches or reads it; an address is asked for only as its robots.txt allows.
  func fetch(_ configuration: Configuration, log: Logger) async throws -> FetchedPage {
    guard let page else { throw Failure(.usage, "give an address or a file") }
    if page.contains("://") {
      return try await Wiring.fetchOne(
        try address(page), configuration, isPrivateAllowed: allowPrivate, log: log)
    }
    let bytes = try InputFile.read(page)
    return FetchedPage(
      url: try address(url ?? "http://localhost/"), body: bytes, contentType: contentType)
  }

  private func address(_ text: String) throws -> CanonicalURL {
    do {
      return try CanonicalURL(text)
    } catch {
      throw Failure(.usage, "\(text) is no web address: \(error)")
    }
  }
}
