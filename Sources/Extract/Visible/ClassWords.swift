/// What the words of a class, an id or a test hook say about an element.
struct ClassWords: OptionSet {
  let rawValue: UInt32

  static let price = Self(rawValue: 1 << 0)
  static let old = Self(rawValue: 1 << 1)
  static let current = Self(rawValue: 1 << 2)
  static let brand = Self(rawValue: 1 << 3)
  static let sku = Self(rawValue: 1 << 4)
  static let stock = Self(rawValue: 1 << 5)
  static let title = Self(rawValue: 1 << 6)
  static let gallery = Self(rawValue: 1 << 7)
  /// Other things than the page's own: related products, reviews, the cart.
  static let aside = Self(rawValue: 1 << 8)
  static let frame = Self(rawValue: 1 << 9)
  /// Money that is not the price: shipping, instalments, savings, prices per unit.
  static let extra = Self(rawValue: 1 << 10)
  static let crumbs = Self(rawValue: 1 << 11)
  static let description = Self(rawValue: 1 << 12)
  static let swatch = Self(rawValue: 1 << 13)
  static let product = Self(rawValue: 1 << 14)
  static let buy = Self(rawValue: 1 << 15)
  static let caption = Self(rawValue: 1 << 16)
  static let hero = Self(rawValue: 1 << 17)
  static let author = Self(rawValue: 1 << 18)
  static let profile = Self(rawValue: 1 << 19)
  static let biography = Self(rawValue: 1 << 20)
  static let card = Self(rawValue: 1 << 21)
  static let thumbnail = Self(rawValue: 1 << 22)
  static let category = Self(rawValue: 1 << 23)
  static let gtin = Self(rawValue: 1 << 24)
  static let color = Self(rawValue: 1 << 25)
  static let name = Self(rawValue: 1 << 26)
  static let main = Self(rawValue: 1 << 27)
  /// Money for something else: shipping, warranties, instalments, a deposit.
  static let fee = Self(rawValue: 1 << 28)
  static let badge = Self(rawValue: 1 << 29)
  /// Of a price one of the past; of all else nothing.
  static let list = Self(rawValue: 1 << 30)
  /// Of the past, though one of its words is of today.
  static let past = Self(rawValue: 1 << 31)

  private static let lists: [(ClassWords, String)] = [
    (
      .price,
      """
      price prices pricing prix preis preise precio precios prezzo preco cena ceny pris priser prijs \
      hinta fiyat ar pricebox priceblock pricetag pricevalue productprice itemprice amount kaina hind \
      цена стоимость giá offerprice
      """
    ),
    (
      [.price, .current],
      "saleprice finalprice currentprice ourprice specialprice dealprice sellprice buyingprice"
    ),
    (
      [.price, .old],
      "oldprice listprice regularprice wasprice originalprice retailprice normalprice msrp rrp uvp strikeprice"
    ),
    (
      .old,
      """
      old was original regular strike striked strikethrough crossed barred full before previous compare \
      stary alter ancien antes vorher barre listino ordinary basisprice std standard linethrough \
      strikeout antiguo anterior vecchio gammal gammel stara staraya
      """
    ),
    (
      .current,
      "current sale now final special our deal actual today offer new promo reduced selling buying pay"
    ),
    (
      .brand,
      """
      brand brands manufacturer marke marque marca merk byline bylineinfo vendor hersteller \
      producer znacka brandname productbrand brandlink
      """
    ),
    (
      .sku,
      "sku articlenumber artikelnummer itemnumber productcode productid artnr articleno reference itemno mpn modelnumber refnumber itemcode productnumber prdcode prodcode articlecode articleid articlenr stylenumber referencia"
    ),
    (
      .stock,
      """
      stock availability available instock outofstock soldout inventory verfugbarkeit verfuegbarkeit \
      disponibilite dostepnost dostepnosc dostupnost lagerstatus delivery disponibilidad disponibilita \
      estoque voorraad
      """
    ),
    (.title, "title heading headline producttitle productname"),
    (.name, "name"),
    (
      .gallery,
      """
      gallery galerie galeria galleria images photos pictures media zoom imageblock imggallery slider \
      productimage productimages imagegallery productgallery mainimage altimages fotorama slick \
      swiper photoswipe lightbox productphotos
      """
    ),
    (
      .aside,
      """
      related recommendation recommendations recommended recommend similar also upsell upsells upselling \
      crosssell crosssells crossselling recently viewed review reviews rating ratings comment comments \
      minicart cart basket warenkorb panier carrito sidebar aside suggestions alternatives accessories \
      bought together bundle sims sponsored advert advertisement ads newsletter wishlist popup modal \
      dialog compare recent history autosuggest bestseller bestsellers
      """
    ),
    (
      .frame,
      "header footer nav navbar navigation menu topbar megamenu masthead cookie cookies gdpr consent breadcrumbs breadcrumb crumbs"
    ),
    (
      .extra,
      """
      shipping versand livraison delivery installment instalment installments financing finance unit \
      perunit save saving savings saved you points deposit rent monthly klarna afterpay \
      paypal coupon voucher cashback fee fees lowest omnibus per grundpreis baseprice
      """
    ),
    (
      .fee,
      """
      shipping shipcost shippingcost shippingprice versand versandkosten livraison delivery postage porto \
      installment installments instalment instalments financing finance monthly klarna afterpay warranty \
      warranties insurance garantie deposit coupon voucher cashback fee fees lieferung entrega envio frete \
      spedizione dostawa doprava frakt loyalty rewards
      """
    ),
    (.crumbs, "breadcrumb breadcrumbs crumb crumbs ariane breadcrumblist breadcrumbtrail bread"),
    (
      .description,
      "description beschreibung desc descripcion descrizione descricao opis productdescription details longdescription"
    ),
    (
      .swatch,
      "swatch swatches colorway colorways variant variants color colors colour colours farbe"
    ),
    (
      .product,
      "product pdp produkt produit producto prodotto produto item goods detail productdetail ppd dp"
    ),
    (.buy, "addtocart addtobag addtobasket buynow buybutton buy addcart cartbutton"),
    (.caption, "caption text body posttext"),
    (.hero, "hero cover main primary"),
    (.author, "author creator byline influencer curator"),
    (.profile, "profile creator influencer"),
    (.biography, "bio biography about"),
    (.card, "card tile teaser result listing"),
    (.thumbnail, "thumb thumbs thumbnail thumbnails mini small nav"),
    (.category, "category kategorie categorie categoria"),
    (.gtin, "gtin ean upc isbn barcode"),
    (.color, "color colour farbe couleur selectedcolor"),
    (.main, "main content"),
    (.badge, "badge badges"), (.list, "list"), (.past, "nonsale nonsaleprice"),
  ]

  static let table = HashedWords(
    lists.flatMap { meaning, list in
      list.utf8.split { $0 == 0x20 || $0 == 0x0A }.map { ($0, meaning) }
    }
  ) { $0.union($1) }

  /// Words are split at what is no letter and where a capital follows a small letter; two that stand
  /// together (`box__old-price`) and all of one class (`add-to-cart`) are also looked up as one.
  static func read(
    _ value: some ByteRun, _ table: HashedWords<ClassWords> = Self.table
  ) -> ClassWords {
    value.withMemory { value in
      let padded = value.count + ByteBlock.count
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: padded * 2) { memory in
        guard let base = memory.baseAddress, let from = value.baseAddress else { return [] }
        base.update(from: from, count: value.count)
        (base + value.count).update(repeating: 0, count: ByteBlock.count)
        return read(UnsafePointer(base), value.count, table, letters: base + padded)
      }
    }
  }

  /// - Parameters:
  ///   - value: `count` bytes and 16 zeros behind them.
  ///   - letters: Room for as many, where the letters are laid down side by side.
  private static func read(
    _ value: UnsafePointer<UInt8>, _ count: Int, _ table: HashedWords<ClassWords>,
    letters: UnsafeMutablePointer<UInt8>
  ) -> ClassWords {
    var words: ClassWords = []
    var end = 0
    /// Where the letters since the last white space begin.
    var joined = 0
    /// Where the word before begins; −1 for none.
    var before = -1
    var index = 0
    while index < count {
      guard Bytes.isLetter(value[index]) || value[index] >= 0x80 else {
        if Bytes.isSpace(value[index]) {
          joined = end
          before = -1
        }
        index += 1
        continue
      }
      let start = end
      // 1 where the letter before is small.
      var carry: UInt32 = 0
      while true {
        let block = ByteBlock(value + index)
        let (all, capitals) = (block.letters, block.capitals)
        let small = all & ~capitals
        // A word ends before what is no letter and before a capital after a small letter.
        let stops = ~all & 0xFFFF | capitals & (small << 1 | carry)
        block.copyLowered(to: letters + end)
        guard stops == 0 else {
          end &+= ByteBlock.first(stops)
          index &+= ByteBlock.first(stops)
          break
        }
        end &+= ByteBlock.count
        index &+= ByteBlock.count
        carry = small >> UInt32(ByteBlock.count - 1)
      }
      let length = end - start
      // Single letters of made-up names (`a2j_a2r`) are no words and make none.
      guard length > 1 else {
        before = -1
        continue
      }
      func word(from start: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: letters + start, count: end - start)
      }
      let own = word(from: start)
      let all = word(from: joined)
      let pair = word(from: before > joined ? before : start)
      // Asked at once, for most words of a page are none of these.
      if table.mayKnow(own) | table.mayKnow(all) | table.mayKnow(pair) != 0 {
        words.formUnion(table[letters: own] ?? [])
        // The first of a class is all of it so far.
        if start > joined { words.formUnion(table[letters: all] ?? []) }
        if before > joined { words.formUnion(table[letters: pair] ?? []) }
      }
      if length > 5, own.has("price") || own.ends(with: "price") { words.insert(.price) }
      before = start
    }
    return words
  }
}
