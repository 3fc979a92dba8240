import Testing

@testable import Extract

@Suite struct LetterTests {
  /// Every character up to the ideographs, and every 61st of those and of the syllables.
  private static let characters: [Unicode.Scalar] =
    (Array(0x20..<0x3400) + stride(from: 0x3400, to: 0xFFFE, by: 61)).compactMap {
      Unicode.Scalar($0)
    }

  @Test func `lower case is that of the standard library`() {
    let wrong = Self.characters.filter { scalar in
      let text = Array(String(scalar).utf8)
      return text.withUnsafeBufferPointer { LowerCase.of($0) }
        != Array(String(scalar).lowercased().utf8)
    }
    #expect(wrong == [])
  }

  @Test func `letters and digits are those of Unicode's tables`() {
    let wrong = Self.characters.filter { scalar in
      let text = Array(String(scalar).utf8)
      let expected = String(scalar).lowercased().unicodeScalars
        .filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }
      return text.withUnsafeBufferPointer { TextKey.letters($0) }
        != expected.flatMap { Array(String($0).utf8) }
    }
    #expect(wrong == [])
  }

  @Test(arguments: [
    ("Straße 5", "STRASSE 5", false), ("ÉTÉ — 2024", "été-2024", true), ("Куртка", "КУРТКА!", true),
    ("a | b", "AB", true), ("", "—", true), ("10", "1", false),
  ])
  func `texts that differ in case, marks and spaces have one key`(
    a: String, b: String, areOne: Bool
  ) {
    #expect((TextKey.words(a) == TextKey.words(b)) == areOne)
  }

  @Test func `a table knows its words in any case, and no others`() {
    let table = WordTable([(1, "red green"), (2, "green dark-blue")])
    func meaning(_ word: String) -> Int? { Array(word.utf8).withMemory { table[$0] } }
    #expect(meaning("RED") == 1)
    #expect(meaning("green") == 1)
    #expect(meaning("Dark-Blue") == 2)
    for other in ["", "re", "redd", "dark", "dark blue", "grün"] { #expect(meaning(other) == nil) }
  }

  @Test func `equal bytes have one number, others the next`() {
    var index = ByteIndex()
    let words = (0..<500).map { "word \($0 * $0)" } + [""]
    for _ in 0..<2 {
      for (number, word) in words.enumerated() {
        var word = word
        #expect(word.withUTF8 { index.number($0) } == number)
      }
    }
  }
}
