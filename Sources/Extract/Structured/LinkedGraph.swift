/// All JSON-LD of a page, which is one graph: what one script names by `@id`, another may describe
/// (JSON-LD 1.1, 7.5).
final class LinkedGraph {
  let tapes: [JSONTape]
  /// The fullest object of each `@id`; built when a script first names what it does not hold.
  private lazy var objects: [String: (tape: Int, index: Int32)] = collect()

  init(_ tapes: [JSONTape]) {
    self.tapes = tapes
    guard tapes.count > 1 else { return }
    for tape in tapes { tape.graph = self }
  }

  func object(_ id: String) -> JSONValue? {
    objects[id].map { JSONValue(tape: tapes[$0.tape], at: Int($0.index)) }
  }

  private func collect() -> [String: (tape: Int, index: Int32)] {
    var objects: [String: (tape: Int, index: Int32)] = [:]
    for (number, tape) in tapes.enumerated() {
      for (id, index) in tape.identified {
        if let known = objects[id],
          tapes[known.tape][Int(known.index)].count >= tape[Int(index)].count
        {
          continue
        }
        objects[id] = (number, index)
      }
    }
    return objects
  }
}
