internal import Foundation

/// What `text.yaml` beside a picture model's card tells about the text encoder of the same space.
///
/// A card of its own, for the picture model's says which vectors an index holds: a text encoder that
/// comes later makes none of them anew.
struct TextCard: Sendable {
  enum Element: String, CardWord { case i32, i64 }
  enum Pooling: String, CardWord {
    /// The output is the vector.
    case none
    /// Of a sequence of vectors, `[1 × context × dimension]`, the first.
    case first
    /// That of the text's last token, the end marker.
    case end
    /// The mean over the text's tokens.
    case mean
  }

  /// The encoder beside the card, an IR (`.xml`) or ONNX.
  var model: URL
  var tokenizer: TextTokenizer
  /// Tokens that the encoder takes, start and end among them.
  var context: Int
  /// The names of its inputs, where it has more than one.
  var input: String?
  var mask: String?
  var element: Element
  var output: String?
  var pooling: Pooling
  /// What stands behind the text's last token.
  var padding: Int32

  private struct Written: Decodable {
    var file: String
    var tokenizer: String?
    var vocab: String?
    var merges: String?
    var context: Int?
    var input: String?
    var mask: String?
    var element: Element?
    var output: String?
    var pooling: Pooling?
    var pad: Int32?

    enum CodingKeys: CodingKey, CaseIterable {
      case file, tokenizer, vocab, merges, context, input, mask, element, output, pooling, pad
    }
  }

  static let name = "text.yaml"

  /// The files of a text encoder in `folder`, the card first; none where it holds no card.
  static func files(in folder: URL) throws(EmbedError) -> [URL] {
    guard let (card, written) = try read(in: folder) else { return [] }
    var files = [card.place]
    for (key, file) in [
      ("file", written.file), ("tokenizer", written.tokenizer), ("vocab", written.vocab),
      ("merges", written.merges),
    ] {
      if let file { files.append(try card.neighbour(key, file)) }
    }
    return files
  }

  private static func read(in folder: URL) throws(EmbedError) -> (CardFile, Written)? {
    let place = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: place.path) else { return nil }
    let card = try CardFile(place)
    return (card, try card.decoded(as: Written.self, keys: Written.CodingKeys.self))
  }

  /// `nil` where the folder holds no `text.yaml`.
  init?(readingFrom folder: URL) throws(EmbedError) {
    guard let (card, written) = try Self.read(in: folder) else { return nil }
    model = try card.neighbour("file", written.file)
    switch (written.tokenizer, written.vocab, written.merges) {
    case (let file?, nil, nil):
      tokenizer = try TextTokenizer(try card.neighbour("tokenizer", file))
    case (nil, let vocabulary?, let merges?):
      tokenizer = try TextTokenizer(
        vocabulary: try card.neighbour("vocab", vocabulary),
        merges: try card.neighbour("merges", merges))
    default: throw card.refusal("give tokenizer, or both of vocab and merges")
    }
    context = written.context ?? 77
    let markers = tokenizer.start.count + tokenizer.end.count
    guard (markers + 1...2048).contains(context) else {
      throw card.refusal("context \(context), \(markers + 1) to 2,048 wanted")
    }
    (input, mask) = (written.input, written.mask)
    guard mask == nil || input != nil else {
      throw card.refusal("a mask without input: a model of two inputs has a name for each")
    }
    element = written.element ?? .i64
    output = written.output
    pooling = written.pooling ?? .none
    guard pooling != .end || !tokenizer.end.isEmpty else {
      throw card.refusal("pooling end with a tokeniser that writes no end marker")
    }
    padding = written.pad ?? tokenizer.padding ?? 0
  }

  /// What the encoder is given of a text, and how many of the tokens are the text's.
  func inputs(of text: String) -> (inputs: [CompiledModel.Input], count: Int) {
    let tokens = tokenizer.tokens(of: text, limit: context)
    let filler = repeatElement(padding, count: context - tokens.count)
    var inputs = [tensor(input, tokens + filler)]
    if let mask {
      inputs.append(
        tensor(mask, (0..<context).map { $0 < tokens.count ? 1 : 0 }))
    }
    return (inputs, tokens.count)
  }

  private func tensor(_ name: String?, _ values: [Int32]) -> CompiledModel.Input {
    CompiledModel.Input(
      name: name, values: element == .i32 ? .int32(values) : .int64(values.map(Int64.init)),
      shape: [1, values.count])
  }

  /// The vector within an output; `nil` where its shape holds none.
  func pooled(_ output: CompiledModel.Output, count: Int) -> [Float]? {
    if pooling == .none {
      // One vector: all other sides are 1.
      return output.shape.max() == output.values.count ? output.values : nil
    }
    guard output.shape.count == 3, output.shape[0] == 1, output.shape[1] >= count, count > 0 else {
      return nil
    }
    let dimension = output.shape[2]
    func row(_ place: Int) -> ArraySlice<Float> {
      output.values[place * dimension..<(place + 1) * dimension]
    }
    switch pooling {
    case .first: return Array(row(0))
    case .end: return Array(row(count - 1))
    case .mean, .none:
      var sum = [Float](repeating: 0, count: dimension)
      for place in 0..<count { for (i, value) in row(place).enumerated() { sum[i] += value } }
      return sum.map { $0 / Float(count) }
    }
  }
}
