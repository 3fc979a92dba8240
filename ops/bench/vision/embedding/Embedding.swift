// Embeds the pictures of a folder, from files on disk, a line of JSON a round: what a crawl pays.
//
//     bench-embedding MODEL_FOLDER PICTURES ROUNDS [FEATURES]
//
// Reads "go" from stdin before each round, so that a driver can let a peer run in between. The vectors of
// the last round go to FEATURES (.fvecs), in the order of the files' names.

import Foundation
import Vision

@main
enum EmbeddingBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard (4...5).contains(arguments.count), let rounds = Int(arguments[3]) else {
      FileHandle.standardError.write(
        Data("usage: bench-embedding MODEL PICTURES ROUNDS [FEATURES]\n".utf8))
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
      let vectors = try await round(files, embedder, lane)
      let seconds = (ContinuousClock.now - wall) / .seconds(1)
      let spent = Double(clock() - cpu) / Double(CLOCKS_PER_SEC)
      let line = "{\"pictures\":\(files.count),\"wall\":\(seconds),\"cpu\":\(spent)}\n"
      try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
      if arguments.count == 5 { try save(vectors, to: URL(filePath: arguments[4])) }
    }
  }

  /// Two batches are under way, so that one is decoded while the other is embedded.
  private static func round(_ files: [URL], _ embedder: OpenVINOEmbedder, _ lane: ComputeLane)
    async throws -> [[Float]]
  {
    var found = [[Float]](repeating: [], count: files.count)
    try await withThrowingTaskGroup(of: (start: Int, vectors: [[Float]]).self) { group in
      func take(_ part: (start: Int, vectors: [[Float]])?) {
        guard let part else { return }
        found.replaceSubrange(part.start..<part.start + part.vectors.count, with: part.vectors)
      }
      for (number, start) in stride(from: 0, to: files.count, by: 16).enumerated() {
        if number >= 2 { take(try await group.next()) }
        let part = files[start..<min(start + 16, files.count)]
        group.addTask {
          let pictures = try await lane.map(part) { file throws in
            try PictureAnalysis.picture(
              of: [UInt8](Data(contentsOf: file)), atLeast: embedder.wantedSide)
          }
          let vectors = try await embedder.embed(pictures)
          precondition(vectors.count == part.count)
          return (start, vectors)
        }
      }
      for try await part in group { take(part) }
    }
    return found
  }

  /// Each vector behind its dimension as a 32-bit integer.
  private static func save(_ vectors: [[Float]], to file: URL) throws {
    var bytes = Data()
    for vector in vectors {
      withUnsafeBytes(of: Int32(vector.count).littleEndian) { bytes.append(contentsOf: $0) }
      vector.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    try bytes.write(to: file)
  }
}
