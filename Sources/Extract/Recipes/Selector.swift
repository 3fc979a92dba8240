/// Where a recipe finds a value.
struct Selector: Sendable, Hashable {
  enum Place: Sendable, Hashable {
    /// XPath 1.0; CSS becomes this when a recipe is loaded.
    case xpath(String)
    case json(JSONPath)
    case constant(String)
  }

  var place: Place
  /// As the author wrote it.
  var written: String
  /// The attribute that holds the value; the text without one.
  var attribute: String?
  /// Only payloads whose origin contains this: `__NEXT_DATA__`, `json-ld`.
  var script: String?
  var transforms: [Transform] = []

  /// Finds text that visitors read, not a field for machines.
  var isOfShownText: Bool {
    guard case .xpath(let expression) = place, attribute == nil else { return false }
    return !(expression.split(separator: "/").last?.hasPrefix("@") ?? false)
  }
}

/// A step from what a page says to what is meant. There are no regular expressions: every step is
/// linear and can be read aloud.
enum Transform: Sendable, Hashable {
  case trim, lower, upper, digits, first, last
  case before(String)
  case after(String)
  case drop(String)
  case prefix(String)
  case suffix(String)
  case split(String)
  case map([String: String])

  func apply(_ values: [String]) -> [String] {
    switch self {
    case .first: Array(values.prefix(1))
    case .last: Array(values.suffix(1))
    case .split(let separator):
      values.flatMap { $0.split(separator: separator).map { String($0).trimmingSpaces() } }
        .filter { !$0.isEmpty }
    default: values.compactMap(one).filter { !$0.isEmpty }
    }
  }

  private func one(_ value: String) -> String? {
    switch self {
    case .trim: value.trimmingSpaces()
    case .lower: value.lowercased()
    case .upper: value.uppercased()
    case .digits: String(value.filter { $0.isASCII && $0.isNumber })
    case .before(let mark):
      value.firstRange(of: mark).map { String(value[..<$0.lowerBound]).trimmingSpaces() } ?? value
    case .after(let mark):
      value.firstRange(of: mark).map { String(value[$0.upperBound...]).trimmingSpaces() } ?? value
    case .drop(let text): value.replacing(text, with: "").trimmingSpaces()
    case .prefix(let text): text + value
    case .suffix(let text): value + text
    case .map(let table): table[value] ?? value
    case .first, .last, .split: value
    }
  }
}

/// `$.product.variants[0]["name"]`, `$.items[*].url`: a path through a payload.
struct JSONPath: Sendable, Hashable {
  enum Step: Sendable, Hashable {
    case key(String)
    case index(Int)
    case every
  }
  var steps: [Step]

  /// `nil` where the text is no path.
  init?(_ text: String) {
    var steps: [Step] = []
    var rest = text[...]
    if rest.first == "$" { rest = rest.dropFirst() }
    while let next = rest.first {
      if next == "." {
        let key = rest.dropFirst().prefix { $0 != "." && $0 != "[" }
        guard !key.isEmpty else { return nil }
        steps.append(key == "*" ? .every : .key(String(key)))
        rest = rest.dropFirst(key.count + 1)
      } else if next == "[" {
        guard let close = rest.firstIndex(of: "]") else { return nil }
        let inside = rest[rest.index(after: rest.startIndex)..<close]
        if inside == "*" {
          steps.append(.every)
        } else if let index = Int(inside) {
          steps.append(.index(index))
        } else if inside.count > 2, let quote = inside.first, quote == "\"" || quote == "'",
          inside.last == quote
        {
          steps.append(.key(String(inside.dropFirst().dropLast())))
        } else {
          return nil
        }
        rest = rest[rest.index(after: close)...]
      } else {
        return nil
      }
    }
    guard !steps.isEmpty else { return nil }
    self.steps = steps
  }

  /// At most 4,096 values, in payload order.
  func values(in tape: JSONTape) -> [JSONValue] {
    guard let root = tape.root else { return [] }
    var values = [root]
    for step in steps {
      var next: [JSONValue] = []
      for value in values {
        switch step {
        case .key(let key):
          if let member = value[key: key] { next.append(member.target) }
        case .index(let index):
          let members = value.members
          if value.isArray, members.indices.contains(index) { next.append(members[index].target) }
        case .every: next += value.members.map(\.target)
        }
        if next.count > 4_096 { break }
      }
      values = next
    }
    return values
  }
}
