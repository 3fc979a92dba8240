import Foundation
import Testing

@testable import Vision

struct ColourProfileTests {
  /// A display's profile, as ICC.1 lays it out.
  private func profile(_ primaries: [[Double]], curve: [UInt8], space: String = "RGB ") -> [UInt8] {
    func number(_ value: Int) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    func fixed(_ value: Double) -> [UInt8] { number(Int((value * 65_536).rounded())) }
    var tags: [(String, [UInt8])] = []
    for (name, primary) in zip("rgb", primaries) {
      tags.append(("\(name)XYZ", Array("XYZ ".utf8) + number(0) + primary.flatMap(fixed)))
      tags.append(("\(name)TRC", curve + [UInt8](repeating: 0, count: -curve.count & 3)))
    }
    var table: [UInt8] = number(tags.count)
    var body: [UInt8] = []
    for (name, tag) in tags {
      table += Array(name.utf8) + number(132 + 12 * tags.count + body.count) + number(tag.count)
      body += tag
    }
    var header = [UInt8](repeating: 0, count: 128)
    header.replaceSubrange(16..<24, with: Array((space + "XYZ ").utf8))
    header.replaceSubrange(36..<40, with: Array("acsp".utf8))
    return header + table + body
  }

  private func gamma(_ value: Double) -> [UInt8] {
    let fixed = Int((value * 256).rounded())
    return Array("curv".utf8) + [0, 0, 0, 0, 0, 0, 0, 1, UInt8(fixed >> 8), UInt8(fixed & 255)]
  }

  private func srgbCurve() -> [UInt8] {
    let values = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]
    return Array("para".utf8) + [0, 0, 0, 0, 0, 3, 0, 0]
      + values.flatMap { value in
        let fixed = Int((value * 65_536).rounded())
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: fixed >> $0) }
      }
  }

  /// Colorants under D50 as Adobe's and Apple's own profiles have them.
  private let adobe = [
    [0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457],
  ]
  private let displayP3 = [
    [0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407],
  ]
  private let srgb = [
    [0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410],
  ]

  private func read(_ bytes: [UInt8]) -> ColourProfile? {
    bytes.withUnsafeBufferPointer { ColourProfile(Bytes(base: $0)) }
  }

  /// Adobe RGB and sRGB share red, blue and white: of linear light only red changes.
  @Test func `adobe rgb becomes srgb by its definition`() throws {
    let profile = try #require(read(profile(adobe, curve: gamma(2.19921875))))
    func level(_ light: Double) -> Double {
      let clipped = min(1, max(0, light))
      return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * pow(clipped, 1 / 2.4) - 0.055)
    }
    for pixel: [UInt8] in [
      [128, 128, 128], [200, 90, 60], [90, 160, 200], [0, 255, 0], [9, 9, 9],
    ] {
      let light = pixel.map { pow(Double($0) / 255, 2.19921875) }
      let wanted = [
        1.39836 * light[0] - 0.39836 * light[1], light[1], -0.04293 * light[1] + 1.04293 * light[2],
      ].map(level)
      for (got, value) in zip(profile.converted(pixel), wanted) {
        #expect(abs(Double(got) - value) < 1.6)
      }
    }
  }

  @Test func `greys stay grey, and display p3's green leaves srgb`() throws {
    let profile = try #require(read(profile(displayP3, curve: srgbCurve())))
    for level: UInt8 in [0, 60, 128, 255] {
      for got in profile.converted([level, level, level]) {
        #expect(abs(Int(got) - Int(level)) <= 1)
      }
    }
    #expect(profile.converted([0, 255, 0]) == [0, 255, 0])
    let muted = profile.converted([100, 200, 100])
    #expect(muted[0] < 70 && muted[1] > 198 && muted[2] < 95)
  }

  @Test func `a profile of srgb, of ink or of nonsense changes nothing`() {
    let whole = profile(displayP3, curve: srgbCurve())
    #expect(read(profile(srgb, curve: srgbCurve())) == nil)
    #expect(read(profile(adobe, curve: gamma(2.2), space: "CMYK")) == nil)
    // x to the power of −2 is no number at 0.
    let pole = Array("para".utf8) + [0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFE, 0, 0]
    #expect(read(profile(adobe, curve: pole)) == nil)
    for length in 0..<whole.count { #expect(read(Array(whole[..<length])) == nil) }
    var lying = whole
    for i in 132..<whole.count { lying[i] = 0xFF }
    #expect(read(lying) == nil)
    #expect(read([]) == nil)
  }

  @Test func `a jpeg's profile is applied, in one part or two`() throws {
    let bytes = profile(adobe, curve: gamma(2.19921875))
    let plain = Drawing(width: 32, height: 32) { _, _ in (200, 90, 60) }.picture.jpeg(quality: 95)
    func part(_ body: ArraySlice<UInt8>, _ number: UInt8, of count: UInt8) -> [UInt8] {
      let length = body.count + 16
      return [0xFF, 0xE2, UInt8(length >> 8), UInt8(length & 255)] + Array("ICC_PROFILE\0".utf8)
        + [number, count] + body
    }
    let one = Array(plain[..<2]) + part(bytes[...], 1, of: 1) + plain[2...]
    let two =
      Array(plain[..<2]) + part(bytes[..<200], 1, of: 2) + part(bytes[200...], 2, of: 2)
      + plain[2...]
    let untouched = try Picture(decoding: plain)
    let converted = try Picture(decoding: one)
    #expect(converted.pixels == (try Picture(decoding: two)).pixels)
    #expect(converted.pixels == (try #require(read(bytes))).converted(untouched.pixels))
    #expect(Int(converted.pixels[0]) > Int(untouched.pixels[0]) + 15)
  }
}
