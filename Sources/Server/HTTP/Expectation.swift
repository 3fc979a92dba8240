import Hummingbird
import HummingbirdCore

extension HTTPServerBuilder {
  /// HTTP/1.1 that invites bodies which clients announce with `Expect: 100-continue` (RFC 9110, 10.1.1).
  ///
  /// curl does so from a megabyte on, as the photos of a telephone have, and waits a second for the
  /// invitation.
  ///
  /// - Parameter limit: of bodies; what is announced as larger is answered without being invited. Only such
  ///   a request keeps its `Expect`.
  static func inviting(upTo limit: Int, _ configuration: HTTP1Channel.Configuration) -> Self {
    HTTPServerBuilder { responder in
      HTTP1Channel(
        responder: { request, writer, channel in
          guard isInvited(request, limit) else {
            return try await responder(request, writer, channel)
          }
          try await writer.writeInformationalHead(HTTPResponse(status: .continue))
          var head = request.head
          head.headerFields[.expect] = nil
          try await responder(Request(head: head, body: request.body), writer, channel)
        }, configuration: configuration)
    }
  }

  private static func isInvited(_ request: Request, _ limit: Int) -> Bool {
    guard request.headers[.expect]?.lowercased() == "100-continue" else { return false }
    return request.headers[.contentLength].map { Int($0).map { $0 <= limit } ?? false } ?? true
  }
}
