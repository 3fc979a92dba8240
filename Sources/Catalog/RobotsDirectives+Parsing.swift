extension RobotsDirectives {
  /// Reads `X-Robots-Tag` headers.
  ///
  /// In each header directives count for everyone until an agent is named, as in
  /// `noindex, otherbot: nofollow`, and for that agent from there on. Whatever counts for everyone
  /// or for us is added up; unknown directives, also those with a value, mean nothing here.
  ///
  /// - Parameters:
  ///   - values: One element for each header of the response.
  ///   - agent: Our product token, such as `vitrinebot`.
  package init(headerValues values: [String], agent: String) {
    self = []
    for value in values {
      var isForUs = true
      for word in Self.words(of: value) {
        var directive = word
        if let colon = word.utf8.firstIndex(of: UInt8(ascii: ":")) {
          let name = word[..<colon]
          guard Self.isAgent(name) else { continue }
          isForUs = name == "*" || Self.isEqual(name, agent)
          directive = word[word.utf8.index(after: colon)...]
        }
        if isForUs { formUnion(Self.named(directive)) }
      }
    }
  }

  /// Reads the content of a robots `meta` element that is meant for us.
  package init(metaContent content: some StringProtocol) {
    self = []
    for word in Self.words(of: content) { formUnion(Self.named(word)) }
  }

  /// The directives and agents of a list, which by rights has commas but often only spaces.
  private static func words<Text: StringProtocol>(of list: Text) -> [Text.SubSequence] {
    list.split { $0 == "," || $0 == ";" || $0.isWhitespace }
  }

  private static func named(_ word: some StringProtocol) -> RobotsDirectives {
    let known: [(String, RobotsDirectives)] = [
      ("noindex", .noIndex), ("nofollow", .noFollow), ("noimageindex", .noImageIndex),
      ("none", .none),
    ]
    return known.first { isEqual(word, $0.0) }?.1 ?? []
  }

  /// Whether what stands before a colon names a crawler: a product token (RFC 9309, 2.2.1) that is
  /// no directive with a value. Dates and the like are neither.
  private static func isAgent(_ name: some StringProtocol) -> Bool {
    if name == "*" { return true }
    guard !name.isEmpty, name.utf8.allSatisfy({ $0.isLetter || $0 == 0x2D || $0 == 0x5F }) else {
      return false
    }
    return !isEqual(name, "unavailable_after") && !isEqual(name.prefix(4), "max-")
  }

  private static func isEqual(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool {
    a.utf8.elementsEqual(b.utf8) { $0.lowercased == $1.lowercased }
  }
}
