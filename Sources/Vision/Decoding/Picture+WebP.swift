// A WebP file is a RIFF container: a plain one holds one `VP8 ` or `VP8L` bitstream, an extended
// one begins with `VP8X` (canvas size) and may hold animation frames (`ANMF`), of which the first
// is decoded here by itself and laid on a white canvas.

import CWebP
internal import Catalog

extension Picture {
  static func decodeWebP(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError) -> Picture {
    guard let size = file.littleEndian32(4), file.count > 20 else { throw .truncated(.webp) }
    guard size + 8 <= file.count else { throw .truncated(.webp) }
    var features = WebPBitstreamFeatures()
    try check(WebPGetFeatures(file.base.baseAddress, file.count, &features))
    let width = Int(features.width)
    let height = Int(features.height)
    try limits.check(width: width, height: height, format: .webp)
    let container = file.slice(0..<size + 8)
    // Of an animation the canvas is what shows through.
    let hasAlpha = features.has_alpha != 0 || features.has_animation != 0
    let pixels =
      features.has_animation == 0
      ? try decode(file, width, height, withAlpha: hasAlpha)
      : try firstFrame(of: container, width, height, limits)
    return Picture(pixels, hasAlpha: hasAlpha, width: width, height: height, format: .webp)
      .converted(from: body(of: "ICCP", in: container, limits))
      .upright(orientationOfWebP(container, limits))
  }

  /// Decodes one bitstream to RGB, or to RGBA with straight alpha.
  private static func decode(_ file: Bytes, _ width: Int, _ height: Int, withAlpha: Bool)
    throws(PictureError) -> [UInt8]
  {
    let depth = withAlpha ? 4 : 3
    var isDecoded = false
    let pixels = [UInt8](unsafeUninitializedCapacity: depth * width * height) { buffer, count in
      buffer.initialize(repeating: 0)
      count = buffer.count
      let read = withAlpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto
      let stride = Int32(depth * width)
      isDecoded =
        read(file.base.baseAddress, file.count, buffer.baseAddress, buffer.count, stride) != nil
    }
    guard isDecoded else { throw .corrupt(.webp, reason: "the bitstream does not decode") }
    return pixels
  }

  /// The first frame of an animation on its canvas, RGBA.
  private static func firstFrame(
    of file: Bytes, _ width: Int, _ height: Int, _ limits: DecodeLimits
  ) throws(PictureError) -> [UInt8] {
    guard let at = try chunk("ANMF", in: file, limits), let length = file.littleEndian32(at + 4),
      length > 24, let x = file.littleEndian24(at + 8), let y = file.littleEndian24(at + 11)
    else { throw .corrupt(.webp, reason: "an animation without frames") }
    // The frame's own chunks, made a file of their own: libwebp reads bare chunks too.
    let frame = file.slice(at + 24..<at + 8 + length)
    var features = WebPBitstreamFeatures()
    try check(WebPGetFeatures(frame.base.baseAddress, frame.count, &features))
    let frameWidth = Int(features.width)
    let frameHeight = Int(features.height)
    guard frameWidth > 0, frameHeight > 0, 2 * x + frameWidth <= width,
      2 * y + frameHeight <= height
    else { throw .corrupt(.webp, reason: "a frame outside its canvas") }
    let drawn = try decode(frame, frameWidth, frameHeight, withAlpha: true)
    var canvas = [UInt8](repeating: 0, count: 4 * width * height)
    for row in 0..<frameHeight {
      let target = 4 * ((2 * y + row) * width + 2 * x)
      canvas.replaceSubrange(
        target..<target + 4 * frameWidth,
        with: drawn[4 * row * frameWidth..<4 * (row + 1) * frameWidth])
    }
    return canvas
  }

  private static func orientationOfWebP(_ file: Bytes, _ limits: DecodeLimits) -> Int {
    guard var body = body(of: "EXIF", in: file, limits) else { return 1 }
    if body.has("Exif\0\0", at: 0) { body = body.slice(6..<body.count) }
    return EXIF.orientation(body) ?? 1
  }

  /// What an extended file holds beside its picture under `name`.
  private static func body(of name: StaticString, in file: Bytes, _ limits: DecodeLimits) -> Bytes?
  {
    guard file.has("VP8X", at: 12), let at = try? chunk(name, in: file, limits),
      let length = file.littleEndian32(at + 4)
    else { return nil }
    return file.slice(at + 8..<at + 8 + length)
  }

  /// Where the first chunk called `name` begins; its body lies inside the file.
  private static func chunk(_ name: StaticString, in file: Bytes, _ limits: DecodeLimits)
    throws(PictureError) -> Int?
  {
    var at = 12
    for _ in 0..<limits.maxParts {
      guard let length = file.littleEndian32(at + 4) else { return nil }
      guard at + 8 + length <= file.count else { throw .truncated(.webp) }
      if file.has(name, at: at) { return at }
      at += 8 + length + length % 2
    }
    throw .outOfBounds(.frames, value: limits.maxParts + 1, limit: limits.maxParts)
  }

  private static func check(_ status: VP8StatusCode) throws(PictureError) {
    switch status {
    case VP8_STATUS_OK: return
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: throw .truncated(.webp)
    case VP8_STATUS_UNSUPPORTED_FEATURE: throw .unsupported(.webp, reason: "feature")
    default: throw .corrupt(.webp, reason: "libwebp status \(status.rawValue)")
    }
  }
}
