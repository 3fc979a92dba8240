import Catalog

/// Knows the renditions of one picture by their addresses.
///
/// Size tokens of Shopify, WordPress, Cloudinary, imgix, Scene7, Akamai, Thumbor, Amazon, Cloudflare
/// and of the common query parameters are left out of a picture's key. An address that the page did
/// not give is made up only for Shopify and Amazon, where dropping the token always yields the
/// original.
struct PictureAddress {
  private typealias Text = UnsafeBufferPointer<UInt8>

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
    let plain = Self.plainName(name)
    note(plain.size)
    key += name.part(0, plain.stem)
    key += name.part(plain.ending, name.count)
    if pathEnd < text.count { readQuery(text.part(pathEnd + 1, text.count)) }
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
      if role == nil, name.first == 0x24 || (name.count >= 3 && Self.isOperation(name)) {
        role = .look
      }
      switch role {
      case .length:
        if nameEnd + 1 < end { note(Self.number(query.part(nameEnd + 1, end))) }
      case .look, .version: continue
      case nil: kept.append(parameter)
      }
    }
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

  /// Scene7's `op_sharpen` and its like.
  private static func isOperation(_ name: Text) -> Bool {
    name[0] | 0x20 == 0x6F && name[1] | 0x20 == 0x70 && name[2] == 0x5F
  }

  /// The number that a text begins with; `nil` for none and for one past `Int`.
  private static func number(_ text: Text) -> Int? {
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
    (.version, "v ver version ts timestamp rev"),
  ])
}

// MARK: - Folders

extension PictureAddress {
  /// The size that a folder of the path names: `/fit-in/300x300/`, `/w_300,c_fill/`, `/300x400/`.
  private static func sizeSegment(_ segment: Text, after previous: Text) -> Int? {
    guard let first = segment.first, segment.count <= 160 else { return nil }
    switch first {
    case 0x66 where segment.equals("fit-in") || segment.has("filters:"): return 0
    case 0x66 where segment.has("filters%3A"): return 0
    case 0x75 where segment.equals("unsafe"): return 0
    case 0x73 where segment.equals("smart"): return 0
    case 0x30...0x39:
      if let size = dimensions(segment) { return size }
      // `/w/560/`
      if previous.equals("w") || previous.equals("h") || previous.equals("width")
        || previous.equals("height"),
        segment.count <= 5, segment.allSatisfy(Bytes.isDigit), let size = number(segment),
        size >= 16
      {
        return size
      }
    default: break
    }
    if segment.count > 2, segment.contains(0x5F), let size = cloudinarySize(segment) {
      return size
    }
    // Cloudflare and others: `/cdn-cgi/image/width=300,quality=80/`.
    guard previous.equals("image"), segment.contains(0x3D) else { return nil }
    var start = 0
    while start < segment.count {
      let end = segment.index(of: 0x2C, from: start)
      let token = segment.part(start, end)
      start = end + 1
      guard token.has("width=") || token.has("w=") else { continue }
      var stop = token.count
      while token[stop - 1] == 0x3D { stop -= 1 }
      var value = stop
      while value > 0, token[value - 1] != 0x3D { value -= 1 }
      return number(token.part(value, stop)) ?? 0
    }
    return 0
  }

  /// Cloudinary: `w_300,h_400,c_fill`; one token alone must be a width or a height.
  private static func cloudinarySize(_ segment: Text) -> Int? {
    var size = 0
    var tokens = 0
    var start = 0
    while start < segment.count {
      let end = segment.index(of: 0x2C, from: start)
      let token = segment.part(start, end)
      start = end + 1
      guard let first = token.first else { continue }
      tokens += 1
      let mark = token.index(of: 0x5F, from: 0)
      guard Bytes.isLetter(first), mark <= 3, mark + 1 < token.count else { return nil }
      let name = token.part(0, mark)
      if name.equals("w") || name.equals("h") {
        size = max(size, number(token.part(mark + 1, token.count)) ?? 0)
      } else if !isTransformation(name) {
        return nil
      }
    }
    if tokens > 1 || size > 0 { return size }
    let isKnown =
      segment.has("c_") || segment.has("f_") || segment.has("q_") || segment.has("t_")
    return isKnown ? size : nil
  }

  private static func isTransformation(_ name: Text) -> Bool {
    switch name.count {
    case 1:
      switch name[0] {
      // c f q g e b t x y z r o a
      case 0x63, 0x66, 0x71, 0x67, 0x65, 0x62, 0x74, 0x78, 0x79, 0x7A, 0x72, 0x6F, 0x61: true
      default: false
      }
    case 2:
      name.equals("fl") || name.equals("ar") || name.equals("so") || name.equals("al")
        || name.equals("lg")
    default: name.equals("dpr") || name.equals("usm") || name.equals("enc")
    }
  }

  /// Thumbor's and Cloudinary's signatures, which differ for each rendition: 27 or 28 letters of
  /// base64 before `unsafe`-like segments, `s--…--`; and Cloudinary's upload stamp `v1612345678`.
  private static func isSignature(_ segment: Text, before next: Text) -> Bool {
    switch segment.count {
    case 28 where segment[27] == 0x3D:
      return next.equals("fit-in") || next.equals("smart") || next.has("filters:")
        || dimensions(next) != nil
    case 13: return segment.has("s--") && segment.ends(with: "--")
    case 11: return segment[0] == 0x76 && segment.dropFirst().allSatisfy(Bytes.isDigit)
    default: return false
    }
  }

  /// `300x400`, `300x`, `x400`: the larger side, where that is all there is.
  private static func dimensions(_ text: Text) -> Int? {
    var width = 0
    var height = 0
    var sawCross = false
    for byte in text {
      if Bytes.isDigit(byte) {
        guard width < 100_000, height < 100_000 else { return nil }
        if sawCross {
          height = height * 10 + Int(byte - 0x30)
        } else {
          width = width * 10 + Int(byte - 0x30)
        }
      } else if byte | 0x20 == 0x78, !sawCross {
        sawCross = true
      } else {
        return nil
      }
    }
    let size = max(width, height)
    return sawCross && size >= 16 && size <= 10_000 ? size : nil
  }
}

// MARK: - File names

extension PictureAddress {
  private struct PlainName {
    /// Where the stem ends and where the ending starts: what lies between is the size.
    var stem: Int
    var ending: Int
    var size: Int?
  }

  /// Where a file name's size stands: `p_400x.jpg`, `p-300x300.jpg`, `p._AC_SX300_.jpg`, `p@2x.png`.
  private static func plainName(_ name: Text) -> PlainName {
    guard let point = name.lastIndex(of: 0x2E) else {
      return PlainName(stem: name.count, ending: name.count)
    }
    var stem = name.part(0, point)
    // Amazon.
    if stem.ends(with: "_"), let token = index(of: "._", in: stem) {
      var size = 0
      var number = 0
      for byte in stem.part(token + 2, stem.count) {
        if Bytes.isDigit(byte) {
          number = min(number * 10 + Int(byte - 0x30), 100_000)
        } else {
          if number >= 16 { size = max(size, number) }
          number = 0
        }
      }
      return PlainName(stem: token, ending: point, size: size == 0 ? 1 : size)
    }
    if stem.ends(with: ".progressive") { stem = stem.part(0, stem.count - 12) }
    // WordPress calls what it made smaller on upload `p-scaled.jpg`.
    if stem.ends(with: "-scaled") { stem = stem.part(0, stem.count - 7) }
    if stem.ends(with: "@2x") || stem.ends(with: "@3x") { stem = stem.part(0, stem.count - 3) }
    if let crop = index(of: "_crop_", in: stem) { stem = stem.part(0, crop) }
    var found = PlainName(stem: stem.count, ending: point)
    if let cut = stem.lastIndex(where: { $0 == 0x5F || $0 == 0x2D }), cut > 0 {
      let token = stem.part(cut + 1, stem.count)
      found.size = dimensions(token) ?? (stem[cut] == 0x5F ? shopifySize(token) : nil)
      if found.size != nil { found.stem = cut }
    }
    return found
  }

  private static func index(of word: StaticString, in text: Text) -> Int? {
    let first = word.utf8Start[0]
    for index in 0..<text.count where text[index] == first && text.has(word, at: index) {
      return index
    }
    return nil
  }

  private static func shopifySize(_ name: Text) -> Int? {
    switch name.count {
    case 4: name.equals("pico") ? 16 : name.equals("icon") ? 32 : nil
    case 5:
      name.equals("thumb") ? 50 : name.equals("small") ? 100 : name.equals("large") ? 480 : nil
    case 6: name.equals("medium") ? 240 : name.equals("grande") ? 600 : nil
    case 7: name.equals("compact") ? 160 : nil
    default: nil
    }
  }

  /// The original behind a rendition, where the service's rule leaves no doubt.
  static func original(of url: CanonicalURL) -> CanonicalURL? {
    var text = url.string
    let original = text.withUTF8 { text -> String? in
      let authority = text.has("https") ? 8 : 7
      let pathStart = text.index(of: 0x2F, from: authority)
      let pathEnd = text.index(of: 0x3F, from: pathStart)
      let host = text.part(authority, text.part(0, pathStart).index(of: 0x3A, from: authority))
      let path = text.part(pathStart, pathEnd)
      let isShopify = host.equals("cdn.shopify.com") || path.has("/cdn/shop/")
      let isAmazon = host.ends(with: "media-amazon.com") || host.ends(with: "images-amazon.com")
      guard isShopify || isAmazon, let slash = path.lastIndex(of: 0x2F) else { return nil }
      let name = path.part(slash + 1, path.count)
      let plain = plainName(name)
      guard plain.stem < plain.ending else { return nil }
      var bytes = Array(text.part(0, pathStart + slash + 1 + plain.stem))
      bytes += name.part(plain.ending, name.count)
      if isShopify { bytes += text.part(pathEnd, text.count) }
      return String(decoding: bytes, as: UTF8.self)
    }
    return original.flatMap { try? CanonicalURL($0) }
  }
}

// MARK: - Junk

extension PictureAddress {
  /// Addresses that are no pictures of a thing: blanks, sprites, icons, counters.
  static func isJunk(_ address: String) -> Bool {
    var address = address
    return address.withUTF8 { isJunk($0) }
  }

  static func isJunk(_ address: UnsafeBufferPointer<UInt8>) -> Bool {
    let bytes = address.part(0, min(address.count, 2048))
    if bytes.isEmpty || Bytes.starts(bytes, with: "data:") { return true }
    // The service's name may hold any word: only the path counts.
    var start = 0
    for index in 0..<min(9, bytes.count - 1)
    where bytes[index] == 0x2F && bytes[index + 1] == 0x2F {
      start = bytes.index(of: 0x2F, from: index + 2)
      break
    }
    let path = bytes.part(start, bytes.count)
    if junk.occurs(in: path) { return true }
    var end = 0
    while end < path.count, path[end] != 0x3F, path[end] != 0x23 { end += 1 }
    guard end > 4, path[end - 4] == 0x2E else { return false }
    return path[end - 3] | 0x20 == 0x73 && path[end - 2] | 0x20 == 0x76
      && path[end - 1] | 0x20 == 0x67
  }

  private static let junk = WordSet([
    "placeholder", "spacer.", "/blank.", "_blank.", "1x1", "sprite", "/icon", "-icon", "_icon",
    "icons/", "logo", "/loading", "loader", "transparent", "no-image", "noimage", "no_image",
    "no-photo",
    "nophoto", "pixel.", "/pixel", "/badge", "/flags/", "payment", "swatch", "/tr?", "grey.gif",
    "gray.gif",
    "default-image", "image-coming-soon", "trans.gif", "clear.gif", "x-locale/common",
  ])
}
