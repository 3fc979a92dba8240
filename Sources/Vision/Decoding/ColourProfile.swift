// ICC profiles (ICC.1:2022) of displays: a matrix and three curves. A header of 128 bytes, a count,
// and tags of 12 bytes (signature, offset, size); numbers are big-endian, fixed with 16 fractional
// bits. Profiles with tables (printers, scanners) are left alone: what they describe is taken as
// sRGB, as everything was. Parsed here, not by lcms2: a page of bounds-checked reading against a
// library that was made for trusted profiles.

import CKernels
internal import Foundation

/// How the pixels of a file become sRGB.
struct ColourProfile {
  /// `[3 × 256]`: linear light of each channel's levels.
  private let curves: [Float]
  /// `[3 × 3]`: to linear sRGB.
  private let matrix: [Float]

  /// Bytes past which a profile is not read.
  static let maxBytes = 1 << 20

  /// `nil` for a profile without matrix, and for one that is sRGB to within a level.
  init?(_ profile: Bytes) {
    guard profile.count >= 132, profile.count <= Self.maxBytes, profile.has("acsp", at: 36),
      profile.has("RGB ", at: 16), profile.has("XYZ ", at: 20),
      let count = profile.bigEndian32(128), count <= 256
    else { return nil }
    func tag(_ name: StaticString) -> Bytes? {
      for i in 0..<count where profile.has(name, at: 132 + 12 * i) {
        guard let offset = profile.bigEndian32(136 + 12 * i),
          let size = profile.bigEndian32(140 + 12 * i), offset + size <= profile.count
        else { return nil }
        return profile.slice(offset..<offset + size)
      }
      return nil
    }
    guard tag("A2B0") == nil, let red = tag("rXYZ").flatMap(Self.colour),
      let green = tag("gXYZ").flatMap(Self.colour), let blue = tag("bXYZ").flatMap(Self.colour),
      let redCurve = tag("rTRC").flatMap(Self.curve),
      let greenCurve = tag("gTRC").flatMap(Self.curve),
      let blueCurve = tag("bTRC").flatMap(Self.curve)
    else { return nil }
    curves = redCurve + greenCurve + blueCurve
    var matrix: [Float] = []
    for row in 0..<3 {
      for primary in [red, green, blue] {
        let sum = (0..<3).reduce(0.0) { $0 + Self.toLinear[3 * row + $1] * primary[$1] }
        matrix.append(Float(sum))
      }
    }
    self.matrix = matrix
    guard !isNearlyIdentity else { return nil }
  }

  private var isNearlyIdentity: Bool {
    let levels: [UInt8] = [0, 51, 128, 204, 255]
    var pixels: [UInt8] = []
    for red in levels {
      for green in levels {
        for blue in levels { pixels += [red, green, blue] }
      }
    }
    return zip(converted(pixels), pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 }
  }

  /// `[count × 3]` in sRGB; colours outside of it end at its edge, as browsers show them.
  func converted(_ pixels: [UInt8]) -> [UInt8] {
    var copy = pixels
    vt_convert_rgb(&copy, copy.count / 3, curves, matrix, Self.encoded)
    return copy
  }

  /// XYZ under D50 to linear sRGB: the inverse of the primaries of IEC 61966-2-1 adapted by
  /// Bradford's method, as every profile of sRGB has them.
  private static let toLinear: [Double] = [
    3.1338561, -1.6168667, -0.4906146, -0.9787684, 1.9161415, 0.0334540, 0.0719453, -0.2289914,
    1.4052427,
  ]

  /// `[4097]`: levels of sRGB for linear light in 1⁄4,096.
  private static let encoded: [UInt8] = (0...4096).map {
    let light = Double($0) / 4096
    let value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
    return UInt8((255 * value).rounded())
  }

  private static func fixed(_ bytes: Bytes, _ at: Int) -> Double? {
    bytes.bigEndian32(at).map { Double(Int32(truncatingIfNeeded: $0)) / 65_536 }
  }

  private static func colour(_ tag: Bytes) -> [Double]? {
    guard tag.has("XYZ ", at: 0), let x = fixed(tag, 8), let y = fixed(tag, 12),
      let z = fixed(tag, 16)
    else { return nil }
    return [x, y, z]
  }

  /// The curve at 256 levels: a gamma, a table, or one of the five formulas.
  private static func curve(_ tag: Bytes) -> [Float]? {
    if tag.has("curv", at: 0) {
      guard let count = tag.bigEndian32(8), count <= 65_536, tag.count >= 12 + 2 * count else {
        return nil
      }
      if count == 0 { return sampled { $0 } }
      if count == 1 {
        return tag.bigEndian16(12).flatMap { gamma in sampled { pow($0, Double(gamma) / 256) } }
      }
      return sampled { level in
        let at = level * Double(count - 1)
        let (low, high) = (Int(at), min(Int(at) + 1, count - 1))
        let (a, b) = (tag.bigEndian16(12 + 2 * low) ?? 0, tag.bigEndian16(12 + 2 * high) ?? 0)
        return (Double(a) + Double(b - a) * (at - Double(low))) / 65_535
      }
    }
    guard tag.has("para", at: 0), let kind = tag.bigEndian16(8), kind <= 4 else { return nil }
    let count = [1, 3, 4, 5, 7][kind]
    let values = (0..<count).compactMap { fixed(tag, 12 + 4 * $0) }
    guard values.count == count else { return nil }
    let g = values[0]
    func power(_ x: Double) -> Double { pow(max(0, values[1] * x + values[2]), g) }
    switch kind {
    case 0: return sampled { pow($0, g) }
    case 1: return sampled { values[1] * $0 + values[2] >= 0 ? power($0) : 0 }
    case 2: return sampled { (values[1] * $0 + values[2] >= 0 ? power($0) : 0) + values[3] }
    case 3: return sampled { $0 >= values[4] ? power($0) : values[3] * $0 }
    default:
      return sampled { $0 >= values[4] ? power($0) + values[5] : values[3] * $0 + values[6] }
    }
  }

  /// `nil` where the curve leaves the numbers.
  private static func sampled(_ curve: (Double) -> Double) -> [Float]? {
    let values = (0..<256).map { curve(Double($0) / 255) }
    guard values.allSatisfy(\.isFinite) else { return nil }
    return values.map { Float(min(1, max(0, $0))) }
  }
}

extension Picture {
  /// The picture in sRGB, where `profile` tells that its pixels are in another space.
  func converted(from profile: Bytes?) -> Picture {
    guard let profile = profile.flatMap(ColourProfile.init) else { return self }
    return Picture(
      width: width, height: height, pixels: profile.converted(pixels), sourceWidth: sourceWidth,
      sourceHeight: sourceHeight, format: format)
  }
}
