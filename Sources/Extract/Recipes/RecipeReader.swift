import Catalog

/// Applies a recipe to one page.
struct RecipeReader {
  let context: PageContext
  private let payloads: [JSONTape]
  private let text: [UInt8]
  /// Made when the first XPath asks for it; `nil` where libxml2 cannot make it.
  private lazy var tree = XPathDocument(MarkupGuard.bounded(text))

  /// What a recipe found.
  struct Result {
    var readings = PageReadings()
    var kind: Recipe.Rule.Kind?
    var links: [(address: String, isNext: Bool)] = []
  }

  init(text: [UInt8], payloads: [JSONTape], context: PageContext) {
    self.context = context
    self.payloads = payloads
    self.text = text
  }

  mutating func read(_ recipe: Recipe) -> Result {
    for rule in recipe.rules {
      if let path = rule.path, !Recipe.matches(context.url.pathAndQuery, pattern: path),
        !Recipe.matches(String(context.url.path), pattern: path)
      {
        continue
      }
      if let condition = rule.condition, values(condition).isEmpty { continue }
      return read(rule, recipe.name)
    }
    return Result()
  }

  private mutating func values(_ selector: Selector) -> [String] {
    var values: [String]
    switch selector.place {
    case .xpath(let expression):
      values = tree?.values(expression, attribute: selector.attribute) ?? []
    case .json(let path):
      values = []
      for payload in payloads where values.isEmpty {
        if let script = selector.script, !payload.origin.contains(script) { continue }
        values = path.values(in: payload).compactMap { value in
          value.text ?? value.boolean.map { $0 ? "true" : "false" }
        }
      }
    case .constant(let text):
      values = [text]
    }
    for transform in selector.transforms { values = transform.apply(values) }
    return values
  }

  /// What the first of a field's selectors found.
  private struct Found {
    var values: [String]
    var path: String
    /// It is text that visitors read, not a field for machines.
    var isShown: Bool
  }

  private mutating func read(_ rule: Recipe.Rule, _ name: String) -> Result {
    var result = Result(kind: rule.kind)
    var found: [String: Found] = [:]
    for (field, alternatives) in rule.fields {
      for selector in alternatives {
        let values = values(selector)
        if !values.isEmpty {
          found[field] = Found(
            values: values, path: selector.written, isShown: selector.isOfShownText)
          break
        }
      }
    }
    func first(_ field: String) -> String? { found[field]?.values.first }
    switch rule.kind {
    case .product:
      result.readings.products.append(product(found, recipe: name))
    case .post:
      var post = PostReading(syntax: .recipe, path: name)
      post.creatorURL = first("creator")
      post.pictures = (found["image"]?.values ?? []).map { Picture(address: $0) }
      post.caption = first("caption")
      post.hashtags = found["hashtags"]?.values ?? []
      post.published = first("published")
      post.products = found["products"]?.values ?? []
      result.readings.posts.append(post)
    case .creator:
      var creator = CreatorReading(syntax: .recipe, path: name)
      creator.name = first("name")
      creator.handle = first("handle")
      creator.biography = first("biography")
      creator.posts = found["posts"]?.values ?? []
      creator.url = first("profile")
      result.readings.creators.append(creator)
    case .listing:
      result.readings.isListing = true
      result.links = (found["links"]?.values ?? []).map { ($0, false) }
      result.links += (found["next"]?.values ?? []).map { ($0, true) }
    case .ignore: break
    }
    return result
  }

  private func product(_ found: [String: Found], recipe: String) -> ProductReading {
    var reading = ProductReading(syntax: .recipe, path: recipe)
    for field in Field.allCases {
      guard let found = found[field.rawValue], let raw = found.values.first else { continue }
      switch field {
      case .price, .listPrice, .currency, .availability: continue
      case .gtin:
        reading.add(.gtin, Gtin.readBook(raw), at: found.path, raw: raw)
      default:
        reading.add(field, PlainText.clean(raw), at: found.path, raw: raw)
      }
    }
    let code = found["currency"]?.values.first.flatMap(context.currencyCode)
    func price(_ field: String) -> PriceFact? {
      guard let found = found[field], let raw = found.values.first,
        let amount = found.isShown
          ? context.price(raw, currency: code) : context.structuredPrice(raw, currency: code)
      else { return nil }
      return PriceFact(amount: amount.amount, currency: code ?? amount.currency?.code, raw: raw)
    }
    reading.price = price("price")
    reading.listPrice = price("list_price")
    if let raw = found["availability"]?.values.first, let stock = StockWords.read(raw) {
      reading.stock = StockFact(availability: stock, raw: raw)
    }
    reading.pictures = (found["images"]?.values ?? []).map { value in
      PictureFinder.largest(inSet: Array(value.utf8)[...]).flatMap {
        value.contains(" ") ? $0 : nil
      }
        ?? Picture(address: value)
    }
    return reading
  }
}
