/// Cuts text into the words that byte pairs are merged within.
///
/// By hand rather than by regular expression: one pass whatever the text holds. A class is what Unicode
/// says of the scalar; marks belong to neither letters nor numbers, as in the patterns.
struct WordScanner {
  enum Style: Sendable {
    /// `'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`; what lies between is dropped.
    case clip
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
  }

  private enum Class { case letter, number, space, other }

  private let style: Style
  private let scalars: [Unicode.Scalar]
  private let classes: [Class]

  init(_ text: String, style: Style) {
    self.style = style
    scalars = Array(text.unicodeScalars)
    classes = scalars.map(Self.class(of:))
  }

  /// The words in their order, in UTF-8.
  func words() -> [[UInt8]] {
    var words: [[UInt8]] = []
    var place = 0
    while place < scalars.count {
      let end = end(ofWordAt: place)
      if style == .gpt2 || classes[place] != .space {
        words.append(
          scalars[place..<end].flatMap { Array(UTF8.encode($0) ?? UTF8.EncodedScalar()) })
      }
      place = end
    }
    return words
  }

  private func end(ofWordAt start: Int) -> Int {
    if let length = contraction(at: start) { return start + length }
    if style == .clip {
      // A number is a word of its own, digit by digit.
      return classes[start] == .number ? start + 1 : run(from: start)
    }
    guard classes[start] == .space else { return run(from: start) }
    let end = run(from: start)
    if end == scalars.count { return end }
    // The last of the spaces belongs to the word after it, where it is U+0020.
    if end - start > 1 { return end - 1 }
    return scalars[start] == " " ? run(from: end) : end
  }

  /// Where the scalars of one class from `start` on end.
  private func run(from start: Int) -> Int {
    var end = start + 1
    while end < scalars.count, classes[end] == classes[start] { end += 1 }
    return end
  }

  private func contraction(at start: Int) -> Int? {
    guard scalars[start] == "'" else { return nil }
    let rest = scalars[(start + 1)...].prefix(2)
    guard let first = rest.first else { return nil }
    switch (first, rest.dropFirst().first) {
    case ("s", _), ("t", _), ("m", _), ("d", _): return 2
    case ("r", "e"), ("v", "e"), ("l", "l"): return 3
    default: return nil
    }
  }

  private static func `class`(of scalar: Unicode.Scalar) -> Class {
    switch scalar.value {
    case 0x61...0x7A, 0x41...0x5A: return .letter
    case 0x30...0x39: return .number
    default: break
    }
    if scalar.properties.isWhitespace { return .space }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return .other
    }
  }
}
