internal import Foundation

/// What `model.yaml`, or `model.json`, beside a model tells about it.
struct ModelCard: Equatable, Sendable {
  enum Resize: String, CardWord {
    /// The middle square that keeps `share` of the shorter side.
    case middle
    /// The whole picture, whatever that does to its ratio.
    case squash
    /// The whole picture in the middle of a white square.
    case pad
  }
  enum Pooling: String, CardWord {
    /// The output is the vector.
    case none
    /// The first of a sequence of vectors, `[1 × tokens × dimension]`.
    case first
    /// The mean over tokens, `[1 × tokens × dimension]`, or over places,
    /// `[1 × dimension × rows × columns]`.
    case mean
  }

  /// Covers weights, preprocessing and projection: vectors of two ids are never compared.
  var id: String
  /// The model beside the card, an IR (`.xml`) or ONNX.
  var file: String
  /// Length of a vector; an index takes 8 to 4,096.
  var dimension: Int
  /// How the model takes pixels.
  var format: InputFormat
  var resize: Resize
  /// How much of the shorter side the middle square keeps, 0.1…1.
  var share: Double
  /// The output's name where the model has several.
  var output: String?
  var pooling: Pooling

  /// The card as it is written; what is left out has a value of its own.
  private struct Written: Decodable {
    var id: String
    var file: String?
    var dimension: Int
    var side: Int
    var resize: Resize?
    var share: Double?
    var layout: InputFormat.Layout?
    var element: InputFormat.Element?
    var mean: [Float]?
    var scale: [Float]?
    var output: String?
    var pooling: Pooling?

    enum CodingKeys: CodingKey, CaseIterable {
      case id, file, dimension, side, resize, share, layout, element, mean, scale, output, pooling
    }
  }

  /// A card that crops closer is a slip, and would ask for pictures of any size.
  private static let leastShare = 0.1

  /// What a card may be called; the first that is there counts.
  static let names = ["model.yaml", "model.json"]

  /// Where the card of the model in `folder` is.
  static func place(in folder: URL) throws(EmbedError) -> URL {
    let places = names.map { folder.appending(path: $0) }
    let isThere = { (place: URL) in FileManager.default.fileExists(atPath: place.path) }
    if let place = places.first(where: isThere) { return place }
    throw .modelUnusable(
      path: folder.path, reason: isThere(folder) ? "no \(names[0]) in it" : "no such folder")
  }

  init(readingFrom folder: URL) throws(EmbedError) {
    let place = try CardFile(try Self.place(in: folder))
    func refuse(_ reason: String) -> EmbedError { place.refusal(reason) }
    let written = try place.decoded(as: Written.self, keys: Written.CodingKeys.self)
    id = written.id
    file = written.file ?? "model.xml"
    dimension = written.dimension
    format = InputFormat(
      side: written.side, layout: written.layout ?? .nhwc, element: written.element ?? .u8,
      mean: written.mean ?? [0, 0, 0], scale: written.scale ?? [1, 1, 1])
    resize = written.resize ?? .middle
    share = written.share ?? 1
    output = written.output
    pooling = written.pooling ?? .none
    guard !id.isEmpty else { throw refuse("id is empty") }
    guard (1...4096).contains(dimension) else {
      throw refuse("dimension \(dimension), 1 to 4,096 wanted")
    }
    if let reason = format.fault { throw refuse(reason) }
    guard share >= Self.leastShare, share <= 1 else {
      throw refuse("share \(share), \(Self.leastShare) to 1 wanted")
    }
    let model = try place.neighbour("file", file)
    // A card of `make setup` names its model already; anyone else's is told apart by its content.
    if written.file != nil { id += "-\(try place.digest(with: model))" }
  }
}
