/// Text out of values that may hold markup.
enum PlainText {
  /// Entities read, tags dropped, white space collapsed; `nil` for nothing.
  static func clean(_ text: String) -> String? {
    guard !text.isEmpty else { return nil }
    var given = text
    let hasMarkup = given.withUTF8 { bytes -> Bool? in
      if isPlain(bytes) { return nil }
      var isPlain = true
      // Another white space than single spaces between words.
      var before: UInt8 = 0x20
      for byte in bytes {
        if byte == 0x26 || byte == 0x3C { return true }
        if byte < 0x20 || byte == 0xC2 || (byte == 0x20 && before == 0x20) { isPlain = false }
        before = byte
      }
      return isPlain && before != 0x20 ? nil : false
    }
    guard let hasMarkup else { return text }
    var bytes = Array(text.utf8)
    if hasMarkup {
      // Twice: `&amp;eacute;` is common where a shop escapes what was escaped.
      bytes = decodeEntities(bytes[...])
      bytes = dropTags(bytes[...])
      if bytes.contains(0x26) { bytes = decodeEntities(bytes[...]) }
    }
    return Bytes.flatString(bytes[...])
  }

  /// Whether a text has no markup and no white space but single spaces between its words; `false` for
  /// some that have none either.
  private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count >= 8, let base = text.baseAddress, text[0] != 0x20,
      text[text.count - 1] != 0x20
    else { return false }
    // The last eight bytes are looked at once more.
    var start = 0
    while start < text.count {
      let word = ByteWord(base + min(start, text.count - 8))
      let spaces = word.allEqual(0x20)
      guard
        word.below(0x20) | word.equal(0x26) | word.equal(0x3C) | word.equal(0xC2)
          | (spaces & spaces << 8) == 0
      else { return false }
      // Words overlap by a byte, so that two spaces stand in one of them.
      start += 7
    }
    return true
  }

  static func dropTags(_ bytes: some ByteRun) -> [UInt8] {
    guard bytes.contains(0x3C) else { return Array(bytes) }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte == 0x3C, index + 1 < bytes.endIndex,
        Bytes.isLetter(bytes[index + 1]) || bytes[index + 1] == 0x2F || bytes[index + 1] == 0x21
      {
        guard let close = bytes[index...].firstIndex(of: 0x3E) else {
          // No tag closes any more.
          out.append(contentsOf: bytes[index...])
          return out
        }
        out.append(0x20)
        index = close + 1
      } else {
        out.append(byte)
        index += 1
      }
    }
    return out
  }

  static func decodeEntities(_ bytes: some ByteRun) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    bytes.withMemory { bytes in
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        index += 1
        guard byte == 0x26,
          let found = CharacterReferences.read(
            bytes.baseAddress!, at: index, end: bytes.count, isAttribute: false, isXML: false)
        else {
          out.append(byte)
          continue
        }
        found.characters.append(to: &out)
        index = found.end
      }
    }
    return out
  }
}
