import Catalog

extension VisibleReader {
  /// - Parameter isKnown: Another syntax says that the page is a product's.
  func product(isKnown: Bool) -> ProductReading? {
    var reading = ProductReading(syntax: .visible, path: "visible")
    let heading = outline.heading
    if let heading, let name = document.textString(heading) {
      reading.add(.name, name, at: document.path(heading))
    }
    readPrices(near: heading, into: &reading)
    readStock(near: heading, into: &reading)
    readLabelled(into: &reading)
    // A sentence alone makes no product of a page.
    if isKnown || isNumbered(reading) { readStockSentence(near: heading, into: &reading) }
    readBrand(near: heading, into: &reading)
    readDescription(into: &reading)
    reading.pictures = gallery(near: heading)
    reading.variants = swatches()
    guard !isKnown else { return reading }
    guard speaksOfOneProduct(reading) else { return nil }
    readStockSentence(near: heading, into: &reading)
    return reading
  }

  /// Whether a page that nothing else calls a product shows one: a name, a price of its own, and
  /// enough beside them; a number and a word on stock will do for what is sold out, and so will a number
  /// and a brand, each under a label or class of its own, below the heading that the title repeats.
  private func speaksOfOneProduct(_ reading: ProductReading) -> Bool {
    guard reading.text(.name) != nil else { return false }
    guard reading.price != nil else {
      return isNumbered(reading)
        && (reading.stock?.availability == .soldOut || isNamedByLabels(reading))
    }
    if reading.stock != nil || isNumbered(reading) || hasBuyButton() { return true }
    var points = 0
    if reading.priceScore >= 60 { points += 1 }
    if reading.priceScore >= 72 { points += 1 }
    if !reading.pictures.isEmpty { points += 1 }
    if reading.text(.brand) != nil { points += 2 }
    if outline.isTitled { points += 1 }
    if ItemNumber.inAddress(context.url) != nil { points += 1 }
    return points >= 3
  }

  private func isNamedByLabels(_ reading: ProductReading) -> Bool {
    let isNumbered = reading.texts.contains {
      $0.field == .sku && $0.bonus >= VisibleReader.classedNumber
    }
    let isBranded = reading.texts.contains { $0.field == .brand && $0.bonus >= 0 }
    return outline.isTitled && isNumbered && isBranded && !reading.pictures.isEmpty
  }

  private func isNumbered(_ reading: ProductReading) -> Bool {
    reading.text(.sku) != nil || reading.text(.gtin) != nil
  }

  /// The page's own elements of a class with this word.
  func elements(with word: ClassWords) -> some Sequence<Int> {
    let elements = words.contains(word) ? inside : []
    return elements.lazy.filter { outline.words[$0].contains(word) && !isCard($0) }
  }

  // MARK: Brand and description

  /// A class of brands, or a link to a brand's page, near the heading.
  private func readBrand(near heading: Int?, into reading: inout ProductReading) {
    // Keys of the name and of the page's title, made when they are first asked for.
    var keys: (name: String?, title: String?)?
    var best: (score: Int, text: String, element: Int)?
    for element in inside {
      let words = outline.words[element]
      let isLink = document.has(element, name: .a)
      let isWorded = words.contains(.brand) && !words.contains(.color)
      guard isWorded || isLink, !isCard(element), isWorded || leadsToBrand(element) else {
        continue
      }
      guard !outline.flags[element].contains(.crumbs), !document.isRaw(element),
        !document.has(element, name: .select)
      else { continue }
      guard let text = brandText(element), let brand = BrandText.clean(text) else { continue }
      // A box of the brand's name and the thing's is no brand.
      let key = TitleText.key(brand)
      let known =
        keys ?? (reading.text(.name).map(TitleText.key), context.titleKey)
      keys = known
      if key == known.name { continue }
      // A folder of brands may hold anything: the page must name it again.
      if !isWorded, !(known.title?.contains(key) ?? false), !(known.name?.contains(key) ?? false) {
        continue
      }
      guard brand.utf8.count <= 60, brand.utf8.split(separator: 0x20, maxSplits: 6).count <= 6
      else { continue }
      var score = nearness(element, heading)
      if let heading {
        if abs(element - heading) > 700 { score -= 20 }
        // Above the heading a brand stands as well as below it.
        if element < heading { score = max(score, 22 + (element - heading) / 4) }
      }
      if isLink { score += isWorded ? 3 : -8 }
      // Of `Acme` and `Acme: show all products` the shorter is the name.
      if let known = best, known.score >= 0, brand.hasPrefix(known.text + " ") { continue }
      let isShorter = best.map { $0.text.hasPrefix(brand + " ") } ?? false
      if best == nil || score > best!.score || isShorter && score >= 0 {
        best = (score, brand, element)
      }
    }
    guard let best, best.score >= 0 else {
      if reading.text(.brand) == nil, let (text, element) = brandBeforeName() ?? brandInHeading() {
        reading.add(.brand, text, at: document.path(element), bonus: -10)
      }
      return
    }
    // `Acme` stands there, and `Brand: Acme show all` in a list: the shorter is the name.
    let isPlainer = reading.text(.brand)?.hasPrefix(best.text + " ") ?? false
    reading.add(.brand, best.text, at: document.path(best.element), bonus: isPlainer ? 6 : 0)
  }

  /// What the page's title puts before the heading's words, where it stands by itself beside the
  /// heading: `Acme MAVIS coat | Shop` over `Acme` and `MAVIS coat`.
  private func brandBeforeName() -> (text: String, element: Int)? {
    guard let heading = outline.heading, let title = context.title,
      let name = document.textString(heading), name.utf8.count >= 4,
      let start = title.prefix(300).firstRange(of: name)?.lowerBound
    else { return nil }
    let before = TitleText.key(String(title[..<start]))
    guard (2...40).contains(before.utf8.count) else { return nil }
    for element in max(0, heading - 24)..<min(heading + 24, document.count) {
      guard (2...60).contains(document.textLength(element)), isOwn(element),
        !outline.flags[element].contains(.crumbs), let text = document.textString(element),
        TitleText.key(text) == before, let brand = BrandText.clean(text)
      else { continue }
      return (brand, element)
    }
    return nil
  }

  /// The heading's first element, where the trail names the thing by the rest alone:
  /// `… › 11" tablet` over `<h1><span>Acme</span> <span>11" tablet</span></h1>`.
  private func brandInHeading() -> (text: String, element: Int)? {
    guard let heading = outline.heading, heading + 1 < document.count,
      document.contains(heading, heading + 1), (2...40).contains(document.textLength(heading + 1)),
      document.elements[heading].textStart == document.elements[heading + 1].textStart,
      let text = document.textString(heading + 1), let brand = BrandText.clean(text)
    else { return nil }
    let rest = document.text[
      Int(document.elements[heading + 1].textEnd)..<Int(document.elements[heading].textEnd)]
    guard rest.count >= 4, let name = Bytes.flatString(rest).map(TitleText.key) else { return nil }
    for element in max(0, heading - 40)..<heading
    where outline.flags[element].contains(.crumbs) && document.textLength(element) <= rest.count + 8
    {
      if document.textString(element).map(TitleText.key) == name { return (brand, heading + 1) }
    }
    return nil
  }

  /// The text of a brand's element, of the one link in it, or what its logo is called.
  private func brandText(_ element: Int) -> String? {
    let length = document.textLength(element)
    if length > 1 {
      guard length <= 80 else { return nil }
      // `Acme – show all products`: the first link is the name.
      for inner in document.descendants(element).prefix(12)
      where inner != element && document.has(inner, name: .a) && document.textLength(inner) > 1 {
        return document.textString(inner)
      }
      return document.textString(element)
    }
    for inner in document.descendants(element).prefix(64) where document.has(inner, name: .img) {
      if let text = document.attribute(inner, .alt) { return text }
    }
    return nil
  }

  private static let brandFolders = WordSet([
    "/brand/", "/brands/", "/marke/", "/marken/", "/marca/", "/marcas/", "/marque/", "/marques/",
    "/merk/", "/merken/", "/manufacturer/", "/designer/", "/designers/", "/znacka/", "/znacky/",
    "/producent/", "/producer/", "/varumarke/", "/hersteller/", "/brend/", "/vendor/", "?brand=",
    "&brand=", "?manufacturer=",
  ])

  /// Whether a link's address names a folder of brands.
  private func leadsToBrand(_ element: Int) -> Bool {
    guard let href = document.value(element, .href), (8...300).contains(href.count) else {
      return false
    }
    guard Self.brandFolders.occurs(in: href) else { return false }
    // A link in a sentence is about something else.
    guard let parent = document.parent(element) else { return true }
    return document.textLength(parent) <= document.textLength(element) + 40
  }

  private func readDescription(into reading: inout ProductReading) {
    var best: (length: Int, element: Int)?
    for element in elements(with: .description) {
      let length = document.textLength(element)
      guard length >= 20, length < 20_000, !document.isRaw(element) else { continue }
      if best == nil || length > best!.length * 2 { best = (length, element) }
    }
    if let best, let text = document.textString(best.element) {
      reading.add(.description, text, at: document.path(best.element))
    }
  }
}

extension String {
  func trimmingSpaces() -> String {
    guard let first = utf8.first, let last = utf8.last, Bytes.isSpace(first) || Bytes.isSpace(last)
    else { return self }
    return Bytes.trimmedString(Array(utf8)[...]) ?? ""
  }
}
