/// RDFa Lite 1.1 (`vocab`, `typeof`, `property`, `resource`, `prefix`) and the `about`, `rel` and
/// `content` of full RDFa as shops use them, as a tape with `@type` and `@id`. A `rel` around what it
/// relates to names all that is inside it and has no name of its own (RDFa Core 1.1, 6.3).
///
/// Only terms of schema.org and GoodRelations' Product are kept: a term without a prefix, with the
/// prefix `schema` (or one that `prefix` or, as in RDFa 1.0, `xmlns:` binds to schema.org), or a full
/// address.
struct RDFa {
  static func read(_ document: Document, nodeLimit: Int) -> JSONTape? {
    guard document.mentions(.typeof) else { return nil }
    var builder = TapeBuilder(nodeLimit: nodeLimit)
    builder.open(.array, key: nil)
    var ends: [Int] = []
    var found = false
    var prefixes = Self.prefixes
    let namespaces = document.otherNames { $0.has("xmlns:", at: 0) }
    // A `rel` whose objects are still to come.
    var relation: (name: String, end: Int)?
    for element in 0..<document.count {
      guard document.elements[element].attributeCount > 0, !builder.isFull else { continue }
      var type: Document.Value?
      var property: Document.Value?
      var isRelation = false
      for attribute in document.attributes(element) {
        if attribute.name == Name.prefix.rawValue {
          bind(document.value(of: attribute), into: &prefixes)
        } else if attribute.name >= Name.count {
          let place = Int(attribute.name - Name.count)
          guard place < namespaces.count, namespaces[place], prefixes.count < 64,
            Bytes.contains(document.value(of: attribute), "schema.org")
          else { continue }
          prefixes.insert(String(document.nameText(attribute.name).dropFirst(6)))
        } else if attribute.name == Name.typeof.rawValue {
          type = document.value(of: attribute)
        } else if attribute.name == Name.property.rawValue {
          property = document.value(of: attribute)
        } else if attribute.name == Name.rel.rawValue, property == nil,
          document.has(element, .typeof) || !ends.isEmpty,
          document.value(of: attribute).contains(0x3A)
        {
          property = document.value(of: attribute)
          isRelation = true
        }
      }
      guard type != nil || property != nil else { continue }
      while let end = ends.last, element >= end {
        builder.close()
        ends.removeLast()
      }
      let names = property.map { terms($0, prefixes) } ?? []
      let types = type.map { terms($0, prefixes) } ?? []
      if isRelation, types.isEmpty, let name = names.first, isAround(document, element) {
        relation = (name, Int(document.elements[element].end))
        continue
      }
      if !types.isEmpty, ends.count < Microdata.depthLimit {
        found = true
        let related = relation.flatMap { element < $0.end ? $0.name : nil }
        builder.open(.object, key: names.first ?? related ?? (ends.isEmpty ? nil : "@nested"))
        ends.append(Int(document.elements[element].end))
        for name in types.prefix(4) { builder.addString(name.utf8, key: "@type") }
        for id in [Name.resource, .about] {
          if let id = document.value(element, id) {
            builder.addString(id, key: "@id")
            break
          }
        }
      } else if !ends.isEmpty, !names.isEmpty {
        guard let resource = document.value(element, .resource), !document.has(element, .content)
        else {
          let value = Microdata.value(of: element, in: document)
          for name in names.prefix(4) { builder.addString(value, key: name) }
          continue
        }
        // `#offer` and `_:offer` are things that another element describes.
        let isThing = resource.first == 0x23 || resource.first == 0x5F
        for name in names.prefix(4) {
          if isThing { builder.open(.object, key: name) }
          builder.addString(resource, key: isThing ? "@id" : name)
          if isThing { builder.close() }
        }
      }
    }
    while ends.popLast() != nil { builder.close() }
    return found ? builder.finish(origin: "rdfa") : nil
  }

  /// Whether an element with `rel` names nothing itself, so that what is inside it is meant.
  private static func isAround(_ document: Document, _ element: Int) -> Bool {
    Int(document.elements[element].end) > element + 1
      && [.resource, .href, .src, .content].allSatisfy { !document.has(element, $0) }
  }

  /// Reads `foo: https://schema.org/ bar: …`.
  private static func bind(_ value: Document.Value, into prefixes: inout Set<String>) {
    var last: String?
    for word in value.split(whereSeparator: Bytes.isSpace).prefix(64) {
      if word.last == 0x3A {
        last = String(decoding: word.dropLast(), as: UTF8.self).lowercased()
      } else if let name = last, Bytes.contains(word, "schema.org"), prefixes.count < 64 {
        prefixes.insert(name)
      }
    }
  }

  private static let prefixes: Set<String> = ["schema", "s", "sdo", "gr", "v", "product"]
  /// GoodRelations' and the data vocabulary's words for what schema.org calls otherwise.
  private static let synonyms = [
    "hasCurrencyValue": "price", "hasCurrency": "priceCurrency", "offers": "offers",
    "hasPriceSpecification": "priceSpecification", "hasStockKeepingUnit": "sku",
    "hasEAN_UCC-13": "gtin13", "hasBrand": "brand", "hasManufacturer": "brand",
    "currency": "priceCurrency", "photo": "image",
  ]

  private static func terms(_ value: Document.Value, _ prefixes: Set<String>) -> [String] {
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
