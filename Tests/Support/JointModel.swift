import Foundation

/// A picture and a text encoder of one space, whose vectors are known.
///
/// A picture's has the mean of each channel's quarters, from −1 to 1; a text's is the sum of what its words in
/// ``colours`` stand for, and next to nothing of other words.
package enum JointModel {
  /// As in a picture of that colour.
  package static let colours: [(word: String, channels: [Float])] = [
    // "green" before "red": what was learnt first is merged first, and r e would split it.
    ("green", [-1, 1, -1]), ("red", [1, -1, -1]), ("blue", [-1, -1, 1]), ("white", [1, 1, 1]),
    ("black", [-1, -1, -1]),
  ]
  package static let dimension = 12

  /// The vector of a picture whose channels are all of these values.
  package static func vector(_ channels: [Float]) -> [Float] {
    channels.flatMap { [$0, $0, $0, $0] }
  }

  /// Tokens that the text encoder takes.
  package static let context = 12

  package static let pictureCard = """
    id: joint
    file: picture.onnx
    dimension: \(dimension)
    side: 16
    resize: squash
    layout: nchw
    element: f32
    mean: [127.5, 127.5, 127.5]
    scale: [0.00784313725, 0.00784313725, 0.00784313725]

    """

  package static let textCard = """
    file: text.onnx
    vocab: vocab.json
    merges: merges.txt
    context: \(context)
    input: input_ids
    mask: attention_mask
    output: sum

    """

  /// Writes models, cards and vocabulary into a folder that exists.
  package static func write(to folder: URL, hasText: Bool = true) throws {
    func write(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: folder.appending(path: name))
    }
    try write("model.yaml", Array(pictureCard.utf8))
    try write("picture.onnx", ONNXFile.quarterMeans(side: 16))
    guard hasText else { return }
    let vocabulary = Vocabulary()
    try write("text.yaml", Array(textCard.utf8))
    try write("text.onnx", ONNXFile.tokenRows(vocabulary.rows, context: UInt64(context)))
    try write("vocab.json", Array(try JSONEncoder().encode(vocabulary.tokens)))
    try write("merges.txt", Array(("#version: 0.2\n" + vocabulary.mergeLines).utf8))
  }

  /// CLIP's kind of vocabulary: every byte within and at the end of a word, then the words of
  /// ``colours`` grown from the left, then the markers.
  package struct Vocabulary: Sendable {
    package private(set) var tokens: [String: Int] = [:]
    package private(set) var merges: [(String, String)] = []

    package var start: Int { tokens.count - 2 }
    package var end: Int { tokens.count - 1 }
    var mergeLines: String { merges.map { "\($0) \($1)\n" }.joined() }

    /// A token's row in the text encoder's table.
    var rows: [[Float]] {
      var rows = [[Float]](repeating: vector([0, 0, 0]), count: tokens.count)
      for (word, channels) in colours { rows[tokens[word + "</w>"] ?? 0] = vector(channels) }
      // A text without a colour has a direction too.
      rows[start] = vector([0.001, 0.002, 0.003])
      return rows
    }

    package init() {
      for suffix in ["", "</w>"] {
        for byte in 0..<256 { add(Self.character(byte) + suffix) }
      }
      for (word, _) in colours {
        let letters = word.map { String($0) }
        var grown = letters[0]
        for (place, letter) in letters.enumerated().dropFirst() {
          let next = place == letters.count - 1 ? letter + "</w>" : letter
          if !merges.contains(where: { $0 == (grown, next) }) { merges.append((grown, next)) }
          grown += next
          if tokens[grown] == nil { add(grown) }
        }
      }
      add("<|startoftext|>")
      add("<|endoftext|>")
    }

    private mutating func add(_ token: String) { tokens[token] = tokens.count }

    /// As GPT-2's vocabulary writes a byte.
    private static func character(_ byte: Int) -> String {
      let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
      if printable.contains(byte) { return String(UnicodeScalar(UInt8(byte))) }
      let place = (0..<byte).count { !printable.contains($0) }
      return UnicodeScalar(UInt32(256 + place)).map { String($0) } ?? ""
    }
  }
}
