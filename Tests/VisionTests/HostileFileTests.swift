import Catalog
import Support
import Testing

@testable import Vision

struct HostileFileTests {
  private static let garment = Drawing.garment(seed: 3, tint: (70, 90, 160)).resized(0.3).picture

  private static let files: [[UInt8]] = [
    garment.jpeg(quality: 80), Fixture.jpegProgressive, Fixture.jpegCMYK, Fixture.jpegGrey,
    Fixture.png, Fixture.pngAlpha, Fixture.pngPalette, Fixture.webpLossless, Fixture.webpLossy,
    Fixture.webpAlpha, Fixture.webpAnimated, Fixture.gif, Fixture.gifInterlaced,
    Fixture.gifAnimated, Fixture.avif, Fixture.avifAlpha,
  ]

  private func error(_ bytes: [UInt8], _ limits: DecodeLimits = .standard) -> PictureError? {
    do throws(PictureError) {
      _ = try Picture(decoding: bytes, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  @Test func `what is no picture is told apart from a broken one`() {
    for text in [
      "", "\u{FF}", "<!DOCTYPE html><html><body>Not here</body></html>", "RIFF", "%PDF-1.7",
    ] {
      #expect(error(Array(text.utf8)) == .notAPicture)
    }
    let avif: [UInt8] = [0, 0, 0, 28] + Array("ftypavif".utf8) + [0, 0, 0, 0]
    #expect(error(avif) == .truncated(.avif))
  }

  @Test(arguments: files)
  func `a file cut anywhere is refused`(file: [UInt8]) throws {
    let format = try #require(ImageFormat(sniffing: file))
    // A GIF is whole once the codes of its first frame are; the others end with their last bytes.
    let needed = file == Fixture.gifAnimated ? 60 : format == .gif ? file.count - 6 : file.count
    for length in stride(from: 0, to: needed, by: file.count > 2000 ? 23 : 1) {
      let error = try #require(
        self.error(Array(file[..<length])), "\(format) of \(length) bytes was accepted")
      if length >= 64, error != .truncated(format) {
        // A cut inside the frame header may look like a contradiction, later cuts must not.
        Issue.record("\(format) cut to \(length) of \(file.count) bytes: \(error)")
      }
    }
    #expect(self.error(file) == nil)
  }

  @Test(arguments: files)
  func `changed bytes give a picture or an error`(file: [UInt8]) {
    var random = SeededGenerator(seed: 11)
    var outcomes: Set<Bool> = []
    for _ in 0..<150 {
      var changed = file
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        changed[Int.random(in: 12..<changed.count, using: &random)] =
          .random(in: 0...255, using: &random)
      }
      do throws(PictureError) {
        let picture = try Picture(
          decoding: changed, atLeast: 20, limits: DecodeLimits(maxPixels: 1 << 20))
        outcomes.insert(true)
        #expect(picture.pixels.count == 3 * picture.width * picture.height)
      } catch {
        outcomes.insert(false)
      }
    }
    #expect(outcomes.contains(false))
  }

  @Test func `a bomb is refused by its header`() {
    // 20,000 × 20,000 pixels in a file of 45 bytes: nothing can have been decoded.
    let png: [UInt8] =
      [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + [0, 0, 0, 13] + Array("IHDR".utf8)
      + [0, 0, 0x4E, 0x20, 0, 0, 0x4E, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0]
      + [0, 0, 0, 0] + Array("IEND".utf8) + [0, 0, 0, 0]
    #expect(
      error(png)
        == .outOfBounds(.pixels, value: 400_000_000, limit: DecodeLimits.standard.maxPixels))
    #expect(
      error(png, DecodeLimits(maxSide: 10_000))
        == .outOfBounds(.longSide, value: 20_000, limit: 10_000))
    var gif = Array("GIF89a".utf8) + [0xFF, 0x7F, 0xFF, 0x7F, 0, 0, 0, 0x2C]
    #expect(
      error(gif, DecodeLimits(maxSide: 1 << 20))
        == .outOfBounds(.pixels, value: 32_767 * 32_767, limit: DecodeLimits.standard.maxPixels))
    gif[7] = 0
    gif[6] = 200
    #expect(
      error(gif, DecodeLimits(maxSide: 1 << 20)) == .outOfBounds(.aspect, value: 164, limit: 20))
    let jpeg: [UInt8] = [
      0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xFF, 0xFF, 0xFF, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11,
      1,
    ]
    #expect(error(jpeg) == .outOfBounds(.longSide, value: 65_535, limit: 20_000))
  }

  @Test func `bytes, spacers and endless parts have limits`() {
    let file = Self.garment.jpeg(quality: 80)
    #expect(
      error(file, DecodeLimits(maxBytes: file.count - 1))
        == .outOfBounds(.bytes, value: file.count, limit: file.count - 1))
    #expect(error(file, DecodeLimits(maxBytes: file.count)) == nil)
    let spacer = Drawing(width: 4, height: 40) { _, _ in (1, 2, 3) }.picture.jpeg(quality: 80)
    #expect(error(spacer) == .outOfBounds(.shortSide, value: 4, limit: 8))
    let comments = [[UInt8]](repeating: [0xFF, 0xFE, 0, 2], count: 300).flatMap { $0 }
    let talkative = Array(file[..<2]) + comments + file[2...]
    #expect(error(talkative) == nil)
    #expect(
      error(talkative, DecodeLimits(maxParts: 100)) == .outOfBounds(.frames, value: 101, limit: 100)
    )
  }

  @Test func `a jpeg whose headers tell what cannot be is refused in words`() throws {
    let file = Self.garment.jpeg(quality: 80)
    /// Where a segment's marker stands.
    func place(_ marker: UInt8) throws -> Int {
      try #require(file.indices.first { file[$0...].starts(with: [0xFF, marker]) })
    }
    func changed(_ marker: UInt8, _ offset: Int, _ value: UInt8) throws -> PictureError? {
      var copy = file
      copy[try place(marker) + offset] = value
      return error(copy)
    }
    let (frame, codes): (UInt8, UInt8) = (0xC0, 0xC4)
    // Lossless, and arithmetic codes.
    for process: UInt8 in [3, 9, 10] {
      #expect(
        try changed(frame, 1, 0xC0 + process)
          == .unsupported(.jpeg, reason: "coding process \(process)"))
    }
    #expect(try changed(frame, 4, 12) == .unsupported(.jpeg, reason: "12 bits a sample"))
    // No height, which a segment behind the scan would tell.
    var flat = file
    let frameAt = try place(frame)
    flat.replaceSubrange(frameAt + 5..<frameAt + 7, with: [0, 0])
    #expect(error(flat) == .corrupt(.jpeg, reason: "a side of no pixels"))
    var twice = file
    let length = 2 + Int(file[frameAt + 3])
    twice.insert(contentsOf: file[frameAt..<frameAt + length], at: frameAt)
    #expect(error(twice) == .corrupt(.jpeg, reason: "two frames"))
    // Five samples abreast; 255 codes of one bit; and four times the height that the scan has.
    for wrong in [
      try changed(frame, 11, 0x51), try changed(codes, 5, 255),
      try changed(frame, 5, file[frameAt + 5] + 3),
    ] {
      guard case .corrupt(.jpeg, let reason) = wrong else {
        Issue.record("taken: \(String(describing: wrong))")
        continue
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test func `scans that add nothing are not passed over without end`() throws {
    // Ten bytes of header and one of data: of each, the decoder goes through every block of the picture.
    let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0]
    let file = Fixture.jpegProgressive
    let own = file.indices.count { file[$0...].starts(with: [0xFF, 0xDA]) }
    func appended(_ count: Int) -> [UInt8] {
      let scans = [[UInt8]](repeating: scan, count: count).flatMap { $0 }
      return Array(file[..<(file.count - 2)]) + scans + file[(file.count - 2)...]
    }
    #expect(try Picture(decoding: appended(0)).width == 24)
    #expect(try Picture(decoding: appended(100 - own)).width == 24)
    #expect(error(appended(101 - own)) == .outOfBounds(.frames, value: 101, limit: 100))
  }

  @Test func `an end marker inside a segment does not hide a cut`() throws {
    // A thumbnail in the metadata has an end marker of its own.
    let file = Self.garment.jpeg(quality: 80)
    let thumbnail: [UInt8] = [0xFF, 0xE1, 0, 6, 0xFF, 0xD9, 0xFF, 0xD9]
    let whole = Array(file[..<2]) + thumbnail + file[2...]
    #expect(error(whole) == nil)
    #expect(error(Array(whole.dropLast(whole.count / 2))) == .truncated(.jpeg))
  }

  @Test func `a jpeg that is damaged early is refused, late or beside its pixels it is not`() throws
  {
    let file = Drawing.garment(seed: 5, tint: (150, 60, 60)).picture.jpeg(quality: 85)
    let body = try #require(file.indices.first { file[$0...].starts(with: [0xFF, 0xDA]) }) + 14
    func damaged(at share: Double) -> [UInt8] {
      var copy = file
      let start = body + Int(Double(file.count - body) * share)
      // A marker where codes should be: what follows is lost to the decoder.
      for i in start..<min(start + 12, file.count - 2) {
        copy[i] = (i - start) % 2 == 0 ? 0xFF : 0xD3
      }
      return copy
    }
    for share in [0.25, 0.5] {
      guard case .corrupt(.jpeg, let reason)? = error(damaged(at: share)) else {
        Issue.record("damage at \(share): \(String(describing: error(damaged(at: share))))")
        continue
      }
      #expect(reason.hasPrefix("damaged after "))
    }
    #expect(error(damaged(at: 0.97)) == nil)
    let stray = Array(file.dropLast(2)) + [1, 2, 3, 4, 5] + file.suffix(2)
    #expect(error(stray) == nil)
  }

  @Test func `an error tells the value and the bound`() {
    #expect(
      PictureError.outOfBounds(.pixels, value: 400_000_000, limit: 50_000_000).description
        == "too large: 400000000 pixels, limit 50000000")
    #expect(PictureError.truncated(.webp).description == "truncated webp")
  }
}
