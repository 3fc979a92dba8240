import Catalog

/// Reads what a visitor sees: the evidence of last resort, and the vote that decides conflicts.
struct VisibleReader {
  let document: Document
  let outline: Outline
  let context: PageContext
  /// The words of all elements together: what none has need not be looked for.
  let words: ClassWords
  /// The elements that are not in the frame of the site.
  let inside: [Int]
  private(set) var readings = PageReadings()

  init(document: Document, outline: Outline, context: PageContext) {
    self.document = document
    self.outline = outline
    self.context = context
    words = ClassWords(rawValue: outline.words.reduce(0) { $0 | $1.rawValue })
    inside = [Int](unsafeUninitializedCapacity: outline.flags.count) { elements, count in
      for element in outline.flags.indices where !outline.flags[element].contains(.outside) {
        elements.initializeElement(at: count, to: element)
        count += 1
      }
    }
  }

  /// - Parameter known: What the other readers found: whether a profile's posts are worth looking for.
  mutating func read(known: PageReadings) {
    readings.categories = breadcrumbs()
    if let post = post() {
      readings.posts.append(post)
      return
    }
    if let creator = creator(known: known) {
      readings.creators.append(creator)
      return
    }
    if let product = product(isKnown: known.products.contains { $0.bonus > OpenGraph.undeclared }) {
      // A range of prices over cards is that of a category.
      if product.price == nil, known.isRangeOnly, cardCount() > 2, !hasBuyButton() {
        readings.isListing = true
      } else {
        readings.products.append(product)
      }
    } else if cardCount() > 1 {
      readings.isListing = true
    }
  }

  func isOutside(_ element: Int) -> Bool { outline.flags[element].contains(.outside) }

  func isCard(_ element: Int) -> Bool { outline.flags[element].contains(.card) }

  /// The page's own content, not its frame and not one of many.
  func isOwn(_ element: Int) -> Bool { outline.flags[element].isDisjoint(with: [.outside, .card]) }

  private func cardCount() -> Int {
    var count = 0
    var element = 0
    while element < document.count, count < 3 {
      if isCard(element), !isOutside(element) {
        count += 1
        element = Int(document.elements[element].end)
      } else {
        element += 1
      }
    }
    return count
  }

  // MARK: Breadcrumbs

  private func breadcrumbs() -> [TextFact] {
    guard words.contains(.crumbs) else { return [] }
    for element in 0..<document.count where outline.words[element].contains(.crumbs) {
      let range = document.descendants(element)
      guard range.count < 400 else { continue }
      var facts: [TextFact] = []
      for inner in range where document.has(inner, name: .a) || document.has(inner, name: .li) {
        if document.has(inner, name: .li),
          document.descendants(inner).contains(where: { document.has($0, name: .a) })
        {
          continue
        }
        guard let text = document.textString(inner), text.utf8.count < 120,
          text.unicodeScalars.contains(where: \.properties.isAlphabetic)
        else { continue }
        facts.append(TextFact(field: .category, value: text, raw: text, path: document.path(inner)))
      }
      if facts.count > 1 { return facts }
    }
    return []
  }
}
