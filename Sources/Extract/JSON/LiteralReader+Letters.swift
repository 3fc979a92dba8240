/// Names, numbers, strings and what stands between them.
extension LiteralReader {
  @inline(__always) func isNameByte(_ byte: UInt8) -> Bool {
    Bytes.isLetter(byte) || Bytes.isDigit(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "$") || byte >= 0x80
  }

  @inline(__always) func isNumberByte(_ byte: UInt8) -> Bool {
    Bytes.isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
      || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  /// Steps over what may stand before a value: marks of comments and CDATA, brackets, `;`.
  mutating func skipToValue() {
    skipSpace()
    while position < end {
      let byte = source[position]
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\"") {
        return
      }
      if isScript, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") || isNameByte(byte) {
        return
      }
      position += 1
      skipSpace()
    }
  }

  /// Steps over white space, comments and marks of comments and CDATA.
  @inline(__always) mutating func skipSpace() {
    guard position < end else { return }
    let byte = source[position]
    // Nothing to step over begins with another byte.
    guard byte > 0x20, byte < 0xC2, byte != 0x2F, byte != 0x3C else { return skipMore() }
  }

  @inline(never) private mutating func skipMore() {
    while position < end {
      let byte = source[position]
      if Bytes.isSpace(byte) {
        position += 1
      } else if byte == UInt8(ascii: "/"), position + 1 < end {
        if source[position + 1] == UInt8(ascii: "/") {
          while position < end, source[position] != 0x0A { position += 1 }
        } else if source[position + 1] == UInt8(ascii: "*") {
          position += 2
          while position + 1 < end,
            !(source[position] == UInt8(ascii: "*") && source[position + 1] == UInt8(ascii: "/"))
          {
            position += 1
          }
          position = min(position + 2, end)
        } else {
          return
        }
      } else if byte == UInt8(ascii: "<"), startsWith("<!--") {
        position += 4
      } else if byte == UInt8(ascii: "<"), startsWith("<![CDATA[") {
        position += 9
      } else if byte == 0xEF, startsWith("\u{FEFF}") {
        position += 3
      } else if byte == 0xC2, position + 1 < end, source[position + 1] == 0xA0 {
        position += 2
      } else {
        return
      }
    }
  }

  private func startsWith(_ word: StaticString) -> Bool {
    guard end - position >= word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { word in
      for offset in 0..<word.count where source[position + offset] != word[offset] { return false }
      return true
    }
  }

  /// Reads a string at its opening quote; returns where its inside stands.
  mutating func scanString(isKey: Bool) -> (start: Int, count: Int, escaped: Bool) {
    let quote = source[position]
    position += 1
    let start = position
    var escaped = false
    while position < end {
      if end - position >= ByteBlock.count {
        let block = ByteBlock(source.baseAddress! + position)
        let found = block.equal(0x5C) | block.equal(quote)
        guard found != 0 else {
          position += ByteBlock.count
          continue
        }
        position += ByteBlock.first(found)
      }
      let byte = source[position]
      if byte == 0x5C {
        escaped = true
        position = min(position + 2, end)
        continue
      }
      if byte == quote {
        if isScript || isKey || quote != UInt8(ascii: "\"") || closesString() {
          let count = position - start
          position += 1
          return (start, count, escaped)
        }
      }
      position += 1
    }
    return (start, end - start, escaped)
  }

  /// Whether what follows the quote at `position` can follow a string.
  private func closesString() -> Bool {
    var next = position + 1
    while next < end, Bytes.isSpace(source[next]) { next += 1 }
    guard next < end else { return true }
    switch source[next] {
    case UInt8(ascii: ","):
      // `"a", "b"` ends a string; `5", wide` does not.
      next += 1
      while next < end, Bytes.isSpace(source[next]) { next += 1 }
      guard next < end else { return true }
      let byte = source[next]
      return byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
        || byte == UInt8(ascii: "/") || Bytes.isDigit(byte) || byte == UInt8(ascii: "t")
        || byte == UInt8(ascii: "f") || byte == UInt8(ascii: "n") || byte == UInt8(ascii: "'")
        || byte == UInt8(ascii: ",")
    case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: "/"),
      UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "'"):
      return true
    default:
      return false
    }
  }

  /// Steps over `(…)`, `{…}` or `[…]` with strings and comments inside.
  mutating func skipBalanced() {
    var depth = 0
    while position < end {
      let byte = source[position]
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        position += 1
        if depth <= 0 { return }
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
        _ = scanString(isKey: true)
      default:
        position += 1
      }
    }
  }
}
