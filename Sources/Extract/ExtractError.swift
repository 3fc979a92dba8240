/// Why a page yielded nothing.
///
/// One case per decision the pipeline can take; bad markup is never an error.
package enum ExtractError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The body holds more bytes, once decoded, than `limit`.
  case tooLarge(bytes: Int, limit: Int)
  /// The body announces itself as `kind` and cannot be read as that.
  case unreadable(kind: String, reason: String)
  /// The body is of a media type that no reader knows, such as a picture or an archive.
  case unsupported(mediaType: String)

  package var description: String {
    switch self {
    case .tooLarge(let bytes, let limit):
      "body of \(bytes) bytes passes the limit of \(limit)"
    case .unreadable(let kind, let reason):
      "body cannot be read as \(kind): \(reason)"
    case .unsupported(let mediaType):
      "no reader for media type \(mediaType)"
    }
  }
}
