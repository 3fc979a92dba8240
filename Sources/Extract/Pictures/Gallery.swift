import Catalog

/// Collects the pictures of one thing, each once and at its best size.
struct Gallery {
  private struct Entry {
    var url: CanonicalURL
    var isOriginal: Bool
    var size: Int
  }

  /// The addresses of a page as pictures, each read once for all its galleries.
  final class Reader {
    struct Address {
      let url: CanonicalURL
      let picture: PictureAddress
    }

    private let context: PageContext
    private var known: [String: Address?] = [:]

    init(context: PageContext) { self.context = context }

    var limit: Int { context.limits.pictures }

    /// `nil` for what is no picture of a thing.
    func read(_ address: String) -> Address? {
      if let found = known[address] { return found }
      let found = resolve(address)
      known[address] = found
      return found
    }

    private func resolve(_ address: String) -> Address? {
      guard !PictureAddress.isJunk(address), let given = context.resolve(address) else {
        return nil
      }
      let url = PictureAddress.original(of: given) ?? given
      return Address(url: url, picture: PictureAddress(url))
    }
  }

  private let reader: Reader
  private var order: [String] = []
  private var entries: [String: Entry] = [:]
  /// Keys of alternates, by whose entry they stand for.
  private var aliases: [String: String] = [:]

  init(_ reader: Reader) { self.reader = reader }

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
    guard let read = reader.read(picture.address) else { return false }
    let address = read.picture
    let size = max(address.size ?? 0, picture.width)
    let entry = Entry(url: read.url, isOriginal: address.isOriginal, size: size)
    let others = picture.alternates.prefix(16).compactMap { reader.read($0)?.picture.key }
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
    guard isNewAllowed, order.count < reader.limit else { return false }
    order.append(address.key)
    entries[address.key] = entry
    for other in others where other != address.key { aliases[other] = address.key }
    return true
  }

  /// One picture on its own, as the gallery would give it.
  static func single(_ picture: Picture, context: PageContext) -> CanonicalURL? {
    var gallery = Gallery(Reader(context: context))
    gallery.add(picture)
    return gallery.urls.first
  }
}
