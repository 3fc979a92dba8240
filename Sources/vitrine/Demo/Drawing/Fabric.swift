import Foundation

/// What a piece is made of: colours, a printed or woven pattern and the feel of its surface.
struct Fabric {
  enum Pattern {
    case plain
    /// Stripes across, as long as they are `width` thick with `gap` between them.
    case stripes(width: Float, gap: Float, isUpright: Bool)
    case gingham(cell: Float)
    case tartan(cell: Float)
    case dots(cell: Float, radius: Float)
    case floral(cell: Float)
    case herringbone(cell: Float)
    case zigzag(width: Float, height: Float)
    /// From the first colour above to the second below, between two heights.
    case fade(from: Float, to: Float)
  }

  enum Surface {
    case smooth, woven, knitted, ribbed, twill, leather, quilted, straw
  }

  var base: Colour
  var accent: Colour
  var third: Colour
  var pattern: Pattern = .plain
  var surface: Surface = .woven
  /// How much a fold throws back light, 0…1.
  var sheen: Float = 0.1
  var seed: UInt32 = 1

  init(
    _ base: Colour, accent: Colour? = nil, third: Colour? = nil, _ pattern: Pattern = .plain,
    surface: Surface = .woven, sheen: Float = 0.1, seed: UInt32 = 1
  ) {
    self.base = base
    self.accent = accent ?? base.darker(0.3)
    self.third = third ?? base.lighter(0.5)
    self.pattern = pattern
    self.surface = surface
    self.sheen = sheen
    self.seed = seed
  }

  func with(pattern: Pattern? = nil, surface: Surface? = nil, base: Colour? = nil) -> Fabric {
    var copy = self
    copy.pattern = pattern ?? copy.pattern
    copy.surface = surface ?? copy.surface
    copy.base = base ?? copy.base
    return copy
  }

  /// The same cloth without its print, `share` darker.
  func plain(darker share: Float = 0) -> Fabric {
    var copy = with(pattern: .plain)
    copy.base = base.darker(share)
    return copy
  }

  /// The colour at a point of the cloth.
  ///
  /// - Parameter scale: pixels a unit, for smooth edges.
  @inline(__always)
  func colour(_ u: Float, _ v: Float, scale: Float) -> Colour {
    switch pattern {
    case .plain: return base
    case .stripes(let width, let gap, let isUpright):
      let t = isUpright ? u : v
      return base.mixed(with: accent, Self.band(t, width, gap, scale))
    case .gingham(let cell):
      let a = Self.band(u, cell, cell, scale)
      let b = Self.band(v, cell, cell, scale)
      return base.mixed(with: accent, 0.5 * (a + b))
    case .tartan(let cell):
      var colour = base
      let wide = Self.band(u, cell, cell * 1.4, scale) + Self.band(v, cell, cell * 1.4, scale)
      colour = colour.mixed(with: accent, 0.42 * wide)
      let period = cell * 2.4
      let thin =
        Self.line(u, at: cell * 1.7, period, cell * 0.07, scale)
        + Self.line(v, at: cell * 1.7, period, cell * 0.07, scale)
      return colour.mixed(with: third, min(0.8, 0.7 * thin))
    case .dots(let cell, let radius):
      let row = (v / cell).floored
      let shifted = u / cell + (Int32(row) & 1 == 0 ? 0 : 0.5)
      let x = (shifted - shifted.floored - 0.5) * cell
      let y = (v / cell - row - 0.5) * cell
      return base.mixed(with: accent, Self.edge(radius - (x * x + y * y).squareRoot(), scale))
    case .floral(let cell): return flower(u, v, cell, scale)
    case .herringbone(let cell):
      let column = (u / cell).floored
      let x = u - column * cell
      let slanted = v + (Int32(column) & 1 == 0 ? x : cell - x)
      return base.mixed(with: accent, 0.8 * Self.band(slanted, cell * 0.2, cell * 0.2, scale))
    case .zigzag(let width, let height):
      let t = u / width
      let wave = abs(t - t.floored - 0.5) * 2 * width * 0.5
      let row = ((v + wave) / height).floored
      let share = Self.band(v + wave, height, height, scale)
      let other = Int32(row) & 2 == 0 ? accent : third
      return base.mixed(with: other, share)
    case .fade(let from, let to):
      let t = min(1, max(0, (v - from) / (to - from)))
      return base.mixed(with: accent, t * t * (3 - 2 * t))
    }
  }

  /// Petals round a heart and a leaf, one bloom a cell, each moved, turned and sized by chance.
  @inline(__always)
  private func flower(_ u: Float, _ v: Float, _ cell: Float, _ scale: Float) -> Colour {
    var colour = base
    let (column, row) = (Int32((u / cell).floored), Int32((v / cell).floored))
    for dy in Int32(-1)...1 {
      for dx in Int32(-1)...1 {
        let (cx, cy) = (column + dx, row + dy)
        let px = (Float(cx) + 0.2 + 0.6 * Noise.cell(cx, cy, seed)) * cell
        let py = (Float(cy) + 0.2 + 0.6 * Noise.cell(cx, cy, seed &+ 1)) * cell
        let (x, y) = (u - px, v - py)
        let distance = (x * x + y * y).squareRoot()
        let chance = Noise.cell(cx, cy, seed &+ 2)
        let size = cell * (0.26 + 0.2 * chance)
        guard distance < size * 1.7 else { continue }
        let angle = atan2f(y, x) + 6.28 * chance
        let leaf = abs(sinf(angle)) * distance
        if cosf(angle) > 0 {
          let inside = size * 0.26 * (1 - abs(distance / size - 1.05) * 1.7) - leaf
          colour = colour.mixed(with: third.darker(0.35), Self.edge(inside, scale) * 0.85)
        }
        let petal = size * (0.62 + 0.38 * abs(cosf(angle * 2.5)))
        let shade = accent.mixed(with: third, chance > 0.62 ? 0.7 : 0)
        let tone = shade.darker(0.22 * (1 - distance / size))
        colour = colour.mixed(with: tone, Self.edge(petal - distance, scale))
        colour = colour.mixed(with: third, Self.edge(size * 0.2 - distance, scale))
      }
    }
    return colour
  }

  /// The surface's own play of light, about 1.
  @inline(__always)
  func texture(_ u: Float, _ v: Float) -> Float {
    switch surface {
    case .smooth: return 1
    case .woven:
      let grain = Noise.cell(Int32(u * 0.8), Int32(v * 2.3), seed) - 0.5
      return 1 + 0.035 * grain
    case .knitted:
      let t = u / 11 - (u / 11).floored - 0.5
      let y = v / 9 + abs(t) * 1.5
      let f = y - y.floored
      let strand = 4 * f * (1 - f)
      return 0.84 + 0.2 * strand * (1 - 1.6 * abs(abs(t) - 0.25)) + 0.02
    case .ribbed:
      let t = u / 12 - (u / 12).floored
      return 0.86 + 0.56 * t * (1 - t)
    case .twill:
      let t = (u + v) / 4.5
      let f = t - t.floored
      let slub = Noise.smooth(u * 0.7, v * 0.05, seed) - 0.5
      return 1 + 0.07 * (f < 0.5 ? 1 : -1) * 0.5 + 0.12 * slub
    case .leather:
      let pores = Noise.smooth(u * 0.35, v * 0.35, seed) - 0.5
      let tone = Noise.smooth(u * 0.02, v * 0.02, seed &+ 9) - 0.5
      return 1 + 0.06 * pores + 0.1 * tone
    case .quilted:
      let a = (u + v) / 62
      let b = (u - v) / 62
      let (fa, fb) = (a - a.floored, b - b.floored)
      let puff = min(1, 16 * fa * (1 - fa) * fb * (1 - fb) + 0.35)
      return 0.68 + 0.36 * puff + 0.10 * (0.5 - fa)
    case .straw:
      let ring = v / 7
      let f = ring - ring.floored
      let t = (u + (Int32(ring.floored) & 1 == 0 ? 0 : 6)) / 12
      let g = t - t.floored
      return 0.84 + 0.5 * f * (1 - f) + 0.28 * g * (1 - g)
    }
  }

  @inline(__always)
  private static func edge(_ distance: Float, _ scale: Float) -> Float {
    min(1, max(0, distance * scale + 0.5))
  }

  /// 1 in bands of `width` with `gap` between them, 0 elsewhere.
  @inline(__always)
  private static func band(_ t: Float, _ width: Float, _ gap: Float, _ scale: Float) -> Float {
    let period = width + gap
    let inside = t - (t / period).floored * period
    return edge(min(inside, width - inside), scale)
      + edge(min(inside - period, period + width - inside), scale)
  }

  @inline(__always)
  private static func line(
    _ t: Float, at middle: Float, _ period: Float, _ width: Float, _ scale: Float
  ) -> Float {
    let inside = t - (t / period).floored * period
    return edge(width - abs(inside - middle), scale)
  }
}
