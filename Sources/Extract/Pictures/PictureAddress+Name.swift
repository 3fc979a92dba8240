import Catalog

/// What the file's name of a picture says of its size.
extension PictureAddress {
  struct PlainName {
    /// Where the stem ends and where the ending starts: what lies between is the size.
    var stem: Int
    var ending: Int
    var size: Int?
  }

  /// Where a file name's size stands: `p_400x.jpg`, `p-300x300.jpg`, `p._AC_SX300_.jpg`, `p@2x.png`.
  static func plainName(_ name: Text) -> PlainName {
    guard let point = name.lastIndex(of: 0x2E) else {
      return PlainName(stem: name.count, ending: name.count)
    }
    var stem = name.part(0, point)
    // Amazon.
    if stem.ends(with: "_"), let token = stem.index(of: "._") {
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
    if let crop = stem.index(of: "_crop_") { stem = stem.part(0, crop) }
    var found = PlainName(stem: stem.count, ending: point)
    if let cut = stem.lastIndex(where: { $0 == 0x5F || $0 == 0x2D }), cut > 0 {
      let token = stem.part(cut + 1, stem.count)
      found.size = dimensions(token) ?? (stem[cut] == 0x5F ? shopifySize(token) : nil)
      if found.size != nil { found.stem = cut }
    }
    return found
  }

  private static func shopifySize(_ name: Text) -> Int? {
    switch name.count {
    case 4: name.equals("pico") ? 16 : name.equals("icon") ? 32 : nil
    case 5:
      name.equals("thumb") ? 50 : name.equals("small") ? 100 : name.equals("large") ? 480 : nil
    case 6: name.equals("medium") ? 240 : name.equals("grande") ? 600 : nil
    case 7: name.equals("compact") ? 160 : nil
    // `_{width}x`, which a script fills in, as an address spells it.
    case 12: name.equals("%7Bwidth%7Dx") ? 1 : nil
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
      let query = text.part(pathEnd, text.count)
      let kept = isShopify ? withoutSize(query) : []
      guard plain.stem < plain.ending || isShopify && kept.count < query.count else { return nil }
      var bytes = Array(text.part(0, pathStart + slash + 1 + plain.stem))
      bytes += name.part(plain.ending, name.count)
      bytes += kept
      return String(decoding: bytes, as: UTF8.self)
    }
    return original.flatMap { try? CanonicalURL($0) }
  }

  /// A query of Shopify's, from its question mark on, without what scales and cuts.
  private static func withoutSize(_ query: Text) -> [UInt8] {
    var kept: [UInt8] = []
    var start = 1
    while start < query.count {
      let end = query.index(of: 0x26, from: start)
      let parameter = query.part(start, end)
      start = end + 1
      let isSize = parameter.has("width=") || parameter.has("height=") || parameter.has("crop=")
      guard !isSize else { continue }
      kept.append(kept.isEmpty ? 0x3F : 0x26)
      kept += parameter
    }
    return kept
  }
}
