import Foundation
import Support
import Testing

@testable import Vision

struct EmbedderTests {
  /// The repository's own model; `make test` sets it up before.
  static func embedder() throws -> OpenVINOEmbedder {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appending(path: ".deps/model", directoryHint: .isDirectory)
    try #require(
      FileManager.default.fileExists(atPath: folder.path),
      "no model in \(folder.path): run `make setup`")
    return try OpenVINOEmbedder(model: folder)
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func `vectors have unit length, keep the order and find the resized copy`() async throws {
    let embedder = try Self.embedder()
    let drawings = (0..<6 as Range<UInt64>).map {
      Drawing.garment(seed: $0, tint: [(150, 60, 60), (60, 90, 160), (80, 140, 80)][Int($0) % 3])
    }
    let vectors = try await embedder.embed(drawings.map(\.picture))
    let copies = try await embedder.embed(drawings.reversed().map { $0.resized(0.6).picture })
    #expect(embedder.dimension == 256 && vectors.allSatisfy { $0.count == 256 })
    for vector in vectors { #expect(abs(cosine(vector, vector) - 1) < 1e-5) }
    for (i, copy) in copies.reversed().enumerated() {
      let scores = vectors.map { cosine($0, copy) }
      #expect(scores.firstIndex(of: scores.max() ?? 0) == i)
    }
    #expect(try await embedder.embed([]) == [])
  }

  @Test func `many callers at once get what one alone gets`() async throws {
    let embedder = try Self.embedder()
    let pictures = (10..<14 as Range<UInt64>).map {
      Drawing.garment(seed: $0, tint: (120, 120, 160)).picture
    }
    let alone = try await embedder.embed(pictures)
    let together = try await withThrowingTaskGroup { group in
      for _ in 0..<4 { group.addTask { try await embedder.embed(pictures) } }
      return try await group.reduce(into: [[[Float]]]()) { $0.append($1) }
    }
    for vectors in together {
      for (a, b) in zip(vectors, alone) { #expect(cosine(a, b) > 0.99999) }
    }
  }

  @Test func `the model's name covers weights and projection`() throws {
    let embedder = try Self.embedder()
    #expect(embedder.modelID.hasPrefix("efficientnet-lite2-256-"))
  }

  @Test func `a folder without a model is told by its path`() {
    let folder = TemporaryFolder()
    #expect {
      _ = try OpenVINOEmbedder(model: folder.url)
    } throws: { error in
      guard case .modelUnusable(let path, _)? = error as? EmbedError else { return false }
      return path == folder.url.path && "\(error)".hasSuffix("no model.yaml in it")
    }
    #expect {
      _ = try OpenVINOEmbedder(model: folder.url.appending(path: "none"))
    } throws: { error in
      "\(error)".hasSuffix("none: no such folder")
    }
  }

  @Test func `a model of nonsense is an error, not a crash`() throws {
    let folder = TemporaryFolder()
    let card = #"{"id": "x", "dimension": 4, "side": 32, "share": 0.875}"#
    try Data(card.utf8).write(to: folder.file("model.json"))
    try Data("<net/>".utf8).write(to: folder.file("model.xml"))
    #expect(throws: EmbedError.self) { _ = try OpenVINOEmbedder(model: folder.url) }
    try Data(#"{"id": "x", "dimension": -4, "side": 32, "share": 2}"#.utf8)
      .write(to: folder.file("model.json"))
    #expect(throws: EmbedError.self) { _ = try OpenVINOEmbedder(model: folder.url) }
  }
}
