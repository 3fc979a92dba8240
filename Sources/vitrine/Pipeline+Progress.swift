import Pipeline

extension Pipeline {
  /// Embeds every picture that waits, and tells how it stands.
  func embedReporting() async throws -> Summary {
    try await Console.reporting { [self] withBar in
      let text =
        "\(Console.count(summary.embedded)) embedded, \(Console.count(summary.failed)) failed"
      guard withBar, let left = try? await waiting() else { return text }
      return Console.bar(done: summary.embedded + summary.failed, left: left) + " " + text
    } while: {
      try await embed()
    }
  }
}
