import CKernels

extension Picture {
  /// The picture at another size, whatever that does to its ratio; the source size stays told.
  ///
  /// - Precondition: both sides are positive.
  package func resized(width: Int, height: Int) -> Picture {
    resampled(x: 0, y: 0, width: Double(self.width), height: Double(self.height), to: width, height)
  }

  /// The picture within a square of `side` pixels, its ratio kept; itself where it fits already.
  package func fitted(within side: Int) -> Picture {
    let long = max(width, height)
    guard long > side else { return self }
    func scaled(_ length: Int) -> Int { max(1, (length * side + long / 2) / long) }
    return resized(width: scaled(width), height: scaled(height))
  }

  /// The picture with a shorter side of `side`, its ratio kept; itself where that is not at least
  /// half as long.
  func reduced(towards side: Int) -> Picture {
    let short = min(width, height)
    guard short >= 2 * side else { return self }
    return resized(width: width * side / short, height: height * side / short)
  }

  /// A part of the picture; the part of the box that lies outside is left off.
  ///
  /// - Returns: `nil` where nothing of the box lies inside.
  package func cropped(x: Int, y: Int, width: Int, height: Int) -> Picture? {
    let left = max(0, x)
    let top = max(0, y)
    let right = min(self.width, x.addingReportingOverflow(width).partialValue)
    let bottom = min(self.height, y.addingReportingOverflow(height).partialValue)
    guard right > left, bottom > top else { return nil }
    var part: [UInt8] = []
    part.reserveCapacity(3 * (right - left) * (bottom - top))
    for row in top..<bottom {
      let start = 3 * (row * self.width + left)
      part.append(contentsOf: pixels[start..<start + 3 * (right - left)])
    }
    return Picture(width: right - left, height: bottom - top, pixels: part)
  }

  /// The middle square: the shorter side scaled to `side / share`, then `side` × `side` cut out.
  ///
  /// - Parameter share: how much of the shorter side the square keeps, 0…1.
  /// - Returns: `[side × side × 3]`.
  func middle(side: Int, share: Double) -> [UInt8] {
    let length = Double(min(width, height)) * share
    return resampled(
      x: (Double(width) - length) / 2, y: (Double(height) - length) / 2, width: length,
      height: length, to: side, side
    ).pixels
  }

  /// The picture without its uniform border, squeezed into a square.
  ///
  /// - Returns: `[side × side × 3]`, and width ÷ height before the squeeze.
  func content(side: Int) -> (pixels: [UInt8], aspect: Double) {
    let box = vt_content_box(pixels, Int32(width), Int32(height), Self.borderTolerance)
    let squeezed = resampled(
      x: Double(box.x), y: Double(box.y), width: Double(box.width), height: Double(box.height),
      to: side, side)
    return (squeezed.pixels, Double(box.width) / Double(box.height))
  }

  /// Levels by which a pixel of a border may miss its colour. Paddings and paper-white backgrounds
  /// stay within it after JPEG; a photographed wall does not, and must not: where the border would
  /// end then hangs on the compression.
  private static let borderTolerance: Int32 = 10

  /// The picture after EXIF `orientation` (1…8) has been made good.
  func upright(_ orientation: Int) -> Picture {
    guard orientation > 1, orientation <= 8 else { return self }
    let swaps = orientation >= 5
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
      vt_orient_rgb(
        pixels, Int32(width), Int32(height), Int32(orientation), buffer.baseAddress)
      count = pixels.count
    }
    return Picture(
      width: swaps ? height : width, height: swaps ? width : height, pixels: turned,
      sourceWidth: swaps ? sourceHeight : sourceWidth,
      sourceHeight: swaps ? sourceWidth : sourceHeight, format: format)
  }

  private func resampled(
    x: Double, y: Double, width boxWidth: Double, height boxHeight: Double, to width: Int,
    _ height: Int
  ) -> Picture {
    precondition(width > 0 && height > 0)
    let sampled = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      let status = vt_resize_rgb(
        pixels, Int32(self.width), Int32(self.height), x, y, boxWidth, boxHeight,
        buffer.baseAddress, Int32(width), Int32(height))
      precondition(status == 0, "out of memory")
      count = 3 * width * height
    }
    return Picture(
      width: width, height: height, pixels: sampled, sourceWidth: sourceWidth,
      sourceHeight: sourceHeight, format: format)
  }
}
