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
    "warranty", "garantie", "up to ", "bis zu", "jusqu'à", "minimum",
    "starting bid", "starting price", "estimate", "buyer's premium",
  ])

  /// Whether a text names money that is not the price, or adds to it or takes from it.
  static func sayExtra(_ text: String) -> Bool {
    if text.utf8.first == 0x2B || text.utf8.first == 0x2D { return true }
    var text = text
    return text.withUTF8 { extras.occursInAnyCase(in: $0) }
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
    var text = text
    return text.withUTF8 { text in
      var end = 0
      while end < text.count, end <= 40, !Bytes.isDigit(text[end]) { end += 1 }
      return end > 2 && end <= 40 && callOld(text.part(0, end))
    }
  }

  /// Whether a label of at most 40 bytes calls what follows it a price of the past.
  static func callOld(_ label: UnsafeBufferPointer<UInt8>) -> Bool {
    // Words that end in a space may stand at the end.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 41) { spaced in
      _ = spaced.update(fromContentsOf: label)
      spaced[label.count] = 0x20
      return old.occursInAnyCase(in: UnsafeBufferPointer(rebasing: spaced[...label.count]))
    }
  }
}
