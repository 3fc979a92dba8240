/// RDFa Lite 1.1 (`vocab`, `typeof`, `property`, `resource`, `prefix`) and the `about`, `rel` and
/// `content` of full RDFa as shops use them, as a tape with `@type` and `@id`.
///
/// Only terms of schema.org and GoodRelations' Product are kept: a term without a prefix, with the
/// prefix `schema` (or one that `prefix` binds to schema.org), or a full address.
struct RDFa {
  static func read(_ document: Document, nodeLimit: Int) -> JSONTape? {
    guard document.mentions(.typeof) else { return nil }
    var builder = TapeBuilder(nodeLimit: nodeLimit)
    builder.open(.array, key: nil)
    var ends: [Int] = []
    var found = false
    for element in 0..<document.count {
      guard document.elements[element].attributeCount > 0, !builder.isFull else { continue }
      var type: Document.Value?
      var property: Document.Value?
      for attribute in document.attributes(element) {
        if attribute.name == Name.typeof.rawValue {
          type = document.value(of: attribute)
        } else if attribute.name == Name.property.rawValue {
          property = document.value(of: attribute)
        } else if attribute.name == Name.rel.rawValue, property == nil,
          document.has(element, .typeof) || !ends.isEmpty,
          document.value(of: attribute).contains(0x3A)
        {
          property = document.value(of: attribute)
        }
      }
      guard type != nil || property != nil else { continue }
      while let end = ends.last, element >= end {
        builder.close()
        ends.removeLast()
      }
      let names = property.map { terms($0) } ?? []
      let types = type.map { terms($0) } ?? []
      if !types.isEmpty, ends.count < Microdata.depthLimit {
        found = true
        builder.open(.object, key: names.first ?? (ends.isEmpty ? nil : "@nested"))
        ends.append(Int(document.elements[element].end))
        for name in types.prefix(4) { builder.addString(name.utf8, key: "@type") }
        for id in [Name.resource, .about] {
          if let id = document.value(element, id) {
            builder.addString(id, key: "@id")
            break
          }
        }
      } else if !ends.isEmpty, !names.isEmpty {
        let value: [UInt8]
        if let resource = document.value(element, .resource), !document.has(element, .content) {
          value = Array(resource)
        } else {
          value = Microdata.value(of: element, in: document)
        }
        for name in names.prefix(4) { builder.addString(value, key: name) }
      }
    }
    while ends.popLast() != nil { builder.close() }
    return found ? builder.finish(origin: "rdfa") : nil
  }

  private static let prefixes: Set<String> = ["schema", "s", "sdo", "gr", "v", "product"]
  /// GoodRelations' and the data vocabulary's words for what schema.org calls otherwise.
  private static let synonyms = [
    "hasCurrencyValue": "price", "hasCurrency": "priceCurrency", "offers": "offers",
    "hasPriceSpecification": "priceSpecification", "hasStockKeepingUnit": "sku",
    "hasEAN_UCC-13": "gtin13", "hasBrand": "brand", "hasManufacturer": "brand",
    "currency": "priceCurrency", "photo": "image",
  ]

  private static func terms(_ value: Document.Value) -> [String] {
    value.split { Bytes.isSpace($0) }.compactMap { bytes -> String? in
      let text = String(decoding: bytes, as: UTF8.self)
      var term = text
      if text.contains("://") {
        guard text.contains("schema.org") || text.contains("goodrelations") else { return nil }
        term = String(text[text.lastIndex { $0 == "/" || $0 == "#" }!...].dropFirst())
      } else if let colon = text.firstIndex(of: ":") {
        guard prefixes.contains(text[..<colon].lowercased()), !text.hasPrefix("product:") else {
          return nil
        }
        term = String(text[colon...].dropFirst())
      }
      return synonyms[term] ?? term
    }
  }
}
