package import Catalog

/// Why bytes gave no picture.
///
/// One case per decision of the caller: look for the picture elsewhere, fetch it again, keep it out
/// for good, or keep it out until Vitrine learns the format.
package enum PictureError: Error, Equatable {
  /// No image format known to us begins like this: an empty body, an HTML page, a video.
  case notAPicture
  /// The file ends before its picture does; another fetch may bring the rest.
  case truncated(ImageFormat)
  /// The file is whole but contradicts its format.
  case corrupt(ImageFormat, reason: String)
  /// A picture of a format, or of a variant of it, that is not decoded here.
  case unsupported(ImageFormat, reason: String)
  /// Refused before any pixel was allocated.
  case outOfBounds(DecodeLimits.Measure, value: Int, limit: Int)
}

extension PictureError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAPicture: "not a picture"
    case .truncated(let format): "truncated \(format.rawValue)"
    case .corrupt(let format, let reason): "corrupt \(format.rawValue): \(reason)"
    case .unsupported(let format, let reason): "unsupported \(format.rawValue): \(reason)"
    case .outOfBounds(let measure, let value, let limit):
      switch measure {
      case .bytes: "too large: \(value) bytes, limit \(limit)"
      case .pixels: "too large: \(value) pixels, limit \(limit)"
      case .longSide: "too large: a side of \(value) pixels, limit \(limit)"
      case .shortSide: "too small: a side of \(value) pixels, at least \(limit)"
      case .aspect: "too thin: one side is \(value) times the other, limit \(limit)"
      case .frames: "too many parts: \(value), limit \(limit)"
      }
    }
  }
}
