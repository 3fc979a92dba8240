/// React Server Components as Next.js streams them: `self.__next_f.push([1, "…"])`, each push a
/// piece of one text of rows.
///
///     3:["$","$L12",null,{"product":"$4"}]\n     id in hex, then JSON
///     4:{"name":"Vest"}\n
///     5:T1f,the next 0x1f bytes as text           no line feed after it
///     12:I["chunks/app.js", …]\n                  a letter: import, hint, error, … not data
///
/// In strings `$4`, `$L4` and `$@4` stand for row 4, `$Q4` and `$W4` for the map and the set whose entries
/// it lists, `$4:props:product` for a value inside it, `$D…`
/// for a date, `$n…` for a large whole number, `$undefined` for nothing, and `$$` for a dollar sign
/// (react.dev's Flight protocol, `ReactFlightClient.js`). Rows become one tape; a row that is used
/// twice stays one subtree.
struct FlightStream {
  private var text: [UInt8] = []

  var isEmpty: Bool { text.isEmpty }

  /// Takes what a script pushes.
  ///
  /// - Parameter name: where it first says `__next_f`.
  mutating func take(_ raw: [UInt8], _ range: Range<Int>, from name: Int) {
    let bytes = raw[range]
    var from = name
    // What opens and never closes is read to the end each time: not for ever.
    var effort = range.count * 4
    while effort > 0, let push = Bytes.find("push(", in: bytes, from: from) {
      from = push + 5
      let tape = LiteralReader.read(
        raw, from..<range.upperBound, isScript: true, nodeLimit: 8, depthLimit: 4)
      effort -= (tape?.stop ?? range.upperBound) - from
      guard let tape, let root = tape.root, root.isArray, root.count > 1 else { continue }
      from = max(from, tape.stop)
      let parts = root.members
      guard parts.count > 1, parts[0].integer == 1, parts[1].isString else { continue }
      if parts[1].kind == .string {
        text += parts[1].bytes
      } else {
        text += JSONText.unescape(parts[1].bytes)
      }
    }
  }

  // MARK: Rows

  /// All rows that are data, one after the other, with their references followed.
  func tape(nodeLimit: Int, depthLimit: Int) -> JSONTape? {
    var nodes: [JSONTape.Node] = []
    var places: [Int: Int32] = [:]
    var index = 0
    while index < text.count, nodes.count < nodeLimit {
      guard let (id, start) = identifier(at: index) else {
        index = lineEnd(from: index) + 1
        continue
      }
      if start < text.count, text[start] == UInt8(ascii: "T") {
        guard let (length, body) = length(at: start + 1) else {
          index = lineEnd(from: start) + 1
          continue
        }
        let stop = min(body + length, text.count)
        places[id] = Int32(nodes.count)
        nodes.append(string(body..<stop, end: nodes.count + 1))
        index = stop
        continue
      }
      let stop = lineEnd(from: start)
      let isData = start < stop && !(text[start] &- 0x41 < 26)
      if isData,
        let row = LiteralReader.read(
          text, start..<stop, nodeLimit: nodeLimit - nodes.count, depthLimit: depthLimit)
      {
        let base = Int32(nodes.count)
        places[id] = base
        for index in row.indices {
          var node = row[index]
          node.end += base
          nodes.append(node)
        }
      }
      index = stop + 1
    }
    guard nodes.count > 1 else { return nil }
    var steps = nodes.count + 1_000_000
    for index in nodes.indices where nodes[index].kind == .string && nodes[index].count > 1 {
      follow(index, &nodes, places, steps: &steps)
    }
    return JSONTape(source: text, nodes: nodes)
  }

  private func string(_ range: Range<Int>, end: Int) -> JSONTape.Node {
    JSONTape.Node(
      kind: .string, concept: .none, isKeyEscaped: false, keyStart: -1, keyCount: 0,
      start: Int32(range.lowerBound), count: Int32(range.count), end: Int32(end))
  }

  private func lineEnd(from index: Int) -> Int {
    text[index...].firstIndex(of: 0x0A) ?? text.count
  }

  /// `1f:` and where its row's content begins.
  private func identifier(at index: Int) -> (id: Int, start: Int)? {
    guard let (id, end) = hexadecimal(at: index), end < text.count, text[end] == 0x3A else {
      return nil
    }
    return (id, end + 1)
  }

  /// `1f,` and where the text begins.
  private func length(at index: Int) -> (length: Int, start: Int)? {
    guard let (length, end) = hexadecimal(at: index), end < text.count, text[end] == 0x2C else {
      return nil
    }
    return (length, end + 1)
  }

  private func hexadecimal(at index: Int) -> (value: Int, end: Int)? {
    var value = 0
    var end = index
    while end < text.count, end - index < 8 {
      let digit: UInt8
      switch text[end] {
      case 0x30...0x39: digit = text[end] - 0x30
      case 0x61...0x66: digit = text[end] - 0x57
      default: return end > index ? (value, end) : nil
      }
      value = value << 4 | Int(digit)
      end += 1
    }
    return end > index ? (value, end) : nil
  }

  // MARK: References

  private func follow(
    _ index: Int, _ nodes: inout [JSONTape.Node], _ places: [Int: Int32], steps: inout Int
  ) {
    let start = Int(nodes[index].start)
    let end = start + Int(nodes[index].count)
    guard text[start] == UInt8(ascii: "$") else { return }
    var next = start + 1
    switch text[next] {
    case UInt8(ascii: "$"):
      nodes[index].start += 1
      nodes[index].count -= 1
      return
    case UInt8(ascii: "D"):
      nodes[index].start += 2
      nodes[index].count -= 2
      return
    case UInt8(ascii: "n"):
      nodes[index].kind = .number
      nodes[index].start += 2
      nodes[index].count -= 2
      return
    case UInt8(ascii: "u"):
      nodes[index].kind = .null
      return
    case UInt8(ascii: "L"), UInt8(ascii: "@"), UInt8(ascii: "Q"), UInt8(ascii: "W"):
      next += 1
    default: break
    }
    guard let (id, stop) = hexadecimal(at: next), stop <= end, let place = places[id],
      let target = descend(from: place, path: stop..<end, nodes, steps: &steps),
      target != Int32(index)
    else { return }
    nodes[index].kind = .reference
    nodes[index].start = target
    nodes[index].count = 0
  }

  /// The value at `:props:items:0` below a row's; an element's props stand fourth in its array.
  ///
  /// - Parameter steps: How many members may still be passed on the way, of all references.
  private func descend(
    from place: Int32, path: Range<Int>, _ nodes: [JSONTape.Node], steps: inout Int
  ) -> Int32? {
    var current = Int(place)
    for step in text[path].split(separator: 0x3A).prefix(32) {
      for _ in 0..<4 where nodes[current].kind == .reference {
        current = Int(nodes[current].start)
      }
      let container = nodes[current]
      var wanted = Int(String(decoding: step, as: UTF8.self))
      if container.kind == .array, wanted == nil {
        wanted = Bytes.equals(step, "props") ? 3 : Bytes.equals(step, "key") ? 2 : 1
      }
      guard container.kind == .array || container.kind == .object else { return nil }
      var child = current + 1
      var position = 0
      var found: Int?
      while child < Int(container.end), found == nil, steps > 0 {
        steps -= 1
        let node = nodes[child]
        if container.kind == .array {
          if position == wanted { found = child }
        } else if text[Int(node.keyStart)..<Int(node.keyStart + node.keyCount)].elementsEqual(step)
        {
          found = child
        }
        position += 1
        child = Int(node.end)
      }
      guard let found else { return nil }
      current = found
    }
    return Int32(current)
  }
}
