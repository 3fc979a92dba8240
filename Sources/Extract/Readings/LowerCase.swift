extension WordSet {
  /// Whether one of the words occurs in a text of whatever script, its case ignored.
  func occursInAnyCase(in text: UnsafeBufferPointer<UInt8>) -> Bool {
    // ASCII letters need no lowering here.
    guard text.contains(where: { $0 >= 0xC3 && $0 != 0xE2 }) else { return occurs(in: text) }
    return occurs(in: LowerCase.of(text))
  }
}

/// Lower case of UTF-8 without strings, for the scripts that shops write in.
enum LowerCase {
  static func of(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var isKnown = true
    let lowered = [UInt8](unsafeUninitializedCapacity: text.count) { out, count in
      var index = 0
      while index < text.count {
        let byte = text[index]
        if byte < 0x80 {
          out[index] = Bytes.lower(byte)
          index += 1
          continue
        }
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
        guard index + length <= text.count, let head = head(byte, text[index + 1]) else {
          isKnown = false
          return
        }
        out[index] = head.0
        out[index + 1] = head.1
        for offset in 2..<max(length, 2) { out[index + offset] = text[index + offset] }
        index += length
      }
      count = index
    }
    return isKnown ? lowered : Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
  }

  /// The first two bytes of a letter in lower case; `nil` where Unicode's own tables must be asked.
  @inline(__always)
  private static func head(_ first: UInt8, _ second: UInt8) -> (UInt8, UInt8)? {
    switch first {
    // Latin-1: À to Þ, without the sign ×.
    case 0xC3: (first, second < 0x9F && second != 0x97 ? second + 0x20 : second)
    // Latin Extended-A: capitals and small letters by turns; İ becomes two characters.
    case 0xC4 where second < 0xB8: second == 0xB0 ? nil : (first, second | 1)
    case 0xC4: second < 0xBF ? (first, second + second & 1) : (0xC5, 0x80)
    case 0xC5 where second == 0x89 || second == 0xBF: (first, second)
    case 0xC5 where second == 0xB8: (0xC3, 0xBF)
    case 0xC5 where second < 0x89 || second > 0xB8: (first, second + second & 1)
    case 0xC5: (first, second | 1)
    // Cyrillic: Ѐ to Џ, А to П, Р to Я.
    case 0xD0 where second < 0x90: (0xD1, second + 0x10)
    case 0xD0 where second < 0xA0: (first, second + 0x20)
    case 0xD0 where second < 0xB0: (0xD1, second - 0x20)
    case 0xD0: (first, second)
    // Latin-1's signs, the second half of Cyrillic's small letters, Hebrew and Arabic, Indic and Thai.
    case 0xC2, 0xD7...0xDB, 0xE0: (first, second)
    case 0xD1: second < 0xA0 ? (first, second) : nil
    // Punctuation and signs of currencies; kana, ideographs and syllables.
    case 0xE2: second < 0x84 ? (first, second) : nil
    case 0xE3...0xE9, 0xEB...0xED: (first, second)
    case 0xEA: second >= 0xB0 ? (first, second) : nil
    default: nil
    }
  }
}
