import Catalog

/// Knows the renditions of one picture by their addresses.
///
/// Size tokens of Shopify, WordPress, Cloudinary, imgix, Scene7, Akamai, Thumbor, Amazon, Cloudflare
/// and of the common query parameters are left out of a picture's key. An address that the page did
/// not give is made up only for Shopify and Amazon, where dropping the token always yields the
/// original.
struct PictureAddress {
  /// Equal for all renditions of a picture.
  let key: String
  /// The rendition's larger side in pixels; `nil` where the address names no size.
  let size: Int?

  init(_ url: CanonicalURL) {
    var size: Int?
    func note(_ value: Int?) {
      if let value, value > (size ?? 0) { size = value }
    }
    var parts: [Substring] = []
    let segments = url.path.split(separator: "/", omittingEmptySubsequences: false)
    for (offset, segment) in segments.enumerated() {
      if offset == segments.count - 1 { continue }
      if let dimensions = Self.sizeSegment(segment, after: offset > 0 ? segments[offset - 1] : "") {
        note(dimensions)
        continue
      }
      if Self.isSignature(segment, before: segments[offset + 1]) { continue }
      parts.append(segment)
    }
    // Magento keeps its renditions under `cache/`, with a hash for each size.
    if let cache = parts.firstIndex(of: "cache"), parts.contains("product") {
      // Below it stand the first two letters of the name, each a folder.
      if let hash = parts.lastIndex(where: { $0.utf8.count > 1 }), hash > cache,
        hash + 1 < parts.count
      {
        parts.removeSubrange(cache...hash)
        note(1)
      }
    }
    let (name, nameSize) = Self.plainName(segments.last ?? "")
    note(nameSize)
    var key = url.authority + parts.joined(separator: "/") + "/" + name
    if let query = url.query {
      var kept: [Substring] = []
      for parameter in query.split(separator: "&") {
        let pieces = parameter.split(separator: "=", maxSplits: 1)
        let name = pieces.first.map { $0.lowercased() } ?? ""
        if Self.sizeParameters.contains(name) || name.hasPrefix("$") || name.hasPrefix("op_") {
          if pieces.count == 2, Self.lengthParameters.contains(name) {
            note(Int(pieces[1].prefix { $0.isNumber }))
          }
          continue
        }
        if Self.versionParameters.contains(name) { continue }
        kept.append(parameter)
      }
      if !kept.isEmpty { key += "?" + kept.sorted().joined(separator: "&") }
    }
    self.key = key
    self.size = size
  }

  /// Whether the address is the original as far as it tells.
  var isOriginal: Bool { size == nil }

  /// The original behind a rendition, where the service's rule leaves no doubt.
  static func original(of url: CanonicalURL) -> CanonicalURL? {
    let host = url.host
    let isShopify = host == "cdn.shopify.com" || url.path.hasPrefix("/cdn/shop/")
    let isAmazon =
      host.hasSuffix("media-amazon.com") || host.hasSuffix("ssl-images-amazon.com")
      || host.hasSuffix("images-amazon.com")
    guard isShopify || isAmazon, let slash = url.path.lastIndex(of: "/") else { return nil }
    let name = url.path[slash...].dropFirst()
    let (plain, size) = plainName(name)
    guard size != nil || plain != String(name) else { return nil }
    let query = isShopify ? url.query.map { "?" + $0 } ?? "" : ""
    return try? CanonicalURL(url.origin + url.path[...slash] + plain + query)
  }

  private static let lengthParameters: Set<String> = [
    "w", "h", "width", "height", "wid", "hei", "sw", "sh", "imwidth", "imheight", "size",
    "maxwidth",
    "maxheight", "max-w", "max-h", "mw", "mh", "rw", "rh", "iw", "ih", "resize",
  ]
  private static let sizeParameters: Set<String> = lengthParameters.union([
    "fit", "crop", "quality", "q", "qlt", "fmt", "format", "auto", "dpr", "scale", "sm", "sfrm",
    "impolicy", "imformat", "resmode", "bgcolor", "bg", "ar", "aspect", "mode", "strip", "fm", "cs",
    "pad", "trim", "output-format", "output-quality", "interpolation", "downsize", "hash", "ixlib",
    "wmax", "hmax", "usm", "canvas", "gravity", "enlarge", "upscale", "progressive", "webp",
    "optimize", "preset", "im", "extend", "align", "background", "rect", "vertical", "filter",
    "profile", "layer", "defaultimage", "fill", "anchor", "thumb", "thumbnail",
  ])
  private static let versionParameters: Set<String> = [
    "v", "ver", "version", "ts", "timestamp", "rev",
  ]

  /// The size that a folder of the path names: `/fit-in/300x300/`, `/w_300,c_fill/`, `/300x400/`.
  private static func sizeSegment(_ segment: Substring, after previous: Substring) -> Int? {
    let bytes = Array(segment.utf8)
    guard let first = bytes.first, bytes.count <= 160 else { return nil }
    if segment == "fit-in" || segment == "unsafe" || segment == "smart" { return 0 }
    if segment.hasPrefix("filters:") || segment.hasPrefix("filters%3A") { return 0 }
    if Bytes.isDigit(first) {
      if let size = dimensions(bytes[...]) { return size }
      // `/w/560/`
      if previous == "w" || previous == "h" || previous == "width" || previous == "height",
        bytes.count <= 5, let size = Int(String(segment)), size >= 16
      {
        return size
      }
    }
    // Cloudinary: `w_300,h_400,c_fill`; one token alone must be a width or a height.
    if bytes.count > 2, bytes.contains(0x5F) {
      let tokens = segment.split(separator: ",")
      var size = 0
      var isSize = true
      for token in tokens {
        let pieces = token.split(separator: "_", maxSplits: 1)
        guard pieces.count == 2, (1...3).contains(pieces[0].utf8.count),
          Bytes.isLetter(token.utf8.first!)
        else {
          isSize = false
          break
        }
        if pieces[0] == "w" || pieces[0] == "h" {
          size = max(size, Int(pieces[1].prefix { $0.isNumber }) ?? 0)
        } else if ![
          "c", "f", "q", "dpr", "fl", "g", "e", "ar", "b", "t", "x", "y", "z", "r", "o", "a", "so",
          "al", "lg", "usm", "enc",
        ]
        .contains(String(pieces[0])) {
          isSize = false
          break
        }
      }
      if isSize,
        tokens.count > 1 || size > 0
          || ["c_", "f_", "q_", "t_"].contains(String(segment.prefix(2)))
      {
        return size
      }
    }
    // Cloudflare and others: `/cdn-cgi/image/width=300,quality=80/`.
    if previous == "image", segment.contains("=") {
      for token in segment.split(separator: ",")
      where token.hasPrefix("width=") || token.hasPrefix("w=") {
        return Int(token.split(separator: "=").last!.prefix { $0.isNumber }) ?? 0
      }
      return 0
    }
    return nil
  }

  /// Thumbor's and Cloudinary's signatures, which differ for each rendition: 27 or 28 letters of
  /// base64 before `unsafe`-like segments, `s--…--`; and Cloudinary's upload stamp `v1612345678`.
  private static func isSignature(_ segment: Substring, before next: Substring) -> Bool {
    let bytes = segment.utf8
    if bytes.count == 28, bytes.last == 0x3D {
      return next == "fit-in" || next == "smart" || next.hasPrefix("filters:")
        || dimensions(Array(next.utf8)[...]) != nil
    }
    if segment.hasPrefix("s--"), segment.hasSuffix("--"), bytes.count == 13 { return true }
    return bytes.first == 0x76 && bytes.count == 11 && bytes.dropFirst().allSatisfy(Bytes.isDigit)
  }

  /// `300x400`, `300x`, `x400`: the larger side, where that is all there is.
  private static func dimensions(_ bytes: ArraySlice<UInt8>) -> Int? {
    var width = 0
    var height = 0
    var sawCross = false
    for byte in bytes {
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

  private static let shopifyNames: [Substring: Int] = [
    "pico": 16, "icon": 32, "thumb": 50, "small": 100, "compact": 160, "medium": 240, "large": 480,
    "grande": 600,
  ]

  /// A file name without its size: `p_400x.jpg`, `p-300x300.jpg`, `p._AC_SX300_.jpg`, `p@2x.png`.
  static func plainName(_ name: Substring) -> (String, Int?) {
    guard let point = name.lastIndex(of: ".") else { return (String(name), nil) }
    var stem = name[..<point]
    let ending = name[point...]
    var size: Int?
    // Amazon.
    if stem.hasSuffix("_"), let token = stem.firstRange(of: "._") {
      let letters = stem[token.upperBound...]
      var number = 0
      for byte in letters.utf8 {
        if Bytes.isDigit(byte) {
          number = min(number * 10 + Int(byte - 0x30), 100_000)
        } else {
          if number >= 16 { size = max(size ?? 0, number) }
          number = 0
        }
      }
      return (String(stem[..<token.lowerBound] + ending), size ?? 1)
    }
    if stem.hasSuffix(".progressive") { stem = stem.dropLast(12) }
    // WordPress calls what it made smaller on upload `p-scaled.jpg`.
    if stem.hasSuffix("-scaled") { stem = stem.dropLast(7) }
    if stem.hasSuffix("@2x") || stem.hasSuffix("@3x") { stem = stem.dropLast(3) }
    if let crop = stem.firstRange(of: "_crop_") { stem = stem[..<crop.lowerBound] }
    if let cut = stem.lastIndex(where: { $0 == "_" || $0 == "-" }), cut > stem.startIndex {
      let token = stem[cut...].dropFirst()
      if let found = dimensions(Array(token.utf8)[...]) {
        size = found
        stem = stem[..<cut]
      } else if stem[cut] == "_", let found = shopifyNames[token] {
        size = found
        stem = stem[..<cut]
      }
    }
    return (String(stem + ending), size)
  }

  /// Addresses that are no pictures of a thing: blanks, sprites, icons, counters.
  static func isJunk(_ address: String) -> Bool {
    let bytes = Array(address.utf8.prefix(2048))
    if bytes.isEmpty || Bytes.starts(bytes[...], at: 0, with: "data:") { return true }
    // The service's name may hold any word: only the path counts.
    var path = bytes[...]
    if let scheme = Bytes.find("//", in: path), scheme < 8 {
      path = path[(scheme + 2)...].drop { $0 != 0x2F }
    }
    for word in junk where Bytes.contains(path, word) { return true }
    let end = path.prefix { $0 != 0x3F && $0 != 0x23 }
    return end.count > 4 && Bytes.equals(end.suffix(4), ".svg")
  }

  private static let junk: [StaticString] = [
    "placeholder", "spacer.", "/blank.", "_blank.", "1x1", "sprite", "/icon", "-icon", "_icon",
    "icons/", "logo", "/loading", "loader", "transparent", "no-image", "noimage", "no_image",
    "no-photo",
    "nophoto", "pixel.", "/pixel", "/badge", "/flags/", "payment", "swatch", "/tr?", "grey.gif",
    "gray.gif",
    "default-image", "image-coming-soon", "trans.gif", "clear.gif", "x-locale/common",
  ]
}
