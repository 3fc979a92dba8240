/// Brand names out of what stands around them.
enum BrandText {
  /// `Brand: X`, `by X`, `Visit the X Store` as `X`; `nil` for templates and for what is no name.
  static func clean(_ text: String) -> String? {
    var text = text.trimmingSpaces()
    if text.utf8.contains(where: { $0 == 0x3A || $0 == 0xEF }),
      let colon = text.firstIndex(where: { $0 == ":" || $0 == "：" })
    {
      let label = text[..<colon].split(separator: " ")
      let isLabel = label.contains { Vocabulary.concept(String($0)) == .brand } || label.count < 3
      if isLabel { text = String(text[text.index(after: colon)...]).trimmingSpaces() }
    }
    // Every frame begins with one of their letters, and holds a space.
    let mayBeFramed =
      text.utf8.first.map { "VBMbvdp".utf8.contains($0) } ?? false && text.utf8.contains(0x20)
    for (start, end) in frames
    where mayBeFramed && text.hasPrefix(start) && text.hasSuffix(end)
      && text.utf8.count > start.utf8.count + end.utf8.count
    {
      text = String(text.dropFirst(start.count).dropLast(end.count)).trimmingSpaces()
      break
    }
    guard let first = text.unicodeScalars.first, first != "$", first != "{", first != "<",
      text.utf8.count <= 100,
      text.utf8.contains(where: Bytes.isLetter)
        || text.unicodeScalars.contains(where: \.properties.isAlphabetic)
    else { return nil }
    if let cut = text.firstRange(of: " | ") { text = String(text[..<cut.lowerBound]) }
    // `12/04(Fri)` is a date, `3M` a brand.
    let digits = text.utf8.filter(Bytes.isDigit).count
    guard digits < 3 || digits * 2 < text.unicodeScalars.count else { return nil }
    switch text.utf8.first.map(Bytes.lower) {
    case 0x62, 0x66, 0x67, 0x6E, 0x74, 0x75:
      let lowered = text.lowercased()
      return lowered.hasPrefix("from the ") || placeholders.contains(lowered) ? nil : text
    default: return text
    }
  }

  private static let placeholders: Set<String> = [
    "null", "undefined", "none", "n/a", "brand", "no brand", "unbranded", "false", "true",
    "generic",
  ]

  private static let frames = [
    ("Visit the ", " Store"), ("Besuche den ", "-Store"), ("Besuchen Sie den ", "-Store"),
    ("Visiter la boutique ", ""), ("Visita lo Store di ", ""), ("Visita la tienda de ", ""),
    ("Visita la Store di ", ""), ("Bezoek de ", "-winkel"), ("by ", ""), ("By ", ""), ("von ", ""),
    ("Brand ", ""), ("Marke ", ""), ("Marque ", ""), ("Marca ", ""), ("di ", ""), ("par ", ""),
  ]
}
