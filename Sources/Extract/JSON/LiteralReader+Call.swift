/// Functions that are called where they stand, read as data: Nuxt 2's
/// `(function(a, b) {a.x = …; return …}(1, "two"))`, the same with an arrow, and those that stand inside
/// a literal, as SvelteKit and others write values that they use twice (npm's `devalue`, `uneval.js`).
extension LiteralReader {
  private mutating func expect(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < end, source[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWord(_ word: StaticString) -> Bool {
    skipSpace()
    guard end - position >= word.utf8CodeUnitCount else { return false }
    let matches = word.withUTF8Buffer { word in
      for offset in 0..<word.count where source[position + offset] != word[offset] { return false }
      return true
    }
    if matches { position += word.utf8CodeUnitCount }
    return matches
  }

  private mutating func name() -> Range<Int>? {
    skipSpace()
    let start = position
    while position < end, isNameByte(source[position]) { position += 1 }
    return start < position ? start..<position : nil
  }

  /// Reads a call, or a literal in brackets, as one value.
  ///
  /// What it makes of a call is a reference to the result, with the function's nodes and its
  /// arguments' inside. Recurses once a container at most, and `depthLimit` bounds both.
  ///
  /// - Returns: false where it is neither; then `position` may have moved, and no node stands for it.
  mutating func readBracketed(keyStart: Int, keyCount: Int, isKeyEscaped: Bool) -> Bool {
    guard callDepth < 16, stack.count < depthLimit else { return false }
    var brackets = 0
    while expect(UInt8(ascii: "(")) { brackets += 1 }
    if brackets == 0 { _ = expect(UInt8(ascii: "!")) }
    skipSpace()
    guard position < end else { return false }
    if source[position] == UInt8(ascii: "{") || source[position] == UInt8(ascii: "[") {
      guard brackets > 0 else { return false }
      readValue(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: isKeyEscaped)
      while brackets > 0, expect(UInt8(ascii: ")")) { brackets -= 1 }
      return true
    }
    guard let names = readParameters(&brackets) else { return false }
    callDepth += 1
    defer { callDepth -= 1 }
    let call = nodes.count
    add(.reference, keyStart, keyCount, isKeyEscaped, call, 0)
    // Names are the function's own inside of it, and the outer one's again in its arguments.
    let base = parameters.count
    let statements = assigned.count
    var hidden: [(name: ArraySlice<UInt8>, number: Int32?)] = []
    for name in names {
      hidden.append((copy[name], parameterNumbers[copy[name]]))
      parameterNumbers[copy[name]] = Int32(parameters.count)
      parameters.append(-1)
    }
    let isClosed = readBody(of: call)
    for (name, number) in hidden.reversed() { parameterNumbers[name] = number }
    guard let isClosed else {
      nodes.cut(to: call)
      parameters.removeSubrange(base...)
      assigned.removeSubrange(statements...)
      return false
    }
    if isClosed {
      if brackets > 0, expect(UInt8(ascii: ")")) { brackets -= 1 }
      if expect(UInt8(ascii: "(")) { readArguments(of: base) }
      while brackets > 0, expect(UInt8(ascii: ")")) { brackets -= 1 }
    }
    nodes[call].end = Int32(nodes.count)
    return true
  }

  /// Reads `function name(a, b)`, `(a, b) =>` or `a =>`; of an arrow's names the bracket may be the last
  /// of those that were read before it.
  private mutating func readParameters(_ brackets: inout Int) -> [Range<Int>]? {
    let isFunction = skipWord("function")
    if isFunction {
      _ = name()
      guard expect(UInt8(ascii: "(")) else { return nil }
    }
    var names: [Range<Int>] = []
    while let name = name() {
      names.append(name)
      guard expect(UInt8(ascii: ",")) else { break }
    }
    if isFunction { return expect(UInt8(ascii: ")")) ? names : nil }
    if brackets > 0, expect(UInt8(ascii: ")")) {
      brackets -= 1
    } else if names.count != 1 {
      return nil
    }
    return skipWord("=>") ? names : nil
  }

  /// Reads what a function does and returns; the node `call` will refer to the result.
  ///
  /// - Returns: whether the body came to its end; `nil` where it has no result that could be read.
  private mutating func readBody(of call: Int) -> Bool? {
    guard expect(UInt8(ascii: "{")) else {
      // An arrow's value, an object among them in brackets.
      var brackets = 0
      while expect(UInt8(ascii: "(")) { brackets += 1 }
      guard readResult(of: call) else { return nil }
      while brackets > 0, expect(UInt8(ascii: ")")) { brackets -= 1 }
      return brackets == 0
    }
    while position < end, nodes.count < nodeLimit {
      if expect(UInt8(ascii: ";")) { continue }
      if skipWord("return") {
        guard readResult(of: call) else { return nil }
        while expect(UInt8(ascii: ";")) {}
        return expect(UInt8(ascii: "}"))
      }
      guard readStatement() else { return nil }
    }
    return nil
  }

  private mutating func readResult(of call: Int) -> Bool {
    skipSpace()
    guard position < end else { return false }
    let result = nodes.count
    readValue(keyStart: -1, keyCount: 0, isKeyEscaped: false)
    nodes[call].start = Int32(result)
    return nodes.count > result
  }

  private mutating func readArguments(of base: Int) {
    var number = base
    while position < end, nodes.count < nodeLimit {
      skipSpace()
      guard position < end, source[position] != UInt8(ascii: ")") else { break }
      let argument = nodes.count
      let before = position
      readValue(keyStart: -1, keyCount: 0, isKeyEscaped: false)
      guard nodes.count > argument, position > before else { break }
      if number < parameters.count { parameters[number] = Int32(argument) }
      number += 1
      guard expect(UInt8(ascii: ",")) else { break }
    }
    _ = expect(UInt8(ascii: ")"))
  }

  /// Reads `a.b = value` for a parameter `a`, where the value's node carries the key, and steps over
  /// `a.set(…)`, `a.add(…)`.
  private mutating func readStatement() -> Bool {
    guard let target = name(), let parameter = parameterNumbers[copy[target]] else { return false }
    var keyStart = 0
    var keyCount = 0
    if expect(UInt8(ascii: ".")) {
      guard let key = name() else { return false }
      keyStart = key.lowerBound
      keyCount = key.count
      skipSpace()
      if position < end, source[position] == UInt8(ascii: "(") {
        while position < end, source[position] != UInt8(ascii: ";") {
          if source[position] == UInt8(ascii: "(") { skipBalanced() } else { position += 1 }
        }
        return true
      }
    } else if expect(UInt8(ascii: "[")) {
      skipSpace()
      guard position < end else { return false }
      if source[position] == UInt8(ascii: "\"") || source[position] == UInt8(ascii: "'") {
        (keyStart, keyCount, _) = scanString(isKey: true)
      } else if let key = name() {
        keyStart = key.lowerBound
        keyCount = key.count
      }
      guard expect(UInt8(ascii: "]")) else { return false }
    }
    guard expect(UInt8(ascii: "=")) else { return false }
    skipSpace()
    guard position < end else { return false }
    let node = nodes.count
    readValue(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: false)
    guard nodes.count > node else { return false }
    assigned.append((parameter, Int32(node)))
    return true
  }

  /// Gives each parameter that was assigned to an object of references to what was assigned.
  mutating func attachAssigned() {
    guard !assigned.isEmpty else { return }
    var byParameter: [Int32: [Int32]] = [:]
    for statement in assigned {
      byParameter[statement.parameter, default: []].append(statement.node)
    }
    for (parameter, members) in byParameter.sorted(by: { $0.key < $1.key }) {
      guard nodes.count + members.count < nodeLimit, Int(parameter) < parameters.count else {
        return
      }
      let old = parameters[Int(parameter)]
      let isArray = old >= 0 && nodes[Int(old)].kind == .array
      let object = nodes.count
      add(isArray ? .array : .object, -1, 0, false, 0, 0)
      for member in members {
        var reference = nodes[Int(member)]
        reference.kind = .reference
        reference.start = member
        reference.end = Int32(nodes.count + 1)
        nodes.append(reference)
      }
      nodes[object].count = Int32(members.count)
      nodes[object].end = Int32(nodes.count)
      parameters[Int(parameter)] = Int32(object)
    }
  }
}
