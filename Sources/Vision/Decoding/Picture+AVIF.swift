// AVIF through libavif with dav1d: the walk over the outermost boxes makes sure that the file is
// whole, what is in them libavif reads within the limits that it is given. Orientation is the
// container's own (rotation, then mirror), not EXIF's.

import CAVIF
internal import Catalog

extension Picture {
  static func decodeAVIF(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError) -> Picture {
    try walkAVIF(file, limits)
    guard let decoder = avifDecoderCreate() else {
      throw .corrupt(.avif, reason: "no decoder to be had")
    }
    defer { avifDecoderDestroy(decoder) }
    decoder.pointee.maxThreads = 1
    decoder.pointee.ignoreExif = 1
    decoder.pointee.ignoreXMP = 1
    decoder.pointee.imageSizeLimit = UInt32(clamping: limits.maxPixels)
    decoder.pointee.imageDimensionLimit = UInt32(clamping: limits.maxSide)
    decoder.pointee.imageCountLimit = UInt32(clamping: limits.maxParts)
    try check(avifDecoderSetIOMemory(decoder, file.base.baseAddress, file.count))
    try check(avifDecoderParse(decoder))
    guard let image = decoder.pointee.image else { throw .corrupt(.avif, reason: "no picture") }
    let (width, height) = (Int(image.pointee.width), Int(image.pointee.height))
    try limits.check(width: width, height: height, format: .avif)
    try check(avifDecoderNextImage(decoder))
    guard Int(image.pointee.width) == width, Int(image.pointee.height) == height else {
      throw .corrupt(.avif, reason: "a header that contradicts itself")
    }
    var target = avifRGBImage()
    avifRGBImageSetDefaults(&target, image)
    let hasAlpha = image.pointee.alphaPlane != nil
    let depth = hasAlpha ? 4 : 3
    target.format = hasAlpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB
    target.depth = 8
    target.rowBytes = UInt32(depth * width)
    var status = AVIF_RESULT_OK
    let pixels = [UInt8](unsafeUninitializedCapacity: depth * width * height) { buffer, count in
      buffer.initialize(repeating: 0)
      count = buffer.count
      target.pixels = buffer.baseAddress
      status = avifImageYUVToRGB(image, &target)
    }
    try check(status)
    let icc = image.pointee.icc
    let profile = Bytes(base: UnsafeBufferPointer(start: icc.data, count: Int(icc.size)))
    return Picture(pixels, hasAlpha: hasAlpha, width: width, height: height, format: .avif)
      .converted(from: profile)
      .turned(image.pointee)
  }

  /// Follows the boxes of the file: a size with 4 bytes of type; 1 is followed by a size of 8 bytes,
  /// 0 is the last one's that ends with the file (ISO/IEC 14496-12).
  private static func walkAVIF(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError) {
    var at = 0
    var hasData = false
    for _ in 0..<limits.maxParts {
      if at == file.count {
        guard hasData else { throw .truncated(.avif) }
        return
      }
      if file.has("mdat", at: at + 4) { hasData = true }
      guard var size = file.bigEndian32(at) else { throw .truncated(.avif) }
      if size == 0 { return }
      if size == 1 {
        guard let high = file.bigEndian32(at + 8), let low = file.bigEndian32(at + 12) else {
          throw .truncated(.avif)
        }
        guard high == 0 else { throw .truncated(.avif) }
        size = low
      }
      guard size >= 8 else { throw .corrupt(.avif, reason: "a box of \(size) bytes") }
      guard at + size <= file.count else { throw .truncated(.avif) }
      at += size
    }
    throw .outOfBounds(.frames, value: limits.maxParts + 1, limit: limits.maxParts)
  }

  /// Upright by the container's transforms.
  private func turned(_ image: avifImage) -> Picture {
    var picture = self
    if image.transformFlags & avifTransformFlags(AVIF_TRANSFORM_IROT.rawValue) != 0 {
      // Quarter turns to the left, as EXIF's orientations.
      picture = picture.upright([1, 8, 3, 6][Int(image.irot.angle & 3)])
    }
    if image.transformFlags & avifTransformFlags(AVIF_TRANSFORM_IMIR.rawValue) != 0 {
      picture = picture.upright(image.imir.mode == 0 ? 4 : 2)
    }
    return picture
  }

  private static func check(_ status: avifResult) throws(PictureError) {
    switch status {
    case AVIF_RESULT_OK: return
    case AVIF_RESULT_TRUNCATED_DATA, AVIF_RESULT_WAITING_ON_IO: throw .truncated(.avif)
    case AVIF_RESULT_NO_CODEC_AVAILABLE, AVIF_RESULT_NOT_IMPLEMENTED,
      AVIF_RESULT_UNSUPPORTED_DEPTH:
      throw .unsupported(.avif, reason: String(cString: avifResultToString(status)))
    default: throw .corrupt(.avif, reason: String(cString: avifResultToString(status)))
    }
  }
}
