import Catalog

/// What `head` says: title, language, canonical address, robots, and the tags of OpenGraph, Twitter
/// and their kin.
struct Head {
  var title: String?
  var language: String?
  var baseHref: String?
  var canonical: String?
  var robots: [String] = []
  /// `property` or `name` in lower case with its content, in page order.
  private(set) var tags: [(name: String, content: String)] = []
  /// The first tag of each name.
  private var places: [String: Int] = [:]
  /// `rel=next` and `rel=prev` of `link`.
  var next: [String] = []
  /// The page's versions by language: `hreflang` and address.
  var alternates: [(language: String, address: String)] = []

  init(_ document: Document) {
    if let html = document.first(.html) {
      language = document.attribute(html, .lang) ?? document.attribute(html, .xmlLang)
    }
    for element in document.all(.title) {
      let element = Int(element)
      if let parent = document.parent(element), document.has(parent, name: .svg) { continue }
      if let text = document.textString(element) {
        title = text
        break
      }
    }
    if let base = document.first(.base) { baseHref = document.attribute(base, .href) }
    for element in document.all(.link) {
      let element = Int(element)
      guard let rel = document.value(element, .rel) else { continue }
      if canonical == nil, Self.says(rel, "canonical") {
        canonical = document.attribute(element, .href)
      } else if Self.says(rel, "next") || Self.says(rel, "prev") {
        if let href = document.attribute(element, .href) { next.append(href) }
      } else if Bytes.equals(rel, "alternate"), alternates.count < 256,
        let language = document.attribute(element, .hreflang),
        let href = document.attribute(element, .href)
      {
        alternates.append((language, href))
      }
    }
    for element in document.all(.meta) {
      let element = Int(element)
      guard let content = document.attribute(element, .content) else { continue }
      let name =
        document.attribute(element, .property) ?? document.attribute(element, .name)
        ?? document.attribute(element, .httpEquiv)
      guard let name = name?.lowercased() else { continue }
      if name == "robots" || name == "vitrinebot" { robots.append(content) }
      if language == nil, name == "content-language" { language = content }
      if places[name] == nil { places[name] = tags.count }
      tags.append((name, content))
    }
  }

  /// Whether a word is one of those in `rel`.
  private static func says(_ rel: Document.Value, _ word: StaticString) -> Bool {
    guard rel.count < 100 else { return false }
    var start = rel.startIndex
    while start < rel.endIndex {
      var end = start
      while end < rel.endIndex, !Bytes.isSpace(rel[end]) { end += 1 }
      if Bytes.equals(rel[start..<end].memory, word) { return true }
      start = end + 1
    }
    return false
  }

  /// The language that the page's own entry among its alternates has: `en-IE` tells a region where
  /// `lang="en"` tells none.
  func ownLanguage(_ url: CanonicalURL) -> String? {
    alternates.first {
      $0.language != "x-default" && ($0.address == url.string || $0.address == canonical)
    }?.language
  }

  func tag(_ name: String) -> String? { places[name].map { tags[$0].content } }
}

/// Reads OpenGraph with its product, article and profile tags, and Twitter cards.
enum OpenGraph {
  static func read(_ head: Head, context: PageContext) -> PageReadings {
    var readings = PageReadings()
    guard !head.tags.isEmpty else {
      var reading = ProductReading(syntax: .openGraph, path: "meta")
      reading.bonus = undeclared
      readings.products.append(reading)
      return readings
    }
    let type = head.tag("og:type")?.lowercased() ?? ""
    // `product.group` is what shops call a category.
    let isProduct =
      (type.contains("product") && type != "product.group") || type.hasSuffix("item")
      || head.tags.contains { $0.name.hasPrefix("product:") || $0.name.hasPrefix("og:price") }
    readings.products.append(product(head, isProduct: isProduct, context: context))
    if let twitter = twitter(head, context: context) { readings.products.append(twitter) }
    if type.contains("article") || type.contains("post") {
      if let post = post(head, context: context) { readings.posts.append(post) }
    } else if type.contains("profile") {
      if let creator = creator(head) { readings.creators.append(creator) }
    }
    return readings
  }

  /// The bonus of tags on a page that does not call itself a product.
  static let undeclared = -30

  private static func product(_ head: Head, isProduct: Bool, context: PageContext) -> ProductReading
  {
    var reading = ProductReading(syntax: .openGraph, path: "meta")
    if !isProduct { reading.bonus = undeclared }
    func add(_ field: Field, _ names: [String], bonus: Int = 0) {
      for name in names {
        guard let raw = head.tag(name), let text = PlainText.clean(raw) else { continue }
        reading.add(field, text, at: name, raw: raw, bonus: bonus)
        return
      }
    }
    let site = head.tag("og:site_name")
    if let raw = head.tag("og:title"), let title = PlainText.clean(raw) {
      reading.add(
        .name, TitleText.withoutSite(title, site: site, context: context), at: "og:title", raw: raw,
        bonus: -8)
    }
    add(.description, ["og:description"], bonus: -6)
    add(.brand, ["product:brand", "og:brand", "brand", "product:manufacturer"])
    add(.color, ["product:color", "og:color"])
    add(.category, ["product:category", "og:category", "product:product_type"])
    add(.retailer, ["product:retailer_title", "og:site_name"], bonus: -10)
    add(
      .sku,
      [
        "product:retailer_item_id", "product:sku", "og:sku",
        "product:catalog_id", "og:product_id", "og:item_number", "sku",
      ])
    if reading.text(.sku) == nil {
      add(.sku, ["product:retailer_part_no", "product:mfr_part_no"], bonus: -12)
    }
    for name in [
      "product:ean", "product:gtin", "product:upc", "product:isbn", "og:upc", "og:ean", "gtin",
    ] {
      if let raw = head.tag(name), let gtin = Gtin.readBook(raw) {
        reading.add(.gtin, gtin, at: name, raw: raw)
        break
      }
    }
    func price(_ names: [String]) -> PriceFact? {
      for name in names {
        let places = [name + ":amount", name]
        guard let place = places.first(where: { head.tag($0) != nil }), let raw = head.tag(place)
        else { continue }
        let source = [
          name + ":currency", "product:price:currency", "og:price:currency", "og:currency",
        ].lazy.compactMap { path in head.tag(path).map { PriceFact.Source(raw: $0, path: path) } }
          .first
        let currency = source.flatMap { context.currencyCode($0.raw) }
        guard let found = context.structuredPrice(raw, currency: currency) else { continue }
        return PriceFact(
          amount: found.amount, currency: currency ?? found.currency?.code, raw: raw,
          isDoubtful: found.isDoubtful, path: place,
          currencySource: currency == nil ? nil : source)
      }
      return nil
    }
    var regular: PriceFact?
    var sale: PriceFact?
    var original: PriceFact?
    if head.tags.contains(where: { $0.name.contains("price") }) {
      regular = price(["product:price", "og:price", "product:price_amount"])
      sale = price(["product:sale_price", "og:sale_price"])
      original = price(["product:original_price", "product:list_price", "og:standard_price"])
    }
    let combined = StateShapes(context: context).combine(
      price: regular ?? (sale == nil ? original : nil), sale: sale, list: original)
    reading.price = combined.price
    reading.listPrice = combined.list
    // `直購價：$294` in a description is a price where nothing else is.
    if reading.price == nil, let number = ItemNumber.inAddress(context.url),
      let told = head.tag("og:description").flatMap({ context.toldPrice($0) })
    {
      reading.price = told
      // A price and a number in the address: it is a product's page, if nothing says otherwise.
      if !isProduct { reading.bonus = -20 }
      reading.add(.sku, number, at: "address", bonus: -20)
    }
    for name in [
      "product:availability", "og:availability", "product:stock", "og:product:availability",
    ] {
      if let raw = head.tag(name), let found = StockWords.read(raw) {
        reading.stock = StockFact(availability: found, raw: raw, path: name)
        break
      }
    }
    reading.pictures = pictures(head, context: context)
    if let url = head.tag("og:url") { reading.urls.append(url) }
    return reading
  }

  /// `og:image` with the `og:image:width` that follows it; `secure_url` replaces its image.
  private static func pictures(_ head: Head, context: PageContext) -> [Picture] {
    var found: [Picture] = []
    for (name, content) in head.tags {
      switch name {
      case "og:image", "og:image:url":
        if found.last?.address != content { found.append(Picture(address: content)) }
      case "og:image:width":
        if !found.isEmpty { found[found.count - 1].width = Int(content) ?? 0 }
      case "og:image:secure_url":
        if found.isEmpty { found.append(Picture(address: content)) }
      default: continue
      }
    }
    // A site that has no picture to share shares its logo.
    return found.filter { !PictureAddress.isOrnament($0.address, heading: context.heading) }
  }

  private static func twitter(_ head: Head, context: PageContext) -> ProductReading? {
    var reading = ProductReading(syntax: .twitter, path: "meta")
    reading.bonus = undeclared
    if let raw = head.tag("twitter:title"), let title = PlainText.clean(raw) {
      reading.add(
        .name, TitleText.withoutSite(title, site: head.tag("og:site_name"), context: context),
        at: "twitter:title", raw: raw)
    }
    if let image = head.tag("twitter:image") ?? head.tag("twitter:image:src"),
      !PictureAddress.isOrnament(image, heading: context.heading)
    {
      reading.pictures.append(Picture(address: image))
    }
    // `twitter:label1` = Price, `twitter:data1` = $20.
    for number in 1...4 {
      guard let label = head.tag("twitter:label\(number)")?.lowercased(),
        let data = head.tag("twitter:data\(number)")
      else { continue }
      if Vocabulary.concept(label) == .price, let found = context.price(data) {
        reading.price = PriceFact(
          amount: found.amount, currency: found.currency?.code, raw: data,
          isDoubtful: found.isDoubtful)
      } else if Vocabulary.concept(label) == .brand {
        reading.add(
          .brand, PlainText.clean(data).flatMap(BrandText.clean), at: "twitter:data\(number)",
          raw: data)
      } else if let stock = label.contains("availab")
        ? StockWords.read(data) : StockWords.phrase(data)
      {
        reading.stock = StockFact(availability: stock, raw: data)
      }
    }
    return reading.texts.isEmpty && reading.price == nil ? nil : reading
  }

  private static func post(_ head: Head, context: PageContext) -> PostReading? {
    var post = PostReading(syntax: .openGraph, path: "meta")
    post.caption = head.tag("og:description").flatMap(PlainText.clean)
    post.published = head.tag("article:published_time")
    let author = head.tag("article:author")
    post.creatorURL = author.flatMap { $0.contains("/") ? $0 : nil }
    post.hashtags = head.tags.filter { $0.name == "article:tag" }.map(\.content)
    post.pictures = Array(pictures(head, context: context).prefix(1))
    post.url = head.tag("og:url")
    return post.published == nil && post.creatorURL == nil ? nil : post
  }

  private static func creator(_ head: Head) -> CreatorReading? {
    var creator = CreatorReading(syntax: .openGraph, path: "meta")
    creator.name = head.tag("og:title").flatMap(PlainText.clean)
    creator.handle = head.tag("profile:username")
    creator.url = head.tag("og:url")
    return creator.handle == nil ? nil : creator
  }
}

/// Titles of pages and what shops append to them.
enum TitleText {
  /// Drops ` | Site` and the like at the end, and `Site: ` at the start.
  static func withoutSite(_ title: String, site: String?, context: PageContext) -> String {
    let hasMark = title.utf8.contains { $0 == 0x7C || $0 == 0x2D || $0 == 0x3A || $0 >= 0x80 }
    guard hasMark else { return title }
    for separator in [" | ", " – ", " — ", " - ", " · ", " : ", " • "]
    where title.contains(separator) {
      if let cut = title.ranges(of: separator).last {
        let tail = String(title[cut.upperBound...])
        let isSite = site.map { same($0, tail) } ?? false
        let isHost = isHostName(tail, context.url.host)
        if isSite || isHost, cut.lowerBound > title.startIndex {
          return String(title[..<cut.lowerBound])
        }
      }
      if let cut = title.firstRange(of: separator) {
        let head = String(title[..<cut.lowerBound])
        let isSite = site.map { same($0, head) } ?? false
        if isSite || isHostName(head, context.url.host) { return String(title[cut.upperBound...]) }
      }
    }
    return title
  }

  private static func same(_ a: String, _ b: String) -> Bool { key(a) == key(b) }

  /// Whether a text is what a host is called by: `Acme` of `www.acme.com`.
  static func isHostName(_ text: String, _ host: String) -> Bool {
    let text = key(text)
    guard text.utf8.count > 2 else { return false }
    let host = key(host.hasPrefix("www.") ? String(host.dropFirst(4)) : host)
    return host.hasPrefix(text) || text == host
  }

  /// Letters and digits in lower case.
  static func key(_ text: String) -> String {
    var text = text
    return text.withUTF8 { String(decoding: TextKey.letters($0), as: UTF8.self) }
  }
}
