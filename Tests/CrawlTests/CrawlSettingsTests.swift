import Crawl
import Testing

struct CrawlSettingsTests {
  @Test func `the user agent names the version and the contact`() throws {
    let settings = try CrawlSettings(version: "0.3", contact: "https://team.example/bot")
    #expect(settings.userAgent == "vitrinebot/0.3 (+https://team.example/bot)")
    let mail = try CrawlSettings(version: "0.3", contact: "bot@team.example")
    #expect(mail.userAgent == "vitrinebot/0.3 (+bot@team.example)")
  }

  @Test(arguments: [
    "", " ", "me", "https://", "@team.example", "me@", "bot@team.example\r\nX-Evil: 1",
    "a b@team.example", "https://team.example/(bot)",
  ])
  func `without a contact nothing is crawled`(_ contact: String) {
    #expect(throws: CrawlSettingsError.noContact(contact)) {
      _ = try CrawlSettings(version: "1", contact: contact)
    }
  }
}
