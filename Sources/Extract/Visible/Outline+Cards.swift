/// Which elements are one of several alike: the cards of a list, not the page's own thing.
extension Outline {
  /// Marks children of one parent that are alike and hold links: two or more of them are a list.
  ///
  /// - Parameter titled: The heading that the title repeats. Cards may have headings of the first rank
  ///   too; what is beside its own section and like it is a section of the page.
  static func markCards(
    _ document: Document, _ words: Row<ClassWords>, _ flags: Row<Flags>, titled: Int?
  ) {
    let headings = titled.map { [Int32($0)] } ?? Array(document.all(.h1).prefix(8))
    let sections = titled.map { Self.sections(around: $0, document) } ?? [:]
    func mark(_ element: Int) {
      // What holds the page's heading is no card.
      let end = document.elements[element].end
      guard !headings.contains(where: { $0 >= element && $0 < end }) else { return }
      var inner = element
      while inner < Int(end) {
        // What is marked is marked with all that it holds.
        if flags[inner].contains(.card) {
          inner = Int(document.elements[inner].end)
        } else {
          flags[inner].insert(.card)
          inner += 1
        }
      }
    }
    let links = document.all(.a).memory.filter { document.has(Int($0), .href) }
    // The first link from each element on.
    let nextLinks = [Int32](unsafeUninitializedCapacity: document.count) { places, count in
      for link in links {
        while count <= link {
          places.initializeElement(at: count, to: link)
          count += 1
        }
      }
    }
    func holdsLink(_ element: Int) -> Bool {
      element < nextLinks.count && nextLinks[element] < document.elements[element].end
    }
    func isSection(_ element: Int) -> Bool {
      guard let own = sections[document.elements[element].parent] else { return false }
      return document.has(own, name: .div) && document.has(element, name: .div)
        && isSame(document.value(own, .class), document.value(element, .class))
    }
    func read(_ element: Int) {
      let record = document.elements[element]
      guard record.end > Int32(element) + 1, holdsLink(element) else { return }
      if record.name == Name.li.rawValue, isTile(document, element) { mark(element) }
      let next = Int(record.end)
      guard next < document.count, document.elements[next].parent == record.parent,
        document.elements[next].name == record.name, holdsLink(next),
        record.name != Name.div.rawValue
          || isSame(document.value(next, .class), document.value(element, .class)),
        !isSection(element)
      else { return }
      mark(element)
      mark(next)
    }
    for element in document.all(.li).memory { read(Int(element)) }
    for element in document.all(.article).memory { read(Int(element)) }
    for element in document.all(.div).memory
    where !words[Int(element)].isDisjoint(with: [.card, .product]) {
      read(Int(element))
    }
    // Three alike with a link, a picture and a number each are cards whatever their class says.
    for name in [Name.div, .a] {
      for element in document.all(name).memory {
        let element = Int(element)
        guard flags[element].isDisjoint(with: [.card, .outside]),
          let second = sibling(after: element), let third = sibling(after: second),
          holdsLink(third), isNumberedTile(document, element), isNumberedTile(document, second),
          isNumberedTile(document, third)
        else { continue }
        var next: Int? = element
        while let tile = next, tile <= third || isNumberedTile(document, tile) {
          mark(tile)
          next = sibling(after: tile)
        }
      }
    }

    /// The next element of the same parent, where it has the same name and class and a link, too.
    func sibling(after element: Int) -> Int? {
      let record = document.elements[element]
      let next = Int(record.end)
      guard next < document.count, holdsLink(element),
        document.elements[next].parent == record.parent,
        document.elements[next].name == record.name
      else { return nil }
      let (own, other) = (document.value(element, .class), document.value(next, .class))
      return own == nil && other == nil || isSame(other, own) ? next : nil
    }
  }

  /// Whether an element holds a picture and a short text with a number in it.
  private static func isNumberedTile(_ document: Document, _ element: Int) -> Bool {
    guard (4...400).contains(document.textLength(element)),
      PriceReader.hasDigit(document.textBytes(element).memory)
    else { return false }
    return document.descendants(element).prefix(48).contains { document.has($0, name: .img) }
  }

  /// What holds an element, by the parent of each.
  private static func sections(around element: Int, _ document: Document) -> [Int32: Int] {
    var sections: [Int32: Int] = [:]
    var next: Int? = element
    while let section = next, sections.count < 64 {
      sections[document.elements[section].parent] = section
      next = document.parent(section)
    }
    return sections
  }

  /// Whether the second value is there and the first repeats it; one that is missing is empty.
  private static func isSame(_ value: Document.Value?, _ other: Document.Value?) -> Bool {
    guard let value else { return false }
    guard let other else { return value.isEmpty }
    return Bytes.areSame(value, other)
  }

  /// A list's entry with words, whose first link leads to another page and holds a picture: even alone
  /// it shows something else than the page's own thing. A gallery's links lead to pictures.
  private static func isTile(_ document: Document, _ element: Int) -> Bool {
    guard document.textLength(element) > 3 else { return false }
    guard
      let link = document.descendants(element).prefix(8).first(where: {
        document.has($0, name: .a) && document.has($0, .href)
      }), document.descendants(link).prefix(16).contains(where: { document.has($0, name: .img) }),
      let href = document.destination(of: link)
    else { return false }
    return !PictureFinder.hasPictureEnding(href)
  }
}
