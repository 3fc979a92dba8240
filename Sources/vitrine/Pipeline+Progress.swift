import Pipeline

extension Pipeline {
  /// Embeds every picture that waits, and tells how it stands.
  func embedReporting() async throws -> Summary {
    try await Console.reporting { [self] withBar in
      let summary = summary
      let boxes = summary.boxes > 0 ? ", \(Console.count(summary.boxes)) boxes" : ""
      let text =
        "\(Console.count(summary.embedded)) embedded\(boxes), "
        + "\(Console.count(summary.failed)) failed"
      guard withBar, let left = try? await waiting() else { return text }
      return Console.bar(done: summary.finished, left: left) + " " + text
    } while: {
      try await embed()
    }
  }
}
