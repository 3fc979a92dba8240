import Catalog

/// Whether the page's thing can be bought.
///
/// Believed in this order: a text under a class of stock; the class of a box around the heading; a short text that says that it is sold out and
/// nothing else; a text behind a label of stock; a button to buy; a badge, for themes keep one beside every price and show it by a style
/// sheet; a sentence, where there is nothing to press.
extension VisibleReader {
  func readStock(near heading: Int?, into reading: inout ProductReading) {
    let classed = classedStock(near: heading)
    if let classed, !classed.isBadge {
      reading.stock = classed.fact
    } else if let around = stockAround(heading) {
      reading.stock = around
    } else if let short = shortSoldOut(near: heading) {
      reading.stock = short
    } else if reading.price != nil, let button = buyButton() {
      reading.stock = StockFact(
        availability: .inStock, raw: document.textString(button) ?? "add to cart",
        isPressed: true, path: document.path(button))
    } else {
      reading.stock = classed?.fact
    }
  }

  /// What a text under a class of stock says.
  private func classedStock(near heading: Int?) -> (fact: StockFact, isBadge: Bool)? {
    var best: (score: Int, fact: StockFact, isBadge: Bool)?
    for element in elements(with: .stock) {
      let length = document.textLength(element)
      guard length > 1, length <= 240, !document.isRaw(element),
        let found = StockWords.phrase(document.textBytes(element)), !isPutAway(element),
        let text = document.textString(element)
      else { continue }
      // `Unavailable for store pickup` is said of one way to get it.
      if found == .soldOut, speaksOfOneWay(element) { continue }
      let isBadge = found == .soldOut && isBadge(element)
      let score = nearness(element, heading) + (length <= 60 ? 10 : 0) - (isBadge ? 100 : 0)
      if best == nil || score > best!.score {
        let fact = StockFact(availability: found, raw: text, path: document.path(element))
        best = (score, fact, isBadge)
      }
    }
    return best.map { ($0.fact, $0.isBadge) }
  }

  /// What the class of a box around the heading says, as WooCommerce writes it of its product:
  /// `<div class="product type-product outofstock">`.
  private func stockAround(_ heading: Int?) -> StockFact? {
    var next = heading.flatMap { document.parent($0) }
    for _ in 0..<32 {
      guard let element = next else { return nil }
      next = document.parent(element)
      guard let classes = document.value(element, .class), classes.count < 2_048 else { continue }
      for word in classes.split(whereSeparator: Bytes.isSpace) {
        let found: Availability
        if Bytes.equals(word, "outofstock") || Bytes.equals(word, "out-of-stock") {
          found = .soldOut
        } else if Bytes.equals(word, "instock") || Bytes.equals(word, "in-stock") {
          found = .inStock
        } else {
          continue
        }
        let raw = String(decoding: word, as: UTF8.self)
        return StockFact(availability: found, raw: raw, path: document.path(element))
      }
    }
    return nil
  }

  /// A short text of its own says so without any class.
  private func shortSoldOut(near heading: Int?) -> StockFact? {
    for element in inside {
      let record = document.elements[element]
      guard Int(record.end) - element <= 1, (4...60).contains(record.textEnd - record.textStart),
        heading.map({ abs(element - $0) < 800 }) ?? true, !isCard(element),
        !document.isRaw(element),
        !document.has(element, name: .option), !document.has(element, name: .label),
        StockWords.isPlainlySoldOut(document.textBytes(element)), !isBadge(element),
        !isPutAway(element), !speaksOfOneWay(element), let text = document.textString(element)
      else { continue }
      return StockFact(availability: .soldOut, raw: text, path: document.path(element))
    }
    return nil
  }

  /// A short sentence after the heading that begins or ends with what is said of sold-out things, on a page
  /// without a button to buy.
  func readStockSentence(near heading: Int?, into reading: inout ProductReading) {
    guard reading.stock == nil, let heading else { return }
    for element in inside where element > heading {
      guard element - heading < 300 else { return }
      let record = document.elements[element]
      guard Int(record.end) - element <= 3, (6...90).contains(record.textEnd - record.textStart),
        outline.flags[element].isDisjoint(with: [.card, .crumbs]),
        !document.isRaw(element), !isChoice(element), !isBadge(element),
        StockWords.isSoldOutSentence(document.textBytes(element)), !isPutAway(element),
        !isOtherProperty(element),
        !speaksOfOneWay(element), let text = document.textString(element)
      else { continue }
      if !hasBuyButton() {
        reading.stock = StockFact(
          availability: .soldOut, raw: text, path: document.path(element))
      }
      return
    }
  }

  /// Whether a text of stock, or the term or cell before it, speaks of one way to get the thing:
  /// `<dt>Click & collect</dt><dd>Not available</dd>`.
  private func speaksOfOneWay(_ element: Int) -> Bool {
    let bytes = document.textBytes(element)
    if StockWords.speaksOfOneWay(bytes) { return true }
    return cell(around: element).flatMap(term).map(StockWords.speaksOfOneWay) ?? false
  }

  /// What an element stands in, or is, of a table or a list of terms.
  private func cell(around element: Int) -> Int? {
    document.ancestor(of: element) { document.has($0, name: .dd) || document.has($0, name: .td) }
  }

  /// The term or cell before a cell, of at most 48 bytes.
  private func term(before cell: Int) -> Document.Value? {
    guard let row = document.parent(cell) else { return nil }
    let text = document.text
    let first = Int(document.elements[row].textStart)
    var end = Int(document.elements[cell].textStart)
    let last = end
    while end > first, last - end < 16, Bytes.isSpace(text[end - 1]) { end -= 1 }
    var start = end
    while start > first, end - start <= 48, text[start - 1] != 0x0A { start -= 1 }
    return start < end && end - start <= 48 ? text[start..<end] : nil
  }

  /// Whether a text is what a list or table says, term and all, or says under a term that is not about stock:
  /// `<dt>Works with</dt><dd>information not available</dd>`.
  private func isOtherProperty(_ element: Int) -> Bool {
    if document.has(element, name: .dl) || document.has(element, name: .tr) { return true }
    guard let cell = cell(around: element), document.textLength(cell) <= 120,
      let row = document.parent(cell),
      document.elements[row].textStart < document.elements[cell].textStart
    else { return false }
    return term(before: cell).flatMap { LabelWords.meaning($0) } != .stock
  }

  /// Out of sight until a script says otherwise: by a style, an attribute, or a class that frameworks
  /// have for it, of the element or of the boxes close around it.
  private func isPutAway(_ element: Int) -> Bool {
    if outline.flags[element].contains(.unseen) { return true }
    var next: Int? = element
    for _ in 0..<4 {
      guard let box = next else { return false }
      next = document.parent(box)
      guard let classes = document.value(box, .class), classes.count < 400 else { continue }
      var isHidden = false
      var isShownSomewhere = false
      for word in classes.split(whereSeparator: Bytes.isSpace) {
        if Self.hidingClasses.contains(where: { Bytes.equals(word, $0) }) {
          isHidden = true
        } else if Bytes.starts(word, at: word.startIndex, with: "d-") || word.contains(0x3A) {
          // `d-none d-md-block`, `hidden md:block`: on wide screens.
          isShownSomewhere = true
        }
      }
      if isHidden, !isShownSomewhere { return true }
    }
    return false
  }

  private static let hidingClasses: [StaticString] = [
    "hidden", "hide", "is-hidden", "d-none", "ng-hide", "display-none", "js-hidden",
  ]

  /// One of several sizes or colours, which may be sold out by itself, or a box around one.
  private func isChoice(_ element: Int) -> Bool {
    func isOne(_ element: Int) -> Bool {
      document.has(element, name: .li) || document.has(element, name: .label)
        || document.has(element, name: .option)
    }
    var next = document.parent(element)
    for _ in 0..<2 {
      guard let current = next else { break }
      if isOne(current) { return true }
      next = document.parent(current)
    }
    return isOne(element) || document.descendants(element).contains(where: isOne)
  }

  /// A badge, or a text in the price's own box.
  private func isBadge(_ element: Int) -> Bool {
    !outline.words[element].isDisjoint(with: [.badge, .price]) || isInsidePrice(element)
  }

  private static let buyWords = WordSet([
    "add to cart", "add to bag", "add to basket", "buy now", "in den warenkorb", "jetzt kaufen",
    "ajouter au panier", "añadir al carrito", "agregar al carrito", "añadir a la cesta", "comprar",
    "aggiungi al carrello", "adicionar ao carrinho", "in winkelwagen", "lägg i varukorg",
    "dodaj do koszyka", "do košíka", "do košíku", "kosárba", "в корзину", "купить", "カートに入れる",
    "加入购物车", "加入購物車", "장바구니", "add to trolley", "læg i kurv", "legg i handlekurv",
    "adauga in cos", "adaugă în coș", "dodaj u košaricu", "dodaj v košarico", "sepete ekle",
    "in den einkaufswagen", "añadir al carro", "agregar al carro", "lägg i kundvagn",
    "lisää ostoskoriin",
    "προσθήκη στο καλάθι", "додати в кошик", "до кошика", "добави в количката", "ielikt grozā",
    "į krepšelį", "lisa korvi", "הוסף לסל", "הוספה לסל", "أضف إلى السلة", "إضافة للسلة",
    "أضف للسلة",
    "thêm vào giỏ", "mua ngay", "tambah ke keranjang", "masukkan keranjang", "beli sekarang",
    "หยิบใส่ตะกร้า", "เพิ่มลงตะกร้า", "買い物かごに入れる", "カゴに入れる", "立即购买", "立即購買", "바로구매",
    "구매하기", "acheter", "ajouter à mon panier", "acquista ora", "aggiungi alla borsa",
    "añadir a la bolsa", "agregar a la bolsa", "in winkelmand", "in mijn winkelwagen", "i varukorg",
    "tilføj til kurv", "legg i handlevogn", "lisää ostoskori", "do koszyka", "kup teraz", "koupit",
    "kúpiť", "u košaricu", "v košarico", "u korpu", "купити", "в кошик", "в количката",
    "στο καλάθι",
    "satın al", "הוסף לעגלה", "הוספה לעגלה", "اضف الى السلة", "أضف إلى عربة", "カートに追加", "購入する",
    "放入購物車", "đặt mua", "chọn mua", "lisa ostukorvi", "pievienot grozam", "zum warenkorb",
    "buy it now", "add to shopping",
  ])

  func hasBuyButton() -> Bool { buyButton() != nil }

  /// The first button of the page's own that buys.
  private func buyButton() -> Int? {
    for name in [Name.button, .input, .a] {
      for element in document.all(name).prefix(3_000) {
        let element = Int(element)
        guard !document.has(element, .disabled), isOwn(element) else { continue }
        let bytes =
          name == .input ? document.value(element, .value) : document.textBytes(element)
        if outline.words[element].contains(.buy) {
          // What is sold out keeps its class and changes its words.
          if let bytes, StockWords.isPlainlySoldOut(bytes) { continue }
          return element
        }
        // The shortest of the words has seven bytes.
        guard let bytes, bytes.count >= 7, name != .a || bytes.count < 40 else { continue }
        let text = name == .input ? Bytes.trimmedString(bytes) : Bytes.flatString(bytes)
        guard var text, text.utf8.count < 60 else { continue }
        if text.withUTF8({ Self.buyWords.occursInAnyCase(in: $0) }) { return element }
      }
    }
    return nil
  }
}
