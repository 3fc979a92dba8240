// A PNG is a signature and chunks: length, type, body, CRC. libpng decodes; the walk before it
// makes sure that the file is whole and within limits (IHDR comes first, RFC 2083).

import CKernels
import CPNG
internal import Catalog

extension Picture {
  static func decodePNG(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError) -> Picture {
    guard let width = file.bigEndian32(16), let height = file.bigEndian32(20) else {
      throw .truncated(.png)
    }
    guard file.has("IHDR", at: 12) else { throw .corrupt(.png, reason: "no header") }
    guard width < 1 << 31, height < 1 << 31 else {
      throw .corrupt(.png, reason: "sides of \(width) and \(height) pixels")
    }
    try limits.check(width: width, height: height, format: .png)
    let parts = try walkPNG(file, limits)

    var image = png_image()
    guard vt_png_begin(&image, file.base.baseAddress, file.count) != 0 else {
      throw .corrupt(.png, reason: image.text)
    }
    defer { png_image_free(&image) }
    guard Int(image.width) == width, Int(image.height) == height else {
      throw .corrupt(.png, reason: "a header that contradicts itself")
    }
    let hasAlpha = vt_png_has_alpha(&image) != 0
    var status: Int32 = 0
    let pixels = [UInt8](unsafeUninitializedCapacity: (hasAlpha ? 4 : 3) * width * height) {
      buffer, count in
      buffer.initialize(repeating: 0)
      status = vt_png_finish(&image, buffer.baseAddress)
      count = buffer.count
    }
    guard status != 0 else { throw .corrupt(.png, reason: image.text) }
    let picture = Picture(
      pixels, hasAlpha: hasAlpha, width: width, height: height, format: .png)
    return parts.profile.withUnsafeBufferPointer { picture.converted(from: Bytes(base: $0)) }
      .upright(parts.orientation)
  }

  /// Follows the chunks to IEND.
  ///
  /// - Returns: the colour profile, inflated; empty where there is none, or where the file tells its
  ///   gamma, which libpng applies. And EXIF's orientation, 1…8 (eXIf, PNG third edition, 11.3.4.6).
  private static func walkPNG(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError)
    -> (profile: [UInt8], orientation: Int)
  {
    // Inflated once, for a file may hold thousands.
    var profile: Bytes?
    var orientation: Int?
    var hasGamma = false
    var at = 8
    for _ in 0..<limits.maxParts {
      guard let length = file.bigEndian32(at) else { throw .truncated(.png) }
      guard at + 12 + length <= file.count else { throw .truncated(.png) }
      if file.has("IEND", at: at + 4) {
        return (hasGamma ? [] : profile.map(inflated) ?? [], orientation ?? 1)
      }
      if file.has("gAMA", at: at + 4), let gamma = file.bigEndian32(at + 8) {
        // Within what libpng takes as sRGB's nothing is applied.
        hasGamma = abs(gamma - 45_455) > 2_000
      }
      if profile == nil, file.has("iCCP", at: at + 4) {
        profile = file.slice(at + 8..<at + 8 + length)
      }
      if orientation == nil, file.has("eXIf", at: at + 4) {
        orientation = EXIF.orientation(file.slice(at + 8..<at + 8 + length))
      }
      at += 12 + length
    }
    throw .outOfBounds(.frames, value: limits.maxParts + 1, limit: limits.maxParts)
  }

  /// The body of iCCP: a name of up to 79 bytes, 0, 0 for deflate, and the stream.
  private static func inflated(_ body: Bytes) -> [UInt8] {
    guard let end = (1..<80).first(where: { body[$0] == 0 }), body[end + 1] == 0,
      end + 2 < body.count
    else { return [] }
    let stream = body.slice(end + 2..<body.count)
    return [UInt8](unsafeUninitializedCapacity: ColourProfile.maxBytes) { buffer, count in
      count = vt_inflate(
        stream.base.baseAddress, stream.count, buffer.baseAddress, buffer.count)
    }
  }

  /// RGB, or RGBA with straight alpha that is laid over white.
  init(_ decoded: [UInt8], hasAlpha: Bool, width: Int, height: Int, format: ImageFormat) {
    let pixels =
      hasAlpha
      ? [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
        vt_rgba_over_white(decoded, width * height, buffer.baseAddress)
        count = 3 * width * height
      } : decoded
    self.init(
      width: width, height: height, pixels: pixels, sourceWidth: width, sourceHeight: height,
      format: format)
  }
}

extension png_image {
  fileprivate var text: String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
