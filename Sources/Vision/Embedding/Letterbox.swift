internal import Catalog

/// A whole picture in the middle of a square of one grey, and the way back from places in it.
struct Letterbox {
  /// `[side × side × 3]`
  let pixels: [UInt8]
  private let left: Int
  private let top: Int
  private let width: Int
  private let height: Int

  init(_ picture: Picture, side: Int, ground: UInt8) {
    let long = max(picture.width, picture.height)
    width = max(1, picture.width * side / long)
    height = max(1, picture.height * side / long)
    (left, top) = ((side - width) / 2, (side - height) / 2)
    let small = picture.resized(width: width, height: height)
    var square = [UInt8](repeating: ground, count: 3 * side * side)
    for row in 0..<height {
      let target = 3 * ((top + row) * side + left)
      square.replaceSubrange(
        target..<target + 3 * width, with: small.pixels[3 * row * width..<3 * (row + 1) * width])
    }
    pixels = square
  }

  /// A box of the square, in pixels, as one of the picture; `nil` where it lies beside the picture
  /// or shows less than a ``Region``.
  func uncovered(_ box: DetectorCard.Candidate) -> Detection? {
    func part(_ start: Double, _ length: Double, _ first: Int, _ side: Int) -> (Double, Double) {
      let begin = max(0, (start - Double(first)) / Double(side))
      let end = min(1, (start + length - Double(first)) / Double(side))
      return (begin, end - begin)
    }
    let (x, across) = part(box.x, box.width, left, width)
    let (y, down) = part(box.y, box.height, top, height)
    return Region(x: x, y: y, width: across, height: down).map {
      Detection(region: $0, name: box.name, score: Double(box.score))
    }
  }
}
