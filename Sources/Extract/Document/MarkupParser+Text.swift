extension MarkupParser {
  /// Appends the text up to the next `<`, its character references read.
  @inline(__always) mutating func readText() {
    at += builder.appendPlain(source + at, end - at)
    guard at < end, source[at] == 0x26 else { return }
    let open = find(0x3C, from: at) ?? end
    readText(at, open)
    at = open
  }

  /// Appends text with its character references read.
  mutating func readText(_ start: Int, _ stop: Int) {
    var from = start
    while from < stop {
      guard let ampersand = find(0x26, from: from, to: stop) else {
        return builder.append(source + from, stop - from)
      }
      builder.append(source + from, ampersand - from)
      if let reference = CharacterReferences.read(
        source, at: ampersand + 1, end: stop, isAttribute: false, isXML: isXML)
      {
        // Behind the characters there are 16 bytes more that may be read.
        let bits = reference.characters.bytes.littleEndian
        withUnsafeBytes(of: (bits, UInt64(0), UInt64(0))) { bytes in
          builder.append(
            bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), reference.characters.count)
        }
        from = reference.end
      } else {
        builder.append(source + ampersand, 1)
        from = ampersand + 1
      }
    }
  }

  /// A name as its start tag has it.
  typealias TagName = UnsafeBufferPointer<UInt8>

  /// Where the end tag of a raw element begins, from `start` on.
  func rawEnd(of name: TagName, from start: Int) -> Int? {
    var from = start
    while let open = find(0x3C, from: from) {
      if isEndTag(name, at: open) { return open }
      from = open + 1
    }
    return nil
  }

  private func isEndTag(_ name: TagName, at open: Int) -> Bool {
    source[open + 1] == 0x2F && isName(name, at: open + 2)
  }

  /// Whether a name stands there, and ends there.
  private func isName(_ name: TagName, at start: Int) -> Bool {
    guard start + name.count <= end else { return false }
    for index in 0..<name.count
    where Bytes.lower(source[start + index]) != Bytes.lower(name[index]) {
      return false
    }
    guard start + name.count < end else { return true }
    let next = source[start + name.count]
    return Bytes.isSpace(next) || next == 0x2F || next == 0x3E
  }

  /// Where the end tag of a script begins (13.2.5.15 to 31): after `<!--` and `<script` an end tag
  /// ends only the inner one, up to `-->`.
  func scriptEnd(of name: TagName, from start: Int) -> Int? {
    var from = start
    var isEscaped = false
    var isInner = false
    while let open = find(0x3C, from: from) {
      if isEscaped, let close = closedComment(from: from, to: open) {
        isEscaped = false
        isInner = false
        from = close
        continue
      }
      if isEndTag(name, at: open) {
        guard isInner else { return open }
        isInner = false
      } else if isEscaped, isName(name, at: open + 1) {
        isInner = true
      } else if !isEscaped, end - open >= 4, source[open + 1] == 0x21, source[open + 2] == 0x2D,
        source[open + 3] == 0x2D
      {
        isEscaped = true
        // `<!-->` opens and ends it.
        from = open + 2
        continue
      }
      from = open + 1
    }
    return isEscaped ? rawEnd(of: name, from: start) : nil
  }

  /// Behind the first `-->` that ends in the range.
  private func closedComment(from: Int, to: Int) -> Int? {
    var index = from
    while let place = find(0x3E, from: index, to: to) {
      if place >= from + 2, source[place - 1] == 0x2D, source[place - 2] == 0x2D {
        return place + 1
      }
      index = place + 1
    }
    return nil
  }
}
