import Catalog

/// Values beside their labels: in tables, in lists of terms, in neighbouring elements, in one text.
extension VisibleReader {
  /// What a label is worth. A number that the shop prints beside a label of its own is the one that
  /// its customers and its staff go by; data often carries a variant's or a database row's instead.
  static let labelledNumber = 50
  /// The same, told by a class only.
  static let classedNumber = 40

  func readLabelled(into reading: inout ProductReading) {
    let hasData = Self.telling.contains { document.mentions($0) }
    for element in inside where !isCard(element) {
      let record = document.elements[element]
      if hasData || record.name == Name.input.rawValue { readAttributes(element, into: &reading) }
      let length = record.textEnd - record.textStart
      guard length >= 2, length <= 140, !document.isRaw(element) else { continue }
      let size = Int(record.end) - element
      let words = outline.words[element]
      if !words.isDisjoint(with: [.sku, .gtin]), size <= 8 {
        readWorded(element, words, into: &reading)
      }
      guard size <= 8 else { continue }
      let bytes = document.textBytes(element)
      if length <= 48, size <= 3, let meaning = LabelWords.meaning(bytes) {
        if let value = neighbour(of: element) {
          add(meaning, document.textBytes(value), value, isCertain: true, into: &reading)
        }
        continue
      }
      switch Name(rawValue: record.name) {
      case .table, .tbody, .ul, .ol, .dl, .select: continue
      default: readLabel(in: bytes, element, into: &reading)
      }
    }
  }

  /// The element right after a label: the next cell, the next term, the next of its parent.
  private func neighbour(of element: Int) -> Int? {
    let record = document.elements[element]
    let next = Int(record.end)
    guard next < document.count, document.elements[next].parent == record.parent,
      Int(document.elements[next].end) - next <= 8,
      (1...120).contains(document.textLength(next)), !document.isRaw(next)
    else { return nil }
    return next
  }

  /// `Label: value`, or `Label value` where the value is a number.
  private func readLabel(
    in bytes: Document.Value, _ element: Int, into reading: inout ProductReading
  ) {
    let letters = bytes.memory
    var wordStart = 0
    var tried = -1
    for index in 0..<min(letters.count, 49) {
      let byte = letters[index]
      let isWide =
        byte == 0xEF && index + 2 < letters.count && letters[index + 1] == 0xBC
        && letters[index + 2] == 0x9A
      if byte == 0x3A || byte == 0x23 || isWide {
        let start = bytes.startIndex
        guard let meaning = LabelWords.meaning(bytes[start..<start + index]) else { return }
        var value = bytes[(start + index + (isWide ? 3 : 1))...]
        while let first = value.first, first == 0x3A || first == 0x23 || Bytes.isSpace(first) {
          value = value.dropFirst()
        }
        return add(meaning, value, element, isCertain: true, into: &reading)
      }
      if Bytes.isDigit(byte), tried != wordStart {
        tried = wordStart
        let start = bytes.startIndex + wordStart
        let label = bytes[..<start]
        if label.count >= 2, bytes.count <= 64, let meaning = LabelWords.meaning(label),
          meaning == .number || meaning == .gtin
        {
          let word = bytes[start...].prefix { !Bytes.isSpace($0) }
          return add(meaning, word, element, isCertain: true, into: &reading)
        }
      }
      if Bytes.isSpace(byte) || byte == 0x2E { wordStart = index + 1 }
    }
  }

  /// An element whose class promises a number: its text, without the label.
  private func readWorded(_ element: Int, _ words: ClassWords, into reading: inout ProductReading) {
    var bytes = Bytes.trimmed(document.textBytes(element))
    guard bytes.count <= 80 else { return }
    if let colon = bytes.lastIndex(where: { $0 == 0x3A || $0 == 0x23 }) {
      bytes = bytes[(colon + 1)...]
    } else if let space = bytes.firstIndex(where: Bytes.isSpace),
      LabelWords.meaning(bytes[..<space]) != nil
    {
      bytes = bytes[space...]
    }
    add(words.contains(.gtin) ? .gtin : .number, bytes, element, isCertain: false, into: &reading)
  }

  /// Attributes that hold a value of the product's.
  private static let telling: [Name] = [
    .dataSku, .dataProductSku, .dataAsin, .dataPid, .dataGtin, .dataEan, .dataBrand,
    .dataProductBrand,
  ]

  private func readAttributes(_ element: Int, into reading: inout ProductReading) {
    for attribute in document.attributes(element)
    where attribute.count >= 2 && attribute.count <= 60 {
      switch attribute.name {
      case Name.dataSku.rawValue, Name.dataProductSku.rawValue, Name.dataAsin.rawValue:
        if outline.words[element].contains(.swatch) { continue }
        addNumber(document.value(of: attribute), element, bonus: -4, into: &reading)
      case Name.dataPid.rawValue:
        // Salesforce's storefronts have it at the product's own box, and at other things.
        guard outline.words[element].contains(.product) else { continue }
        addNumber(document.value(of: attribute), element, bonus: -8, into: &reading)
      case Name.dataGtin.rawValue, Name.dataEan.rawValue:
        add(.gtin, document.value(of: attribute), element, isCertain: false, into: &reading)
      case Name.dataBrand.rawValue, Name.dataProductBrand.rawValue:
        add(.brand, document.value(of: attribute), element, isCertain: false, into: &reading)
      case Name.name.rawValue where document.has(element, name: .input):
        let name = document.value(of: attribute)
        guard
          Bytes.equals(name, "sku") || Bytes.equals(name, "asin")
            || Bytes.equals(name, "product_id")
            || Bytes.equals(name, "productid") || Bytes.equals(name, "product_sku")
            || Bytes.equals(name, "productcodepost") || Bytes.equals(name, "product_code")
            || Bytes.equals(name, "productcode"),
          let value = document.value(element, .value)
        else { continue }
        addNumber(
          value, element, bonus: Bytes.contains(name, "id") ? -12 : -2, into: &reading)
      default: continue
      }
    }
  }

  // MARK: Values

  private func add(
    _ meaning: LabelWords.Meaning, _ value: Document.Value, _ element: Int, isCertain: Bool,
    into reading: inout ProductReading
  ) {
    switch meaning {
    case .number:
      addNumber(
        value, element, bonus: isCertain ? Self.labelledNumber : Self.classedNumber, into: &reading)
    case .model: addNumber(value, element, bonus: -20, into: &reading)
    case .gtin:
      guard reading.text(.gtin) == nil, let text = Bytes.flatString(value.prefix(80)),
        let gtin = Gtin.readBook(text)
      else { return }
      reading.add(.gtin, gtin, at: document.path(element), raw: text)
    case .brand:
      guard !reading.texts.contains(where: { $0.field == .brand && $0.bonus > 0 }),
        value.count <= 100, let text = Bytes.flatString(value), let brand = BrandText.clean(text)
      else { return }
      reading.add(
        .brand, brand, at: document.path(element), raw: text, bonus: isCertain ? 4 : 0)
    case .color:
      guard reading.text(.color) == nil, value.count <= 60, let text = Bytes.flatString(value)
      else { return }
      reading.add(.color, text, at: document.path(element))
    case .stock:
      guard reading.stock?.isPressed ?? true, value.count <= 60,
        let text = Bytes.flatString(value), let found = StockWords.phrase(value) ?? counted(value)
      else { return }
      reading.stock = StockFact(availability: found, raw: text, path: document.path(element))
    // A text with money in it is weighed with all others.
    case .price: break
    }
  }

  /// How many there are: `Stock: 0`. A number with words behind it may be days.
  private func counted(_ value: Document.Value) -> Availability? {
    let digits = Bytes.trimmed(value)
    guard (1...6).contains(digits.count), digits.allSatisfy(Bytes.isDigit) else { return nil }
    return digits.contains { $0 != 0x30 } ? .inStock : .soldOut
  }

  /// A number of the shop's: letters, digits and few marks, with a digit among them.
  private func addNumber(
    _ value: Document.Value, _ element: Int, bonus: Int, into reading: inout ProductReading
  ) {
    let value = Bytes.trimmed(value)
    var end = value.startIndex
    var digits = 0
    while end < value.endIndex, end - value.startIndex <= 40 {
      let byte = value[end]
      if Bytes.isDigit(byte) {
        digits += 1
      } else if Bytes.isSpace(byte) {
        // `MU3 12M` is one number, `64981901 Cosy throws` is not.
        let next = value[(end + 1)...].prefix { !Bytes.isSpace($0) }
        let isOne = value.count <= 24 && next.contains(where: Bytes.isDigit)
        if !isOne || digits > 5 { break }
      } else if !(Bytes.isLetter(byte) || byte >= 0x80 || byte == 0x2D || byte == 0x5F
        || byte == 0x2E || byte == 0x2F || byte == 0x2B)
      {
        if byte == 0x24 || byte == 0x25 { return }
        break
      }
      end += 1
    }
    guard (3...40).contains(end - value.startIndex), digits > 0,
      let code = Bytes.trimmedString(value[value.startIndex..<end]),
      case let known = reading.texts.indices.filter({ reading.texts[$0].field == .sku }),
      known.count < 12,
      !known.contains(where: { reading.texts[$0].value == code && reading.texts[$0].bonus >= bonus }
      )
    else { return }
    reading.add(
      .sku, code, at: document.path(element), raw: Bytes.flatString(value.prefix(120)), bonus: bonus
    )
  }
}
