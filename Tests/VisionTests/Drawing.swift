import Foundation
import Support

@testable import Vision

/// Pictures drawn from a seed: a garment on a floor, and what shops do to such photographs.
struct Drawing {
  var width: Int
  var height: Int
  var pixels: [UInt8]

  var picture: Picture { Picture(width: width, height: height, pixels: pixels) }

  typealias Colour = (red: Int, green: Int, blue: Int)

  init(width: Int, height: Int, colour: (Int, Int) -> Colour) {
    self.width = width
    self.height = height
    pixels = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let (red, green, blue) = colour(x, y)
        for value in [red, green, blue] { pixels.append(UInt8(min(255, max(0, value)))) }
      }
    }
  }

  init(_ picture: Picture) {
    width = picture.width
    height = picture.height
    pixels = picture.pixels
  }

  func colour(_ x: Int, _ y: Int) -> Colour {
    let i = 3 * (y * width + x)
    return (Int(pixels[i]), Int(pixels[i + 1]), Int(pixels[i + 2]))
  }

  /// A garment of `tint` whose cut, folds, print and floor hang on `seed`.
  static func garment(seed: UInt64, tint: Colour) -> Drawing {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }
    let floor = (number(110...220), number(-25...25))
    let waves = (0..<16).map { _ in
      (number(-9...9), number(-9...9), number(0...6), number(3...11))
    }
    let blobs = (0..<5).map { _ in
      (number(0.25...0.75), number(0.2...0.8), number(0.03...0.12), number(-70...70))
    }
    let shoulder = number(0.2...0.34)
    let hem = number(0.2...0.42)
    let neck = number(0.08...0.22)
    let bottom = number(0.7...0.95)
    return Drawing(width: 150, height: 200) { x, y in
      let u = Double(x) / 150
      let v = Double(y) / 200
      var shade = 0.0
      for (a, b, c, d) in waves { shade += d * sin(a * 3 * u + b * 3 * v + c) }
      let half = shoulder + (hem - shoulder) * (v - neck) / (bottom - neck)
      guard v > neck, v < bottom, abs(u - 0.5) < half else {
        let level = Int(floor.0 + shade / 2)
        return (level + Int(floor.1), level, level - Int(floor.1))
      }
      for (a, b, r, d) in blobs where (u - a) * (u - a) + (v - b) * (v - b) < r * r { shade += d }
      return (tint.red + Int(shade), tint.green + Int(shade), tint.blue + Int(shade))
    }
  }

  func resized(_ share: Double) -> Drawing {
    Drawing(
      picture.resized(width: Int(Double(width) * share), height: Int(Double(height) * share)))
  }

  /// Two per cent off each side, or `share`.
  func cropped(_ share: Double = 0.02) -> Drawing {
    let (dx, dy) = (Int(Double(width) * share), Int(Double(height) * share))
    let part = picture.cropped(x: dx, y: dy, width: width - 2 * dx, height: height - 2 * dy)
    return part.map(Drawing.init) ?? self
  }

  func paddedToSquare() -> Drawing {
    let side = max(width, height)
    let (left, top) = ((side - width) / 2, (side - height) / 2)
    return Drawing(width: side, height: side) { x, y in
      let (column, row) = (x - left, y - top)
      guard (0..<width).contains(column), (0..<height).contains(row) else { return (255, 255, 255) }
      return self.colour(column, row)
    }
  }

  /// White strokes with dark edges in the lower right, as large as a shop's name.
  func watermarked() -> Drawing {
    Drawing(width: width, height: height) { x, y in
      let inside =
        x > width * 62 / 100 && x < width * 95 / 100 && y > height * 93 / 100
        && y < height * 97 / 100
      guard inside else { return self.colour(x, y) }
      switch x % 6 {
      case 0, 1: return (250, 250, 250)
      case 2: return (90, 90, 90)
      default: return self.colour(x, y)
      }
    }
  }

  /// Opaque capitals with black edges, places and heights in shares of the picture's.
  func captioned(at place: Double, height share: Double = 0.08) -> Drawing {
    let (top, size) = (Int(Double(height) * place), Int(Double(height) * share))
    return Drawing(width: width, height: height) { x, y in
      guard (top..<top + size).contains(y), x > width / 8, x < width * 7 / 8 else {
        return self.colour(x, y)
      }
      switch x % 16 {
      case 0..<7: return (255, 255, 255)
      case 7, 8: return (0, 0, 0)
      default: return self.colour(x, y)
      }
    }
  }

  func mirrored() -> Drawing {
    Drawing(width: width, height: height) { x, y in self.colour(width - 1 - x, y) }
  }

  /// As under a lamp of another strength.
  func lit(_ gain: Double) -> Drawing {
    var copy = self
    for i in pixels.indices { copy.pixels[i] = UInt8(min(255, Double(pixels[i]) * gain)) }
    return copy
  }

  /// Through a JPEG file and back.
  func encoded(quality: Int) throws -> Drawing {
    Drawing(try Picture(decoding: picture.jpeg(quality: quality)))
  }
}
