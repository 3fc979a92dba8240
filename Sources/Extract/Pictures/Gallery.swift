import Catalog

/// Collects the pictures of one thing, each once and at its best size.
struct Gallery {
  private struct Entry {
    var url: CanonicalURL
    var isOriginal: Bool
    var size: Int
    var syntaxRank: Int
  }

  private let context: PageContext
  private var order: [String] = []
  private var entries: [String: Entry] = [:]

  init(context: PageContext) { self.context = context }

  var count: Int { order.count }

  var urls: [CanonicalURL] { order.compactMap { entries[$0]?.url } }

  /// Adds a picture, or a better rendition of one already there.
  mutating func add(_ picture: Picture) {
    _ = insert(picture, isNewAllowed: true)
  }

  /// Takes the rendition if its picture is already there.
  mutating func improve(_ picture: Picture) {
    _ = insert(picture, isNewAllowed: false)
  }

  @discardableResult
  private mutating func insert(_ picture: Picture, isNewAllowed: Bool) -> Bool {
    guard !PictureAddress.isJunk(picture.address), let given = context.resolve(picture.address)
    else {
      return false
    }
    let url = PictureAddress.original(of: given) ?? given
    let address = PictureAddress(url)
    let size = max(address.size ?? 0, picture.width)
    let entry = Entry(url: url, isOriginal: address.isOriginal, size: size, syntaxRank: 0)
    if let known = entries[address.key] {
      let isBetter =
        entry.isOriginal != known.isOriginal
        ? entry.isOriginal : !entry.isOriginal && entry.size > known.size
      if isBetter { entries[address.key] = entry }
      return true
    }
    guard isNewAllowed, order.count < context.limits.pictures else { return false }
    order.append(address.key)
    entries[address.key] = entry
    return true
  }

  /// One picture on its own, as the gallery would give it.
  static func single(_ picture: Picture, context: PageContext) -> CanonicalURL? {
    var gallery = Gallery(context: context)
    gallery.add(picture)
    return gallery.urls.first
  }
}
