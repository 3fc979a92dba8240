import Catalog
import Testing

@testable import Crawl
@testable import Pipeline
@testable import vitrine

@Suite struct CrawlReportTests {
  private func report(_ hosts: [CrawlProgress.ParkedHost]) -> CrawlReport {
    var progress = CrawlProgress()
    for host in hosts { progress.park(host) }
    return CrawlReport(
      progress, .init(), seeds: ["https://shop.example"], changes: [:], alarms: [], leftOut: [],
      took: .seconds(1))
  }

  @Test func `a site that was left out is a failure and a warning`() {
    let until = Timestamp(seconds: 1_800_000_000)
    let parked = report([
      .init(origin: "https://shop.example", until: until, reason: "robots.txt: status 503")
    ])
    #expect(parked.hasFailures)
    #expect(
      parked.warnings == ["parked until \(until): https://shop.example (robots.txt: status 503)"])
    #expect(!parked.text.contains("parked"))

    let barred = report([.init(origin: "https://shop.example", until: nil, reason: "private")])
    #expect(barred.hasFailures)
    #expect(barred.warnings[0].contains("--allow-private"))
  }

  @Test func `a parked host of pictures is told in the summary alone`() {
    let parked = report([
      .init(
        origin: "https://cdn.example", until: Timestamp(seconds: 1_800_000_000), reason: "slow")
    ])
    #expect(!parked.hasFailures)
    #expect(parked.warnings.isEmpty)
    #expect(parked.text.contains("parked until"))
  }
}
