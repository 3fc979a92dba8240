/// A `tokenizer.json` as far as it is understood; everything else in it is refused, not passed over.
struct TokenizerFile: Decodable {
  var normalizer: Part?
  var splitter: Part?
  var processor: Part?
  var padding: Padding?
  var model: Model

  private enum CodingKeys: String, CodingKey {
    case normalizer, padding, model
    case splitter = "pre_tokenizer"
    case processor = "post_processor"
  }

  struct Padding: Decodable {
    var token: Int
    private enum CodingKeys: String, CodingKey { case token = "pad_id" }
  }

  struct Model: Decodable {
    var vocabulary: [String: Int]
    var merges: Merges
    var continuation: String?
    var endOfWord: String?
    var fallsBackToBytes: Bool?
    var ignoresMerges: Bool?

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      // The first thing to be told of another kind of tokeniser, whose parts have other shapes.
      let type = try container.decodeIfPresent(String.self, forKey: .type) ?? "BPE"
      guard type == "BPE" else {
        throw DecodingError.dataCorruptedError(
          forKey: .type, in: container, debugDescription: "\(type), BPE wanted")
      }
      vocabulary = try container.decode([String: Int].self, forKey: .vocabulary)
      merges = try container.decode(Merges.self, forKey: .merges)
      continuation = try container.decodeIfPresent(String.self, forKey: .continuation)
      endOfWord = try container.decodeIfPresent(String.self, forKey: .endOfWord)
      fallsBackToBytes = try container.decodeIfPresent(Bool.self, forKey: .fallsBackToBytes)
      ignoresMerges = try container.decodeIfPresent(Bool.self, forKey: .ignoresMerges)
    }

    private enum CodingKeys: String, CodingKey {
      case type, merges
      case vocabulary = "vocab"
      case continuation = "continuing_subword_prefix"
      case endOfWord = "end_of_word_suffix"
      case fallsBackToBytes = "byte_fallback"
      case ignoresMerges = "ignore_merges"
    }
  }

  /// Pairs of tokens, each written `"a b"` or `["a", "b"]`.
  struct Merges: Decodable {
    var pairs: [(String, String)]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      let lists: [[String]]
      if let texts = try? container.decode([String].self) {
        lists = texts.map { $0.split(separator: " ").map(String.init) }
      } else {
        lists = try container.decode([[String]].self)
      }
      pairs = []
      pairs.reserveCapacity(lists.count)
      for list in lists {
        guard list.count == 2 else {
          throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "merge \(pairs.count + 1) is no pair of tokens")
        }
        pairs.append((list[0], list[1]))
      }
    }
  }

  /// One step of the tokeniser, or a sequence of them.
  struct Part: Decodable {
    var type: String
    var normalizers: [Part]?
    var pretokenizers: [Part]?
    var processors: [Part]?
    var pattern: Pattern?
    var content: String?
    var behavior: String?
    var invert: Bool?
    var prefixesSpace: Bool?
    var splits: Bool?
    var cls: Marker?
    var sep: Marker?
    var single: [Piece]?
    var specials: [String: Special]?

    private enum CodingKeys: String, CodingKey {
      case type, normalizers, pretokenizers, processors, pattern, content, behavior, invert
      case cls, sep, single
      case prefixesSpace = "add_prefix_space"
      case splits = "use_regex"
      case specials = "special_tokens"
    }

    /// The steps that a sequence is made of.
    var steps: [Part] {
      guard type == "Sequence" else { return [self] }
      return (normalizers ?? pretokenizers ?? processors ?? []).flatMap(\.steps)
    }
  }

  struct Pattern: Decodable {
    var expression: String?
    private enum CodingKeys: String, CodingKey { case expression = "Regex" }
  }

  /// `["<|endoftext|>", 49407]`
  struct Marker: Decodable {
    var token: Int

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      _ = try container.decode(String.self)
      token = try container.decode(Int.self)
    }
  }

  struct Special: Decodable { var ids: [Int] }

  /// A part of a template: a special token, or the text.
  struct Piece: Decodable {
    var special: Named?
    var text: Named?

    private enum CodingKeys: String, CodingKey {
      case special = "SpecialToken"
      case text = "Sequence"
    }

    struct Named: Decodable { var id: String }
  }
}

extension TextTokenizer {
  /// Makes what the file describes, or says what in it is not understood.
  init(_ file: TokenizerFile) throws(VocabularyError) {
    let model = file.model
    guard (model.continuation ?? "").isEmpty, model.fallsBackToBytes != true,
      model.ignoresMerges != true
    else {
      throw VocabularyError(
        "continuing_subword_prefix, byte_fallback and ignore_merges are not understood")
    }
    encoding = try BytePairEncoding(
      vocabulary: model.vocabulary, merges: model.merges.pairs,
      endOfWord: model.endOfWord ?? "")
    cleaning = []
    (style, prefixesSpace) = try Self.splitting(file.splitter?.steps ?? [])
    if style == .clip { cleaning.append(.straightQuotes) }
    for step in file.normalizer?.steps ?? [] { cleaning.append(try Self.cleaning(step)) }
    (start, end) = ([], [])
    for step in file.processor?.steps ?? [] {
      let (before, after) = try Self.markers(step)
      start = before + start
      end += after
    }
    padding = try file.padding.map { padding throws(VocabularyError) in
      try Self.token(padding.token)
    }
  }

  private static func cleaning(_ step: TokenizerFile.Part) throws(VocabularyError) -> Cleaning {
    switch (step.type, step.pattern?.expression, step.content) {
    case ("NFC", _, _): return .nfc
    case ("NFKC", _, _): return .nfkc
    case ("Lowercase", _, _): return .lowercase
    case ("Replace", #"\s+"#, " "): return .singleSpaces
    default: throw VocabularyError("normalizer \(step.type) is not understood")
    }
  }

  private static let clipPattern =
    #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
  private static let clipMarkers = #"<\|startoftext\|>|<\|endoftext\|>|"#

  private static func splitting(_ steps: [TokenizerFile.Part]) throws(VocabularyError) -> (
    WordScanner.Style, prefixesSpace: Bool
  ) {
    guard let bytes = steps.last, bytes.type == "ByteLevel" else {
      throw VocabularyError("no byte-level pre_tokenizer")
    }
    if steps.count == 1, bytes.splits != false {
      return (.gpt2, bytes.prefixesSpace ?? true)
    }
    let split = steps[0]
    guard steps.count == 2, split.type == "Split", bytes.prefixesSpace != true,
      split.pattern?.expression == clipPattern
        || split.pattern?.expression == clipMarkers + clipPattern,
      split.behavior?.lowercased() == "removed", split.invert == true
    else { throw VocabularyError("the pre_tokenizer is neither CLIP's nor GPT-2's") }
    return (.clip, false)
  }

  private static func markers(_ step: TokenizerFile.Part) throws(VocabularyError) -> (
    start: [Int32], end: [Int32]
  ) {
    switch step.type {
    case "ByteLevel": return ([], [])
    case "RobertaProcessing", "BertProcessing":
      guard let cls = step.cls, let sep = step.sep else {
        throw VocabularyError("\(step.type) without cls and sep")
      }
      return ([try token(cls.token)], [try token(sep.token)])
    case "TemplateProcessing":
      var sides: [[Int32]] = [[]]
      for piece in step.single ?? [] {
        if piece.text != nil {
          sides.append([])
        } else if let name = piece.special?.id, let special = step.specials?[name] {
          for id in special.ids { sides[sides.count - 1].append(try token(id)) }
        } else {
          throw VocabularyError("a template with a piece that is neither text nor a known token")
        }
      }
      guard sides.count == 2 else { throw VocabularyError("a template without one text") }
      return (sides[0], sides[1])
    default: throw VocabularyError("post_processor \(step.type) is not understood")
    }
  }

  private static func token(_ token: Int) throws(VocabularyError) -> Int32 {
    guard (0..<BytePairEncoding.tokenLimit).contains(token) else {
      throw VocabularyError("token \(token), 0 to \(BytePairEncoding.tokenLimit - 1) wanted")
    }
    return Int32(token)
  }
}
