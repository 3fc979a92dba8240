import Catalog

/// How currencies are written, and what each way of writing means.
enum CurrencySymbols {
  struct Symbol {
    /// In lower case, as scalars.
    let letters: [UInt32]
    /// As the page would write it, for reports.
    let text: String
    /// The first is meant where nothing speaks for another.
    let codes: [String]
    /// Found anywhere it means money; others may be words or measures.
    let isSafe: Bool
    /// Only where the case is as listed: `KM` is a currency, `km` a distance.
    let isCaseSensitive: Bool
    let startsWithLetter: Bool
    let endsWithLetter: Bool
  }

  /// Symbols of one first letter, longest first.
  private static let byFirst: [UInt32: [Symbol]] = {
    var table: [UInt32: [Symbol]] = [:]
    func add(_ text: String, _ codes: [String], safe: Bool, caseSensitive: Bool) {
      let letters = text.lowercased().unicodeScalars.map(\.value)
      guard let first = letters.first, let last = letters.last else { return }
      table[first, default: []].append(
        Symbol(
          letters: letters, text: text, codes: codes, isSafe: safe,
          isCaseSensitive: caseSensitive,
          startsWithLetter: isLetter(first), endsWithLetter: isLetter(last)))
    }
    for entry in safe { add(entry.0, entry.1, safe: true, caseSensitive: false) }
    for entry in unsafe { add(entry.0, entry.1, safe: false, caseSensitive: false) }
    for entry in caseSensitive { add(entry.0, entry.1, safe: false, caseSensitive: true) }
    let known = Set((safe + unsafe + caseSensitive).map { $0.0.uppercased() })
    for code in codes where !known.contains(code) {
      add(code, [code], safe: false, caseSensitive: true)
    }
    return table.mapValues { $0.sorted { $0.letters.count > $1.letters.count } }
  }()

  static func isLetter(_ value: UInt32) -> Bool {
    if value < 0x80 { return Bytes.isLetter(UInt8(value)) }
    return Unicode.Scalar(value)?.properties.isAlphabetic ?? false
  }

  /// The longest symbol that begins at `index` and stands as a word of its own.
  static func match(_ scalars: [UInt32], at index: Int) -> Symbol? {
    let first = lower(scalars[index])
    guard let candidates = byFirst[first] else { return nil }
    for symbol in candidates {
      let end = index + symbol.letters.count
      guard end <= scalars.count else { continue }
      var offset = 1
      while offset < symbol.letters.count, lower(scalars[index + offset]) == symbol.letters[offset]
      {
        offset += 1
      }
      guard offset == symbol.letters.count else { continue }
      if symbol.isCaseSensitive {
        let written = symbol.text.unicodeScalars.map(\.value)
        guard written.elementsEqual(scalars[index..<end]) else { continue }
      }
      if symbol.startsWithLetter, index > 0, isLetter(scalars[index - 1]) { continue }
      if symbol.endsWithLetter, end < scalars.count, isLetter(scalars[end]) { continue }
      return symbol
    }
    return nil
  }

  private static func lower(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 0x41 < 26 ? value | 0x20 : value }
    if value >= 0x400, value < 0x410 { return value + 80 }
    if value >= 0x410, value < 0x430 { return value + 32 }
    if value == 0x141 { return 0x142 }
    if value == 0x10C { return 0x10D }
    return value
  }

  /// The currency meant by `codes`, given what the page says elsewhere and where it comes from.
  static func choose(_ codes: [String], hint: String?, region: String?) -> String? {
    guard codes.count > 1 else { return codes.first }
    if let hint, codes.contains(hint) { return hint }
    if let region, let local = currency(ofRegion: region), codes.contains(local) { return local }
    return codes.first
  }

  /// The currency of a country (ISO 3166-1 alpha-2, upper case).
  static func currency(ofRegion region: String) -> String? { regions[region] }

  /// Whether three letters are a currency, today's or a former one.
  static func isCode(_ text: String) -> Bool { codeSet.contains(text) }

  /// Decimals that prices in `code` have, as ISO 4217 says.
  static func digits(_ code: String) -> Int {
    switch code {
    case "JPY", "KRW", "CLP", "VND", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF", "RWF", "KMF", "GNF",
      "DJF", "BIF", "VUV":
      0
    case "KWD", "BHD", "OMR", "TND", "JOD", "IQD", "LYD": 3
    default: 2
    }
  }

  private static let dollars = [
    "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD", "JMD", "TTD",
    "BBD", "BSD", "BZD", "FJD", "UYU", "NAD",
  ]

  private static let safe: [(String, [String])] = [
    ("Bds$", ["BBD"]), ("CUC$", ["CUC"]), ("MOP$", ["MOP"]), ("AR$", ["ARS"]), ("AU$", ["AUD"]),
    ("AU $", ["AUD"]), ("US $", ["USD"]), ("CA $", ["CAD"]), ("C $", ["CAD"]),
    ("BN$", ["BND"]), ("BZ$", ["BZD"]), ("CA$", ["CAD"]), ("CAD$", ["CAD"]), ("CL$", ["CLP"]),
    ("CO$", ["COP"]), ("CV$", ["CVE"]), ("HK$", ["HKD"]), ("MX$", ["MXN"]), ("NT$", ["TWD"]),
    ("NZ$", ["NZD"]), ("TT$", ["TTD"]), ("RD$", ["DOP"]), ("WS$", ["WST"]), ("US$", ["USD"]),
    ("$U", ["UYU"]), ("C$", ["CAD", "NIO"]), ("J$", ["JMD"]), ("N$", ["NAD"]), ("R$", ["BRL"]),
    ("S$", ["SGD"]), ("T$", ["TOP"]), ("Z$", ["ZWD"]), ("A$", ["AUD"]), ("E£", ["EGP"]),
    ("SY£", ["SYP"]), ("LB£", ["LBP"]), ("CN¥", ["CNY"]), ("GH₵", ["GHS"]), ("JP¥", ["JPY"]),
    ("$", dollars), ("€", ["EUR"]), ("£", ["GBP", "EGP", "LBP"]), ("zł", ["PLN"]),
    ("Kč", ["CZK"]), ("₽", ["RUB"]), ("¥", ["JPY", "CNY"]), ("￥", ["JPY", "CNY"]),
    ("฿", ["THB"]), ("₦", ["NGN"]), ("₴", ["UAH"]), ("₱", ["PHP"]), ("৳", ["BDT"]),
    ("₭", ["LAK"]), ("₪", ["ILS"]), ("﷼", ["IRR", "SAR", "OMR", "QAR", "YER"]), ("៛", ["KHR"]),
    ("₩", ["KRW"]), ("₫", ["VND"]), ("₡", ["CRC"]), ("ƒ", ["ANG", "AWG"]), ("₲", ["PYG"]),
    ("؋", ["AFN"]), ("₮", ["MNT"]), ("₨", ["INR", "PKR", "LKR", "NPR"]), ("₹", ["INR"]),
    ("₺", ["TRY"]), ("₼", ["AZN"]), ("₸", ["KZT"]), ("₾", ["GEL"]), ("֏", ["AMD"]),
    ("₿", ["BTC"]), ("₵", ["GHS"]), ("₣", ["FRF"]), ("₤", ["ITL"]), ("₧", ["ESP"]),
    ("₯", ["GRD"]), ("₶", ["FRF"]), ("₠", ["EUR"]), ("₢", ["BRL"]), ("ރ", ["MVR"]), ("৲", ["INR"]),
    ("૱", ["INR"]), ("௹", ["INR"]), ("ரூ", ["INR"]), ("元", ["CNY", "TWD"]), ("円", ["JPY"]),
    ("圓", ["TWD"]), ("원", ["KRW"]), ("人民币", ["CNY"]), ("EUR", ["EUR"]), ("euro", ["EUR"]),
    ("euros", ["EUR"]), ("CHF", ["CHF"]), ("DKK", ["DKK"]), ("Rp", ["IDR"]),
    ("lei", ["RON", "MDL"]),
    ("руб.", ["RUB"]), ("руб", ["RUB"]), ("грн.", ["UAH"]), ("грн", ["UAH"]), ("дин.", ["RSD"]),
    ("дин", ["RSD"]), ("динар", ["RSD"]), ("Dinara", ["RSD"]), ("лв.", ["BGN"]), ("лв", ["BGN"]),
    ("р.", ["RUB", "BYN"]), ("тңг", ["KZT"]), ("тг", ["KZT"]), ("ман.", ["AZN"]),
    ("جنيه", ["EGP"]), ("درهم", ["AED", "MAD"]), ("تومان", ["IRT"]), ("ریال", ["IRR"]),
    ("ريال", ["SAR", "QAR", "OMR"]), ("دينار كويتي", ["KWD"]), ("دينار", ["KWD", "IQD", "JOD"]),
    ("ر.س", ["SAR"]), ("د.إ", ["AED"]), ("د.ك", ["KWD"]), ("ر.ق", ["QAR"]), ("ر.ع", ["OMR"]),
    (".د.ب", ["BHD"]), ("د.ب", ["BHD"]), ("ج.م", ["EGP"]), ("د.م", ["MAD"]), ("د.ت", ["TND"]),
    ("د.ج", ["DZD"]), ("د.أ", ["JOD"]), ("د.ا", ["JOD"]), ("د.ع", ["IQD"]), ("ل.د", ["LYD"]),
    ("ل.ل", ["LBP"]), ("ش.ج", ["ILS"]), ("ش.ص", ["KES"]), ("ש\"ח", ["ILS"]), ("ש״ח", ["ILS"]),
    ("ש'ח", ["ILS"]), ("نافكا", ["ERN"]), ("so'm", ["UZS"]),
  ]

  private static let unsafe: [(String, [String])] = [
    ("р", ["RUB", "BYN"]), ("сум", ["UZS"]), ("сом", ["KGS"]), ("ден", ["MKD"]), ("тенге", ["KZT"]),
    ("Rs.", ["INR", "PKR", "LKR", "NPR"]), ("Rs", ["INR", "PKR", "LKR", "NPR"]), ("RM", ["MYR"]),
    ("kr.", ["SEK", "NOK", "DKK", "ISK"]), ("kr", ["SEK", "NOK", "DKK", "ISK"]),
    ("kn", ["HRK"]), ("Ft", ["HUF"]), ("TL", ["TRY"]), ("Php", ["PHP"]), ("Dhs", ["AED"]),
    ("Dh", ["AED", "MAD"]), ("S/.", ["PEN"]), ("S/", ["PEN"]), ("Bs.F", ["VEF"]), ("Bs.", ["BOB"]),
    ("din.", ["RSD"]), ("NT", ["TWD"]), ("RMB", ["CNY"]), ("yen", ["JPY"]), ("KSh", ["KES"]),
    ("KShs", ["KES"]), ("TSh", ["TZS"]), ("USh", ["UGX"]), ("lari", ["GEL"]), ("som", ["KGS"]),
    ("SFr", ["CHF"]), ("Fr.", ["CHF"]), ("franc", ["XOF"]), ("VNĐ", ["VND"]), ("VND", ["VND"]),
    ("đ", ["VND"]), ("Ks", ["MMK"]), ("FCFA", ["XOF", "XAF"]), ("CFA", ["XOF", "XAF"]),
    ("Fdj", ["DJF"]), ("FBu", ["BIF"]), ("Esc", ["CVE"]), ("Ar", ["MGA"]), ("MT", ["MZN"]),
    ("kwz", ["AOA"]), ("nzd", ["NZD"]), ("Nfk", ["ERN"]), ("B/.", ["PAB"]), ("бр", ["BYN"]),
    ("ლ", ["GEL"]), ("RF", ["RWF"]), ("Rbl", ["RUB"]), ("zl", ["PLN"]), ("Kc", ["CZK"]),
  ]

  private static let caseSensitive: [(String, [String])] = [
    ("KM", ["BAM"]), ("км", ["BAM"]), ("LD", ["LRD"]), ("BD", ["BHD"]), ("MK", ["MWK"]),
    ("UM", ["MRU"]), ("Br", ["ETB", "BYN"]), ("Le", ["SLL"]), ("SM", ["TJS"]), ("Lek", ["ALL"]),
    ("Re", ["INR"]), ("Q", ["GTQ"]), ("R", ["ZAR"]), ("SPL", ["SPL"]), ("FG", ["GNF"]),
    ("YTL", ["TRY"]), ("SEK", ["SEK"]), ("HRK", ["HRK"]),
  ]

  private static let codeSet = Set(codes)
  private static let codes: [String] =
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTC BTN BWP \
    BYN BYR BZD CAD CDF CHF CLF CLP CNY COP CRC CUC CUP CVE CZK DEM DJF DKK DOP DZD EGP ERN ETB EUR \
    ESP FIM FJD FKP FRF GBP GEL GGP GHS GIP GMD GNF GRD GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR \
    IQD IRR ISK ITL JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL \
    LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NLG NOK NPR NZD OMR \
    PAB PEN PGK PHP PKR PLN PTE PYG QAR RON RSD RUB RUR RWF SAR SBD SCR SDG SEK SGD SHP SKK SLL SOS \
    SRD STD STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VEF VES VND VUV \
    WST XAF XAG XAU XCD XOF XPF YER ZAR ZMK ZMW ZWL
    """.split(separator: " ").map(String.init)

  private static let regions: [String: String] = {
    let lists: [(String, String)] = [
      ("EUR", "DE FR IT ES NL BE AT IE FI PT GR SK SI EE LV LT LU MT CY HR MC AD SM"),
      ("USD", "US EC SV PR"), ("GBP", "GB UK IM JE GG"), ("CHF", "CH LI"), ("JPY", "JP"),
      ("SEK", "SE"), ("NOK", "NO"), ("DKK", "DK GL FO"), ("ISK", "IS"), ("PLN", "PL"),
      ("CZK", "CZ"), ("HUF", "HU"), ("RON", "RO"), ("BGN", "BG"), ("RSD", "RS"), ("UAH", "UA"),
      ("RUB", "RU"), ("BYN", "BY"), ("TRY", "TR"), ("ILS", "IL"), ("AED", "AE"), ("SAR", "SA"),
      ("QAR", "QA"), ("KWD", "KW"), ("EGP", "EG"), ("MAD", "MA"), ("ZAR", "ZA"), ("NGN", "NG"),
      ("KES", "KE"), ("INR", "IN"), ("PKR", "PK"), ("BDT", "BD"), ("LKR", "LK"), ("NPR", "NP"),
      ("CNY", "CN"), ("TWD", "TW"), ("HKD", "HK"), ("SGD", "SG"), ("MYR", "MY"), ("THB", "TH"),
      ("VND", "VN"), ("IDR", "ID"), ("PHP", "PH"), ("KRW", "KR"), ("AUD", "AU"), ("NZD", "NZ"),
      ("CAD", "CA"), ("MXN", "MX"), ("BRL", "BR"), ("ARS", "AR"), ("CLP", "CL"), ("COP", "CO"),
      ("PEN", "PE"), ("UYU", "UY"), ("KZT", "KZ"), ("GEL", "GE"), ("AMD", "AM"), ("AZN", "AZ"),
      ("IRR", "IR"), ("JOD", "JO"), ("LBP", "LB"), ("OMR", "OM"), ("BHD", "BH"), ("IQD", "IQ"),
      ("TND", "TN"), ("DZD", "DZ"), ("MKD", "MK"), ("BAM", "BA"), ("ALL", "AL"), ("MDL", "MD"),
    ]
    var regions: [String: String] = [:]
    for (code, list) in lists {
      for region in list.split(separator: " ") { regions[String(region)] = code }
    }
    return regions
  }()
}
