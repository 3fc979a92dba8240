import Catalog

/// The number that an address gives its item.
enum ItemNumber {
  /// The value of `?sku=`, `?pid=` and the like; else the last piece of the path that looks like one.
  static func inAddress(_ url: CanonicalURL) -> String? {
    for parameter in (url.query ?? "").split(separator: "&") {
      let pieces = parameter.split(separator: "=", maxSplits: 1)
      guard pieces.count == 2, names.contains(pieces[0].lowercased()), isNumber(pieces[1], least: 3)
      else {
        continue
      }
      return String(pieces[1])
    }
    for segment in url.path.split(separator: "/").reversed().prefix(3) {
      var stem = segment
      if let point = stem.lastIndex(of: "."), stem.distance(from: point, to: stem.endIndex) <= 6 {
        stem = stem[..<point]
      }
      if isNumber(stem, least: 5) { return String(stem) }
      let pieces = stem.split { $0 == "-" || $0 == "_" }
      for piece in [pieces.last, pieces.first].compactMap({ $0 }) where isNumber(piece, least: 5) {
        return String(piece)
      }
    }
    return nil
  }

  /// A number without the words after it.
  static func clean(_ text: String) -> String {
    guard let space = text.firstIndex(of: " ") else { return text }
    let first = text[..<space]
    let rest = text[space...]
    let isNumbered = first.utf8.count >= 4 && first.utf8.contains(where: Bytes.isDigit)
    return isNumbered && !rest.utf8.contains(where: Bytes.isDigit) ? String(first) : text
  }

  /// Whether a page's address holds a number as a word of its own.
  static func stands(_ number: String, in url: CanonicalURL) -> Bool {
    guard number.utf8.count >= 4 else { return false }
    let address = Array(url.pathAndQuery.lowercased().utf8)
    let wanted = Array(number.lowercased().utf8)
    if stands(wanted, in: address) { return true }
    // Shown as `202.481.18`, written as `20248118`.
    let bare = wanted.filter { Bytes.isDigit($0) || Bytes.isLetter($0) }
    return bare.count >= 6 && bare.count < wanted.count && stands(bare, in: address)
  }

  private static func stands(_ wanted: [UInt8], in address: [UInt8]) -> Bool {
    wanted.withUnsafeBufferPointer { wanted in
      var from = 0
      while let found = Bytes.find(wanted, in: address[...], from: from) {
        let end = found + wanted.count
        let startsWord = found == 0 || !Bytes.isDigit(address[found - 1])
        let endsWord =
          end == address.count || !(Bytes.isDigit(address[end]) || Bytes.isLetter(address[end]))
        if startsWord, endsWord { return true }
        from = found + 1
      }
      return false
    }
  }

  private static let names: Set<String> = [
    "sku", "pid", "id", "item", "itemid", "item_id", "productid", "product_id", "product", "prod",
    "skuid", "sku_id", "article", "articleid", "goods_id", "goodsno", "childsku", "variant",
  ]

  /// Letters and digits, mostly digits.
  private static func isNumber(_ text: Substring, least: Int) -> Bool {
    guard text.utf8.count >= least, text.utf8.count <= 20 else { return false }
    var digits = 0
    for byte in text.utf8 {
      if Bytes.isDigit(byte) { digits += 1 } else if !Bytes.isLetter(byte) { return false }
    }
    return digits >= least && digits * 2 > text.utf8.count
  }
}
