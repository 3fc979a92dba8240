import Catalog

/// Reads schema.org's words from a tape, whichever syntax it was: JSON-LD, microdata or RDFa.
struct SchemaReader {
  let syntax: Syntax
  let context: PageContext
  private(set) var readings = PageReadings()
  /// Offers that name their thing by its `@id`, so far.
  private var followedOffers = 0
  /// How many offers and variants are still read: what one thing describes, thousands may name.
  var partBudget = 32_768
  /// How many things are still read: more than these are a list's.
  private var productBudget = 1_024

  init(syntax: Syntax, context: PageContext) {
    self.syntax = syntax
    self.context = context
  }

  private struct Ancestor {
    var index: Int
    var end: Int
    var key: ArraySlice<UInt8>
    var types: SchemaTypes
    var isProduct: Bool { types.contains(.product) }
  }

  /// Finds every object of a known type, where it stands deciding what it is to the page.
  mutating func read(_ tape: JSONTape) {
    var ancestors: [Ancestor] = []
    var listed = 0
    var products: [ProductReading] = []
    for index in tape.indices {
      let node = tape[index]
      while let last = ancestors.last, index >= last.end { ancestors.removeLast() }
      // A reference with something inside wraps a value.
      guard node.end > index + 1 else { continue }
      var types: SchemaTypes = []
      if node.kind == .object {
        let value = JSONValue(tape: tape, at: index)
        types = SchemaTypes(value)
        if types.contains(.product) {
          switch Self.place(tape.key(index), in: ancestors) {
          case .own where productBudget <= 0: break
          case .own:
            let offer = ancestors.last { $0.types.contains(.offer) }
              .map { JSONValue(tape: tape, at: $0.index) }
            productBudget -= 1
            if let reading = product(value, types: types, of: offer) { products.append(reading) }
          case .listed: listed += 1
          case .part: break
          }
        } else if types.contains(.offer) {
          if let reading = offered(value, key: tape.key(index), in: ancestors) {
            products.append(reading)
          }
        } else if types.contains(.breadcrumbs) {
          readBreadcrumbs(value)
        } else if !types.isDisjoint(with: [.post, .person, .list, .offering]),
          !ancestors.contains(where: \.isProduct)
        {
          if types.contains(.post) {
            readPost(value)
          } else if types.contains(.person) {
            readCreator(value, ancestors: ancestors.map(\.key) + [tape.key(index)])
          } else if types.contains(.list) {
            let entries = value.all("itemListElement", limit: context.limits.links)
            if entries.count > 1 { listed += entries.count }
            readings.listed += entries.compactMap(Self.address)
          } else if types.contains(.offering), productBudget > 0, value["offers"] != nil,
            var reading = product(value, types: types)
          {
            productBudget -= 1
            reading.bonus -= 8
            products.append(reading)
          }
        }
      }
      ancestors.append(
        Ancestor(index: index, end: Int(node.end), key: tape.key(index), types: types))
    }
    if products.count > 6 { readings.isListing = true }
    if products.isEmpty, listed > 1 { readings.isListing = true }
    readings.products += products
  }

  /// What an offer that stands by itself names as its thing; what stands inside it comes by itself.
  private mutating func offered(
    _ offer: JSONValue, key: ArraySlice<UInt8>, in ancestors: [Ancestor]
  ) -> ProductReading? {
    guard followedOffers < 64, let named = offer["itemOffered"], named.isObject, named.count < 3,
      case .own = Self.place(key, in: ancestors)
    else { return nil }
    let thing = named.target
    let types = SchemaTypes(thing)
    guard thing.index != named.index || thing.tape !== named.tape, types.contains(.product) else {
      return nil
    }
    followedOffers += 1
    return product(thing, types: types, of: offer)
  }

  // MARK: Places

  private enum Place {
    case own, listed, part
  }

  private static func place(_ key: ArraySlice<UInt8>, in ancestors: [Ancestor]) -> Place {
    var isPage = true
    for ancestor in ancestors {
      // What a plain page is about is its own.
      if isListing(ancestor.key), !(isPage && Bytes.equals(ancestor.key, "about")) {
        return .listed
      }
      isPage = isPage && ancestor.types.isEmpty
    }
    if isListing(key), !(isPage && Bytes.equals(key, "about")) { return .listed }
    return ancestors.contains(where: \.isProduct) ? .part : .own
  }

  /// Whether what stands under a key is only spoken of.
  private static func isListing(_ key: ArraySlice<UInt8>) -> Bool {
    Bytes.equals(key, "isrelatedto") || Bytes.equals(key, "issimilarto")
      || Bytes.equals(key, "mentions") || Bytes.equals(key, "isaccessoryorsparepartfor")
      || Bytes.equals(key, "isconsumablefor") || Bytes.equals(key, "itemlistelement")
      || Bytes.equals(key, "review") || Bytes.equals(key, "reviews")
      || Bytes.equals(key, "itemreviewed") || Bytes.equals(key, "about")
      || Bytes.equals(key, "makesoffer") || Bytes.equals(key, "hasoffercatalog")
      || Bytes.equals(key, "recommendations") || Bytes.equals(key, "mainentityofpage")
  }

  /// Where an entry of a list leads: `{"url": …}`, `{"item": …}` or the thing itself.
  private static func address(_ entry: JSONValue) -> String? {
    guard let item = entry["item"]?.target else { return entry["url"]?.string ?? entry.string }
    return item["url"]?.string ?? item["@id"]?.string ?? item.string
  }

  // MARK: Breadcrumbs

  private mutating func readBreadcrumbs(_ value: JSONValue) {
    var names: [(position: Int, name: String)] = []
    for (offset, element) in value.all("itemListElement").enumerated() {
      let position = element["position"]?.integer ?? offset
      let name =
        element["name"]?.string ?? element["item"]?["name"]?.string
        ?? element["item"]?.target["name"]?.string
      if let name = name.flatMap(PlainText.clean) { names.append((position, name)) }
    }
    names.sort { $0.position < $1.position }
    readings.categories.append(
      contentsOf: names.map {
        TextFact(
          field: .category, value: $0.name, raw: $0.name,
          path: value.tape.origin + " BreadcrumbList")
      })
  }

  // MARK: Posts and people

  private mutating func readPost(_ value: JSONValue) {
    var post = PostReading(syntax: syntax, path: value.tape.origin)
    post.url = value["url"]?.string ?? value["mainEntityOfPage"]?.text
    post.caption =
      value["articleBody"]?.string ?? value["caption"]?.string ?? value["text"]?.string
      ?? value["description"]?.string ?? value["headline"]?.string
    post.published = value["datePublished"]?.string ?? value["dateCreated"]?.string
    for author in value.all("author") + value.all("creator") where post.creatorURL == nil {
      post.creatorURL = author.target["url"]?.string ?? author.target["sameAs"]?.first?.string
    }
    for keyword in value.all("keywords") {
      guard let text = keyword.string else { continue }
      post.hashtags += text.split { $0 == "," || $0 == ";" }
        .compactMap { PlainText.clean(String($0)) }
    }
    post.pictures = pictures(value)
    for key: StaticString in ["mentions", "about", "itemListElement", "mainEntity", "hasPart"] {
      for mention in value.all(key, limit: context.limits.links) {
        let mention = mention.target
        guard SchemaTypes(mention).contains(.product) else { continue }
        if let url = mention["url"]?.string ?? mention["offers"]?.first?["url"]?.string {
          post.products.append(url)
        }
      }
    }
    // An article on how to wash linen is no influencer's post.
    let isSocial = SchemaTypes(value).contains(.socialPosting)
    guard isSocial || !post.products.isEmpty else { return }
    readings.posts.append(post)
  }

  private mutating func readCreator(_ value: JSONValue, ancestors: [ArraySlice<UInt8>]) {
    for key in ancestors
    where Bytes.equals(key, "author") || Bytes.equals(key, "review") || Bytes.equals(key, "creator")
      || Bytes.equals(key, "founder") || Bytes.equals(key, "publisher")
      || Bytes.equals(key, "employee") || Bytes.equals(key, "actor")
    {
      return
    }
    let isProfile = SchemaTypes(value).contains(.profilePage)
    let person = isProfile ? (value["mainEntity"]?.target ?? value) : value
    if isProfile, person.index == value.index, person.tape === value.tape { return }
    // Inside a ProfilePage the person comes by again.
    if !isProfile, ancestors.contains(where: { Bytes.equals($0, "mainentity") }) { return }
    var creator = CreatorReading(syntax: syntax, path: value.tape.origin)
    creator.bonus = isProfile ? 10 : 0
    creator.name = person["name"]?.string.flatMap(PlainText.clean)
    creator.handle = person["alternateName"]?.first?.string ?? person["identifier"]?.string
    creator.biography = person["description"]?.string.flatMap(PlainText.clean)
    creator.url = person["url"]?.string ?? person["@id"]?.string
    guard creator.name != nil, isProfile || creator.handle != nil else { return }
    readings.creators.append(creator)
  }
}

extension JSONValue {
  /// The values under `key`, so many of them at most: repeated keys and lists made one list, references
  /// followed. One list may be looked at for each of thousands that name what it belongs to.
  func all(_ key: StaticString, limit: Int = 512) -> [JSONValue] {
    guard kind == .object else { return [] }
    var found: [JSONValue] = []
    let count = key.utf8CodeUnitCount
    for member in memberIndices where tape[member].keyCount == Int32(count) {
      guard found.count < limit, Bytes.equalsIgnoringCase(tape.key(member), key) else { continue }
      let value = JSONValue(tape: tape, at: member)
      if value.isArray {
        let most = min(value.count, limit - found.count)
        found.reserveCapacity(found.count + most)
        for inner in value.memberIndices.prefix(most) {
          found.append(JSONValue(tape: tape, at: inner).target)
        }
      } else if !value.isNull {
        found.append(value.target)
      }
    }
    return found
  }
}

extension Bytes {
  /// Whether bytes and word are the same, ASCII case ignored on both sides.
  static func equalsIgnoringCase(_ bytes: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { word in
      bytes.elementsEqual(word) { lower($0) == lower($1) }
    }
  }
}
