extension Document {
  /// A path that finds the element again: `main > div.price > span`.
  func path(_ element: Int) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(128)
    appendPath(element, steps: 4, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes the steps from the nearest element with an identifier of its own, `steps` at most.
  private func appendPath(_ element: Int, steps: Int, to bytes: inout [UInt8]) {
    var id: Value?
    var names: Value?
    for attribute in attributes(element).memory {
      // Of an attribute that stands there twice the first counts.
      switch attribute.name {
      case Name.id.rawValue where id == nil: id = Bytes.trimmed(value(of: attribute))
      case Name.class.rawValue where names == nil: names = Bytes.trimmed(value(of: attribute))
      default: continue
      }
    }
    if let found = id, found.isEmpty || found.count >= 40 { id = nil }
    if id == nil, steps > 1, let parent = parent(element) {
      appendPath(parent, steps: steps - 1, to: &bytes)
      bytes.append(0x20)
      bytes.append(0x3E)
      bytes.append(0x20)
    }
    var name = nameText(elements[element].name)
    name.withUTF8 { bytes.append(contentsOf: $0) }
    if let id {
      bytes.append(0x23)
      bytes.append(contentsOf: id.memory)
    } else if let names, !names.isEmpty {
      bytes.append(0x2E)
      let memory = names.memory
      bytes.append(contentsOf: memory.part(0, memory.index(of: 0x20, from: 0)))
    }
  }
}
