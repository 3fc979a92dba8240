internal import Foundation

/// What an evaluation found: retrieval by class, near duplicates, time and a map.
package struct Evaluation: Sendable, Encodable {
  package struct Robustness: Sendable, Equatable, Encodable {
    package var edit: PictureEdit
    package var queries: Int
    /// The share of edited pictures whose nearest neighbour is the picture they were made from.
    package var recallAt1: Double
    /// The same in half-whitened coordinates.
    package var recallAt1HalfWhitened: Double
  }

  package struct Latency: Sendable, Equatable, Encodable {
    /// Milliseconds from a file's bytes to its vector, one picture at a time.
    package var median: Double
    package var ninetyFifth: Double
    /// Pictures a second with all streams busy.
    package var perSecond: Double
  }

  package struct Refusal: Sendable, Equatable, Encodable {
    package var file: String
    package var reason: String
  }

  package var model: String
  package var pictures: Int
  package var retrieval: RetrievalScores
  package var robustness: [Robustness]
  package var latency: Latency
  /// Files that are no pictures; they are left out.
  package var refused: [Refusal]

  // What only the report shows.
  var files: [URL] = []
  var labels: [Int] = []
  var vectors = VectorTable(dimension: 1)

  private enum CodingKeys: String, CodingKey {
    case model, pictures, retrieval, robustness, latency, refused
  }

  /// The mean over all edits' queries.
  package var meanRobustness: Double {
    let queries = robustness.reduce(0) { $0 + $1.queries }
    let right = robustness.reduce(0) { $0 + $1.recallAt1 * Double($1.queries) }
    return queries == 0 ? 0 : right / Double(queries)
  }
}

/// Where an evaluation stands, for a line of progress.
package struct EvaluationProgress: Sendable {
  package var done: Int
  package var total: Int
}

extension Evaluation {
  /// Embeds every picture of `truth` and edits of some, and measures what is found.
  ///
  /// - Parameters:
  ///   - sample: how many pictures, evenly spread, are edited; their edits ask all pictures.
  ///   - lane: where files are read and decoded.
  ///   - tell: called with what is done; never at the same time twice.
  /// - Throws: `EmbedError`, `GroundTruthError` where a picture is gone while it is measured,
  ///   `CancellationError`.
  package static func run(
    _ truth: GroundTruth, with embedder: OpenVINOEmbedder, sample: Int = 200, lane: ComputeLane,
    tell: (EvaluationProgress) -> Void = { _ in }
  ) async throws -> Evaluation {
    let edits = PictureEdit.allCases
    let total = truth.files.count + min(sample, truth.files.count) * edits.count
    var embedded = Embedded(dimension: embedder.dimension)
    let clock = ContinuousClock()
    let start = clock.now
    try await embedded.add(truth, embedder, lane) { tell(.init(done: $0, total: total)) }
    let perSecond = Double(truth.files.count) / ((clock.now - start) / .seconds(1))
    let vectors = embedded.vectors
    guard vectors.count >= 2 else {
      throw EmbedError.inferenceFailed(
        reason: "\(vectors.count) readable pictures, at least 2 wanted")
    }
    let whitening = HalfWhitening(of: vectors)
    let whitened = whitening.applied(to: vectors)
    let chosen = evenly(sample, of: vectors.count)
    var robustness: [Robustness] = []
    for (round, edit) in edits.enumerated() {
      let queries = try await embedded.edited(edit, chosen, embedder, lane)
      robustness.append(
        Robustness(
          edit: edit, queries: chosen.count,
          recallAt1: queries.shareFinding(chosen, in: vectors),
          recallAt1HalfWhitened: whitening.applied(to: queries).shareFinding(
            chosen, in: whitened)))
      tell(.init(done: truth.files.count + (round + 1) * chosen.count, total: total))
    }
    let times = try await embedded.times(embedder, lane).sorted()
    let (median, late) = (
      times[times.count / 2], times[min(times.count - 1, times.count * 95 / 100)]
    )
    var evaluation = Evaluation(
      model: embedder.modelID, pictures: vectors.count,
      retrieval: RetrievalScores(of: vectors, labels: embedded.labels, classes: truth.classes),
      robustness: robustness,
      latency: Latency(median: median, ninetyFifth: late, perSecond: perSecond),
      refused: embedded.refused)
    evaluation.files = embedded.files
    evaluation.labels = embedded.labels
    evaluation.vectors = vectors
    return evaluation
  }

  /// At most `count` of `0..<total`, evenly spread.
  static func evenly(_ count: Int, of total: Int) -> [Int] {
    let count = min(count, total)
    return (0..<count).map { $0 * total / count }
  }
}

extension VectorTable {
  /// The share of rows whose best row of `gallery` is the one at the same place of `right`.
  package func shareFinding(_ right: [Int], in gallery: VectorTable) -> Double {
    guard count > 0 else { return 0 }
    let scores = scores(0..<count, against: gallery)
    var found = 0
    for row in 0..<count {
      let own = scores[row * gallery.count..<(row + 1) * gallery.count]
      var best = own.startIndex
      for place in own.indices where own[place] > own[best] { best = place }
      if best - own.startIndex == right[row] { found += 1 }
    }
    return Double(found) / Double(count)
  }
}

/// The pictures of a ground truth that could be read, with their vectors.
private struct Embedded {
  var vectors: VectorTable
  var files: [URL] = []
  var labels: [Int] = []
  var refused: [Evaluation.Refusal] = []
  private static let batch = 32

  init(dimension: Int) { vectors = VectorTable(dimension: dimension) }

  mutating func add(
    _ truth: GroundTruth, _ embedder: OpenVINOEmbedder, _ lane: ComputeLane, tell: (Int) -> Void
  ) async throws {
    for start in stride(from: 0, to: truth.files.count, by: Self.batch) {
      let places = start..<min(start + Self.batch, truth.files.count)
      try Task.checkCancellation()
      let readings = await Self.readings(
        of: places.map { truth.files[$0] }, atLeast: embedder.wantedSide, lane)
      var pictures: [Picture] = []
      for (place, reading) in zip(places, readings) {
        switch reading {
        case .picture(let picture):
          pictures.append(picture)
          files.append(truth.files[place])
          labels.append(truth.labels[place])
        case .refused(let reason):
          refused.append(.init(file: truth.files[place].path, reason: reason))
        }
      }
      for vector in try await embedder.embed(pictures) { vectors.append(vector) }
      tell(places.upperBound)
    }
  }

  func edited(
    _ edit: PictureEdit, _ places: [Int], _ embedder: OpenVINOEmbedder, _ lane: ComputeLane
  ) async throws -> VectorTable {
    var queries = VectorTable(dimension: vectors.dimension)
    for start in stride(from: 0, to: places.count, by: Self.batch) {
      let part = places[start..<min(start + Self.batch, places.count)]
      let pictures = try await Self.pictures(
        of: part.map { files[$0] }, atLeast: embedder.wantedSide, edit: edit, lane)
      try Task.checkCancellation()
      for vector in try await embedder.embed(pictures) { queries.append(vector) }
    }
    return queries
  }

  /// Milliseconds of some pictures, one at a time.
  func times(_ embedder: OpenVINOEmbedder, _ lane: ComputeLane) async throws -> [Double] {
    var times: [Double] = []
    let clock = ContinuousClock()
    for place in Evaluation.evenly(40, of: files.count) {
      let start = clock.now
      _ = try await embedder.embed(
        try await Self.pictures(of: [files[place]], atLeast: embedder.wantedSide, lane))
      times.append((clock.now - start) / .milliseconds(1))
    }
    return times
  }

  private static func readings(
    of files: [URL], atLeast side: Int, edit: PictureEdit? = nil, _ lane: ComputeLane
  ) async -> [Reading] {
    await lane.map(files) { Reading(of: $0, atLeast: side, edit: edit) }
  }

  /// The same of files that were read before: one that is no picture any more is told by its path.
  private static func pictures(
    of files: [URL], atLeast side: Int, edit: PictureEdit? = nil, _ lane: ComputeLane
  ) async throws(GroundTruthError) -> [Picture] {
    var pictures: [Picture] = []
    let readings = await readings(of: files, atLeast: side, edit: edit, lane)
    for (file, reading) in zip(files, readings) {
      switch reading {
      case .picture(let picture): pictures.append(picture)
      case .refused(let reason): throw .unreadable(path: file.path, reason: reason)
      }
    }
    return pictures
  }
}

/// What a file of a ground truth holds.
private enum Reading: Sendable {
  case picture(Picture)
  case refused(reason: String)

  /// - Parameter side: what the embedder wants; an edit that makes a picture smaller starts from twice.
  init(of file: URL, atLeast side: Int, edit: PictureEdit?) {
    do {
      let bytes = [UInt8](try Data(contentsOf: file))
      if let edit {
        self = .picture(try edit.applied(to: Picture(decoding: bytes, atLeast: 2 * side)))
      } else {
        self = .picture(try PictureAnalysis.picture(of: bytes, atLeast: side))
      }
    } catch {
      self = .refused(reason: error.fileFault)
    }
  }
}
