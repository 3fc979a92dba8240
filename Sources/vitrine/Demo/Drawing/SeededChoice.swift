import Vision

/// Choices from a seed: the same seed draws the same picture on every machine.
struct SeededChoice: RandomNumberGenerator {
  private var numbers: SplitMix

  init(seed: UInt64) { numbers = SplitMix(seed: seed) }

  /// A generator of its own for `name`, so that one more draw elsewhere changes nothing here.
  init(seed: UInt64, _ name: String) {
    self.init(
      seed: name.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01B3
      })
  }

  mutating func next() -> UInt64 { numbers.next() }

  mutating func between(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) / Double(1 << 53)
  }

  mutating func one<Element>(of elements: [Element]) -> Element {
    elements[Int(next() % UInt64(elements.count))]
  }

  mutating func happens(_ probability: Double) -> Bool { between(0, 1) < probability }
}

/// Random but repeatable values over the plane.
enum Noise {
  /// 0…1 for a cell of the integer lattice.
  @inline(__always)
  static func cell(_ x: Int32, _ y: Int32, _ seed: UInt32) -> Float {
    var h = UInt32(bitPattern: x) &* 0x85EB_CA6B ^ UInt32(bitPattern: y) &* 0xC2B2_AE35 ^ seed
    h ^= h >> 15
    h &*= 0x2C1B_3C6D
    h ^= h >> 12
    h &*= 0x297A_2D39
    h ^= h >> 15
    return Float(h >> 8) * (1 / 16_777_216)
  }

  /// Smooth values in 0…1 with features of about one unit.
  @inline(__always)
  static func smooth(_ x: Float, _ y: Float, _ seed: UInt32) -> Float {
    let (floorX, floorY) = (x.floored, y.floored)
    let (fx, fy) = (x - floorX, y - floorY)
    let (ix, iy) = (Int32(floorX), Int32(floorY))
    let (sx, sy) = (fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy))
    let top = cell(ix, iy, seed) * (1 - sx) + cell(ix + 1, iy, seed) * sx
    let bottom = cell(ix, iy + 1, seed) * (1 - sx) + cell(ix + 1, iy + 1, seed) * sx
    return top * (1 - sy) + bottom * sy
  }
}

extension Float {
  /// Rounded down; for values that an `Int32` holds this is several times as fast as `floorf`.
  @inline(__always)
  var floored: Float {
    let whole = Float(Int32(self))
    return whole > self ? whole - 1 : whole
  }
}
