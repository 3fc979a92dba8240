import Catalog
import Foundation

/// The evidence column: an array of arrays `[field, syntax, path, raw, value, 0|1]`, where a value equal
/// to `raw` is `null`; behind them the reason, where there is one.
enum EvidenceJSON {
  static func encode(_ evidence: [Evidence]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(evidence.reduce(2) { $0 + Self.size(of: $1) })
    bytes.append(UInt8(ascii: "["))
    for (index, entry) in evidence.enumerated() {
      bytes.append(contentsOf: index > 0 ? ",[".utf8 : "[".utf8)
      for text in [entry.field, entry.syntax.rawValue, entry.path, entry.raw] {
        append(text, to: &bytes)
        bytes.append(UInt8(ascii: ","))
      }
      if entry.value == entry.raw {
        bytes.append(contentsOf: "null".utf8)
      } else {
        append(entry.value, to: &bytes)
      }
      bytes.append(contentsOf: entry.isChosen ? ",1".utf8 : ",0".utf8)
      if let reason = entry.reason {
        bytes.append(UInt8(ascii: ","))
        append(reason, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    }
    bytes.append(UInt8(ascii: "]"))
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func size(of entry: Evidence) -> Int {
    entry.field.utf8.count + entry.path.utf8.count + entry.raw.utf8.count + entry.value.utf8.count
      + (entry.reason?.utf8.count ?? 0) + 40
  }

  /// Appends the text as a JSON string; what needs no escape is copied in runs.
  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      var start = 0
      for (index, byte) in text.enumerated() {
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
          continue
        }
        bytes.append(contentsOf: text[start..<index])
        start = index + 1
        if byte >= 0x20 {
          bytes.append(UInt8(ascii: "\\"))
          bytes.append(byte)
        } else {
          bytes.append(contentsOf: byte < 0x10 ? "\\u000".utf8 : "\\u001".utf8)
          let digit = byte & 15
          bytes.append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
        }
      }
      bytes.append(contentsOf: text[start...])
    }
    bytes.append(contentsOf: "\"".utf8)
  }

  /// Reads what `encode` wrote.
  static func decode(_ text: String) throws -> [Evidence] {
    try JSONDecoder().decode([Row].self, from: Data(text.utf8)).map(\.evidence)
  }

  private struct Row: Decodable {
    let evidence: Evidence

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      let field = try container.decode(String.self)
      let syntax = try container.decode(Syntax.self)
      let path = try container.decode(String.self)
      let raw = try container.decode(String.self)
      let value = try container.decodeNil() ? raw : container.decode(String.self)
      let isChosen = try container.decode(Int.self) == 1
      evidence = Evidence(
        field: field, syntax: syntax, path: path, raw: raw, value: value,
        reason: container.isAtEnd ? nil : try container.decode(String.self), isChosen: isChosen)
    }
  }
}
