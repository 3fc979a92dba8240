/// Blanks out attributes past a bound.
///
/// libxml2 compares each attribute of a tag with all before it, so that a tag with 100,000 of them
/// costs 5 · 10⁹ comparisons. One linear pass over the tags; a body within the bound is not copied.
enum MarkupGuard {
  static func bounded(_ body: [UInt8]) -> [UInt8] {
    var cuts: [Range<Int>] = []
    body.withUnsafeBufferPointer { bytes in
      var index = 0
      let end = bytes.count
      while index < end {
        guard let open = next(0x3C, in: bytes, from: index), open + 1 < end else { return }
        index = open + 1
        guard Bytes.isLetter(bytes[index]) else { continue }
        let nameStart = index
        while index < end, Bytes.isLetter(bytes[index]) || Bytes.isDigit(bytes[index]) {
          index += 1
        }
        let nameCount = index - nameStart
        if let cut = scanTag(bytes, &index) { cuts.append(cut) }
        if nameCount == 6, Bytes.starts(bytes, at: nameStart, with: "script") {
          index = skipRaw(bytes, index, "script")
        } else if nameCount == 5, Bytes.starts(bytes, at: nameStart, with: "style") {
          index = skipRaw(bytes, index, "style")
        }
      }
    }
    guard !cuts.isEmpty else { return body }
    var body = body
    for cut in cuts {
      for index in cut { body[index] = 0x20 }
    }
    return body
  }

  private static func next(_ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from: Int) -> Int? {
    var index = from
    while index < bytes.count {
      if bytes[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Moves `index` behind the tag's `>`; returns what lies past the bound.
  private static func scanTag(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Range<
    Int
  >? {
    var attributes = 0
    var cutStart = -1
    let end = bytes.count
    var isInWord = false
    while index < end {
      let byte = bytes[index]
      if byte == 0x3E { break }
      if byte == 0x22 || byte == 0x27 {
        // A quote opens a value only after `=`; elsewhere it is part of a broken name.
        var before = index - 1
        while before > 0, Bytes.isSpace(bytes[before]) { before -= 1 }
        if bytes[before] == 0x3D {
          index += 1
          while index < end, bytes[index] != byte { index += 1 }
          isInWord = false
        }
      } else if Bytes.isSpace(byte) || byte == 0x2F {
        isInWord = false
      } else if !isInWord {
        isInWord = true
        attributes += 1
        if attributes > MarkupParser.attributeLimit, cutStart < 0 { cutStart = index }
      }
      index += 1
    }
    return cutStart >= 0 ? cutStart..<min(index, end) : nil
  }

  private static func skipRaw(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ name: StaticString
  ) -> Int {
    var index = start
    while let open = next(0x3C, in: bytes, from: index) {
      if open + 1 < bytes.count, bytes[open + 1] == 0x2F,
        Bytes.starts(bytes, at: open + 2, with: name)
      {
        return open
      }
      index = open + 1
    }
    return bytes.count
  }
}
