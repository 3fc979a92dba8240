package import Catalog

/// What one decode of a fetched file gives: everything that is kept of it.
package struct PictureAnalysis: Sendable {
  package let record: ImageRecord
  /// A JPEG of at most `thumbnailSide` pixels a side.
  package let thumbnail: [UInt8]
  /// What ``picture(of:atLeast:limits:)`` gives by default: what was measured, and what an embedder
  /// takes that wants no more.
  package let picture: Picture

  package static let thumbnailSide = 320

  /// Decodes `bytes` once, scaled down as far as all uses allow, and measures the result.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - hash: the SHA-256 of `bytes` where the caller has it.
  ///   - limits: checked before pixels are allocated.
  package init(
    of bytes: [UInt8], hash: ContentHash? = nil, limits: DecodeLimits = .standard
  ) throws(PictureError) {
    picture = try Self.picture(of: bytes, limits: limits)
    guard let format = picture.format else { preconditionFailure("a decoded picture has a format") }
    record = ImageRecord(
      hash: hash ?? ContentHash(of: bytes), format: format, byteCount: bytes.count,
      width: picture.sourceWidth, height: picture.sourceHeight,
      fingerprint: Fingerprint(of: picture), traits: PictureTraits(of: picture))
    thumbnail = picture.fitted(within: Self.thumbnailSide).jpeg(quality: 82)
  }

  /// What measuring and the thumbnail ask of the shorter side; fingerprints are made of no other.
  package static let workingSide = 300

  /// The pixels of `bytes` that are measured or embedded.
  ///
  /// - Parameter side: what the shorter side must at least be, as far as the file has it; never
  ///   twice as much is given.
  package static func picture(
    of bytes: [UInt8], atLeast side: Int = workingSide, limits: DecodeLimits = .standard
  ) throws(PictureError) -> Picture {
    try Picture(decoding: bytes, atLeast: side, limits: limits).reduced(towards: side)
  }
}
