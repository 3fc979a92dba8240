/// Remix and React Router as they stream a page's data: `streamController.enqueue("[…]\n")`.
///
///     [{"_1":2},"loaderData",{"_3":4},"product",{"_5":6},"name","Vest"]
///     P9:["Lumen"]
///
/// One flat array in which a number inside a container is an index into the array, `{"_1": 2}` has the
/// key that stands at 1, negative numbers are `null`, `undefined` and their kin, `["D", …]` is a date
/// and `["P", 9]` what line `P9` gives; its values are appended to the array (npm's `turbo-stream`,
/// `flatten.ts`). Values become one tape, shared ones as references.
struct TurboStream {
  private var text: [UInt8] = []

  var isEmpty: Bool { text.isEmpty }

  /// Takes what a script enqueues.
  ///
  /// - Parameter start: behind its `streamController.enqueue(`.
  mutating func take(_ raw: [UInt8], _ range: Range<Int>, from start: Int) {
    guard
      let tape = LiteralReader.read(
        raw, start..<range.upperBound, isScript: true, nodeLimit: 2, depthLimit: 2),
      let root = tape.root, root.isString
    else { return }
    if root.kind == .string { text += root.bytes } else { text += JSONText.unescape(root.bytes) }
  }

  /// One value of the flat array, in the tape of its line.
  private struct Element {
    var line: JSONTape
    var index: Int
  }

  func tape(nodeLimit: Int, depthLimit: Int) -> JSONTape? {
    var elements: [Element] = []
    var promised: [Int: Int] = [:]
    var budget = nodeLimit
    for line in text.split(separator: 0x0A) where budget > 0 {
      var start = line.startIndex
      if line.first == UInt8(ascii: "P"), let colon = line.prefix(12).firstIndex(of: 0x3A) {
        let id = Int(String(decoding: line[(start + 1)..<colon], as: UTF8.self))
        if let id { promised[id] = elements.count }
        start = colon + 1
      }
      guard
        let tape = LiteralReader.read(
          text, start..<line.endIndex, nodeLimit: budget, depthLimit: depthLimit),
        let root = tape.root, root.isArray
      else { continue }
      budget -= tape.count
      for index in root.memberIndices { elements.append(Element(line: tape, index: index)) }
    }
    guard elements.count > 1 else { return nil }
    return Expansion(text: text, elements: elements, promised: promised).tape()
  }

  /// Lays the flat array out as nodes: each element's own, with references as its members.
  private struct Expansion {
    let text: [UInt8]
    let elements: [Element]
    let promised: [Int: Int]

    func tape() -> JSONTape? {
      // Where each element will stand.
      var places: [Int32] = []
      places.reserveCapacity(elements.count)
      var next: Int32 = 0
      for element in elements {
        places.append(next)
        let node = element.line[element.index]
        next +=
          node.kind == .object || node.kind == .array && !isTagged(element) ? 1 + node.count : 1
      }
      var nodes: [JSONTape.Node] = []
      nodes.reserveCapacity(Int(next))
      for element in elements {
        var node = element.line[element.index]
        node.keyStart = -1
        node.end = Int32(nodes.count + 1)
        guard node.kind == .object || node.kind == .array else {
          nodes.append(node)
          continue
        }
        if isTagged(element) {
          nodes.append(tagged(element, places, end: node.end))
          continue
        }
        let position = nodes.count
        nodes.append(node)
        for member in JSONValue(tape: element.line, at: element.index).memberIndices {
          nodes.append(reference(element.line, member, places, end: nodes.count + 1))
        }
        nodes[position].end = Int32(nodes.count)
      }
      return JSONTape(source: text, nodes: nodes)
    }

    /// `["D", …]`, `["P", 3]`: an array that begins with a string is no array.
    private func isTagged(_ element: Element) -> Bool {
      let node = element.line[element.index]
      return node.kind == .array && node.count > 0
        && element.line[element.index + 1].kind == .string
    }

    private func tagged(_ element: Element, _ places: [Int32], end: Int32) -> JSONTape.Node {
      let tape = element.line
      let tag = tape.slice(element.index + 1)
      var node = JSONTape.Node(
        kind: .null, concept: .none, isKeyEscaped: false, keyStart: -1, keyCount: 0, start: 0,
        count: 0, end: end)
      guard tape[element.index].count == 2 else { return node }
      let second = tape[element.index + 2]
      if Bytes.equals(tag, "p"), let id = JSONValue(tape: tape, at: element.index + 2).integer,
        let target = promised[id], target < places.count
      {
        node.kind = .reference
        node.start = places[target]
      } else if Bytes.equals(tag, "d") || Bytes.equals(tag, "u") || Bytes.equals(tag, "b") {
        node.kind = second.kind == .object || second.kind == .array ? .null : second.kind
        node.start = second.start
        node.count = second.count
      }
      return node
    }

    /// A member as a reference to the element meant, under the key that it names.
    private func reference(_ tape: JSONTape, _ member: Int, _ places: [Int32], end: Int)
      -> JSONTape.Node
    {
      let given = tape[member]
      var node = JSONTape.Node(
        kind: .null, concept: .none, isKeyEscaped: false, keyStart: -1, keyCount: 0, start: 0,
        count: 0, end: Int32(end))
      if given.keyStart >= 0 {
        node.keyStart = given.keyStart
        node.keyCount = given.keyCount
        let key = tape.key(member)
        if key.first == 0x5F, let index = Int(String(decoding: key.dropFirst(), as: UTF8.self)),
          index >= 0, index < elements.count
        {
          let name = elements[index].line[elements[index].index]
          if name.kind == .string || name.kind == .escapedString {
            node.keyStart = name.start
            node.keyCount = name.count
            node.isKeyEscaped = name.kind == .escapedString
            let bytes = Int(name.start)..<Int(name.start + name.count)
            node.concept = text.withUnsafeBufferPointer {
              Vocabulary.concept(UnsafeBufferPointer(rebasing: $0[bytes]))
            }
          }
        }
      }
      if given.kind == .number, let index = JSONValue(tape: tape, at: member).integer, index >= 0,
        index < places.count
      {
        node.kind = .reference
        node.start = places[index]
      }
      return node
    }
  }
}
