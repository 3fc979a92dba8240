import Catalog
import Testing

struct RobotsDirectivesTests {
  private func header(_ values: String...) -> RobotsDirectives {
    RobotsDirectives(headerValues: values, agent: "vitrinebot")
  }

  @Test func `directives of one and of several headers add up`() {
    #expect(header() == [])
    #expect(header("noindex") == .noIndex)
    #expect(header("NoIndex, NOFOLLOW") == [.noIndex, .noFollow])
    #expect(header("noindex", "noimageindex") == [.noIndex, .noImageIndex])
    #expect(header("none") == .none)
    #expect(header("noindex nofollow") == [.noIndex, .noFollow])
  }

  @Test func `what does not concern us is ignored`() {
    #expect(header("all", "index, follow", "noarchive, nosnippet", "", ",,;") == [])
    #expect(header("noindexing", "xnoindex") == [])
    #expect(header("max-snippet:-1, max-image-preview: large") == [])
    #expect(header("unavailable_after: Sunday, 25 Jun 2028 15:00:00 PST") == [])
  }

  @Test func `an agent's name counts for what follows it`() {
    #expect(header("googlebot: noindex") == [])
    #expect(header("VitrineBot: noindex, nofollow") == [.noIndex, .noFollow])
    #expect(header("vitrinebot:noindex") == .noIndex)
    #expect(header("*: noindex") == .noIndex)
    #expect(header("nofollow, otherbot: noindex, none") == .noFollow)
    #expect(header("otherbot: none, vitrinebot: noimageindex") == .noImageIndex)
  }

  @Test func `each header starts anew for everyone`() {
    #expect(header("otherbot: nofollow", "noindex") == .noIndex)
  }

  @Test func `a directive with a value names no agent`() {
    #expect(header("unavailable_after: 25 Jun 2028 15:00:00 PST, noindex") == .noIndex)
    #expect(header("max-snippet: 20, noindex") == .noIndex)
  }

  @Test func `a meta element is a list of directives`() {
    #expect(RobotsDirectives(metaContent: " NOINDEX ,nofollow") == [.noIndex, .noFollow])
    #expect(RobotsDirectives(metaContent: "none") == .none)
    #expect(RobotsDirectives(metaContent: "index, follow, max-image-preview:large") == [])
    #expect(RobotsDirectives(metaContent: "") == [])
  }
}
