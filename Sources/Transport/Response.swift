import Catalog

/// A response's status and header fields.
package struct ResponseHead: Sendable, Equatable {
  package var status: Int
  package var headers: HTTPHeaders

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders()) {
    self.status = status
    self.headers = headers
  }

  /// `Content-Type` without parameters, in lower case; empty where there is none.
  package var mediaType: String {
    var type: [UInt8] = []
    for byte in headers["Content-Type"]?.utf8 ?? "".utf8 {
      switch byte {
      case UInt8(ascii: ";"), UInt8(ascii: ","): return String(decoding: type, as: UTF8.self)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): type.append(byte | 0x20)
      case 9...13, 32: break
      default: type.append(byte)
      }
    }
    return String(decoding: type, as: UTF8.self)
  }

  /// How long the server asks us to stay away (RFC 9110, 10.2.3), never negative.
  ///
  /// A date is compared with the response's own `Date`, where it has one, so that a server whose
  /// clock is wrong still gets the pause it means.
  package func retryAfter(now: Timestamp) -> Duration? {
    guard let field = headers["Retry-After"] else { return nil }
    if let seconds = Int64(field), seconds >= 0 {
      return .seconds(min(seconds, 366 * 86_400))
    }
    guard let date = HTTPDate.parse(field) else { return nil }
    let sent = headers["Date"].flatMap(HTTPDate.parse) ?? now
    return min(max(date - sent, .zero), .seconds(366 * 86_400))
  }
}

package struct Response: Sendable {
  package enum Version: Sendable { case http1, http2 }

  /// Since the transfer began.
  package struct Timings: Sendable, Equatable {
    /// Until the request left: name, connection and TLS are behind it.
    package var sent: Duration
    package var firstByte: Duration
    package var total: Duration
  }

  package var head: ResponseHead
  /// Decoded.
  package var body: [UInt8]
  /// The plan was `prefix` or `discard` and there was more.
  package var isTruncated: Bool
  package var remoteAddress: IPAddress?
  package var version: Version
  package var timings: Timings
  /// Body bytes as they came, still encoded.
  package var wireByteCount: Int

  package var status: Int { head.status }
  package var headers: HTTPHeaders { head.headers }
}
