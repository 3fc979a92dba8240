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
      "oldprice listprice regularprice wasprice originalprice retailprice msrp rrp uvp strikeprice"
    ),
    (
      .old,
      """
      old was original list regular strike striked strikethrough crossed barred full before previous compare \
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
      "stock availability available instock outofstock soldout inventory verfugbarkeit disponibilite dostepnost lagerstatus delivery disponibilidad disponibilita"
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
  ]

  private struct Slot {
    var hash: UInt64
    var words: ClassWords
  }
  private static let mask = 4095

  /// All words by their hash, never freed: who reads many values takes `table` once.
  struct Table: @unchecked Sendable {
    // Written in `init`, and only read from then on.
    private let slots: UnsafePointer<Slot>
    /// One bit a slot, set where it is taken: most words mean nothing, and these bits stay in the
    /// cache.
    private let taken: UnsafePointer<UInt64>

    fileprivate init() {
      let slots = UnsafeMutablePointer<Slot>.allocate(capacity: mask + 1)
      slots.initialize(repeating: Slot(hash: 0, words: []), count: mask + 1)
      let taken = UnsafeMutablePointer<UInt64>.allocate(capacity: (mask + 1) / 64)
      taken.initialize(repeating: 0, count: (mask + 1) / 64)
      for (words, list) in lists {
        for word in list.split(separator: " ") {
          var hash: UInt64 = 0
          for byte in word.utf8 { hash = mix(hash, byte) }
          var slot = place(hash)
          while taken[slot >> 6] >> UInt64(slot & 63) & 1 != 0, slots[slot].hash != hash {
            slot = (slot + 1) & mask
          }
          slots[slot].hash = hash
          slots[slot].words.formUnion(words)
          taken[slot >> 6] |= 1 << UInt64(slot & 63)
        }
      }
      self.slots = UnsafePointer(slots)
      self.taken = UnsafePointer(taken)
    }

    @inline(__always) fileprivate func lookUp(_ hash: UInt64) -> ClassWords {
      var slot = place(hash)
      while taken[slot >> 6] >> UInt64(slot & 63) & 1 != 0 {
        if slots[slot].hash == hash { return slots[slot].words }
        slot = (slot + 1) & mask
      }
      return []
    }
  }

  static let table = Table()

  private static let base: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// A polynomial in `base`, so that the hash of two words in one is made of theirs (Karp and Rabin,
  /// 1987).
  @inline(__always) private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    hash &* base &+ UInt64(byte)
  }

  @inline(__always) private static func place(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash >> 40) & mask
  }

  /// What reading makes of a byte: its lower case where it is a letter, 0 where it is none.
  @inline(__always) private static func letter(_ byte: UInt8) -> UInt8 {
    let lower = byte | 0x20
    return lower &- 0x61 < 26 ? lower : byte >= 0x80 ? byte : 0
  }

  /// Words are split at what is no letter and where a capital follows a small letter; two that stand
  /// together (`box__old-price`) and all of one class (`add-to-cart`) are also looked up as one.
  static func read(_ value: some ByteRun, _ table: Table = Self.table) -> ClassWords {
    value.withMemory { read($0, table) }
  }

  private static func read(_ value: UnsafeBufferPointer<UInt8>, _ table: Table) -> ClassWords {
    var words: ClassWords = []
    /// All letters since the last white space.
    var joined: UInt64 = 0
    /// The word before; 0 for none.
    var before: UInt64 = 0
    var index = 0
    while index < value.count {
      let wordStart = index
      var hash: UInt64 = 0
      var power: UInt64 = 1
      var wasSmall = false
      while index < value.count {
        let byte = value[index]
        let lower = letter(byte)
        let isCapital = lower != byte
        // A word ends before what is no letter and before a capital after a small letter.
        guard lower != 0, !(isCapital && wasSmall) else { break }
        hash = mix(hash, lower)
        power = power &* base
        wasSmall = !isCapital
        index += 1
      }
      let length = index - wordStart
      guard length > 0 else {
        if Bytes.isSpace(value[index]) {
          joined = 0
          before = 0
        }
        index += 1
        continue
      }
      joined = joined &* power &+ hash
      // Single letters of made-up names (`a2j_a2r`) are no words and make none.
      guard length > 1 else {
        before = 0
        continue
      }
      words.formUnion(table.lookUp(hash))
      if length > 5,
        Bytes.starts(value, at: wordStart, with: "price")
          || Bytes.starts(value, at: index - 5, with: "price")
      {
        words.insert(.price)
      }
      if joined != hash { words.formUnion(table.lookUp(joined)) }
      let pair = before &* power &+ hash
      if before != 0, pair != joined { words.formUnion(table.lookUp(pair)) }
      before = hash
    }
    return words
  }
}
