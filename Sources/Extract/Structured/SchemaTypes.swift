/// What an object's `@type` makes of it, whatever vocabulary's address stands before the name.
struct SchemaTypes: OptionSet {
  let rawValue: UInt16

  static let product = Self(rawValue: 1 << 0)
  static let group = Self(rawValue: 1 << 1)
  /// What may be sold without being a thing.
  static let offering = Self(rawValue: 1 << 2)
  static let post = Self(rawValue: 1 << 3)
  static let socialPosting = Self(rawValue: 1 << 4)
  static let person = Self(rawValue: 1 << 5)
  static let profilePage = Self(rawValue: 1 << 6)
  static let breadcrumbs = Self(rawValue: 1 << 7)
  static let list = Self(rawValue: 1 << 8)
  static let offer = Self(rawValue: 1 << 9)

  private struct Known {
    let name: String
    let types: SchemaTypes
  }

  /// `product` and `PRODUCT` are written too.
  private static let known = WordTable<Known>(
    [
      (
        product,
        """
        Product IndividualProduct SomeProducts ProductModel Vehicle Car Motorcycle ProductCollection \
        Book MusicAlbum VideoGame
        """
      ),
      ([product, group], "ProductGroup"),
      (
        offering,
        """
        Event MusicEvent TheaterEvent SportsEvent Course SoftwareApplication Service Festival \
        Accommodation CreativeWork Movie MobileApplication
        """
      ),
      (post, "BlogPosting Article NewsArticle ImageGallery Posting"),
      ([post, socialPosting], "SocialMediaPosting"), (person, "Person"),
      ([person, profilePage], "ProfilePage"), (breadcrumbs, "BreadcrumbList"),
      (list, "ItemList OfferCatalog"), (offer, "Offer AggregateOffer"),
    ].flatMap { (types: SchemaTypes, names: String) in
      names.split(separator: " ").map {
        (Known(name: String($0), types: types), $0.lowercased())
      }
    })

  init(rawValue: UInt16) { self.rawValue = rawValue }

  init(_ value: JSONValue) {
    var types: SchemaTypes = []
    Self.each(of: value) { name in
      if let known = Self.known[name] {
        types.formUnion(known.types)
      } else if name.ends(with: "Offer") {
        types.insert(.offer)
      }
      return true
    }
    self = types
  }

  /// The first of an object's types, as schema.org writes it where it is known.
  static func first(of value: JSONValue) -> String? {
    var first: String?
    each(of: value) { name in
      first = known[name]?.name ?? String(decoding: name, as: UTF8.self)
      return false
    }
    return first
  }

  /// Calls `body` with the local names of the first eight types until it returns false.
  private static func each(
    of value: JSONValue, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
  ) {
    guard value.isObject else { return }
    let tape = value.tape
    var count = 0
    func take(_ index: Int) -> Bool {
      let type = JSONValue(tape: tape, at: index)
      let bytes: ArraySlice<UInt8>
      switch type.kind {
      case .string: bytes = Bytes.trimmed(tape.slice(type.index))
      case .escapedString: bytes = Bytes.trimmed(JSONText.unescape(tape.slice(type.index))[...])
      default: return true
      }
      guard !bytes.isEmpty else { return true }
      count += 1
      return bytes.withUnsafeBufferPointer { text in
        var end = text.count
        while end > 0, text[end - 1] == 0x2F { end -= 1 }
        var start = end
        while start > 0, text[start - 1] != 0x2F, text[start - 1] != 0x23, text[start - 1] != 0x3A {
          start -= 1
        }
        return body(text.part(start, end))
      } && count < 8
    }
    func takeAll(_ member: Int) -> Bool {
      let type = JSONValue(tape: tape, at: member)
      guard type.isArray else { return take(member) }
      for inner in type.memberIndices where !take(inner) { return false }
      return true
    }
    // Schema.org's own context calls it `type`.
    var alias: Int?
    for member in value.memberIndices {
      let count = tape[member].keyCount
      if count == 5, Bytes.equalsIgnoringCase(tape.key(member), "@type") {
        guard takeAll(member) else { return }
      } else if count == 4, alias == nil, tape.key(member).elementsEqual("type".utf8) {
        alias = member
      }
    }
    if count == 0, let alias { _ = takeAll(alias) }
  }
}
