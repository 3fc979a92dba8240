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
        !outline.flags[element].contains(.unseen),
        let found = StockWords.phrase(document.textBytes(element)),
        let text = document.textString(element)
      else { continue }
      // `Unavailable for store pickup` is said of one way to get it.
      if found == .soldOut, StockWords.speaksOfOneWay(document.textBytes(element)) { continue }
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
        let text = document.textString(element)
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
        outline.flags[element].isDisjoint(with: [.card, .unseen, .crumbs]),
        !document.isRaw(element), !isChoice(element), !isBadge(element),
        StockWords.isSoldOutSentence(document.textBytes(element)),
        !StockWords.speaksOfOneWay(document.textBytes(element)),
        let text = document.textString(element)
      else { continue }
      if !hasBuyButton() {
        reading.stock = StockFact(
          availability: .soldOut, raw: text, path: document.path(element))
      }
      return
    }
  }

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
    "구매하기",
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
