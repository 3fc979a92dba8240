// Retrieval with and without a head, on photos whose folders are their classes.
//
//     bench-retrieval MODEL_FOLDER PHOTOS
//
// Half of the photos train a head, their class as its only label; the other half is query and gallery.
// Then the halves change places. Edited copies of some photos ask among all. Prints JSON.

import Foundation
import Vision

struct Outcome: Encodable {
  var base: RetrievalScores.Measures
  var adapted: RetrievalScores.Measures?
  var weight: Float
  var cpuSeconds: Double
  /// The share of edited copies that find their original first: base, adapted, adapted half-whitened.
  var copies: [Double]
}

@main
enum RetrievalBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      FileHandle.standardError.write(Data("usage: bench-retrieval MODEL PHOTOS\n".utf8))
      exit(64)
    }
    let embedder = try OpenVINOEmbedder(model: URL(filePath: arguments[1]))
    let truth = try GroundTruth(at: URL(filePath: arguments[2]))
    let vectors = try await vectors(truth.files, nil, embedder)
    let chosen = Array(stride(from: 0, to: truth.files.count, by: 10))
    var copies: [VectorTable] = []
    for edit in PictureEdit.allCases {
      copies.append(try await Self.vectors(chosen.map { truth.files[$0] }, edit, embedder))
    }
    var outcomes: [Outcome] = []
    for half in 0..<2 {
      // By twos, for photos that follow each other are often of one thing.
      let trained = truth.files.indices.filter { $0 / 2 % 2 == half }
      let asked = truth.files.indices.filter { $0 / 2 % 2 != half }
      let labels = WeakLabels(
        products: trained.map(Int32.init),
        facets: [.init(name: "class", weight: 1, values: trained.map { [Int32(truth.labels[$0])] })]
      )
      let start = clock()
      let adaptation = Adaptation(of: vectors.rows(trained), labels: labels)
      let spent = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      func measures(_ table: VectorTable) -> RetrievalScores.Measures {
        RetrievalScores(
          of: table, labels: asked.map { truth.labels[$0] }, classes: truth.classes
        ).overall
      }
      var outcome = Outcome(
        base: measures(vectors.rows(asked)), weight: adaptation.weight, cpuSeconds: spent,
        copies: [share(copies, finding: chosen, in: vectors)])
      if let head = adaptation.head {
        let gallery = head.adapted(vectors)
        let whitening = HalfWhitening(of: gallery)
        outcome.adapted = measures(gallery.rows(asked))
        outcome.copies += [
          share(copies.map(head.adapted), finding: chosen, in: gallery),
          share(
            copies.map { whitening.applied(to: head.adapted($0)) }, finding: chosen,
            in: whitening.applied(to: gallery)),
        ]
      }
      outcomes.append(outcome)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try FileHandle.standardOutput.write(contentsOf: encoder.encode(outcomes) + Data("\n".utf8))
  }

  private static func vectors(
    _ files: [URL], _ edit: PictureEdit?, _ embedder: OpenVINOEmbedder
  ) async throws -> VectorTable {
    var table = VectorTable(dimension: embedder.dimension)
    let lane = ComputeLane(name: "decode")
    for start in stride(from: 0, to: files.count, by: 32) {
      let part = files[start..<min(start + 32, files.count)]
      let pictures = try await lane.map(part) { file throws in
        let picture = try PictureAnalysis.picture(
          of: [UInt8](Data(contentsOf: file)), atLeast: embedder.wantedSide)
        return try edit?.applied(to: picture) ?? picture
      }
      for vector in try await embedder.embed(pictures) { table.append(vector) }
    }
    return table
  }

  private static func share(
    _ copies: [VectorTable], finding originals: [Int], in gallery: VectorTable
  ) -> Double {
    let shares = copies.map { $0.shareFinding(originals, in: gallery) }
    return shares.reduce(0, +) / Double(shares.count)
  }
}
