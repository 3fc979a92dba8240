import Catalog
import Storage
import Transport

/// What is asked of a host for one lease, and which answers are worth their bytes.
struct FetchPlan: Sendable {
  let kind: TargetKind
  let limits: BodyLimits

  /// The request under the lease: conditional where the address has been fetched before.
  func request(for lease: Lease, scope: Scope, language: String?) -> Request {
    var headers = [(name: "Accept", value: accept)]
    if let language { headers.append(("Accept-Language", language)) }
    if let tag = lease.validators.entityTag, isFieldValue(tag) {
      headers.append(("If-None-Match", tag))
    }
    if let date = lease.validators.lastModified, isFieldValue(date) {
      headers.append(("If-Modified-Since", date))
    }
    let isPrivateAllowed = scope.allowsPrivate(lease.url, kind: lease.kind)
    return Request(url: lease.url, headers: headers, isPrivateAllowed: isPrivateAllowed) {
      bodyPlan(for: $0)
    }
  }

  /// A validator is a server's text: what cannot stand in a field is not sent back.
  private func isFieldValue(_ text: String) -> Bool {
    text.utf8.count <= 1024 && text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
  }

  private var accept: String {
    switch kind {
    case .image: "image/webp,image/png,image/jpeg,image/*;q=0.8,*/*;q=0.5"
    case .sitemap: "application/xml,text/xml,application/gzip;q=0.9,*/*;q=0.5"
    case .listing, .page: "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5"
    }
  }

  private func bodyPlan(for head: ResponseHead) -> BodyPlan {
    guard head.status == 200, isWanted(head.mediaType) else { return .discard }
    switch kind {
    case .image: return .keep(limit: limits.image)
    case .sitemap: return .keep(limit: limits.sitemap)
    case .listing, .page: return .keep(limit: limits.page)
    }
  }

  /// Whether a body of the media type may be what was asked for. Servers name types carelessly, so
  /// only what it surely is not is turned away.
  func isWanted(_ mediaType: String) -> Bool {
    let family = mediaType.prefix { $0 != "/" }
    switch kind {
    case .image:
      return family == "image" && mediaType != "image/svg+xml" || mediaType.isEmpty
        || mediaType == "application/octet-stream" || mediaType == "binary/octet-stream"
    case .sitemap:
      return !["image", "video", "audio", "font"].contains(family)
        && mediaType != "application/pdf"
    case .listing, .page:
      guard family == "application" else { return family == "text" || mediaType.isEmpty }
      let isMarkup = mediaType.hasSuffix("xml") || mediaType.hasSuffix("json")
      return isMarkup || mediaType == "application/javascript"
    }
  }
}
