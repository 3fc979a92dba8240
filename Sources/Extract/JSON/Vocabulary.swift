/// What the key of an object means, whatever a shop's programmers called it.
enum Concept: UInt8 {
  case none
  // Things.
  case name, description, url, slug, identifier, images, thumbnail, category, type
  // Products.
  case sku, gtin, mpn, brand, color, size, variants, master, retailer, productID
  // Money.
  case price, salePrice, listPrice, prices, currency, amount, minorAmount, fractionDigits, range
  case current, formatted, was
  // Stock.
  case available, soldOut, quantity, stockStatus
  /// What is said of fetching the thing from a shop.
  case pickup
  // Posts and people.
  case caption, hashtags, published, creator, taggedProducts, posts, handle, displayName, biography
  case followers, avatar
  // Pages.
  case nextPage, breadcrumbs
  // What hangs together with a thing but is not the thing.
  case related, attributes, values, locale, width, height, items
  /// What names the thing, where money and stock stand beside it.
  case part
}

/// A set of concepts.
struct ConceptSet: OptionSet {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(_ concept: Concept) { rawValue = 1 << UInt64(concept.rawValue) }

  init(_ concepts: Concept...) {
    rawValue = concepts.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }

  @inline(__always)
  func contains(_ concept: Concept) -> Bool { rawValue & (1 << UInt64(concept.rawValue)) != 0 }
}

/// Looks keys up: letters and digits only, in lower case, so that `brandName`, `brand_name` and
/// `brand-name` are one word.
enum Vocabulary {
  private static let words: [(Concept, String)] = [
    (
      .name,
      """
      name title productname producttitle productdisplayname itemname itemtitle heading label \
      nom titre nombre titulo naam namn nazwa nome titolo bezeichnung artikelname produktname \
      produktnamn productlabel modelname fullname namelocalized localizedname displaytitle \
      seotitle headline adtitle goodsname contentname storedisplayname storedisplayname2 商品名
      """
    ),
    (.displayName, "displayname nickname screenname authorname creatorname"),
    (
      .description,
      """
      description desc longdescription shortdescription descriptionhtml bodyhtml descriptiontext \
      productdescription htmldescription beschreibung descripcion descrizione descricao opis \
      beskrivning longdesc shortdesc descriptionlong descriptionshort plaindescription \
      fulldescription descriptionplain
      """
    ),
    (
      .url,
      """
      url href link canonicalurl producturl permalink shareurl hyperlink pdpurl weburl deeplink \
      uri canonical itemurl pageurl productlink canonicallink targeturl affiliateurl \
      affiliatelink onlinestoreurl fullurl absoluteurl buyurl outboundurl trackingurl linkurl \
      publicurl producthref posturl profileurl
      """
    ),
    (.slug, "slug path urlkey urlpath relativeurl pathname seourl urlslug"),
    (.identifier, "id uid uuid key objectid code reference"),
    (.productID, "productid itemid articleid pid prodid goodsid contentid contentids"),
    (
      .images,
      """
      images image media gallery photos pictures imageurls imageurl img imgs assets \
      featuredimage mainimage heroimage cover imgurl picture primaryimage galleryimages \
      mediagallery imagelist productimages medias photo bilder bild fotos foto imagenes immagini \
      pict imagesrc imgsrc imagelarge largeimage zoomimage zoomimages mediaitems coverimage hero \
      productimage fullimage originalimage imagesets imageset imagegallery mediaassets pics \
      hires large zoom mainimageurl imagegroups defaultimage heroimageurl coverurl largeimageurl
      """
    ),
    (.thumbnail, "thumbnail thumb thumbnailurl thumburl thumbs thumbnails smallimage thumbimage"),
    (
      .category,
      """
      category categories categoryname categoryslug producttype categorypath primarycategory \
      maincategory department kategorie categorie categoria kategoria productcategory \
      productcategories categorylabel producttypename subcategory categorynames categorytree
      """
    ),
    (.breadcrumbs, "breadcrumbs breadcrumb crumbs breadcrumblist breadcrumbtrail"),
    (.type, "type typename kind objecttype contenttype"),
    (
      .sku,
      """
      sku skuid skucode articlenumber articleno itemnumber itemcode productcode stylenumber \
      productsku variantsku artikelnummer modelcode articlecode referencia merchantsku \
      retaileritemid artnr artno skunumber productnumber stylecode displayreference partnumber \
      artikelnr productreference itemno catalogref varenummer numerokatalogowe defaultsku
      """
    ),
    (
      .gtin,
      """
      gtin gtin8 gtin12 gtin13 gtin14 ean ean13 ean8 barcode upc isbn isbn13 jan eancode upccode \
      barcodes eans gtins gtincode
      """
    ),
    (.mpn, "mpn manufacturernumber manufacturerpartnumber modelnumber"),
    (
      .brand,
      """
      brand brandname manufacturer manufacturername vendor designer designername marke marque \
      marca maker brandlabel productbrand merk marka varumarke brandtitle itembrand fabrikant \
      hersteller
      """
    ),
    (
      .color,
      """
      color colour colorname colourname colorlabel farbe couleur variantcolor colorway shade \
      colordescription colourdescription farg kolor cor kleur colore farbname productcolor \
      selectedcolor colortitle colorvalue coloris
      """
    ),
    (.size, "size sizename sizelabel grosse groesse taille talla maat taglia storlek rozmiar"),
    (
      .variants,
      """
      variants skus variations productvariants childproducts colors colours swatches \
      colorvariants skulist hasvariant childskus models variantlist varianten variantes warianty \
      allvariants productskus simpleproducts siblings colorways variantproducts variationlist
      """
    ),
    (
      .master,
      """
      mastervariant defaultvariant selectedvariant firstvariant currentvariant selectedsku \
      variant defaultsku defaultproductvariant selectedorfirstavailablevariant mainvariant \
      primaryvariant representative variantbysku master
      """
    ),
    (
      .retailer,
      """
      retailer retailername merchant merchantname seller sellername shop shopname store storename \
      advertiser advertisername soldby vendorname
      """
    ),
    (
      .price,
      """
      price currentprice sellingprice priceamount actualprice prix preis precio prezzo preco cena \
      pris prijs pricevalue itemprice unitpriceamount productprice activeprice priceinclvat \
      pricegross grossprice pricewithtax displayprice pricetext pricelabel pricenumeric \
      defaultprice prixttc pricewithvat todaysprice finalpricevalue pricemoney pricetotal pricefrom \
      priceincl pricenumber productunitprice onlinecustomerprice
      """
    ),
    (
      .salePrice,
      """
      saleprice specialprice discountedprice discountprice promoprice offerprice discounted \
      markdownprice reducedprice nowprice finalprice promotionalprice promotionprice dealprice \
      bestprice pricediscounted reducedpriceamount salepriceamount angebotspreis prixpromo \
      pricesale salepricewithtax salepricewithouttax discountedamount priceafterdiscount preciofinal pricenow promopriceamount \
      pricewithdiscount salepricemoney
      """
    ),
    (
      .listPrice,
      """
      listprice regularprice originalprice oldprice wasprice compareatprice compareatpricerange msrp rrp fullprice \
      strikeprice strikethroughprice pricebeforediscount retailprice previousprice initialprice \
      undiscountedprice crossedprice uvp rrpprice referenceprice baseprice normalprice \
      displayregularprice pricewas priceoriginal priceold prixbarre ancienprix alterpreis standardprice \
      recommendedretailprice beforeprice compareatpriceamount precioanterior regularpriceamount \
      originalpriceamount listpriceamount wasamount pricebefore oldpriceamount pvpr rrpwithtax \
      rrpwithouttax nonsalepricewithtax nonsalepricewithouttax compareprice compareatpricenumber \
      listpricefrom priceoldincl pricewithoutreduction
      """
    ),
    (
      .prices,
      """
      prices pricing priceinfo offers offer pricedata pricedetails amounts cost pricesummary \
      pricespecification priceobject priceblock sellprice sales productprices pricinginfo withouttax \
      itemprices commertialoffer sellers onlinecustomerpricedetail
      """
    ),
    (
      .currency,
      """
      currency currencycode pricecurrency currencyiso isocurrency currencyisocode currencyid \
      isocurrencycode isocode currencyisocode3 moneda devise waehrung wahrung curr cur \
      currencysymbol storecurrency activecurrency shopcurrency sitecurrency ordercurrency
      """
    ),
    (
      .amount,
      "amount value val gross withtax decimalprice decimalvalue numeric float amountwithtax"
    ),
    (
      .minorAmount,
      """
      centamount priceincents cents amountminor minorunits valueincents priceminor minor \
      amountincents pricecents minoramount unitamount amountcents valueminor pricecent \
      priceminorunits lowestunit minorvalue subunits
      """
    ),
    (
      .fractionDigits,
      "fractiondigits precision exponent decimals scale decimalplaces minorunitdigits currencyexponent"
    ),
    (
      .range,
      "min max minprice lowprice low minimum from minvariantprice minimumprice pricemin pricerange"
    ),
    (.current, "current now selling actual final effective today active discount reduced sale"),
    (
      .was,
      "was original regular old before full initial base crossed strike undiscounted normal previous"
    ),
    (
      .formatted,
      """
      formatted formattedvalue formattedprice display displayvalue priceformatted localized \
      formattedamount pricestring text pricehtml priceformat
      """
    ),
    (
      .available,
      """
      instock isinstock available isavailable availableforsale isonstock purchasable buyable \
      orderable ispurchasable isbuyable hasstock onstock isorderable salable issalable addtocart \
      canbuy cansell sellable auflager enstock verfugbar buyenabled onlineavailable
      """
    ),
    (
      .soldOut,
      "soldout issoldout outofstock isoutofstock oos unavailable isunavailable ausverkauft epuise"
    ),
    (
      .quantity,
      """
      quantity stocklevel inventory inventoryquantity stockquantity availablequantity qty stockqty \
      availabletosell ats quantityavailable stockcount inventorylevel availablestock stockamount \
      totalinventory qtyinstock
      """
    ),
    (
      .stockStatus,
      """
      availability stockstatus stock availabilitystatus inventorystatus availabilitytext \
      stocktext stocklevelstatus availabilitystate stockinfo inventorystate
      """
    ),
    (
      .pickup,
      "pickup storepickup instorepickup pickupinstore clickandcollect clickcollect bopis curbsidepickup"
    ),
    (.caption, "caption text body articlebody message posttext content"),
    (.hashtags, "hashtags tags keywords hashtaglist taglist"),
    (
      .published,
      """
      datepublished publishedat publishdate publicationdate createdat createdtime date postedat \
      takenat publishtime publisheddate created dateposted publishedon timestamp datecreated \
      posteddate firstpublishedat publishedtime
      """
    ),
    (
      .creator,
      """
      creator author profile influencer user owner curator postedby creatorprofile publisher \
      blogger stylist creatorinfo userprofile byline account profileid creatorid authorid influencerid
      """
    ),
    (
      .taggedProducts,
      """
      products productlinks taggedproducts linkeditems shoppableproducts productids shopitems \
      taggeditems productitems links productlist shopthelook lookproducts featuredproducts
      """
    ),
    (.items, "items results hits edges nodes list entries data records productcards tiles"),
    (.posts, "posts feed looks ltks ltkposts timeline outfits stories collages"),
    (.handle, "handle username alternatename userhandle instagramhandle login accountname nick"),
    (.biography, "bio biography about aboutme profilebio tagline intro"),
    (.followers, "followers followercount followerscount followscount subscribercount"),
    (.avatar, "avatar profileimage avatarurl profilepicture profileimageurl profilepic userimage"),
    (
      .nextPage,
      """
      next nextpage nextpageurl nexturl loadmore loadmoreurl nexthref nextlink prev prevpage \
      prevurl previouspage morehref moreurl nextpagehref
      """
    ),
    (
      .related,
      """
      related relatedproducts recommendations recommended recommendedproducts similar \
      similarproducts isrelatedto issimilarto crosssell crosssells upsell upsells upselling \
      crossselling recentlyviewed alsobought youmayalsolike completethelook accessories \
      relateditems suggestions alternatives bundles associatedproducts othersbought carousel \
      reviews review questions impressions frequentlyboughttogether recommendationlist lookalikes
      """
    ),
    (.attributes, "attributes fields properties options customattributes specs features"),
    (.values, "values selectedoptions optionvalues valuelist variationvalues"),
    (.locale, "locale language lang languagecode localecode"),
    (.width, "width w imagewidth"),
    (.height, "height h imageheight"),
    (
      .part,
      "product productinfo item iteminfo productdata productdetails productdetail productcontext article goods"
    ),
  ]

  /// What data layers put before a word: `product_name`, `item_brand`.
  private static let prefixes = ["product", "item"]
  private static let prefixed: Set<Concept> = [
    .name, .sku, .gtin, .mpn, .brand, .color, .size, .category, .price, .salePrice, .listPrice,
    .currency, .available, .soldOut, .stockStatus, .images, .thumbnail, .url, .description,
  ]

  /// Who looks many keys up takes it once.
  static let table: HashedWords<Concept> = {
    let plain = words.flatMap { concept, list in
      list.utf8.split { $0 == 0x20 || $0 == 0x0A }.map { (Array($0), concept) }
    }
    let told = plain.filter { prefixed.contains($0.1) }
    // Of two meanings the first stands.
    return HashedWords(
      plain + prefixes.flatMap { prefix in told.map { (Array(prefix.utf8) + $0.0, $0.1) } })
  }()

  /// - Parameter key: Apollo's `price({"currency":"USD"})` means what `price` means.
  static func concept(
    _ key: UnsafeBufferPointer<UInt8>, in table: HashedWords<Concept> = table
  ) -> Concept {
    var key = key
    if key.count > 3, key[key.count - 1] == 0x29, let open = key.firstIndex(of: 0x28) {
      key = key.part(0, open)
    }
    return key.count <= 40 ? table[key] ?? .none : .none
  }

  static func concept(_ key: String) -> Concept {
    var key = key
    return key.withUTF8 { concept($0) }
  }

  /// Whether a key of a quantity may mean how many are looked at or ordered.
  static func isOrdered(_ key: ArraySlice<UInt8>) -> Bool {
    Bytes.equals(key, "quantity") || Bytes.equals(key, "qty")
  }
}
