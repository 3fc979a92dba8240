extension Document {
  /// A path that finds the element again: `main > div.price > span`.
  func path(_ element: Int) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(96)
    appendPath(element, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func appendPath(_ element: Int, to bytes: inout [UInt8]) {
    // From the element up to the first with an identifier of its own, four at most.
    var steps = [element]
    while steps.count < 4, let last = steps.last, identifier(last) == nil, let next = parent(last) {
      steps.append(next)
    }
    for current in steps.reversed() {
      bytes += nameText(elements[current].name).utf8
      if let id = identifier(current) {
        bytes.append(0x23)
        bytes += id
      } else if let names = value(current, .class).map(Bytes.trimmed), !names.isEmpty {
        bytes.append(0x2E)
        for byte in names {
          if byte == 0x20 { break }
          bytes.append(byte)
        }
      }
      if current != element { bytes += " > ".utf8 }
    }
  }

  /// An `id` of fewer than 40 bytes.
  private func identifier(_ element: Int) -> Value? {
    guard let id = value(element, .id).map(Bytes.trimmed), !id.isEmpty, id.count < 40 else {
      return nil
    }
    return id
  }
}
