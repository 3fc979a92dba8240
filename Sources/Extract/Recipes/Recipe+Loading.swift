import Foundation
import Yams

extension Recipe {
  /// The name of the file that makes a folder a recipe.
  package static let fileName = "recipe.yaml"

  /// Reads `recipe.yaml` in a folder; every selector is compiled, so that a recipe that loads is one
  /// that can be asked.
  package static func load(_ folder: String) throws(RecipeError) -> Recipe {
    let file = (folder as NSString).appendingPathComponent(fileName)
    guard let data = FileManager.default.contents(atPath: file) else {
      throw RecipeError(file: file, reason: "cannot be read")
    }
    guard data.count <= 1 << 20 else {
      throw RecipeError(file: file, reason: "\(data.count) bytes pass the limit of \(1 << 20)")
    }
    let name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
    return try parse(String(decoding: data, as: UTF8.self), name: name, file: file)
  }

  /// Reads every folder below `folder` that holds a recipe, in the order of their names.
  package static func loadAll(_ folder: String) throws(RecipeError) -> [Recipe] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw RecipeError(file: folder, reason: "cannot be listed: \(error.localizedDescription)")
    }
    var recipes: [Recipe] = []
    for name in names.sorted() {
      let inner = (folder as NSString).appendingPathComponent(name)
      let file = (inner as NSString).appendingPathComponent(fileName)
      if FileManager.default.fileExists(atPath: file) { recipes.append(try load(inner)) }
    }
    return recipes
  }

  /// Reads a recipe's text.
  package static func parse(
    _ text: String, name: String, file: String = fileName
  ) throws(RecipeError) -> Recipe {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw RecipeError(file: file, line: line(of: error), reason: "is no YAML: \(error)")
    } catch {
      throw RecipeError(file: file, reason: "is no YAML: \(error)")
    }
    guard let root else { throw RecipeError(file: file, reason: "is empty") }
    let parser = RecipeParser(file: file)
    return try parser.recipe(root, name: name)
  }

  private static func line(of error: YamlError) -> Int? {
    switch error {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    default: nil
    }
  }
}

/// Turns a YAML tree into a recipe; unknown keys are errors.
private struct RecipeParser {
  let file: String

  func failure(_ node: Node, _ reason: String, selector: String? = nil) -> RecipeError {
    RecipeError(file: file, line: node.mark?.line, selector: selector, reason: reason)
  }

  func recipe(_ root: Node, name: String) throws(RecipeError) -> Recipe {
    let members = try mapping(root, allowed: ["hosts", "pages", "note"])
    guard let hosts = members["hosts"] else { throw failure(root, "`hosts` is missing") }
    guard let pages = members["pages"] else { throw failure(root, "`pages` is missing") }
    var rules: [Recipe.Rule] = []
    for page in try sequence(pages) { rules.append(try rule(page)) }
    return Recipe(name: name, hosts: try strings(hosts), rules: rules)
  }

  private func rule(_ node: Node) throws(RecipeError) -> Recipe.Rule {
    let members = try mapping(node, allowed: ["kind", "path", "when", "fields"])
    guard let kindNode = members["kind"] else { throw failure(node, "`kind` is missing") }
    let kindName = try string(kindNode)
    guard let kind = Recipe.Rule.Kind(rawValue: kindName) else {
      let known = Recipe.Rule.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(kindNode, "kind `\(kindName)` is none of \(known)")
    }
    var rule = Recipe.Rule(kind: kind, path: nil, condition: nil, fields: [])
    if let path = members["path"] { rule.path = try string(path) }
    if let condition = members["when"] { rule.condition = try selector(condition) }
    guard let fields = members["fields"] else { return rule }
    let allowed = Recipe.fieldNames[kind] ?? []
    guard let pairs = fields.mapping else { throw failure(fields, "`fields` is no mapping") }
    for (key, value) in pairs {
      let field = try string(key)
      guard allowed.contains(field) else {
        let known = allowed.sorted().joined(separator: ", ")
        throw failure(key, "field `\(field)` of a \(kind.rawValue) is none of \(known)")
      }
      var alternatives: [Selector] = []
      if case .sequence(let list) = value {
        for entry in list { alternatives.append(try selector(entry)) }
      } else {
        alternatives.append(try selector(value))
      }
      rule.fields.append((field, alternatives))
    }
    return rule
  }

  /// `css: h1`, or a mapping of `css`, `xpath`, `json` or `value` with what goes with it.
  private func selector(_ node: Node) throws(RecipeError) -> Selector {
    if let text = node.scalar?.string {
      guard let colon = text.firstIndex(of: ":") else {
        throw failure(node, "a selector begins with `css:`, `xpath:` or `json:`", selector: text)
      }
      let language = String(text[..<colon])
      let expression = String(text[text.index(after: colon)...]).trimmingSpaces()
      return Selector(place: try place(language, expression, node), written: text)
    }
    let members = try mapping(
      node, allowed: ["css", "xpath", "json", "value", "attribute", "script", "transforms"])
    let languages = ["css", "xpath", "json", "value"].filter { members[$0] != nil }
    guard languages.count == 1, let language = languages.first, let place = members[language] else {
      throw failure(node, "a selector has one of `css`, `xpath`, `json` and `value`")
    }
    let expression = try string(place)
    var selector = Selector(
      place: try self.place(language, expression, place), written: "\(language): \(expression)")
    if let attribute = members["attribute"] { selector.attribute = try string(attribute) }
    if let script = members["script"] { selector.script = try string(script) }
    if let transforms = members["transforms"] {
      for transform in try sequence(transforms) {
        selector.transforms.append(try self.transform(transform))
      }
    }
    return selector
  }

  private func place(
    _ language: String, _ expression: String, _ node: Node
  ) throws(RecipeError) -> Selector.Place {
    switch language {
    case "css":
      let xpath: String
      do throws(CSSTranslator.Failure) {
        xpath = try CSSTranslator.xpath(expression)
      } catch {
        throw failure(node, "CSS selector: \(error.reason)", selector: expression)
      }
      guard XPathDocument.isValid(xpath) else {
        throw failure(node, "CSS selector becomes no XPath", selector: expression)
      }
      return .xpath(xpath)
    case "xpath":
      guard XPathDocument.isValid(expression) else {
        throw failure(node, "XPath expression cannot be read", selector: expression)
      }
      return .xpath(expression)
    case "json":
      guard let path = JSONPath(expression) else {
        throw failure(node, "JSON path is not of the form `$.key[0].key`", selector: expression)
      }
      return .json(path)
    case "value":
      return .constant(expression)
    default:
      throw failure(
        node, "a selector begins with `css:`, `xpath:` or `json:`", selector: expression)
    }
  }

  private func transform(_ node: Node) throws(RecipeError) -> Transform {
    if let name = node.scalar?.string {
      switch name {
      case "trim": return .trim
      case "lower": return .lower
      case "upper": return .upper
      case "digits": return .digits
      case "first": return .first
      case "last": return .last
      default: throw failure(node, "transform `\(name)` is not known or wants a value")
      }
    }
    guard let mapping = node.mapping, mapping.count == 1, let (key, value) = mapping.first else {
      throw failure(node, "a transform is a word or one `word: value`")
    }
    let name = try string(key)
    if name == "map" {
      guard let pairs = value.mapping else { throw failure(value, "`map` wants a mapping") }
      var table: [String: String] = [:]
      for (from, to) in pairs { table[try string(from)] = try string(to) }
      return .map(table)
    }
    let text = try string(value)
    guard !text.isEmpty else { throw failure(value, "transform `\(name)` wants a text") }
    switch name {
    case "before": return .before(text)
    case "after": return .after(text)
    case "drop": return .drop(text)
    case "prefix": return .prefix(text)
    case "suffix": return .suffix(text)
    case "split": return .split(text)
    default: throw failure(key, "transform `\(name)` is not known")
    }
  }

  // MARK: YAML

  private func string(_ node: Node) throws(RecipeError) -> String {
    guard let text = node.scalar?.string else { throw failure(node, "a text was expected") }
    return text
  }

  private func sequence(_ node: Node) throws(RecipeError) -> [Node] {
    guard case .sequence(let list) = node else { throw failure(node, "a list was expected") }
    return Array(list)
  }

  private func strings(_ node: Node) throws(RecipeError) -> [String] {
    if let text = node.scalar?.string { return [text] }
    var texts: [String] = []
    for entry in try sequence(node) { texts.append(try string(entry)) }
    return texts
  }

  private func mapping(_ node: Node, allowed: [String]) throws(RecipeError) -> [String: Node] {
    guard let mapping = node.mapping else { throw failure(node, "a mapping was expected") }
    var members: [String: Node] = [:]
    for (key, value) in mapping {
      let name = try string(key)
      guard allowed.contains(name) else {
        throw failure(key, "key `\(name)` is none of \(allowed.joined(separator: ", "))")
      }
      members[name] = value
    }
    return members
  }
}
