import Vision

/// How the server listens and what it lets one client ask of it.
package struct ServerSettings: Sendable {
  /// Where connections are taken.
  package enum Address: Sendable, Equatable {
    /// Port 0 takes any free one.
    case port(Int, host: String)
    case socket(path: String)
  }

  package var address = Address.port(8420, host: "127.0.0.1")
  /// Names that `Host` may have beside `localhost` and the name of ``address``.
  ///
  /// A page elsewhere that points its own name at this machine (DNS rebinding) is refused by it. An IP
  /// address as `Host` is always answered: who sends it has gone to that very address.
  package var hostNames: [String] = []
  package var maxConnections = 256
  /// Connections without traffic are closed after this time.
  package var idleTimeout = Duration.seconds(60)
  /// Of a picture, alone or in a form.
  package var maxBodyBytes = 32 << 20
  package var maxJSONBytes = 1 << 20
  /// Of several searches at once.
  package var maxBatchBytes = 8 << 20
  /// From a request's head to the last byte of its body.
  package var bodyTimeout = Duration.seconds(30)
  /// A client's requests to `/v1`, pictures left out, in the long run and at once.
  package var requestsPerSecond = 100.0
  package var burst = 400
  /// Pictures that may be decoded, embedded or waiting for it at one time, of all clients.
  package var maxPendingPictures = 64
  /// Searches that may run or wait at one time, of all clients.
  package var maxPendingSearches = 256
  /// Checked before a pixel of a query picture is allocated.
  package var decodeLimits = DecodeLimits.standard
  /// A hit whose cosine with an earlier one is larger is folded into that.
  package var suppressAbove: Float = 0.99
  /// How long searches that are under way may go on when the server is told to stop.
  package var stopPause = Duration.seconds(1)
  /// How often the index folder is looked at for new vectors.
  package var followInterval = Duration.milliseconds(200)
  /// How often to ask whether another model is in use.
  package var modelInterval = Duration.seconds(1)

  package init() {}
}
