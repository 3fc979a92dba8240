import Vision

/// A drawing surface of 0…1 colours.
struct Canvas {
  let width: Int
  let height: Int
  /// `[height × width]`.
  private(set) var pixels: [Colour]

  init(width: Int, height: Int, colour: Colour = Colour(repeating: 1)) {
    self.width = width
    self.height = height
    pixels = [Colour](repeating: colour, count: width * height)
  }

  /// Sets every pixel from its coordinates.
  mutating func paint(_ colour: (_ x: Float, _ y: Float) -> Colour) {
    let (width, height) = (width, height)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<height {
        for x in 0..<width { pixels[y * width + x] = colour(Float(x) + 0.5, Float(y) + 0.5) }
      }
    }
  }

  /// Darkens what lies under a soft shadow.
  mutating func shade(_ shadow: SoftMask, dx: Float, dy: Float, tint: Colour, strength: Float) {
    guard let box = shadow.box(in: self) else { return }
    let xs = max(0, box.x.lowerBound + Int(dx))..<min(width, box.x.upperBound + Int(dx) + 1)
    let ys = max(0, box.y.lowerBound + Int(dy))..<min(height, box.y.upperBound + Int(dy) + 1)
    guard !xs.isEmpty, !ys.isEmpty else { return }
    let width = width
    pixels.withUnsafeMutableBufferPointer { pixels in
      for y in ys {
        let line = shadow.line(at: Float(y) + 0.5 - dy)
        guard !line.isEmpty else { continue }
        for x in xs {
          let value = shadow.value(Float(x) + 0.5 - dx, in: line)
          guard value > 0.002 else { continue }
          let under = pixels[y * width + x]
          pixels[y * width + x] = under.mixed(with: under * tint, value * strength)
        }
      }
    }
  }

  /// Lays colours over the pixels that `mask` covers; `colour` gets canvas coordinates.
  mutating func fill(
    _ mask: Mask, _ colour: (_ x: Int, _ y: Int, _ under: Colour) -> Colour
  ) {
    let xs = max(0, mask.left)..<max(0, min(width, mask.left + mask.width))
    let ys = max(0, mask.top)..<max(0, min(height, mask.top + mask.height))
    let width = width
    pixels.withUnsafeMutableBufferPointer { pixels in
      mask.coverage.withUnsafeBufferPointer { coverage in
        for y in ys {
          let row = (y - mask.top) * mask.width - mask.left
          for x in xs {
            let share = coverage[row + x]
            guard share > 0.003 else { continue }
            let under = pixels[y * width + x]
            pixels[y * width + x] = under.mixed(with: colour(x, y, under), share)
          }
        }
      }
    }
  }

  /// The finished picture; half a step of noise keeps gradients free of bands.
  func picture(seed: UInt32 = 7) -> Picture {
    let (width, height) = (width, height)
    let bytes = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<height {
          for x in 0..<width {
            let i = y * width + x
            let noise = Noise.cell(Int32(x), Int32(y), seed) * 1.6 - 0.3
            let scaled = (pixels[i] * 255 + Colour(repeating: noise)).clamped(
              lowerBound: Colour(repeating: 0), upperBound: Colour(repeating: 255))
            buffer[3 * i] = UInt8(scaled.x)
            buffer[3 * i + 1] = UInt8(scaled.y)
            buffer[3 * i + 2] = UInt8(scaled.z)
          }
        }
      }
      count = 3 * width * height
    }
    return Picture(width: width, height: height, pixels: bytes)
  }
}
