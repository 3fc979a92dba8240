import CCurl

/// Why a request brought no response.
///
/// One case per decision that the caller can take; `code` is libcurl's `CURLcode`.
package enum TransportError: Error, Equatable, Sendable {
  /// No connection: the name does not resolve, nobody listens, or connecting took too long.
  case unreachable(code: Int32)
  /// The connection broke before the response was complete.
  case interrupted(code: Int32)
  /// The response was not complete in time, or came too slowly.
  case timedOut
  /// The decoded body passed `limit` bytes and was dropped.
  case tooLarge(limit: Int)
  /// The name leads to a private address only and the request may not go there.
  case blockedAddress(IPAddress)
  /// No trusted TLS session: certificate, name or protocol.
  case tls(code: Int32)
  /// Not HTTP as we speak it: framing, encoding, header limits. Asking again is no help.
  case malformed(code: Int32)
  /// libcurl could not be set up for the request, for want of memory or a file.
  case unusable(code: Int32)
  /// The task was cancelled.
  case cancelled
  /// `shutdown()` came first.
  case shutDown
}

extension TransportError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let code): "host unreachable: \(Self.text(code))"
    case .interrupted(let code): "connection broke: \(Self.text(code))"
    case .timedOut: "timed out"
    case .tooLarge(let limit): "body over \(limit) bytes"
    case .blockedAddress(let address): "private address \(address) not allowed"
    case .tls(let code): "no trusted TLS session: \(Self.text(code))"
    case .malformed(let code): "response is not valid HTTP: \(Self.text(code))"
    case .unusable(let code): "libcurl set-up failed: \(Self.text(code))"
    case .cancelled: "cancelled"
    case .shutDown: "transport is shut down"
    }
  }

  /// libcurl's words for a code, and the code.
  private static func text(_ code: Int32) -> String {
    "\(String(cString: curl_easy_strerror(CURLcode(rawValue: UInt32(code))))) (curl \(code))"
  }
}
