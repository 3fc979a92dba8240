import Catalog

/// What stands for a value where votes are counted: 64 bits, equal for values that mean the same.
enum TextKey {
  /// Of letters and digits only, their case ignored.
  static func words(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { bytes in
      var hash = seed
      for byte in bytes {
        guard byte < 0x80 else { return letters(bytes).reduce(seed, mix) }
        if Bytes.isLetter(byte) || Bytes.isDigit(byte) { hash = mix(hash, Bytes.lower(byte)) }
      }
      return hash
    }
  }

  /// The letters and digits of a text in lower case.
  static func letters(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var letters: [UInt8] = []
    letters.reserveCapacity(text.count)
    var index = 0
    while index < text.count, text[index] < 0x80 {
      let byte = text[index]
      if Bytes.isLetter(byte) || Bytes.isDigit(byte) { letters.append(Bytes.lower(byte)) }
      index += 1
    }
    guard index < text.count else { return letters }
    letters.removeAll(keepingCapacity: true)
    let lowered = LowerCase.of(text)
    index = 0
    while index < lowered.count {
      let byte = lowered[index]
      if byte < 0x80 {
        if Bytes.isLetter(byte) || Bytes.isDigit(byte) { letters.append(byte) }
        index += 1
        continue
      }
      let end = min(index + (byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2), lowered.count)
      guard let isLetter = isLetter(lowered[index..<end]) else { return anyLetters(lowered) }
      if isLetter { letters += lowered[index..<end] }
      index = end
    }
    return letters
  }

  /// Whether a character past ASCII is a letter or a digit; `nil` where Unicode's tables must be asked.
  private static func isLetter(_ character: ArraySlice<UInt8>) -> Bool? {
    let second = character[character.startIndex + 1]
    switch character[character.startIndex] {
    // Latin-1: ª ² ³ µ ¹ º ¼ ½ ¾, and all from À on but × and ÷.
    case 0xC2:
      switch second {
      case 0xAA, 0xB2, 0xB3, 0xB5, 0xB9, 0xBA, 0xBC, 0xBD, 0xBE: return true
      default: return false
      }
    case 0xC3: return second != 0x97 && second != 0xB7
    // Latin Extended-A, Cyrillic, common ideographs, Hangul.
    case 0xC4, 0xC5, 0xD0, 0xD1, 0xE5...0xE8, 0xEB, 0xEC: return true
    case 0xE4 where second >= 0xB8: return true
    case 0xE9 where second < 0xBF: return true
    case 0xEA where second >= 0xB0: return true
    case 0xED where second < 0x9E || second == 0x9E && character.last! <= 0xA3: return true
    // The letters of Hebrew and of Arabic.
    case 0xD7 where 0x90...0xAA ~= second: return true
    case 0xD8 where second >= 0xA0: return true
    case 0xD9 where second <= 0x8A: return true
    // Most of kana: all from ダ on but the middle dot.
    case 0xE3 where second == 0x83: return character.last != 0xBB
    // Dashes and quotation marks.
    case 0xE2 where second == 0x80: return false
    default: return nil
    }
  }

  private static func anyLetters(_ lowered: [UInt8]) -> [UInt8] {
    var letters = String.UnicodeScalarView()
    for scalar in String(decoding: lowered, as: UTF8.self).unicodeScalars
    where scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      letters.append(scalar)
    }
    return Array(String(letters).utf8)
  }

  static func exact(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { $0.reduce(seed, mix) }
  }

  static func amount(_ amount: Amount) -> UInt64 { UInt64(bitPattern: amount.tenThousandths) }

  static func amount(_ key: UInt64) -> Amount { Amount(tenThousandths: Int64(bitPattern: key)) }

  private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

  /// FNV-1a.
  @inline(__always) private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x100_0000_01b3
  }
}
