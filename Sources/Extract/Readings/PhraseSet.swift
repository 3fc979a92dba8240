/// Phrases looked for all at once: one pass over the text, by first byte and then byte by byte.
struct PhraseSet: Sendable {
  private let phrases: [[UInt8]]
  /// Indices into `phrases` by first byte.
  private let byFirst: [[UInt16]]

  /// - Parameter phrases: In lower case.
  init(_ phrases: [String]) {
    self.phrases = phrases.map { Array($0.utf8) }
    var byFirst = [[UInt16]](repeating: [], count: 256)
    for (index, phrase) in self.phrases.enumerated() {
      if let first = phrase.first { byFirst[Int(first)].append(UInt16(index)) }
    }
    self.byFirst = byFirst
  }

  /// Text as the phrases want it: in lower case, other scripts too.
  static func lowered(_ bytes: some ByteRun) -> [UInt8] {
    if bytes.contains(where: { $0 >= 0x80 }) {
      return Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8)
    }
    return bytes.map(Bytes.lower)
  }

  /// Whether any phrase occurs in `text` (in lower case); with `isStart`, whether one begins it and
  /// leaves no more than four bytes.
  func matches(_ text: [UInt8], isStart: Bool = false) -> Bool {
    text.withUnsafeBufferPointer { text in
      for position in 0..<text.count {
        for index in byFirst[Int(text[position])] {
          let phrase = phrases[Int(index)]
          guard position + phrase.count <= text.count else { continue }
          if isStart, text.count > phrase.count + 4 { continue }
          var offset = 1
          while offset < phrase.count, text[position + offset] == phrase[offset] { offset += 1 }
          if offset == phrase.count { return true }
        }
        if isStart { return false }
      }
      return false
    }
  }
}
