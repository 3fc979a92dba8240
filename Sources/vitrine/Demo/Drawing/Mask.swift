/// How much of each pixel a shape covers.
///
/// Coverage is exact: each edge adds its signed area to the pixels it crosses and a running sum along
/// the row fills the inside, as R. Levien describes for font-rs ("Inside the fastest font renderer in
/// the world", 2016).
struct Mask {
  /// Of the whole canvas that the mask belongs to.
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  /// `[height × width]`, 0…1.
  var coverage: [Float]

  /// The part of `shapes` inside a canvas; `nil` where there is none.
  ///
  /// - Parameter margin: empty pixels to leave around, as blurring needs.
  init?(of shapes: [[Point]], canvasWidth: Int, canvasHeight: Int, margin: Int = 1) {
    var (minX, minY) = (Double.infinity, Double.infinity)
    var (maxX, maxY) = (-Double.infinity, -Double.infinity)
    for shape in shapes {
      for p in shape {
        minX = min(minX, p.x)
        maxX = max(maxX, p.x)
        minY = min(minY, p.y)
        maxY = max(maxY, p.y)
      }
    }
    guard minX < maxX, minY < maxY else { return nil }
    let left = max(-margin, Int(minX.rounded(.down)) - margin)
    let top = max(-margin, Int(minY.rounded(.down)) - margin)
    let right = min(canvasWidth + margin, Int(maxX.rounded(.up)) + margin)
    let bottom = min(canvasHeight + margin, Int(maxY.rounded(.up)) + margin)
    guard right > left, bottom > top else { return nil }
    self.left = left
    self.top = top
    width = right - left
    height = bottom - top
    coverage = [Float](repeating: 0, count: width * height)
    let (rowWidth, rows) = (width, height)
    coverage.withUnsafeMutableBufferPointer { cells in
      for shape in shapes {
        guard var from = shape.last else { continue }
        for to in shape {
          Self.edge(
            from - Point(Double(left), Double(top)), to - Point(Double(left), Double(top)), cells,
            rowWidth, rows)
          from = to
        }
      }
      for row in 0..<rows {
        var sum: Float = 0
        for i in row * rowWidth..<(row + 1) * rowWidth {
          sum += cells[i]
          cells[i] = min(1, abs(sum))
        }
      }
    }
  }

  private static func edge(
    _ from: Point, _ to: Point, _ cells: UnsafeMutableBufferPointer<Float>, _ width: Int,
    _ height: Int
  ) {
    guard from.y != to.y else { return }
    let sign: Float = from.y < to.y ? 1 : -1
    let (upper, lower) = from.y < to.y ? (from, to) : (to, from)
    let slope = (lower.x - upper.x) / (lower.y - upper.y)
    let firstY = max(0, upper.y)
    let lastY = min(Double(height), lower.y)
    guard firstY < lastY else { return }
    var y = firstY
    for row in Int(firstY)..<min(height, Int(lastY.rounded(.up))) {
      let end = min(Double(row + 1), lastY)
      let part = Float(end - y) * sign
      let bound = Double(width)
      let x0 = min(max(upper.x + (y - upper.y) * slope, 0), bound)
      let x1 = min(max(upper.x + (end - upper.y) * slope, 0), bound)
      y = end
      let (a, b) = x0 < x1 ? (x0, x1) : (x1, x0)
      let first = Int(a)
      guard first < width else { continue }
      let base = row * width
      if b <= Double(first + 1) {
        let middle = Float((a + b) / 2) - Float(first)
        cells[base + first] += part * (1 - middle)
        if first + 1 < width { cells[base + first + 1] += part * middle }
      } else {
        // The edge crosses several pixels: each gets the area to its right that the edge adds.
        let rate = 1 / Float(b - a)
        var done: Float = 0
        let last = min(width - 1, Int(b))
        for x in first...last {
          let (low, high) = (max(a, Double(x)), min(b, Double(x + 1)))
          let within = Float(high - low) * rate
          let inside = Float((low + high) / 2) - Float(x)
          let area = done + within * (1 - inside)
          cells[base + x] += part * (area - done)
          if x + 1 < width { cells[base + x + 1] += part * (within - (area - done)) }
          done += within
        }
      }
    }
  }

  /// Both masks together.
  mutating func formUnion(_ other: Mask) {
    let (x0, x1) = (max(left, other.left), min(left + width, other.left + other.width))
    let (y0, y1) = (max(top, other.top), min(top + height, other.top + other.height))
    guard x0 < x1, y0 < y1 else { return }
    for y in y0..<y1 {
      for x in x0..<x1 {
        let i = (y - top) * width + x - left
        coverage[i] = max(
          coverage[i], other.coverage[(y - other.top) * other.width + x - other.left])
      }
    }
  }

  /// Three box blurs, close to a Gaussian of standard deviation `radius`.
  mutating func blur(radius: Int) {
    guard radius > 0 else { return }
    var other = coverage
    for _ in 0..<3 {
      Self.boxBlur(
        coverage, into: &other, count: width, stride: 1, lines: height, step: width, radius)
      Self.boxBlur(
        other, into: &coverage, count: height, stride: width, lines: width, step: 1, radius)
    }
  }

  private static func boxBlur(
    _ source: [Float], into target: inout [Float], count: Int, stride: Int, lines: Int, step: Int,
    _ radius: Int
  ) {
    let weight = 1 / Float(2 * radius + 1)
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        for line in 0..<lines {
          let base = line * step
          var sum: Float = 0
          for i in 0..<min(radius, count) { sum += source[base + i * stride] }
          for i in 0..<count {
            if i + radius < count { sum += source[base + (i + radius) * stride] }
            if i - radius - 1 >= 0 { sum -= source[base + (i - radius - 1) * stride] }
            target[base + i * stride] = sum * weight
          }
        }
      }
    }
  }
}

/// A blurred mask at a quarter of the canvas' resolution, read at any point.
struct SoftMask {
  static let reduction = 4
  private let mask: Mask

  /// - Parameter radius: of the blur, in pixels of the canvas.
  init?(of shapes: [[Point]], canvas: Canvas, radius: Double) {
    guard
      var mask = Self.reduced(shapes, canvas, margin: 3 * Self.reach(radius) + 2)
    else { return nil }
    mask.blur(radius: Self.reach(radius))
    self.mask = mask
  }

  init(_ mask: Mask) { self.mask = mask }

  static func reach(_ radius: Double) -> Int {
    max(1, Int((radius / Double(reduction)).rounded()))
  }

  static func reduced(_ shapes: [[Point]], _ canvas: Canvas, margin: Int) -> Mask? {
    let factor = 1 / Double(reduction)
    return Mask(
      of: shapes.map { $0.map { $0 * factor } }, canvasWidth: canvas.width / reduction + 1,
      canvasHeight: canvas.height / reduction + 1, margin: margin)
  }

  /// The canvas' rows and columns that the mask may touch.
  func box(in canvas: Canvas) -> (x: Range<Int>, y: Range<Int>)? {
    let r = Self.reduction
    let x0 = max(0, mask.left * r)
    let x1 = min(canvas.width, (mask.left + mask.width) * r)
    let y0 = max(0, mask.top * r)
    let y1 = min(canvas.height, (mask.top + mask.height) * r)
    return x0 < x1 && y0 < y1 ? (x0..<x1, y0..<y1) : nil
  }

  /// The values between two rows of the mask; empty outside.
  func line(at y: Float) -> [Float] {
    let fy = y / Float(Self.reduction) - Float(mask.top) - 0.5
    let row = Int(fy.floored)
    guard row >= 0, row + 1 < mask.height else { return [] }
    let share = fy - Float(row)
    let start = row * mask.width
    return (start..<start + mask.width).map { i in
      mask.coverage[i] + (mask.coverage[i + mask.width] - mask.coverage[i]) * share
    }
  }

  /// The value at `x` in a `line`; nothing outside.
  @inline(__always)
  func value(_ x: Float, in line: [Float]) -> Float {
    let fx = x * (1 / Float(Self.reduction)) - Float(mask.left) - 0.5
    let column = Int(fx.floored)
    guard column >= 0, column + 1 < line.count else { return 0 }
    return line[column] + (line[column + 1] - line[column]) * (fx - Float(column))
  }

  /// Value and slope (per pixel of the canvas) at a pixel's centre; nothing outside.
  @inline(__always)
  func sample(_ x: Float, _ y: Float) -> (value: Float, dx: Float, dy: Float) {
    let scale = 1 / Float(Self.reduction)
    let fx = x * scale - Float(mask.left) - 0.5
    let fy = y * scale - Float(mask.top) - 0.5
    let (ix, iy) = (Int(fx.floored), Int(fy.floored))
    guard ix >= 0, iy >= 0, ix + 1 < mask.width, iy + 1 < mask.height else { return (0, 0, 0) }
    let (tx, ty) = (fx - Float(ix), fy - Float(iy))
    return mask.coverage.withUnsafeBufferPointer { cells in
      let i = iy * mask.width + ix
      let (a, b, c, d) = (cells[i], cells[i + 1], cells[i + mask.width], cells[i + mask.width + 1])
      let (upper, lower) = (a + (b - a) * tx, c + (d - c) * tx)
      return (
        upper + (lower - upper) * ty, ((b - a) * (1 - ty) + (d - c) * ty) * scale,
        (lower - upper) * scale
      )
    }
  }
}
