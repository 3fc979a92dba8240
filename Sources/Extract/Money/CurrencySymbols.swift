import Catalog

/// How currencies are written, and what each way of writing means.
enum CurrencySymbols {
  struct Symbol {
    /// In `letters`, in lower case.
    fileprivate var start: Int32
    fileprivate(set) var count: Int32
    /// 0 where there is no second letter.
    fileprivate var second: UInt32
    /// In `written`, as the page would write it, for those of which the case counts: `KM` is a
    /// currency, `km` a distance. −1 for others.
    fileprivate var written: Int32
    /// Found anywhere it means money; others may be words or measures.
    fileprivate(set) var isSafe: Bool
    fileprivate(set) var isDollar: Bool
    /// The code of some country's dollar.
    fileprivate(set) var isDollarCode: Bool
    fileprivate(set) var endsWithLetter: Bool
    /// India's rupee is the first of its meanings.
    fileprivate(set) var isRupee: Bool
  }

  /// Every symbol, those of one first letter together, longest first.
  final class Book: Sendable {
    let symbols: [Symbol]
    let texts: [String]
    /// The first is meant where nothing speaks for another.
    let currencies: [[Currency]]
    private let letters: [UInt32]
    private let written: [UInt32]
    /// By an ASCII letter in lower case: where its symbols start and end in `symbols`.
    private let ascii: [Range<Int>]
    private let others: [UInt32: Range<Int>]
    /// Which letters past ASCII begin a symbol, by their last six bits.
    private let otherFirsts: UInt64
    /// By an ASCII letter in lower case: which letters come second in its symbols, one bit each.
    private let seconds: [UInt32]

    init() {
      var symbols: [Symbol] = []
      var texts: [String] = []
      var currencies: [[Currency]] = []
      var letters: [UInt32] = []
      var written: [UInt32] = []
      var ascii = [Range<Int>](repeating: 0..<0, count: 128)
      var others: [UInt32: Range<Int>] = [:]
      var otherFirsts: UInt64 = 0
      var seconds = [UInt32](repeating: 0, count: 128)
      typealias Entry = (
        text: String, letters: [UInt32], codes: [String], isSafe: Bool, isExact: Bool
      )
      var byFirst: [UInt32: [Entry]] = [:]
      func add(_ text: String, _ codes: [String], safe: Bool, caseSensitive: Bool) {
        let letters = text.lowercased().unicodeScalars.map(\.value)
        byFirst[letters[0], default: []].append((text, letters, codes, safe, caseSensitive))
      }
      for entry in safe { add(entry.0, entry.1, safe: true, caseSensitive: false) }
      for entry in unsafe { add(entry.0, entry.1, safe: false, caseSensitive: false) }
      for entry in caseSensitive { add(entry.0, entry.1, safe: false, caseSensitive: true) }
      let known = Set((safe + unsafe + caseSensitive).map { $0.0.uppercased() })
      for code in codes where !known.contains(code) {
        add(code, [code], safe: false, caseSensitive: true)
      }
      for (first, entries) in byFirst {
        let start = symbols.count
        for entry in entries.sorted(by: { $0.letters.count > $1.letters.count }) {
          symbols.append(
            Symbol(
              start: Int32(letters.count), count: Int32(entry.letters.count),
              second: entry.letters.count > 1 ? entry.letters[1] : 0,
              written: entry.isExact ? Int32(written.count) : -1, isSafe: entry.isSafe,
              isDollar: entry.text == "$",
              isDollarCode: entry.text.count == 3 && entry.text.hasSuffix("D"),
              endsWithLetter: isLetter(entry.letters[entry.letters.count - 1]),
              isRupee: entry.codes.first == "INR"))
          texts.append(entry.text)
          currencies.append(entry.codes.compactMap { Currency($0) })
          letters += entry.letters
          if entry.isExact { written += entry.text.unicodeScalars.map(\.value) }
        }
        if first < 128 {
          ascii[Int(first)] = start..<symbols.count
          for entry in entries {
            seconds[Int(first)] |=
              entry.letters.count > 1 ? Self.bit(entry.letters[1]) : UInt32.max
          }
        } else {
          others[first] = start..<symbols.count
          otherFirsts |= 1 << UInt64(first & 63)
        }
      }
      self.symbols = symbols
      self.texts = texts
      self.currencies = currencies
      self.letters = letters
      self.written = written
      self.ascii = ascii
      self.others = others
      self.otherFirsts = otherFirsts
      self.seconds = seconds
    }

    /// A bit for each letter in lower case, one for all else.
    @inline(__always) private static func bit(_ letter: UInt32) -> UInt32 {
      1 << (letter &- 0x61 < 26 ? letter & 31 : 0)
    }

    /// The number of the longest symbol that begins at `index` and stands as a word of its own.
    func match(_ scalars: UnsafeBufferPointer<UInt32>, at index: Int) -> Int? {
      let first = CurrencySymbols.lower(scalars[index])
      if index > 0, CurrencySymbols.isLetter(first), CurrencySymbols.isLetter(scalars[index - 1]),
        PriceReader.signPower(scalars[index - 1]) == nil
      {
        return nil
      }
      let next = index + 1 < scalars.count ? CurrencySymbols.lower(scalars[index + 1]) : 0
      let candidates: Range<Int>
      if first < 0x80 {
        guard seconds[Int(first)] & Self.bit(next) != 0 else { return nil }
        candidates = ascii[Int(first)]
      } else {
        guard otherFirsts & (1 << UInt64(first & 63)) != 0, let found = others[first] else {
          return nil
        }
        candidates = found
      }
      for number in candidates {
        let symbol = symbols[number]
        guard symbol.second == next || symbol.second == 0 else { continue }
        let count = Int(symbol.count)
        let end = index + count
        guard end <= scalars.count else { continue }
        let start = Int(symbol.start)
        var offset = 1
        while offset < count,
          CurrencySymbols.lower(scalars[index + offset]) == letters[start + offset]
        {
          offset += 1
        }
        guard offset == count else { continue }
        if symbol.written >= 0 {
          offset = 0
          while offset < count,
            scalars[index + offset] == written[Int(symbol.written) + offset]
          {
            offset += 1
          }
          guard offset == count else { continue }
        }
        if symbol.endsWithLetter, end < scalars.count, CurrencySymbols.isLetter(scalars[end]) {
          continue
        }
        return number
      }
      return nil
    }
  }

  static let book = Book()

  static func isLetter(_ value: UInt32) -> Bool {
    if value < 0x80 { return Bytes.isLetter(UInt8(value)) }
    // Ideographs and Hangul.
    if 0x4E00..<0x9FC0 ~= value || 0xAC00..<0xD7A4 ~= value { return true }
    return Unicode.Scalar(value)?.properties.isAlphabetic ?? false
  }

  /// A symbol as the page would write it.
  static func text(_ number: Int) -> String { book.texts[number] }

  fileprivate static func lower(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 0x41 < 26 ? value | 0x20 : value }
    if value >= 0x400, value < 0x410 { return value + 80 }
    if value >= 0x410, value < 0x430 { return value + 32 }
    if value == 0x141 { return 0x142 }
    if value == 0x10C { return 0x10D }
    return value
  }

  /// The currency meant by a symbol, given what the page says elsewhere and where it comes from.
  static func choose(_ symbol: Int, hint: CurrencyCode, region: RegionCode) -> Currency? {
    let currencies = book.currencies[symbol]
    guard currencies.count > 1 else { return currencies.first }
    if let found = currencies.first(where: { CurrencyCode($0.code) == hint }) { return found }
    if let local = region.place.flatMap({ regions[$0] }),
      let found = currencies.first(where: { $0.code == local })
    {
      return found
    }
    return currencies.first
  }

  /// The currency of a country (ISO 3166-1 alpha-2, upper case).
  static func currency(ofRegion region: String) -> String? {
    RegionCode(region).place.flatMap { regions[$0] }
  }

  /// Whether three letters are a currency, today's or a former one.
  static func isCode(_ text: String) -> Bool {
    guard text.utf8.count == 3 else { return false }
    var place = 0
    for byte in text.utf8 {
      guard byte &- 0x41 < 26 else { return false }
      place = place * 26 + Int(byte - 0x41)
    }
    return codeBits[place >> 6] & (1 << UInt64(place & 63)) != 0
  }

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

  /// One bit for each word of three letters.
  private static let codeBits: [UInt64] = {
    var bits = [UInt64](repeating: 0, count: 26 * 26 * 26 / 64 + 1)
    for code in codes {
      let place = code.utf8.reduce(0) { $0 * 26 + Int($1 - 0x41) }
      bits[place >> 6] |= 1 << UInt64(place & 63)
    }
    return bits
  }()
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

  /// By the two letters of a region.
  private static let regions: [String?] = {
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
    var regions = [String?](repeating: nil, count: 26 * 26)
    for (code, list) in lists {
      for region in list.split(separator: " ") {
        regions[RegionCode(region).place!] = code
      }
    }
    return regions
  }()
}
