import Foundation

/// A folder of its own for one test, removed when the last reference goes.
package final class TemporaryFolder: Sendable {
  package let url: URL

  package init() {
    url = FileManager.default.temporaryDirectory
      .appending(path: "vitrine-test-\(UUID().uuidString)", directoryHint: .isDirectory)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      preconditionFailure("no temporary folder at \(url.path): \(error)")
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  package var path: String { url.path }
  package func file(_ name: String) -> URL { url.appending(path: name) }
}
