// What makes an address canonical beyond the WHATWG URL standard. Every step only shortens, so
// that all of them work in place.
extension AddressBuffer {
  /// - Throws: `.credentials`, or `.host` where no resolver would take the host.
  mutating func canonicalise(_ rules: URLRules) throws(AddressError) {
    guard bytes[layout.hostStart - 1] == .slash else { throw .credentials }
    try canonicaliseHost()
    let queryEnd = layout.queryEnd
    var end = normaliseEscapes(layout.pathStart..<layout.pathEnd, to: layout.pathStart)
    if !rules.pathParameters.isEmpty {
      end = dropPathParameters(layout.pathStart..<end, rules.pathParameters)
    }
    let query = layout.pathEnd + 1
    layout.pathEnd = end
    if query < queryEnd {
      // At least the question mark is there, so that reading stays ahead of writing.
      let normal = normaliseEscapes(query..<queryEnd, to: end + 1)
      end = dropParameters(end + 1..<normal, rules.parameters)
    }
    layout.queryEnd = end
    bytes.removeLast(bytes.count - end)
  }

  /// Drops one trailing dot and holds a name to the limits of RFC 1035, 2.3.4.
  private mutating func canonicaliseHost() throws(AddressError) {
    let start = layout.hostStart
    if bytes[layout.hostEnd - 1] == UInt8(ascii: ".") {
      bytes.remove(at: layout.hostEnd - 1)
      layout.hostEnd -= 1
      layout.pathStart -= 1
      layout.pathEnd -= 1
      layout.queryEnd -= 1
    }
    if start < layout.hostEnd, bytes[start] == UInt8(ascii: "[") { return }
    var label = 0
    for i in start..<layout.hostEnd {
      if bytes[i] == UInt8(ascii: ".") {
        guard label > 0 else { throw invalidHost }
        label = 0
      } else {
        label += 1
        guard label <= 63 else { throw invalidHost }
      }
    }
    guard label > 0, layout.hostEnd - start <= 253 else { throw invalidHost }
  }

  private var invalidHost: AddressError {
    .host(excerpt(bytes.span, layout.hostStart..<layout.hostEnd, limit: 80))
  }

  /// RFC 3986, 6.2.2.1 and 6.2.2.2: upper-case escapes, and none for unreserved characters.
  ///
  /// A `%` that begins no escape stays as it is, and what follows it is not decoded into one.
  private mutating func normaliseEscapes(_ range: Range<Int>, to target: Int) -> Int {
    var write = target
    var i = range.lowerBound
    if write == i {
      guard let first = bytes[range].firstIndex(of: UInt8(ascii: "%")) else {
        return range.upperBound
      }
      i = first
      write = first
    }
    // Where the last `%` was written that begins no escape.
    var loose = write - 3
    while i < range.upperBound {
      let byte = bytes[i]
      guard byte == UInt8(ascii: "%") else {
        put(byte, &write)
        i += 1
        continue
      }
      guard i + 2 < range.upperBound, let high = bytes[i + 1].hexValue,
        let low = bytes[i + 2].hexValue
      else {
        loose = write
        put(byte, &write)
        i += 1
        continue
      }
      i += 3
      let decoded = high << 4 | low
      if decoded.isUnreserved, write - loose > 2 || decoded.hexValue == nil {
        put(decoded, &write)
      } else {
        put(byte, &write)
        put(.hexDigit(high), &write)
        put(.hexDigit(low), &write)
      }
    }
    return write
  }

  /// Drops session identifiers from a path, such as `;jsessionid=…`.
  private mutating func dropPathParameters(_ range: Range<Int>, _ table: ParameterTable) -> Int {
    let semicolon = UInt8(ascii: ";")
    guard bytes[range].contains(semicolon) else { return range.upperBound }
    var write = range.lowerBound
    var i = range.lowerBound
    while i < range.upperBound {
      // `i` is at the slash before a segment.
      let end = bytes[(i + 1)..<range.upperBound].firstIndex(of: .slash) ?? range.upperBound
      var part = bytes[i..<end].firstIndex(of: semicolon) ?? end
      let name = bytes[(i + 1)..<part]
      // Dots on their own would be a different path when it is read again.
      if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { part = end }
      put(i..<part, &write)
      while part < end {
        let next = bytes[(part + 1)..<end].firstIndex(of: semicolon) ?? end
        if !drops(part + 1..<next, table) { put(part..<next, &write) }
        part = next
      }
      i = end
    }
    return write
  }

  /// Drops parameters from a query, and the query and its mark where nothing is left of it.
  ///
  /// Empty parameters stay: few servers see them, but robots.txt files do.
  /// - Returns: The end of the address.
  private mutating func dropParameters(_ range: Range<Int>, _ table: ParameterTable) -> Int {
    let mark = range.lowerBound - 1
    var write = mark
    var i = range.lowerBound
    while i <= range.upperBound {
      let end = bytes[i..<range.upperBound].firstIndex(of: UInt8(ascii: "&")) ?? range.upperBound
      if i == end || !drops(i..<end, table) {
        put(write == mark ? UInt8(ascii: "?") : UInt8(ascii: "&"), &write)
        put(i..<end, &write)
      }
      i = end + 1
    }
    return write == mark + 1 ? mark : write
  }

  private func drops(_ parameter: Range<Int>, _ table: ParameterTable) -> Bool {
    let equals = bytes[parameter].firstIndex(of: UInt8(ascii: "=")) ?? parameter.upperBound
    let value = min(equals + 1, parameter.upperBound)..<parameter.upperBound
    return table.drops(bytes.span, name: parameter.lowerBound..<equals, value: value)
  }

  /// Writes behind what is still to be read.
  private mutating func put(_ byte: UInt8, _ write: inout Int) {
    bytes[write] = byte
    write += 1
  }

  private mutating func put(_ range: Range<Int>, _ write: inout Int) {
    for i in range { put(bytes[i], &write) }
  }
}
