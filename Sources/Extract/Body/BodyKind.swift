/// What a body is, by its first bytes and then by its media type.
enum BodyKind {
  case html, xml, json, text, binary

  static func sniff(_ body: [UInt8], contentType: String?) -> BodyKind {
    var head = body.prefix(512)
    if head.starts(with: [0xEF, 0xBB, 0xBF]) { head = head.dropFirst(3) }
    if isBinary(head) { return .binary }
    // UTF-16 reads the same without its zero bytes.
    func isMark(_ byte: UInt8) -> Bool { byte == 0 || byte >= 0xFE }
    if head.withUnsafeBufferPointer({ $0.contains(where: isMark) }) {
      head = head.filter { !isMark($0) }[...]
    }
    let start = Bytes.trimmed(head)
    let type = contentType?.lowercased() ?? ""
    if start.first == 0x3C {
      if Bytes.starts(start, at: start.startIndex, with: "<?xml") {
        return Bytes.contains(start, "<html") || Bytes.contains(start, "xhtml") ? .html : .xml
      }
      for root: StaticString in ["<urlset", "<sitemapindex", "<rss", "<feed"]
      where Bytes.starts(start, at: start.startIndex, with: root) {
        return .xml
      }
      return .html
    }
    if type.contains("json") || start.first == 0x7B || start.first == 0x5B {
      if start.first == 0x7B || start.first == 0x5B || type.contains("json") { return .json }
    }
    if type.contains("html") { return .html }
    if type.contains("xml") { return .xml }
    if type.hasPrefix("image/") || type.hasPrefix("video/") || type.hasPrefix("audio/")
      || type.contains("pdf") || type.contains("zip")
    {
      return .binary
    }
    return type.hasPrefix("text/plain") || Bytes.starts(start, at: start.startIndex, with: "http")
      ? .text : .html
  }

  /// Whether the first bytes are those of PNG, JPEG, GIF, PDF, ZIP or RIFF.
  private static func isBinary(_ head: ArraySlice<UInt8>) -> Bool {
    guard head.count >= 4 else { return head.elementsEqual([0xFF, 0xD8, 0xFF]) }
    let first = head.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    switch first {
    case 0x8950_4E47, 0x4749_4638, 0x2550_4446, 0x504B_0304, 0x5249_4646: return true
    default: return first >> 8 == 0xFF_D8FF
    }
  }
}
