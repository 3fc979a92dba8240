import Catalog
import Storage
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

  @Test func `what kept pages from being read is told by reason, the most frequent first`() throws {
    var progress = CrawlProgress()
    for number in 1...3 {
      let url = try CanonicalURL("https://shop.example/\(number)")
      progress.count(
        .failed(reason: "status 403", status: 403, retryAt: .never), of: url)
    }
    progress.count(
      .refused(reason: "robots.txt", until: .never),
      of: try CanonicalURL("https://shop.example/cart"))
    for number in 0..<100 {
      progress.count(
        .failed(reason: "reason \(number)", status: nil, retryAt: .never),
        of: try CanonicalURL("https://shop.example/p"))
    }
    #expect(progress.failed == 103)
    let report = CrawlReport(
      progress, .init(), seeds: [], changes: [:], alarms: [], leftOut: [], took: .seconds(1))
    #expect(report.troubles.count == 50)
    #expect(report.troubles[0].text == "3 × status 403, such as https://shop.example/1")
    #expect(report.text.contains("failed: 3 × status 403, such as https://shop.example/1"))
  }

  @Test func `a dead seed is a failure, an empty site a warning`() {
    let dead = CrawlReport(
      CrawlProgress(), .init(), seeds: [], changes: [:], alarms: [], leftOut: [],
      deadSeeds: [.init(site: "shop", url: "https://shop.example/", reason: "status 403")],
      took: .seconds(1))
    #expect(dead.hasFailures)
    #expect(dead.warnings == ["shop: nothing can be found from https://shop.example/: status 403"])
    let empty = CrawlReport(
      CrawlProgress(), .init(), seeds: [], changes: [:], alarms: [], leftOut: [],
      emptySites: ["shop"], took: .seconds(1))
    #expect(!empty.hasFailures)
    #expect(empty.warnings.count == 1)
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
