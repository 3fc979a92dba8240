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
      /// Equal for all renditions of a picture: a number from 0 on.
      let key: Int
      /// 0 where the address names none.
      let size: Int
      let isOriginal: Bool
    }

    private let context: PageContext
    private var known = ByteIndex()
    private var addresses: [Address?] = []
    private var keys = ByteIndex()

    init(context: PageContext) { self.context = context }

    var limit: Int { context.limits.pictures }

    /// `nil` for what is no picture of a thing.
    func read(_ address: String) -> Address? {
      var address = address
      let number = address.withUTF8 { known.number($0) }
      if number == addresses.count { addresses.append(resolve(address)) }
      return addresses[number]
    }

    private func resolve(_ address: String) -> Address? {
      guard !PictureAddress.isBlank(address), let given = context.resolve(address) else {
        return nil
      }
      let url = PictureAddress.original(of: given) ?? given
      let picture = PictureAddress(url)
      return Address(
        url: url, key: picture.key.withUnsafeBufferPointer { keys.number($0) },
        size: picture.size ?? 0, isOriginal: picture.isOriginal)
    }
  }

  private let reader: Reader
  private var entries: [Entry] = []
  /// By key: which entry, or the key that it stands for.
  private var places: [Place] = []

  private struct Place {
    var entry: Int32 = -1
    var alias: Int32 = -1
  }

  init(_ reader: Reader) { self.reader = reader }

  var count: Int { entries.count }

  var urls: [CanonicalURL] { entries.map(\.url) }

  /// Adds a picture, or a better rendition of one already there.
  mutating func add(_ picture: Picture) {
    insert(picture, isNewAllowed: true)
  }

  /// Takes the rendition if its picture is already there.
  mutating func improve(_ picture: Picture) {
    insert(picture, isNewAllowed: false)
  }

  private mutating func insert(_ picture: Picture, isNewAllowed: Bool) {
    guard let address = reader.read(picture.address) else { return }
    var entry = Entry(
      url: address.url, isOriginal: address.isOriginal, size: max(address.size, picture.width))
    var others: [Int] = []
    for other in picture.alternates.prefix(16).compactMap(reader.read) {
      others.append(other.key)
      // Of two sources at one address the larger is the picture.
      if other.key == address.key, !entry.isOriginal, other.isOriginal || other.size > entry.size {
        entry = Entry(url: other.url, isOriginal: other.isOriginal, size: other.size)
      }
    }
    let other = others.first { knownKey($0) != nil }
    if let key = knownKey(address.key) ?? other.flatMap(knownKey) {
      let place = Int(places[key].entry)
      let known = entries[place]
      // Of one address the original is best, of several the largest that is stated.
      let isOne = address.key == key
      let isBetter =
        isOne && entry.isOriginal != known.isOriginal
        ? entry.isOriginal : entry.size > known.size && (!isOne || !entry.isOriginal)
      if isBetter { entries[place] = entry }
      alias(address.key, to: key)
      for other in others { alias(other, to: key) }
      return
    }
    guard isNewAllowed, entries.count < reader.limit else { return }
    reach(address.key)
    places[address.key].entry = Int32(entries.count)
    entries.append(entry)
    for other in others { alias(other, to: address.key) }
  }

  /// The key under which the picture of a key is kept.
  private func knownKey(_ key: Int) -> Int? {
    guard key < places.count else { return nil }
    let kept = places[key].alias < 0 ? key : Int(places[key].alias)
    return places[kept].entry < 0 ? nil : kept
  }

  private mutating func alias(_ key: Int, to kept: Int) {
    guard key != kept else { return }
    reach(key)
    places[key].alias = Int32(kept)
  }

  private mutating func reach(_ key: Int) {
    while places.count <= key { places.append(Place()) }
  }
}
