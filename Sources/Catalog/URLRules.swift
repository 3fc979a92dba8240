/// Which parameters name a visit or where it came from rather than a page, and are dropped.
///
/// A name is compared without regard to ASCII case. An exact name decides before a prefix, a long
/// prefix before a short one. Session identifiers that are a path segment of their own, such as
/// `/(S(…))/` of ASP.NET, are kept: a server that is asked without them redirects to a new one.
package struct URLRules: Hashable, Sendable {
  /// Query parameters, as `name=value` between `&`.
  let parameters: ParameterTable
  /// Path parameters, as `;name=value` at the end of a segment.
  let pathParameters: ParameterTable

  /// The table for sites that we know nothing about.
  package static let standard = URLRules(
    parameters: ParameterTable(tracking + sessions), pathParameters: ParameterTable(sessions))

  /// Drops nothing.
  package static let keepingAll = URLRules(
    parameters: ParameterTable([]), pathParameters: ParameterTable([]))

  /// These rules with changes of one site.
  ///
  /// - Parameters:
  ///   - dropped: Names; one that ends with `*` stands for all that begin so.
  ///   - kept: The same; these win over `dropped` where a name stands in both.
  package func changed(dropping dropped: [String] = [], keeping kept: [String] = []) -> URLRules {
    let changes = dropped.map { ParameterTable.Entry($0) } + kept.map { .init($0, .keep) }
    return URLRules(
      parameters: ParameterTable(parameters.entries + changes),
      pathParameters: ParameterTable(pathParameters.entries + changes))
  }

  /// Where a visitor came from.
  private static let tracking: [ParameterTable.Entry] = [
    // Google Analytics and Ads, also as other tools imitate them.
    "utm_*", "_ga", "_gl", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source",
    "gad_campaignid", "srsltid",
    // Other advertisers' click identifiers.
    "fbclid", "fb_action_ids", "fb_action_types", "fb_source", "msclkid", "ttclid", "twclid",
    "yclid", "ysclid", "_openstat", "igshid", "igsh", "li_fat_id", "epik", "sccid", "rdt_cid",
    "irclickid", "awc", "cjevent", "wickedid", "s_kwcid", "ef_id",
    // Mailings.
    "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsctatracking",
    "_ke", "_kx", "vero_id", "vero_conv", "oly_anon_id", "oly_enc_id", "rb_clickid",
    "ml_subscriber",
    "ml_subscriber_hash",
    // Piwik and Matomo.
    "pk_campaign", "pk_kwd", "pk_keyword", "pk_source", "pk_medium", "pk_content", "pk_cid",
    "piwik_*", "mtm_*", "matomo_*",
    // Shopify: which recommendation or search led here.
    "pr_prod_strat", "pr_rec_id", "pr_rec_pid", "pr_ref_pid", "pr_seq", "_pos", "_psq", "_ss",
    "_fid",
    // Affiliates.
    "aff", "aff_id", "affid", "affiliate", "affiliate_id",
    // A referrer nearly everywhere, but the article number ("référence") of some shops.
    .init("ref", .dropUnlessDigits),
    "ref_src", "ref_url", "referrer",
  ]

  /// Whose visit it is.
  private static let sessions: [ParameterTable.Entry] = [
    "jsessionid", "phpsessid", "sessionid", "session_id", "aspsessionid*", "cftoken", "zenid",
    "oscsid", "oscadminid", "xtcsid", "_sid",
    // A session, but the section or shop number of some sites.
    .init("sid", .dropUnlessNumber),
  ]
}

/// Names of parameters and what becomes of each, for look-up by bytes.
struct ParameterTable: Hashable, Sendable {
  enum Verdict: Hashable, Sendable {
    case keep
    case drop
    /// Keep 1…10 digits, which number something; drop all other values.
    case dropUnlessNumber
    /// Keep what has a digit anywhere, such as `AB-123`; drop all other values.
    case dropUnlessDigits
  }

  struct Entry: Hashable, Sendable, ExpressibleByStringLiteral {
    /// In lower case.
    let name: [UInt8]
    let isPrefix: Bool
    let verdict: Verdict

    /// A name; one that ends with `*` stands for all that begin so.
    init(_ name: String, _ verdict: Verdict = .drop) {
      var name = name.utf8.map(\.lowercased)
      isPrefix = name.last == UInt8(ascii: "*")
      if isPrefix { name.removeLast() }
      self.name = name
      self.verdict = verdict
    }

    init(stringLiteral name: String) { self.init(name) }

    fileprivate func matches(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
      guard isPrefix ? name.count <= range.count : name.count == range.count else { return false }
      for i in name.indices where text[range.lowerBound + i].lowercased != name[i] { return false }
      return true
    }
  }

  /// Those of one first byte stand together, the most decisive of them first.
  let entries: [Entry]
  /// Where the entries of each first byte, modulo 64, begin: 65 indices.
  private let starts: [Int]
  /// What becomes of a name that no entry matches; `*` alone sets it.
  private let fallback: Verdict

  init(_ entries: [Entry]) {
    func bucket(_ entry: Entry) -> Int { Int(entry.name.first ?? 0) & 63 }
    // Of equals the later wins. The sort is stable.
    let entries = entries.reversed().sorted {
      (-bucket($0), $0.isPrefix ? 0 : 1, $0.name.count)
        > (-bucket($1), $1.isPrefix ? 0 : 1, $1.name.count)
    }
    var starts = [0]
    for i in 0..<64 {
      starts.append(entries[starts[i]...].firstIndex { bucket($0) != i } ?? entries.count)
    }
    self.entries = entries
    self.starts = starts
    fallback = entries.first { $0.name.isEmpty && $0.isPrefix }?.verdict ?? .keep
  }

  var isEmpty: Bool { entries.isEmpty }

  /// Whether `name=value` goes.
  func drops(_ text: borrowing Span<UInt8>, name: Range<Int>, value: Range<Int>) -> Bool {
    guard !name.isEmpty else { return false }
    let bucket = Int(text[name.lowerBound].lowercased) & 63
    var verdict = fallback
    for i in starts[bucket]..<starts[bucket + 1] where entries[i].matches(text, name) {
      verdict = entries[i].verdict
      break
    }
    switch verdict {
    case .keep: return false
    case .drop: return true
    case .dropUnlessNumber:
      guard (1...10).contains(value.count) else { return true }
      for i in value where !text[i].isDigit { return true }
      return false
    case .dropUnlessDigits:
      for i in value where text[i].isDigit { return false }
      return true
    }
  }
}
