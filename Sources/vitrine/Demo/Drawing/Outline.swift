import Foundation

struct Point: Equatable {
  var x: Double
  var y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  static func + (a: Self, b: Self) -> Self { Point(a.x + b.x, a.y + b.y) }
  static func - (a: Self, b: Self) -> Self { Point(a.x - b.x, a.y - b.y) }
  static func * (a: Self, factor: Double) -> Self { Point(a.x * factor, a.y * factor) }
  var length: Double { (x * x + y * y).squareRoot() }
}

/// A point that an outline passes through, as a corner or as part of a curve.
enum Knot {
  case sharp(Double, Double)
  case soft(Double, Double)

  var point: Point {
    switch self {
    case .sharp(let x, let y), .soft(let x, let y): Point(x, y)
    }
  }

  var isSharp: Bool {
    if case .sharp = self { true } else { false }
  }

  func moved(_ dx: Double, _ dy: Double) -> Knot {
    switch self {
    case .sharp(let x, let y): .sharp(x + dx, y + dy)
    case .soft(let x, let y): .soft(x + dx, y + dy)
    }
  }

  var mirrored: Knot {
    switch self {
    case .sharp(let x, let y): .sharp(-x, y)
    case .soft(let x, let y): .soft(-x, y)
    }
  }
}

/// A curve as a chain of short straight lines.
struct Outline {
  var points: [Point]

  /// The cardinal spline through `knots`, with a corner at each sharp one.
  init(_ knots: [Knot], isClosed: Bool = true, tension: Double = 0.5) {
    points = []
    let count = knots.count
    func tangent(at i: Int, towards j: Int) -> Point {
      if knots[i].isSharp || (!isClosed && (i == 0 || i == count - 1)) {
        return (knots[j].point - knots[i].point) * (j > i || (isClosed && j == 0) ? 1 : -1) * 0.5
      }
      let before = knots[(i + count - 1) % count].point
      let after = knots[(i + 1) % count].point
      return (after - before) * tension
    }
    for i in 0..<(isClosed ? count : count - 1) {
      let j = (i + 1) % count
      let (a, b) = (knots[i].point, knots[j].point)
      let reach = (b - a).length
      let out = Self.limited(tangent(at: i, towards: j), to: reach)
      let back = knots[j].isSharp ? (b - a) * 0.5 : tangent(at: j, towards: i)
      let into = Self.limited(back, to: reach)
      let steps = max(2, min(48, Int(reach / 6)))
      for step in 0..<steps {
        let t = Double(step) / Double(steps)
        let (t2, t3) = (t * t, t * t * t)
        points.append(
          a * (2 * t3 - 3 * t2 + 1) + out * (t3 - 2 * t2 + t) + b * (3 * t2 - 2 * t3)
            + into * (t3 - t2))
      }
    }
    if !isClosed, let last = knots.last { points.append(last.point) }
  }

  /// A tangent much longer than its segment makes loops where knots stand unevenly.
  private static func limited(_ tangent: Point, to reach: Double) -> Point {
    let length = tangent.length
    return length > 1.2 * reach && length > 0 ? tangent * (1.2 * reach / length) : tangent
  }

  /// The closed outline whose right half is `knots`, from the middle above to the middle below.
  init(bothSidesOf knots: [Knot]) {
    let left = knots.reversed().filter { $0.point.x > 0.01 }.map(\.mirrored)
    self.init(knots + left)
  }

  init(circleAt centre: Point, radius: Double, squash: Double = 1, turned: Double = 0) {
    let steps = max(16, Int(radius * 0.8))
    points = (0..<steps).map { step in
      let angle = 2 * Double.pi * Double(step) / Double(steps)
      let (x, y) = (radius * cos(angle), radius * squash * sin(angle))
      return centre
        + Point(x * cos(turned) - y * sin(turned), x * sin(turned) + y * cos(turned))
    }
  }

  var mirrored: Outline {
    var copy = self
    copy.points = points.reversed().map { Point(-$0.x, $0.y) }
    return copy
  }

  func placed(_ placement: Placement) -> [Point] { points.map(placement.apply) }
}

/// Where a drawing stands on the canvas: scaled, then turned, then moved.
struct Placement {
  let scale: Double
  let angle: Double
  let origin: Point
  private let across: Point
  private let down: Point

  /// - Parameters:
  ///   - scale: pixels a unit; negative `flip` mirrors left and right.
  ///   - angle: radians, clockwise.
  init(x: Double, y: Double, scale: Double = 1, angle: Double = 0, isFlipped: Bool = false) {
    self.scale = scale
    self.angle = angle
    origin = Point(x, y)
    across = Point(cos(angle), sin(angle)) * (isFlipped ? -scale : scale)
    down = Point(-sin(angle), cos(angle)) * scale
  }

  func apply(_ p: Point) -> Point { origin + across * p.x + down * p.y }

  /// Where a pixel lies in the drawing, and how far one pixel to the right moves there.
  func inverse(_ x: Double, _ y: Double) -> (at: SIMD2<Float>, step: SIMD2<Float>) {
    let determinant = across.x * down.y - across.y * down.x
    let (dx, dy) = (x - origin.x, y - origin.y)
    return (
      SIMD2(
        Float((dx * down.y - dy * down.x) / determinant),
        Float((dy * across.x - dx * across.y) / determinant)),
      SIMD2(Float(down.y / determinant), Float(-across.y / determinant))
    )
  }

  /// `inner` drawn in the units of this placement.
  func holding(_ inner: Placement) -> Placement { Placement(outer: self, inner: inner) }

  private init(outer: Placement, inner: Placement) {
    scale = outer.scale * inner.scale
    angle = outer.angle + inner.angle
    origin = outer.apply(inner.origin)
    across = outer.across * inner.across.x + outer.down * inner.across.y
    down = outer.across * inner.down.x + outer.down * inner.down.y
  }
}
