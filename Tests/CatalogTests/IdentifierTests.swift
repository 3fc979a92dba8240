import Catalog
import Foundation
import Testing

struct IdentifierTests {
  private let hex = "00ff10a5" + String(repeating: "7e", count: 28)

  @Test func `a content hash is written as it is read`() throws {
    let hash = try #require(ContentHash(hex: hex))
    #expect(hash.bytes.prefix(4) == [0x00, 0xFF, 0x10, 0xA5])
    #expect(hash.bytes.count == 32)
    #expect(hash.description == hex)
    #expect(ContentHash(hex: hex.uppercased()) == hash)
    #expect(ContentHash(bytes: hash.bytes) == hash)
  }

  @Test func `only 32 bytes are a content hash`() {
    for text in ["", "00", String(hex.dropLast()), hex + "0", hex + "00", "g" + hex.dropFirst()] {
      #expect(ContentHash(hex: text) == nil)
    }
    #expect(ContentHash(bytes: []) == nil)
    #expect(ContentHash(bytes: Array(repeating: 0, count: 31)) == nil)
    #expect(ContentHash(bytes: Array(repeating: 0, count: 33)) == nil)
  }

  @Test func `an identifier is coded as its number`() throws {
    let ids = [ID<Product>(2), ID<Product>(10)]
    let coded = try JSONEncoder().encode(ids)
    #expect(String(decoding: coded, as: UTF8.self) == "[2,10]")
    #expect(try JSONDecoder().decode([ID<Product>].self, from: coded) == ids)
    #expect(ids[0] < ids[1])
    #expect("\(ids[1])" == "10")
  }
}
