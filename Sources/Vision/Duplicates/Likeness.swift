import CKernels
package import Catalog

/// How alike two pictures are, by their fingerprints, and the verdict.
///
/// The bounds leave look-alikes (another garment of one shop on one floor) and colourways of one
/// photograph apart. Structure and colour are measured under the crop that makes the two fit best.
package struct Likeness: Sendable, Equatable {
  /// Bits in which the perceptual hashes differ, 0…64.
  package let hamming: Int
  /// Mean difference of the chroma means, in levels; infinite where a plane is missing.
  package let colour: Float
  /// How far the luma grids are from being crops of one picture: about 1 − correlation, 0 is the
  /// same; not refined once the verdict is found. Infinite where a plane is missing.
  package let structure: Float

  package static let maxHamming = 12
  package static let maxColour: Float = 1.5
  package static let maxStructure: Float = 0.009

  package init(_ a: Fingerprint, _ b: Fingerprint) {
    hamming = (a.perceptual ^ b.perceptual).nonzeroBitCount
    (colour, structure) = Self.compare((a.colour + a.luma)[...], (b.colour + b.luma)[...])
  }

  /// Whether both show the same picture: re-encoded, resized, padded, marked or slightly cropped.
  package var isSamePicture: Bool {
    hamming <= Self.maxHamming && colour <= Self.maxColour && structure <= Self.maxStructure
  }

  static func isSamePicture(planes a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
    let (colour, structure) = compare(a, b)
    return colour <= maxColour && structure <= maxStructure
  }

  private static func compare(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>)
    -> (colour: Float, structure: Float)
  {
    guard a.count == Fingerprint.planeSize, b.count == a.count else {
      return (.infinity, .infinity)
    }
    let bounds = vt_likeness(structure: maxStructure, colour: maxColour)
    let found = a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in vt_compare(a.baseAddress, b.baseAddress, bounds) }
    }
    return (found.colour, found.structure)
  }
}

extension Fingerprint {
  /// Bytes of `colour` and `luma` of a full fingerprint.
  static let planeSize = 288
}
