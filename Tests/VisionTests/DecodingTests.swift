import Catalog
import Support
import Testing

@testable import Vision

struct DecodingTests {
  /// Whether each quarter of a decoded fixture has its colour, give or take what its coding loses.
  private func hasQuarters(_ picture: Picture, blue: [Int] = [0, 0, 255], within: Int = 24) -> Bool
  {
    let wanted = [[255, 0, 0], [0, 255, 0], blue, [255, 255, 255]]
    guard picture.width == 24, picture.height == 16 else { return false }
    return wanted.indices.allSatisfy { quarter in
      let (x, y) = (quarter % 2 * 12 + 5, quarter / 2 * 8 + 3)
      return (0..<3).allSatisfy {
        abs(Int(picture.pixels[3 * (24 * y + x) + $0]) - wanted[quarter][$0]) <= within
      }
    }
  }

  @Test(arguments: [
    (Fixture.webpLossless, ImageFormat.webp), (Fixture.webpLossy, .webp),
    (Fixture.webpAnimated, .webp), (Fixture.gif, .gif), (Fixture.gifInterlaced, .gif),
    (Fixture.gifAnimated, .gif), (Fixture.jpegCMYK, .jpeg), (Fixture.jpegYCCK, .jpeg),
    (Fixture.jpegProgressive, .jpeg), (Fixture.png, .png), (Fixture.pngPalette, .png),
    (Fixture.avif, .avif),
  ])
  func `each format gives the colours that were put in`(file: [UInt8], format: ImageFormat) throws {
    let picture = try Picture(decoding: file)
    #expect(hasQuarters(picture))
    #expect(picture.format == format)
    #expect(picture.sourceWidth == 24 && picture.sourceHeight == 16)
  }

  @Test(arguments: [
    (Fixture.webpAlpha, 0), (Fixture.pngAlpha, 0), (Fixture.gifTransparent, 0),
    (Fixture.avifAlpha, 8),
  ])
  func `what is transparent is laid over white`(file: [UInt8], within: Int) throws {
    #expect(hasQuarters(try Picture(decoding: file), blue: [255, 255, 255], within: within))
  }

  @Test func `grey files give grey pixels`() throws {
    for file in [Fixture.jpegGrey, Fixture.pngGrey] {
      let picture = try Picture(decoding: file)
      for i in stride(from: 0, to: picture.pixels.count, by: 3) {
        #expect(picture.pixels[i] == picture.pixels[i + 1])
        #expect(picture.pixels[i] == picture.pixels[i + 2])
      }
      #expect(abs(Int(picture.pixels[3 * 5]) - 76) < 12)  // red as luma
    }
    let deep = try Picture(decoding: Fixture.pngGrey16)
    #expect(Array(deep.pixels[0..<3]) == [0, 0, 0])
    #expect(abs(Int(deep.pixels[3 * 20]) - 0x80) <= 1)
  }

  @Test func `scaled decoding reaches the side asked for and tells the full size`() throws {
    let file = Drawing.garment(seed: 1, tint: (150, 60, 60)).picture.resized(
      width: 600, height: 800
    ).jpeg(quality: 90)
    let sides = try [Int.max, 600, 599, 300, 299, 150, 80, 75, 1].map {
      try Picture(decoding: file, atLeast: $0)
    }
    #expect(sides.map(\.width) == [600, 600, 600, 300, 300, 150, 150, 75, 75])
    #expect(sides.allSatisfy { $0.sourceWidth == 600 && $0.sourceHeight == 800 })
  }

  @Test(arguments: 1...8)
  func `every orientation is turned upright`(orientation: Int) throws {
    // A red top left corner and a green top right one, stored so that `orientation` restores them.
    let upright = Drawing(width: 64, height: 48) { x, y in
      y < 24 ? (x < 32 ? (220, 30, 30) : (30, 200, 30)) : (40, 40, 40)
    }
    let stored = Self.stored(upright, orientation)
    let file = Self.withOrientation(orientation, stored.picture.jpeg(quality: 95))
    let picture = try Picture(decoding: file)
    #expect(picture.width == 64 && picture.height == 48)
    #expect(picture.sourceWidth == 64 && picture.sourceHeight == 48)
    let difference = zip(picture.pixels, upright.pixels).map { abs(Int($0) - Int($1)) }
    #expect(difference.reduce(0, +) / difference.count < 4)
  }

  @Test(arguments: 1...8)
  func `a png is turned upright too`(orientation: Int) throws {
    let body = Array("eXIf".utf8) + Self.tiff(orientation)
    var check: UInt32 = .max
    for byte in body {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xEDB8_8320 : check >> 1 }
    }
    let chunk =
      [0, 0, 0, UInt8(body.count - 4)] + body + [24, 16, 8, 0].map { UInt8(~check >> $0 & 255) }
    // Behind the signature and IHDR, or before IEND.
    for place in [33, Fixture.png.count - 12] {
      let file = Array(Fixture.png[..<place]) + chunk + Fixture.png[place...]
      let plain = try Picture(decoding: Fixture.png)
      #expect(try Picture(decoding: file).pixels == plain.upright(orientation).pixels)
    }
  }

  @Test func `an avif may call itself a picture in general`() throws {
    func named(_ major: String, _ compatible: String) -> [UInt8] {
      var file = Fixture.avif
      file.replaceSubrange(8..<12, with: Array(major.utf8))
      file.replaceSubrange(16..<20, with: Array(compatible.utf8))
      return file
    }
    let plain = try Picture(decoding: Fixture.avif)
    for major in ["mif1", "miaf"] {
      #expect(try Picture(decoding: named(major, "avif")) == plain)
      #expect(throws: PictureError.notAPicture) { try Picture(decoding: named(major, "heic")) }
    }
    #expect(throws: PictureError.notAPicture) { try Picture(decoding: named("heic", "avif")) }
    #expect(ImageFormat(sniffing: Array(named("mif1", "avif")[..<16])) == nil)
  }

  @Test(arguments: [0, 9, 200])
  func `an orientation that does not exist is left alone`(orientation: Int) throws {
    let file = Self.withOrientation(
      orientation, Drawing(width: 32, height: 16) { _, _ in (9, 9, 9) }.picture.jpeg(quality: 90))
    #expect(try Picture(decoding: file).width == 32)
  }

  @Test func `gif strings of every length come back`() throws {
    var random = SeededGenerator(seed: 5)
    for (colours, size) in [(2, 40), (3, 64), (16, 90), (256, 120)] {
      // Runs and noise, so that codes refer to the string that is just being made, too.
      var indices: [UInt8] = []
      while indices.count < size * size {
        let value = UInt8.random(in: 0..<UInt8(clamping: colours), using: &random)
        indices += [UInt8](repeating: value, count: .random(in: 1...40, using: &random))
      }
      indices.removeLast(indices.count - size * size)
      let picture = try Picture(decoding: GIFWriter.file(indices, side: size, colours: colours))
      #expect(picture.pixels == indices.flatMap { [$0, 255 - $0, $0 ^ 0x55] })
    }
  }

  /// What a camera held this way would have stored.
  private static func stored(_ upright: Drawing, _ orientation: Int) -> Drawing {
    let (w, h) = (upright.width, upright.height)
    let swaps = orientation >= 5
    return Drawing(width: swaps ? h : w, height: swaps ? w : h) { x, y in
      switch orientation {
      case 2: upright.colour(w - 1 - x, y)
      case 3: upright.colour(w - 1 - x, h - 1 - y)
      case 4: upright.colour(x, h - 1 - y)
      case 5: upright.colour(y, x)
      case 6: upright.colour(w - 1 - y, x)
      case 7: upright.colour(w - 1 - y, h - 1 - x)
      case 8: upright.colour(y, h - 1 - x)
      default: upright.colour(x, y)
      }
    }
  }

  private static func tiff(_ orientation: Int) -> [UInt8] {
    Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1]
      + [0, UInt8(orientation), 0, 0, 0, 0, 0, 0]
  }

  private static func withOrientation(_ orientation: Int, _ jpeg: [UInt8]) -> [UInt8] {
    let body = Array("Exif\0\0".utf8) + tiff(orientation)
    return [0xFF, 0xD8, 0xFF, 0xE1, 0, UInt8(body.count + 2)] + body + jpeg.dropFirst(2)
  }
}
