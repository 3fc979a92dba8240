package import Catalog
internal import Foundation

extension Fingerprint {
  /// Measures a picture; any size will do, 32 pixels a side are enough.
  ///
  /// The hash is that of Zauner, "Implementation and benchmarking of perceptual image hash
  /// functions" (2010): a 32 × 32 luma grid, its 8 × 8 lowest DCT coefficients, one bit each for
  /// being above their median.
  package init(of picture: Picture) {
    let fine = picture.content(side: Self.grid)
    let coarse = Picture(width: Self.grid, height: Self.grid, pixels: fine)
      .resized(width: 16, height: 16).pixels
    self.init(
      perceptual: Self.hash(Self.plane(fine, 0.299, 0.587, 0.114)),
      colour: Self.means(Self.plane(fine, -0.168736, -0.331264, 0.5, offset: 128))
        + Self.means(Self.plane(fine, 0.5, -0.418688, -0.081312, offset: 128)),
      luma: Self.plane(coarse, 0.299, 0.587, 0.114).map { UInt8($0.rounded()) })
  }

  /// A weighted sum of the channels (JFIF's YCbCr), 0…255.
  private static func plane(
    _ pixels: [UInt8], _ red: Float, _ green: Float, _ blue: Float, offset: Float = 0
  ) -> [Float] {
    stride(from: 0, to: pixels.count, by: 3).map { i in
      let sum = red * Float(pixels[i]) + green * Float(pixels[i + 1]) + blue * Float(pixels[i + 2])
      return min(255, max(0, offset + sum))
    }
  }

  private static let grid = 32

  /// `[8 × grid]`: the eight lowest cosines.
  private static let cosines: [Float] = (0..<8 * grid).map { i in
    let (frequency, sample) = (Double(i / grid), Double(i % grid))
    return Float(cos(frequency * (sample + 0.5) * Double.pi / Double(grid)))
  }

  static func hash(_ luma: [Float]) -> UInt64 {
    // Rows first: `[grid × 8]`, then columns: `[8 × 8]`.
    var rows = [Float](repeating: 0, count: grid * 8)
    for y in 0..<grid {
      for u in 0..<8 {
        var sum: Float = 0
        for x in 0..<grid { sum += luma[y * grid + x] * cosines[u * grid + x] }
        rows[y * 8 + u] = sum
      }
    }
    var low = [Float](repeating: 0, count: 64)
    for v in 0..<8 {
      for u in 0..<8 {
        var sum: Float = 0
        for y in 0..<grid { sum += rows[y * 8 + u] * cosines[v * grid + y] }
        low[v * 8 + u] = sum
      }
    }
    let sorted = low.sorted()
    let median = (sorted[31] + sorted[32]) / 2
    var bits: UInt64 = 0
    for (place, value) in low.enumerated() where value > median { bits |= 1 << UInt64(place) }
    return bits
  }

  /// Means over a 4 × 4 grid of cells, rounded.
  private static func means(_ plane: [Float]) -> [UInt8] {
    let cell = grid / 4
    return (0..<16).map { i in
      var sum: Float = 0
      for y in 0..<cell {
        for x in 0..<cell { sum += plane[(i / 4 * cell + y) * grid + i % 4 * cell + x] }
      }
      return UInt8((sum / Float(cell * cell)).rounded())
    }
  }
}
