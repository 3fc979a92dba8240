import Foundation

/// What garments are photographed on.
enum Backdrop: Hashable, Sendable {
  /// A seamless studio wall, lighter in the middle.
  case studio(UInt32)
  /// A painted wall with a lighter arch.
  case arch(wall: UInt32, arch: UInt32)
  case planks(UInt32)
  case linen(UInt32)
  case marble(UInt32)
  case terrazzo(UInt32)
  /// A rug of broad stripes over floorboards.
  case rug(floor: UInt32, rug: UInt32)

  func canvas(width: Int, height: Int, seed: UInt32) -> Canvas {
    var canvas = Canvas(width: width, height: height)
    let size = SIMD2(Float(width), Float(height))
    switch self {
    case .studio(let hex): studio(&canvas, Colour(hex), size)
    case .arch(let wall, let arch): self.arch(&canvas, Colour(wall), Colour(arch), size, seed)
    case .planks(let hex): canvas.paint { x, y in Self.plank(x, y, Colour(hex), seed) }
    case .linen(let hex): linen(&canvas, Colour(hex), seed)
    case .marble(let hex): marble(&canvas, Colour(hex), seed)
    case .terrazzo(let hex): terrazzo(&canvas, Colour(hex), seed)
    case .rug(let floor, let rug): self.rug(&canvas, Colour(floor), Colour(rug), seed)
    }
    return canvas
  }

  private func studio(_ canvas: inout Canvas, _ base: Colour, _ size: SIMD2<Float>) {
    canvas.paint { x, y in
      let (dx, dy) = (x / size.x - 0.42, y / size.y - 0.38)
      let distance = dx * dx + dy * dy
      return base.mixed(with: Colour(repeating: 1), 0.35 * max(0, 1 - distance * 3.2))
        * (1.015 - 0.13 * distance)
    }
  }

  private func arch(
    _ canvas: inout Canvas, _ wall: Colour, _ arch: Colour, _ size: SIMD2<Float>, _ seed: UInt32
  ) {
    canvas.paint { x, y in
      let plaster = 1.5 * Noise.smooth(x * 0.014, y * 0.019, seed)
      return wall * (0.985 + 0.035 * plaster - 0.06 * y / size.y)
    }
    let (w, h) = (Double(size.x), Double(size.y))
    let radius = w * 0.36
    var shape = (0...40).map { i -> Point in
      let angle = Double.pi * (1 + Double(i) / 40)
      return Point(w / 2 + radius * cos(angle), h * 0.42 + radius * sin(angle))
    }
    shape += [Point(w / 2 + radius, h + 4), Point(w / 2 - radius, h + 4)]
    guard let mask = Mask(of: [shape], canvasWidth: canvas.width, canvasHeight: canvas.height)
    else { return }
    canvas.fill(mask) { x, y, _ in
      let plaster = Noise.smooth(Float(x) * 0.015, Float(y) * 0.012, seed &+ 4)
      return arch * (0.99 + 0.03 * plaster - 0.05 * Float(y) / size.y)
    }
  }

  @inline(__always)
  private static func plank(_ x: Float, _ y: Float, _ base: Colour, _ seed: UInt32) -> Colour {
    let width: Float = 118
    let row = (y / width).floored
    let inside = y - row * width
    let tone = Noise.cell(Int32(row), 3, seed)
    let shift = 900 * Noise.cell(Int32(row), 7, seed)
    let board = ((x + shift) / 620).floored
    let end = abs((x + shift) - board * 620)
    let grain =
      Noise.smooth(
        x * 0.006 + tone * 40, inside * 0.16 + 3 * Noise.smooth(x * 0.004, row, seed), seed)
    let fine = Noise.smooth(x * 0.02, y * 0.9, seed &+ 2)
    let shade =
      0.86 + 0.12 * tone + 0.13 * grain + 0.05 * fine
      + 0.05 * Noise.cell(Int32(board), Int32(row), seed)
    let gap = min(inside, end)
    let groove = gap < 2.4 ? 0.55 + 0.15 * gap : 1
    return base * (shade * groove)
  }

  private func linen(_ canvas: inout Canvas, _ base: Colour, _ seed: UInt32) {
    let folds = FoldProfile(seed: seed)
    canvas.paint { x, y in
      let weave =
        Noise.cell(Int32(x * 0.5), Int32(y * 2), seed)
        + Noise.cell(Int32(x * 2), Int32(y * 0.5), seed)
      let slope = folds.sample((x * 0.5 + y * 0.8) * 0.0042 + 0.3 * folds.sample(x * 0.002).x)
      let other = folds.sample((x * 0.9 - y * 0.35) * 0.003 + 4)
      return base * (0.96 + 0.03 * weave - 0.045 * slope.y - 0.03 * other.y)
    }
  }

  private func marble(_ canvas: inout Canvas, _ base: Colour, _ seed: UInt32) {
    canvas.paint { x, y in
      let warp =
        Noise.smooth(x * 0.006, y * 0.006, seed) + 0.5 * Noise.smooth(x * 0.016, y * 0.016, seed)
      let t = (x * 0.8 + y) * 0.0026 + warp * 0.55 + 0.03 * Noise.smooth(x * 0.06, y * 0.06, seed)
      let vein = abs(t - (t + 0.5).floored) * 2
      let strength = Noise.smooth(x * 0.008, y * 0.006, seed &+ 6)
      let thin = max(0, 1 - vein * 30) * strength + 0.5 * max(0, 1 - vein * 5) * strength
      let cloud = Noise.smooth(x * 0.004, y * 0.005, seed &+ 3)
      return base * (0.95 + 0.06 * cloud - 0.16 * thin)
    }
  }

  private func terrazzo(_ canvas: inout Canvas, _ base: Colour, _ seed: UInt32) {
    let chips = [Colour(0xC9856B), Colour(0x6F8B84), Colour(0xE7C58D), Colour(0x8C8480)]
    canvas.paint { x, y in
      let cloud = Noise.smooth(x * 0.006, y * 0.006, seed)
      var colour = base * (0.97 + 0.04 * cloud)
      let cell: Float = 46
      let (column, row) = (Int32(x / cell), Int32(y / cell))
      for dy in Int32(-1)...1 {
        for dx in Int32(-1)...1 {
          let (i, j) = (column + dx, row + dy)
          let chance = Noise.cell(i, j, seed)
          guard chance > 0.35 else { continue }
          let px = (Float(i) + Noise.cell(i, j, seed &+ 1)) * cell - x
          let py = (Float(j) + Noise.cell(i, j, seed &+ 2)) * cell - y
          let skew = Noise.cell(i, j, seed &+ 3) - 0.5
          let reach = abs(px + skew * py) + abs(py - skew * px) * 1.3
          let inside = 5 + 12 * (chance - 0.35) - reach
          if inside > -0.5 {
            colour = colour.mixed(with: chips[Int(chance * 97) % 4], min(1, inside + 0.5) * 0.8)
          }
        }
      }
      return colour
    }
  }

  private func rug(_ canvas: inout Canvas, _ floor: Colour, _ rug: Colour, _ seed: UInt32) {
    canvas.paint { x, y in Self.plank(x, y, floor, seed) }
    let (w, h) = (Double(canvas.width), Double(canvas.height))
    let shape = [
      Point(w * 0.12, h * 0.1), Point(w * 1.1, h * 0.02), Point(w * 1.14, h * 0.9),
      Point(w * 0.16, h * 0.98),
    ]
    if let shadow = SoftMask(of: [shape], canvas: canvas, radius: 10) {
      canvas.shade(shadow, dx: 4, dy: 9, tint: Colour(0x40363A), strength: 0.5)
    }
    guard let mask = Mask(of: [shape], canvasWidth: canvas.width, canvasHeight: canvas.height)
    else { return }
    canvas.fill(mask) { x, y, _ in
      let t = (Float(y) + 0.08 * Float(x)) / 74
      let row = Int32(t.floored)
      let pile =
        Noise.cell(Int32(x), Int32(y), seed) * 0.08 + Noise.smooth(
          Float(x) * 0.3, Float(y) * 0.1, seed) * 0.08
      let base = row & 1 == 0 ? rug : rug.lighter(0.55)
      return base * (0.9 + pile)
    }
  }
}
