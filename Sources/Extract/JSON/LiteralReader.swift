/// Reads JSON as pages really carry it, and the JavaScript literals that state payloads are made of.
///
/// One grammar for both, forgiving: raw control characters in strings, comments, `<!-- -->`, CDATA
/// marks, single quotes, bare keys, trailing commas, missing commas, stray `;`, text after the value.
/// JavaScript adds `undefined`, `void 0`, `!0`, `new Date("…")`, `new Set([…])`, `Object.create(null)`
/// and names, which are looked up among a function's parameters. Nothing is ever executed.
///
/// Time is linear in the text; nothing recurses; `nodeLimit` and `depthLimit` bound the tape.
struct LiteralReader {
  var nodes: Pile<JSONTape.Node>
  var position: Int
  /// A limit was reached: what has been read so far stands.
  private(set) var isTruncated = false
  /// Tokens that no grammar knows: many of them say that this is program text, not data.
  private(set) var strangeTokens = 0

  let source: UnsafeBufferPointer<UInt8>
  let end: Int
  let nodeLimit: Int
  private let depthLimit: Int
  /// In JSON a quote inside a string may have been left bare; in JavaScript it never is.
  private let isScript: Bool
  /// Where keys are looked up; `nil` where they are not.
  private let vocabulary: Vocabulary.Table?
  var parameterNumbers: [ArraySlice<UInt8>: Int32] = [:]
  var copy: [UInt8]

  private struct Frame {
    var node: Int
    var isObject: Bool
  }
  private var stack: Pile<Frame>

  private init(
    _ buffer: UnsafeBufferPointer<UInt8>, copy: [UInt8], range: Range<Int>, isScript: Bool,
    hasConcepts: Bool = true, nodeLimit: Int, depthLimit: Int
  ) {
    source = buffer
    self.copy = copy
    position = range.lowerBound
    end = range.upperBound
    self.isScript = isScript
    vocabulary = hasConcepts ? Vocabulary.table : nil
    self.nodeLimit = nodeLimit
    self.depthLimit = depthLimit
    // A member takes some thirty bytes.
    nodes = Pile(capacity: min(range.count / 32, nodeLimit, 1 << 16))
    stack = Pile(capacity: 16)
  }

  private func deallocate() {
    nodes.deallocate()
    stack.deallocate()
  }

  /// Reads the first value in `range`; `nil` where there is none.
  ///
  /// - Parameter hasConcepts: Whether keys are looked up in the vocabulary of shops; JSON-LD has words
  ///   of its own.
  static func read(
    _ source: [UInt8], _ range: Range<Int>, isScript: Bool = false, hasConcepts: Bool = true,
    nodeLimit: Int = 1_000_000, depthLimit: Int = 256
  ) -> JSONTape? {
    source.withUnsafeBufferPointer { buffer in
      var reader = LiteralReader(
        buffer, copy: source, range: range, isScript: isScript, hasConcepts: hasConcepts,
        nodeLimit: nodeLimit, depthLimit: depthLimit)
      defer { reader.deallocate() }
      reader.skipToValue()
      guard reader.position < reader.end else { return nil }
      reader.readValue(keyStart: -1, keyCount: 0, isKeyEscaped: false)
      guard reader.nodes.count > 0 else { return nil }
      let tape = JSONTape(
        source: source, nodes: Array(reader.nodes.memory), stop: reader.position)
      tape.isProgram = reader.strangeTokens >= 16
      return tape
    }
  }

  /// Reads `(function(a, b) {a.x = …; return …}(1, "two"))`: Nuxt 2's payload.
  static func readCall(
    _ source: [UInt8], _ range: Range<Int>, nodeLimit: Int = 1_000_000, depthLimit: Int = 256
  ) -> JSONTape? {
    source.withUnsafeBufferPointer { buffer in
      var reader = LiteralReader(
        buffer, copy: source, range: range, isScript: true, nodeLimit: nodeLimit,
        depthLimit: depthLimit)
      defer { reader.deallocate() }
      return reader.readFunctionCall().map { parameters in
        JSONTape(
          source: source, nodes: Array(reader.nodes.memory), parameters: parameters,
          stop: reader.position)
      }
    }
  }
}

// MARK: - Values

extension LiteralReader {
  /// Reads one value with all that is inside it.
  mutating func readValue(keyStart: Int, keyCount: Int, isKeyEscaped: Bool) {
    let floor = stack.count
    readAtom(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: isKeyEscaped)
    while stack.count > floor {
      skipSpace()
      guard position < end, nodes.count < nodeLimit, strangeTokens < 16 else {
        isTruncated = true
        while stack.count > floor { closeContainer() }
        return
      }
      let byte = source[position]
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: ";"):
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        position += 1
        closeContainer()
      case UInt8(ascii: ")"):
        // Not ours: the literal was left open.
        while stack.count > floor { closeContainer() }
        return
      default:
        nodes[stack[stack.count - 1].node].count += 1
        if stack[stack.count - 1].isObject {
          readMember()
        } else {
          readAtom(keyStart: -1, keyCount: 0, isKeyEscaped: false)
        }
      }
    }
  }

  private mutating func closeContainer() {
    let frame = stack.removeLast()
    nodes[frame.node].end = Int32(nodes.count)
  }

  private mutating func readMember() {
    let byte = source[position]
    var keyStart = position
    var keyCount = 0
    var escaped = false
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
      (keyStart, keyCount, escaped) = scanString(isKey: true)
    } else if byte == UInt8(ascii: "[") {
      // A computed key: `["name"]: …`.
      position += 1
      skipSpace()
      if position < end,
        source[position] == UInt8(ascii: "\"") || source[position] == UInt8(ascii: "'")
      {
        (keyStart, keyCount, escaped) = scanString(isKey: true)
      }
      while position < end, source[position] != UInt8(ascii: "]") { position += 1 }
      position = min(position + 1, end)
    } else {
      while position < end, isNameByte(source[position]) { position += 1 }
      keyCount = position - keyStart
      if keyCount == 0 {
        strangeTokens += 1
        position += 1
        nodes[stack[stack.count - 1].node].count -= 1
        return
      }
    }
    skipSpace()
    if position < end, source[position] == UInt8(ascii: ":") {
      position += 1
      skipSpace()
      guard position < end, source[position] != UInt8(ascii: "}"),
        source[position] != UInt8(ascii: ",")
      else {
        add(.null, keyStart, keyCount, escaped, 0, 0)
        return
      }
      readAtom(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: escaped)
    } else if position < end, source[position] == UInt8(ascii: "(") {
      // A method.
      skipBalanced()
      skipSpace()
      if position < end, source[position] == UInt8(ascii: "{") { skipBalanced() }
      strangeTokens += 1
      add(.null, keyStart, keyCount, escaped, 0, 0)
    } else {
      // Shorthand `{a, b}`, or a key without a value.
      addName(keyStart, keyCount, keyStart: keyStart, keyCount: keyCount)
    }
  }

  mutating func add(
    _ kind: JSONTape.Kind, _ keyStart: Int, _ keyCount: Int, _ isKeyEscaped: Bool, _ start: Int,
    _ count: Int
  ) {
    var concept = Concept.none
    if keyStart >= 0, let vocabulary {
      concept = vocabulary.concept(
        UnsafeBufferPointer(rebasing: source[keyStart..<keyStart + keyCount]))
    }
    nodes.append(
      .init(
        kind: kind, concept: concept, isKeyEscaped: isKeyEscaped, keyStart: Int32(keyStart),
        keyCount: Int32(keyCount), start: Int32(start), count: Int32(count),
        end: Int32(nodes.count + 1)))
  }

  /// Reads a scalar, or opens a container.
  private mutating func readAtom(keyStart: Int, keyCount: Int, isKeyEscaped: Bool) {
    let byte = source[position]
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      position += 1
      let isObject = byte == UInt8(ascii: "{")
      guard stack.count < depthLimit else {
        position -= 1
        isTruncated = true
        skipBalanced()
        add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
        return
      }
      add(isObject ? .object : .array, keyStart, keyCount, isKeyEscaped, position - 1, 0)
      stack.append(Frame(node: nodes.count - 1, isObject: isObject))
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
      let (start, count, escaped) = scanString(isKey: false)
      add(escaped ? .escapedString : .string, keyStart, keyCount, isKeyEscaped, start, count)
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."):
      let start = byte == UInt8(ascii: "+") ? position + 1 : position
      position += 1
      while position < end, isNumberByte(source[position]) { position += 1 }
      if position < end, isNameByte(source[position]) {
        let word = position
        while position < end, isNameByte(source[position]) { position += 1 }
        if byte == UInt8(ascii: "-"), position - word > 1 {
          add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)  // -Infinity
          return
        }
      }
      add(.number, keyStart, keyCount, isKeyEscaped, start, position - start)
    case UInt8(ascii: "!"):
      position += 1
      let isTrue = position < end && source[position] == UInt8(ascii: "0")
      position = min(position + 1, end)
      add(isTrue ? .yes : .no, keyStart, keyCount, isKeyEscaped, 0, 0)
    default:
      if isNameByte(byte) {
        readWord(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: isKeyEscaped)
      } else if byte == UInt8(ascii: "("), isScript {
        // A value in brackets, or a function without a name.
        skipBalanced()
        strangeTokens += 1
        add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
      } else {
        strangeTokens += 1
        position += 1
        if keyStart >= 0 {
          add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
        } else if stack.count > 0 {
          nodes[stack[stack.count - 1].node].count -= 1
        }
      }
    }
  }

  private mutating func addName(_ start: Int, _ count: Int, keyStart: Int, keyCount: Int) {
    if !parameterNumbers.isEmpty,
      let number = parameterNumbers[copy[start..<start + count]]
    {
      add(.parameter, keyStart, keyCount, false, Int(number), 0)
    } else {
      add(.null, keyStart, keyCount, false, 0, 0)
    }
  }

  private mutating func readWord(keyStart: Int, keyCount: Int, isKeyEscaped: Bool) {
    let start = position
    while position < end, isNameByte(source[position]) { position += 1 }
    let count = position - start
    func isWord(_ word: StaticString) -> Bool {
      guard count == word.utf8CodeUnitCount else { return false }
      return word.withUTF8Buffer { word in
        for offset in 0..<count where source[start + offset] != word[offset] { return false }
        return true
      }
    }
    if isWord("true") { return add(.yes, keyStart, keyCount, isKeyEscaped, 0, 0) }
    if isWord("false") { return add(.no, keyStart, keyCount, isKeyEscaped, 0, 0) }
    if isWord("null") || isWord("undefined") || isWord("NaN") || isWord("Infinity")
      || isWord("None")
    {
      return add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
    }
    if isWord("void") {
      skipSpace()
      while position < end, isNumberByte(source[position]) { position += 1 }
      return add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
    }
    if isWord("new") {
      skipSpace()
      while position < end, isNameByte(source[position]) { position += 1 }
      return readArgument(keyStart, keyCount, isKeyEscaped)
    }
    if isWord("function") || isWord("async") {
      strangeTokens += 1
      while position < end, source[position] != UInt8(ascii: "(") { position += 1 }
      skipBalanced()
      skipSpace()
      if position < end, source[position] == UInt8(ascii: "{") { skipBalanced() }
      return add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
    }
    if position < end, isScript,
      source[position] == UInt8(ascii: "(") || source[position] == UInt8(ascii: ".")
    {
      // `JSON.parse("…")`, `Object.create(null)`, `Array(3)`.
      while position < end, isNameByte(source[position]) || source[position] == UInt8(ascii: ".") {
        position += 1
      }
      if position < end, source[position] == UInt8(ascii: "(") {
        return readArgument(keyStart, keyCount, isKeyEscaped)
      }
      strangeTokens += 1
      return add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
    }
    if !isScript { strangeTokens += 1 }
    let before = nodes.count
    addName(start, count, keyStart: keyStart, keyCount: keyCount)
    if nodes[before].kind == .null, isScript { strangeTokens += 1 }
  }

  /// Reads `("…")` or `([…])` after a constructor's name as its first argument.
  private mutating func readArgument(_ keyStart: Int, _ keyCount: Int, _ isKeyEscaped: Bool) {
    skipSpace()
    guard position < end, source[position] == UInt8(ascii: "(") else {
      return add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
    }
    let open = position
    position += 1
    skipSpace()
    if position < end,
      source[position] == UInt8(ascii: "\"") || source[position] == UInt8(ascii: "'")
    {
      let (start, count, escaped) = scanString(isKey: true)
      add(escaped ? .escapedString : .string, keyStart, keyCount, isKeyEscaped, start, count)
      skipSpace()
      if position < end, source[position] == UInt8(ascii: ")") {
        position += 1
        return
      }
      position = open
      skipBalanced()
      return
    }
    if position < end, source[position] == UInt8(ascii: "["), stack.count < depthLimit {
      // Recurses once a container at most, and those are bounded by `depthLimit`.
      readValue(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: isKeyEscaped)
      skipSpace()
      if position < end, source[position] == UInt8(ascii: ")") { position += 1 }
      return
    }
    position = open
    skipBalanced()
    add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
  }
}

// MARK: - Letters

extension LiteralReader {
  @inline(__always) func isNameByte(_ byte: UInt8) -> Bool {
    Bytes.isLetter(byte) || Bytes.isDigit(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "$") || byte >= 0x80
  }

  @inline(__always) private func isNumberByte(_ byte: UInt8) -> Bool {
    Bytes.isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
      || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  /// Steps over what may stand before a value: marks of comments and CDATA, brackets, `;`.
  private mutating func skipToValue() {
    skipSpace()
    while position < end {
      let byte = source[position]
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\"") {
        return
      }
      if isScript, byte == UInt8(ascii: "'") || isNameByte(byte) { return }
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
      if end - position >= 8 {
        let word = ByteWord(source.baseAddress! + position)
        let found = word.equal(0x5C) | word.equal(quote)
        guard found != 0 else {
          position += 8
          continue
        }
        position += ByteWord.first(found)
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
  private mutating func skipBalanced() {
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
