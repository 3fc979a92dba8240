import Catalog
import Foundation
import Testing

@testable import Storage
@testable import vitrine

@Suite struct ExportTests {
  private func item(name: String?) throws -> ItemRecord {
    ItemRecord(
      id: ID(1), kind: .product, url: try CanonicalURL("https://shop.example/p"), isGone: false,
      firstSeen: Timestamp(seconds: 1_800_000_000), lastSeen: Timestamp(seconds: 1_800_000_000),
      changedAt: Timestamp(seconds: 1_800_000_000), name: name, brand: nil, retailer: nil,
      category: nil, sku: nil, gtin: nil, color: nil, text: nil,
      offer: Offer(
        price: Amount("49.5").flatMap { amount in Currency("EUR").map { Money(amount, $0) } }),
      handle: nil, published: nil, hashtags: [], creator: nil, images: [], variants: [], linked: [])
  }

  @Test func `money is text and what is not known is left out`() throws {
    let line = ExportLine(try item(name: "Dress"), creators: [])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(line), as: UTF8.self)
    #expect(text.contains(#""price":{"amount":"49.50","currency":"EUR"}"#))
    #expect(text.contains(#""kind":"product""#))
    #expect(!text.contains("brand"))
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("a \"b\"", "\"a \"\"b\"\"\""), ("a\nb", "\"a\nb\""),
    ("=1+1", "'=1+1"), ("@x", "'@x"),
  ])
  func `cells are quoted as RFC 4180 has it, and hold no formula`(name: String, cell: String) throws
  {
    #expect(ProductTable.row(try item(name: name)).contains(",\(cell),"))
  }
}
