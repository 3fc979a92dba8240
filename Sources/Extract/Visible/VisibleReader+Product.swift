import Catalog

extension VisibleReader {
  /// - Parameter isKnown: Another syntax says that the page is a product's.
  func product(isKnown: Bool) -> ProductReading? {
    var reading = ProductReading(syntax: .visible, path: "visible")
    let heading = outline.heading
    if let heading, let name = document.textString(heading) {
      reading.add(.name, name, at: document.path(heading))
    }
    readPrices(near: heading, into: &reading)
    readStock(near: heading, into: &reading)
    readLabelled(into: &reading)
    readBrand(near: heading, into: &reading)
    readDescription(into: &reading)
    reading.pictures = gallery(near: heading)
    reading.variants = swatches()
    guard !isKnown else { return reading }
    // Nothing else calls this a product: a name and a price of its own, and one thing more; a number
    // and a word on stock will do for what is sold out.
    guard reading.text(.name) != nil else { return nil }
    let isNumbered = reading.text(.sku) != nil || reading.text(.gtin) != nil
    guard reading.price != nil || (isNumbered && reading.stock?.availability == .soldOut) else {
      return nil
    }
    let isSold = reading.stock != nil || hasBuyButton()
    guard isSold || isNumbered || (!reading.pictures.isEmpty && reading.text(.brand) != nil) else {
      return nil
    }
    return reading
  }

  // MARK: Price

  private struct PriceCandidate {
    var element: Int
    var score: Int
    var fact: PriceFact
  }

  private func readPrices(near heading: Int?, into reading: inout ProductReading) {
    var candidates: [PriceCandidate] = []
    var struck: [PriceCandidate] = []
    var tries = 0
    for element in 0..<document.count {
      let words = outline.words[element]
      let isPrice = words.contains(.price)
      let record = document.elements[element]
      let length = Int(record.textEnd - record.textStart)
      let isLeaf = Int(record.end) - element <= 1
      let isStruck = outline.flags[element].contains(.struck)
      // A price with hundreds of elements inside is a wrapper.
      guard Int(record.end) - element < 200 else { continue }
      guard length > 0, isPrice ? length <= 160 : (isLeaf || isStruck) && length <= 40,
        !document.isRaw(element)
      else { continue }
      let bytes = document.textBytes(element)
      guard bytes.contains(where: Bytes.isDigit), tries < 4_000 else { continue }
      if !isPrice, !isStruck, !hasMoneySign(bytes) { continue }
      guard !outline.flags[element].contains(.outside) else { continue }
      tries += 1
      guard let text = isStruck ? document.textString(element) : unstruckText(element),
        let found = context.price(text), found.amount.tenThousandths > 0
      else { continue }
      // A class of prices on a count of stars is no price.
      if found.symbol == nil, !isPrice { continue }
      var fact = PriceFact(
        amount: found.amount, currency: found.currency?.code, raw: text,
        isDoubtful: found.isDoubtful)
      if found.symbol == nil { fact.currency = nil }
      var score = isPrice ? 30 : 8
      if found.symbol != nil { score += 20 }
      if words.contains(.current) { score += 10 }
      if isCard(element) { score -= 45 }
      if words.contains(.extra) { score -= 25 }
      if let parent = document.parent(element) {
        let around = outline.words[parent]
        if !isPrice, around.contains(.price) { score += 18 }
        if around.contains(.extra) { score -= 18 }
        if around.contains(.current) { score += 5 }
      }
      if saysExtra(text) { score -= 25 }
      score += nearness(element, heading)
      if document.ancestor(of: element, where: { document.has($0, name: .a) }) != nil {
        score -= 12
      }
      let candidate = PriceCandidate(element: element, score: score, fact: fact)
      if isStruck { struck.append(candidate) } else { candidates.append(candidate) }
    }
    // What is said twice is said with more weight.
    var counts: [Amount: Int] = [:]
    for candidate in candidates { counts[candidate.fact.amount, default: 0] += 1 }
    for index in candidates.indices where (counts[candidates[index].fact.amount] ?? 0) > 1 {
      candidates[index].score += 6
    }
    // A class of old prices on the only price there is says nothing.
    if !candidates.contains(where: { $0.score >= 30 }) { candidates += struck }
    guard
      let best = candidates.enumerated().max(by: { a, b in
        a.element.score == b.element.score ? a.offset > b.offset : a.element.score < b.element.score
      })?.element, best.score >= 30
    else { return }
    reading.price = best.fact
    if reading.price?.currency == nil {
      reading.price?.currency =
        candidates.first { $0.fact.amount == best.fact.amount && $0.fact.currency != nil }?.fact
        .currency
    }
    reading.path = document.path(best.element)
    if best.score < 52 { reading.bonus -= best.score < 42 ? 20 : 8 }
    reading.otherPrices = candidates.filter {
      $0.score >= best.score - 15 && $0.fact.amount != best.fact.amount
    }
    .prefix(4).map(\.fact)
    // The old price stands beside the new one.
    var around = best.element
    for _ in 0..<4 {
      guard let parent = document.parent(around) else { break }
      around = parent
      if let old = struck.first(where: {
        document.contains(around, $0.element) && $0.fact.amount > best.fact.amount
      }) {
        reading.listPrice = old.fact
        break
      }
    }
  }

  /// Text without what is struck through inside.
  private func unstruckText(_ element: Int) -> String? {
    var hasStruck = false
    for inner in document.descendants(element) where outline.flags[inner].contains(.struck) {
      hasStruck = true
      break
    }
    guard hasStruck else { return document.textString(element) }
    var bytes: [UInt8] = []
    var position = Int(document.elements[element].textStart)
    for inner in document.descendants(element) where outline.flags[inner].contains(.struck) {
      let record = document.elements[inner]
      guard Int(record.textStart) >= position, !document.isRaw(inner) else { continue }
      bytes += document.text[position..<Int(record.textStart)]
      bytes.append(0x20)
      position = Int(record.textEnd)
    }
    let end = Int(document.elements[element].textEnd)
    if position < end { bytes += document.text[position..<end] }
    return Bytes.flatString(bytes[...])
  }

  private func hasMoneySign(_ bytes: ArraySlice<UInt8>) -> Bool {
    for byte in bytes where byte == 0x24 || byte >= 0x80 { return true }
    // `CHF 20`, `12 kr`: at least a letter.
    return bytes.contains(where: Bytes.isLetter)
  }

  private static let extras = PhraseSet([
    "shipping", "delivery", "versand", "livraison", "envío", "spedizione", "frete", "dostaw",
    "frakt",
    "per month", "/month", "/mo", "pro monat", "par mois", "al mese", "al mes", "por mes",
    "installment",
    "save ", "you save", "sparen", "économ", "ahorra", "risparm", "points", "送料", "ポイント", "配送",
    "% off", "from only", "deposit", "klarna", "afterpay", "12x", "10x", "6x", "3x", "juros", "運費",
  ])

  private func saysExtra(_ text: String) -> Bool {
    Self.extras.matches(PhraseSet.lowered(Array(text.utf8)[...]))
  }

  /// 22 beside the heading, falling with the elements between.
  private func nearness(_ element: Int, _ heading: Int?) -> Int {
    guard let heading else { return 0 }
    let distance = element - heading
    if distance >= 0 { return max(0, 22 - distance / 24) }
    return max(0, 10 + distance / 30)
  }

  // MARK: Stock

  private func readStock(near heading: Int?, into reading: inout ProductReading) {
    var best: (score: Int, fact: StockFact)?
    for element in 0..<document.count where outline.words[element].contains(.stock) {
      let length = document.textLength(element)
      guard length > 1, length <= 240, isOwn(element), !document.isRaw(element),
        let found = StockWords.phrase(document.textBytes(element)),
        let text = document.textString(element)
      else { continue }
      let score = nearness(element, heading) + (length <= 60 ? 10 : 0)
      if best == nil || score > best!.score {
        best = (score, StockFact(availability: found, raw: text))
      }
    }
    if best == nil {
      // A short text of its own says so without any class.
      for element in 0..<document.count {
        let record = document.elements[element]
        guard Int(record.end) - element <= 1, isOwn(element), !document.isRaw(element),
          (4...40).contains(document.textLength(element)),
          heading.map({ abs(element - $0) < 800 }) ?? true,
          !document.has(element, name: .option), !document.has(element, name: .label),
          StockWords.isPlainlySoldOut(document.textBytes(element)),
          let text = document.textString(element)
        else { continue }
        best = (0, StockFact(availability: .soldOut, raw: text))
        break
      }
    }
    reading.stock = best?.fact
    if best == nil, reading.price != nil, hasBuyButton() {
      reading.stock = StockFact(availability: .inStock, raw: "add to cart")
    }
  }

  private static let buyWords = PhraseSet([
    "add to cart", "add to bag", "add to basket", "buy now", "in den warenkorb", "jetzt kaufen",
    "ajouter au panier", "añadir al carrito", "agregar al carrito", "añadir a la cesta", "comprar",
    "aggiungi al carrello", "adicionar ao carrinho", "in winkelwagen", "lägg i varukorg",
    "dodaj do koszyka", "do košíka", "do košíku", "kosárba", "в корзину", "купить", "カートに入れる",
    "加入购物车", "加入購物車", "장바구니", "add to trolley", "læg i kurv", "legg i handlekurv",
    "adauga in cos", "adaugă în coș", "dodaj u košaricu", "dodaj v košarico", "sepete ekle",
  ])

  func hasBuyButton() -> Bool {
    for name in [Name.button, .input, .a] {
      for element in document.all(name).prefix(3_000) {
        let element = Int(element)
        guard !document.has(element, .disabled), isOwn(element) else { continue }
        if outline.words[element].contains(.buy) { return true }
        guard name != .a || document.textLength(element) < 40 else { continue }
        let text =
          name == .input ? document.attribute(element, .value) : document.textString(element)
        guard let text, text.utf8.count < 60 else { continue }
        if Self.buyWords.matches(PhraseSet.lowered(Array(text.utf8)[...])) { return true }
      }
    }
    return false
  }

  // MARK: Brand and description

  private func readBrand(near heading: Int?, into reading: inout ProductReading) {
    var best: (score: Int, text: String, element: Int)?
    for element in 0..<document.count where outline.words[element].contains(.brand) {
      let length = document.textLength(element)
      guard isOwn(element), !document.isRaw(element), !document.has(element, name: .select) else {
        continue
      }
      var text: String?
      if length > 1, length <= 80 {
        text = document.textString(element)
      } else if length <= 1 {
        // A logo.
        for inner in document.descendants(element).prefix(64)
        where document.has(inner, name: .img) {
          text = document.attribute(inner, .alt)
        }
      }
      guard let text, let brand = BrandText.clean(text) else { continue }
      var score = nearness(element, heading)
      if let heading, abs(element - heading) > 700 { score -= 20 }
      if document.has(element, name: .a) { score += 3 }
      if best == nil || score > best!.score { best = (score, brand, element) }
    }
    if let best, best.score >= 0 { reading.add(.brand, best.text, at: document.path(best.element)) }
  }

  private func readDescription(into reading: inout ProductReading) {
    var best: (length: Int, element: Int)?
    for element in 0..<document.count where outline.words[element].contains(.description) {
      let length = document.textLength(element)
      guard length >= 20, length < 20_000, isOwn(element), !document.isRaw(element) else {
        continue
      }
      if best == nil || length > best!.length * 2 { best = (length, element) }
    }
    if let best, let text = document.textString(best.element) {
      reading.add(.description, text, at: document.path(best.element))
    }
  }
}

extension String {
  func trimmingSpaces() -> String {
    Bytes.trimmedString(Array(utf8)[...]) ?? ""
  }
}
