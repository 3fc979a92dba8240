/// Terms that a `@context` calls otherwise (JSON-LD 1.1, 4.1): `{"title": "schema:name", "typ": "@type"}`.
extension LiteralReader {
  private static let aliasLimit = 256

  /// Takes what the members of a `@context` mean, where that is of schema.org: keys that follow are then
  /// read as what they mean. One that stands behind its use is not known in time.
  mutating func takeAliases(of context: Int) {
    // The member whose object says what it means, `{"title": {"@id": "schema:name"}}`.
    var outer: (start: Int, count: Int, end: Int)?
    var index = context + 1
    while index < nodes.count, aliases.count < Self.aliasLimit, contextBudget > 0 {
      defer { index += 1 }
      contextBudget -= 1
      let node = nodes[index]
      guard node.keyStart >= 0, node.keyCount > 0 else { continue }
      if node.kind == .object {
        outer = (Int(node.keyStart), Int(node.keyCount), Int(node.end))
        continue
      }
      guard node.kind == .string, !node.isKeyEscaped else { continue }
      let key = source.part(Int(node.keyStart), Int(node.keyStart) + Int(node.keyCount))
      let isID = Bytes.equals(key, "@id")
      if key[0] == UInt8(ascii: "@"), !isID { continue }
      var alias = (start: Int(node.keyStart), count: Int(node.keyCount))
      if isID {
        guard let outer, index < outer.end else { continue }
        alias = (outer.start, outer.count)
      }
      let name = copy[alias.start..<alias.start + alias.count]
      guard let meant = meant(by: node),
        !copy[meant.start..<meant.start + meant.count].elementsEqual(name)
      else { continue }
      aliases[name] = meant
    }
  }

  /// Where the term of schema.org, or the keyword, stands that a string of a context names.
  private func meant(by node: JSONTape.Node) -> (start: Int, count: Int)? {
    let start = Int(node.start)
    let end = start + Int(node.count)
    guard node.count > 0, node.count < 100 else { return nil }
    let text = source.part(start, end)
    if text[0] == UInt8(ascii: "@") {
      let isKnown =
        Bytes.equals(text, "@type") || Bytes.equals(text, "@id") || Bytes.equals(text, "@nest")
      return isKnown ? (start, text.count) : nil
    }
    var from = text.count
    while from > 0,
      ![UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "#")].contains(text[from - 1])
    {
      from -= 1
    }
    guard from < text.count else { return nil }
    let prefix = text.part(0, from)
    let isOurs =
      from == 0 || prefix.has("http://schema.org/") || prefix.has("https://schema.org/")
      || Bytes.equals(prefix, "schema:") || Bytes.equals(prefix, "sdo:")
    return isOurs ? (start + from, text.count - from) : nil
  }
}
