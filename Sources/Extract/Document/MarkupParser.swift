import CKernels
import Glibc

/// Splits HTML or XML into tags and text, as the HTML standard's tokenizer does (13.2.5), and hands
/// them to a `DocumentBuilder`.
///
/// One pass over valid UTF-8, linear in its size; nothing recurses and nothing is copied but visible
/// text and attribute values that hold character references. Where an end is missing that browsers
/// would look for to the end of the page (`title`, `textarea`, a comment in a script), it gives up
/// and reads on behind the start.
struct MarkupParser {
  /// Attributes kept of one tag.
  static let attributeLimit = 2_000

  /// Bytes that may be read behind the end.
  static let padding = 32

  let source: UnsafePointer<UInt8>
  let end: Int
  let isXML: Bool
  let elementLimit: Int
  var at = 0
  var builder: DocumentBuilder
  var names = NameTable()
  /// Attribute values with their character references read.
  private let decoded: UnsafeMutablePointer<UInt8>
  private(set) var decodedCount = 0

  /// - Parameters:
  ///   - source: `count` bytes and `padding` zeros behind them.
  ///   - decoded: Has room for 6/5 of `count` bytes and 16 more.
  ///   - text: Has room for 6/5 of `count` bytes and 64 more.
  init(
    _ source: UnsafePointer<UInt8>, count: Int, decoded: UnsafeMutablePointer<UInt8>,
    text: UnsafeMutablePointer<UInt8>, isXML: Bool, elementLimit: Int
  ) {
    self.source = source
    end = count
    self.decoded = decoded
    self.isXML = isXML
    self.elementLimit = elementLimit
    builder = DocumentBuilder(text: text, byteCount: count, isXML: isXML)
  }

  mutating func parse() {
    while at < end, builder.elements.count < elementLimit {
      if source[at] != 0x3C { readText() }
      guard at + 1 < end else { break }
      let next = source[at + 1]
      if Bytes.isLetter(next) || (isXML && (next >= 0x80 || next == 0x5F)) {
        readStartTag()
      } else if next == 0x2F {
        readEndTag()
      } else if next == 0x21 {
        readDeclaration()
      } else if next == 0x3F {
        at = (find(0x3E, from: at + 1) ?? end - 1) + 1
      } else {
        builder.append(source + at, 1)
        at += 1
      }
    }
    builder.finish()
  }

  @inline(__always) func find(_ byte: UInt8, from start: Int) -> Int? {
    find(byte, from: start, to: end)
  }

  @inline(__always) func find(_ byte: UInt8, from start: Int, to stop: Int) -> Int? {
    guard start < stop, let found = memchr(source + start, Int32(byte), stop - start) else {
      return nil
    }
    return source.distance(to: UnsafePointer(found.assumingMemoryBound(to: UInt8.self)))
  }
}

// Tags.
extension MarkupParser {
  /// Reads a name up to white space or a control, `/`, `>` or, of an attribute, `=`.
  @inline(__always) private mutating func readName(isAttribute: Bool) -> UInt16 {
    let name = nameBlock(at: at, isAttribute: isAttribute)
    guard name.count < ByteBlock.count else { return readLongName(isAttribute: isAttribute) }
    let start = at
    at += Int(name.count)
    let key = NameTable.Key(first: name.first, second: name.second)
    return names.number(short: key) ?? readOther(from: start, key: key)
  }

  /// The next 16 bytes of a name as they are compared.
  // The zeros behind the source end a name too.
  @inline(__always) private func nameBlock(at place: Int, isAttribute: Bool) -> vt_name {
    let stop = isAttribute ? UInt8(ascii: "=") : UInt8(ascii: ">")
    return isXML
      ? vt_name_16(source + place, stop, false) : vt_name_16(source + place, stop, true)
  }

  @inline(never) private mutating func readLongName(isAttribute: Bool) -> UInt16 {
    let start = at
    let head = nameBlock(at: at, isAttribute: isAttribute)
    let rest = nameBlock(at: at + ByteBlock.count, isAttribute: isAttribute)
    let key = NameTable.Key(first: head.first, second: head.second, third: rest.first)
    at += ByteBlock.count + Int(rest.count)
    if rest.count == ByteBlock.count {
      while at < end, !isNameEnd(source[at], isAttribute: isAttribute) { at += 1 }
    }
    guard at - start <= NameTable.Key.limit else { return readOther(from: start, key: nil) }
    return names.number(key) ?? readOther(from: start, key: key)
  }

  @inline(__always) private func isNameEnd(_ byte: UInt8, isAttribute: Bool) -> Bool {
    byte <= 0x20 || byte == 0x3E || byte == 0x2F || (isAttribute && byte == 0x3D)
  }

  @inline(never) private mutating func readOther(
    from start: Int, key: NameTable.Key?
  ) -> UInt16 {
    names.other(
      UnsafeBufferPointer(start: source + start, count: at - start), key: key, isExact: isXML)
  }

  @inline(__always) private mutating func skipSpace() {
    while at < end, source[at] <= 0x20 { at += 1 }
  }

  private mutating func readStartTag() {
    at += 1
    let nameStart = at
    let name = readName(isAttribute: false)
    let written = UnsafeBufferPointer(start: source + nameStart, count: at - nameStart)
    let firstAttribute = builder.attributes.count
    guard let isSelfClosing = readAttributes(from: firstAttribute) else {
      // The page ends inside the tag.
      builder.attributes.cut(to: firstAttribute)
      at = end
      return
    }
    let isOpen = builder.start(
      name, nameStart: nameStart, firstAttribute: firstAttribute, isSelfClosing: isSelfClosing)
    guard isOpen, !isXML else { return }
    let rule = builder.rule(name)
    guard !rule.isDisjoint(with: [.raw, .escapable, .dropped]) else { return }
    if rule.contains(.raw) {
      let stop =
        name == Name.script.rawValue
        ? scriptEnd(of: written, from: at) : rawEnd(of: written, from: at)
      builder.setRaw(at..<(stop ?? end))
      at = stop ?? end
    } else if rule.contains(.escapable), !builder.isForeign {
      if let stop = rawEnd(of: written, from: at) {
        readText(at, stop)
        at = stop
      }
    } else if rule.contains(.dropped) {
      if let stop = rawEnd(of: written, from: at) { at = stop }
    }
  }

  /// Reads attributes up to the tag's `>`; whether `/` stood before it, `nil` without a `>`.
  @inline(__always)
  private mutating func readAttributes(from firstAttribute: Int) -> Bool? {
    var isSelfClosing = false
    while at < end {
      let byte = source[at]
      if byte == 0x3E {
        at += 1
        return isSelfClosing
      }
      if byte <= 0x20 || byte == 0x2F {
        isSelfClosing = byte == 0x2F
        at += 1
        continue
      }
      isSelfClosing = false
      // An equals sign that begins a name is left out of it.
      if byte == 0x3D { at += 1 }
      let name = readName(isAttribute: true)
      if at < end, source[at] <= 0x20 { skipSpace() }
      var value = (start: at, count: 0)
      if at < end, source[at] == 0x3D {
        at += 1
        guard let found = readValue() else { return nil }
        value = found
      }
      guard builder.attributes.count - firstAttribute < Self.attributeLimit else { continue }
      builder.attributes.append(
        .init(
          name: name, start: Int32(truncatingIfNeeded: value.start),
          count: Int32(truncatingIfNeeded: value.count)))
    }
    return nil
  }

  @inline(__always) private mutating func readValue() -> (start: Int, count: Int)? {
    skipSpace()
    guard at < end else { return nil }
    let quote = source[at]
    guard quote == 0x22 || quote == 0x27 else {
      let start = at
      while at < end, !Bytes.isSpace(source[at]), source[at] != 0x3E { at += 1 }
      guard find(0x26, from: start, to: at) != nil else { return (start, at - start) }
      return decodeValue(start, at)
    }
    let start = at + 1
    var stop = start
    // Not 0 where there is an ampersand before the quote.
    var ampersands: UInt32 = 0
    var quotes: UInt32 = 0
    repeat {
      let (near, far) = (ByteBlock(source + stop), ByteBlock(source + stop + ByteBlock.count))
      quotes = near.equal(quote) | far.equal(quote) << UInt32(ByteBlock.count)
      let found = near.equal(0x26) | far.equal(0x26) << UInt32(ByteBlock.count)
      ampersands |= found & (quotes &- 1 & ~quotes)
      if quotes != 0 { break }
      stop += 2 * ByteBlock.count
      guard stop < end else { return nil }
    } while stop - start < 256
    if quotes != 0 {
      stop += quotes.trailingZeroBitCount
    } else {
      // Memory is searched faster where a value is long.
      guard let found = find(quote, from: stop) else { return nil }
      if find(0x26, from: stop, to: found) != nil { ampersands = 1 }
      stop = found
    }
    at = stop + 1
    return ampersands != 0 ? decodeValue(start, stop) : (start, stop - start)
  }

  /// A copy behind the source, with its character references read.
  @inline(never)
  private mutating func decodeValue(_ start: Int, _ stop: Int) -> (start: Int, count: Int) {
    let first = decodedCount
    var from = start
    while from < stop {
      let block = ByteBlock(source + from)
      block.copy(to: decoded + decodedCount)
      let plain = min(ByteBlock.first(block.equal(0x26)), stop - from)
      decodedCount += plain
      from += plain
      guard from < stop, plain < ByteBlock.count else { continue }
      if let found = CharacterReferences.read(
        source, at: from + 1, end: stop, isAttribute: true, isXML: isXML)
      {
        for place in 0..<found.characters.count {
          decoded[decodedCount] = UInt8(
            truncatingIfNeeded: found.characters.bytes >> UInt64(8 * place))
          decodedCount += 1
        }
        from = found.end
      } else {
        decoded[decodedCount] = 0x26
        decodedCount += 1
        from += 1
      }
    }
    return (end + Self.padding + first, decodedCount - first)
  }

  private mutating func readEndTag() {
    guard at + 2 < end else {
      at = end
      return
    }
    at += 2
    if let last = builder.lastOpen, let end = endOfSameName(as: last.nameStart) {
      at = end
      return builder.endLast()
    }
    let first = source[at]
    if Bytes.isLetter(first) || (isXML && (first >= 0x80 || first == 0x5F)) {
      builder.end(readName(isAttribute: false))
    }
    at = at < end && source[at] == 0x3E ? at + 1 : (find(0x3E, from: at) ?? end - 1) + 1
  }

  /// Behind the `>` of an end tag that repeats a start tag's name of up to seven bytes.
  @inline(__always) private func endOfSameName(as nameStart: Int) -> Int? {
    let word = ByteWord(source + at)
    let count = ByteWord.first(word.equal(0x3E))
    guard count > 0, count < 8, at + count < end else { return nil }
    let start = ByteWord(source + nameStart)
    let next = source[nameStart + count]
    guard (word.bits ^ start.bits) << UInt64(64 - count * 8) == 0,
      next == 0x3E || next == 0x20 || next == 0x2F || next < 0x20
    else { return nil }
    return at + count + 1
  }

  /// A comment, CDATA, DOCTYPE, or something like them; `at` is on its `<`.
  private mutating func readDeclaration() {
    if starts(with: "<!--") {
      at = commentEnd(from: at + 4)
    } else if isXML || builder.isForeign, starts(with: "<![CDATA[") {
      let start = at + 9
      var stop = start
      while let found = find(0x3E, from: stop) {
        if found >= start + 2, source[found - 1] == 0x5D, source[found - 2] == 0x5D {
          builder.append(source + start, found - 2 - start)
          at = found + 1
          return
        }
        stop = found + 1
      }
      builder.append(source + start, end - start)
      at = end
    } else if isXML, starts(with: "<!DOCTYPE") {
      skipDocumentType()
    } else {
      at = (find(0x3E, from: at) ?? end - 1) + 1
    }
  }

  private func starts(with word: StaticString) -> Bool {
    end - at >= word.utf8CodeUnitCount
      && memcmp(source + at, word.utf8Start, word.utf8CodeUnitCount) == 0
  }

  /// Behind `-->` or `--!>`; `<!-->` and `<!--->` are comments too.
  private func commentEnd(from start: Int) -> Int {
    var from = start
    while let found = find(0x3E, from: from) {
      let dashes = source[found - 1] == 0x21 ? found - 1 : found
      if source[dashes - 1] == 0x2D, source[dashes - 2] == 0x2D,
        dashes == found || dashes - 2 >= start
      {
        return found + 1
      }
      from = found + 1
    }
    return end
  }

  /// Declarations inside a DOCTYPE are passed over; what they declare is not expanded.
  private mutating func skipDocumentType() {
    var depth = 0
    while at < end {
      switch source[at] {
      case 0x5B: depth += 1
      case 0x5D: depth -= 1
      case 0x3E where depth <= 0:
        at += 1
        return
      case 0x22, 0x27:
        at = find(source[at], from: at + 1) ?? end
      default: break
      }
      at += 1
    }
  }
}
