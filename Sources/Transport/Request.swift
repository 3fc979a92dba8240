import Catalog

/// One HTTP request; redirects are the caller's.
package struct Request: Sendable {
  package enum Method: Sendable { case get, head }

  package var method: Method
  package var url: CanonicalURL
  /// Beyond `User-Agent` and `Accept-Encoding`, which the transport sends.
  package var headers: [(name: String, value: String)]
  /// Whether the connection may lead to loopback, private and other special ranges.
  package var isPrivateAllowed: Bool
  /// Replaces `Settings.totalTimeout`.
  package var totalTimeout: Duration?
  /// Asked once, when the head is complete, on the transport's thread: it must not wait.
  package var plan: @Sendable (ResponseHead) -> BodyPlan

  /// - Parameter bodyLimit: Decoded bytes; a longer body ends in `TransportError.tooLarge`.
  package init(
    _ method: Method = .get, url: CanonicalURL, headers: [(name: String, value: String)] = [],
    bodyLimit: Int = 16 << 20, isPrivateAllowed: Bool = false, totalTimeout: Duration? = nil
  ) {
    self.init(
      method, url: url, headers: headers, isPrivateAllowed: isPrivateAllowed,
      totalTimeout: totalTimeout, plan: { _ in .keep(limit: bodyLimit) })
  }

  package init(
    _ method: Method = .get, url: CanonicalURL, headers: [(name: String, value: String)] = [],
    isPrivateAllowed: Bool = false, totalTimeout: Duration? = nil,
    plan: @escaping @Sendable (ResponseHead) -> BodyPlan
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.isPrivateAllowed = isPrivateAllowed
    self.totalTimeout = totalTimeout
    self.plan = plan
  }
}

/// What is to be done with a body, decided by the head that announces it. Limits are decoded bytes.
package enum BodyPlan: Sendable, Equatable {
  /// Keep all of it, or fail with `TransportError.tooLarge`.
  case keep(limit: Int)
  /// Keep its first bytes; `Response.isTruncated` tells whether there were more.
  case prefix(limit: Int)
  /// Keep nothing: a short body is read away so that the connection lives on, a long one is cut.
  case discard
}
