import Support
import Testing

@testable import Extract

@Suite struct LetterTests {
  /// Every character up to the ideographs, every 61st of those and of the syllables, and all where
  /// either begin or end.
  private static let characters: [Unicode.Scalar] = {
    let borders = [0x4DA0..<0x4E10, 0x9F90..<0xA010, 0xABE0..<0xAC10, 0xD770..<0xD800]
    let all =
      Array(0x20..<0x3400) + stride(from: 0x3400, to: 0xFFFE, by: 61) + borders.flatMap(Array.init)
    return all.compactMap { Unicode.Scalar($0) }
  }()

  @Test func `letters behind a currency's symbol are those of Unicode's tables`() {
    let wrong = Self.characters.filter {
      CurrencySymbols.isLetter($0.value) != $0.properties.isAlphabetic
    }
    #expect(wrong == [])
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

  @Test func `words are found by their letters and digits, and the first meaning counts`() {
    let table = HashedWords(
      [("itemno", 1), ("größe", 2), ("item-no", 3)].map { (Array($0.utf8), $1) })
    func meaning(_ word: String) -> Int? { Array(word.utf8).withMemory { table[$0] } }
    for word in ["itemno", "Item No.", "ITEM_NO", "i-t-e-m-n-o"] { #expect(meaning(word) == 1) }
    #expect(meaning("größe:") == 2)
    for other in ["", "—", "item", "itemno1", "itemnr"] { #expect(meaning(other) == nil) }
  }

  /// What `ClassWords.read` does, word by word.
  private func classWords(_ value: String) -> ClassWords {
    var found: ClassWords = []
    func lookUp(_ word: String) { found.formUnion(ClassWords.read(Array(word.utf8))) }
    for token in value.utf8.split(whereSeparator: { Bytes.isSpace($0) }) {
      var words: [String] = []
      var last: UInt8 = 0
      for byte in token {
        let isCapital = byte &- 0x41 < 26
        let wasSmall = last &- 0x61 < 26
        if Bytes.isLetter(byte) {
          if words.isEmpty || !Bytes.isLetter(last) || (isCapital && wasSmall) { words.append("") }
          words[words.count - 1] += String(UnicodeScalar(Bytes.lower(byte)))
        }
        last = byte
      }
      for (place, word) in words.enumerated() where word.count > 1 {
        lookUp(word)
        if place > 0 { lookUp(words[...place].joined()) }
        if place > 0, words[place - 1].count > 1 { lookUp(words[place - 1] + word) }
      }
    }
    return found
  }

  @Test func `the words of a class are those between marks and capitals, alone and joined`() {
    let parts = [
      "old", "price", "Price", "add", "to", "Cart", "cart", "a", "B", "item", "Number", "SKU", "x2",
      "productImagesContainer", "sale", "ed", "prices", "nav",
    ]
    let marks = ["-", "_", " ", "", "__", "  ", "3", "\t"]
    var random = SeededGenerator(seed: 7)
    for _ in 0..<4_000 {
      let value = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        parts.randomElement(using: &random)! + marks.randomElement(using: &random)!
      }.joined()
      #expect(ClassWords.read(Array(value.utf8)) == classWords(value), "\(value)")
    }
  }

  @Test func `texts made to share a hash share it under one secret only`() {
    func words(_ text: [UInt64]) -> [UInt8] {
      text.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }
    let secret: UInt64 = 0x0123_4567_89AB_CDEF
    // A first word that takes away what the hash begins with, whatever the second is.
    let texts = (0..<200).map { words([secret ^ 16, $0]) }
    func kinds(_ secret: UInt64) -> Int {
      Set(texts.map { text in text.withMemory { Bytes.hash($0, secret: secret) } }).count
    }
    #expect(kinds(secret) == 1)
    #expect(kinds(0x9D2C_5680_1B56_4C6F) == 200)
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
