import CXML2

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

  static func dropTags(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
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

  static func decodeEntities(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      guard byte == 0x26 else {
        out.append(byte)
        index += 1
        continue
      }
      var end = index + 1
      while end < bytes.endIndex, end - index < 34,
        Bytes.isLetter(bytes[end]) || Bytes.isDigit(bytes[end]) || bytes[end] == 0x23
      {
        end += 1
      }
      let name = bytes[(index + 1)..<end]
      if let scalar = entity(name) {
        out.append(contentsOf: UTF8.encode(scalar)!)
        index = end < bytes.endIndex && bytes[end] == 0x3B ? end + 1 : end
      } else {
        out.append(byte)
        index += 1
      }
    }
    return out
  }

  private static func entity(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard let first = name.first else { return nil }
    if first == 0x23 {
      let digits = name.dropFirst()
      let isHex = digits.first == 0x78 || digits.first == 0x58
      let text = String(decoding: isHex ? digits.dropFirst() : digits, as: UTF8.self)
      guard let value = UInt32(text, radix: isHex ? 16 : 10) else { return nil }
      return value == 0 ? nil : Unicode.Scalar(value)
    }
    var cName = Array(name)
    cName.append(0)
    return cName.withUnsafeBufferPointer { name in
      guard let found = htmlEntityLookup(name.baseAddress) else {
        return Bytes.equals(ArraySlice(name.dropLast()), "apos") ? "'" : nil
      }
      return Unicode.Scalar(found.pointee.value)
    }
  }
}
