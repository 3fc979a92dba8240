// A JPEG file is a list of segments: FF, a marker, and for most markers a length and a body. Scans
// are followed by entropy-coded data in which FF is always followed by 00 or a restart marker. The
// walk below reads no pixel; it finds what turbojpeg's interface does not tell (orientation,
// Adobe's marker, the end of the picture) and refuses what would make turbojpeg work without end.

import CKernels
import CTurboJPEG
internal import Catalog
internal import Foundation

struct JPEGFile {
  private let file: Bytes
  private let width: Int
  private let height: Int
  private let components: Int
  private let isProgressive: Bool
  private var orientation = 1
  private var isAdobe = false
  /// An ICC profile's parts, in the order of the file.
  private var profile: [UInt8] = []

  /// Walks the segments to the end of the picture.
  init(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError) {
    self.file = file
    var frame: (width: Int, height: Int, components: Int, isProgressive: Bool)?
    var at = 2
    var (parts, scans) = (0, 0)
    walk: while true {
      // Fill bytes may precede a marker; anything else between segments is skipped as decoders do.
      at = Self.markerPosition(in: file, from: at)
      guard let marker = file[at + 1] else { throw .truncated(.jpeg) }
      at += 2
      if marker == 0xD9 { break walk }
      if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
      guard let length = file.bigEndian16(at) else { throw .truncated(.jpeg) }
      guard length >= 2 else { throw .corrupt(.jpeg, reason: "a segment of \(length) bytes") }
      guard at + length <= file.count else { throw .truncated(.jpeg) }
      let body = file.slice(at + 2..<at + length)
      parts += 1
      guard parts <= limits.maxParts else {
        throw .outOfBounds(.frames, value: parts, limit: limits.maxParts)
      }
      switch marker {
      case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
        guard frame == nil else { throw .corrupt(.jpeg, reason: "two frames") }
        guard marker <= 0xC2 else {
          throw .unsupported(.jpeg, reason: "coding process \(marker - 0xC0)")
        }
        guard let height = body.bigEndian16(1), let width = body.bigEndian16(3),
          let components = body[5]
        else { throw .corrupt(.jpeg, reason: "a frame header of \(length) bytes") }
        guard body[0] == 8 else {
          throw .unsupported(.jpeg, reason: "\(body[0] ?? 0) bits a sample")
        }
        try limits.check(width: width, height: height, format: .jpeg)
        frame = (width, height, Int(components), marker == 0xC2)
      case 0xDA:
        scans += 1
        guard scans <= limits.maxScans else {
          throw .outOfBounds(.frames, value: scans, limit: limits.maxScans)
        }
      case 0xE1:
        if body.has("Exif\0\0", at: 0) {
          orientation = EXIF.orientation(body.slice(6..<body.count)) ?? orientation
        }
      case 0xE2:
        // 12 bytes of name, the part's number and the count of parts.
        if body.has("ICC_PROFILE\0", at: 0), body.count > 14,
          profile.count + body.count <= ColourProfile.maxBytes
        {
          profile += body.base[14...]
        }
      case 0xEE:
        if body.has("Adobe", at: 0) { isAdobe = true }
      default: break
      }
      at += length
    }
    guard let frame else { throw .corrupt(.jpeg, reason: "no frame") }
    (width, height, components, isProgressive) = frame
  }

  /// Where the next FF that begins a marker stands, past entropy-coded data; the file's end if
  /// none.
  private static func markerPosition(in file: Bytes, from start: Int) -> Int {
    guard let base = file.base.baseAddress else { return file.count }
    var at = start
    while at + 1 < file.count {
      guard let found = memchr(base + at, 0xFF, file.count - 1 - at) else { break }
      at = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
      switch file.base[at + 1] {
      case 0x00, 0xD0...0xD7: at += 2
      case 0xFF: at += 1
      default: return at
      }
    }
    return file.count
  }

  private var isCMYK: Bool { components == 4 }
  /// Samples of a decoded pixel.
  private var depth: Int { isCMYK ? 4 : 3 }
  private var pixelFormat: Int32 {
    isCMYK ? Int32(TJPF_CMYK.rawValue) : Int32(TJPF_RGB.rawValue)
  }

  /// Decodes at the smallest DCT scale whose shorter side still has `side` pixels.
  func decode(atLeast side: Int) throws(PictureError) -> Picture {
    let short = min(width, height)
    // The scales with vectorised inverse transforms.
    let scale = [8, 4, 2].first { (short + $0 - 1) / $0 >= side } ?? 1
    let pixels: [UInt8]
    if scale == 8, let means = eighth() {
      pixels = means
    } else {
      pixels = try scaled(by: scale)
    }
    let picture = Picture(
      width: (width + scale - 1) / scale, height: (height + scale - 1) / scale, pixels: pixels,
      sourceWidth: width, sourceHeight: height, format: .jpeg)
    let inSRGB =
      isCMYK
      ? picture
      : profile.withUnsafeBufferPointer { picture.converted(from: Bytes(base: $0)) }
    return inSRGB.upright(orientation)
  }

  /// The pixels at 1⁄8, as ``scaled(by:)`` gives them, in less time; `nil` where the file is not of
  /// the usual kind, or damaged.
  func eighth() -> [UInt8]? {
    let (width, height) = ((width + 7) / 8, (height + 7) / 8)
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      let isDone = vt_jpeg_eighth(
        file.base.baseAddress, file.count, Int32(width), Int32(height), buffer.baseAddress)
      count = isDone != 0 ? buffer.count : 0
    }
    return pixels.isEmpty ? nil : pixels
  }

  /// The pixels at 1⁄`scale`: 1, 2, 4 or 8.
  func scaled(by scale: Int) throws(PictureError) -> [UInt8] {
    guard let decoder = tjInitDecompress() else {
      throw .corrupt(.jpeg, reason: "no decoder to be had")
    }
    defer { tjDestroy(decoder) }
    let width = (width + scale - 1) / scale
    let height = (height + scale - 1) / scale
    var warned = false
    var fatal = false
    let raw = [UInt8](unsafeUninitializedCapacity: depth * width * height) { buffer, count in
      // A scan that leaves rows out must not show what the memory held before.
      buffer.initialize(repeating: 128)
      count = buffer.count
      let status = tjDecompress2(
        decoder, file.base.baseAddress, UInt(file.count), buffer.baseAddress, Int32(width), 0,
        Int32(height), pixelFormat, TJFLAG_LIMITSCANS)
      warned = status != 0
      fatal = warned && tjGetErrorCode(decoder) == Int32(TJERR_FATAL.rawValue)
    }
    guard !fatal else {
      throw .corrupt(.jpeg, reason: String(cString: tjGetErrorStr2(decoder)))
    }
    if warned { try checkDamage(decoder) }
    guard isCMYK else { return raw }
    return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      vt_cmyk_to_rgb(raw, width * height, isAdobe ? 1 : 0, buffer.baseAddress)
      count = buffer.count
    }
  }

  /// Refuses a picture of which more than a tenth, or 32 rows, was not to be read.
  ///
  /// libjpeg goes on after damage and fills with what it has. A second pass that stops at the first
  /// warning tells how far the file was sound. A warning of the header, and damage in one scan of a
  /// progressive file, of which the others still make a picture, are let pass.
  private func checkDamage(_ decoder: tjhandle) throws(PictureError) {
    guard !isProgressive else { return }
    var (w, h, subsampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let status = tjDecompressHeader3(
      decoder, file.base.baseAddress, UInt(file.count), &w, &h, &subsampling, &space)
    guard status == 0 else { return }
    let (scaledWidth, scaledHeight) = ((width + 7) / 8, (height + 7) / 8)
    // Two passes over different grounds: a sample that is the same in both was written.
    let passes = [UInt8(0), 255].map { ground in
      var samples = [UInt8](repeating: ground, count: depth * scaledWidth * scaledHeight)
      _ = tjDecompress2(
        decoder, file.base.baseAddress, UInt(file.count), &samples, Int32(scaledWidth), 0,
        Int32(scaledHeight), pixelFormat, TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING)
      return samples
    }
    let unread = zip(passes[0], passes[1]).count { $0 != $1 }
    // Sound rows are told sixteen at a time.
    let allowed = max(passes[0].count / 10, passes[0].count * 32 / height)
    guard unread <= allowed else {
      let share = 100 - 100 * unread / passes[0].count
      throw .corrupt(.jpeg, reason: "damaged after \(share) % of the picture")
    }
  }
}
