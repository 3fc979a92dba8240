import Catalog
import Foundation
import Testing

@testable import Pipeline
@testable import Storage
@testable import vitrine

@Suite struct ReextractReportTests {
  private func finding(_ effect: PageRereading.Effect, _ fields: [FieldChange] = []) throws
    -> Reextraction.Finding
  {
    let url = try CanonicalURL("https://shop.example/p")
    return .page(
      Reextraction.Page(
        url: url, site: ID(1), fetchedAt: Timestamp(seconds: 0),
        rereading: PageRereading(effect: effect, owner: url, fields: fields, discovered: 2)))
  }

  @Test func `findings are counted by site and field`() throws {
    var report = ReextractReport(isApplied: false)
    let changes = [
      FieldChange(field: "price", old: ["1.00 EUR"], new: ["2.00 EUR"]),
      FieldChange(field: "sku", old: [], new: ["S1"]),
      FieldChange(field: "images", old: ["a", "b"], new: []),
    ]
    let names: [ID<Catalog.Site>: String] = [ID(1): "shop"]
    #expect(report.count(try finding(.same), names) == nil)
    let page = try #require(report.count(try finding(.changed, changes), names))
    #expect(
      page.text == """
        https://shop.example/p  changed
          price        "1.00 EUR" -> "2.00 EUR"
          sku          nothing -> "S1"
          images       2 ("a" …) -> nothing
        """)
    for other in [Reextraction.Finding.stale, .superseded, .otherSite] {
      #expect(report.count(other, names) == nil)
    }
    #expect(report.count(.failed(url: "x", reason: "why"), names)?.reason == "why")
    #expect(
      report.text == """
        shop: 2 pages read again: 1 items change, 0 are new, 0 are no longer found; 4 new addresses
          images       0 changed, 0 found, 1 lost
          price        1 changed, 0 found, 0 lost
          sku          0 changed, 1 found, 0 lost
        1 older bodies left alone
        1 pages of items that a newer page speaks for
        1 could not be read
        nothing was changed; vitrine reextract --apply writes it
        """)
  }

  @Test func `an alarm says what is there, what is usual and what to do`() {
    let alarm = FillAlarm(site: "shop", field: "price", filled: 41, read: 1340, usual: 0.978)
    #expect(
      FillWarning(alarm).text.hasPrefix(
        "shop: price: 3 % of 1,340 pages, usually 98 %: the site's pages have changed; "))
  }
}
