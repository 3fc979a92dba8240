import Catalog
import Foundation

extension Recipe {
  /// A first recipe for the site of one page: made of what the generic readers found there, with the
  /// page itself as its test.
  package struct Draft: Sendable {
    /// The folder's name: the page's host.
    package let name: String
    /// `recipe.yaml`.
    package let recipe: String
    /// The name of the saved page and its expectation, without ending.
    package let pageName: String
    /// `pages/NAME.json`.
    package let expectation: String
    /// The fields that got a selector, and those that were found but not by any that could be
    /// written down.
    package let fields: [String]
    package let unwritten: [String]
  }

  /// Writes a draft from one page.
  ///
  /// Each chosen value of the item is looked for by the selectors that its evidence suggests; a
  /// selector is kept only where a recipe with nothing but it reads the same value from the page.
  package static func draft(for page: FetchedPage) throws(ExtractError) -> Draft {
    let extraction = try PageReader().read(page)
    let kind: Rule.Kind =
      switch extraction.item {
      case .product: .product
      case .post: .post
      case .creator: .creator
      case nil: .listing
      }
    let path = DraftText.pattern(of: page.url)
    let wanted = fieldNames[kind] ?? []
    let found = Dictionary(
      extraction.summary.map { ($0.field, $0.values) }, uniquingKeysWith: { first, _ in first })
    var lines: [String] = []
    var fields: [String] = []
    var unwritten: [String] = []
    for field in wanted.sorted(by: DraftText.order) {
      guard let values = found[field], let value = values.first else { continue }
      var tried: Set<String> = []
      let selector = extraction.evidence.lazy
        .filter { $0.field == field && $0.isChosen }
        .flatMap { DraftText.candidates($0) }
        .first { tried.insert($0).inserted && reads(field, values, by: $0, kind, page) }
      let shown = value.count > 60 ? value.prefix(59) + "…" : value[...]
      if let selector {
        fields.append(field)
        lines.append("      # \(DraftText.comment(shown))\n      \(field): \(selector)")
      } else {
        unwritten.append(field)
        lines.append("      # \(field): \(DraftText.comment(shown)), read without a recipe")
      }
    }
    let host = page.url.host
    var text = """
      # A draft from \(page.url.string).
      # Fields that are left out are read as on any other site; keep those that need to be overruled.
      hosts: [\(DraftText.quoted(page.url.authority))]
      pages:
        - kind: \(kind.rawValue)
          path: \(DraftText.quoted(path))

      """
    if !lines.isEmpty {
      text += fields.isEmpty ? "    # fields:\n" : "    fields:\n"
      text += lines.joined(separator: "\n") + "\n"
    }
    return Draft(
      name: host, recipe: text, pageName: DraftText.pageName(page.url),
      expectation: DraftText.expectation(
        page.url, found.filter { wanted.contains($0.key) || $0.key == "item" }),
      fields: fields, unwritten: unwritten)
  }

  /// Whether a recipe of that one selector reads the same value from the page, and by itself.
  private static func reads(
    _ field: String, _ values: [String], by selector: String, _ kind: Rule.Kind,
    _ page: FetchedPage
  ) -> Bool {
    let text = """
      hosts: [\(DraftText.quoted(page.url.authority))]
      pages:
        - kind: \(kind.rawValue)
          fields:
            \(field): \(selector)
      """
    guard let recipe = try? parse(text, name: "draft"),
      let extraction = try? PageReader(recipes: [recipe]).read(page)
    else { return false }
    let read = extraction.summary.first { $0.field == field }?.values
    return read == values
      && extraction.evidence.contains {
        $0.field == field && $0.syntax == .recipe && $0.isChosen
      }
  }
}

/// How a draft's parts are written.
private enum DraftText {
  /// What matters most first.
  static func order(_ a: String, _ b: String) -> Bool {
    let order = [
      "name", "brand", "price", "list_price", "currency", "availability", "sku", "gtin", "color",
      "category", "retailer", "images", "description",
    ]
    let first = order.firstIndex(of: a) ?? order.count
    let second = order.firstIndex(of: b) ?? order.count
    return first == second ? a < b : first < second
  }

  /// Selectors that may find again what the evidence says, as YAML.
  static func candidates(_ evidence: Evidence) -> [String] {
    let path = evidence.path
    switch evidence.syntax {
    case .visible:
      guard isSelector(path) else { return [] }
      let path = general(path)
      let attributes = ["content", "value", "data-price", "title", "alt"]
      return [quoted("css: " + path)]
        + attributes.map { "{ css: \(quoted(path)), attribute: \($0) }" }
    case .openGraph, .twitter:
      let name = path == "meta" ? tag(of: evidence.field) : path
      guard let name else { return [] }
      return ["property", "name"].map {
        "{ css: \(quoted("meta[\($0)='\(name)']")), attribute: content }"
      }
    case .microdata, .rdfa:
      let attribute = evidence.syntax == .microdata ? "itemprop" : "property"
      return properties(path, evidence.field).flatMap { property in
        let css = "[\(attribute)='\(property)']"
        return [quoted("css: " + css)]
          + ["content", "href", "src", "data-src"].map {
            "{ css: \(quoted(css)), attribute: \($0) }"
          }
      }
    case .jsonLD:
      return properties(path, evidence.field).flatMap { property in
        ["$.\(property)", "$.@graph[*].\(property)", "$[*].\(property)"].map {
          "{ json: \(quoted($0)), script: json-ld }"
        }
      }
    case .state:
      let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
      var found = ["{ json: \(quoted("$." + path)) }"]
      if parts.count == 2 {
        found.append("{ json: \(quoted("$." + parts[1])), script: \(quoted(parts[0])) }")
      }
      return found
    case .recipe, .meta:
      return []
    }
  }

  /// The tag that a price or its currency is read from.
  private static func tag(of field: String) -> String? {
    switch field {
    case "price": "product:price:amount"
    case "currency": "product:price:currency"
    case "availability": "product:availability"
    default: nil
    }
  }

  /// `json-ld Product.name` names its property; what is told of offers lies below them.
  private static func properties(_ path: String, _ field: String) -> [String] {
    switch field {
    case "price":
      return ["offers.price", "offers[0].price", "offers.lowPrice", "price", "lowPrice"]
    case "currency": return ["offers.priceCurrency", "offers[0].priceCurrency", "priceCurrency"]
    case "availability": return ["offers.availability", "offers[0].availability", "availability"]
    default: break
    }
    guard let point = path.lastIndex(of: ".") else { return [] }
    let name = String(path[path.index(after: point)...])
    return field == "brand" ? [name, name + ".name"] : [name]
  }

  /// The path without numbered identifiers and classes, such as `product-55`: these are of one page.
  private static func general(_ path: String) -> String {
    path.split(separator: " ").map { step in
      guard let mark = step.firstIndex(where: { $0 == "#" || $0 == "." }) else { return step }
      return step[mark...].utf8.contains(where: Bytes.isDigit) ? step[..<mark] : step
    }.joined(separator: " ")
  }

  /// Whether a path of the document can stand as CSS: plain names only.
  private static func isSelector(_ path: String) -> Bool {
    !path.isEmpty
      && path.utf8.allSatisfy {
        Bytes.isLetter($0) || Bytes.isDigit($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x23
          || $0 == 0x2E || $0 == 0x20 || $0 == 0x3E
      }
  }

  /// The page's path with `*` for its last part.
  static func pattern(of url: CanonicalURL) -> String {
    let path = String(url.path)
    let parts = path.split(separator: "/")
    guard let last = parts.last else { return path }
    let end = path.hasSuffix("/") ? path.dropLast() : path[...]
    return String(end.dropLast(last.count)) + "*"
  }

  static func pageName(_ url: CanonicalURL) -> String {
    let last = url.path.split(separator: "/").last.map(String.init) ?? "index"
    let plain = last.utf8.prefix(60).map {
      Bytes.isLetter($0) || Bytes.isDigit($0) ? Character(Unicode.Scalar(Bytes.lower($0))) : "-"
    }
    let name = String(plain).split(separator: "-").joined(separator: "-")
    return name.isEmpty ? "page" : name
  }

  /// Without line breaks and what YAML 1.2 (5.1) keeps out of a stream.
  static func comment(_ text: Substring) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}",
        "\u{FFFF}":
        out.append(" ")
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  /// A YAML double-quoted scalar.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\\(scalar)"
      case "\u{0}"..."\u{1F}": out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  static func expectation(_ url: CanonicalURL, _ fields: [String: [String]]) -> String {
    struct Expectation: Encodable {
      var url: String
      var expect: [String: [String]]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let expectation = Expectation(url: url.string, expect: fields)
    // Texts alone: there is nothing that cannot be encoded.
    return String(decoding: (try? encoder.encode(expectation)) ?? Data(), as: UTF8.self) + "\n"
  }
}
