import Catalog
import Foundation
import Storage
import Testing

struct ItemRouteTests {
  @Test func `items come freshest first and pages join without gap or double`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      var names: [String] = []
      var cursor: String?
      repeat {
        let reply = try await client.get(
          "/v1/items?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
        #expect(reply.status == 200)
        let page = try reply.json()
        names += page["items"]?.array.map { $0["name"]?.string ?? $0["kind"]?.string ?? "" } ?? []
        cursor = page["next_cursor"]?.string
      } while cursor != nil
      #expect(
        names == [
          "Plain belt", "post", "Mila", "Red dress again", "White shirt <b>&amp;</b> “tie”",
          "Green shirt", "Blue dress", "Red dress",
        ])
    }
  }

  @Test(arguments: [
    ("kind=post", ["post"]),
    ("brand=Aster&retailer=Linden", ["Blue dress", "Red dress"]),
    (
      "retailer=Linden&retailer=Galerie&category=Dresses",
      ["Red dress again", "Blue dress", "Red dress"]
    ),
    ("price_min=44&price_max=49.90&currency=EUR", ["Red dress again", "Red dress"]),
    ("currency=USD", ["Green shirt"]),
    ("availability=sold_out", ["Green shirt"]),
    ("creator=mila&kind=product", ["Red dress"]),
    ("seen_since=2100-01-01", []),
  ])
  func `a filter leaves exactly what passes it`(query: String, expected: [String]) async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let items = try await client.get("/v1/items?\(query)").json()["items"]?.array ?? []
      #expect(items.map { $0["name"]?.string ?? $0["kind"]?.string } == expected)
    }
  }

  @Test func `an age counts back from now`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      // The belt came six hours after the start, which is ten hours ago; the post half an hour earlier.
      let recent = try await client.get("/v1/items?seen_since=255m").json()["items"]?.array ?? []
      #expect(recent.map { $0["name"]?.string } == ["Plain belt"])
      #expect(try await client.get("/v1/items?seen_since=2w").json()["items"]?.array.count == 8)
    }
  }

  @Test func `a field's values are counted without its own filter`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let page = try await client.get("/v1/items?facets=1&retailer=Linden&limit=1").json()
      func counts(_ field: String) -> [String: Int] {
        Dictionary(
          uniqueKeysWithValues: page["facets"]?[field]?.array.map {
            ($0["value"]?.string ?? "", $0["count"]?.int ?? -1)
          } ?? [])
      }
      #expect(counts("retailer") == ["Linden": 3, "Galerie": 3])
      #expect(counts("brand") == ["Aster": 2, "Fjord": 1])
      #expect(counts("creator") == ["mila": 1])
    }
  }

  @Test func `an item's answer has its money exact, its history, evidence and links`() async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let answer = try await client.get("/v1/items/\(shop.item("Red dress"))").json()
      let item = try #require(answer["item"])
      #expect(item["price"]?.string == "49.90")
      #expect(item["list_price"]?.string == "69.90")
      #expect(item["currency"]?.string == "EUR")
      #expect(item["images"]?[0]?["id"]?.int == Int(try shop.image("Red dress").rawValue))
      #expect(answer["offers"]?.array.map { $0["price"]?.string } == ["49.90"])
      #expect(answer["evidence"]?[0]?["syntax"]?.string == "json-ld")
      #expect(
        answer["linked_items"]?.array.compactMap { $0["id"]?.int }
          == [Int(try shop.item("post").rawValue)])
      let post = try await client.get("/v1/items/\(shop.item("post"))").json()
      #expect(post["creator_item"]?["handle"]?.string == "mila")
    }
  }

  @Test func `what is not there is told so`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      for (target, code) in [
        ("/v1/items/999999", "unknown_item"), ("/v1/items/abc", "unknown_item"),
        ("/v1/items/-1", "unknown_item"), ("/v1/images/999999", "unknown_image"),
        ("/v1/item", "not_found"), ("/v1/items/", "not_found"), ("/../etc/passwd", "not_found"),
      ] {
        let reply = try await client.get(target)
        #expect(reply.status == 404)
        #expect(reply.code == code)
        #expect(reply["Content-Type"] == "application/problem+json")
      }
    }
  }

  @Test(arguments: [
    ("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"),
    ("price_min=1e3", "price_min"),
    ("price_min=9&price_max=8", "price_min"), ("currency=Euro", "currency"), ("kind=shoe", "kind"),
    ("availability=maybe", "availability"), ("seen_since=yesterday", "seen_since"),
    ("seen_since=2026-02-30", "seen_since"), ("cursor=x", "cursor"), ("facets=maybe", "facets"),
    ("price_min=1&price_min=2", "price_min"),
  ])
  func `a value that cannot be is refused and named`(query: String, name: String) async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await client.get("/v1/items?\(query)")
      #expect(reply.status == 422)
      #expect(reply.code == "invalid_parameter")
      #expect(try reply.json()["parameter"]?.string == name)
    }
  }

  @Test func `a misspelt parameter is an error, not a list without the filter`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await client.get("/v1/items?brnad=Aster")
      #expect(reply.status == 422)
      #expect(reply.code == "unknown_parameter")
      #expect(try reply.json()["parameter"]?.string == "brnad")
    }
  }

  @Test func `changes come in order behind their cursor, by kind where asked`() async throws {
    let catalog = try await TestCatalog()
    let url = "https://shop.example/coat"
    try await catalog.add(.product(try .test("Coat", price: "100.00")), at: url)
    try await catalog.add(.product(try .test("Hat", price: "10.00")), at: url + "-hat", hours: 1)
    try await catalog.add(.product(try .test("Coat", price: "80.00")), at: url, hours: 2)
    try await catalog.add(
      .product(try .test("Coat", price: "80.00", availability: .soldOut)), at: url, hours: 3)
    try await withServer(catalog) { client in
      let all = try await client.get("/v1/changes").json()
      let kinds = all["changes"]?.array.compactMap { $0["kind"]?.string }
      #expect(kinds == ["new", "new", "price", "sold_out"])
      #expect(all["has_more"]?.bool == false)
      #expect(all["changes"]?[2]?["old"]?.string == "100.00 EUR")
      #expect(all["changes"]?[2]?["new"]?.string == "80.00 EUR")

      let first = try await client.get("/v1/changes?limit=3").json()
      #expect(first["has_more"]?.bool == true)
      let next = try #require(first["next_cursor"]?.int)
      let rest = try await client.get("/v1/changes?cursor=\(next)").json()
      #expect(rest["changes"]?.array.compactMap { $0["kind"]?.string } == ["sold_out"])
      let end = try #require(rest["next_cursor"]?.int)
      let none = try await client.get("/v1/changes?cursor=\(end)").json()
      #expect(none["changes"]?.array.isEmpty == true)
      #expect(none["next_cursor"]?.int == end)

      let some = try await client.get("/v1/changes?kinds=price,sold_out&kinds=gone").json()
      #expect(some["changes"]?.array.compactMap { $0["kind"]?.string } == ["price", "sold_out"])
      #expect(try await client.get("/v1/changes?kinds=nice").code == "invalid_parameter")
    }
  }
}
