/// Finds the JSON that a page carries for its own scripts.
struct PayloadFinder {
  let document: Document
  let limits: ExtractLimits
  /// Scripts too that name nothing of a shop: a recipe may point anywhere.
  private let readsAll: Bool
  private(set) var nodeBudget: Int
  private var flight = FlightStream()
  private var turbo = TurboStream()
  private(set) var payloads: [JSONTape] = []

  /// Payloads in page order; JSON-LD is left out.
  ///
  /// - Parameter heading: The page's main heading.
  static func find(
    in document: Document, heading: Int?, limits: ExtractLimits, readsAll: Bool = false
  ) -> [JSONTape] {
    var finder = PayloadFinder(
      document: document, limits: limits, readsAll: readsAll, nodeBudget: limits.jsonNodes)
    finder.readAttributes(around: heading)
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

  mutating func keep(_ tape: JSONTape?, origin: String) {
    guard let tape, !tape.isProgram, tape.count > 1 else { return }
    tape.origin = origin
    nodeBudget -= tape.count
    payloads.append(tape)
    guard tape.count < 64 else { return }
    // A payload that is one long string of JSON.
    for index in tape.indices.prefix(32) {
      let node = tape[index]
      guard node.kind == .escapedString || node.kind == .string, node.count > 40 else { continue }
      let text =
        node.kind == .string ? Array(tape.slice(index)) : JSONText.unescape(tape.slice(index))
      guard let first = text.first, first == 0x7B || first == 0x5B else { continue }
      if let inner = LiteralReader.read(
        text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth),
        inner.count > 4
      {
        inner.origin = origin + " (string)"
        nodeBudget -= inner.count
        payloads.append(inner)
      }
    }
  }

  private mutating func read(script: Int) {
    let range = document.rawRange(script)
    guard range.count > 16, nodeBudget > 0 else { return }
    let type = Bytes.trimmed(document.value(script, .type) ?? document.text[0..<0])
    if Bytes.contains(type, "ld+json") { return }
    let id = document.value(script, .id).map { Bytes.trimmed($0) }
    var origin: String {
      "script" + (id.flatMap(Bytes.trimmedString).map { "#" + $0 } ?? "")
    }
    if Bytes.contains(type, "json") || Bytes.equals(type, "text/x-magento-init") {
      var tape: JSONTape?
      if let text = Self.plainAngular(document.source[range]) {
        tape = LiteralReader.read(
          text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
      } else {
        tape = LiteralReader.read(
          document.source, range, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
      }
      tape?.origin = origin
      let isNuxt = id?.elementsEqual("__NUXT_DATA__".utf8) ?? false
      if isNuxt || document.has(script, Name.dataNuxtData), let found = tape {
        tape = Devalue.expand(found) ?? found
      } else if let found = tape, let expanded = Devalue.expandIfLikely(found) {
        tape = expanded
      }
      return keep(tape, origin: origin)
    }
    guard
      type.isEmpty || Bytes.contains(type, "javascript") || Bytes.equals(type, "module")
        || Bytes.contains(type, "babel")
    else { return }
    let marks = Self.marks(in: document.markup[range].memory)
    if let flight = marks.flight {
      return self.flight.take(document.source, range, from: range.lowerBound + flight)
    }
    if let turbo = marks.turbo {
      return self.turbo.take(document.source, range, from: range.lowerBound + turbo)
    }
    guard readsAll || marks.isNuxt || marks.isOfShop else { return }
    scan(range, isNuxt: marks.isNuxt, origin: origin)
  }

  /// What the text of a script says of the framework that wrote it, and of what it speaks.
  private struct Marks {
    /// Where `__next_f` first stands.
    var flight: Int?
    /// What follows the first `streamController.enqueue(`.
    var turbo: Int?
    var isNuxt = false
    /// It speaks of a shop.
    var isOfShop = false
  }

  private static func marks(in text: UnsafeBufferPointer<UInt8>) -> Marks {
    var marks = Marks()
    var words = wordsOfShopsAndFrameworks
    var index = 0
    while let found = words.next(in: text, from: index) {
      index = found + 1
      if Bytes.starts(text, at: found, with: "__next_f") {
        marks.flight = found
        return marks
      }
      if Bytes.starts(text, at: found, with: "__nuxt") {
        marks.isNuxt = true
      } else if Bytes.starts(text, at: found, with: "enqueue(") {
        let isTurbo = Bytes.starts(text, at: found - 17, with: "streamcontroller.")
        if isTurbo, marks.turbo == nil { marks.turbo = found + 8 }
      } else {
        marks.isOfShop = true
        // One such word is enough.
        words = wordsOfFrameworks
      }
    }
    return marks
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

  private static let frameworks = ["__next_f", "__nuxt", "enqueue("]
  private static let ofShops = [
    "price", "currency", "sku", "product", "caption", "json.parse(atob(",
  ]
  private static let wordsOfFrameworks = WordSet(frameworks)
  private static let wordsOfShopsAndFrameworks = WordSet(frameworks + ofShops)
  static let shopWords = WordSet(ofShops)

  /// The bytes that `scan` stops at, all of them below 64: quotes, `(`, `,`, `:` and `=`.
  private static let stops: UInt64 =
    1 << 0x22 | 1 << 0x27 | 1 << 0x28 | 1 << 0x2C | 1 << 0x3A | 1 << 0x3D

  /// Quotes, and other stops before what a literal may begin with or white space; one more byte is read.
  @inline(__always) private static func stops(in block: ByteBlock) -> UInt32 {
    let marks = block.equal(0x28) | block.equal(0x2C) | block.equal(0x3A) | block.equal(0x3D)
    let next = block.next
    // `{`, `[`, `(`, `!`, and `f` and `j` of `function` and `JSON.parse`.
    let openings =
      next.equal(0x7B) | next.equal(0x5B) | next.equal(0x28) | next.equal(0x21) | next.equal(0x66)
      | next.equal(0x46) | next.equal(0x6A) | next.equal(0x4A) | next.upTo(0x20)
    return block.equal(0x22) | block.equal(0x27) | (marks & openings)
  }

  /// Reads every literal that a program text assigns or passes: `x = {…}`, `push({…})`.
  private mutating func scan(_ range: Range<Int>, isNuxt: Bool, origin: @autoclosure () -> String) {
    let source = document.source
    let bytes = document.markup[range]
    let raw = document.markup.memory
    var index = range.lowerBound
    // Program text that looks like a literal at first is read again from further in: not for ever.
    var effort = range.count * 4 + 65_536
    // A script may be data and nothing else.
    while index < range.upperBound, Bytes.isSpace(raw[index]) { index += 1 }
    if index < range.upperBound, raw[index] == 0x7B || raw[index] == 0x5B {
      let tape = LiteralReader.read(
        source, index..<range.upperBound, isScript: true, nodeLimit: nodeBudget,
        depthLimit: limits.jsonDepth)
      effort -= (tape?.stop ?? index) - index
      if let tape, !tape.isProgram, tape.count > 4 {
        keep(tape, origin: origin())
        index = max(tape.stop, index + 1)
      }
    }
    while index < range.upperBound, effort > 0, nodeBudget > 0 {
      if range.upperBound - index > ByteBlock.count {
        let found = Self.stops(in: ByteBlock(raw.baseAddress! + index))
        // A step of its own: the processor goes on before it knows what was found.
        guard found != 0 else {
          index += ByteBlock.count
          continue
        }
        index += ByteBlock.first(found)
      }
      let byte = raw[index]
      guard byte < 64, Self.stops >> UInt64(byte) & 1 != 0 else {
        index += 1
        continue
      }
      if byte == 0x22 || byte == 0x27 {
        index = skipString(raw, index, range.upperBound)
        continue
      }
      // `=`, `(` and `,` may stand before a literal; `==` and `=>` do not.
      var next = index + 1
      while next < range.upperBound, Bytes.isSpace(raw[next]) { next += 1 }
      guard next < range.upperBound else { return }
      let start = raw[next]
      let assigned = index
      func name() -> String {
        byte == 0x3D ? variable(raw, before: assigned, from: range.lowerBound) : ""
      }
      func nameOrOrigin() -> String {
        let name = name()
        return name.isEmpty ? origin() : name
      }
      if start == 0x7B || start == 0x5B {
        let tape = LiteralReader.read(
          source, next..<range.upperBound, isScript: true, nodeLimit: nodeBudget,
          depthLimit: limits.jsonDepth)
        effort -= 32
        if let tape, !tape.isProgram {
          // Few values, but one of them may be a long string of JSON.
          if tape.count > 4 || tape.stop - next > 64 || name().hasSuffix("urrency") {
            keep(tape, origin: nameOrOrigin())
          }
          index = max(tape.stop, next + 1)
        } else {
          effort -= (tape?.stop ?? next) - next
          index = next + 1
        }
        continue
      }
      let isCall =
        start == 0x28 || start == 0x21 || isNuxt && Bytes.starts(bytes, at: next, with: "function")
      if isCall, byte == 0x3D || isNuxt {
        let (tape, stop) = LiteralReader.readCall(
          source, next..<range.upperBound, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth)
        if let tape {
          if !tape.isProgram, tape.count > 4 { keep(tape, origin: nameOrOrigin()) }
          index = max(tape.stop, next + 1)
          continue
        }
        effort -= stop - next
      }
      if start | 0x20 == 0x6A, Bytes.starts(bytes, at: next, with: "json.parse(") {
        let encoding = EncodedText.encoding(of: bytes, at: next + 11)
        if let tape = LiteralReader.read(
          source, (encoding?.text ?? next)..<range.upperBound, isScript: true, nodeLimit: 4,
          depthLimit: 4)
        {
          if let root = tape.root, root.isString {
            var text =
              root.kind == .string ? Array(root.bytes) : JSONText.unescape(root.bytes)
            if let encoding { text = encoding.decode(text) }
            keep(
              LiteralReader.read(
                text, 0..<text.count, nodeLimit: nodeBudget, depthLimit: limits.jsonDepth),
              origin: nameOrOrigin())
          }
          index = max(tape.stop, next + 1)
          continue
        }
      }
      index = byte == 0x28 || byte == 0x2C || byte == 0x3A ? index + 1 : next
    }
  }

  private func skipString(_ raw: UnsafeBufferPointer<UInt8>, _ index: Int, _ end: Int) -> Int {
    let quote = raw[index]
    var next = index + 1
    while next < end {
      if end - next >= ByteBlock.count {
        let block = ByteBlock(raw.baseAddress! + next)
        let stops = block.equal(quote) | block.equal(0x5C) | block.equal(0x0A)
        guard stops != 0 else {
          next += ByteBlock.count
          continue
        }
        next += ByteBlock.first(stops)
      }
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
  private func variable(_ raw: UnsafeBufferPointer<UInt8>, before index: Int, from: Int) -> String {
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
