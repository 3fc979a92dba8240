/// Reads JSON as pages really carry it, and the JavaScript literals that state payloads are made of.
///
/// One grammar for both, forgiving: raw control characters in strings, comments, `<!-- -->`, CDATA
/// marks, single quotes, bare keys, trailing commas, missing commas, stray `;`, text after the value.
/// JavaScript adds `undefined`, `void 0`, `!0`, `new Date("…")`, `new Set([…])`, `Object.create(null)`
/// names, which are looked up among a function's parameters, and functions that are called where they
/// stand. Nothing is ever executed.
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
  let depthLimit: Int
  /// In JSON a quote inside a string may have been left bare; in JavaScript it never is.
  let isScript: Bool
  /// Where keys are looked up; `nil` for JSON-LD, which has words of its own.
  let vocabulary: HashedWords<Concept>?
  private var keys = KeyMemory()
  /// The parameters in scope, by name.
  var parameterNumbers: [ArraySlice<UInt8>: Int32] = [:]
  /// The node of each parameter's argument; −1 where none is given.
  var parameters: [Int32] = []
  /// What functions assign to members of their parameters.
  var assigned: [(parameter: Int32, node: Int32)] = []
  /// How many functions around the position are being read.
  var callDepth = 0
  var copy: [UInt8]
  /// What a `@context` calls otherwise: a key to where the term stands that it means.
  var aliases: [ArraySlice<UInt8>: (start: Int, count: Int)] = [:]
  /// How many members of contexts are still looked at.
  var contextBudget = 16_384

  struct Frame {
    var node: Int
    var isObject: Bool
    /// The member that its object stands for, as `@value`; −1 for none.
    var meant: Int32 = -1
    /// An object under `@nest`, whose members are those of the object around it.
    var isNest = false
  }
  /// The open containers. A loop over one never pops below the count that it began with.
  private(set) var stack: Pile<Frame>

  private init(
    _ buffer: UnsafeBufferPointer<UInt8>, copy: [UInt8], range: Range<Int>, isScript: Bool,
    isLinkedData: Bool = false, nodeLimit: Int, depthLimit: Int
  ) {
    source = buffer
    self.copy = copy
    position = range.lowerBound
    end = range.upperBound
    self.isScript = isScript
    vocabulary = isLinkedData ? nil : Vocabulary.table
    self.nodeLimit = nodeLimit
    self.depthLimit = depthLimit
    // A member takes some thirty bytes; a literal may end long before its script does.
    nodes = Pile(capacity: min(range.count / 32, nodeLimit, 1 << 6))
    stack = Pile(capacity: 16)
  }

  /// Frees what was read.
  private func discard() {
    nodes.deallocate()
    stack.deallocate()
    keys.deallocate()
  }

  /// What was read, as a tape that owns it; the reader is of no use any more.
  private mutating func finish() -> JSONTape {
    attachAssigned()
    stack.deallocate()
    keys.deallocate()
    nodes.trim()
    return JSONTape(source: copy, nodes: nodes, parameters: parameters, stop: position)
  }

  /// Reads the first value in `range`; `nil` where there is none.
  ///
  /// - Parameter isLinkedData: It is JSON-LD: keys are terms of its vocabulary, and what only wraps a
  ///   value stands for it.
  static func read(
    _ source: [UInt8], _ range: Range<Int>, isScript: Bool = false, isLinkedData: Bool = false,
    nodeLimit: Int = 1_000_000, depthLimit: Int = 256
  ) -> JSONTape? {
    source.withUnsafeBufferPointer { buffer in
      var reader = LiteralReader(
        buffer, copy: source, range: range, isScript: isScript, isLinkedData: isLinkedData,
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
  ///
  /// - Returns: no tape where it is no such call, and how far it was read.
  static func readCall(
    _ source: [UInt8], _ range: Range<Int>, nodeLimit: Int = 1_000_000, depthLimit: Int = 256
  ) -> (tape: JSONTape?, stop: Int) {
    source.withUnsafeBufferPointer { buffer in
      var reader = LiteralReader(
        buffer, copy: source, range: range, isScript: true, nodeLimit: nodeLimit,
        depthLimit: depthLimit)
      guard reader.readBracketed(keyStart: -1, keyCount: 0, isKeyEscaped: false) else {
        reader.discard()
        return (nil, reader.position)
      }
      return (reader.finish(), reader.position)
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
    if frame.isNest { return }
    nodes[frame.node].end = Int32(nodes.count)
    if vocabulary == nil {
      unwrap(frame.node, meant: Int(frame.meant))
      let key = nodes[frame.node]
      if key.keyCount == 8,
        Bytes.equals(source.part(Int(key.keyStart), Int(key.keyStart) + 8), "@context")
      {
        takeAliases(of: frame.node)
      }
    }
  }

  /// Makes `{"@value": 39}`, `{"@list": […]}`, `{"@set": […]}` and an array of one such value stand
  /// for what they hold (JSON-LD 1.1, 9.5 and 9.7).
  private mutating func unwrap(_ node: Int, meant: Int) {
    var meant = meant
    if nodes[node].kind == .array, nodes[node].count == 1, nodes[node + 1].kind == .reference {
      meant = node + 1
    }
    guard meant > node, meant < nodes.count else { return }
    nodes[node].kind = .reference
    nodes[node].start = Int32(meant)
    nodes[node].count = 0
  }

  /// The name that a key of JSON-LD has without its vocabulary's prefix or address: `name` of
  /// `schema:name` and of `https://schema.org/name`.
  private mutating func term(_ start: Int, _ count: Int) -> (start: Int, count: Int) {
    guard count > 3 else { return (start, count) }
    if source[start] == UInt8(ascii: "@") {
      let key = source.part(start, start + count)
      if Bytes.equals(key, "@value") || Bytes.equals(key, "@list") || Bytes.equals(key, "@set") {
        stack[stack.count - 1].meant = Int32(nodes.count)
      }
      return (start, count)
    }
    var from = start + count
    while from > start, source[from - 1] != UInt8(ascii: ":"),
      source[from - 1] != UInt8(ascii: "/"),
      source[from - 1] != UInt8(ascii: "#")
    {
      from -= 1
    }
    return from < start + count ? (from, start + count - from) : (start, count)
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
    if vocabulary == nil {
      if !aliases.isEmpty, let meant = aliases[copy[keyStart..<keyStart + keyCount]] {
        (keyStart, keyCount) = meant
      }
      (keyStart, keyCount) = term(keyStart, keyCount)
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
      concept = keys.concept(of: source.part(keyStart, keyStart + keyCount), in: vocabulary)
    }
    nodes.append(
      .init(
        kind: kind, concept: concept, isKeyEscaped: isKeyEscaped,
        keyStart: Int32(truncatingIfNeeded: keyStart),
        keyCount: Int32(truncatingIfNeeded: keyCount), start: Int32(truncatingIfNeeded: start),
        count: Int32(truncatingIfNeeded: count), end: Int32(truncatingIfNeeded: nodes.count + 1)))
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
      if isObject, keyCount == 5, vocabulary == nil,
        Bytes.equals(source.part(keyStart, keyStart + 5), "@nest")
      {
        // JSON-LD 1.1, 4.5: properties that only JSON keeps together.
        let outer = stack[stack.count - 1].node
        nodes[outer].count -= 1
        stack.append(Frame(node: outer, isObject: true, isNest: true))
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
        if position - word == 1, source[word] == UInt8(ascii: "n") {
          add(.number, keyStart, keyCount, isKeyEscaped, start, word - start)  // 10n
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
        let open = position
        if readBracketed(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: isKeyEscaped) {
          return
        }
        position = open
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

  /// Reads `("…")`, `([…])` or `({…})` after a function's name as its first argument.
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
        || source[position] == UInt8(ascii: "`")
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
    if position < end,
      source[position] == UInt8(ascii: "[") || source[position] == UInt8(ascii: "{"),
      stack.count < depthLimit
    {
      // Recurses once a container at most, and those are bounded by `depthLimit`.
      readValue(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: isKeyEscaped)
      skipSpace()
      if position < end, source[position] == UInt8(ascii: ")") {
        position += 1
      } else {
        position = open
        skipBalanced()
      }
      return
    }
    position = open
    skipBalanced()
    add(.null, keyStart, keyCount, isKeyEscaped, 0, 0)
  }
}
