import Catalog

/// A field of a product that is a text; the raw value is its name in the export.
enum Field: String, CaseIterable {
  case name, brand, retailer, category, sku, gtin, color, description
  case price
  case listPrice = "list_price"
  case currency
  case availability
}

/// An amount as one syntax gives it.
struct PriceFact {
  var amount: Amount
  /// ISO 4217, where this syntax says it.
  var currency: String?
  var raw: String
  /// The separator or the currency was a guess.
  var isDoubtful = false
  /// Where it stands, where the reading's own path does not say.
  var path: String?
  /// Where the currency stands and what is written there, where that is not the price itself.
  var currencySource: Source?
  /// What spoke for it and against it.
  var reason: String?

  struct Source {
    var raw: String
    var path: String
  }
}

/// One text for one field.
struct TextFact {
  var field: Field
  var value: String
  var raw: String
  var path: String
  /// Added to the trust of the syntax.
  var bonus = 0
}

/// A picture's address as the page writes it, with what the page says about its size.
struct Picture {
  var address: String
  /// Pixels, 0 where the page does not say.
  var width = 0
  /// Other addresses that the page gives for the same picture: the sources of one `picture`.
  var alternates: [String] = []
}

struct StockFact {
  var availability: Availability
  var raw: String
  /// Only a button to buy says so.
  var isPressed = false
  /// Where it stands, where the reading's own path does not say.
  var path: String?
}

struct VariantReading {
  var name: String?
  var sku: String?
  /// Its number in the shop's database.
  var id: String?
  /// The number is only its `id`.
  var isById = false
  var gtin: String?
  var color: String?
  var size: String?
  var url: String?
  var pictures: [Picture] = []
  var price: PriceFact?
  var listPrice: PriceFact?
  var stock: StockFact?
}

/// What one object of one syntax says about one product.
struct ProductReading {
  var syntax: Syntax
  /// Where the object stands in the page.
  var path: String
  /// Added to the trust of the syntax for all its fields.
  var bonus = 0
  var texts: [TextFact] = []
  var price: PriceFact?
  var listPrice: PriceFact?
  /// Further prices that speak against the chosen one; kept as evidence.
  var otherPrices: [PriceFact] = []
  /// Speaks of the page's product without naming it, as a gallery beside it does.
  var isAppendix = false
  /// Says from what to what prices go, and no number of a thing: it may speak of a whole category.
  var isRange = false
  /// How plainly a visitor sees the price: 30 and more; 0 where no visitor was asked.
  var priceScore = 0
  var stock: StockFact?
  var pictures: [Picture] = []
  var variants: [VariantReading] = []
  var urls: [String] = []

  init(syntax: Syntax, path: String) {
    self.syntax = syntax
    self.path = path
  }

  mutating func add(
    _ field: Field, _ value: String?, at path: String, raw: String? = nil, bonus: Int = 0
  ) {
    guard let value, !value.isEmpty else { return }
    texts.append(TextFact(field: field, value: value, raw: raw ?? value, path: path, bonus: bonus))
  }

  // Inlined, a reading in a list is not copied for the call.
  @inline(__always) func text(_ field: Field) -> String? {
    for place in texts.indices where texts[place].field == field { return texts[place].value }
    return nil
  }
}

struct PostReading {
  var syntax: Syntax
  var path: String
  var bonus = 0
  var creatorURL: String?
  var pictures: [Picture] = []
  var caption: String?
  var hashtags: [String] = []
  var published: String?
  var products: [String] = []
  var url: String?
}

struct CreatorReading {
  var syntax: Syntax
  var path: String
  var bonus = 0
  var name: String?
  var handle: String?
  var biography: String?
  var posts: [String] = []
  var url: String?
}

/// All that the readers found on one page.
struct PageReadings {
  var products: [ProductReading] = []
  var posts: [PostReading] = []
  var creators: [CreatorReading] = []
  /// The trail to the product, its own name left out.
  var categories: [TextFact] = []
  /// The currency that the page names most often outside of any product.
  var currency: String?
  /// A page of several products of equal rank.
  var isListing = false
  /// Where the entries of its lists lead.
  var listed: [String] = []

  /// Whether all that is said of a product is a range of prices.
  var isRangeOnly: Bool {
    let said = products.filter { $0.bonus > OpenGraph.undeclared && $0.syntax != .visible }
    return !said.isEmpty && said.allSatisfy(\.isRange)
  }
}
