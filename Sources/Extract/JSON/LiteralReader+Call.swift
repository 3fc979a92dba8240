/// Nuxt 2's `(function(a, b) {a.x = …; return …}(1, "two"))`, read as data.
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

  /// Returns the nodes of the arguments; the result is node 0.
  mutating func readFunctionCall() -> [Int32]? {
    while expect(UInt8(ascii: "(")) || expect(UInt8(ascii: "!")) {}
    guard skipWord("function") else { return nil }
    _ = name()
    guard expect(UInt8(ascii: "(")) else { return nil }
    var parameterCount: Int32 = 0
    while let name = name() {
      parameterNumbers[copy[name]] = parameterCount
      parameterCount += 1
      guard expect(UInt8(ascii: ",")) else { break }
    }
    guard expect(UInt8(ascii: ")")), expect(UInt8(ascii: "{")) else { return nil }

    // Node 0 will refer to the result: assignments may stand before it.
    add(.reference, -1, 0, false, 0, 0)
    var assigned: [(parameter: Int32, node: Int32)] = []
    var hasResult = false
    while position < end, nodes.count < nodeLimit {
      skipSpace()
      if position < end, source[position] == UInt8(ascii: ";") {
        position += 1
        continue
      }
      if skipWord("return") {
        skipSpace()
        guard position < end else { return nil }
        nodes[0].start = Int32(nodes.count)
        readValue(keyStart: -1, keyCount: 0, isKeyEscaped: false)
        hasResult = nodes.count > Int(nodes[0].start)
        break
      }
      guard let statement = readAssignment() else { break }
      assigned.append(statement)
    }
    guard hasResult else { return nil }
    while expect(UInt8(ascii: ";")) {}
    guard expect(UInt8(ascii: "}")) else { return [] }
    _ = expect(UInt8(ascii: ")"))
    var arguments: [Int32] = []
    if expect(UInt8(ascii: "(")) {
      while position < end, arguments.count < Int(parameterCount), nodes.count < nodeLimit {
        skipSpace()
        guard position < end, source[position] != UInt8(ascii: ")") else { break }
        arguments.append(Int32(nodes.count))
        let before = position
        readValue(keyStart: -1, keyCount: 0, isKeyEscaped: false)
        guard nodes.count > Int(arguments[arguments.count - 1]), position > before else {
          arguments.removeLast()
          break
        }
        guard expect(UInt8(ascii: ",")) else { break }
      }
    }
    while arguments.count < Int(parameterCount) { arguments.append(-1) }
    attach(assigned, to: &arguments)
    return arguments
  }

  /// Reads `a.b = value;` for a parameter `a`; the value's node carries the key.
  private mutating func readAssignment() -> (parameter: Int32, node: Int32)? {
    guard let target = name() else { return nil }
    let parameter = parameterNumbers[copy[target]]
    var keyStart = 0
    var keyCount = 0
    if expect(UInt8(ascii: ".")) {
      guard let key = name() else { return nil }
      keyStart = key.lowerBound
      keyCount = key.count
    } else if expect(UInt8(ascii: "[")) {
      skipSpace()
      guard position < end else { return nil }
      if source[position] == UInt8(ascii: "\"") || source[position] == UInt8(ascii: "'") {
        (keyStart, keyCount, _) = scanString(isKey: true)
      } else if let key = name() {
        keyStart = key.lowerBound
        keyCount = key.count
      }
      guard expect(UInt8(ascii: "]")) else { return nil }
    }
    guard expect(UInt8(ascii: "=")) else { return nil }
    skipSpace()
    guard position < end else { return nil }
    let node = nodes.count
    readValue(keyStart: keyStart, keyCount: keyCount, isKeyEscaped: false)
    guard nodes.count > node else { return nil }
    return (parameter ?? -1, Int32(node))
  }

  /// Gives each parameter that was assigned to an object of references to what was assigned.
  private mutating func attach(
    _ assigned: [(parameter: Int32, node: Int32)], to arguments: inout [Int32]
  ) {
    guard !assigned.isEmpty else { return }
    var byParameter: [Int32: [Int32]] = [:]
    for statement in assigned where statement.parameter >= 0 {
      byParameter[statement.parameter, default: []].append(statement.node)
    }
    for (parameter, members) in byParameter.sorted(by: { $0.key < $1.key }) {
      guard nodes.count + members.count < nodeLimit, Int(parameter) < arguments.count else {
        return
      }
      let old = arguments[Int(parameter)]
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
      arguments[Int(parameter)] = Int32(object)
    }
  }
}
