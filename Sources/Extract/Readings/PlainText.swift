/// Text out of values that may hold markup.
enum PlainText {
  /// Entities read, tags dropped, white space collapsed; `nil` for nothing.
  static func clean(_ text: String) -> String? {
    var needsWork = false
    var isSpaced = false
    for byte in text.utf8 {
      if byte == 0x26 || byte == 0x3C {
        needsWork = true
        break
      }
      if byte < 0x20 || byte == 0xC2 { isSpaced = true }
      if byte == 0x20 { isSpaced = true }
    }
    guard needsWork || isSpaced else { return text.isEmpty ? nil : text }
    var bytes = Array(text.utf8)
    if needsWork {
      // Twice: `&amp;eacute;` is common where a shop escapes what was escaped.
      bytes = decodeEntities(bytes[...])
      bytes = dropTags(bytes[...])
      if bytes.contains(0x26) { bytes = decodeEntities(bytes[...]) }
    }
    return Bytes.flatString(bytes[...])
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
