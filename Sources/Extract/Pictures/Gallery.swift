import Catalog

/// Collects the pictures of one thing, each once and at its best size.
struct Gallery {
  private struct Entry {
    var url: CanonicalURL
    var isOriginal: Bool
    var size: Int
  }

  private let context: PageContext
  private var order: [String] = []
  private var entries: [String: Entry] = [:]
  /// Keys of alternates, by whose entry they stand for.
  private var aliases: [String: String] = [:]

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
    let entry = Entry(url: url, isOriginal: address.isOriginal, size: size)
    let others = picture.alternates.prefix(16).compactMap { context.resolve($0) }
      .map { PictureAddress(PictureAddress.original(of: $0) ?? $0).key }
    let key = ([address.key] + others).map { aliases[$0] ?? $0 }
      .first { entries[$0] != nil }
    if let key, let known = entries[key] {
      // Of one address the original is best, of several the largest that is stated.
      let isOne = address.key == key
      let isBetter =
        isOne && entry.isOriginal != known.isOriginal
        ? entry.isOriginal : entry.size > known.size && (!isOne || !entry.isOriginal)
      if isBetter { entries[key] = entry }
      for other in [address.key] + others where other != key { aliases[other] = key }
      return true
    }
    guard isNewAllowed, order.count < context.limits.pictures else { return false }
    order.append(address.key)
    entries[address.key] = entry
    for other in others where other != address.key { aliases[other] = address.key }
    return true
  }

  /// One picture on its own, as the gallery would give it.
  static func single(_ picture: Picture, context: PageContext) -> CanonicalURL? {
    var gallery = Gallery(context: context)
    gallery.add(picture)
    return gallery.urls.first
  }
}
