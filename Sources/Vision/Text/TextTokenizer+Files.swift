internal import Foundation

extension TextTokenizer {
  /// A vocabulary of more bytes is none; the largest in use have a fourth.
  private static let sizeLimit = 64 << 20

  /// Reads CLIP's tokeniser from its `vocab.json` and `merges.txt`.
  init(vocabulary place: URL, merges mergesPlace: URL) throws(EmbedError) {
    let vocabulary: [String: Int] = try Self.decoded(place)
    let text = String(
      decoding: try CardFile.bytes(of: mergesPlace, atMost: Self.sizeLimit), as: UTF8.self)
    var merges: [(String, String)] = []
    // Not `split` by `Character`: a line that ends in CR LF is one character there.
    for (number, line) in text.unicodeScalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" })
      .enumerated()
    {
      if number == 0, String(line).hasPrefix("#version") { continue }
      let parts = line.split(separator: " ").map { String($0) }
      guard parts.count == 2 else {
        throw CardFile.refusal(mergesPlace, "merge \(merges.count + 1) is no pair of tokens")
      }
      merges.append((parts[0], parts[1]))
      guard merges.count <= BytePairEncoding.countLimit else {
        throw CardFile.refusal(mergesPlace, "more than \(BytePairEncoding.countLimit) merges")
      }
    }
    func marker(_ names: [String]) throws(EmbedError) -> [Int32] {
      guard let token = names.lazy.compactMap({ vocabulary[$0] }).first else {
        throw CardFile.refusal(
          place,
          "no token \(names[0]): only CLIP's tokeniser is read from vocab and merges, give "
            + "tokenizer.json for another")
      }
      guard (0..<BytePairEncoding.tokenLimit).contains(token) else {
        throw CardFile.refusal(place, "token \(names[0]) is \(token)")
      }
      return [Int32(token)]
    }
    let start = try marker(["<|startoftext|>", "<start_of_text>"])
    let end = try marker(["<|endoftext|>", "<end_of_text>"])
    do throws(VocabularyError) {
      encoding = try BytePairEncoding(vocabulary: vocabulary, merges: merges, endOfWord: "</w>")
    } catch {
      throw CardFile.refusal(place, error.description)
    }
    cleaning = [.straightQuotes, .nfc, .lowercase]
    style = .clip
    prefixesSpace = false
    (self.start, self.end, padding) = (start, end, nil)
  }

  /// Reads the `tokenizer.json` of Hugging Face's `tokenizers`, where it is a byte-level BPE as CLIP's or
  /// GPT-2's.
  init(_ place: URL) throws(EmbedError) {
    let file: TokenizerFile = try Self.decoded(place)
    do throws(VocabularyError) {
      try self.init(file)
    } catch {
      throw CardFile.refusal(place, error.description)
    }
  }

  private static func decoded<Content: Decodable>(_ place: URL) throws(EmbedError) -> Content {
    let bytes = try CardFile.bytes(of: place, atMost: sizeLimit)
    do {
      return try JSONDecoder().decode(Content.self, from: bytes)
    } catch let error as DecodingError {
      throw CardFile.refusal(place, error.fault)
    } catch {
      throw CardFile.refusal(place, "\(error)")
    }
  }
}
