/// JSON, or a JavaScript literal, as flat nodes over the text that it was read from.
///
/// Nodes stand in document order; a container is followed by its members and `end` says where the
/// next sibling stands, so that a subtree is a range and nothing needs recursion. Strings and keys
/// stay slices of `source` and are unescaped only when asked for.
///
/// A value used twice (a parameter of Nuxt's function, an index of a devalue array) is one subtree
/// with `reference` nodes that point to it: however often a script shares its values, the tape is
/// never longer than the script.
final class JSONTape {
  enum Kind: UInt8 {
    case null, yes, no, number, string, escapedString, object, array
    /// `start` is the node meant.
    case reference
    /// `start` is an index into `parameters`.
    case parameter
  }

  struct Node {
    var kind: Kind
    /// What the key means in the vocabulary of shops, once it has been looked up.
    var concept: Concept
    var isKeyEscaped: Bool
    /// −1 where the node is no member of an object.
    var keyStart: Int32
    var keyCount: Int32
    /// Of a string or number in `source`.
    var start: Int32
    /// Bytes, or members of a container.
    var count: Int32
    var end: Int32
  }

  let source: [UInt8]
  private let nodes: Window<Node>
  /// Nodes that stand for a function's arguments.
  let parameters: [Int32]
  /// Where reading stopped in `source`.
  let stop: Int
  /// Where it came from, such as `script#__NEXT_DATA__`.
  var origin = ""
  /// So much of it was no literal that it is program text, and reading was given up.
  var isProgram = false
  /// The page's other JSON-LD, where this is some.
  weak var graph: LinkedGraph?
  /// Objects by `@id` or cache key, for `{"@id": …}` and `{"__ref": …}`; built when first asked for.
  private(set) lazy var identified: [String: Int32] = collectIdentified()
  /// Objects by their `id`, for stores that keep lists of ids; built when first asked for.
  private(set) lazy var numbered: [String: Int32] = collectNumbered()

  /// - Parameter nodes: The tape frees them.
  init(source: [UInt8], nodes: Pile<Node>, parameters: [Int32] = [], stop: Int = 0) {
    self.source = source
    self.nodes = Window(nodes.memory)
    self.parameters = parameters
    self.stop = stop
  }

  convenience init(source: [UInt8], nodes: [Node]) {
    var pile = Pile<Node>(capacity: nodes.count)
    for node in nodes { pile.append(node) }
    self.init(source: source, nodes: pile)
  }

  deinit { nodes.memory.deallocate() }

  var count: Int { nodes.count }
  var indices: Range<Int> { 0..<nodes.count }

  @inline(__always) subscript(index: Int) -> Node {
    // The tape may not go before its memory has been read.
    withExtendedLifetime(self) { nodes[index] }
  }

  /// Calls `body` with all nodes, which are no longer valid than the call.
  func withNodes<Result>(_ body: (Window<Node>) -> Result) -> Result {
    withExtendedLifetime(self) { body(nodes) }
  }

  var root: JSONValue? { nodes.isEmpty ? nil : JSONValue(tape: self, at: 0) }

  /// The node that `index` stands for, references followed.
  func resolve(_ index: Int) -> Int {
    var index = index
    for _ in 0..<8 {
      switch self[index].kind {
      case .reference:
        index = Int(self[index].start)
      case .parameter:
        let parameter = Int(self[index].start)
        guard parameter < parameters.count, parameters[parameter] >= 0 else { return index }
        index = Int(parameters[parameter])
      default:
        return index
      }
    }
    return index
  }

  func key(_ index: Int) -> ArraySlice<UInt8> {
    let node = self[index]
    guard node.keyStart >= 0 else { return [] }
    return source[Int(node.keyStart)..<Int(node.keyStart) + Int(node.keyCount)]
  }

  func slice(_ index: Int) -> ArraySlice<UInt8> {
    let node = self[index]
    return source[Int(node.start)..<Int(node.start) + Int(node.count)]
  }

  private func collectNumbered() -> [String: Int32] {
    var found: [String: Int32] = [:]
    for index in indices where self[index].kind == .object && self[index].count > 1 {
      let value = JSONValue(tape: self, at: index)
      // The fullest object of an id speaks for it.
      guard let id = (value["id"] ?? value["_id"])?.text, id.utf8.count <= 64 else { continue }
      if let known = found[id], self[Int(known)].count >= self[index].count { continue }
      found[id] = Int32(index)
    }
    return found
  }

  /// More members than these has no thing: thousands that name it would each look through them.
  private static let mostMembers = 256

  private func collectIdentified() -> [String: Int32] {
    var found: [String: Int32] = [:]
    for index in indices
    where self[index].kind == .object && (2...Self.mostMembers).contains(Int(self[index].count)) {
      let value = JSONValue(tape: self, at: index)
      // Of a thing that is described in parts the fullest speaks for it.
      if let id = value["@id"]?.string {
        let known = found[id].map { self[Int($0)].count } ?? 0
        if known < self[index].count { found[id] = Int32(index) }
      }
      let key = key(index)
      // Apollo's normalised cache: `"Product:123": {…}`, or any key with `__typename` inside.
      if !key.isEmpty, key.contains(0x3A),
        let name = self[index].isKeyEscaped
          ? String(validating: JSONText.unescape(key), as: UTF8.self)
          : String(validating: key, as: UTF8.self)
      {
        if found[name] == nil { found[name] = Int32(index) }
      }
    }
    return found
  }
}

/// One value of a tape.
struct JSONValue {
  let tape: JSONTape
  /// Never a reference.
  let index: Int

  init(tape: JSONTape, at index: Int) {
    self.tape = tape
    self.index = tape.resolve(index)
  }

  var node: JSONTape.Node { tape[index] }
  var kind: JSONTape.Kind { node.kind }
  var isObject: Bool { kind == .object }
  var isArray: Bool { kind == .array }
  var isContainer: Bool { kind == .object || kind == .array }
  var isString: Bool { kind == .string || kind == .escapedString }
  var isNull: Bool { kind == .null || kind == .parameter }
  var count: Int { isContainer ? Int(node.count) : 0 }

  var boolean: Bool? {
    switch kind {
    case .yes: true
    case .no: false
    default: nil
    }
  }

  /// A string, unescaped and trimmed; `nil` for all else and for the empty string.
  var string: String? {
    switch kind {
    case .string: Bytes.trimmedString(tape.slice(index))
    case .escapedString: Bytes.trimmedString(JSONText.unescape(tape.slice(index))[...])
    default: nil
    }
  }

  /// A string's or number's text.
  var text: String? {
    kind == .number ? String(decoding: tape.slice(index), as: UTF8.self) : string
  }

  /// The bytes of a string (still escaped) or number.
  var bytes: ArraySlice<UInt8> {
    switch kind {
    case .string, .escapedString, .number: tape.slice(index)
    default: []
    }
  }

  var integer: Int? {
    guard kind == .number || kind == .string else { return nil }
    return Int(String(decoding: tape.slice(index), as: UTF8.self))
  }

  /// The member with this key, ASCII case ignored: `pricecurrency` is common in the wild.
  subscript(_ key: StaticString) -> JSONValue? {
    guard kind == .object else { return nil }
    var child = index + 1
    let end = Int(node.end)
    let count = key.utf8CodeUnitCount
    let tape = tape
    return key.withUTF8Buffer { key -> JSONValue? in
      while child < end {
        let node = tape[child]
        if Int(node.keyCount) == count, node.keyStart >= 0 {
          let start = Int(node.keyStart)
          var matched = 0
          while matched < count,
            Bytes.lower(tape.source[start + matched]) == Bytes.lower(key[matched])
          {
            matched += 1
          }
          if matched == count { return JSONValue(tape: tape, at: child) }
        }
        child = Int(node.end)
      }
      return nil
    }
  }

  subscript(key key: String) -> JSONValue? {
    guard kind == .object else { return nil }
    for member in memberIndices where tape.key(member).elementsEqual(key.utf8) {
      return JSONValue(tape: tape, at: member)
    }
    return nil
  }

  /// Members' own nodes, which may be references.
  var memberIndices: MemberIndices {
    MemberIndices(
      tape: tape, position: isContainer ? index + 1 : 0, end: isContainer ? Int(node.end) : 0)
  }

  var members: [JSONValue] { memberIndices.map { JSONValue(tape: tape, at: $0) } }

  /// The array's members, or the value itself where it is no array; nothing for null.
  var list: [JSONValue] {
    if isArray { return members }
    return isNull ? [] : [self]
  }

  /// The first of `list`, which it spares.
  var first: JSONValue? { isArray ? firstMember : isNull ? nil : self }

  /// The first of `members`, which it spares.
  var firstMember: JSONValue? {
    var indices = memberIndices
    return indices.next().map { JSONValue(tape: tape, at: $0) }
  }

  /// Follows `{"@id": …}`, `{"__ref": …}` and `{"id": …, "type": "id"}` to the object meant.
  var target: JSONValue {
    guard isObject, count <= 4 else { return self }
    var name: String?
    if let reference = self["__ref"]?.string {
      name = reference
    } else if count == 1 || (count == 2 && self["@type"] != nil), let id = self["@id"]?.string {
      name = id
    } else if let type = self["type"], type.string == "id", let id = self["id"]?.string {
      name = id
    }
    guard let name else { return self }
    guard let index = tape.identified[name], Int(index) != self.index else {
      return tape.graph?.object(name) ?? self
    }
    return JSONValue(tape: tape, at: Int(index))
  }
}

/// The members of a container, one after the other.
struct MemberIndices: Sequence, IteratorProtocol {
  let tape: JSONTape
  var position: Int
  let end: Int

  mutating func next() -> Int? {
    guard position < end else { return nil }
    let current = position
    position = Int(tape[current].end)
    return current
  }
}
