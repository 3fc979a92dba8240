/// An address in the making: the bytes written so far, and where its parts lie among them.
///
/// The basic URL parser of the WHATWG URL standard for http and https, as straight-line code: each
/// state that the standard names is a method or a loop here.
struct AddressBuffer {
  var bytes: [UInt8] = []
  var layout = AddressLayout()

  /// Parses a reference.
  ///
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - base: An address as this type writes it; empty for none.
  ///   - layout: The layout of `base`.
  init(
    _ text: borrowing Span<UInt8>, base: borrowing Span<UInt8>, layout: AddressLayout
  ) throws(AddressError) {
    // Trim C0 controls and spaces, then leave out tabs and line ends wherever they are.
    var start = 0
    var end = text.count
    while start < end, text[start] <= 0x20 { start += 1 }
    while start < end, text[end - 1] <= 0x20 { end -= 1 }
    for i in start..<end where isTabOrLineEnd(text[i]) {
      var clean: [UInt8] = []
      for k in start..<end where !isTabOrLineEnd(text[k]) { clean.append(text[k]) }
      try parse(clean.span, 0..<clean.count, base: base, layout)
      return
    }
    try parse(text, start..<end, base: base, layout)
  }

  /// The states "scheme start", "scheme", "no scheme" and "special relative or authority".
  private mutating func parse(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, base: borrowing Span<UInt8>,
    _ baseLayout: AddressLayout
  ) throws(AddressError) {
    var start = range.lowerBound
    let end = range.upperBound
    var i = start
    if i < end, text[i].isLetter {
      while i < end, isSchemeByte(text[i]) { i += 1 }
    }
    if i > start, i < end, text[i] == UInt8(ascii: ":") {
      guard let isSecure = webScheme(text, start..<i) else {
        throw .scheme(excerpt(text, start..<i, limit: 32).lowercased())
      }
      try limit(range.count)
      start = i + 1
      let hasSchemeOfBase = !base.isEmpty && isSecureAddress(base) == isSecure
      let hasSlashes = start + 1 < end && text[start] == .slash && text[start + 1] == .slash
      guard hasSchemeOfBase, !hasSlashes else {
        bytes.reserveCapacity(range.count + 16)
        return try authority(text, start..<end, isSecure: isSecure)
      }
    } else {
      guard !base.isEmpty else { throw .relative }
      try limit(range.count)
    }
    bytes.reserveCapacity(baseLayout.pathEnd + range.count + 16)
    try relative(text, start..<end, base: base, baseLayout)
  }

  /// The states "relative" and "relative slash".
  private mutating func relative(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, base: borrowing Span<UInt8>,
    _ baseLayout: AddressLayout
  ) throws(AddressError) {
    let start = range.lowerBound
    if range.count > 1, text[start].isSlash, text[start + 1].isSlash {
      return try authority(text, range, isSecure: isSecureAddress(base))
    }
    layout = baseLayout
    if range.isEmpty || text[start] == UInt8(ascii: "#") {
      write(base, 0..<baseLayout.queryEnd)
      try fragment(text, range)
    } else if text[start].isSlash {
      write(base, 0..<baseLayout.pathStart)
      try path(text, range)
    } else if text[start] == UInt8(ascii: "?") {
      write(base, 0..<baseLayout.pathEnd)
      try query(text, range)
    } else {
      write(base, 0..<baseLayout.pathEnd)
      shortenPath()
      try path(text, range)
    }
  }

  // MARK: Authority

  /// The states from "special authority ignore slashes" to "port".
  private mutating func authority(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, isSecure: Bool
  ) throws(AddressError) {
    write(isSecure ? "https://" : "http://")
    var start = range.lowerBound
    while start < range.upperBound, text[start].isSlash { start += 1 }
    var stop = start
    var at: Int?
    while stop < range.upperBound, !text[stop].isSlash, text[stop] != UInt8(ascii: "?"),
      text[stop] != UInt8(ascii: "#")
    {
      if text[stop] == UInt8(ascii: "@") { at = stop }
      stop += 1
    }
    if let at {
      writeCredentials(text, start..<at)
      start = at + 1
    }
    let colon = firstColonOutsideBrackets(text, start..<stop) ?? stop
    layout.hostStart = bytes.count
    try writeHost(text, start..<colon)
    layout.hostEnd = bytes.count
    if colon < stop { try writePort(text, colon + 1..<stop, default: isSecure ? 443 : 80) }
    layout.pathStart = bytes.count
    try path(text, stop..<range.upperBound)
  }

  private func firstColonOutsideBrackets(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) -> Int? {
    var isInBrackets = false
    for i in range {
      switch text[i] {
      case UInt8(ascii: "["): isInBrackets = true
      case UInt8(ascii: "]"): isInBrackets = false
      case UInt8(ascii: ":") where !isInBrackets: return i
      default: break
      }
    }
    return nil
  }

  private mutating func writeCredentials(_ text: borrowing Span<UInt8>, _ range: Range<Int>) {
    var colon = range.lowerBound
    while colon < range.upperBound, text[colon] != UInt8(ascii: ":") { colon += 1 }
    let password = min(colon + 1, range.upperBound)..<range.upperBound
    guard colon > range.lowerBound || !password.isEmpty else { return }
    write(text, range.lowerBound..<colon, escaping: .userinfo)
    if !password.isEmpty {
      bytes.append(UInt8(ascii: ":"))
      write(text, password, escaping: .userinfo)
    }
    bytes.append(UInt8(ascii: "@"))
  }

  private mutating func writePort(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, default defaultPort: Int
  ) throws(AddressError) {
    var port = 0
    for i in range {
      port = port * 10 + Int(text[i] &- UInt8(ascii: "0"))
      guard text[i].isDigit, port <= 65_535 else {
        throw .port(excerpt(text, range, limit: 32))
      }
    }
    guard !range.isEmpty, port != defaultPort else { return }
    bytes.append(UInt8(ascii: ":"))
    write(String(port))
  }

  // MARK: Path, query, fragment

  /// The states "path start" and "path", from the slash before a segment or from its first byte.
  private mutating func path(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(AddressError) {
    let end = range.upperBound
    var i = range.lowerBound
    if i < end, text[i].isSlash { i += 1 }
    while true {
      let start = i
      while i < end, !text[i].isSlash, text[i] != UInt8(ascii: "?"), text[i] != UInt8(ascii: "#") {
        i += 1
      }
      let isLast = i == end || !text[i].isSlash
      let dots = dotCount(text, start..<i)
      if dots == 2 { shortenPath() }
      if dots == 0 {
        bytes.append(.slash)
        write(text, start..<i, escaping: .path)
      } else if isLast {
        bytes.append(.slash)
      }
      if isLast { break }
      i += 1
    }
    layout.pathEnd = bytes.count
    try query(text, i..<end)
  }

  private mutating func query(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(AddressError) {
    var i = range.lowerBound
    if !range.isEmpty, text[i] == UInt8(ascii: "?") {
      while i < range.upperBound, text[i] != UInt8(ascii: "#") { i += 1 }
      bytes.append(UInt8(ascii: "?"))
      write(text, range.lowerBound + 1..<i, escaping: .query)
    }
    layout.queryEnd = bytes.count
    try fragment(text, i..<range.upperBound)
  }

  private mutating func fragment(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(AddressError) {
    if !range.isEmpty {
      bytes.append(UInt8(ascii: "#"))
      write(text, range.dropFirst(), escaping: .fragment)
    }
    try limit(bytes.count)
  }

  /// Takes away the last segment and the slash before it.
  private mutating func shortenPath() {
    guard let slash = bytes[layout.pathStart...].lastIndex(of: .slash) else { return }
    bytes.removeSubrange(slash...)
  }

  /// 1 for `.`, 2 for `..`, each dot also as `%2e`; 0 for everything else.
  private func dotCount(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Int {
    var i = range.lowerBound
    var count = 0
    while i < range.upperBound {
      if text[i] == UInt8(ascii: ".") {
        i += 1
      } else if i + 2 < range.upperBound, text[i] == UInt8(ascii: "%"),
        text[i + 1] == UInt8(ascii: "2"), text[i + 2] | 0x20 == UInt8(ascii: "e")
      {
        i += 3
      } else {
        return 0
      }
      count += 1
    }
    return count > 2 ? 0 : count
  }

  // MARK: Writing

  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(_ text: borrowing Span<UInt8>, _ range: Range<Int>) {
    text.withUnsafeBufferPointer { bytes.append(contentsOf: $0[range]) }
  }

  private mutating func write(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, escaping set: PercentEncodeSet
  ) {
    var written = range.lowerBound
    for i in range where set.contains(text[i]) {
      write(text, written..<i)
      bytes.append(UInt8(ascii: "%"))
      bytes.append(.hexDigit(text[i] >> 4))
      bytes.append(.hexDigit(text[i] & 15))
      written = i + 1
    }
    write(text, written..<range.upperBound)
  }

  private func limit(_ length: Int) throws(AddressError) {
    guard length <= WebAddress.maximumLength else {
      throw .tooLong(length: length, limit: WebAddress.maximumLength)
    }
  }
}

private func isSchemeByte(_ byte: UInt8) -> Bool {
  byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    || byte == UInt8(ascii: ".")
}

private func isTabOrLineEnd(_ byte: UInt8) -> Bool {
  byte == 0x09 || byte == 0x0A || byte == 0x0D
}

/// Whether a written address is https and not http.
private func isSecureAddress(_ address: borrowing Span<UInt8>) -> Bool {
  address[4] == UInt8(ascii: "s")
}

/// Whether the scheme is https; `nil` if it is neither http nor https.
private func webScheme(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool? {
  guard range.count == 4 || range.count == 5 else { return nil }
  for (i, expected) in zip(range, "https".utf8) where text[i] | 0x20 != expected { return nil }
  return range.count == 5
}
