/// The SHA-256 of a blob's bytes: its name in the blob store.
package struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  /// 32 bytes.
  package let bytes: [UInt8]

  /// `nil` unless there are 32 bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// Reads 64 hexadecimal digits.
  package init?(hex: some StringProtocol) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    var high: UInt8?
    for digit in hex.utf8 {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - 48
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - 87
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - 55
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard high == nil else { return nil }
    self.init(bytes: bytes)
  }

  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

package enum ImageFormat: String, Sendable, Codable, CaseIterable {
  case jpeg, png, webp, gif, avif

  package var mediaType: String { "image/\(rawValue)" }
}

/// What tells whether two pictures are the same picture.
///
/// Everything is measured on the picture without its uniform border, so that padding to a square
/// changes nothing. The planes tell; the hash is what prints of the first version are found by.
package struct Fingerprint: Hashable, Sendable {
  /// 64-bit DCT perceptual hash.
  package var perceptual: UInt64
  /// 16 × 16 means of Cb and of Cr, row-major, all Cb first: 512 bytes; 4 × 4 means in a print of
  /// the first version.
  package var colour: [UInt8]
  /// 32 × 32 means of luma, row-major: 1,024 bytes; 16 × 16 in a print of the first version, or
  /// empty where only the hash is known.
  package var luma: [UInt8]
  /// Width ÷ height of what was measured, in 1⁄1,024; 0 in a print of the first version.
  package var aspect: UInt16

  package init(perceptual: UInt64, colour: [UInt8], luma: [UInt8] = [], aspect: UInt16 = 0) {
    self.perceptual = perceptual
    self.colour = colour
    self.luma = luma
    self.aspect = aspect
  }

  /// Whether the planes are as fine as the second version's.
  package var isFine: Bool { aspect > 0 && colour.count == 512 && luma.count == 1_024 }
}

extension Fingerprint {
  /// The form in which a fingerprint is stored: a version byte and the hash (8 bytes, little
  /// endian), then in version 1 `colour` (32 bytes) and `luma` (256 bytes or none), in version 2
  /// `aspect` (2 bytes, little endian), `colour` (512 bytes) and `luma` (1,024 bytes): 1,547 bytes.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = [isFine ? 2 : 1]
    bytes.reserveCapacity(11 + colour.count + luma.count)
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: perceptual >> shift))
    }
    if isFine { bytes += [UInt8(truncatingIfNeeded: aspect), UInt8(aspect >> 8)] }
    return bytes + colour + luma
  }

  /// Reads what `bytes` wrote; `nil` for another version or length.
  package init?(bytes: [UInt8]) {
    switch (bytes.first, bytes.count) {
    case (1, 41), (1, 297):
      aspect = 0
      colour = Array(bytes[9..<41])
      luma = Array(bytes[41...])
    case (2, 1_547):
      aspect = UInt16(bytes[9]) | UInt16(bytes[10]) << 8
      colour = Array(bytes[11..<523])
      luma = Array(bytes[523...])
      guard aspect > 0 else { return nil }
    default: return nil
    }
    perceptual = bytes[1..<9].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A picture that is kept: decoded once, fingerprinted, stored under its content hash.
package struct ImageRecord: Hashable, Sendable {
  package var hash: ContentHash
  package var format: ImageFormat
  package var byteCount: Int
  /// Pixels, after EXIF orientation.
  package var width: Int
  package var height: Int
  package var fingerprint: Fingerprint
  /// What it shows at a glance; `nil` where it was not looked at.
  package var traits: PictureTraits?

  package init(
    hash: ContentHash, format: ImageFormat, byteCount: Int, width: Int, height: Int,
    fingerprint: Fingerprint, traits: PictureTraits? = nil
  ) {
    self.hash = hash
    self.format = format
    self.byteCount = byteCount
    self.width = width
    self.height = height
    self.fingerprint = fingerprint
    self.traits = traits
  }
}

/// What a picture shows at a glance.
package struct PictureTraits: Hashable, Sendable {
  /// The colours of its middle, each a tenth of it or more.
  package var colours: ColourSet
  /// How likely it is a product on a plain ground rather than a scene, 0…100.
  package var productShot: Int

  package init(colours: ColourSet, productShot: Int) {
    self.colours = colours
    self.productShot = productShot
  }
}

/// A product on a plain ground, or a scene.
package enum ShotKind: String, Sendable, Codable, CaseIterable {
  case product, scene
}
