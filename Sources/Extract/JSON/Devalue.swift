/// Nuxt 3's `__NUXT_DATA__`: an array in which every number inside a container is an index into the
/// array itself (the npm package `devalue`).
enum Devalue {
  /// The values of an array whose first object holds nothing but small indices.
  static func expandIfLikely(_ tape: JSONTape) -> JSONTape? {
    guard let root = tape.root, root.isArray, root.count > 8,
      let first = root.memberIndices.first(where: { _ in true })
    else { return nil }
    let head = JSONValue(tape: tape, at: first)
    guard head.isContainer, head.count > 0 else { return nil }
    for member in head.members {
      if member.isString, head.isArray { continue }
      guard let number = member.integer, number < root.count else { return nil }
    }
    return expand(tape)
  }

  /// The values as a tape of references; `nil` where the tape is not of that kind.
  static func expand(_ tape: JSONTape) -> JSONTape? {
    guard let root = tape.root, root.isArray, root.count > 1 else { return nil }
    let elements = Array(root.memberIndices)
    guard JSONValue(tape: tape, at: elements[0]).isContainer else { return nil }
    // Where each element will stand.
    var places: [Int32] = []
    places.reserveCapacity(elements.count)
    var next: Int32 = 0
    for element in elements {
      places.append(next)
      let node = tape[element]
      switch node.kind {
      case .object, .array: next += wrapper(tape, element) == nil ? 1 + node.count : 1
      default: next += 1
      }
    }
    var nodes: [JSONTape.Node] = []
    nodes.reserveCapacity(Int(next))
    func place(_ index: Int) -> Int32? {
      let node = tape[index]
      guard node.kind == .number, let number = JSONValue(tape: tape, at: index).integer,
        number >= 0, number < places.count
      else { return nil }
      return places[number]
    }
    for element in elements {
      var node = tape[element]
      node.end = Int32(nodes.count + 1)
      guard node.kind == .object || node.kind == .array else {
        nodes.append(node)
        continue
      }
      if let wrapped = wrapper(tape, element) {
        let inner = tape[wrapped]
        if let target = place(wrapped) {
          node.kind = .reference
          node.start = target
          node.count = 0
        } else {
          node = inner
        }
        node.keyStart = -1
        node.end = Int32(nodes.count + 1)
        nodes.append(node)
        continue
      }
      let position = nodes.count
      nodes.append(node)
      for member in JSONValue(tape: tape, at: element).memberIndices {
        var reference = tape[member]
        if let target = place(member) {
          reference.kind = .reference
          reference.start = target
        } else if reference.kind == .number || reference.kind == .object || reference.kind == .array
        {
          reference.kind = .null
        }
        reference.count = reference.kind == .reference ? 0 : reference.count
        reference.end = Int32(nodes.count + 1)
        nodes.append(reference)
      }
      nodes[position].end = Int32(nodes.count)
    }
    let expanded = JSONTape(source: tape.source, nodes: nodes)
    expanded.origin = tape.origin
    return expanded
  }

  /// The member that `["Reactive", 3]`, `["Ref", 3]` or `["Date", "…"]` stands for.
  private static func wrapper(_ tape: JSONTape, _ element: Int) -> Int? {
    let node = tape[element]
    guard node.kind == .array, node.count == 2, tape[element + 1].kind == .string else {
      return nil
    }
    let name = tape.slice(element + 1)
    guard name.first.map({ $0 &- 0x41 < 26 }) ?? false else { return nil }
    return element + 2
  }
}
