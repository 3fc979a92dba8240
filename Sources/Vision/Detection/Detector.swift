package import Catalog
package import Foundation

/// Finds the garments, or whatever its classes are, in pictures.
package final class Detector: Sendable {
  /// Covers weights and card: boxes of two ids may differ.
  package let id: String
  private let card: DetectorCard
  private let model: CompiledModel
  private let lane: ComputeLane

  /// - Parameter folder: holds a `detector.yaml` and the model that it names.
  package init(model folder: URL, streams: Int = 1) throws(EmbedError) {
    precondition(streams > 0)
    card = try DetectorCard(readingFrom: folder)
    id = card.id
    model = try CompiledModel(card.model, streams: streams)
    lane = ComputeLane(name: "detect", threads: streams)
    // What does not fit the card is refused here, not at a picture.
    let grey = Picture(width: 1, height: 1, pixels: [114, 114, 114])
    do throws(EmbedError) {
      let letter = Letterbox(grey, side: card.format.side, ground: 114)
      let output = try Self.output(of: letter, card, model)
      _ = try Self.candidates(in: output, card)
      if card.places == .pixels, card.liesInShares(output) {
        throw .inferenceFailed(reason: "every box lies within 0…1; give places: shares")
      }
    } catch .inferenceFailed(let reason) {
      throw .modelUnusable(path: card.model.path, reason: reason)
    }
  }

  /// Pixels of the square that a picture is laid into.
  package var side: Int { card.format.side }

  /// The boxes of a picture, surest first.
  package func detect(_ picture: Picture) async throws(EmbedError) -> [Detection] {
    try await lane.run { [card, model] () throws(EmbedError) in
      try Self.detections(in: picture, card, model)
    }
  }

  private static func detections(
    in picture: Picture, _ card: DetectorCard, _ model: CompiledModel
  ) throws(EmbedError) -> [Detection] {
    let letter = Letterbox(picture, side: card.format.side, ground: 114)
    return try candidates(in: try output(of: letter, card, model), card)
      .compactMap { letter.uncovered($0) }
      .withoutOverlaps(above: card.overlap, limit: card.limit)
  }

  private static func output(
    of letter: Letterbox, _ card: DetectorCard, _ model: CompiledModel
  ) throws(EmbedError) -> CompiledModel.Output {
    try model.run([card.format.input(of: letter.pixels)], output: card.output)
  }

  private static func candidates(
    in output: CompiledModel.Output, _ card: DetectorCard
  ) throws(EmbedError) -> [DetectorCard.Candidate] {
    guard let found = card.candidates(output) else {
      throw .inferenceFailed(
        reason: "an output of \(output.shape) holds no boxes of form \(card.form.rawValue) with "
          + "\(card.classes.count) classes")
    }
    return found
  }
}

extension DetectorCard {
  /// A box of the network's output, in pixels of its input.
  struct Candidate: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    var name: String
    var score: Float
  }

  /// Boxes that are looked at: many times what a picture holds.
  private static let candidateLimit = 1000

  /// The surest boxes of kept classes, in pixels of the input; `nil` where the output has another form.
  func candidates(_ output: CompiledModel.Output) -> [Candidate]? {
    guard output.shape.count == 3, output.shape[0] == 1 else { return nil }
    guard let found = form == .yolov10 ? chosen(output) : graded(output) else { return nil }
    guard found.count > Self.candidateLimit else { return found }
    return Array(found.sorted { $0.score > $1.score }.prefix(Self.candidateLimit))
  }

  /// Pixels of the input in one of what places are counted in.
  private var unit: Double { places == .pixels ? 1 : Double(format.side) }

  /// Boxes of which the network says one class each.
  private func chosen(_ output: CompiledModel.Output) -> [Candidate]? {
    let width = 6
    guard output.shape[2] == width else { return nil }
    return (0..<output.shape[1]).compactMap { box in
      let row = output.values[width * box..<width * (box + 1)].map(Double.init)
      let sides = row[..<4].map { $0 * unit }
      guard row[4] >= Double(score), let place = Int(exactly: row[5].rounded()),
        classes.indices.contains(place), kept.contains(classes[place]),
        sides.allSatisfy(\.isFinite), sides[2] > sides[0], sides[3] > sides[1]
      else { return nil }
      return Candidate(
        x: sides[0], y: sides[1], width: sides[2] - sides[0], height: sides[3] - sides[1],
        name: classes[place], score: min(Float(row[4]), 1))
    }
  }

  /// Boxes with a certainty of each class.
  private func graded(_ output: CompiledModel.Output) -> [Candidate]? {
    let places = form == .yolov8 ? 4 : 5
    let width = places + classes.count
    guard output.shape[form == .yolov8 ? 1 : 2] == width else { return nil }
    let count = output.shape[form == .yolov8 ? 2 : 1]
    func value(_ box: Int, _ column: Int) -> Float {
      output.values[form == .yolov8 ? column * count + box : box * width + column]
    }
    let columns = classes.indices.filter { kept.contains(classes[$0]) }
    var found: [Candidate] = []
    for box in 0..<count {
      let certainty = form == .yolov8 ? 1 : value(box, 4)
      guard certainty >= score else { continue }
      var best: (place: Int, score: Float) = (0, 0)
      for column in columns {
        let score = certainty * value(box, places + column)
        if score > best.score { best = (column, score) }
      }
      // What is no number is below every bound.
      guard best.score >= score else { continue }
      let sides = (0..<4).map { Double(value(box, $0)) * unit }
      guard sides.allSatisfy(\.isFinite), sides[2] > 0, sides[3] > 0 else { continue }
      found.append(
        Candidate(
          x: sides[0] - sides[2] / 2, y: sides[1] - sides[3] / 2, width: sides[2],
          height: sides[3], name: classes[best.place], score: min(best.score, 1)))
    }
    return found
  }

  /// Whether no box's centre is past a pixel from the corner, as none is that is told in shares. Boxes of
  /// networks that tell every one, however unsure, lie all over the input otherwise.
  func liesInShares(_ output: CompiledModel.Output) -> Bool {
    guard form != .yolov10, output.shape.count == 3 else { return false }
    let count = output.shape[form == .yolov8 ? 2 : 1]
    let width = output.shape[form == .yolov8 ? 1 : 2]
    return count > 0
      && (0..<count).allSatisfy { box in
        (0..<2).allSatisfy {
          output.values[form == .yolov8 ? $0 * count + box : box * width + $0] < 1.5
        }
      }
  }
}

extension [Detection] {
  /// The surest of those that lie over each other (greedy non-maximum suppression), surest first.
  ///
  /// - Parameters:
  ///   - overlap: what two of one name may share before the less sure one is dropped, 0…1.
  ///   - limit: how many are kept.
  /// - Complexity: `limit` times the count.
  func withoutOverlaps(above overlap: Double, limit: Int) -> [Detection] {
    var kept: [Detection] = []
    for detection in sorted(by: { $0.score > $1.score }) where kept.count < limit {
      let isCovered = kept.contains {
        $0.name == detection.name && $0.region.overlap(detection.region) > overlap
      }
      if !isCovered { kept.append(detection) }
    }
    return kept
  }
}
