/// The attribute `props` of Astro's islands, in which every value stands beside the number of its type:
/// `{"product":[0,{"name":[0,"Vest"],"tags":[1,[[0,"a"]]]}]}` (Astro's `runtime/server/serialize.ts`).
enum AstroProps {
  /// The values as references to those that they wrap; `nil` where the tape is not of that kind.
  static func expand(_ tape: JSONTape) -> JSONTape? {
    guard let root = tape.root,
      root.list.allSatisfy({ $0.memberIndices.allSatisfy { isWrapper(tape, $0) } })
    else { return nil }
    var nodes: [JSONTape.Node] = []
    nodes.reserveCapacity(tape.count)
    for index in tape.indices {
      var node = tape[index]
      if isWrapper(tape, index) {
        node.kind = .reference
        node.start = Int32(index + 2)
        node.count = 0
      }
      nodes.append(node)
    }
    return JSONTape(source: tape.source, nodes: nodes)
  }

  private static func isWrapper(_ tape: JSONTape, _ index: Int) -> Bool {
    let node = tape[index]
    return node.kind == .array && node.count == 2 && tape[index + 1].kind == .number
      && tape[index + 1].count <= 2
  }
}
