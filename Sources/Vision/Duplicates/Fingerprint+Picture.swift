import CKernels
package import Catalog

extension Fingerprint {
  /// Measures a picture; any size will do, 32 pixels a side are enough.
  ///
  /// The hash is that of Zauner, "Implementation and benchmarking of perceptual image hash
  /// functions" (2010): a 32 × 32 luma grid, its 8 × 8 lowest DCT coefficients, one bit each for
  /// being above their median.
  package init(of picture: Picture) {
    let (fine, aspect) = picture.content(side: Self.grid)
    var luma = [UInt8](repeating: 0, count: Self.lumaSize)
    var colour = [UInt8](repeating: 0, count: 2 * Self.coarse * Self.coarse)
    // JFIF's YCbCr in 16 fractional bits; a chroma cell is the mean of four.
    for y in 0..<Self.coarse {
      for x in 0..<Self.coarse {
        var (cb, cr) = (0, 0)
        for place in [(0, 0), (1, 0), (0, 1), (1, 1)] {
          let cell = (2 * y + place.1) * Self.grid + 2 * x + place.0
          let (r, g, b) = (Int(fine[3 * cell]), Int(fine[3 * cell + 1]), Int(fine[3 * cell + 2]))
          luma[cell] = UInt8((19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16)
          cb += -11_058 * r - 21_710 * g + 32_768 * b
          cr += 32_768 * r - 27_439 * g - 5_329 * b
        }
        let place = y * Self.coarse + x
        colour[place] = UInt8(clamping: (128 << 18 + cb + 1 << 17) >> 18)
        colour[Self.coarse * Self.coarse + place] =
          UInt8(clamping: (128 << 18 + cr + 1 << 17) >> 18)
      }
    }
    self.init(
      perceptual: Self.hash(luma), colour: colour, luma: luma,
      aspect: UInt16(clamping: max(1, Int((aspect * 1_024).rounded()))))
  }

  /// Sides of the planes.
  static let grid = 32
  static let coarse = 16
  static let lumaSize = grid * grid
  /// Bytes of luma and chroma.
  static let planesSize = lumaSize + 2 * coarse * coarse

  static func hash(_ luma: [UInt8]) -> UInt64 {
    let low = [Float](unsafeUninitializedCapacity: 64) { buffer, count in
      vt_window_cosines(luma, Window.plainBase, 1, buffer.baseAddress)
      count = 64
    }
    let sorted = low.sorted()
    let median = (sorted[31] + sorted[32]) / 2
    var bits: UInt64 = 0
    for (place, value) in low.enumerated() where value > median { bits |= 1 << UInt64(place) }
    return bits
  }

  /// The planes of the first version, of a print of any version: 4 × 4 means of Cb, of Cr, 16 × 16
  /// means of luma; `nil` where only the hash is known.
  var coarsePlanes: [UInt8]? {
    guard isFine else {
      return colour.count + luma.count == Self.coarseSize ? colour + luma : nil
    }
    func means(_ plane: ArraySlice<UInt8>, _ side: Int, _ cell: Int) -> [UInt8] {
      let count = side / cell
      return (0..<count * count).map { i in
        var sum = 0
        for y in 0..<cell {
          for x in 0..<cell {
            sum += Int(
              plane[plane.startIndex + (i / count * cell + y) * side + i % count * cell + x])
          }
        }
        return UInt8((sum + cell * cell / 2) / (cell * cell))
      }
    }
    return means(colour[..<256], 16, 4) + means(colour[256...], 16, 4) + means(luma[...], 32, 2)
  }

  /// Bytes of `coarsePlanes`.
  static let coarseSize = 288
}
