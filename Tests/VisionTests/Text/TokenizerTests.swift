import Foundation
import Support
import Testing

@testable import Vision

struct TokenizerTests {
  private let vocabulary = JointModel.Vocabulary()

  private func clip() throws -> TextTokenizer {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url)
    return try TextTokenizer(
      vocabulary: folder.file("vocab.json"), merges: folder.file("merges.txt"))
  }

  /// A tokenizer.json of the fixture's vocabulary, with members replaced.
  private func json(_ changes: [String: Any] = [:], model: [String: Any] = [:]) throws
    -> TextTokenizer
  {
    let clip = #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
    var file: [String: Any] = [
      "version": "1.0",
      "normalizer": [
        "type": "Sequence",
        "normalizers": [
          ["type": "NFC"], ["type": "Replace", "pattern": ["Regex": #"\s+"#], "content": " "],
          ["type": "Lowercase"],
        ],
      ],
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          [
            "type": "Split", "pattern": ["Regex": clip], "behavior": "Removed", "invert": true,
          ],
          ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true],
        ],
      ],
      "post_processor": [
        "type": "RobertaProcessing", "sep": ["<|endoftext|>", vocabulary.end],
        "cls": ["<|startoftext|>", vocabulary.start],
      ],
    ]
    var written: [String: Any] = [
      "type": "BPE", "unk_token": "<|endoftext|>", "end_of_word_suffix": "</w>",
      "vocab": vocabulary.tokens, "merges": vocabulary.merges.map { "\($0) \($1)" },
    ]
    written.merge(model) { $1 }
    file["model"] = written
    file.merge(changes) { $1 }
    let folder = TemporaryFolder()
    let place = folder.file("tokenizer.json")
    try JSONSerialization.data(withJSONObject: file).write(to: place)
    return try TextTokenizer(place)
  }

  /// What the tokens stand for.
  private func texts(_ tokenizer: TextTokenizer, _ text: String, limit: Int = 64) -> [String] {
    let names = Dictionary(uniqueKeysWithValues: vocabulary.tokens.map { ($1, $0) })
    return tokenizer.tokens(of: text, limit: limit).map { names[Int($0)] ?? "?" }
  }

  private func words(_ text: String, _ style: WordScanner.Style) -> [String] {
    WordScanner(text, style: style).words().map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `text becomes the longest words that were learnt, between the markers`() throws {
    let clip = try clip()
    #expect(
      texts(clip, "  Red\t\tBLUE ") == ["<|startoftext|>", "red</w>", "blue</w>", "<|endoftext|>"])
    #expect(texts(clip, "reds").dropFirst().dropLast() == ["re", "d", "s</w>"])
    #expect(texts(clip, "it's 42").dropFirst().dropLast().joined() == "it</w>'s</w>4</w>2</w>")
    #expect(texts(clip, "é").dropFirst().dropLast() == ["Ã", "©</w>"])
    #expect(texts(clip, " ") == ["<|startoftext|>", "<|endoftext|>"])
  }

  @Test func `both kinds of files give the same tokens`() throws {
    let (clip, json) = (try clip(), try json())
    let arrays = try self.json(model: ["merges": vocabulary.merges.map { [$0.0, $0.1] }])
    for text in ["Red dress, size 38!", "e\u{301}t\u{e9} 👗 花柄", "women’s “white” dress"] {
      let tokens = clip.tokens(of: text, limit: 77)
      #expect(json.tokens(of: text, limit: 77) == tokens)
      #expect(arrays.tokens(of: text, limit: 77) == tokens)
    }
    #expect(texts(clip, "women’s") == texts(clip, "women's"))
  }

  @Test func `a long text keeps its beginning and the end marker`() throws {
    let clip = try clip()
    #expect(
      texts(clip, "red red red red", limit: 4) == [
        "<|startoftext|>", "red</w>", "red</w>", "<|endoftext|>",
      ])
    #expect(clip.tokens(of: String(repeating: "xy", count: 50_000), limit: 77).count == 77)
  }

  @Test func `a marker that a text spells out is text`() throws {
    let tokens = try clip().tokens(of: "<|endoftext|>", limit: 77)
    #expect(tokens.count(where: { $0 == Int32(vocabulary.end) }) == 1)
    #expect(tokens.last == Int32(vocabulary.end))
  }

  @Test func `CLIP's words are runs of letters, single digits and runs of the rest`() {
    #expect(words("it's a 3/4 sleeve", .clip) == ["it", "'s", "a", "3", "/", "4", "sleeve"])
    #expect(
      words("we'll've 'tis o'clock!!'s", .clip).joined(separator: "|")
        == "we|'ll|'ve|'t|is|o|'|clock|!!'|s")
    #expect(words("\u{a0}花柄のワンピース\n½Ⅷ", .clip) == ["花柄のワンピース", "½", "Ⅷ"])
    // Marks are no letters in the pattern.
    #expect(words("n\u{303}o", .clip) == ["n", "\u{303}", "o"])
  }

  @Test func `GPT-2's words keep the space before them`() {
    #expect(words("a dress,  it's 38", .gpt2) == ["a", " dress", ",", " ", " it", "'s", " 38"])
    #expect(words("  a\n\nb \t", .gpt2) == [" ", " a", "\n", "\n", "b", " \t"])
    #expect(words("\na", .gpt2) == ["\n", "a"])
  }

  @Test func `a byte-level file without word ends is read as GPT-2's`() throws {
    var tokens: [String: Int] = [:]
    for byte in UInt8.min...UInt8.max {
      tokens[String(BytePairEncoding.character(of: byte))] = Int(byte)
    }
    tokens["Ġr"] = 256
    tokens["Ġre"] = 257
    tokens["Ġred"] = 258
    let template: [String: Any] = [
      "type": "TemplateProcessing",
      "single": [["Sequence": ["id": "A", "type_id": 0]], ["SpecialToken": ["id": "</s>"]]],
      "special_tokens": ["</s>": ["id": "</s>", "ids": [300], "tokens": ["</s>"]]],
    ]
    let tokenizer = try json(
      [
        "normalizer": NSNull(), "post_processor": template, "padding": ["pad_id": 301],
        "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": true],
      ],
      model: [
        "vocab": tokens, "merges": ["Ġ r", "Ġr e", "Ġre d"], "end_of_word_suffix": NSNull(),
      ])
    #expect(tokenizer.tokens(of: "red Red", limit: 20) == [258, 32, 82, 101, 100, 300])
    #expect(tokenizer.padding == 301)
  }

  @Test func `merges follow the order of training, whatever the word's length`() throws {
    // a a → aa first, then aa aa: from the left, an odd one stays.
    var tokens: [String: Int] = [:]
    for byte in UInt8.min...UInt8.max {
      tokens[String(BytePairEncoding.character(of: byte))] = Int(byte)
    }
    tokens["aa"] = 256
    tokens["aaaa"] = 257
    tokens["ba"] = 258
    let encoding = try BytePairEncoding(
      vocabulary: tokens, merges: [("a", "a"), ("aa", "aa"), ("b", "a")], endOfWord: "")
    func encoded(_ word: String) -> [Int32] {
      var found: [Int32] = []
      encoding.encode(Array(word.utf8), into: &found)
      return found
    }
    #expect(encoded("aaaaaaa") == [257, 256, 97])
    #expect(encoded("baa") == [98, 256])
    #expect(encoded("bab") == [258, 98])
    #expect(encoded("") == [])
    #expect(encoded(String(repeating: "a", count: 40_001)).count == 10_001)
  }

  @Test func `a file that is not understood is refused with the reason`() throws {
    func reason(_ changes: [String: Any] = [:], model: [String: Any] = [:]) -> String {
      do {
        _ = try json(changes, model: model)
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(reason() == "nothing")
    #expect(reason(["normalizer": ["type": "Precompiled"]]).contains("Precompiled"))
    #expect(reason(["pre_tokenizer": ["type": "Metaspace"]]).contains("byte-level"))
    #expect(reason(["post_processor": ["type": "Odd"]]).contains("Odd"))
    let unigram: [String: Any] = ["type": "Unigram", "vocab": [["a", 0]]]
    #expect(reason(model: unigram).contains("Unigram, BPE wanted"))
    #expect(reason(model: ["type": "WordPiece", "merges": 0]).contains("WordPiece, BPE wanted"))
    #expect(reason(model: ["byte_fallback": true]).contains("byte_fallback"))
    #expect(reason(model: ["merges": ["r"]]).contains("merge 1 is no pair"))
    #expect(reason(model: ["merges": ["r q"]]).contains("\"rq\""))
    #expect(reason(model: ["vocab": ["a": 0]]).contains("no token"))
    var huge = vocabulary.tokens
    huge["e</w>"] = 1 << 40
    #expect(reason(model: ["vocab": huge]).contains("1099511627776"))
    huge["e</w>"] = -1
    #expect(reason(model: ["vocab": huge]).contains("-1"))
  }

  @Test func `files of nonsense are errors, not crashes`() throws {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url)
    let place = folder.file("tokenizer.json")
    for text in [
      "", "[]", "{}", #"{"model": {"vocab": {}, "merges": []}}"#, "\u{0}\u{1}",
      String(repeating: #"{"normalizer":{"type":"Sequence","normalizers":["#, count: 2000),
    ] {
      try Data(text.utf8).write(to: place)
      #expect(throws: EmbedError.self) { try TextTokenizer(place) }
    }
    try Data("#version: 0.2\nr e d\n".utf8).write(to: folder.file("merges.txt"))
    #expect(throws: EmbedError.self) {
      try TextTokenizer(vocabulary: folder.file("vocab.json"), merges: folder.file("merges.txt"))
    }
    #expect(throws: EmbedError.self) {
      try TextTokenizer(vocabulary: folder.file("none.json"), merges: folder.file("merges.txt"))
    }
  }
}
