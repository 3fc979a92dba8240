/// Lays down a tape by hand: microdata and RDFa become the same objects as JSON-LD.
struct TapeBuilder {
  private var nodes: [JSONTape.Node] = []
  private var source: [UInt8] = []
  private var open: [Int] = []
  private let nodeLimit: Int

  init(nodeLimit: Int) { self.nodeLimit = nodeLimit }

  var isFull: Bool { nodes.count >= nodeLimit }

  private mutating func add(_ kind: JSONTape.Kind, key: String?, _ bytes: some Collection<UInt8>) {
    if let parent = open.last { nodes[parent].count += 1 }
    var keyStart: Int32 = -1
    var keyCount: Int32 = 0
    if let key {
      keyStart = Int32(source.count)
      source.append(contentsOf: key.utf8)
      keyCount = Int32(source.count) - keyStart
    }
    let start = Int32(source.count)
    source.append(contentsOf: bytes)
    nodes.append(
      .init(
        kind: kind, concept: .none, isKeyEscaped: false, keyStart: keyStart, keyCount: keyCount,
        start: start, count: kind == .string ? Int32(source.count) - start : 0,
        end: Int32(nodes.count + 1)))
  }

  mutating func addString(_ bytes: some Collection<UInt8>, key: String?) {
    add(.string, key: key, bytes)
  }

  /// Opens a container; `nil` as key inside arrays.
  mutating func open(_ kind: JSONTape.Kind, key: String?) {
    add(kind, key: key, EmptyCollection())
    open.append(nodes.count - 1)
  }

  mutating func close() {
    guard let container = open.popLast() else { return }
    nodes[container].end = Int32(nodes.count)
  }

  mutating func finish(origin: String) -> JSONTape? {
    while !open.isEmpty { close() }
    guard nodes.count > 1 else { return nil }
    let tape = JSONTape(source: source, nodes: nodes)
    tape.origin = origin
    return tape
  }
}
