internal import Foundation

/// Turns text into the numbers that a text encoder takes.
struct TextTokenizer: Sendable {
  /// What is done to the text before it is cut into words, one after the other.
  enum Cleaning: Sendable, Equatable {
    case nfc, nfkc, lowercase
    /// Any run of white space becomes one space.
    case singleSpaces
    /// Curly quotes become straight: CLIP was trained on text cleaned so by ftfy, and telephones type
    /// curly ones.
    case straightQuotes
  }

  var cleaning: [Cleaning]
  var style: WordScanner.Style
  /// Whether the first word is read as one within a text, after a space.
  var prefixesSpace: Bool
  var encoding: BytePairEncoding
  /// What stands before and after the text's own tokens.
  var start: [Int32]
  var end: [Int32]
  /// What fills a text up to its wanted length; `nil` where the files do not say.
  var padding: Int32?

  /// Scalars of a text that are looked at: many times what a context of tokens can hold.
  static let textLimit = 16_384

  /// The text's tokens between start and end, at most `limit` of all.
  ///
  /// What does not fit is dropped before `end`.
  ///
  /// - Precondition: `limit` leaves room for one token between start and end.
  func tokens(of text: String, limit: Int) -> [Int32] {
    precondition(limit > start.count + end.count)
    var text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.textLimit)))
    for step in cleaning { text = Self.clean(text, step) }
    if prefixesSpace, !text.isEmpty, text.unicodeScalars.first?.properties.isWhitespace == false {
      text = " " + text
    }
    let room = limit - end.count
    var tokens = start
    for word in WordScanner(text, style: style).words() {
      encoding.encode(word, into: &tokens)
      if tokens.count >= room { break }
    }
    return tokens.prefix(room) + end
  }

  private static func clean(_ text: String, _ step: Cleaning) -> String {
    switch step {
    case .nfc: return text.precomposedStringWithCanonicalMapping
    case .nfkc: return text.precomposedStringWithCompatibilityMapping
    case .lowercase: return text.lowercased()
    case .singleSpaces:
      var scalars = String.UnicodeScalarView()
      var isAfterSpace = false
      for scalar in text.unicodeScalars {
        let isSpace = scalar.properties.isWhitespace
        if !isSpace { scalars.append(scalar) } else if !isAfterSpace { scalars.append(" ") }
        isAfterSpace = isSpace
      }
      return String(scalars)
    case .straightQuotes:
      return String(
        String.UnicodeScalarView(
          text.unicodeScalars.map {
            switch $0 {
            case "\u{2BC}", "\u{2018}"..."\u{201B}": "'"
            case "\u{201C}"..."\u{201F}": "\""
            default: $0
            }
          }))
    }
  }
}
