import Support
import Testing

@testable import Vision

struct GeometryTests {
  /// The triangle filter by its definition, slow and in doubles.
  private func resampled(_ source: Drawing, width: Int, height: Int) -> [Double] {
    func weights(_ length: Int, _ target: Int, _ i: Int) -> [Double] {
      let scale = Double(length) / Double(target)
      let reach = max(scale, 1)
      let centre = (Double(i) + 0.5) * scale
      let raw = (0..<length).map { max(0, 1 - abs(Double($0) + 0.5 - centre) / reach) }
      let sum = raw.reduce(0, +)
      return raw.map { $0 / sum }
    }
    let columns = (0..<width).map { weights(source.width, width, $0) }
    var result: [Double] = []
    for y in 0..<height {
      let row = weights(source.height, height, y)
      for x in 0..<width {
        for channel in 0..<3 {
          var sum = 0.0
          for v in 0..<source.height where row[v] > 0 {
            for u in 0..<source.width where columns[x][u] > 0 {
              sum +=
                row[v] * columns[x][u] * Double(source.pixels[3 * (v * source.width + u) + channel])
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  @Test(arguments: [(37, 29), (90, 75), (8, 9), (1, 1), (61, 5), (45, 200)])
  func `resizing is the triangle filter`(width: Int, height: Int) {
    var random = SeededGenerator(seed: 7)
    let source = Drawing(width: 61, height: 47) { _, _ in
      (0, 0, 0)
    }
    var noisy = source
    for i in noisy.pixels.indices { noisy.pixels[i] = .random(in: 0...255, using: &random) }
    let wanted = resampled(noisy, width: width, height: height)
    let got = noisy.picture.resized(width: width, height: height)
    #expect(got.width == width && got.height == height)
    #expect(zip(got.pixels, wanted).allSatisfy { abs(Double($0) - $1) <= 0.51 })
  }

  @Test func `a picture is fitted within a square and never blown up`() {
    let picture = Drawing(width: 300, height: 100) { x, y in (x / 2, y, 0) }.picture
    #expect(picture.fitted(within: 300) == picture)
    let small = picture.fitted(within: 90)
    #expect(small.width == 90 && small.height == 30)
    #expect(small.sourceWidth == 300)
    let line = Drawing(width: 400, height: 10) { _, _ in (1, 1, 1) }.picture.fitted(within: 20)
    #expect(line.width == 20 && line.height == 1)
  }

  @Test func `a crop keeps to the picture`() throws {
    let drawing = Drawing(width: 20, height: 10) { x, y in (x, y, 0) }
    let part = try #require(drawing.picture.cropped(x: -5, y: 4, width: 8, height: 100))
    #expect(part.width == 3 && part.height == 6)
    #expect(Array(part.pixels[..<6]) == [0, 4, 0, 1, 4, 0])
    #expect(drawing.picture.cropped(x: 20, y: 0, width: 5, height: 5) == nil)
    #expect(drawing.picture.cropped(x: 0, y: 0, width: 0, height: 5) == nil)
  }

  @Test func `the middle square is the middle`() {
    let drawing = Drawing(width: 80, height: 40) { x, _ in
      x >= 25 && x < 55 ? (200, 10, 10) : (0, 0, 0)
    }
    let middle = drawing.picture.middle(side: 8, share: 0.5)
    #expect(middle.count == 3 * 64)
    #expect(stride(from: 0, to: middle.count, by: 3).allSatisfy { middle[$0] == 200 })
  }

  @Test func `a jpeg of ours comes back nearly the same`() throws {
    let picture = Drawing.garment(seed: 2, tint: (90, 140, 90)).picture
    let back = try Picture(decoding: picture.jpeg(quality: 92))
    #expect(back.width == picture.width && back.height == picture.height)
    let error = zip(back.pixels, picture.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(error / picture.pixels.count < 4)
  }
}
