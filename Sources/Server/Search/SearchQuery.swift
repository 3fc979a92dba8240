import Catalog
import Foundation
import Hummingbird
import Storage
import VectorSearch

/// How far from the query the hits may lie: every stride-th rank of the exact order is one.
enum Variety: Int, CaseIterable, Sendable {
  case closest = 1, near, mixed, wide, widest

  var stride: Int {
    switch self {
    case .closest: 1
    case .near: 64
    case .mixed: 256
    case .wide: 1024
    case .widest: 4096
    }
  }
}

/// A picture of the catalog that draws the hits towards itself or away.
struct Example: Sendable, Equatable {
  var image: ID<ImageRecord>
  /// Below zero for what the hits shall not look like.
  var weight: Float

  /// Reads `id` or `id:weight`; the sign of `weight` is that of all.
  static func all(_ name: String, weight: Float, _ fields: Fields) throws(Problem) -> [Example] {
    var examples: [Example] = []
    for text in fields.all(name).flatMap({ $0.split(separator: ",") }) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      let size = parts.count == 1 ? abs(weight) : Float(parts[1]) ?? .nan
      guard parts.count < 3, let id = Int64(parts[0]), id > 0, size > 0, size <= 100 else {
        throw .invalid(
          name,
          "\(Fields.quoted(String(text))) is neither id nor id:weight, with a weight up to 100")
      }
      examples.append(Example(image: ID(id), weight: weight < 0 ? -size : size))
    }
    return examples
  }
}

/// A search as it was asked for.
struct SearchQuery: Sendable {
  enum Source: Sendable {
    case picture([UInt8])
    case item(ID<Item>)
    case image(ID<ImageRecord>)
    case box(ID<Box>)
    case url(CanonicalURL)
    case vector([Float])
    case text(String)
  }

  var source: Source
  /// Hits wanted at each level.
  var k: Int
  var varieties: [Variety]
  var crop: Region?
  var filter: ItemFilter
  /// Pictures of one duplicate group and near duplicates are one hit.
  var folds: Bool
  /// All pictures of one product are one hit.
  var isPerProduct: Bool
  /// Hits of each level that were told on earlier pages.
  var offset: Int
  /// What the earlier pages were read from.
  var snapshot: String?
  /// Pictures that count beside the source.
  var examples: [Example]
  var minScore: Float?
  /// The share of the exact hits to be found on average; nil for all.
  var recall: Double?
  /// A second model that ranks the closest hits again.
  var reranking: Reranking?

  static let defaultCount = 24
  static let maxCount = 1000
  /// Hits of all levels together.
  static let maxTotal = 2000
  static let maxOffset = 10_000
  /// Characters of a search by words: several times what a text encoder reads.
  static let maxTextLength = 1000

  /// Reads what all kinds of bodies have in common.
  init(source: Source, _ fields: Fields, now: Timestamp) throws(Problem) {
    self.source = source
    k = try fields.integer("k", in: 1...Self.maxCount) ?? Self.defaultCount
    varieties = try Self.varieties(fields)
    guard k * varieties.count <= Self.maxTotal else {
      throw .invalid("k", "\(k) at \(varieties.count) levels, limit \(Self.maxTotal) together")
    }
    crop = try Self.crop(fields)
    filter = try ItemFilter(fields, now: now)
    folds = try fields.flag("fold") ?? true
    isPerProduct = try fields.choice("one_per", ["picture", "product"]) == "product"
    guard folds || !isPerProduct else {
      throw .invalid("one_per", "with fold=0 nothing folds: leave out one of them")
    }
    offset = try fields.integer("offset", in: 0...Self.maxOffset) ?? 0
    guard offset + k <= SearchRequest.hitLimit.upperBound else {
      throw .invalid(
        "offset", "\(offset) and \(k) more, limit \(SearchRequest.hitLimit.upperBound) together")
    }
    snapshot = try fields.one("snapshot")
    examples =
      try Example.all("more", weight: 1, fields) + Example.all("less", weight: -0.5, fields)
    guard examples.count < SearchRequest.directionLimit.upperBound else {
      throw .invalid(
        "more", "\(examples.count) examples, limit \(SearchRequest.directionLimit.upperBound - 1)")
    }
    minScore = try fields.number("min_score", in: -1...1).map { Float($0) }
    recall = try fields.number("recall", in: 0...1)
    reranking = try Reranking(fields)
    guard reranking == nil || varieties.contains(.closest) else {
      throw .invalid("rerank", "only the hits of variety 1 are ranked again")
    }
    switch source {
    case .vector where crop != nil, .text where crop != nil:
      throw .invalid("crop", "a vector or a text has no part to cut out")
    case .box where crop != nil: throw .invalid("crop", "a box is a part already")
    default: break
    }
  }

  private static func varieties(_ fields: Fields) throws(Problem) -> [Variety] {
    let texts = fields.all("variety").flatMap { $0.split(separator: ",") }
    if texts.isEmpty { return [.closest] }
    if texts == ["all"] { return Variety.allCases }
    var varieties: [Variety] = []
    for text in texts {
      guard let variety = Int(text).flatMap(Variety.init) else {
        throw .invalid("variety", "\(Fields.quoted(String(text))) is none of 1...5, all")
      }
      if !varieties.contains(variety) { varieties.append(variety) }
    }
    return varieties
  }

  private static func crop(_ fields: Fields) throws(Problem) -> Region? {
    let texts = fields.all("crop").flatMap { $0.split(separator: ",") }
    guard !texts.isEmpty else { return nil }
    let numbers = texts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard texts.count == 4, numbers.count == 4, numbers.allSatisfy(\.isFinite) else {
      throw .invalid("crop", "not the four numbers x, y, width, height")
    }
    guard
      let crop = Region(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    else { throw .invalid("crop", Region.demand) }
    return crop
  }
}

extension SearchQuery {
  /// Reads a request whose body is a picture, a form or JSON.
  init(_ call: Call, _ settings: ServerSettings) async throws(Problem) {
    let contentType = HeaderValue(call.request.headers[.contentType] ?? "")
    func body(_ limit: Int) async throws(Problem) -> [UInt8] {
      try await call.body.read(limit: limit, timeout: settings.bodyTimeout)
    }
    switch contentType.token {
    case "application/json":
      let json: JSONBody = try .read(await body(settings.maxJSONBytes))
      var fields = call.fields
      try fields.add(json)
      try self.init(source: Self.source(fields, vector: json.vector), fields, now: call.now)
    case "multipart/form-data":
      guard let boundary = Multipart.boundary(of: call.request.headers[.contentType] ?? "") else {
        throw Problem(.malformedBody, "the form's content type names no usable boundary")
      }
      let parts = try Multipart.parse(await body(settings.maxBodyBytes), boundary: boundary)
      var fields = call.fields
      var picture: [UInt8]?
      for part in parts {
        if part.fileName != nil || part.mediaType?.hasPrefix("image/") == true {
          guard picture == nil else {
            throw Problem(.malformedBody, "the form has more than one file", parameter: part.name)
          }
          picture = Array(part.body)
        } else {
          guard let text = String(validating: part.body, as: UTF8.self) else {
            throw .invalid(part.name, "not UTF-8")
          }
          try fields.add(part.name, text)
        }
      }
      try self.init(source: Self.source(fields, picture: picture), fields, now: call.now)
    case let token where token.hasPrefix("image/") || token == "application/octet-stream":
      let picture = try await body(settings.maxBodyBytes)
      try self.init(
        source: Self.source(call.fields, picture: picture), call.fields, now: call.now)
    default:
      throw Problem(
        .unsupportedMediaType,
        "\(Fields.quoted(contentType.token)) is none of image/*, application/octet-stream, "
          + "multipart/form-data, application/json")
    }
  }

  /// The one thing to search by.
  static func source(
    _ fields: Fields, picture: [UInt8]? = nil, vector: [Float]? = nil
  ) throws(Problem) -> Source {
    var sources: [Source] = []
    if let picture {
      guard !picture.isEmpty else { throw Problem(.unreadablePicture, "no bytes") }
      sources.append(.picture(picture))
    }
    if let vector { sources.append(.vector(vector)) }
    if let id: ID<Item> = try fields.id("item") { sources.append(.item(id)) }
    if let id: ID<ImageRecord> = try fields.id("image") { sources.append(.image(id)) }
    if let id: ID<Box> = try fields.id("box") { sources.append(.box(id)) }
    if let text = try fields.one("url") {
      do throws(AddressError) {
        sources.append(.url(try CanonicalURL(text)))
      } catch {
        throw .invalid("url", "\(Fields.quoted(text)) is no http or https address")
      }
    }
    if let text = try fields.one("text") {
      guard text.unicodeScalars.count <= maxTextLength else {
        throw .invalid(
          "text", "\(text.unicodeScalars.count) characters, limit \(maxTextLength)")
      }
      guard text.contains(where: { !$0.isWhitespace }) else {
        throw .invalid("text", "nothing but white space")
      }
      sources.append(.text(text))
    }
    guard let source = sources.first else {
      throw Problem(.noPicture, "give a picture, or one of text, item, image, box, url, vector")
    }
    guard sources.count == 1 else {
      throw Problem(.noPicture, "give only one of picture, text, item, image, box, url, vector")
    }
    return source
  }
}
