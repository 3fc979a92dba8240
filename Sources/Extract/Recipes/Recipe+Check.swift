import Catalog
import Foundation

extension Recipe {
  /// Where a saved page no longer says what is expected of it.
  package struct Difference: Hashable, Sendable, CustomStringConvertible {
    /// The saved page's file.
    package var page: String
    package var field: String
    package var expected: [String]
    package var found: [String]

    package var description: String {
      "\(page): \(field): expected \(expected), found \(found)"
    }
  }

  /// Replays every saved page of a recipe's folder.
  ///
  /// `pages/NAME.html` (or any body) stands beside `pages/NAME.json`: `{"url": …, "expect": {field:
  /// value or list}}`. A field that `expect` does not name is not compared; `[]` says that nothing
  /// may be found. Fields are those of `Extraction.summary`.
  package static func check(_ folder: String) throws(RecipeError) -> [Difference] {
    let recipe = try load(folder)
    let reader = PageReader(recipes: [recipe])
    let pages = (folder as NSString).appendingPathComponent("pages")
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: pages).sorted()
    } catch {
      throw RecipeError(file: pages, reason: "cannot be listed: \(error.localizedDescription)")
    }
    var differences: [Difference] = []
    var isEmpty = true
    for name in names where name.hasSuffix(".json") {
      isEmpty = false
      let expectation = try Expectation(file: (pages as NSString).appendingPathComponent(name))
      let stem = String(name.dropLast(5))
      guard let body = names.first(where: { $0 != name && $0.hasPrefix(stem + ".") }) else {
        throw RecipeError(file: expectation.file, reason: "has no page `\(stem).html` beside it")
      }
      let file = (pages as NSString).appendingPathComponent(body)
      guard let data = FileManager.default.contents(atPath: file) else {
        throw RecipeError(file: file, reason: "cannot be read")
      }
      let extraction: Extraction
      do throws(ExtractError) {
        extraction = try reader.read(FetchedPage(url: expectation.url, body: Array(data)))
      } catch {
        throw RecipeError(file: file, reason: "\(error)")
      }
      let found = Dictionary(
        extraction.summary.map { ($0.field, $0.values) }, uniquingKeysWith: { first, _ in first })
      for (field, expected) in expectation.fields where (found[field] ?? []) != expected {
        differences.append(
          Difference(page: file, field: field, expected: expected, found: found[field] ?? []))
      }
    }
    if isEmpty { throw RecipeError(file: pages, reason: "holds no expectation `NAME.json`") }
    return differences
  }

  /// The output that a saved page is expected to give.
  private struct Expectation {
    var file: String
    var url: CanonicalURL
    var fields: [(name: String, values: [String])]

    init(file: String) throws(RecipeError) {
      self.file = file
      guard let data = FileManager.default.contents(atPath: file) else {
        throw RecipeError(file: file, reason: "cannot be read")
      }
      let text = Array(data)
      guard let root = LiteralReader.read(text, 0..<text.count)?.root, root.isObject else {
        throw RecipeError(file: file, reason: "is no JSON object")
      }
      guard let address = root["url"]?.string, let url = try? CanonicalURL(address) else {
        throw RecipeError(file: file, reason: "`url` is missing or no address")
      }
      guard let expect = root["expect"], expect.isObject else {
        throw RecipeError(file: file, reason: "`expect` is missing or no object")
      }
      self.url = url
      fields = expect.memberIndices.map { index in
        let value = JSONValue(tape: expect.tape, at: index)
        return (
          String(decoding: expect.tape.key(index), as: UTF8.self), value.list.compactMap(\.text)
        )
      }
    }
  }
}

extension Extraction {
  /// Every field that was found, as texts: what `vitrine page` shows and recipes expect.
  package var summary: [(field: String, values: [String])] {
    var fields: [(String, [String])] = []
    func add(_ field: String, _ values: [String?]) {
      let values = values.compactMap { $0 }
      if !values.isEmpty { fields.append((field, values)) }
    }
    switch item {
    case .product(let product):
      add("item", ["product"])
      add("name", [product.name])
      add("brand", [product.brand])
      add("retailer", [product.retailer])
      add("category", [product.category])
      add("sku", [product.sku])
      add("gtin", [product.gtin])
      add("color", [product.color])
      add("description", [product.description])
      add("price", [product.offer.price?.description])
      add("list_price", [product.offer.listPrice?.description])
      add("availability", [product.offer.availability?.rawValue])
      add("images", product.images.map(\.string))
      add("variants", product.variants.map { "\($0.sku ?? "")/\($0.color ?? "")/\($0.size ?? "")" })
    case .post(let post):
      add("item", ["post"])
      add("creator", [post.creator?.string])
      add("image", [post.heroImage?.string])
      add("caption", [post.caption])
      add("hashtags", post.hashtags)
      add("published", [post.published])
      add("products", post.products.map(\.string))
    case .creator(let creator):
      add("item", ["creator"])
      add("name", [creator.name])
      add("handle", [creator.handle])
      add("biography", [creator.biography])
      add("profile", [creator.profile?.string])
      add("posts", creator.posts.map(\.string))
    case nil: break
    }
    add("title", [title])
    add("language", [language])
    add("canonical", [canonical?.string])
    add("links", links.map(\.url.string))
    return fields
  }

  /// Where each value of the item was read, chosen or not.
  package var evidence: [Evidence] {
    switch item {
    case .product(let product): product.evidence
    case .post(let post): post.evidence
    case .creator(let creator): creator.evidence
    case nil: []
    }
  }
}
