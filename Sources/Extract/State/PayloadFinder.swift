/// Finds the JSON that a page carries for its own scripts.
struct PayloadFinder {
  private let document: Document
  private let limits: ExtractLimits
  /// Scripts too that name nothing of a shop: a recipe may point anywhere.
  private let readsAll: Bool
  private var nodeBudget: Int
  private var flight = FlightStream()
  private var turbo = TurboStream()
  private(set) var payloads: [JSONTape] = []

  /// Payloads in page order; JSON-LD is left out.
  static func find(
    in document: Document, limits: ExtractLimits, readsAll: Bool = false
  ) -> [JSONTape] {
    var finder = PayloadFinder(
      document: document, limits: limits, readsAll: readsAll, nodeBudget: limits.jsonNodes)
    for script in document.all(.script) { finder.read(script: Int(script)) }
    if !finder.flight.isEmpty, finder.nodeBudget > 0 {
      finder.keep(
        finder.flight.tape(nodeLimit: finder.nodeBudget, depthLimit: limits.jsonDepth),
        origin: "self.__next_f")
    }
    if !finder.turbo.isEmpty, finder.nodeBudget > 0 {
      finder.keep(
        finder.turbo.tape(nodeLimit: finder.nodeBudget, depthLimit: limits.jsonDepth),
        origin: "streamController.enqueue")
    }
    return finder.payloads
  }

  private init(document: Document, limits: ExtractLimits, readsAll: Bool, nodeBudget: Int) {
    self.readsAll = readsAll
    self.document = document
    self.limits = limits
    self.nodeBudget = nodeBudget
  }

  private mutating func keep(_ tape: JSONTape?, origin: String) {
    guard let tape, !tape.isProgram, tape.nodes.count > 1 else { return }
    tape.origin = origin
    nodeBudget -= tape.nodes.count
    payloads.append(tape)
    guard tape.nodes.count < 64 else { return }
    // A payload that is one long string of JSON.
    for index in tape.nodes.indices.prefix(32) {
      let node = tape.nodes[index]
      guard node.kind == .escapedString || node.kind == .string, node.count > 40 else { continue }
      let text =
        node.kind == .string ? Array(tape.slice(index)) : JSONText.unescape(tape.slice(index))
      guard let first = text.first, first == 0x7B || first == 0x5B else { continue }
      if let inner = LiteralReader.read(
        text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth),
        inner.nodes.count > 4
      {
        inner.origin = origin + " (string)"
        nodeBudget -= inner.nodes.count
        payloads.append(inner)
      }
    }
  }

  private mutating func read(script: Int) {
    let range = document.rawRange(script)
    guard range.count > 16, nodeBudget > 0 else { return }
    let type = document.attribute(script, .type)?.lowercased() ?? ""
    let id = document.attribute(script, .id)
    if type.contains("ld+json") { return }
    let origin = "script" + (id.map { "#" + $0 } ?? "")
    if type.contains("json") || type == "text/x-magento-init" {
      var tape: JSONTape?
      if let text = Self.plainAngular(document.source[range]) {
        tape = LiteralReader.read(
          text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
      } else {
        tape = LiteralReader.read(
          document.source, range, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
      }
      tape?.origin = origin
      if id == "__NUXT_DATA__" || document.has(script, Name.dataNuxtData), let found = tape {
        tape = Devalue.expand(found) ?? found
      } else if let found = tape, let expanded = expandIfDevalue(found) {
        tape = expanded
      }
      return keep(tape, origin: origin)
    }
    guard type.isEmpty || type.contains("javascript") || type == "module" || type.contains("babel")
    else { return }
    if flight.take(document.source, range) || turbo.take(document.source, range) { return }
    scan(range, origin: origin)
  }

  /// JSON out of Angular's transfer state, which writes `&q;` for `"` (before version 16); `nil` for
  /// all else.
  private static func plainAngular(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard Bytes.contains(text.prefix(64), "&q;") else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == 0x26, index + 2 < text.endIndex, text[index + 2] == 0x3B {
        let plain: UInt8? =
          switch text[index + 1] {
          case UInt8(ascii: "q"): 0x22
          case UInt8(ascii: "a"): 0x26
          case UInt8(ascii: "s"): 0x27
          case UInt8(ascii: "l"): 0x3C
          case UInt8(ascii: "g"): 0x3E
          default: nil
          }
        if let plain {
          out.append(plain)
          index += 3
          continue
        }
      }
      out.append(text[index])
      index += 1
    }
    return out
  }

  /// An array whose first object holds nothing but small indices.
  private func expandIfDevalue(_ tape: JSONTape) -> JSONTape? {
    guard let root = tape.root, root.isArray, root.count > 8,
      let first = root.memberIndices.first(where: { _ in true })
    else { return nil }
    let head = JSONValue(tape: tape, at: first)
    guard head.isContainer, head.count > 0 else { return nil }
    for member in head.members {
      if member.isString, head.isArray { continue }
      guard let number = member.integer, number < root.count else { return nil }
    }
    return Devalue.expand(tape)
  }

  private static let shopWords = WordSet([
    "__nuxt", "price", "currency", "sku", "product", "caption",
  ])

  /// Reads every literal that a program text assigns or passes: `x = {…}`, `push({…})`.
  private mutating func scan(_ range: Range<Int>, origin: String) {
    let raw = document.source
    let bytes = raw[range]
    let words = Self.shopWords.found(in: bytes)
    guard readsAll || words != 0 else { return }
    let isNuxt = words & 1 != 0
    var index = range.lowerBound
    // Program text that looks like a literal at first is read again from further in: not for ever.
    var effort = range.count * 4 + 65_536
    while index < range.upperBound, effort > 0, nodeBudget > 0 {
      let byte = raw[index]
      if byte == 0x22 || byte == 0x27 {
        index = skipString(raw, index, range.upperBound)
        continue
      }
      guard byte == 0x3D || byte == 0x28 || byte == 0x2C || byte == 0x3A else {
        index += 1
        continue
      }
      // `=`, `(` and `,` may stand before a literal; `==` and `=>` do not.
      var next = index + 1
      while next < range.upperBound, Bytes.isSpace(raw[next]) { next += 1 }
      guard next < range.upperBound else { return }
      let start = raw[next]
      let name = byte == 0x3D ? variable(raw, before: index, from: range.lowerBound) : ""
      if start == 0x7B || start == 0x5B {
        let tape = LiteralReader.read(
          raw, next..<range.upperBound, isScript: true, nodeLimit: nodeBudget,
          depthLimit: limits.jsonDepth)
        effort -= 32
        if let tape, !tape.isProgram {
          if tape.nodes.count > 4 || name.hasSuffix("urrency") {
            keep(tape, origin: name.isEmpty ? origin : name)
          }
          index = max(tape.stop, next + 1)
        } else {
          effort -= (tape?.stop ?? next) - next
          index = next + 1
        }
        continue
      }
      if start == 0x28 || start == 0x21, byte == 0x3D || isNuxt {
        if Bytes.starts(bytes, at: next, with: "(function(")
          || Bytes.starts(bytes, at: next, with: "(function (")
          || Bytes.starts(bytes, at: next, with: "!function(")
        {
          if let tape = LiteralReader.readCall(
            raw, next..<range.upperBound, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
          {
            keep(tape, origin: name.isEmpty ? origin : name)
            index = max(tape.stop, next + 1)
            continue
          }
        }
      }
      if byte == 0x3D, Bytes.starts(bytes, at: next, with: "json.parse(") {
        if let tape = LiteralReader.read(
          raw, next..<range.upperBound, isScript: true, nodeLimit: 4, depthLimit: 4)
        {
          if let root = tape.root, root.isString {
            let text =
              root.kind == .string ? Array(root.bytes) : JSONText.unescape(root.bytes)
            keep(
              LiteralReader.read(
                text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth),
              origin: name.isEmpty ? origin : name)
          }
          index = max(tape.stop, next + 1)
          continue
        }
      }
      index = byte == 0x28 || byte == 0x2C || byte == 0x3A ? index + 1 : next
    }
  }

  private func skipString(_ raw: [UInt8], _ index: Int, _ end: Int) -> Int {
    let quote = raw[index]
    var next = index + 1
    while next < end {
      if raw[next] == 0x5C {
        next += 2
        continue
      }
      if raw[next] == quote { return next + 1 }
      // A quote in a regular expression or a comment: no string spans lines.
      if raw[next] == 0x0A { return next }
      next += 1
    }
    return end
  }

  /// `window.__STATE__` before `=`.
  private func variable(_ raw: [UInt8], before index: Int, from: Int) -> String {
    var end = index
    while end > from, Bytes.isSpace(raw[end - 1]) { end -= 1 }
    var start = end
    while start > from, end - start < 60,
      Bytes.isLetter(raw[start - 1]) || Bytes.isDigit(raw[start - 1]) || raw[start - 1] == 0x5F
        || raw[start - 1] == 0x2E || raw[start - 1] == 0x24
    {
      start -= 1
    }
    return String(decoding: raw[start..<end], as: UTF8.self)
  }
}
