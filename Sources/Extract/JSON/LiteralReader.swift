/// Reads JSON as pages really carry it, and the JavaScript literals that state payloads are made of.
///
/// One grammar for both, forgiving: raw control characters in strings, comments, `<!-- -->`, CDATA
/// marks, single quotes, bare keys, trailing commas, missing commas, stray `;`, text after the value.
/// JavaScript adds `undefined`, `void 0`, `!0`, `new Date("…")`, `new Set([…])`, `Object.create(null)`
/// and names, which are looked up among a function's parameters. Nothing is ever executed.
///
/// Time is linear in the text; nothing recurses; `nodeLimit` and `depthLimit` bound the tape.
struct LiteralReader {
  /// Only ever appended to. An index into it is a `count` of its own, taken before something was
  /// appended: none is read from the text, and none can outlast its node.
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
  let isScript: Bool
  /// Where keys are looked up; `nil` where they are not.
  private let vocabulary: HashedWords<Concept>?
  var parameterNumbers: [ArraySlice<UInt8>: Int32] = [:]
  var copy: [UInt8]

  private struct Frame {
    var node: Int
    var isObject: Bool
  }
  /// The open containers. A loop over one never pops below the count that it began with.
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
    // A member takes some thirty bytes; a literal may end long before its script does.
    nodes = Pile(capacity: min(range.count / 32, nodeLimit, 1 << 10))
    stack = Pile(capacity: 16)
  }

  /// Frees what was read.
  private func discard() {
    nodes.deallocate()
    stack.deallocate()
  }

  /// What was read, as a tape that owns it; the reader is of no use any more.
  private mutating func finish(parameters: [Int32] = []) -> JSONTape {
    stack.deallocate()
    nodes.trim()
    return JSONTape(source: copy, nodes: nodes, parameters: parameters, stop: position)
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
      reader.skipToValue()
      if reader.position < reader.end {
        reader.readValue(keyStart: -1, keyCount: 0, isKeyEscaped: false)
      }
      guard reader.nodes.count > 0 else {
        reader.discard()
        return nil
      }
      let tape = reader.finish()
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
      guard let parameters = reader.readFunctionCall() else {
        reader.discard()
        return nil
      }
      return reader.finish(parameters: parameters)
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
      concept = Vocabulary.concept(source.part(keyStart, keyStart + keyCount), in: vocabulary)
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
