// The host parser of the WHATWG URL standard (https://url.spec.whatwg.org/#host-parsing).
extension AddressBuffer {
  /// Appends the host that `range` of `text` means.
  mutating func writeHost(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(AddressError) {
    guard !range.isEmpty else { throw .host("") }
    if text[range.lowerBound] == UInt8(ascii: "[") {
      guard text[range.upperBound - 1] == UInt8(ascii: "]"),
        let address = IPv6Address(text, range.lowerBound + 1..<range.upperBound - 1)
      else { throw invalidHost(text, range) }
      write("[\(address)]")
      return
    }
    let start = bytes.count
    for i in range {
      let byte = text[i]
      if byte >= 0x80 || byte == UInt8(ascii: "%") {
        bytes.removeLast(bytes.count - start)
        try writeDecodedHost(text, range)
        return
      }
      guard !PercentEncodeSet.forbiddenDomain.contains(byte) else {
        throw invalidHost(text, range)
      }
      bytes.append(byte.lowercased)
    }
    try finishDomain(from: start, text, range)
  }

  /// A host with escapes or letters beyond ASCII.
  private mutating func writeDecodedHost(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(AddressError) {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(range.count)
    var isASCII = true
    var i = range.lowerBound
    while i < range.upperBound {
      var byte = text[i]
      i += 1
      if byte == UInt8(ascii: "%"), i + 1 < range.upperBound, let high = text[i].hexValue,
        let low = text[i + 1].hexValue
      {
        byte = high << 4 | low
        i += 2
      }
      if byte >= 0x80 { isASCII = false }
      decoded.append(byte)
    }
    let start = bytes.count
    if isASCII {
      for byte in decoded { bytes.append(byte.lowercased) }
    } else {
      guard let unicode = String(validating: decoded, as: UTF8.self),
        let domain = DomainName.ascii(unicode)
      else { throw invalidHost(text, range) }
      bytes.append(contentsOf: domain)
    }
    for byte in bytes[start...] where PercentEncodeSet.forbiddenDomain.contains(byte) {
      throw invalidHost(text, range)
    }
    try finishDomain(from: start, text, range)
  }

  /// Rewrites what was appended since `start` if it is meant as an IPv4 address.
  private mutating func finishDomain(
    from start: Int, _ text: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(AddressError) {
    guard start < bytes.count else { throw invalidHost(text, range) }
    guard IPv4Address.isMeant(by: bytes[start...]) else { return }
    guard let address = IPv4Address(bytes[start...]) else { throw invalidHost(text, range) }
    bytes.removeLast(bytes.count - start)
    write(address.description)
  }

  private func invalidHost(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> AddressError {
    .host(excerpt(text, range, limit: 80))
  }
}
