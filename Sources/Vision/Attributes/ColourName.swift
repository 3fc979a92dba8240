internal import Catalog
internal import Foundation

/// A colour in OKLab (Ottosson 2020), where equal distances look about equally different.
struct OKLab: Equatable {
  /// 0 black … 1 white.
  var lightness: Double
  /// Green to red.
  var a: Double
  /// Blue to yellow.
  var b: Double

  init(lightness: Double, a: Double, b: Double) {
    (self.lightness, self.a, self.b) = (lightness, a, b)
  }

  /// Of an sRGB pixel.
  init(red: UInt8, green: UInt8, blue: UInt8) {
    let (r, g, b) = (Self.linear[Int(red)], Self.linear[Int(green)], Self.linear[Int(blue)])
    let l = cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b)
    let m = cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b)
    let s = cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b)
    lightness = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s
    a = 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s
    self.b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s
  }

  func distance(to other: OKLab) -> Double {
    let (x, y, z) = (lightness - other.lightness, a - other.a, b - other.b)
    return (x * x + y * y + z * z).squareRoot()
  }

  private static let linear: [Double] = (0...255).map {
    let value = Double($0) / 255
    return value <= 0.040_45 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }
}

extension ColourName {
  /// Examples of each, as sRGB: light and shade move a cloth's colour, so that most have several.
  private static let examples: [(ColourName, UInt32)] = [
    (.black, 0x0A0A0A), (.black, 0x232323), (.grey, 0x5A5A5A), (.grey, 0x808080),
    (.silver, 0xB4B4B4), (.white, 0xE6E6E6), (.white, 0xFFFFFF), (.beige, 0xE3D3B8),
    (.beige, 0xC8B08C), (.brown, 0x8B5A2B), (.brown, 0x6B4423), (.brown, 0x4E3220),
    (.burgundy, 0x6B1426),
    (.red, 0xC8141E), (.red, 0xF03232), (.orange, 0xF08214), (.orange, 0xD2691E),
    (.yellow, 0xF5D21E), (.yellow, 0xF5EB82), (.olive, 0x6B6B2A), (.olive, 0x8C8C50),
    (.green, 0x1E7832), (.green, 0x3CB45A), (.green, 0x96D28C), (.teal, 0x147878),
    (.teal, 0x40BFB4), (.lightBlue, 0xA0C8F0), (.lightBlue, 0x78AADC), (.blue, 0x1E50C8),
    (.blue, 0x466EAA), (.navy, 0x141E46), (.navy, 0x28325A), (.purple, 0x5A2882),
    (.purple, 0xA078C8), (.pink, 0xF5B4C8), (.pink, 0xE65096),
  ]

  private static let references: [(name: ColourName, colour: OKLab)] = examples.map { name, hex in
    (
      name,
      OKLab(
        red: UInt8(hex >> 16), green: UInt8(hex >> 8 & 255), blue: UInt8(hex & 255))
    )
  }

  static func nearest(to colour: OKLab) -> ColourName {
    var (best, least) = (ColourName.black, Double.infinity)
    for reference in references {
      let distance = reference.colour.distance(to: colour)
      if distance < least { (best, least) = (reference.name, distance) }
    }
    return best
  }
}
