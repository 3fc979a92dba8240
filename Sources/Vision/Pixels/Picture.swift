package import Catalog

/// A decoded picture: 8-bit RGB, row-major, tightly packed, upright, taken as sRGB.
package struct Picture: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// `[height × width × 3]`.
  package let pixels: [UInt8]
  /// The size that the file declares, turned upright; more than `width` where decoding scaled down.
  package let sourceWidth: Int
  package let sourceHeight: Int
  /// What the file was; `nil` for a picture that was drawn.
  package let format: ImageFormat?

  /// A drawn picture.
  ///
  /// - Precondition: `pixels` has `3 · width · height` bytes and both sides are positive.
  package init(width: Int, height: Int, pixels: [UInt8]) {
    self.init(
      width: width, height: height, pixels: pixels, sourceWidth: width, sourceHeight: height,
      format: nil)
  }

  init(
    width: Int, height: Int, pixels: [UInt8], sourceWidth: Int, sourceHeight: Int,
    format: ImageFormat?
  ) {
    precondition(width > 0 && height > 0 && pixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
    self.sourceWidth = sourceWidth
    self.sourceHeight = sourceHeight
    self.format = format
  }
}
