package import Catalog

extension ImageFormat {
  /// The format that a file's first bytes announce; `nil` where they announce none of ours.
  package init?(sniffing bytes: [UInt8]) {
    let found = bytes.withUnsafeBufferPointer { Self.sniff(Bytes(base: $0)) }
    guard let found else { return nil }
    self = found
  }

  private static func sniff(_ file: Bytes) -> ImageFormat? {
    switch file[0] {
    case 0xFF where file[1] == 0xD8 && file[2] == 0xFF: .jpeg
    case 0x89 where file.has("PNG\r\n\u{1A}\n", at: 1): .png
    case 0x52 where file.has("RIFF", at: 0) && file.has("WEBP", at: 8): .webp
    case 0x47 where file.has("GIF87a", at: 0) || file.has("GIF89a", at: 0): .gif
    case _ where file.has("ftyp", at: 4): isAVIF(file) ? .avif : nil
    default: nil
    }
  }

  /// Whether a brand of an ISO base media file is AVIF's: the major one, or a compatible one of a file
  /// that calls itself a picture in general (ISO/IEC 23008-12, 10.2).
  private static func isAVIF(_ file: Bytes) -> Bool {
    func names(_ brands: [StaticString], at place: Int) -> Bool {
      brands.contains { file.has($0, at: place) }
    }
    if names(["avif", "avis"], at: 8) { return true }
    guard names(["mif1", "msf1", "miaf"], at: 8), let length = file.bigEndian32(0) else {
      return false
    }
    // More brands than any file has.
    return stride(from: 16, to: min(length, 16 + 4 * 64), by: 4)
      .contains { names(["avif", "avis"], at: $0) }
  }
}

extension Picture {
  /// Decodes a file whose format its first bytes tell, whatever a server called it.
  ///
  /// A file that ends early is refused even where a decoder would fill the rest with grey.
  /// Animations give their first frame, transparent pixels are laid over white, orientation is
  /// applied, colours of another space than sRGB that a profile tells of are taken to sRGB.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - side: how long the shorter side must at least be, as far as the file has it. JPEG is
  ///     decoded at the smallest of 1⁄1, 1⁄2, 1⁄4 and 1⁄8 that reaches it, other formats whole.
  ///   - limits: checked against the header before pixels are allocated.
  package init(
    decoding bytes: [UInt8], atLeast side: Int = .max, limits: DecodeLimits = .standard
  ) throws(PictureError) {
    try limits.check(byteCount: bytes.count)
    guard let format = ImageFormat(sniffing: bytes) else { throw .notAPicture }
    // A closure over typed throws needs its result carried out by hand.
    let decoded: Result<Picture, PictureError> = bytes.withUnsafeBufferPointer { buffer in
      let file = Bytes(base: buffer)
      do throws(PictureError) {
        return .success(try Self.decode(file, format, atLeast: side, limits))
      } catch {
        return .failure(error)
      }
    }
    self = try decoded.get()
  }

  private static func decode(
    _ file: Bytes, _ format: ImageFormat, atLeast side: Int, _ limits: DecodeLimits
  ) throws(PictureError) -> Picture {
    switch format {
    case .jpeg: try JPEGFile(file, limits).decode(atLeast: side)
    case .png: try decodePNG(file, limits)
    case .webp: try decodeWebP(file, limits)
    case .gif: try GIFFile(file, limits).decode()
    case .avif: try decodeAVIF(file, limits)
    }
  }
}
