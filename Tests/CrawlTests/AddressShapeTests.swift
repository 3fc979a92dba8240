import Catalog
import Crawl
import Storage
import Testing

struct AddressShapeTests {
  private func shape(_ path: String, host: String = "shop.example") throws -> AddressShape {
    AddressShape(try CanonicalURL("https://\(host)\(path)"))
  }

  private func groups(_ path: String) throws -> [String] {
    try shape(path).groups.map(\.description)
  }

  @Test func `numbers, dates and counters do not tell templates apart`() throws {
    #expect(
      try groups("/calendar/2025/06") == [
        "template shop.example /calendar/{n}", "section shop.example /calendar",
      ])
    #expect(try groups("/calendar/2026-01-31") == groups("/calendar/2025/06"))
    #expect(try groups("/calendar/2025/06/1763719999.123")[0] == groups("/calendar/2025/06")[0])
    #expect(try groups("/calendar/2025/06/b1763719999.123")[0] == groups("/calendar/2025/06")[0])
    #expect(try groups("/dress")[0] != groups("/shirt")[0])
    #expect(try groups("/p/red-dress")[0] == groups("/p/blue-shirt-12")[0])
    #expect(try groups("/") == ["template shop.example /"])
  }

  @Test(arguments: [
    ("/c/dress", "/c/dress?page=2", true),
    ("/c/dress?color=red", "/c/dress?color=red&size=m", true),
    ("/calendar/2025/06", "/calendar/2025/07", true),
    ("/calendar/2025/06", "/calendar/2025/06/17/3", true),
    ("/filter/red/", "/filter/red/red/", true),
    ("/c/dress", "/p/red-dress-12", false),
    ("/c/dress", "/c/dress/maxi", false),
    ("/", "/c/dress", false),
    ("/womens-dresses", "/red-linen-dress-12", false),
    ("/c/dress", "/c/shirt?page=100", true),
    ("/en/women/clothes/dresses", "/en/women/clothes/dresses/red-dress", false),
    ("/a/b/c/d/e", "/a/b/c/d/e/f", true),
  ])
  func `kin is what only leads on to more of the same`(_ rule: (String, String, Bool)) throws {
    #expect(try shape(rule.1).isKin(of: try shape(rule.0)) == rule.2)
  }

  @Test func `another host is never kin`() throws {
    #expect(try !shape("/c/dress?page=2", host: "b.example").isKin(of: try shape("/c/dress")))
  }

  @Test func `what only traps do is counted by itself`() throws {
    #expect(try groups("/c/dress?page=100").last == "suspicion shop.example page of three digits")
    #expect(try groups("/c/dress/page/1000").last == "suspicion shop.example page of three digits")
    #expect(try groups("/c/dress?page=99").count == 2)
    #expect(try groups("/c/dress?size=100").count == 2)
    #expect(try groups("/filter/red/red/").last == "suspicion shop.example repeated word")
    #expect(try groups("/a/b/c/d/e").last == "suspicion shop.example deep path")
  }

  @Test(arguments: [
    ("/a/b/a/b/a", true), ("/a/b/a/b", false), ("/2025/06/06/06/06", false),
    ("/1/2/3/4/5/6/7/8/9/10/11/12/13", true), ("/p?" + String(repeating: "x", count: 1500), true),
    ("/p?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11&l=12&m=13", true), ("/p?a=1&b=2", false),
  ])
  func `an address out of all proportion is endless`(_ rule: (String, Bool)) throws {
    #expect(try shape(rule.0).isEndless == rule.1)
  }

  @Test func `a budget is used up by pages in a row, the narrow before the wide`() throws {
    let budget = TrapBudget()
    let groups = try shape("/c/dress?page=100").groups
    #expect(budget.exhausted(groups, yields: [:]) == nil)
    func streaks(_ counts: [Int]) -> [String: TemplateYield] {
      Dictionary(
        uniqueKeysWithValues: zip(groups.map(\.description), counts).map {
          ($0, TemplateYield(fetched: 100, productive: 50, streak: $1))
        })
    }
    #expect(budget.exhausted(groups, yields: streaks([14, 29, 4])) == nil)
    #expect(budget.exhausted(groups, yields: streaks([15, 0, 0]))?.breadth == .template)
    #expect(budget.exhausted(groups, yields: streaks([0, 30, 0]))?.breadth == .section)
    #expect(budget.exhausted(groups, yields: streaks([0, 0, 5]))?.breadth == .suspicion)
  }
}
