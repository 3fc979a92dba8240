/// Red, green and blue in 0…1, sRGB; the fourth lane is not used.
typealias Colour = SIMD4<Float>

extension Colour {
  /// `0xRRGGBB`.
  init(_ hex: UInt32) {
    self.init(
      Float(hex >> 16 & 255) / 255, Float(hex >> 8 & 255) / 255, Float(hex & 255) / 255, 0)
  }

  @inline(__always)
  func mixed(with other: Colour, _ share: Float) -> Colour { self + (other - self) * share }

  func darker(_ share: Float) -> Colour { self * (1 - share) }
  func lighter(_ share: Float) -> Colour { mixed(with: Colour(repeating: 1), share) }

  var luma: Float { 0.299 * x + 0.587 * y + 0.114 * z }
}
