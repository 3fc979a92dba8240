internal import Catalog
internal import Foundation
internal import Yams

/// What `model.yaml`, or `model.json`, beside a model tells about it.
///
/// Of a picture's pixel p (0…255) a channel of the input gets (p − `mean`) × `scale`.
struct ModelCard: Equatable, Sendable {
  enum Resize: String, Codable {
    /// The middle square that keeps `share` of the shorter side.
    case middle
    /// The whole picture, whatever that does to its ratio.
    case squash
    /// The whole picture in the middle of a white square.
    case pad
  }
  enum Layout: String, Codable { case nhwc, nchw }
  enum Element: String, Codable { case u8, f32 }
  enum Pooling: String, Codable {
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
  /// Length of a vector.
  var dimension: Int
  /// The model takes squares of this many pixels a side.
  var side: Int
  var resize: Resize
  /// How much of the shorter side the middle square keeps, 0…1.
  var share: Double
  var layout: Layout
  var element: Element
  /// Red, green, blue.
  var mean: [Float]
  var scale: [Float]
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
    var layout: Layout?
    var element: Element?
    var mean: [Float]?
    var scale: [Float]?
    var output: String?
    var pooling: Pooling?

    static let keys: Set<String> = [
      "id", "file", "dimension", "side", "resize", "share", "layout", "element", "mean", "scale",
      "output", "pooling",
    ]
  }

  /// What a card may be called; the first that is there counts.
  static let names = ["model.yaml", "model.json"]

  /// Where the card of the model in `folder` is, or would be as `make setup` writes it.
  static func place(in folder: URL) -> URL {
    let places = names.map { folder.appending(path: $0) }
    return places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[1]
  }

  init(readingFrom folder: URL) throws(EmbedError) {
    let place = Self.place(in: folder)
    func refuse(_ reason: String) -> EmbedError { .modelUnusable(path: place.path, reason: reason) }
    let text: String
    let written: Written
    do {
      text = try String(contentsOf: place, encoding: .utf8)
      guard let keys = try Yams.load(yaml: text) as? [String: Any] else {
        throw refuse("no table of keys and values")
      }
      let strange = Set(keys.keys).subtracting(Written.keys).sorted()
      guard strange.isEmpty else {
        throw refuse(
          "unknown key \(strange[0]); known are \(Written.keys.sorted().joined(separator: ", "))")
      }
      // JSON is YAML.
      written = try YAMLDecoder().decode(Written.self, from: text)
    } catch let error as EmbedError {
      throw error
    } catch {
      throw refuse("\(error)")
    }
    id = written.id
    file = written.file ?? "model.xml"
    dimension = written.dimension
    side = written.side
    resize = written.resize ?? .middle
    share = written.share ?? 1
    layout = written.layout ?? .nhwc
    element = written.element ?? .u8
    mean = written.mean ?? [0, 0, 0]
    scale = written.scale ?? [1, 1, 1]
    output = written.output
    pooling = written.pooling ?? .none
    guard !id.isEmpty else { throw refuse("id is empty") }
    guard (1...65_536).contains(dimension) else {
      throw refuse("dimension \(dimension), 1 to 65,536 wanted")
    }
    guard (16...1024).contains(side) else { throw refuse("side \(side), 16 to 1,024 wanted") }
    guard share > 0, share <= 1 else { throw refuse("share \(share), above 0 to 1 wanted") }
    guard mean.count == 3, scale.count == 3, (mean + scale).allSatisfy(\.isFinite) else {
      throw refuse("mean \(mean) and scale \(scale), three numbers each wanted")
    }
    guard element == .f32 || (mean == [0, 0, 0] && scale == [1, 1, 1]) else {
      throw refuse("a model that takes u8 has no mean and scale")
    }
    guard !file.isEmpty, !file.contains("/") else {
      throw refuse("file \(file), a name within the folder wanted")
    }
    // A card of `make setup` names its model already; anyone else's is told apart by its content.
    if written.file != nil { id += "-\(try digest(text, folder))" }
  }

  private func digest(_ text: String, _ folder: URL) throws(EmbedError) -> String {
    let model = folder.appending(path: file)
    var parts = [model]
    if model.pathExtension == "xml" {
      parts.append(model.deletingPathExtension().appendingPathExtension("bin"))
    }
    var all = Array(text.utf8)
    for part in parts {
      do {
        all += ContentHash(of: [UInt8](try Data(contentsOf: part, options: .mappedIfSafe))).bytes
      } catch {
        throw .modelUnusable(path: part.path, reason: "\(error)")
      }
    }
    return String(ContentHash(of: all).description.prefix(12))
  }
}
