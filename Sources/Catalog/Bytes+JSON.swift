extension [UInt8] {
  /// Appends the text as a JSON string (RFC 8259, section 7), quotes included.
  ///
  /// What needs no escape is copied in runs.
  package mutating func appendJSON(_ text: String) {
    append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      var start = 0
      for (index, byte) in text.enumerated() {
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
          continue
        }
        append(contentsOf: text[start..<index])
        start = index + 1
        if byte >= 0x20 {
          append(UInt8(ascii: "\\"))
          append(byte)
        } else {
          append(contentsOf: byte < 0x10 ? "\\u000".utf8 : "\\u001".utf8)
          let digit = byte & 15
          append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
        }
      }
      append(contentsOf: text[start...])
    }
    append(UInt8(ascii: "\""))
  }
}
