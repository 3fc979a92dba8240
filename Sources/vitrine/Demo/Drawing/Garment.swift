import Foundation

/// One cut of cloth, drawn as a body with rounded edges and folds.
struct Piece {
  var contours: [Outline]
  var fabric: Fabric
  /// How far the light reaches round the edges, in units; thick things have more.
  var roundness = 16.0
  var folds = Folds()
  /// How high it lies on what is under it; 0 throws no shadow of its own.
  var lift = 0.0
  /// Whether the whole garment's shadow on the ground includes it.
  var isCasting = true
  var seams: [Seam] = []
  /// Where the print starts, and how it is turned, so that a sleeve's stripes follow the sleeve.
  var grain = Placement(x: 0, y: 0)
  var opacity: Float = 1

  init(_ contours: Outline..., fabric: Fabric) {
    self.contours = contours
    self.fabric = fabric
  }

  /// The same piece on the other side of the middle.
  var mirrored: Piece {
    var copy = self
    copy.contours = contours.map(\.mirrored)
    copy.seams = seams.map(\.mirrored)
    copy.grain = Placement(x: -grain.origin.x, y: grain.origin.y, angle: -grain.angle)
    copy.folds.seed = folds.seed &+ 17
    copy.folds.middle = -folds.middle
    copy.folds.lean = -folds.lean
    return copy
  }
}

/// A line on a piece: a seam, a stitching, a lace.
struct Seam {
  var line: [Point]
  var width = 2.0
  var colour = Colour(repeating: 0)
  var opacity: Float = 0.3
  /// Lengths of stitch and gap; none is a continuous line.
  var dash: (Double, Double)?

  init(
    _ knots: [Knot], width: Double = 2, colour: Colour = Colour(repeating: 0), opacity: Float = 0.3,
    dash: (Double, Double)? = nil
  ) {
    line = Outline(knots, isClosed: false).points
    self.width = width
    self.colour = colour
    self.opacity = opacity
    self.dash = dash
  }

  var mirrored: Seam {
    var copy = self
    copy.line = line.map { Point(-$0.x, $0.y) }
    return copy
  }

  static func stitches(_ knots: [Knot], _ colour: Colour, opacity: Float = 0.5) -> Seam {
    Seam(knots, width: 1.6, colour: colour, opacity: opacity, dash: (7, 4))
  }

  /// Outlines of the line's strokes, each a thin box with its ends where the dashes end.
  var strokes: [[Point]] {
    var boxes: [[Point]] = []
    func box(_ a: Point, _ b: Point) {
      let along = b - a
      guard along.length > 1e-9 else { return }
      let side = Point(-along.y, along.x) * (width / 2 / along.length)
      boxes.append([a + side, b + side, b - side, a - side])
    }
    guard let dash else {
      // One ribbon, so that its parts do not overlap.
      guard line.count > 1 else { return [] }
      var (left, right): ([Point], [Point]) = ([], [])
      for i in line.indices {
        let along = line[min(i + 1, line.count - 1)] - line[max(i - 1, 0)]
        guard along.length > 1e-9 else { continue }
        let side = Point(-along.y, along.x) * (width / 2 / along.length)
        left.append(line[i] + side)
        right.append(line[i] - side)
      }
      return [left + right.reversed()]
    }
    var (left, isOn) = (dash.0, true)
    for (start, end) in zip(line, line.dropFirst()) {
      var from = start
      while (end - from).length > left {
        let to = from + (end - from) * (left / (end - from).length)
        if isOn { box(from, to) }
        from = to
        isOn.toggle()
        left = isOn ? dash.0 : dash.1
      }
      if isOn { box(from, end) }
      left -= (end - from).length
    }
    return boxes
  }
}

/// How cloth hangs: rounded waves that run down and spread, and slight creases across.
struct Folds {
  /// Waves across 100 units at `from`.
  var frequency = 1.0
  /// 0…1.
  var depth: Float = 0.12
  /// How much wider a wave is 100 units further down.
  var spread = 0.0
  /// Where the waves begin; above they fade out.
  var from = -500.0
  var middle = 0.0
  /// Sideways run of a fold a unit down.
  var lean = 0.0
  var creases: Float = 0.05
  var seed: UInt32 = 3

  static let none = Folds(depth: 0, creases: 0)
}

/// A period of smooth chance, with its slope.
struct FoldProfile {
  static let size = 256
  private let values: [SIMD2<Float>]

  init(seed: UInt32) {
    var choice = SeededChoice(seed: UInt64(seed))
    var heights = [Float](repeating: 0, count: Self.size)
    for wave in [5, 8, 11, 16, 21] {
      let phase = choice.between(0, 2 * .pi)
      let strength = choice.between(0.4, 1) / Double(wave)
      for i in heights.indices {
        heights[i] +=
          Float(
            strength * sin(2 * .pi * Double(wave * i) / Double(Self.size) + phase)) * 5
      }
    }
    values = heights.indices.map { i in
      let slope = heights[(i + 2) % Self.size] - heights[(i + Self.size - 2) % Self.size]
      return SIMD2(heights[i], slope * 4)
    }
  }

  /// Height and slope; the period is 16.
  @inline(__always)
  func sample(_ t: Float) -> SIMD2<Float> {
    let scaled = t * 16
    let floor = scaled.floored
    let share = scaled - floor
    let i = Int(floor) & (Self.size - 1)
    return values.withUnsafeBufferPointer { v in
      v[i] + (v[(i + 1) & (Self.size - 1)] - v[i]) * share
    }
  }
}

/// Something to wear, in units that a packshot of 800 × 1000 pixels shows one to one, middle at 0, 0.
struct Garment {
  var pieces: [Piece]
  /// How high it stands off the ground; shoes and bags more than shirts.
  var thickness = 1.0

  init(_ pieces: [Piece], thickness: Double = 1) {
    self.pieces = pieces
    self.thickness = thickness
  }
}
