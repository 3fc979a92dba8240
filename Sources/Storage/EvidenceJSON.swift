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
        bytes.appendJSON(text)
        bytes.append(UInt8(ascii: ","))
      }
      if entry.value == entry.raw {
        bytes.append(contentsOf: "null".utf8)
      } else {
        bytes.appendJSON(entry.value)
      }
      bytes.append(contentsOf: entry.isChosen ? ",1".utf8 : ",0".utf8)
      if let reason = entry.reason {
        bytes.append(UInt8(ascii: ","))
        bytes.appendJSON(reason)
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
