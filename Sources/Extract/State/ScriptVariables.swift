import Catalog

/// What scripts assign name by name: `var product_price = "12.90"; window.productId = 7;`.
///
/// The names say that they are of the page's product, but nothing says that a script has not changed
/// them since: what they hold adds to what else speaks of a product and makes none by itself.
struct ScriptVariables {
  /// Longer scripts are programs; of a page no more is read than this.
  private static let scriptLimit = 16_384
  private static let pageLimit = 131_072

  private struct Variable {
    var name: String
    var text: String
    /// Another value was assigned, too: one thing's among others.
    var isDoubled = false
  }

  private let context: PageContext
  private var found: [Field: Variable] = [:]
  /// The number that a database goes by.
  private var id: Variable?

  /// What the scripts of a page say of its product; `nil` where that is not two things at least.
  static func read(_ document: Document, context: PageContext) -> ProductReading? {
    var variables = ScriptVariables(context: context)
    variables.read(document, naming: products)
    guard !variables.found.isEmpty else { return nil }
    variables.read(document, naming: currencies)
    return variables.reading
  }

  private mutating func read(_ document: Document, naming words: WordSet) {
    var left = Self.pageLimit
    for script in document.all(.script) {
      let range = document.rawRange(Int(script))
      guard range.count > 16, range.count <= min(Self.scriptLimit, left) else { continue }
      let type = document.value(Int(script), .type)
      guard type.map({ $0.isEmpty || Bytes.contains($0, "javascript") }) ?? true else { continue }
      left -= range.count
      read(document.markup[range].memory, naming: words)
    }
  }

  private init(context: PageContext) { self.context = context }

  private enum Role {
    case field(Field)
    case id
  }

  /// Each name speaks of the product or of the currency.
  private static let lists: [(role: Role, names: String)] = [
    (
      .field(.price), "productprice productcurrentprice productfinalprice productsaleprice"
    ),
    (.field(.sku), "productsku productreference productcode productnumber"),
    (.id, "productid idproduct"),
    (.field(.name), "productname producttitle"),
    (.field(.brand), "productbrand productmanufacturer"),
    (.field(.gtin), "productean productgtin productupc productbarcode"),
    (.field(.currency), "currencycode currencyiso currencyisocode productcurrency"),
  ]
  private static let products = WordSet(["product"])
  private static let currencies = WordSet(["currency"])
  private static let roles = HashedWords(
    lists.enumerated().flatMap { number, list in
      list.names.split(separator: " ").map { (Array($0.utf8), UInt8(number)) }
    })

  // MARK: Assignments

  /// Takes what is assigned to names with one of the words.
  private mutating func read(_ script: UnsafeBufferPointer<UInt8>, naming words: WordSet) {
    var index = 0
    while let found = words.next(in: script, from: index) {
      var end = found
      while end < script.count, Self.isNameByte(script[end]) { end += 1 }
      index = end
      var next = end
      while next < script.count, Bytes.isSpace(script[next]) { next += 1 }
      guard next < script.count, script[next] == 0x3D else { continue }
      next += 1
      while next < script.count, Bytes.isSpace(script[next]) { next += 1 }
      var start = found
      while start > 0, found - start < 8, Self.isNameByte(script[start - 1]) { start -= 1 }
      let name = script.part(start, end)
      guard next < script.count, name.count <= 40, isOwn(script, start),
        let role = Self.roles[name], let value = scalar(script, at: next)
      else { continue }
      take(value, Self.lists[Int(role)].role, named: String(decoding: name, as: UTF8.self))
    }
  }

  /// Whether the name that begins there is neither the end of another nor a member of something else.
  private func isOwn(_ script: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
    guard start > 0 else { return true }
    if Self.isNameByte(script[start - 1]) { return false }
    return script[start - 1] != 0x2E
      || start > 6 && Bytes.equals(script.part(start - 7, start - 1), "window")
  }

  /// A string without escapes or a number, with nothing that goes on behind it.
  private func scalar(_ script: UnsafeBufferPointer<UInt8>, at start: Int) -> String? {
    var from = start
    var end = start
    let quote = script[start]
    if quote == 0x22 || quote == 0x27 {
      from += 1
      end = from
      while end < script.count, script[end] != quote {
        guard end - from < 200, script[end] != 0x5C, script[end] != 0x0A else { return nil }
        end += 1
      }
    } else {
      while end < script.count, end - start < 20, Bytes.isDigit(script[end]) || script[end] == 0x2E
      {
        end += 1
      }
    }
    guard end > from, end < script.count else { return nil }
    var next = quote == 0x22 || quote == 0x27 ? end + 1 : end
    while next < script.count, script[next] == 0x20 || script[next] == 0x09 { next += 1 }
    let isEnd =
      next >= script.count || [0x3B, 0x2C, 0x0A, 0x0D, 0x7D].contains(script[next])
    return isEnd ? Bytes.trimmedString(Array(script.part(from, end))[...]) : nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    Bytes.isLetter(byte) || Bytes.isDigit(byte) || byte == 0x5F || byte == 0x24
  }

  private mutating func take(_ text: String, _ role: Role, named name: String) {
    switch role {
    case .field(let field): Self.set(&found[field], text, name)
    case .id: Self.set(&id, text, name)
    }
  }

  private static func set(_ variable: inout Variable?, _ text: String, _ name: String) {
    if let known = variable {
      if known.text != text { variable?.isDoubled = true }
    } else {
      variable = Variable(name: name, text: text)
    }
  }

  // MARK: Reading

  private var reading: ProductReading? {
    var reading = ProductReading(syntax: .state, path: "script variables")
    reading.isAppendix = true
    reading.bonus = OpenGraph.undeclared
    func add(_ field: Field, _ variable: Variable?, bonus: Int = 0, _ clean: (String) -> String?) {
      guard let variable, !variable.isDoubled, let text = clean(variable.text) else { return }
      reading.add(field, text, at: variable.name, raw: variable.text, bonus: bonus)
    }
    add(.name, found[.name], PlainText.clean)
    add(.brand, found[.brand], BrandText.clean)
    add(.gtin, found[.gtin], Gtin.readBook)
    let isNumber: (String) -> String? = { $0.utf8.count <= 40 && $0 != "0" ? $0 : nil }
    add(.sku, found[.sku], isNumber)
    // A row of a database, where the address has no number to go by.
    let isKnown = id.map { ItemNumber.stands($0.text, in: context.url) } ?? false
    if isKnown || ItemNumber.inAddress(context.url) == nil { add(.sku, id, bonus: -8, isNumber) }
    let code = found[.currency].flatMap { $0.isDoubled ? nil : context.currencyCode($0.text) }
    if let price = found[.price], !price.isDoubled,
      let told = context.structuredPrice(price.text, currency: code),
      // More than two decimals are what is calculated with, not what is paid.
      told.amount.tenThousandths > 0, told.amount.tenThousandths % 100 == 0
    {
      reading.price = PriceFact(
        amount: told.amount, currency: told.currency?.code ?? code, raw: price.text,
        isDoubtful: told.isDoubtful, path: price.name)
    }
    let count = Set(reading.texts.map(\.field)).count + (reading.price == nil ? 0 : 1)
    return count > 1 ? reading : nil
  }
}
