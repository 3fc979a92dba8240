import Foundation

/// Reads `multipart/form-data` (RFC 7578, RFC 2046 5.1) that is whole in memory.
enum Multipart {
  struct Part: Equatable {
    var name: String
    var fileName: String?
    var mediaType: String?
    var body: ArraySlice<UInt8>
  }

  static let maxParts = 64
  static let maxHeaderBytes = 8192

  /// The boundary that a `Content-Type` names: 1…70 characters.
  static func boundary(of contentType: String) -> String? {
    guard let boundary = HeaderValue(contentType).parameters["boundary"],
      (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy({ (32..<127).contains($0) })
    else { return nil }
    return boundary
  }

  static func parse(_ body: [UInt8], boundary: String) throws(Problem) -> [Part] {
    let delimiter = Array("\r\n--\(boundary)".utf8)
    // The first delimiter may stand at the very beginning, without its line break.
    var position: Int
    if body.starts(with: delimiter.dropFirst(2)) {
      position = delimiter.count - 2
    } else if let first = find(delimiter, in: body, from: 0) {
      position = first + delimiter.count
    } else {
      throw Problem(.malformedBody, "the form's boundary does not occur in it")
    }
    var parts: [Part] = []
    while !body[position...].starts(with: "--".utf8) {
      // A delimiter may be followed by white space.
      while position < body.count, body[position] == 0x20 || body[position] == 0x09 {
        position += 1
      }
      guard body[position...].starts(with: "\r\n".utf8) else {
        throw Problem(.malformedBody, "the form's delimiter is not followed by a line break")
      }
      guard parts.count < maxParts else {
        throw Problem(.malformedBody, "the form has more than \(maxParts) parts")
      }
      let blank = Array("\r\n\r\n".utf8)
      let window = body[..<min(body.count, position + maxHeaderBytes)]
      guard let headEnd = find(blank, in: window, from: position) else {
        throw Problem(.malformedBody, "a part's header does not end within \(maxHeaderBytes) bytes")
      }
      let start = headEnd + blank.count
      // An empty body shares its line break with the delimiter behind it.
      guard let end = find(delimiter, in: body[...], from: start - 2) else {
        throw Problem(.malformedBody, "the form ends before its last part does")
      }
      let lines = position + 2 < headEnd ? body[(position + 2)..<headEnd] : []
      parts.append(try part(head: lines, body: start <= end ? body[start..<end] : []))
      position = end + delimiter.count
    }
    return parts
  }

  private static func part(head: ArraySlice<UInt8>, body: ArraySlice<UInt8>) throws(Problem) -> Part
  {
    var part = Part(name: "", fileName: nil, mediaType: nil, body: body)
    var isNamed = false
    for line in String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = HeaderValue(String(line[line.index(after: colon)...]))
      switch line[..<colon].lowercased() {
      case "content-disposition":
        guard value.token == "form-data", let name = value.parameters["name"] else { continue }
        part.name = name
        part.fileName = value.parameters["filename"]
        isNamed = true
      case "content-type": part.mediaType = value.token
      default: continue
      }
    }
    guard isNamed else { throw Problem(.malformedBody, "a part of the form has no name") }
    return part
  }

  private static func find(_ pattern: [UInt8], in body: [UInt8], from start: Int) -> Int? {
    find(pattern, in: body[...], from: start)
  }

  private static func find(_ pattern: [UInt8], in body: ArraySlice<UInt8>, from start: Int) -> Int?
  {
    body.withUnsafeBytes { bytes in
      var position = start
      while position + pattern.count <= bytes.count, let base = bytes.baseAddress {
        guard
          let found = memchr(
            base + position, Int32(pattern[0]), bytes.count - pattern.count + 1 - position)
        else { return nil }
        position = UnsafeRawPointer(found) - base
        if memcmp(base + position, pattern, pattern.count) == 0 { return position }
        position += 1
      }
      return nil
    }
  }
}

/// A header's value of the form `token; name=value; name="value"` (RFC 9110, 5.6.6).
struct HeaderValue {
  /// In lower case.
  var token: String
  /// By name in lower case; the first of a name counts.
  var parameters: [String: String] = [:]

  init(_ text: String) {
    var rest = text[...]
    token = Self.take(&rest, until: ";").trimmed.lowercased()
    while !rest.isEmpty {
      rest.removeFirst()
      let name = Self.take(&rest, until: "=;").trimmed.lowercased()
      guard rest.first == "=" else { continue }
      rest.removeFirst()
      rest = rest.drop { $0 == " " }
      var value = ""
      if rest.first == "\"" {
        rest.removeFirst()
        while let next = rest.popFirst(), next != "\"" {
          // Browsers write %22 for a quote; others escape it.
          if next == "\\", let escaped = rest.popFirst() {
            value.append(escaped)
          } else {
            value.append(next)
          }
        }
        _ = Self.take(&rest, until: ";")
      } else {
        value = Self.take(&rest, until: ";").trimmed
      }
      if parameters[name] == nil { parameters[name] = value }
    }
  }

  private static func take(_ rest: inout Substring, until stops: String) -> Substring {
    let taken = rest.prefix { !stops.contains($0) }
    rest = rest[taken.endIndex...]
    return taken
  }
}

extension Substring {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
