/// What a body is, by its first bytes and then by its media type.
enum BodyKind {
  case html, xml, json, text, binary

  static func sniff(_ body: [UInt8], contentType: String?) -> BodyKind {
    var head = body.prefix(512)
    if head.starts(with: [0xEF, 0xBB, 0xBF]) { head = head.dropFirst(3) }
    // UTF-16 reads the same without its zero bytes.
    let bytes = Array(head.filter { $0 != 0 && $0 != 0xFF && $0 != 0xFE })
    let start = Bytes.trimmed(bytes[...])
    let type = contentType?.lowercased() ?? ""
    if isBinary(head) { return .binary }
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

  private static func isBinary(_ head: ArraySlice<UInt8>) -> Bool {
    let magics: [[UInt8]] = [
      [0x89, 0x50, 0x4E, 0x47], [0xFF, 0xD8, 0xFF], [0x47, 0x49, 0x46, 0x38],
      [0x25, 0x50, 0x44, 0x46],
      [0x50, 0x4B, 0x03, 0x04], [0x52, 0x49, 0x46, 0x46],
    ]
    return magics.contains { head.starts(with: $0) }
  }
}
