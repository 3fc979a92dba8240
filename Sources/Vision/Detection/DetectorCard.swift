internal import Foundation

/// What `detector.yaml` beside a model tells about a detector of YOLO's kind.
struct DetectorCard: Sendable {
  /// How an output holds its boxes: centre, width and height, then what they show.
  enum Form: String, CardWord {
    /// `[1 × (4 + classes) × boxes]`: a probability for each class (YOLOv8 and later).
    case yolov8
    /// `[1 × boxes × (5 + classes)]`: that there is anything, then each class given that (YOLOv5, v7).
    case yolov5
    /// `[1 × boxes × 6]`: left, top, right, bottom, how sure, the class's number (YOLOv10, and exports
    /// with NMS in them).
    case yolov10
  }
  /// What places in an output are counted in.
  enum Places: String, CardWord {
    /// Pixels of the input.
    case pixels
    /// Of the input's sides, 0…1.
    case shares
  }

  /// Covers weights and everything of the card.
  var id: String
  var model: URL
  var format: InputFormat
  var form: Form
  var places: Places
  var output: String?
  /// What the classes are called, in the model's order.
  var classes: [String]
  /// The classes that are kept.
  var kept: Set<String>
  /// Boxes below are dropped.
  var score: Float
  /// How much of two boxes of a class may be shared.
  var overlap: Double
  /// Boxes of a picture.
  var limit: Int

  private struct Written: Decodable {
    var id: String
    var file: String
    var side: Int?
    var layout: InputFormat.Layout?
    var element: InputFormat.Element?
    var mean: [Float]?
    var scale: [Float]?
    var output: String?
    var form: Form
    var places: Places?
    var classes: [String]
    var keep: [String]?
    var score: Float?
    var overlap: Double?
    var limit: Int?

    enum CodingKeys: CodingKey, CaseIterable {
      case id, file, side, layout, element, mean, scale, output, form, places, classes
      case keep, score, overlap, limit
    }
  }

  static let name = "detector.yaml"
  /// More classes than any data set of objects has.
  private static let classLimit = 10_000

  init(readingFrom folder: URL) throws(EmbedError) {
    let card = try CardFile(folder.appending(path: Self.name))
    let written = try card.decoded(as: Written.self, keys: Written.CodingKeys.self)
    guard !written.id.isEmpty else { throw card.refusal("id is empty") }
    model = try card.neighbour("file", written.file)
    let element = written.element ?? .f32
    let factor: Float = element == .u8 ? 1 : 1 / 255
    format = InputFormat(
      side: written.side ?? 640, layout: written.layout ?? .nchw, element: element,
      mean: written.mean ?? [0, 0, 0], scale: written.scale ?? [factor, factor, factor])
    if let reason = format.fault { throw card.refusal(reason) }
    form = written.form
    places = written.places ?? .pixels
    output = written.output
    classes = written.classes
    guard (1...Self.classLimit).contains(classes.count), Set(classes).count == classes.count else {
      throw card.refusal(
        "\(classes.count) classes, 1 to \(Self.classLimit) of different names wanted")
    }
    kept = Set(written.keep ?? classes)
    if let strange = kept.subtracting(classes).min() {
      throw card.refusal("keep names \(strange), which is no class")
    }
    score = written.score ?? 0.25
    overlap = written.overlap ?? 0.45
    limit = written.limit ?? 8
    guard score > 0, score < 1 else {
      throw card.refusal("score \(score), above 0 and below 1 wanted")
    }
    guard overlap > 0, overlap <= 1 else {
      throw card.refusal("overlap \(overlap), above 0 to 1 wanted")
    }
    guard (1...100).contains(limit) else { throw card.refusal("limit \(limit), 1 to 100 wanted") }
    id = "\(written.id)-\(try card.digest(with: model))"
  }
}
