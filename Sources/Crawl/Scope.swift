import Catalog
import Storage

/// Which addresses belong to a site: the rules that every link passes before it may be fetched.
package struct Scope: Sendable {
  /// Where pages and sitemaps may be fetched.
  package var hosts: [HostPattern]
  /// Where pictures may be fetched besides `hosts`. What `*` stands for here is never a private address.
  package var imageHosts: [HostPattern]
  /// Paths with queries of pages; empty lets all in.
  package var include: [PathPattern]
  /// Paths with queries of pages and pictures; wins over `include`.
  package var exclude: [PathPattern]
  /// Links from a seed or a sitemap.
  package var maximumDepth: Int
  /// Redirects in a row.
  package var maximumHops: Int
  /// Requests of one run, pictures among them; `nil` for no bound.
  package var requestsPerRun: Int?
  /// Whether the site may live on loopback and private addresses.
  package var isPrivateAllowed: Bool
  /// Which parameters are dropped from its addresses.
  package var urlRules: URLRules

  package init(
    hosts: [HostPattern], imageHosts: [HostPattern] = [], include: [PathPattern] = [],
    exclude: [PathPattern] = [], maximumDepth: Int = 24, maximumHops: Int = 5,
    requestsPerRun: Int? = nil, isPrivateAllowed: Bool = false, urlRules: URLRules = .standard
  ) {
    self.hosts = hosts
    self.imageHosts = imageHosts
    self.include = include
    self.exclude = exclude
    self.maximumDepth = maximumDepth
    self.maximumHops = maximumHops
    self.requestsPerRun = requestsPerRun
    self.isPrivateAllowed = isPrivateAllowed
    self.urlRules = urlRules
  }

  /// Why an address is kept out.
  package enum Refusal: String, Sendable {
    case host = "host out of scope"
    case excluded = "path excluded"
    case notIncluded = "path not included"
    case tooDeep = "too many links from the seed"
    case tooManyHops = "too many redirects"
    case noFollow = "rel=nofollow"
    case endless = "shape of an endless address"
  }

  /// Whether requests may go to this host at all.
  package func contains(host url: CanonicalURL, kind: TargetKind) -> Bool {
    hosts.contains { $0.matches(url) } || kind == .image && imageHosts.contains { $0.matches(url) }
  }

  /// Whether a request for the address may go to a loopback or private one.
  func allowsPrivate(_ url: CanonicalURL, kind: TargetKind) -> Bool {
    isPrivateAllowed
      && (hosts.contains { $0.matches(url) }
        || kind == .image && imageHosts.contains { $0 != .any && $0.matches(url) })
  }

  /// The rules in words: equal where they judge alike.
  var text: String {
    [
      "hosts \(hosts.map(\.description))", "images \(imageHosts.map(\.description))",
      "include \(include.map(\.description))", "exclude \(exclude.map(\.description))",
      "depth \(maximumDepth)", "hops \(maximumHops)",
    ].joined(separator: "; ")
  }

  /// Why an address is kept out that other rules have judged; `nil` where it may be fetched.
  func rejudge(_ address: NewAddress) -> String? {
    if let old = address.refusal, Refusal(rawValue: old).map({ $0 == .noFollow }) ?? true {
      return old  // No rule of a scope has said so.
    }
    return refusal(
      of: address.url, kind: address.kind, depth: address.depth, hops: address.hops)?.rawValue
  }

  /// Why the address may not be fetched; `nil` where it may.
  package func refusal(
    of url: CanonicalURL, kind: TargetKind, depth: Int, hops: Int = 0
  ) -> Refusal? {
    refusal(of: url, kind: kind, depth: depth, hops: hops, isEndless: AddressShape(url).isEndless)
  }

  private func refusal(
    of url: CanonicalURL, kind: TargetKind, depth: Int, hops: Int = 0,
    isEndless: @autoclosure () -> Bool
  ) -> Refusal? {
    if !contains(host: url, kind: kind) { return .host }
    if hops > maximumHops { return .tooManyHops }
    if depth > maximumDepth { return .tooDeep }
    if kind == .sitemap { return nil }
    if !exclude.isEmpty || !include.isEmpty {
      let target = url.pathAndQuery
      if exclude.contains(where: { $0.matches(target) }) { return .excluded }
      if kind == .image { return nil }
      if !include.isEmpty, depth > 0, !include.contains(where: { $0.matches(target) }) {
        return .notIncluded
      }
    }
    return kind != .image && isEndless() ? .endless : nil
  }

  /// The frontier's entry for a link of a page.
  ///
  /// - Parameter lease: What the page was fetched under.
  package func address(for link: Link, from lease: Lease) -> NewAddress {
    address(for: link, from: lease, at: AddressShape(lease.url))
  }

  /// The frontier's entries for the links of a page.
  package func addresses(for links: [Link], from lease: Lease) -> [NewAddress] {
    let shape = AddressShape(lease.url)
    return links.map { address(for: $0, from: lease, at: shape) }
  }

  private func address(for link: Link, from lease: Lease, at source: AddressShape) -> NewAddress {
    let shape = AddressShape(link.url)
    // The hundredth page of a list is not a hundred links away.
    let depth = lease.depth + (shape.continues(source) ? 0 : 1)
    var refusal = refusal(
      of: link.url, kind: link.kind, depth: depth, isEndless: shape.isEndless)
    if refusal == nil, link.isNoFollow { refusal = .noFollow }
    return NewAddress(
      url: link.url, kind: link.kind, depth: depth, refusal: refusal?.rawValue,
      claimedAt: link.lastModified.map(Timestamp.init(seconds:)),
      isKin: link.kind != .image && shape.isKin(of: source))
  }

  /// The frontier's entry for where a lease's address redirects to.
  func address(forRedirectTo url: CanonicalURL, of lease: Lease) -> NewAddress {
    let hops = lease.hops + 1
    let refusal = refusal(of: url, kind: lease.kind, depth: lease.depth, hops: hops)
    return NewAddress(
      url: url, kind: lease.kind, depth: lease.depth, hops: hops, refusal: refusal?.rawValue)
  }
}

/// Hosts by name: `shop.example`, `127.0.0.1:8400`, `*.shop.example` or `*`.
///
/// A name without a port means the scheme's own port, and stands for the name with `www.` before it
/// too; `*.` stands for every name below, but not for the name itself. `*` is every host.
package struct HostPattern: Hashable, Sendable, CustomStringConvertible {
  private let name: String
  private let port: Int?
  private let isSuffix: Bool

  /// `*`: every host.
  package static let any = HostPattern()

  private init() { (name, port, isSuffix) = ("", nil, true) }

  /// `nil` where the text is no host.
  package init?(_ text: String) {
    if text == "*" {
      self = .any
      return
    }
    isSuffix = text.hasPrefix("*.")
    let authority = isSuffix ? String(text.dropFirst(2)) : text
    guard !authority.isEmpty, !authority.contains(where: { "/?#@*".contains($0) }),
      let url = try? CanonicalURL("http://\(authority)/"), url.path == "/", url.query == nil
    else { return nil }
    name = isSuffix ? ".\(url.host)" : url.host
    port = url.port
  }

  package var description: String {
    (isSuffix ? "*" : "") + name + (port.map { ":\($0)" } ?? "")
  }

  package func matches(_ url: CanonicalURL) -> Bool {
    if self == .any { return true }
    guard url.port == port else { return false }
    let host = url.host
    if isSuffix { return host.hasSuffix(name) }
    return host == name || host == "www.\(name)" || name == "www.\(host)"
  }
}

/// A path with its query, where `*` stands for any run of characters; it matches from the start,
/// and up to the end where it ends in `$`.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
  package let description: String
  private let literals: [[UInt8]]
  private let isAnchored: Bool

  package init(_ text: String) {
    description = text
    isAnchored = text.hasSuffix("$")
    literals = (isAnchored ? text.dropLast() : Substring(text))
      .split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
  }

  /// - Complexity: O(*pattern* · *target*).
  package func matches(_ target: String) -> Bool {
    let target = Array(target.utf8)
    guard target.starts(with: literals[0]) else { return false }
    if literals.count == 1 { return !isAnchored || target.count == literals[0].count }
    var position = literals[0].count
    for literal in literals.dropFirst().dropLast() where !literal.isEmpty {
      guard let found = target[position...].firstRange(of: literal) else { return false }
      position = found.upperBound
    }
    let last = literals[literals.count - 1]
    if isAnchored {
      return target.count - position >= last.count
        && target.reversed().starts(with: last.reversed())
    }
    return last.isEmpty || target[position...].firstRange(of: last) != nil
  }
}
