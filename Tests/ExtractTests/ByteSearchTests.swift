import CKernels
import Support
import Testing

@testable import Extract

/// Searches that look at many bytes at a time, beside those that look at one.
@Suite struct ByteSearchTests {
  private static let words = ["price", "sku", "__next_f", "of", "x", "änderung"]

  /// Letters of the words and others, with pieces of the words among them.
  private func text(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    let letters = Array("priceskuofPRICESKU__next_fz=({ \n\u{e4}\u{24}".utf8)
    var text: [UInt8] = []
    while text.count < count {
      if Int.random(in: 0..<24, using: &random) == 0 {
        let word = Array(Self.words.randomElement(using: &random)!.utf8)
        text += word.prefix(Int.random(in: 1...word.count, using: &random))
      } else {
        text.append(letters.randomElement(using: &random)!)
      }
    }
    return Array(text.prefix(count))
  }

  /// Where one of the words begins, byte by byte.
  private func places(of words: [String], in text: [UInt8]) -> [Int] {
    let lowered = text.map(Bytes.lower)
    return text.indices.filter { place in
      words.contains { lowered[place...].starts(with: $0.utf8) }
    }
  }

  @Test(arguments: [VITRINE_PORTABLE, VITRINE_AVX2])
  func `words are found at all of their places, however long the text is`(simd: vitrine_simd) {
    vitrine_limit(simd)
    defer { vitrine_limit(VITRINE_AVX512) }
    var random = SeededGenerator(seed: 5)
    for list in [Self.words, ["price", "sku", "__next_f"], ["price"]] {
      let set = WordSet(list)
      for count in [0, 1, 2, 33, 34, 35, 63, 64, 65, 66, 97, 98, 130, 1_000] {
        let text = text(count, &random)
        let expected = places(of: list, in: text)
        let found = text.withMemory { text in
          var found: [Int] = []
          while let place = set.next(in: text, from: (found.last ?? -1) + 1) { found.append(place) }
          return found
        }
        #expect(found == expected, "\(list) in \(count) bytes")
        #expect(set.occurs(in: text) == !expected.isEmpty)
      }
    }
  }

  @Test func `tests of a block are those of its bytes`() {
    var random = SeededGenerator(seed: 6)
    for _ in 0..<500 {
      let bytes = (0..<17).map { _ in
        UInt8.random(in: 0...(Bool.random(using: &random) ? 255 : 34), using: &random)
      }
      func bits(_ test: (UInt8) -> Bool) -> UInt32 {
        (0..<16).reduce(0) { $0 | (test(bytes[$1]) ? 1 << UInt32($1) : 0) }
      }
      bytes.withUnsafeBufferPointer { memory in
        let block = ByteBlock(memory.baseAddress!)
        for byte in [bytes[3], 0, 0x20, 0x80, 0xFF] {
          #expect(block.equal(byte) == bits { $0 == byte })
          #expect(block.upTo(byte) == bits { $0 <= byte })
        }
        #expect(block.spaces == bits(Bytes.isSpace))
        #expect(block.letters == bits { Bytes.isLetter($0) || $0 >= 0x80 })
        #expect(block.capitals == bits { Bytes.lower($0) != $0 })
        let lowered = [UInt8](unsafeUninitializedCapacity: 16) { lowered, count in
          block.copyLowered(to: lowered.baseAddress!)
          count = 16
        }
        #expect(lowered == bytes[..<16].map(Bytes.lower))
        #expect(block.next.equal(bytes[16]) >> 15 == 1)
      }
    }
    #expect(ByteBlock.first(0) == 16)
    #expect(ByteBlock.first(0b100) == 2)
  }

  @Test(arguments: [true, false])
  func `a name is its bytes up to what ends it`(isFolded: Bool) {
    var random = SeededGenerator(seed: 11)
    let letters = Array("abyzABYZ09-_:.@[`{\u{e9}".utf8)
    for round in 0..<400 {
      let stop = UInt8(ascii: round % 2 == 0 ? "=" : ">")
      let name = (0..<round % 18).map { _ in letters.randomElement(using: &random)! }
      let end = [0x3E, 0x2F, 0x20, 0x09, 0x00, stop].randomElement(using: &random)!
      let bytes = name + [end] + letters
      let found = vt_name_16(bytes, stop, isFolded)
      let kept = name.prefix(16).map { isFolded ? Bytes.lower($0) : $0 }
      func word(_ part: some Collection<UInt8>) -> UInt64 {
        part.reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
      #expect(found.count == kept.count)
      #expect(found.first == word(kept.prefix(8)))
      #expect(found.second == word(kept.dropFirst(8)))
    }
  }

  @Test(arguments: [VITRINE_PORTABLE, VITRINE_AVX2])
  func `text is clean where the standard library finds it valid and without zeros`(
    simd: vitrine_simd
  ) {
    vitrine_limit(simd)
    defer { vitrine_limit(VITRINE_AVX512) }
    // The borders of what two to four bytes may say, and of what none may.
    let pieces: [[UInt8]] = [
      Array("a".utf8), Array(repeating: 0x7A, count: 37), Array("\u{80}".utf8),
      Array("\u{7FF}".utf8), Array("\u{800}".utf8), Array("\u{D7FF}".utf8),
      Array("\u{E000}".utf8), Array("\u{FFFF}".utf8), Array("\u{10000}".utf8),
      Array("\u{10FFFF}".utf8), Array("日本語のテキスト".utf8), Array("größe".utf8),
    ]
    let broken: [[UInt8]] = [
      [0], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xE2, 0x82], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xF0, 0x9F, 0x98], [0xFF], [0xC3, 0xA9, 0xA9],
    ]
    var random = SeededGenerator(seed: 12)
    for round in 0..<3_000 {
      var text: [UInt8] = []
      while text.count < round % 150 { text += pieces.randomElement(using: &random)! }
      if round % 3 == 0 {
        let place = Int.random(in: 0...text.count, using: &random)
        text.insert(contentsOf: broken.randomElement(using: &random)!, at: place)
      }
      let isClean = String(validating: text, as: UTF8.self) != nil && !text.contains(0)
      #expect(vt_is_clean_utf8(text, text.count) == isClean, "\(text)")
    }
  }

  @Test func `a word is found in any case, and from where it is looked for`() {
    var random = SeededGenerator(seed: 8)
    for word: StaticString in ["price", "x", "=(", "({ ", "\u{e4}"] {
      for count in 0..<80 {
        let text = text(count, &random)
        let expected = places(of: ["\(word)"], in: text)
        for start in [0, count / 2] {
          #expect(Bytes.find(word, in: text, from: start) == expected.first { $0 >= start })
        }
      }
    }
  }

  @Test func `letters are taken together over what stands between them`() {
    let words = [
      "herstellerartikelnummerundmehralseinunddreissigbuchstaben", "artikelnr", "größe", "ean",
      "price1234567890x",
    ]
    let table = HashedWords(words.enumerated().map { (Array($1.utf8), $0) })
    var random = SeededGenerator(seed: 9)
    for (number, word) in words.enumerated() {
      for _ in 0..<200 {
        var written = ""
        for letter in word {
          // Letters past ASCII are told by their bytes: no capitals of them.
          let isCapital = letter.isASCII && Bool.random(using: &random)
          written += isCapital ? letter.uppercased() : String(letter)
          if Int.random(in: 0..<4, using: &random) == 0 {
            written += ["-", "_", " ", ".", "/"].randomElement(using: &random)!
          }
        }
        #expect(Array(written.utf8).withMemory { table[$0] } == number, "\(written)")
        #expect(Array((written + "q").utf8).withMemory { table[$0] } == nil)
      }
    }
  }

  /// What a document's text is, byte by byte.
  private func flat(_ text: [UInt8]) -> [UInt8] {
    var flat: [UInt8] = []
    for byte in text {
      guard Bytes.isSpace(byte) else {
        flat.append(byte)
        continue
      }
      if let last = flat.last, last != 0x20 { flat.append(0x20) }
    }
    return flat
  }

  @Test func `runs of white space are one space wherever blocks end`() {
    var random = SeededGenerator(seed: 10)
    for count in 0..<120 {
      let letters = Array("ab  \n\t\r\u{1}z".utf8)
      let text = (0..<count).map { _ in letters.randomElement(using: &random)! }
      let spaced = text + [UInt8](repeating: 0x20, count: count % 40) + text
      let document = Document.html(spaced, elementLimit: 10)
      #expect(Array(document.text) == flat(spaced))
    }
  }
}
