/// What a label says about the value that follows it, in the languages of the big shop markets.
///
/// Looked up by a hash of the label's letters and digits, ASCII case ignored, so that `Art.-Nr.:`,
/// `ART NR` and `art.nr` are one; labels of other scripts are kept as written, capitalised and in
/// capitals.
enum LabelWords {
  enum Meaning {
    /// The number that the shop itself goes by.
    case number
    /// A number of the maker's, or of a kind of its own.
    case model
    case gtin
    case brand
    case color
    case stock
    /// What is to be paid today.
    case price
  }

  private static let lists: [(Meaning, String)] = [
    (
      .number,
      """
      sku,asin,item no,item number,item code,item id,item,product code,product id,product no,product number,
      product sku,product ref,product reference,article number,article no,article code,article,art,art no,
      id produto,id do produto,id producto,id del producto,id produit,id prodotto,produkt id,artikel id,
      id produktu,id товара,catalog number,catalogue number,stock code,stock no,web id,web code,shop sku,reference,reference number,ref,ref no,
      our reference,style no,style number,style code,style,order number,order no,order code,
      artikelnummer,artikel nr,artikelnr,artnr,art nr,bestellnummer,bestellnr,bestell nr,produktnummer,
      produktcode,artikelcode,bestelnummer,productcode,productnummer,
      référence,réf,référence produit,référence article,code article,code produit,
      referencia,código,código de producto,código del producto,código de artículo,número de artículo,
      codice,codice articolo,codice prodotto,cod,cod art,riferimento,
      código do produto,código do item,referência,ref produto,cod produs,cod produsului,cod articol,
      kod produktu,nr katalogowy,numer katalogowy,nr artykułu,numer artykułu,nr ref,numer referencyjny,
      symbol,symbol produktu,indeks,kód,kód produktu,kód zboží,kód tovaru,objednací číslo,katalogové číslo,
      číslo zboží,číslo produktu,cikkszám,termékkód,termék kód,
      varenummer,varenr,vare nr,produktnr,artikelnummer,art nummer,tuotenumero,tuotekoodi,tuotenro,
      produkta kods,preces kods,prekės kodas,kodas,tootekood,artikkel,
      šifra,šifra artikla,šifra proizvoda,šifra izdelka,kataloški broj,ürün kodu,stok kodu,ürün no,
      артикул,код,код товара,номер товара,арт,номенклатурный номер,код на продукта,код товару,
      κωδικός,κωδικός προϊόντος,κωδ,מקט,קוד מוצר,מספר פריט,رمز المنتج,رقم المنتج,رقم الصنف,
      商品番号,品番,商品コード,商品编号,商品編號,商品代码,商品號,货号,貨號,상품번호,상품코드,제품번호,
      mã sản phẩm,mã sp,mã hàng,รหัสสินค้า,kode produk
      """
    ),
    (
      .model,
      """
      code,model,model no,model number,item model number,modelo,modell,modello,modèle,modelnummer,mpn,
      part number,part no,manufacturer part number,manufacturer number,mfr part no,herstellernummer,
      hersteller nr,hersteller artikelnummer,numéro de modèle,número de modelo,numero modello,
      kod producenta,numer producenta,part number výrobce,модель,型番,型号,型號,모델명,모델번호,model kodu
      """
    ),
    (
      .gtin,
      """
      gtin,ean,upc,isbn,isbn 10,isbn 13,ean code,ean 13,ean upc,gtin ean,ean gtin,upc code,barcode,bar code,
      gtin 13,gtin 14,jan,jan code,janコード,strichcode,kod ean,ean kod,ean kód,ean koda,ean nummer,
      code barres,code barre,code ean,gencod,código de barras,código ean,codice ean,codice a barre,
      codul ean,cod ean,cod de bare,kod kreskowy,čárový kód,čiarový kód,vonalkód,streckkod,strekkode,
      stregkode,viivakoodi,barkod,barkod no,штрихкод,штрих код,баркод,ברקוד,条码,條碼,国际条码,바코드
      """
    ),
    (
      .brand,
      """
      brand,brand name,brands,brand manufacturer,manufactured by,make,make manufacturer,manufacturer,maker,label,
      marke,hersteller,marque,fabricant,marca,fabricante,produttore,merk,merknaam,fabrikant,varumärke,
      tillverkare,märke,mærke,producent,merke,produsent,tuotemerkki,valmistaja,merkki,marka,značka,
      výrobce,výrobca,márka,gyártó,producător,brend,бренд,производитель,марка,торговая марка,виробник,
      бранд,znamka,blagovna znamka,proizvajalec,proizvođač,robna marka,zīmols,ražotājs,prekės ženklas,
      gamintojas,kaubamärk,tootja,üretici,μάρκα,κατασκευαστής,τύπος μάρκας,מותג,יצרן,
      الماركة,ماركة,العلامة التجارية,ブランド,ブランド名,メーカー,メーカー名,品牌,品牌名称,品牌名稱,
      厂商,廠牌,브랜드,제조사,thương hiệu,nhà sản xuất,ยี่ห้อ,แบรนด์,merek
      """
    ),
    (
      .color,
      """
      colour,color,farbe,couleur,colore,cor,kleur,färg,farve,farge,väri,kolor,barva,farba,szín,culoare,
      boja,renk,color name,цвет,колір,цвят,χρώμα,צבע,اللون,カラー,色,颜色,顏色,색상,màu,màu sắc,สี
      """
    ),
    (
      .stock,
      """
      availability,stock,stock status,verfügbarkeit,lagerbestand,lagerstatus,disponibilité,stocks,
      disponibilidad,disponibilità,disponibilidade,estoque,beschikbaarheid,voorraad,dostępność,stan magazynowy,
      dostupnost,dostupnosť,skladem,tillgänglighet,lagersaldo,tilgængelighed,tilgjengelighet,saatavuus,
      elérhetőség,készlet,disponibilitate,stoc,dostupnost,razpoložljivost,zaloga,stok durumu,stok,
      наличие,наявність,наличност,διαθεσιμότητα,זמינות,الحالة,التوفر,在庫,在庫状況,库存,庫存,재고,
      tình trạng,สถานะสินค้า,ketersediaan
      """
    ),
    (
      .price,
      """
      price,our price,your price,price now,current price,sale price,special price,now,now only,unit price,
      retail price incl vat,price incl vat,online price,web price,total price,
      preis,unser preis,ihr preis,jetzt,einzelpreis,stückpreis,preis inkl mwst,sonderpreis,aktionspreis,
      prix,notre prix,votre prix,prix ttc,prix de loffre,prix promo,prix unitaire,
      precio,precio ahora,precio oferta,precio web,precio online,nuestro precio,ahora,
      prezzo,prezzo online,prezzo finale,il nostro prezzo,ora,offerta,
      preço,por,por apenas,prijs,onze prijs,nu,voor,pris,vårt pris,vår pris,vores pris,nå,kampanjpris,
      hinta,hintamme,cena,cena brutto,nasza cena,cena s dph,vaše cena,naše cena,naša cena,cena z ddv,cijena,
      naša cijena,akcijska cena,akcijska cijena,ár,bruttó ár,akciós ár,preț,pret,pretul nostru,fiyat,fiyatı,
      kdv dahil,satış fiyatı,цена,наша цена,ціна,ваша цена,розничная цена,цена с ддс,kaina,hind,τιμή,
      מחיר,מחירנו,السعر,سعر,السعر الآن,価格,販売価格,価格税込,税込価格,税込,通常販売価格,売価,价格,價格,
      售价,售價,现价,現價,优惠价,優惠價,特價,網路價,가격,판매가,판매가격,할인가,giá,giá bán,ราคา,harga
      """
    ),
  ]

  private static let table = HashedWords<Meaning>(
    lists.flatMap { meaning, list in
      list.split { $0 == "," || $0 == "\n" }.flatMap { label in
        let lower = label.lowercased()
        let forms = [lower, lower.prefix(1).uppercased() + lower.dropFirst(), lower.uppercased()]
        return forms.map { (Array($0.utf8), meaning) }
      }
    })

  /// - Parameter label: With or without its colon; marks and spaces do not count.
  static func meaning(_ label: some ByteRun) -> Meaning? {
    var label = Bytes.trimmed(label)
    // `：` and `º`, `°`, `״` at the end.
    while label.count > 2, let last = label.last, last >= 0x80 {
      if label.count > 3, label.suffix(3).elementsEqual([0xEF, 0xBC, 0x9A]) {
        label = label.dropLast(3)
      } else if label.suffix(2).elementsEqual([0xC2, 0xBA])
        || label.suffix(2).elementsEqual([0xC2, 0xB0])
        || label.suffix(2).elementsEqual([0xC2, 0xA0])
      {
        label = label.dropLast(2)
      } else {
        break
      }
    }
    guard label.count >= 2, label.count <= 48 else { return nil }
    return label.withMemory { table[$0] }
  }
}
