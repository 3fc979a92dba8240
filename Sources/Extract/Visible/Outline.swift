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
    /// Among money that is not the price: shipping, instalments, warranties.
    static let fee = Self(rawValue: 32)
    /// Taken out of sight by a style or an attribute of its own.
    static let unseen = Self(rawValue: 64)
  }

  let words: [ClassWords]
  let flags: [Flags]
  /// The outermost container of pictures around each element; −1 for none.
  let galleryRoots: [Int32]
  /// The page's main heading.
  let heading: Int?
  /// The page's title repeats the heading.
  let isTitled: Bool

  init(_ document: Document) {
    let count = document.count
    var words = [ClassWords](repeating: [], count: count)
    var flags = [Flags](repeating: [], count: count)
    var galleryRoots = [Int32](repeating: -1, count: count)
    let titled = Self.titledHeading(document)
    words.withUnsafeMutableBufferPointer { words in
      flags.withUnsafeMutableBufferPointer { flags in
        galleryRoots.withUnsafeMutableBufferPointer { galleryRoots in
          Self.read(document, &words, &flags, &galleryRoots, titled: titled)
          Self.markCards(document, words, flags, titled: titled)
        }
      }
    }
    self.words = words
    self.flags = flags
    self.galleryRoots = galleryRoots
    heading = Self.findHeading(document, words, flags, titled: titled)
    isTitled = titled != nil && heading == titled
  }

  typealias Row<Element> = UnsafeMutableBufferPointer<Element>

  /// Reads each element's words, and its flags from its parent's.
  private static func read(
    _ document: Document, _ words: inout Row<ClassWords>, _ flags: inout Row<Flags>,
    _ galleryRoots: inout Row<Int32>, titled: Int?
  ) {
    var known = KnownWords(elements: document.count)
    let hooks = Self.hooks(document)
    let roles = Self.roles
    let mayHide = document.mentions(.hidden)
    for element in 0..<document.count {
      let record = document.elements[element]
      var own: ClassWords = []
      var style: Document.Value?
      let isHidden = mayHide && document.has(element, .hidden)
      for attribute in document.attributes(element).memory where attribute.count > 1 {
        if attribute.name < Name.count {
          switch roles[Int(attribute.name)] {
          case .words: break
          case .label: guard attribute.count < 24 else { continue }
          case .style:
            style = document.value(of: attribute)
            continue
          case .none, .element: continue
          }
        } else {
          let place = Int(attribute.name - Name.count)
          // Some names have no number of their own.
          guard place < hooks.count, hooks[place] else { continue }
        }
        guard attribute.count < 400 else { continue }
        own.formUnion(known.read(document.value(of: attribute)))
      }
      let speaks = record.name < Name.count && roles[Int(record.name)] == .element
      guard !own.isEmpty || style != nil || speaks || isHidden else {
        inherit(element, from: Int(record.parent), &flags, &galleryRoots)
        continue
      }
      words[element] = own
      var inherited: Flags = record.parent >= 0 ? flags[Int(record.parent)] : []
      // What holds the page's own heading is neither its frame nor one thing among others, and shown.
      let holdsTitle = titled.map { $0 >= element && $0 < Int(record.end) } ?? false
      if isHidden, !holdsTitle { inherited.insert(.unseen) }
      if let style, style.count < 400 {
        if Bytes.contains(style, "line-through") { inherited.insert(.struck) }
        if Self.hides(style), !holdsTitle { inherited.insert(.unseen) }
      }
      switch record.name {
      case Name.header.rawValue:
        // A product's own header is no frame of the site.
        let isInside = document.ancestor(of: element) {
          document.has($0, name: .main) || document.has($0, name: .article)
            || document.has($0, name: .section)
        }
        if isInside == nil, !holdsTitle { inherited.insert(.outside) }
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
        record.name != Name.h1.rawValue, !holdsTitle
      {
        // `product-header`, `cart` on a button: a word on a leaf says little.
        let isWide = record.end - Int32(element) > 3
        if isWide, own.isDisjoint(with: [.product, .price, .gallery]) || own.contains(.aside) {
          inherited.insert(.outside)
        }
      }
      let size = Int(record.end) - element
      // `navigated-list`, `full-width`: a word of old prices on a wide box speaks of something else.
      // `list-unstyled` is how lists look, `price list` a price of the past.
      let isOld =
        !own.isDisjoint(with: [.old, .past, .list])
        && (own.contains(.past)
          || !own.contains(.current)
            && (own.contains(.old) || own.contains(.price)
              || record.parent >= 0 && words[Int(record.parent)].contains(.price)))
      if isOld, size <= 12, document.textLength(element) <= 80 {
        inherited.insert(.struck)
      }
      if own.contains(.fee), !holdsTitle, own.contains(.price) ? size <= 3 : size <= 160 {
        inherited.insert(.fee)
      }
      if own.contains(.gallery) { inherited.insert(.gallery) }
      if inherited.contains(.gallery) {
        let outer = record.parent >= 0 ? galleryRoots[Int(record.parent)] : -1
        galleryRoots[element] = outer >= 0 ? outer : Int32(element)
      }
      flags[element] = inherited
    }
  }

  /// Gives an element that says nothing of itself what its parent has.
  @inline(__always)
  private static func inherit(
    _ element: Int, from parent: Int, _ flags: inout Row<Flags>, _ galleryRoots: inout Row<Int32>
  ) {
    guard parent >= 0 else { return }
    flags[element] = flags[parent]
    galleryRoots[element] = galleryRoots[parent]
  }

  /// What a name says of an element: its own, or that of one of its attributes.
  private enum Role {
    case none
    /// An attribute of words, and one of words where it is short.
    case words, label
    case style
    /// An element that says something by its name.
    case element
  }

  /// By the number of a name.
  private static let roles: [Role] = {
    var roles = [Role](repeating: .none, count: Int(Name.count))
    let names: [(Role, [Name])] = [
      (
        .words,
        [
          .class, .id, .itemprop, .role, .dataTestid, .dataQa, .dataTest, .dataHook, .dataAutoId,
          .dataCsaCType,
        ]
      ),
      (.label, [.ariaLabel]), (.style, [.style]),
      (
        .element,
        [.header, .footer, .nav, .aside, .template, .s, .strike, .del, .body, .html, .main, .form]
      ),
    ]
    for (role, names) in names { for name in names { roles[Int(name.rawValue)] = role } }
    return roles
  }()

  /// The words of values that were read before: a page has few different classes.
  private struct KnownWords {
    /// Found by the hash of a value, which is 0 where the place is empty; a power of two of them.
    private var entries: [(hash: UInt64, words: ClassWords)]
    private var count = 0
    private let secret = Bytes.secret
    private let table = ClassWords.table

    /// - Parameter elements: How many elements the page has.
    init(elements: Int) {
      var size = 64
      while size < min(elements / 3, 1_024) { size *= 2 }
      entries = Array(repeating: (0, []), count: size)
    }

    @inline(__always) mutating func read(_ value: Document.Value) -> ClassWords {
      let hash = Bytes.hash(value.memory, secret: secret) | 1
      let place = place(of: hash)
      if entries[place].hash == hash { return entries[place].words }
      return add(value, hash, at: place)
    }

    /// Where the hash is, or would be put.
    @inline(__always) private func place(of hash: UInt64) -> Int {
      let mask = entries.count - 1
      var place = Int(truncatingIfNeeded: hash >> 32) & mask
      while entries[place].hash != 0, entries[place].hash != hash { place = (place + 1) & mask }
      return place
    }

    @inline(never)
    private mutating func add(_ value: Document.Value, _ hash: UInt64, at place: Int) -> ClassWords
    {
      let words = ClassWords.read(value, table)
      entries[place] = (hash, words)
      count += 1
      if count * 2 > entries.count {
        let old = entries
        entries = Array(repeating: (0, []), count: old.count * 2)
        for entry in old where entry.hash != 0 { entries[self.place(of: entry.hash)] = entry }
      }
      return words
    }
  }

  // MARK: Heading

  /// Attributes that are there for tests and trackers, by their place among the document's other names:
  /// `data-qa-qualifier`, `data-test-id`, `data-automation-id`, `data-cy`.
  private static func hooks(_ document: Document) -> [Bool] {
    let starts: [StaticString] = [
      "data-qa", "data-test", "data-auto", "data-aut-", "data-cy", "data-e2e", "data-at",
    ]
    return document.otherNames { name in starts.contains { Bytes.starts(name, with: $0) } }
  }

  /// A style that keeps an element out of sight.
  private static func hides(_ style: Document.Value) -> Bool {
    guard let found = Bytes.find("display", in: style) else { return false }
    var index = found + 7
    while index < style.endIndex, Bytes.isSpace(style[index]) || style[index] == 0x3A { index += 1 }
    return Bytes.starts(style, at: index, with: "none")
  }

  /// The first-rank heading whose text the page's title repeats.
  private static func titledHeading(_ document: Document) -> Int? {
    guard let title = document.first(.title).flatMap({ document.textString($0) }) else {
      return nil
    }
    let wanted = TitleText.key(title.utf8.count <= 400 ? title : String(title.prefix(400)))
    guard wanted.utf8.count > 3 else { return nil }
    var best: (element: Int, score: Int)?
    for element in document.all(.h1).prefix(12) {
      let element = Int(element)
      guard (3...400).contains(document.textLength(element)),
        let text = document.textString(element)
      else { continue }
      let words = Array(text.utf8).split(separator: 0x20, maxSplits: 40).prefix(40)
        .map { word in String(decoding: word.withMemory(TextKey.letters), as: UTF8.self) }
        .filter { $0.utf8.count > 1 }
      let shared = words.filter(wanted.contains)
      // A title may put a brand or a number between the heading's words.
      guard shared.count * 5 >= words.count * 3 else { continue }
      let score = shared.reduce(0) { $0 + $1.utf8.count }
      if score > 3, best == nil || score > best!.score { best = (element, score) }
    }
    return best?.element
  }

  private static func findHeading(
    _ document: Document, _ words: [ClassWords], _ flags: [Flags], titled: Int?
  ) -> Int? {
    var best: (element: Int, score: Int)?
    func offer(_ element: Int, _ base: Int) {
      let length = document.textLength(element)
      guard length > 1, length < 600 else { return }
      var score = base
      if flags[element].contains(.outside) { score -= 30 }
      if flags[element].contains(.card) { score -= 40 }
      if !words[element].isDisjoint(with: [.title, .name]) { score += 4 }
      if words[element].contains(.product) { score += 4 }
      if element == titled { score += 30 }
      if flags[element].contains(.unseen) { score -= 12 }
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
