/// What is no picture of a thing: blanks, which nobody can mean, and ornaments of the site.
extension PictureAddress {
  /// Whether an address leads to no picture, whoever names it: a blank, a counter, a drawing, or a
  /// template that a script has yet to fill in.
  static func isBlank(_ address: String) -> Bool {
    var address = address
    return address.withUTF8 { isBlank($0) }
  }

  static func isBlank(_ address: Text) -> Bool {
    if address.isEmpty || Bytes.starts(address, with: "data:") { return true }
    let path = path(of: address)
    if isTemplate(address) || blankParts.occurs(in: path) { return true }
    var end = 0
    var start = 0
    while end < path.count, path[end] != 0x3F, path[end] != 0x23 {
      if path[end] == 0x2F { start = end + 1 }
      end += 1
    }
    let name = path.part(start, end)
    let point = name.lastIndex(of: 0x2E) ?? name.count
    let ending = name.part(point, name.count)
    if Bytes.equals(ending, ".svg") { return true }
    return isBlankName(name.part(0, point), isGIF: Bytes.equals(ending, ".gif"))
  }

  /// Whether an address names what decorates a site: its logo, an icon, a badge.
  ///
  /// - Parameter heading: The page's own; what it names is the thing (`Logo T-shirt`).
  static func isOrnament(_ address: String, heading: String?) -> Bool {
    var address = address
    let word = address.withUTF8 { address in
      var found: String?
      eachWord(of: path(of: address)) { word in
        if let stem = ornaments[word] { found = stem }
        return found == nil
      }
      return found
    }
    guard let word else { return false }
    return !(heading?.lowercased().contains(word) ?? false)
  }

  static func isOrnament(_ address: Text) -> Bool {
    var isFound = false
    eachWord(of: path(of: address)) { word in
      isFound = ornaments[word] != nil
      return !isFound
    }
    return isFound
  }

  /// What follows the host, whose name may hold any word.
  private static func path(of address: Text) -> Text {
    let bytes = address.part(0, min(address.count, 2048))
    for index in 0..<max(0, min(9, bytes.count - 1))
    where bytes[index] == 0x2F && bytes[index + 1] == 0x2F {
      return bytes.part(bytes.index(of: 0x2F, from: index + 2), bytes.count)
    }
    return bytes
  }

  /// `{width}`, `{:size}`, `${url}`; not Shopify's `_{width}x`, whose original is known.
  private static func isTemplate(_ address: Text) -> Bool {
    let open = address.index(of: 0x7B, from: 0)
    guard open < address.count else { return false }
    let isShort = address.index(of: 0x7D, from: open) - open < 24
    return isShort && !(isShopify(address) && address.has("_{width}x", at: open - 1))
  }

  static func isShopify(_ address: Text) -> Bool {
    address.index(of: "cdn.shopify.com/") != nil || address.index(of: "/cdn/shop/") != nil
  }

  /// Whether a file's name is made of nothing but words of blanks; of a GIF, whether it has one.
  private static func isBlankName(_ name: Text, isGIF: Bool) -> Bool {
    var words = 0
    var isStrong = false
    var isHalf = false
    var isAll = true
    eachWord(of: name) { word in
      words += 1
      switch blankWords[word] {
      case .alone: isStrong = true
      case .together: isHalf = true
      case .beside: break
      case nil: isAll = false
      }
      return isAll || isGIF
    }
    return isAll ? isStrong || (isHalf && words > 1) : isGIF && isStrong
  }

  /// Hands over each run of letters and digits until told to stop; one ends where a capital follows a
  /// small letter.
  private static func eachWord(of text: Text, _ body: (Text) -> Bool) {
    var start = 0
    var index = 0
    while index <= text.count {
      let isPart =
        index < text.count
        && (Bytes.isLetter(text[index]) || Bytes.isDigit(text[index]) || text[index] >= 0x80)
      let isCapital = isPart && text[index] &- 0x41 < 26
      if !isPart || isCapital && index > start && text[index - 1] &- 0x61 < 26 {
        if index > start, !body(text.part(start, index)) { return }
        start = isPart ? index : index + 1
      }
      index += 1
    }
  }

  /// How much a word says of a blank.
  private enum Blank {
    /// Enough by itself.
    case alone
    /// Enough beside another.
    case together
    case beside
  }

  private static let blankWords = WordTable<Blank>([
    (
      .alone,
      """
      blank spacer transparent pixel loading loader preloader spinner lazyload 1x1 logo logos icon icons \
      favicon sprite sprites badge swatch
      """
    ),
    (.together, "no not coming soon default lazy ajax grey gray clear trans dot empty"),
    (.beside, "image images img photo picture pic available yet gif"),
  ])

  private static let blankParts = WordSet([
    "placeholder", "noimage", "nophoto", "/no-image", "/no_image", "-no-image", "_no_image",
    "/no-photo", "/no_photo", "image-coming-soon", "default-image", "blank.gif", "trans.gif",
    "grey.gif", "gray.gif", "clear.gif", "/tr?", "x-locale/common",
  ])

  /// By word of an address, what a heading calls the thing.
  private static let ornaments = WordTable<String>([
    ("logo", "logo logos logotype"), ("icon", "icon icons favicon"), ("sprite", "sprite sprites"),
    ("badge", "badge badges"), ("flag", "flags"), ("payment", "payment payments"),
    ("swatch", "swatch swatches"), ("loader", "loader preloader"), ("pixel", "pixel"),
  ])
}
