// Embeds the pictures of a folder, from files on disk, a line of JSON a round: what a crawl pays.
//
//     bench-embedding MODEL_FOLDER PICTURES ROUNDS
//
// Reads "go" from stdin before each round, so that a driver can let a peer run in between.

import Foundation
import Vision

@main
enum EmbeddingBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let rounds = Int(arguments[3]) else {
      FileHandle.standardError.write(Data("usage: bench-embedding MODEL PICTURES ROUNDS\n".utf8))
      exit(64)
    }
    let embedder = try OpenVINOEmbedder(model: URL(filePath: arguments[1]))
    let folder = URL(filePath: arguments[2])
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".jpg") }.map { folder.appending(path: $0) }
    let lane = ComputeLane(name: "decode")
    for _ in 0..<rounds {
      guard readLine() != nil else { return }
      let (wall, cpu) = (ContinuousClock.now, clock())
      try await round(files, embedder, lane)
      let seconds = (ContinuousClock.now - wall) / .seconds(1)
      let spent = Double(clock() - cpu) / Double(CLOCKS_PER_SEC)
      let line = "{\"pictures\":\(files.count),\"wall\":\(seconds),\"cpu\":\(spent)}\n"
      try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
    }
  }

  /// Two batches are under way, so that one is decoded while the other is embedded.
  private static func round(_ files: [URL], _ embedder: OpenVINOEmbedder, _ lane: ComputeLane)
    async throws
  {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, start) in stride(from: 0, to: files.count, by: 16).enumerated() {
        if number >= 2 { try await group.next() }
        let part = files[start..<min(start + 16, files.count)]
        group.addTask {
          let pictures = try await lane.map(part) { file throws in
            try PictureAnalysis.picture(
              of: [UInt8](Data(contentsOf: file)), atLeast: embedder.wantedSide)
          }
          let vectors = try await embedder.embed(pictures)
          precondition(vectors.count == part.count)
        }
      }
      try await group.waitForAll()
    }
  }
}
