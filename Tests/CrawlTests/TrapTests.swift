import Catalog
import Crawl
import Support
import Testing

/// Sites with pages without end, and honest sites that look a little like them.
struct TrapTests {
  @Test func `endless pages end soon, and the catalog behind them is reached`() async throws {
    let fixture = try SiteFixture { $0.delay = .zero }
    let home =
      (0..<10).map { "link /c/\("abcdefghij".map(String.init)[$0])" }.joined(separator: "\n")
      + "\nlink /calendar/2025/06\nlink /filter/red/\nlink /month?m=2025-06\n"
    let server = fixture.server { target in
      let page = target.split(separator: "=").last.map(String.init) ?? ""
      switch target {
      case "/robots.txt": return .status(404)
      case "/": return .html(home)
      case _ where target.hasPrefix("/calendar/"):
        return .html("link \(target)/17\(target.count)9.1\nlink \(target)/b17\(target.count)9.2")
      case _ where target.hasPrefix("/filter/"):
        return .html("link \(target)red/\nlink \(target)long/")
      case _ where target.hasPrefix("/month"): return .html("link /month?m=\(page)1")
      case _ where target.contains("?page=100"):
        let path = target.prefix { $0 != "?" }
        return .html("link \(path)?page=\(page)1\nlink \(path)?page=\(page)2")
      case _ where target.hasPrefix("/c/"):
        return .html("link \(target)?page=100\nlink /p/\(target.suffix(1))-dress-red")
      default: return .html("item\nlink /")
      }
    }
    // A guard that fails shall fail the test, not run for ever.
    try await fixture.crawl(server, scope: { $0.requestsPerRun = 300 })
    func count(_ prefix: String) -> Int { server.targets.filter { $0.hasPrefix(prefix) }.count }
    #expect(count("/p/") == 10)
    #expect(count("/calendar/") <= 9)
    #expect(count("/filter/") <= 9)
    #expect(count("/month") <= 16)
    #expect(server.targets.filter { $0.contains("page=100") }.count <= 7)
    // The next night does not begin anew.
    let before = server.targets.count
    fixture.clock.advance(by: .seconds(45 * 3600))
    try await fixture.crawl(server, scope: { $0.requestsPerRun = 300 })
    let known = Set(server.targets[..<before])
    let again = server.targets[before...]
    #expect(again.filter { !known.contains($0) } == [])
    #expect(count("/month") <= 32)
  }

  @Test func `a long list of pages is read to its end while it leads to products`() async throws {
    let fixture = try SiteFixture { $0.delay = .zero }
    let server = fixture.server { target in
      switch target {
      case "/robots.txt": return .status(404)
      case "/": return .html("link /c/dress")
      case _ where target.hasPrefix("/c/"):
        let page =
          target.split(separator: "=").count == 2 ? Int(target.split(separator: "=")[1])! : 1
        let next = page < 120 ? "\nlink /c/dress?page=\(page + 1)" : ""
        return .html("link /p/dress-number-\(page)\(next)")
      default: return .html("item")
      }
    }
    try await fixture.crawl(server)
    #expect(server.targets.filter { $0.hasPrefix("/p/") }.count == 120)
  }

  @Test func `a list whose products are known from the sitemap is read to its end`() async throws {
    let fixture = try SiteFixture { $0.delay = .zero }
    let categories = Array("abcdefghijklmnopqrstuvwxyz").map(String.init)
    let server = fixture.server { target in
      switch target {
      case "/robots.txt": return .text("Sitemap: /map.xml")
      case "/map.xml": return .html((1...60).map { "link /p/thing-\($0)" }.joined(separator: "\n"))
      case "/": return .html(categories.map { "link /c/\($0)" }.joined(separator: "\n"))
      case _ where target.hasPrefix("/c/"): return .html("link /p/thing-1\nlink /p/thing-2")
      default: return .html("item")
      }
    }
    try await fixture.crawl(server)
    #expect(server.targets.filter { $0.hasPrefix("/c/") }.count == 26)
    #expect(server.targets.filter { $0.hasPrefix("/p/") }.count == 60)
  }
}
