package import Catalog

extension Region {
  /// Pixels of a part's shorter side, whatever an embedder wants below.
  private static let workingSide = 320

  /// The part of a picture file, decoded as large as an embedder wants it where the file has the pixels.
  ///
  /// The same file and part give the same pixels, whatever else is cut out of it.
  ///
  /// - Parameter side: what the part's shorter side must at least be, as far as the file has it.
  package func decoded(
    from bytes: [UInt8], atLeast side: Int, limits: DecodeLimits = .standard
  ) throws(PictureError) -> Picture {
    let whole = (Double(max(side, Self.workingSide)) / min(width, height)).rounded(.up)
    return cut(from: try Picture(decoding: bytes, atLeast: Int(whole), limits: limits))
  }

  private func cut(from picture: Picture) -> Picture {
    func pixels(_ fraction: Double, of side: Int) -> Int {
      Int((fraction * Double(side)).rounded())
    }
    let part = picture.cropped(
      x: pixels(x, of: picture.width), y: pixels(y, of: picture.height),
      width: max(1, pixels(width, of: picture.width)),
      height: max(1, pixels(height, of: picture.height)))
    return part ?? picture
  }
}
