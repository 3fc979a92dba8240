import Catalog

/// Knows the renditions of one picture by their addresses.
///
/// Size tokens of Shopify, WordPress, Cloudinary, imgix, Scene7, Akamai, Thumbor, Amazon, Cloudflare
/// and of the common query parameters are left out of a picture's key. An address that the page did
/// not give is made up only for Shopify and Amazon, where dropping the token always yields the
/// original.
struct PictureAddress {
  typealias Text = UnsafeBufferPointer<UInt8>

  /// Equal for all renditions of a picture.
  private(set) var key: [UInt8] = []
  /// The rendition's larger side in pixels; `nil` where the address names no size.
  private(set) var size: Int?

  init(_ url: CanonicalURL) {
    var text = url.string
    text.withUTF8 { read($0) }
  }

  /// Whether the address is the original as far as it tells.
  var isOriginal: Bool { size == nil }

  private mutating func note(_ value: Int?) {
    if let value, value > (size ?? 0) { size = value }
  }

  private mutating func read(_ text: Text) {
    let authority = text.has("https") ? 8 : 7
    let pathStart = text.index(of: 0x2F, from: authority)
    let pathEnd = text.index(of: 0x3F, from: pathStart)
    key.reserveCapacity(text.count)
    key.append(contentsOf: text.part(authority, pathStart))
    let folders = key.count
    var isCached = false
    var previous = text.part(0, 0)
    var start = pathStart + 1
    var end = text.index(of: 0x2F, from: start)
    while end < pathEnd {
      let segment = text.part(start, end)
      let next = min(text.index(of: 0x2F, from: end + 1), pathEnd)
      if let size = Self.sizeSegment(segment, after: previous) {
        note(size)
      } else if previous.equals("ids"), let file = Self.vtexFile(segment) {
        note(file.size)
        key.append(0x2F)
        key.append(contentsOf: segment.part(0, file.end))
      } else if !Self.isSignature(segment, before: text.part(end + 1, next)) {
        key.append(0x2F)
        key.append(contentsOf: segment)
        isCached = isCached || segment.equals("cache")
      }
      previous = segment
      start = end + 1
      end = next
    }
    if isCached { dropCache(from: folders) }
    key.append(0x2F)
    let name = text.part(min(start, pathEnd), pathEnd)
    if previous.equals("ids"), let file = Self.vtexFile(name) {
      note(file.size)
      key += name.part(0, file.end)
    } else {
      let plain = Self.plainName(name)
      note(plain.size)
      key += name.part(0, plain.stem)
      key += name.part(plain.ending, name.count)
    }
    if pathEnd < text.count { readQuery(text.part(pathEnd + 1, text.count)) }
  }

  /// VTEX puts a size behind a file's number: `/ids/155-800-auto`, with or without a name after it.
  private static func vtexFile(_ segment: Text) -> (end: Int, size: Int)? {
    let end = segment.index(of: 0x2D, from: 0)
    guard end > 0, end < segment.count, segment.part(0, end).allSatisfy(Bytes.isDigit) else {
      return nil
    }
    let next = segment.index(of: 0x2D, from: end + 1)
    let width = number(segment.part(end + 1, next))
    let height = next < segment.count ? number(segment.part(next + 1, segment.count)) : nil
    guard width != nil || height != nil else { return nil }
    return (end, max(width ?? 0, height ?? 0))
  }

  /// Magento keeps its renditions under `cache/`, with a hash for each size; below it stand the first
  /// two letters of the name, each a folder.
  private mutating func dropCache(from start: Int) {
    let folders = key[start...].split(separator: 0x2F, omittingEmptySubsequences: false).dropFirst()
    func isWord(_ folder: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
      folder.withUnsafeBufferPointer { $0.equals(word) }
    }
    guard folders.contains(where: { isWord($0, "product") }),
      let cache = folders.firstIndex(where: { isWord($0, "cache") }),
      let hash = folders.lastIndex(where: { $0.count > 1 }), hash > cache,
      hash + 1 < folders.endIndex
    else { return }
    key.removeSubrange(folders[cache].startIndex - 1..<folders[hash].endIndex)
    note(1)
  }

  /// Keeps the parameters that do not speak of a size or a version, in order of their bytes.
  private mutating func readQuery(_ query: Text) {
    var kept: [Range<Int>] = []
    // A length that is asked for comes after the size that the file's name states of the original.
    var asked: Int?
    var preset: Int?
    var start = 0
    while start < query.count {
      let end = query.index(of: 0x26, from: start)
      let parameter = start..<end
      start = end + 1
      guard !parameter.isEmpty else { continue }
      var nameStart = parameter.lowerBound
      while nameStart < end, query[nameStart] == 0x3D { nameStart += 1 }
      let nameEnd = min(query.index(of: 0x3D, from: nameStart), end)
      let name = query.part(nameStart, nameEnd)
      var role = Self.parameters[name]
      if role == nil, name.first == 0x24 {
        role = .preset
      } else if role == nil, name.count >= 3, Self.isOperation(name) {
        role = .look
      }
      let value = query.part(min(nameEnd + 1, end), end)
      switch role {
      case .length:
        if let length = Self.number(value) { asked = max(asked ?? 0, length) }
      case .preset: preset = max(preset ?? 0, Self.presetSize(name))
      case .transformation: asked = max(asked ?? 0, Self.imageKitSize(value))
      case .look, .version: continue
      case nil: kept.append(parameter)
      }
    }
    if let asked = asked ?? preset { size = asked }
    guard !kept.isEmpty else { return }
    if kept.count > 1 {
      kept.sort { query[$0].lexicographicallyPrecedes(query[$1]) }
    }
    var mark: UInt8 = 0x3F
    for parameter in kept {
      key.append(mark)
      key += query.part(parameter.lowerBound, parameter.upperBound)
      mark = 0x26
    }
  }

  /// Scene7's `$thumb$` is a rendition whose size only the service knows: one that calls itself small
  /// comes after all others, any other after those that state a width of a page.
  private static func presetSize(_ name: Text) -> Int { smallPresets.occurs(in: name) ? 1 : 300 }

  private static let smallPresets = WordSet(["thumb", "small", "swatch", "mini", "tiny", "icon"])

  /// Scene7's `op_sharpen` and its like.
  private static func isOperation(_ name: Text) -> Bool {
    name[0] | 0x20 == 0x6F && name[1] | 0x20 == 0x70 && name[2] == 0x5F
  }

  /// The number that a text begins with; `nil` for none and for one past `Int`.
  static func number(_ text: Text) -> Int? {
    var value = 0
    var index = 0
    while index < text.count, Bytes.isDigit(text[index]) {
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.addingReportingOverflow(Int(text[index] - 0x30))
      guard !over, !carry else { return nil }
      value = next
      index += 1
    }
    return index == 0 ? nil : value
  }

  /// What a parameter of a picture's address speaks of.
  private enum Parameter {
    /// A side in pixels.
    case length
    /// How the picture is cut, coloured or packed.
    case look
    /// A named rendition.
    case preset
    /// ImageKit's `w-300,h-400`.
    case transformation
    case version
  }

  private static let parameters = WordTable<Parameter>([
    (
      .length,
      """
      w h width height wid hei sw sh imwidth imheight size maxwidth maxheight max-w max-h mw mh rw rh \
      iw ih resize
      """
    ),
    (
      .look,
      """
      fit crop quality q qlt fmt format auto dpr scale sm sfrm impolicy imformat resmode bgcolor bg ar \
      aspect mode strip fm cs pad trim output-format output-quality interpolation downsize hash ixlib \
      wmax hmax usm canvas gravity enlarge upscale progressive webp optimize preset im extend align \
      background rect vertical filter profile layer defaultimage fill anchor thumb thumbnail
      """
    ),
    (.transformation, "tr"), (.version, "v ver version ts timestamp rev"),
  ])
}
