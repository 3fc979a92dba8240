import Catalog

/// What shops say about stock, in machine words and in the languages of the big shop markets.
enum StockWords {
  /// Reads `https://schema.org/InStock`, `schema:InStock`, `instock`, `in stock`, `oos`, `SOLD_OUT` and the like.
  static func read(_ text: String) -> Availability? {
    var text = text
    let known = text.withUTF8 { text -> Availability? in
      var start = text.count
      while start > 0, text[start - 1] != 0x2F, text[start - 1] != 0x23, text[start - 1] != 0x3A {
        start -= 1
      }
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { letters in
        var count = 0
        for byte in text[start...] where count < 40 && Bytes.isLetter(byte) {
          letters[count] = byte
          count += 1
        }
        return machineWords[UnsafeBufferPointer(letters).part(0, count)]
      }
    }
    return known ?? phrase(text)
  }

  private static let machineWords = WordTable<Availability>([
    (
      .inStock,
      """
      instock limitedavailability onlineonly preorder presale backorder instoreonly madetoorder \
      available availablefororder lowstock limitedstock availableonline true yes onbackorder buyable \
      purchasable active reserved onstock availableforsale instockonline limited
      """
    ),
    (
      .soldOut,
      """
      outofstock soldout discontinued oos unavailable notavailable nostock false no outstock \
      notinstock temporarilyoutofstock inactive currentlyunavailable soldoutonline outofstockonline \
      notbuyable unavailableonline
      """
    ),
  ])

  /// Reads a sentence of a page; what says no is looked for first.
  static func phrase(_ text: String) -> Availability? {
    var text = text
    return text.withUTF8 { phrase($0) }
  }

  static func phrase(_ text: Document.Value) -> Availability? { phrase(text.memory) }

  private static func phrase(_ text: UnsafeBufferPointer<UInt8>) -> Availability? {
    guard text.count <= 400 else { return nil }
    if soldOut.occursInAnyCase(in: text) { return .soldOut }
    return inStock.occursInAnyCase(in: text) ? .inStock : nil
  }

  /// Whether a text says that the thing is sold out, and no more than that.
  static func isPlainlySoldOut(_ text: Document.Value) -> Bool {
    let text = Bytes.trimmed(text)
    guard let first = text.first, first >= 0x80 || soldOutFirsts[Int(first)] else { return false }
    return soldOut.begins(LowerCase.of(text.memory), leaving: 4)
  }

  /// Whether a short text begins or ends with what is said of sold-out things.
  static func isSoldOutSentence(_ text: Document.Value) -> Bool {
    let lowered = LowerCase.of(Bytes.trimmed(text).memory)
    return soldOut.begins(lowered, leaving: 24) || soldOut.ends(lowered, leaving: 2)
  }

  /// By ASCII letter, whether one of the phrases begins with it.
  private static let soldOutFirsts = {
    var firsts = [Bool](repeating: false, count: 128)
    for phrase in soldOutPhrases {
      let first = Int(phrase.utf8.first!)
      guard first < 128 else { continue }
      firsts[first] = true
      firsts[first & 0x5F] = true
    }
    return firsts
  }()

  /// Whether a sentence speaks of collecting, of a shop or of a delivery, and not of the thing.
  static func speaksOfOneWay(_ text: Document.Value) -> Bool {
    ways.occursInAnyCase(in: text.memory)
  }

  private static let ways = WordSet([
    "pickup", "pick up", "pick-up", "collect", "in store", "in-store", "store only", "delivery",
    "abholung", "filiale", "markt", "retrait", "magasin", "livraison", "recogida", "tienda",
    "ritiro",
    "negozio", "consegna", "retirada", "loja", "entrega", "afhalen", "winkel", "bezorg", "butik",
    "odbiór", "salonie", "prodejn", "predajn", "самовывоз", "магазин", "店舗", "门店", "門市", "매장",
    "size", "größe", "taille", "talla", "taglia",
  ])

  private static let soldOut = WordSet(soldOutPhrases)

  private static let soldOutPhrases = [
    "out of stock", "sold out", "out-of-stock", "currently unavailable", "no longer available",
    "not available", "not in stock", "temporarily unavailable", "unavailable", "discontinued",
    "notify me when", "אינו במלאי", "не в наличии", "nav pieejams", "nėra sandėlyje", "laost otsas",
    "nem elérhető", "nije dostupno", "brak towaru", "momentálně nedostupné", "dočasně nedostupné",
    "momentálne nedostupné", "vyprodaný", "vypredaný", "brak na stanie", "slutsolgt",
    "ei ole varastossa",
    "неналичен", "відсутній", "ยังไม่มีสินค้า", "tạm hết", "stok habis", "판매종료", "售完", "補貨",
    "email me when", "back in stock",
    "ausverkauft", "nicht auf lager", "nicht lieferbar", "nicht verfügbar", "nicht mehr lieferbar",
    "nicht vorrätig", "vergriffen",
    "épuisé", "en rupture", "rupture de stock", "actuellement indisponible", "indisponible",
    "non disponible", "plus disponible",
    "agotado", "sin stock", "no disponible", "sin existencias", "fuera de stock",
    "esaurito", "non disponibile", "attualmente non disponibile", "non disp",
    "esgotado", "indisponível", "sem estoque", "sem stock",
    "uitverkocht", "niet op voorraad", "niet beschikbaar", "niet leverbaar",
    "slutsåld", "slut i lager", "ej i lager", "utsolgt", "udsolgt", "ikke på lager",
    "ikke på lager", "loppuunmyyty", "ei varastossa", "ei saatavilla",
    "wyprzedany", "wyprzedane", "niedostępny", "niedostępne", "brak w magazynie", "wyprzedan",
    "vyprodáno", "není skladem", "vypredané", "nie je skladom", "elfogyott", "nincs raktáron",
    "stoc epuizat", "indisponibil", "rasprodano", "nedostopno", "ni na zalogi", "нет в наличии",
    "распродано", "недоступен", "немає в наявності", "няма наличност", "изчерпан",
    "tükendi", "stokta yok", "εξαντλημένο", "μη διαθέσιμο", "אזל", "לא במלאי", "نفد", "غير متوفر",
    "在庫なし", "在庫切れ", "売り切れ", "完売", "売切", "品切れ", "入荷待ち", "品切",
    "缺货", "售罄", "已售完", "無庫存", "缺貨", "補貨中", "已售完", "품절", "일시품절", "매진",
    "hết hàng", "สินค้าหมด", "habis", "chwilowo brak", "在庫: ×", "在庫：×", "在庫 ×", "在庫×",
    "स्टॉक में नहीं", "उपलब्ध नहीं", "স্টক নেই",
    // What stands on the button then.
    "notify me if available", "join the waitlist", "join waitlist", "avise-me quando chegar",
    "avise-me quando disponível", "avísame cuando", "avisarme cuando", "avísenme cuando",
    "prévenez-moi", "m'avertir", "être averti", "m'alerter", "avvisami quando", "avvisami se",
    "benachrichtigen, wenn", "benachrichtigen sobald", "powiadom o dostępności", "powiadom mnie",
    "сообщить о поступлении", "уведомить о поступлении", "сообщить о наличии",
    "уведомить о наличии",
    "повідомити про наявність", "повідомити про появу", "再入荷お知らせ", "再入荷通知", "入荷お知らせ",
    "재입고 알림", "재입고알림", "到货通知", "到貨通知", "貨到通知", "gelince haber ver", "stoğa gelince",
    "anunță-mă când", "értesítést kérek", "hlídat naskladnění", "thông báo khi có hàng",
    "ειδοποίηση διαθεσιμότητας",
  ]

  private static let inStock = WordSet([
    "in stock", "in-stock", "available now", "ready to ship", "add to cart", "add to bag",
    "auf lager", "an lager", "vorrätig", "lieferbar", "sofort verfügbar", "verfügbar",
    "en stock", "disponible", "in magazzino", "disponibile", "disponibilità immediata",
    "em estoque", "disponível", "em stock", "pronta entrega",
    "op voorraad", "beschikbaar", "leverbaar", "i lager", "på lager", "varastossa", "saatavilla",
    "dostępny", "dostępne", "w magazynie", "na stanie", "skladem", "skladom", "raktáron",
    "în stoc", "in stoc", "na zalogi", "na skladištu", "na zalihi", "в наличии", "є в наявності",
    "в наявності", "наличен", "в наличност", "stokta", "διαθέσιμο", "במלאי", "متوفر",
    "在庫あり", "在庫有", "カートに入れる", "现货", "有货", "有庫存", "現貨", "재고있음", "구매가능",
    "còn hàng", "มีสินค้า",
  ])
}
