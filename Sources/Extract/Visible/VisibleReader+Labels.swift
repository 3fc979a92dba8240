import Catalog

extension VisibleReader {
  private static let labels: [(Field, [String])] = [
    (
      .sku,
      [
        "sku", "asin", "item no", "item number", "item code", "product code", "art.-nr", "art.nr",
        "art. nr",
        "artikelnummer", "artikel-nr", "bestellnummer", "référence", "reference", "réf", "ref.",
        "ref",
        "referencia", "codice", "codice articolo", "código", "codigo", "cod.", "cod", "cod produs",
        "kod produktu", "symbol", "kód", "kód produktu", "artikelnr", "artnr", "varenummer",
        "varenr",
        "tuotenumero", "артикул", "код товара", "код", "商品番号", "品番", "商品编号", "model no", "style no",
        "style", "article number", "article no", "product id", "product number", "catalog number",
        "šifra",
        "šifra artikla", "cikkszám", "ürün kodu", "modelo", "part number", "item model number",
        "item #",
        "מק\"ט", "מק״ט", "상품번호", "商品編號", "product ref",
      ]
    ),
    (
      .gtin,
      [
        "gtin", "ean", "upc", "isbn", "isbn-13", "ean-code", "ean code", "barcode", "jan", "ean13",
        "strichcode", "kod ean", "gtin/ean",
      ]
    ),
    (
      .brand,
      [
        "brand", "marke", "marque", "marca", "merk", "manufacturer", "hersteller", "fabricant",
        "varumärke", "mærke", "merke", "producent", "značka", "márka", "бренд", "производитель",
        "ブランド",
        "メーカー", "品牌", "marka", "znamka", "proizvajalec", "proizvođač", "make / manufacturer",
        "make", "výrobce", "výrobca", "brand name", "τύπος μάρκας", "브랜드", "מותג",
        "العلامة التجارية",
      ]
    ),
    (
      .color,
      [
        "colour", "color", "farbe", "couleur", "colore", "cor", "kleur", "färg", "kolor", "barva",
        "цвет", "カラー", "颜色",
      ]
    ),
  ]

  private static let fieldOfLabel: [String: Field] = {
    var table: [String: Field] = [:]
    for (field, labels) in labels {
      for label in labels { table[label] = field }
    }
    return table
  }()

  /// Reads `SKU: 123`, tables of two columns, lists of terms, and attributes that name their value.
  func readLabelled(into reading: inout ProductReading) {
    for element in 0..<document.count {
      readAttributes(element, into: &reading)
      let length = document.textLength(element)
      guard length >= 2, length <= 140, isOwn(element), !document.isRaw(element) else { continue }
      let record = document.elements[element]
      let words = outline.words[element]
      if !words.isDisjoint(with: [.sku, .gtin]) { readWorded(element, words, into: &reading) }
      let isCell =
        record.name == Name.dt.rawValue || record.name == Name.th.rawValue
        || record.name == Name.td.rawValue
      if isCell, length <= 48, Int(record.end) < document.count {
        let next = Int(record.end)
        guard document.elements[next].parent == record.parent,
          document.has(next, name: .td) || document.has(next, name: .dd),
          let label = document.textString(element), let field = Self.field(label),
          let value = document.textString(next)
        else { continue }
        add(field, value, next, bonus: 2, into: &reading)
        continue
      }
      // `Label: value` in one short text, or in two children.
      guard Int(record.end) - element <= 8 else { continue }
      let bytes = document.textBytes(element)
      guard
        let colon = bytes.firstIndex(where: { $0 == 0x3A || $0 == 0xEF || $0 == 0x23 || $0 == 0x0A }
        ),
        colon > bytes.startIndex, colon - bytes.startIndex <= 40
      else { continue }
      guard let text = document.textString(element),
        let cut = text.firstIndex(where: { $0 == ":" || $0 == "：" || $0 == "#" })
      else { continue }
      guard let field = Self.field(String(text[..<cut])) else { continue }
      let value = String(text[text.index(after: cut)...]).trimmingSpaces()
      add(field, value, element, bonus: 0, into: &reading)
    }
  }

  static func field(_ label: String) -> Field? {
    var label = label.lowercased().trimmingSpaces()
    while let last = label.last,
      last == ":" || last == "." || last == "#" || last == "：" || last == " "
    {
      label.removeLast()
    }
    if let field = fieldOfLabel[label] { return field }
    return fieldOfLabel[label + "."]
  }

  /// An element whose class promises a number: its text, without the label.
  private func readWorded(_ element: Int, _ words: ClassWords, into reading: inout ProductReading) {
    guard var text = document.textString(element), text.utf8.count <= 80 else { return }
    if let colon = text.lastIndex(where: { $0 == ":" || $0 == "：" || $0 == "#" }) {
      text = String(text[text.index(after: colon)...]).trimmingSpaces()
    }
    add(words.contains(.gtin) ? .gtin : .sku, text, element, bonus: 4, into: &reading)
  }

  private func readAttributes(_ element: Int, into reading: inout ProductReading) {
    guard document.elements[element].attributeCount > 0, !isCard(element), !isOutside(element)
    else { return }
    for attribute in document.attributes(element)
    where attribute.count >= 2 && attribute.count <= 60 {
      switch attribute.name {
      case Name.dataSku.rawValue, Name.dataProductSku.rawValue, Name.dataAsin.rawValue:
        if outline.words[element].contains(.swatch) { continue }
        guard let value = Bytes.trimmedString(document.value(of: attribute)) else { continue }
        add(.sku, value, element, bonus: -4, into: &reading)
      case Name.dataGtin.rawValue, Name.dataEan.rawValue:
        guard let value = Bytes.trimmedString(document.value(of: attribute)) else { continue }
        add(.gtin, value, element, bonus: 0, into: &reading)
      case Name.dataBrand.rawValue, Name.dataProductBrand.rawValue:
        guard let value = Bytes.trimmedString(document.value(of: attribute)) else { continue }
        add(.brand, value, element, bonus: 0, into: &reading)
      case Name.name.rawValue where document.has(element, name: .input):
        let name = document.value(of: attribute)
        guard
          Bytes.equals(name, "sku") || Bytes.equals(name, "asin")
            || Bytes.equals(name, "product_id")
            || Bytes.equals(name, "productid") || Bytes.equals(name, "product_sku"),
          let value = document.attribute(element, .value)
        else { continue }
        add(.sku, value, element, bonus: Bytes.contains(name, "id") ? -12 : -2, into: &reading)
      default: continue
      }
    }
  }

  private func add(
    _ field: Field, _ value: String, _ element: Int, bonus: Int, into reading: inout ProductReading
  ) {
    switch field {
    case .gtin:
      guard reading.text(.gtin) == nil, let gtin = Gtin.readBook(value) else { return }
      reading.add(.gtin, gtin, at: document.path(element), raw: value)
    case .sku:
      let word = value.split(separator: " ").first.map(String.init) ?? value
      let code = value.utf8.count <= 24 ? value : word
      guard (2...40).contains(code.utf8.count), code.utf8.contains(where: Bytes.isDigit),
        code.split(separator: " ").count <= 2,
        reading.texts.filter({ $0.field == .sku }).count < 12
      else { return }
      guard
        !reading.texts.contains(where: { $0.field == .sku && $0.value == code && $0.bonus >= bonus }
        )
      else { return }
      reading.add(.sku, code, at: document.path(element), raw: value, bonus: bonus)
    case .brand:
      guard reading.text(.brand) == nil, let brand = BrandText.clean(value) else { return }
      reading.add(.brand, brand, at: document.path(element), raw: value, bonus: bonus)
    default:
      guard reading.text(field) == nil, !value.isEmpty, value.utf8.count <= 60 else { return }
      reading.add(field, value, at: document.path(element))
    }
  }
}
