import Catalog

/// What the whole page says about itself, which every reader may lean on: one for all of them.
final class PageContext: Sendable {
  let url: CanonicalURL
  /// What relative addresses are relative to.
  let base: CanonicalURL
  let canonical: CanonicalURL?
  /// BCP 47, as declared.
  let language: String?
  /// ISO 3166-1 alpha-2: from the language, the address or the domain.
  let region: String?
  let title: String?
  let heading: String?
  /// `title` and `heading` by their letters and digits, as names are compared.
  let titleKey: String?
  let headingKey: String?
  let limits: ExtractLimits

  init(
    url: CanonicalURL, base: CanonicalURL, canonical: CanonicalURL?, language: String?,
    region: String?, title: String?, heading: String?, limits: ExtractLimits
  ) {
    self.url = url
    self.base = base
    self.canonical = canonical
    self.language = language
    self.region = region
    self.title = title
    self.heading = heading
    titleKey = title.map(TitleText.key)
    headingKey = heading.map(TitleText.key)
    self.limits = limits
  }

  func resolve(_ address: String) -> CanonicalURL? {
    var address = address
    return address.withUTF8 { resolve($0) }
  }

  /// Resolves a reference from its UTF-8.
  func resolve(_ address: UnsafeBufferPointer<UInt8>) -> CanonicalURL? {
    guard address.count <= 8192, address.first != 0x23, !Self.hasForeignScheme(address) else {
      return nil
    }
    return try? CanonicalURL(utf8: address.span, relativeTo: base)
  }

  /// Whether the address is of a scheme that leads to no page, as `mailto:` or `data:`.
  private static func hasForeignScheme(_ address: UnsafeBufferPointer<UInt8>) -> Bool {
    foreignSchemes.begins(address)
  }

  private static let foreignSchemes = WordSet([
    "javascript:", "mailto:", "tel:", "data:", "blob:", "about:",
  ])

  /// The address is this page's, or the one it calls canonical, or only its query differs.
  func isThisPage(_ address: String) -> Bool {
    guard let other = resolve(address) else { return false }
    if other == url || other == canonical { return true }
    guard other.authority == url.authority, other.path == url.path, other.path.utf8.count > 1 else {
      return false
    }
    // `?id=7` tells products apart on some shops: a query that both have and that differs is no match.
    return url.query == nil || other.query == nil
  }

  func isExactlyThisPage(_ address: String) -> Bool {
    guard let other = resolve(address) else { return false }
    return other == url
  }
}

extension PageContext {
  /// The region of `de-CH`, `en_GB`; of a folder `/en-gb/`; of a country's domain.
  ///
  /// - Parameter alternate: What the page's own `hreflang` says.
  static func region(language: String?, alternate: String? = nil, url: CanonicalURL) -> String? {
    if let region = language.flatMap(regionSubtag) { return region }
    if let region = alternate.flatMap(regionSubtag) { return region }
    let names = folders(of: url)
    for name in names where name.text.utf8.count == 5 {
      if let region = regionSubtag(name.text) { return region }
    }
    let host = url.host
    let point = host.utf8.lastIndex(of: 0x2E)
    let label = host[(point.map { host.utf8.index(after: $0) } ?? host.startIndex)...]
    if label.utf8.count == 2 {
      let region = country(label)
      if CurrencySymbols.currency(ofRegion: region) != nil { return region }
    }
    if let name = names.first, name.place == 0, name.text.utf8.count == 2 {
      let region = country(name.text[...])
      // `/en/`, `/sv/` and the like are languages; only what is no language is a country.
      if countries.contains(region) { return region }
    }
    if let language, let only = languageRegions[String(language.lowercased().prefix(2))] {
      return only
    }
    return nil
  }

  /// Those of the first three folders that are as long as `de` or `de-ch`.
  private static func folders(of url: CanonicalURL) -> [(place: Int, text: String)] {
    url.withPathAndQuery { path, _ in
      var found: [(place: Int, text: String)] = []
      var start = 0
      var place = 0
      while start < path.count, place < 3 {
        let name = path[start...].prefix { $0 != 0x2F }
        start = name.endIndex + 1
        guard !name.isEmpty else { continue }
        if name.count == 2 || name.count == 5 {
          found.append((place, String(decoding: name, as: UTF8.self)))
        }
        place += 1
      }
      return found
    }
  }

  private static let countries: Set<String> = [
    "US", "GB", "AU", "NZ", "IE", "AT", "CH", "JP", "BE",
  ]

  private static func country(_ label: Substring) -> String {
    label == "uk" ? "GB" : label.uppercased()
  }

  private static func regionSubtag(_ tag: String) -> String? {
    let parts = tag.utf8.split { $0 == 0x2D || $0 == 0x5F }
    guard parts.count >= 2, let first = parts.first, (2...3).contains(first.count) else {
      return nil
    }
    for part in parts.dropFirst() where part.count == 2 {
      let region = country(Substring(part))
      if CurrencySymbols.currency(ofRegion: region) != nil { return region }
    }
    return nil
  }

  /// Languages of one country, as good as.
  private static let languageRegions = [
    "ja": "JP", "ko": "KR", "pl": "PL", "cs": "CZ", "sk": "SK", "hu": "HU", "ro": "RO", "bg": "BG",
    "da": "DK", "sv": "SE", "nb": "NO", "no": "NO", "fi": "FI", "is": "IS", "el": "GR", "he": "IL",
    "iw": "IL", "tr": "TR", "ru": "RU", "uk": "UA", "th": "TH", "vi": "VN", "id": "ID", "it": "IT",
    "nl": "NL", "sl": "SI", "hr": "HR", "lv": "LV", "lt": "LT", "et": "EE", "ka": "GE", "kk": "KZ",
  ]
}
