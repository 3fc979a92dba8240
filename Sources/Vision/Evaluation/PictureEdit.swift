internal import Foundation

/// What shops, networks and people do to a picture before it is met again.
package enum PictureEdit: String, Sendable, CaseIterable, Encodable {
  case reencoded, half, cropped5, cropped10, padded, bordered, brighter, darker, mirrored, rotated2

  package var title: String {
    switch self {
    case .reencoded: "JPEG at quality 40"
    case .half: "half the size"
    case .cropped5: "5 % cropped from each side"
    case .cropped10: "10 % cropped from each side"
    case .padded: "padded to a white square"
    case .bordered: "black border of 6 %"
    case .brighter: "light × 1.25"
    case .darker: "light × 0.75"
    case .mirrored: "mirrored"
    case .rotated2: "rotated by 2°"
    }
  }

  /// The edited picture; a new one, whose source is itself.
  package func applied(to picture: Picture) throws(PictureError) -> Picture {
    let (width, height) = (picture.width, picture.height)
    switch self {
    case .reencoded: return try Picture(decoding: picture.jpeg(quality: 40))
    case .half: return picture.resized(width: max(1, width / 2), height: max(1, height / 2))
    case .cropped5: return picture.inset(by: 0.05)
    case .cropped10: return picture.inset(by: 0.10)
    case .padded:
      let side = max(width, height)
      return picture.laid(over: (255, 255, 255), width: side, height: side)
    case .bordered:
      let edge = max(1, max(width, height) * 6 / 100)
      return picture.laid(over: (0, 0, 0), width: width + 2 * edge, height: height + 2 * edge)
    case .brighter: return picture.lit(by: 1.25)
    case .darker: return picture.lit(by: 0.75)
    case .mirrored: return picture.sampled { x, y in (Double(width - 1) - x, y) }
    case .rotated2:
      let angle = 2 * Double.pi / 180
      let (sine, cosine) = (sin(angle), cos(angle))
      let (middleX, middleY) = (Double(width - 1) / 2, Double(height - 1) / 2)
      return picture.sampled { x, y in
        let (dx, dy) = (x - middleX, y - middleY)
        return (middleX + cosine * dx + sine * dy, middleY - sine * dx + cosine * dy)
      }
    }
  }
}

extension Picture {
  fileprivate func inset(by share: Double) -> Picture {
    let (x, y) = (Int(Double(width) * share), Int(Double(height) * share))
    let part = cropped(
      x: x, y: y, width: max(1, width - 2 * x), height: max(1, height - 2 * y))
    return part ?? self
  }

  /// The picture in the middle of a plain one that is at least as large.
  fileprivate func laid(over colour: (UInt8, UInt8, UInt8), width: Int, height: Int) -> Picture {
    var canvas: [UInt8] = []
    canvas.reserveCapacity(3 * width * height)
    for _ in 0..<width * height {
      canvas.append(colour.0)
      canvas.append(colour.1)
      canvas.append(colour.2)
    }
    let (left, top) = ((width - self.width) / 2, (height - self.height) / 2)
    for row in 0..<self.height {
      let target = 3 * ((top + row) * width + left)
      let source = 3 * row * self.width
      canvas.replaceSubrange(
        target..<target + 3 * self.width, with: pixels[source..<source + 3 * self.width])
    }
    return Picture(width: width, height: height, pixels: canvas)
  }

  fileprivate func lit(by factor: Double) -> Picture {
    let table = (0...255).map { UInt8(min(255, (Double($0) * factor).rounded())) }
    return Picture(width: width, height: height, pixels: pixels.map { table[Int($0)] })
  }

  /// The picture whose pixel at (x, y) is this one's at `place(x, y)`, between pixels bilinearly and
  /// past the edge the edge's.
  fileprivate func sampled(_ place: (Double, Double) -> (Double, Double)) -> Picture {
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let (atX, atY) = place(Double(x), Double(y))
        let column = min(max(atX, 0), Double(width - 1))
        let row = min(max(atY, 0), Double(height - 1))
        let (left, top) = (Int(column), Int(row))
        let (right, bottom) = (min(left + 1, width - 1), min(top + 1, height - 1))
        let (fx, fy) = (column - Double(left), row - Double(top))
        for channel in 0..<3 {
          func value(_ x: Int, _ y: Int) -> Double {
            Double(pixels[3 * (y * width + x) + channel])
          }
          let upper = value(left, top) * (1 - fx) + value(right, top) * fx
          let lower = value(left, bottom) * (1 - fx) + value(right, bottom) * fx
          result.append(UInt8((upper * (1 - fy) + lower * fy).rounded()))
        }
      }
    }
    return Picture(width: width, height: height, pixels: result)
  }
}
