import Catalog
import Vision

/// Files of pictures, whatever their bytes announce.
enum PictureReader {
  private static let limits = DecodeLimits(
    maxBytes: 1 << 20, maxPixels: 1 << 20, maxSide: 8_192, minSide: 1, maxAspect: 8_192)

  /// Throws nothing for what an input may do: a picture or a reason.
  static func read(_ bytes: [UInt8]) {
    do throws(PictureError) {
      // As small as can be: a JPEG's pixels at an eighth are read by our own decoder.
      _ = try Picture(decoding: bytes, atLeast: 1, limits: limits)
      let picture = try Picture(decoding: bytes, atLeast: 48, limits: limits)
      precondition(picture.width * picture.height <= 1 << 20, "more pixels than the limit")
      let print = Fingerprint(of: picture)
      precondition(Fingerprint(bytes: print.bytes) == print, "a print that does not come back")
      precondition(Likeness(print, print).isSamePicture, "a picture that is not itself")
      precondition(!picture.fitted(within: 64).jpeg(quality: 80).isEmpty, "an empty thumbnail")
    } catch {
      precondition(!error.description.isEmpty, "an error that says nothing")
    }
  }
}
