import Transport

/// Who crawls, how politely and within which bounds: the same for every site of a run.
package struct CrawlSettings: Sendable {
  /// The product token that robots.txt and `X-Robots-Tag` know us by.
  package static let agent = "vitrinebot"

  /// `vitrinebot/VERSION (+contact)`.
  package let userAgent: String

  /// From the start of a request to a host to the start of the next one, at least.
  package var delay: Duration = .seconds(1)
  /// Requests to a host at one time.
  package var concurrency = 1
  /// Requests at one time to all hosts that have answered from one address.
  package var concurrencyPerAddress = 4
  /// A host that takes long to answer is asked no sooner than after `latencyFactor` times its mean
  /// time to the first byte, divided by `concurrency`, up to `longestAdaptiveDelay`.
  package var latencyFactor = 1.0
  package var longestAdaptiveDelay: Duration = .seconds(30)

  /// Fetches under way and being recorded, of all hosts: the bound on bodies in memory.
  package var inFlight = 64
  /// Addresses that a host's worker takes at a time.
  package var batch = 16
  /// A pause up to here is waited for; a longer one ends the run for the host.
  package var patience: Duration = .seconds(120)
  /// How long a cancelled run waits for fetches under way.
  package var grace: Duration = .seconds(5)
  /// Times that an address is tried before it is given up.
  package var attempts = 4
  /// Hosts that cannot be reached so many times in a row are left alone for `deadPause`.
  package var unreachableLimit = 3
  /// Failures in a row (5xx, time-outs) after which a host is left alone for `deadPause`.
  package var failureLimit = 8
  package var deadPause: Duration = .seconds(3600)

  package var traps = TrapBudget()
  package var limits = BodyLimits()
  package var acceptLanguage: String?

  /// - Parameter contact: An `http` address or an e-mail address that reaches whoever runs this.
  package init(version: String, contact: String) throws(CrawlSettingsError) {
    let isPrintable = (version + contact).utf8.allSatisfy { (33...126).contains($0) }
    let isMail =
      contact.split(separator: "@", omittingEmptySubsequences: false).count == 2
      && !contact.hasPrefix("@") && contact.hasSuffix("@") == false && contact.contains(".")
    let isAddress = ["http://", "https://"].contains {
      contact.hasPrefix($0) && contact.count > $0.count
    }
    guard isPrintable, isMail || isAddress, !contact.contains(where: { "()<>".contains($0) }) else {
      throw .noContact(contact)
    }
    userAgent = "\(Self.agent)/\(version) (+\(contact))"
  }
}

package enum CrawlSettingsError: Error, Equatable, CustomStringConvertible {
  /// Nobody could be reached about the crawl.
  case noContact(String)

  package var description: String {
    switch self {
    case .noContact(let text):
      "a crawl needs a contact, an e-mail or http address; \"\(text)\" is none"
    }
  }
}

/// The longest decoded body that is kept of each kind, in bytes.
package struct BodyLimits: Sendable {
  package var page = 16 << 20
  package var sitemap = 50 << 20
  package var image = 32 << 20

  package init() {}
}
