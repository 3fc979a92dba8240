import Catalog
import Storage

/// How a crawl stands: for the progress bar, and in the end for the summary.
package struct CrawlProgress: Sendable, Equatable {
  package struct ParkedHost: Sendable, Equatable {
    /// `scheme://authority`.
    package var origin: String
    /// `nil` where our own settings keep us from asking the host: for as long as they do.
    package var until: Timestamp?
    package var reason: String
  }

  /// What kept an address from being read, and how often that was so.
  package struct Trouble: Sendable, Equatable {
    package enum Kind: String, Sendable { case failed, refused, unusable }

    package let kind: Kind
    package let reason: String
    package var count: Int
    /// The first address that met it.
    package let example: CanonicalURL
  }

  /// Without those for robots.txt.
  package var requests = 0
  /// Bodies that were new or changed.
  package var read = 0
  /// 304, or the same bytes as before.
  package var unchanged = 0
  package var redirected = 0
  /// 404 and 410.
  package var missing = 0
  /// Kept out by robots.txt, scope, traps or their address.
  package var refused = 0
  /// Bodies that were no use.
  package var rejected = 0
  package var failed = 0
  /// By kind and reason, in the order that they came; reasons hold words of servers, so that there
  /// are at most so many.
  package private(set) var troubles: [Trouble] = []
  private static let mostTroubles = 50
  /// Addresses that nobody had seen before.
  package var discovered = 0
  /// Body bytes as they came.
  package var byteCount = 0
  /// Hosts that are being asked at the moment.
  package var activeHosts = 0
  /// Hosts that are left alone until a later run, by origin.
  package var parked: [ParkedHost] = []
  /// Sites whose budget for the run is spent.
  package var spentSites: Set<ID<Site>> = []
  /// The crawl was cancelled before it was through.
  package var wasStopped = false

  package init() {}

  mutating func count(_ outcome: FetchOutcome, of url: CanonicalURL) {
    switch outcome {
    case .unchanged: unchanged += 1
    case .redirected: redirected += 1
    case .missing: missing += 1
    case .rejected(let reason, _, _, _):
      rejected += 1
      count(.unusable, reason, url)
    case .refused(let reason, _):
      refused += 1
      count(.refused, reason, url)
    case .failed(let reason, _, _):
      failed += 1
      count(.failed, reason, url)
    }
  }

  private mutating func count(_ kind: Trouble.Kind, _ reason: String, _ url: CanonicalURL) {
    if let known = troubles.firstIndex(where: { $0.kind == kind && $0.reason == reason }) {
      troubles[known].count += 1
    } else if troubles.count < Self.mostTroubles {
      troubles.append(Trouble(kind: kind, reason: reason, count: 1, example: url))
    }
  }

  mutating func park(_ host: ParkedHost) {
    parked.removeAll { $0.origin == host.origin }
    parked.append(host)
    parked.sort { $0.origin < $1.origin }
  }
}
