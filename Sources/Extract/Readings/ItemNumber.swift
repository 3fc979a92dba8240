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
    guard let space = text.utf8.firstIndex(of: 0x20) else { return text }
    let first = text[..<space]
    let rest = text[space...]
    let isNumbered = first.utf8.count >= 4 && first.utf8.contains(where: Bytes.isDigit)
    return isNumbered && !rest.utf8.contains(where: Bytes.isDigit) ? String(first) : text
  }

  /// Whether a page's address holds a number as a word of its own.
  static func stands(_ number: String, in url: CanonicalURL) -> Bool {
    var number = number
    var address = url.string
    return number.withUTF8 { wanted in
      guard wanted.count >= 4 else { return false }
      return address.withUTF8 { address in
        let path = address.part(address.index(of: 0x2F, from: 8), address.count)
        if stands(wanted, in: path) { return true }
        // Shown as `202.481.18`, written as `20248118`.
        let bare = wanted.filter { Bytes.isDigit($0) || Bytes.isLetter($0) }
        return bare.count >= 6 && bare.count < wanted.count
          && bare.withUnsafeBufferPointer { stands($0, in: path) }
      }
    }
  }

  /// ASCII case ignored on both sides.
  private static func stands(
    _ wanted: UnsafeBufferPointer<UInt8>, in address: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard wanted.count <= address.count else { return false }
    let first = Bytes.lower(wanted[0])
    for start in 0...address.count - wanted.count where Bytes.lower(address[start]) == first {
      var matched = 1
      while matched < wanted.count,
        Bytes.lower(address[start + matched]) == Bytes.lower(wanted[matched])
      {
        matched += 1
      }
      guard matched == wanted.count else { continue }
      let end = start + matched
      let startsWord = start == 0 || !Bytes.isDigit(address[start - 1])
      let endsWord =
        end == address.count || !(Bytes.isDigit(address[end]) || Bytes.isLetter(address[end]))
      if startsWord, endsWord { return true }
    }
    return false
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
