/// What can be told of each element from its place and its words, in one pass over the document.
struct Outline {
  struct Flags: OptionSet {
    let rawValue: UInt8

    /// In the frame of the site or among other products.
    static let outside = Self(rawValue: 1)
    /// Struck through, or under a class of old prices.
    static let struck = Self(rawValue: 2)
    /// One of several alike with a link of its own.
    static let card = Self(rawValue: 4)
    /// In a container of pictures.
    static let gallery = Self(rawValue: 8)
    static let crumbs = Self(rawValue: 16)
  }

  let words: [ClassWords]
  let flags: [Flags]
  /// The outermost container of pictures around each element; −1 for none.
  let galleryRoots: [Int32]
  /// The page's main heading.
  let heading: Int?

  init(_ document: Document) {
    let count = document.count
    var words = [ClassWords](repeating: [], count: count)
    var flags = [Flags](repeating: [], count: count)
    var galleryRoots = [Int32](repeating: -1, count: count)
    var known: [UInt64: ClassWords] = [:]
    for element in 0..<count {
      let record = document.elements[element]
      var own: ClassWords = []
      for attribute in document.attributes(element) where attribute.count > 1 {
        switch attribute.name {
        case Name.class.rawValue, Name.id.rawValue, Name.itemprop.rawValue, Name.role.rawValue:
          break
        case Name.ariaLabel.rawValue where attribute.count < 24: break
        case Name.dataTestid.rawValue, Name.dataQa.rawValue, Name.dataTest.rawValue,
          Name.dataHook.rawValue, Name.dataAutoId.rawValue, Name.dataCsaCType.rawValue:
          break
        default: continue
        }
        let value = document.value(of: attribute)
        guard value.count < 400 else { continue }
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        if let found = known[hash] {
          own.formUnion(found)
        } else {
          let found = ClassWords.read(value)
          known[hash] = found
          own.formUnion(found)
        }
      }
      words[element] = own
      var inherited: Flags = record.parent >= 0 ? flags[Int(record.parent)] : []
      switch record.name {
      case Name.header.rawValue:
        // A product's own header is no frame of the site.
        let isInside = document.ancestor(of: element) {
          document.has($0, name: .main) || document.has($0, name: .article)
            || document.has($0, name: .section)
        }
        if isInside == nil { inherited.insert(.outside) }
      case Name.footer.rawValue, Name.nav.rawValue, Name.aside.rawValue, Name.template.rawValue:
        inherited.insert(.outside)
      case Name.s.rawValue, Name.strike.rawValue, Name.del.rawValue:
        inherited.insert(.struck)
      case Name.body.rawValue, Name.html.rawValue, Name.main.rawValue, Name.form.rawValue:
        words[element] = own.subtracting([.aside, .frame, .old])
        own = words[element]
      default: break
      }
      if own.contains(.crumbs) { inherited.insert(.crumbs) }
      if !own.isDisjoint(with: [.aside, .frame]), !own.contains(.main),
        record.name != Name.h1.rawValue
      {
        // `product-header`, `cart` on a button: a word on a leaf says little.
        let isWide = record.end - Int32(element) > 3
        if isWide, own.isDisjoint(with: [.product, .price, .gallery]) || own.contains(.aside) {
          inherited.insert(.outside)
        }
      }
      if own.contains(.old), !own.contains(.current) { inherited.insert(.struck) }
      if own.contains(.gallery) { inherited.insert(.gallery) }
      if inherited.contains(.gallery) {
        let outer = record.parent >= 0 ? galleryRoots[Int(record.parent)] : -1
        galleryRoots[element] = outer >= 0 ? outer : Int32(element)
      }
      flags[element] = inherited
    }
    Self.markCards(document, words, &flags)
    self.words = words
    self.flags = flags
    self.galleryRoots = galleryRoots
    heading = Self.findHeading(document, words, flags)
  }

  /// Marks children of one parent that are alike and hold links: two or more of them are a list.
  private static func markCards(_ document: Document, _ words: [ClassWords], _ flags: inout [Flags])
  {
    let count = document.count
    // Links inside each element, by prefix sums.
    var links = [Int32](repeating: 0, count: count + 1)
    for element in 0..<count {
      let isLink =
        document.elements[element].name == Name.a.rawValue && document.has(element, .href)
      links[element + 1] = links[element] + (isLink ? 1 : 0)
    }
    func holdsLink(_ element: Int) -> Bool {
      links[Int(document.elements[element].end)] > links[element]
    }
    var isCard = [Bool](repeating: false, count: count)
    for element in 0..<count {
      let record = document.elements[element]
      let isItem =
        record.name == Name.li.rawValue || record.name == Name.article.rawValue
        || (record.name == Name.div.rawValue
          && !words[element].isDisjoint(with: [.card, .product]))
      guard isItem, record.end > Int32(element) + 1, holdsLink(element) else { continue }
      let next = Int(record.end)
      guard next < count, document.elements[next].parent == record.parent,
        document.elements[next].name == record.name, holdsLink(next),
        record.name != Name.div.rawValue
          || document.value(next, .class)?.elementsEqual(document.value(element, .class) ?? [])
            ?? false
      else { continue }
      isCard[element] = true
      isCard[next] = true
    }
    // What holds the page's heading is no card.
    for heading in document.all(.h1).prefix(8) {
      var next: Int? = Int(heading)
      while let current = next {
        isCard[current] = false
        next = document.parent(current)
      }
    }
    for element in 0..<count {
      let parent = Int(document.elements[element].parent)
      if isCard[element] || (parent >= 0 && flags[parent].contains(.card)) {
        flags[element].insert(.card)
      }
    }
  }

  private static func findHeading(_ document: Document, _ words: [ClassWords], _ flags: [Flags])
    -> Int?
  {
    var best: (element: Int, score: Int)?
    func offer(_ element: Int, _ base: Int) {
      let length = document.textLength(element)
      guard length > 1, length < 600 else { return }
      var score = base
      if flags[element].contains(.outside) { score -= 30 }
      if flags[element].contains(.card) { score -= 40 }
      if !words[element].isDisjoint(with: [.title, .name]) { score += 4 }
      if words[element].contains(.product) { score += 4 }
      if best == nil || score > best!.score { best = (element, score) }
    }
    for element in document.all(.h1) { offer(Int(element), 40) }
    if best == nil || best!.score < 20 {
      for level in [Name.h2, .h3] {
        for element in document.all(level).prefix(200)
        where !words[Int(element)].isDisjoint(with: [.title, .name])
          && words[Int(element)].contains(.product)
        {
          offer(Int(element), 22)
        }
      }
      for element in document.all(.h2).prefix(50) { offer(Int(element), 12) }
    }
    return best?.element
  }
}
