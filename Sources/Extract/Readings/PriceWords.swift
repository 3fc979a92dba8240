/// What the words around an amount make of it, in the languages of the big shop markets.
enum PriceWords {
  private static let extras = WordSet([
    "shipping", "delivery", "postage", "versand", "livraison", "envío", "spedizione", "frete",
    "dostaw", "doručení", "doprava", "frakt", "kargo", "доставк", "משלוח", "شحن", "送料", "配送", "運費",
    "运费", "배송", "verzend",
    "per month", "/month", "/mo", "pro monat", "par mois", "al mese", "al mes", "por mes", "/mês",
    "installment", "instalment", "rate lunare", "měsíčně", "mesačne", "miesięcznie", "/мес",
    "в месяц",
    "raten", "mensualit", "cuotas", "parcelas", "juros", "12x", "10x", "6x", "3x", "分期",
    "save ", "you save", "sparen", "économ", "ahorra", "risparm", "economize", "besparelse",
    "points", "ポイント", "點", "积分", "포인트", "적립", "=",
    "% off", "from only", "deposit", "klarna", "afterpay", "coupon", "gutschein", "voucher",
    "warranty", "garantie", "garantia", "garanzia", "gwarancj", "záruk", "延長保証", "up to ", "bis zu",
    "jusqu'à", "minimum",
    " pix", "boleto", "starting bid", "starting price", "estimate", "buyer's premium",
  ])

  /// Whether a text names money that is not the price, or adds to it or takes from it.
  static func sayExtra(_ text: String) -> Bool {
    if text.utf8.first == 0x2B || text.utf8.first == 0x2D { return true }
    var text = text
    return text.withUTF8 { extras.occursInAnyCase(in: $0) || addsTo($0) }
  }

  /// Whether a plus stands right before an amount: `Warranty for 5 years +44 €`.
  private static func addsTo(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let plus = text.lastIndex(of: 0x2B) else { return false }
    for index in plus + 1..<min(plus + 7, text.count) {
      if Bytes.isDigit(text[index]) { return true }
      if Bytes.isLetter(text[index]) { return false }
    }
    return false
  }

  private static let reductions = WordSet([
    "discount", "saving", "rabat", "ersparnis", "remise", "réduction", "descuento", "desconto",
    "sconto", "korting", "besparing", "sleva", "zľava", "úspora", "ušetříte", "скидка", "экономия",
    "знижка", "отстъпка", "popust", "prihranek", "ušteda", "kedvezmény", "reducere", "indirim",
    "alennus", "nuolaida", "atlaide", "έκπτωση", "הנחה", "خصم", "割引", "折扣", "할인금액",
  ])

  /// Whether a label before an amount says that it is not the price.
  static func callExtra(_ label: Document.Value) -> Bool {
    label.withMemory { extras.occursInAnyCase(in: $0) || reductions.occursInAnyCase(in: $0) }
  }

  /// Whether a label of prices, and nothing else, stands before the number: `Our price: $12`.
  static func isLabelled(_ text: String) -> Bool {
    withLabel(of: text) { label in
      guard let colon = label.lastIndex(where: { $0 == 0x3A || $0 == 0x9A }) else { return false }
      return LabelWords.meaning(Array(label.part(0, colon + 1))) == .price
    }
  }

  /// Whether an amount is what a kilogram, a litre or one of several costs: `(4,36 € / 100 ml)`.
  static func sayPerUnit(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { text in
      guard let slash = text.lastIndex(of: 0x2F), text[..<slash].contains(where: Bytes.isDigit)
      else { return false }
      var start = slash + 1
      while start < text.count, Bytes.isSpace(text[start]) || Bytes.isDigit(text[start]) {
        start += 1
      }
      let rest = text.part(start, text.count)
      return rest.first.map { Bytes.isLetter($0) || $0 >= 0x80 } ?? false
    }
  }

  private static let net = WordSet([
    "ex tax", "ex. tax", "excl. tax", "excluding tax", "without tax", "before tax", "ex vat",
    "ex. vat",
    "excl. vat", "excl vat", "excluding vat", "excl. gst", "ex gst", "netto", "zzgl. mwst",
    "ohne mwst",
    "exkl. mwst", "hors taxe", "h.t.", "sin iva", "sin impuestos", "iva esclusa", "senza iva",
    "sem iva",
    "excl. btw", "exkl. moms", "ekskl. moms", "eks. mva", "bez dph", "bez vat", "без ндс",
    "brez ddv", "bez pdv", "bez pvn", "be pvm", "uden moms", "без ддс",
    "без пдв", "fără tva", "fara tva", "kdv hariç", "áfa nélkül", "+ iva", "未稅", "税抜",
    "税別",
  ])

  /// Whether a text calls its amount one without tax.
  static func sayNet(_ text: some ByteRun) -> Bool {
    text.withMemory { net.occursInAnyCase(in: $0) }
  }

  private static let old = WordSet([
    "statt ", "was ", "was:", "were ", "instead of", "reg. ", "reg:", "regular price", "list price",
    "list:", "original price", "original:", "rrp", "msrp", "retail price", "uvp", "vorher",
    "alter preis", "avant ", "prix conseillé", "prix barré", "au lieu de", "antes", "precio normal",
    "precio anterior", "prima ", "invece di", "listino", "adviesprijs", "van €", "ord. ",
    "ordinarie",
    "førpris", "før ", "tidigare", "původní", "pôvodná", "bylo", "cena regularna", "stara cena",
    "старая цена", "建議售價", "原價", "市價", "原价", "市场价", "定価", "希望小売価格", "通常価格", "정가",
    "소비자가", "normal:",
  ])

  /// Whether the words before the number call it a price of the past.
  static func sayOld(_ text: String) -> Bool {
    withLabel(of: text) { callOld($0) }
  }

  /// Whether nothing but a word for the price of today stands before the number: `voor 19,95`.
  static func sayNow(_ text: String) -> Bool {
    withLabel(of: text) { now[word(of: $0)] != nil }
  }

  private static let now = WordTable<Bool>([
    (true, "voor nu now jetzt nur por ahora maintenant ora adesso teraz nyní nå только сейчас")
  ])

  /// Before the number alone; elsewhere in a label they mean something else.
  private static let oldAlone = WordTable<Bool>([(true, "van")])

  /// What stands before the first digit, where that is 3 to 40 bytes.
  private static func withLabel(
    of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool {
    var text = text
    return text.withUTF8 { text in
      var end = 0
      while end < text.count, end <= 40, !Bytes.isDigit(text[end]) { end += 1 }
      return end > 2 && end <= 40 && body(text.part(0, end))
    }
  }

  /// A label's first word, where nothing but a sign of a currency follows.
  private static func word(of label: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var start = 0
    while start < label.count, Bytes.isSpace(label[start]) { start += 1 }
    var end = start
    while end < label.count, Bytes.isLetter(label[end]) || label[end] >= 0x80 { end += 1 }
    let rest = label.part(end, label.count)
    return rest.contains(where: Bytes.isLetter) ? rest.part(0, 0) : label.part(start, end)
  }

  /// Whether a label of at most 40 bytes calls what follows it a price of the past.
  static func callOld(_ label: UnsafeBufferPointer<UInt8>) -> Bool {
    if oldAlone[word(of: label)] != nil { return true }
    // Words that end in a space may stand at the end.
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 41) { spaced in
      _ = spaced.update(fromContentsOf: label)
      spaced[label.count] = 0x20
      return old.occursInAnyCase(in: UnsafeBufferPointer(rebasing: spaced[...label.count]))
    }
  }
}
