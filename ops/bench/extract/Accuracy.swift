import Catalog
import Extract
import Foundation

/// What is read, one JSON object a line, for `accuracy.py` to compare with what is true.
enum Accuracy {
  struct Item: Encodable {
    var price: String?
    var currency: String?
    var sku: String?
    var brand: String?
    var gtin: String?
    var availability: String?
  }

  struct Price: Encodable {
    var amount: String?
    var symbol: String?
  }

  /// Of a price case: texts, numbers and pairs of texts, as its lines have them.
  private enum Argument: Decodable {
    case none
    case text(String)
    case number(Double)
    case option([String])

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .none
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else {
        self = .option(try value.decode([String].self))
      }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var option: [String]? { if case .option(let option) = self { option } else { nil } }
  }

  private struct PriceCase: Decodable {
    var args: [Argument]
  }

  static func readItems(_ entries: [Entry], _ reader: PageReader) throws {
    for entry in entries {
      var found = Item()
      if case .product(let product) = try reader.read(entry.page).item {
        found = Item(
          price: product.offer.price?.amount.description,
          currency: product.offer.price?.currency.code, sku: product.sku, brand: product.brand,
          gtin: product.gtin, availability: product.offer.availability?.rawValue)
      }
      try say(found)
    }
  }

  /// Cases are of the form of price-parser's tests: a currency hint, a text, what they mean, and a
  /// decimal separator where that is known.
  static func readPrices(_ path: String) throws {
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let args = try JSONDecoder().decode(PriceCase.self, from: Data(line.utf8)).args
      let given = args.dropFirst(5).compactMap { argument -> Character? in
        guard let option = argument.option else { return argument.text?.first }
        return option.first == "decimal_separator" ? option.last?.first : nil
      }
      let reader = PriceReader(decimalMark: given.first { $0 == "." || $0 == "," })
      let reading = args[1].text.flatMap { reader.read($0, hint: args[0].text) }
      try say(Price(amount: reading?.decimal, symbol: reading?.symbol))
    }
  }

  private static func say(_ value: some Encodable) throws {
    print(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
  }
}
