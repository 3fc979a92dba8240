/// Turns CSS selectors (Selectors Level 3, what recipes need of it) into XPath 1.0.
///
/// Types, `*`, `#id`, `.class`, attributes with `= ~= |= ^= $= *=`, `:first-child`, `:last-child`,
/// `:nth-child(n)`, `:only-child`, `:empty`, `:not(simple)`, the four combinators and lists.
struct CSSTranslator {
  struct Failure: Error {
    var reason: String
  }

  private let scalars: [Character]
  private var position = 0

  static func xpath(_ selector: String) throws(Failure) -> String {
    var translator = CSSTranslator(scalars: Array(selector))
    var paths: [String] = []
    repeat {
      paths.append(try translator.complex())
    } while translator.take(",")
    guard translator.position == translator.scalars.count else {
      throw Failure(reason: "unexpected `\(translator.scalars[translator.position])`")
    }
    return paths.joined(separator: " | ")
  }

  private init(scalars: [Character]) { self.scalars = scalars }

  private var current: Character? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ character: Character) -> Bool {
    guard current == character else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() -> Bool {
    let start = position
    while let next = current, next.isWhitespace { position += 1 }
    return position > start
  }

  private mutating func complex() throws(Failure) -> String {
    _ = skipSpace()
    var path = "//" + (try compound())
    while true {
      let spaced = skipSpace()
      guard let next = current, next != "," else { return path }
      switch next {
      case ">":
        position += 1
        _ = skipSpace()
        path += "/" + (try compound())
      case "+":
        position += 1
        _ = skipSpace()
        let (name, tests) = try parts()
        path += "/following-sibling::*[1][self::\(name)]" + tests
      case "~":
        position += 1
        _ = skipSpace()
        path += "/following-sibling::" + (try compound())
      default:
        guard spaced else { throw Failure(reason: "unexpected `\(next)`") }
        path += "//" + (try compound())
      }
    }
  }

  private mutating func compound() throws(Failure) -> String {
    let (name, tests) = try parts()
    return name + tests
  }

  private mutating func parts() throws(Failure) -> (name: String, tests: String) {
    var name = "*"
    var tests = ""
    var isEmpty = true
    if take("*") {
      isEmpty = false
    } else if let type = identifier() {
      name = type.lowercased()
      isEmpty = false
    }
    while let test = try simple() {
      tests += "[\(test)]"
      isEmpty = false
    }
    if isEmpty {
      throw Failure(reason: current.map { "unexpected `\($0)`" } ?? "selector ends too early")
    }
    return (name, tests)
  }

  private mutating func identifier() -> String? {
    let start = position
    while let next = current, next.isLetter || next.isNumber || next == "-" || next == "_" {
      position += 1
    }
    return position > start ? String(scalars[start..<position]) : nil
  }

  private mutating func simple() throws(Failure) -> String? {
    switch current {
    case "#":
      position += 1
      guard let id = identifier() else { throw Failure(reason: "`#` without a name") }
      return "@id='\(id)'"
    case ".":
      position += 1
      guard let name = identifier() else { throw Failure(reason: "`.` without a name") }
      return Self.word("class", name)
    case "[":
      position += 1
      return try attribute()
    case ":":
      position += 1
      return try pseudo()
    default:
      return nil
    }
  }

  private static func word(_ attribute: String, _ word: String) -> String {
    "contains(concat(' ',normalize-space(@\(attribute)),' '),\(quoted(" \(word) ")))"
  }

  private static func quoted(_ text: String) -> String {
    text.contains("'") ? "\"\(text)\"" : "'\(text)'"
  }

  private mutating func attribute() throws(Failure) -> String {
    _ = skipSpace()
    guard let name = identifier() else { throw Failure(reason: "`[` without a name") }
    _ = skipSpace()
    if take("]") { return "@\(name)" }
    var kind: Character = "="
    if let next = current, "~|^$*".contains(next) {
      kind = next
      position += 1
    }
    guard take("=") else { throw Failure(reason: "`[\(name)` without `=` or `]`") }
    _ = skipSpace()
    let value = try attributeValue()
    _ = skipSpace()
    guard take("]") else { throw Failure(reason: "`[\(name)` is not closed") }
    guard !(value.contains("'") && value.contains("\"")) else {
      throw Failure(reason: "both kinds of quotes in one value")
    }
    let quoted = Self.quoted(value)
    switch kind {
    case "~": return Self.word(name, value)
    case "|": return "@\(name)=\(quoted) or starts-with(@\(name),\(Self.quoted(value + "-")))"
    case "^": return "starts-with(@\(name),\(quoted))"
    case "$":
      return "substring(@\(name),string-length(@\(name))-\(max(value.count - 1, 0)))=\(quoted)"
    case "*": return "contains(@\(name),\(quoted))"
    default: return "@\(name)=\(quoted)"
    }
  }

  private mutating func attributeValue() throws(Failure) -> String {
    if let quote = current, quote == "\"" || quote == "'" {
      position += 1
      let start = position
      while let next = current, next != quote { position += 1; _ = next }
      guard current == quote else { throw Failure(reason: "a quote is not closed") }
      position += 1
      return String(scalars[start..<(position - 1)])
    }
    guard let word = identifier() else { throw Failure(reason: "an attribute's value is missing") }
    return word
  }

  private mutating func pseudo() throws(Failure) -> String {
    guard let name = identifier() else { throw Failure(reason: "`:` without a name") }
    switch name {
    case "first-child": return "not(preceding-sibling::*)"
    case "last-child": return "not(following-sibling::*)"
    case "only-child": return "not(preceding-sibling::*) and not(following-sibling::*)"
    case "empty": return "not(node())"
    case "nth-child":
      guard take("("), let number = identifier().flatMap({ Int($0) }), number > 0, take(")") else {
        throw Failure(reason: "`:nth-child` takes one positive number")
      }
      return "count(preceding-sibling::*)=\(number - 1)"
    case "not":
      guard take("(") else { throw Failure(reason: "`:not` without `(`") }
      let test: String
      if let type = identifier() {
        test = "self::\(type.lowercased())"
      } else {
        guard let simple = try simple() else {
          throw Failure(reason: "`:not` takes a simple selector")
        }
        test = simple
      }
      guard take(")") else { throw Failure(reason: "`:not` is not closed") }
      return "not(\(test))"
    default:
      throw Failure(reason: "`:\(name)` is not known")
    }
  }
}
