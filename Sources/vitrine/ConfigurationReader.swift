import Catalog
import Foundation
import Yams

/// One mapping of the configuration; hands out each key once, typed, and knows where it stands.
struct ConfigurationReader {
  private enum Value {
    case scalar(String)
    case list([String])
    case mappings([ConfigurationReader])
    /// A key without a value, such as one whose entries are all commented out: as if it were not there.
    case nothing
  }

  private var values: [String: (value: Value, place: String)] = [:]
  private var known: Set<String> = []
  /// Keys whose values stand in a variable or a flag.
  private var overlaid: Set<String> = []
  private var place: String
  let file: String?

  /// Reads the file at `path`; `nil` is an empty configuration.
  init(path: String?) throws(ConfigurationError) {
    file = path
    place = path ?? "configuration"
    guard let path else { return }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ConfigurationError(place: path, detail: "cannot be read: \(Failure.reason(error))")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError(place: path, detail: "is not YAML: \(error)")
    }
    if let root, root.scalar?.string.isEmpty != true { try flatten(root, prefix: "") }
  }

  private init(mapping: Node, file: String?) throws(ConfigurationError) {
    self.file = file
    place = Self.place(of: mapping, file: file)
    try flatten(mapping, prefix: "")
  }

  private static func place(of node: Node, file: String?) -> String {
    (file ?? "configuration") + (node.mark.map { ", line \($0.line)" } ?? "")
  }

  private mutating func flatten(_ node: Node, prefix: String) throws(ConfigurationError) {
    guard let mapping = node.mapping else {
      throw ConfigurationError(
        place: Self.place(of: node, file: file),
        detail: prefix.isEmpty ? "holds no keys" : "\(prefix.dropLast()) must hold keys")
    }
    for (keyNode, value) in mapping {
      let key = prefix + (keyNode.string ?? "?")
      let place = Self.place(of: keyNode, file: file)
      let isSection = prefix.isEmpty && Self.sections.contains(key)
      if let scalar = value.scalar, scalar.style == .plain, Self.nulls.contains(scalar.string) {
        if !isSection { values[key] = (.nothing, place) }
      } else if isSection {
        try flatten(value, prefix: key + ".")
      } else if let scalar = value.scalar {
        values[key] = (.scalar(scalar.string), place)
      } else if let sequence = value.sequence {
        if sequence.allSatisfy({ $0.scalar != nil }) {
          values[key] = (.list(sequence.compactMap { $0.scalar?.string }), place)
        } else {
          var readers: [ConfigurationReader] = []
          for element in sequence {
            readers.append(try ConfigurationReader(mapping: element, file: file))
          }
          values[key] = (.mappings(readers), place)
        }
      } else {
        try flatten(value, prefix: key + ".")
      }
    }
  }

  /// Keys that hold keys.
  private static let sections = ["crawl", "index", "server"]

  /// How YAML's core schema writes that there is no value (YAML 1.2, 10.3.2).
  private static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]

  /// `VITRINE_CRAWL_DELAY` is the key `crawl.delay`; `VITRINE_CRAWL_MAX_DELAY` is `crawl.max_delay`.
  mutating func overlay(environment: [String: String]) {
    for (name, value) in environment where name.hasPrefix("VITRINE_") {
      let words = name.dropFirst("VITRINE_".count).lowercased()
      guard !Self.otherVariables.contains(words) else { continue }
      let key =
        Self.sections.first { words.hasPrefix($0 + "_") }
        .map { $0 + "." + words.dropFirst($0.count + 1) } ?? words
      values[key] = (.scalar(value), name)
      overlaid.insert(key)
    }
  }

  /// Variables that are no settings: they name files for the programs around the configuration.
  private static let otherVariables: Set<String> = ["config", "openvino"]

  mutating func overlay(flags: [String: String]) {
    for (key, value) in flags {
      let flag = "--" + (key.split(separator: ".").last ?? "").replacing("_", with: "-")
      values[key] = (.scalar(value), flag)
      overlaid.insert(key)
    }
  }

  /// Where a key that was not taken yet is set.
  func origin(of key: String) -> String? { values[key]?.place }

  private mutating func take(_ key: String) -> (value: Value, place: String)? {
    known.insert(key)
    guard let found = values.removeValue(forKey: key) else { return nil }
    if case .nothing = found.value { return nil }
    return found
  }

  private mutating func scalar<T>(
    _ key: String, _ expected: String, _ parse: (String) -> T?
  ) throws(ConfigurationError) -> T? {
    guard let (value, place) = take(key) else { return nil }
    guard case .scalar(let text) = value, let parsed = parse(text) else {
      let text = if case .scalar(let text) = value { "\"\(text)\"" } else { "a list" }
      throw ConfigurationError(place: place, detail: "\(key) must be \(expected), not \(text)")
    }
    return parsed
  }

  /// An empty text counts as not given.
  mutating func text(_ key: String) throws(ConfigurationError) -> String? {
    let text = try scalar(key, "text") { $0 }
    return text?.isEmpty == true ? nil : text
  }

  /// A path. In the file it is relative to the file's folder; in a variable or a flag to the current one,
  /// as a shell completes it.
  mutating func path(_ key: String) throws(ConfigurationError) -> String? {
    try text(key).map { resolve($0, inFile: !overlaid.contains(key)) }
  }

  mutating func path(_ key: String, or standard: String) throws(ConfigurationError) -> String {
    try path(key) ?? resolve(standard, inFile: true)
  }

  private func resolve(_ path: String, inFile: Bool) -> String {
    guard !path.hasPrefix("/") else { return path }
    // A shell does that for what it reads; in the file nobody else does, and a folder called ~ is a trap.
    if path == "~" || path.hasPrefix("~/") {
      return NSHomeDirectory() + path.dropFirst()
    }
    let folder = inFile ? file.map { URL(filePath: $0).deletingLastPathComponent().path } : nil
    return URL(filePath: folder ?? ".").appending(path: path).path
  }

  mutating func flag(_ key: String) throws(ConfigurationError) -> Bool? {
    try scalar(key, "true or false") { ["true": true, "false": false][$0.lowercased()] }
  }

  mutating func choice<T: RawRepresentable<String> & CaseIterable>(_ key: String, of type: T.Type)
    throws(ConfigurationError) -> T?
  {
    let names = T.allCases.map(\.rawValue).joined(separator: ", ")
    return try scalar(key, "one of \(names)", T.init(rawValue:))
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>)
    throws(ConfigurationError) -> Int?
  {
    try scalar(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      Int($0).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func duration(_ key: String) throws(ConfigurationError) -> Duration? {
    try scalar(key, "a duration such as 500ms, 2s, 5m or 1h", Duration.init(parsing:))
  }

  /// - Parameter orNone: lets 0 stand for none at all.
  mutating func bytes(_ key: String, orNone: Bool = false) throws(ConfigurationError) -> Int? {
    try scalar(key, "a size such as 512KB, 16MB or 1GB\(orNone ? ", or 0" : "")") { text in
      if orNone, text == "0" { return 0 }
      let units = ["KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "B": 1]
      for (unit, factor) in units.sorted(by: { $0.key.count > $1.key.count })
      where text.uppercased().hasSuffix(unit) {
        let digits = text.dropLast(unit.count).trimmingCharacters(in: .whitespaces)
        return Int(digits).flatMap { $0 > 0 && $0 < 1 << 20 ? $0 * factor : nil }
      }
      return nil
    }
  }

  mutating func list(_ key: String) throws(ConfigurationError) -> [String] {
    guard let (value, place) = take(key) else { return [] }
    switch value {
    case .list(let list): return list
    case .scalar(let text) where text.isEmpty: return []
    case .scalar(let text): return [text]
    case .mappings, .nothing:
      throw ConfigurationError(place: place, detail: "\(key) must be a list of texts")
    }
  }

  /// Names of hosts, without scheme and port, as browsers send them.
  mutating func hostNames(_ key: String) throws(ConfigurationError) -> [String] {
    let place = values[key]?.place ?? self.place
    var names: [String] = []
    for text in try list(key) {
      // What a browser never sends, such as a pattern, would let nobody in.
      guard let url = try? CanonicalURL("http://\(text)/"), url.string == "http://\(url.host)/",
        !text.contains("*")
      else {
        throw ConfigurationError(
          place: place, detail: "\(key): \"\(text)\" is no host's name, such as shop.example.net")
      }
      names.append(url.host)
    }
    return names
  }

  mutating func addresses(_ key: String) throws(ConfigurationError) -> [CanonicalURL] {
    let place = values[key]?.place ?? self.place
    var addresses: [CanonicalURL] = []
    for text in try list(key) {
      do {
        addresses.append(try CanonicalURL(text))
      } catch {
        throw ConfigurationError(
          place: place, detail: "\(key): \"\(text)\" is no web address: \(error)")
      }
    }
    return addresses
  }

  mutating func each<T>(
    _ key: String, _ read: (inout ConfigurationReader) throws(ConfigurationError) -> T
  ) throws(ConfigurationError) -> [T] {
    guard let (value, place) = take(key) else { return [] }
    switch value {
    case .mappings(let readers):
      var results: [T] = []
      for var reader in readers {
        results.append(try read(&reader))
        try reader.finish()
      }
      return results
    case .list(let list) where list.isEmpty: return []
    default: throw ConfigurationError(place: place, detail: "\(key) must be a list of entries")
    }
  }

  func missing(_ key: String, _ meaning: String) -> ConfigurationError {
    ConfigurationError(place: place, detail: "\(key) is missing: \(meaning)")
  }

  /// Throws for the first key that nobody asked for.
  func finish() throws(ConfigurationError) {
    guard let (key, value) = values.min(by: { $0.key < $1.key }) else { return }
    throw ConfigurationError(
      place: value.place,
      detail: "unknown key \(key); known are \(known.sorted().joined(separator: ", "))")
  }
}

extension Duration {
  /// Reads `500ms`, `2s`, `1.5s`, `5m`, `1h` or `2d`; `nil` for everything else and for 366 days and more.
  init?(parsing text: String) {
    let units: [(String, Double)] = [
      ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
    ]
    guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = Double(text.dropLast(unit.count)), number >= 0, number * factor < 366 * 86_400
    else { return nil }
    self = .milliseconds(Int64((number * factor * 1000).rounded()))
  }
}
