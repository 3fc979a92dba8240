internal import Catalog

/// What a file may ask for before it is refused.
///
/// All are checked against the file's own header before anything is allocated for its pixels, so a
/// bomb costs its download and a few microseconds.
package struct DecodeLimits: Sendable, Equatable {
  /// What a limit counts.
  package enum Measure: Sendable, Equatable {
    case bytes, pixels, longSide, shortSide, aspect
    /// Scans of a progressive JPEG, chunks of a PNG, WebP or GIF.
    case frames
  }

  /// Of the file.
  package var maxBytes: Int
  /// Width × height as declared.
  package var maxPixels: Int
  package var maxSide: Int
  /// Tracking pixels and spacers are no pictures.
  package var minSide: Int
  /// Longer side ÷ shorter side, rounded up.
  package var maxAspect: Int
  /// Segments or chunks that are walked before giving up.
  package var maxParts: Int
  /// Scans of a JPEG, each of which may be a pass over all of its blocks, whatever few bytes it has.
  package var maxScans: Int

  package init(
    maxBytes: Int = 32 << 20, maxPixels: Int = 50_000_000, maxSide: Int = 20_000,
    minSide: Int = 8, maxAspect: Int = 20, maxParts: Int = 10_000, maxScans: Int = 100
  ) {
    self.maxBytes = maxBytes
    self.maxPixels = maxPixels
    self.maxSide = maxSide
    self.minSide = minSide
    self.maxAspect = maxAspect
    self.maxParts = maxParts
    self.maxScans = maxScans
  }

  /// For pictures from the web: 32 MiB, 50 megapixels, 1:20.
  package static let standard = Self()

  func check(byteCount: Int) throws(PictureError) {
    guard byteCount <= maxBytes else {
      throw .outOfBounds(.bytes, value: byteCount, limit: maxBytes)
    }
  }

  /// - Precondition: both sides are at most 2³¹.
  func check(width: Int, height: Int, format: ImageFormat) throws(PictureError) {
    guard width > 0, height > 0 else { throw .corrupt(format, reason: "a side of no pixels") }
    let (short, long) = (min(width, height), max(width, height))
    guard long <= maxSide else { throw .outOfBounds(.longSide, value: long, limit: maxSide) }
    guard width * height <= maxPixels else {
      throw .outOfBounds(.pixels, value: width * height, limit: maxPixels)
    }
    guard short >= minSide else { throw .outOfBounds(.shortSide, value: short, limit: minSide) }
    let aspect = (long + short - 1) / short
    guard aspect <= maxAspect else { throw .outOfBounds(.aspect, value: aspect, limit: maxAspect) }
  }
}
