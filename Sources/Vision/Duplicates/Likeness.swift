import CKernels
package import Catalog
internal import Foundation

/// How alike two pictures are, by their fingerprints, the verdict, and what decided it.
///
/// One picture is laid over the other: turned, scaled, shifted, mirrored, its light evened out. What
/// then differs decides. The bounds leave look-alikes (another garment of one shop on one floor) and
/// colourways of one photograph apart. Where one of the prints is of the first version, both are
/// compared by the first version's planes, under crops alone.
package struct Likeness: Sendable, Equatable, Codable {
  /// What the second picture is to the first.
  package struct Edit: Sendable, Equatable, Codable {
    package let isMirrored: Bool
    /// The first picture's pixels for one of the second, where both were squeezed alike: below 1 the
    /// second shows a part of the first.
    package let scale: Float
    /// Degrees by which the second is turned, clockwise.
    package let turned: Float
    /// Where the second's middle lies in the first, in shares of its sides from its middle.
    package let shift: [Float]
    /// Share of the second that lies in the first, 0…1.
    package let overlap: Float
    /// Contrast of the second ÷ that of the first.
    package let gain: Float
  }

  /// What of the pictures was compared.
  package enum Look: String, Sendable, Codable {
    case whole
    /// All, the darker one lit and clipped like the brighter one; full channels tell no colour.
    case lit
    /// All but the highest fifth, where a caption may stand.
    case withoutTop
    /// All but the lowest fifth.
    case withoutBottom
  }

  /// What decided: the first of these that broke its bound.
  package enum Decision: String, Sendable, Codable {
    case same
    /// Perceptual hashes; of prints of the first version only.
    case hash
    /// Shapes differ, or the pictures do not overlap by half.
    case structure
    /// Shapes differ all over, not only where something was written on the picture.
    case detail
    /// Folds, seams and prints differ where outlines are alike.
    case texture
    case colour
  }

  /// Bits in which the perceptual hashes differ, 0…64.
  package let hamming: Int
  /// 1 − correlation of the luma, 0…2: 0 is the same.
  package let structure: Float
  /// The same without the twelfth of the picture that differs most; `nil` where structure decided.
  package let detail: Float?
  /// 1 − the mean local correlation of the luma, 0…2, without the sixth of the picture that differs
  /// most; `nil` where structure decided.
  package let texture: Float?
  /// Mean difference of the chroma, in levels, once the light is evened out; `nil` where structure
  /// decided.
  package let colour: Float?
  /// The bound of `colour`: narrow for pictures that fit to a hair, wider for those that were
  /// written on, clipped or turned.
  package let maxColour: Float
  /// The bound of `detail`: a quarter of the usual one where not the whole pictures were compared, and
  /// less where their contrasts are far apart.
  package let maxDetail: Float
  /// The bound of `texture`: less where colours differ as well, within their bound, and a quarter of
  /// that where not the whole pictures were compared.
  package let maxTexture: Float
  package let look: Look
  /// What was done to one picture to have the other; `nil` for prints of the first version.
  package let edit: Edit?
  package let decision: Decision

  package static let maxHamming = 12
  package static let maxStructure: Float = 0.035
  /// Bounds of the first version's planes.
  private static let coarse = vt_likeness(structure: 0.009, colour: 1.5)

  package init(_ a: Fingerprint, _ b: Fingerprint) {
    let hamming = (a.perceptual ^ b.perceptual).nonzeroBitCount
    guard a.isFine, b.isFine else {
      self.init(hamming: hamming, a.coarsePlanes, b.coarsePlanes)
      return
    }
    let registration = a.withPlanes { moving in
      b.withPlanes { fixed in Registration(moving, .all(of: moving.luma), over: fixed) }
    }
    guard let registration else { preconditionFailure("a fit of some kind") }
    self.init(hamming: hamming, registration, ratio: a.ratio)
  }

  private init(hamming: Int, _ registration: Registration, ratio: Float) {
    self.hamming = hamming
    let fit = registration.fit
    look = registration.look
    structure = fit.structure
    detail = fit.trimmed.isFinite ? fit.trimmed : nil
    texture = fit.texture.isFinite ? fit.texture : nil
    maxTexture = Self.maxTexture(look, colour: fit.colour.isFinite ? fit.colour : 0)
    colour = fit.colour.isFinite ? fit.colour : nil
    maxColour = Self.maxColour(structure: fit.structure)
    maxDetail = Self.maxDetail(look, gain: fit.gain)
    let p = fit.placement
    edit = Edit(
      isMirrored: p.mirrored != 0, scale: exp(p.logScale), turned: -p.angle * 180 / .pi,
      shift: [p.x / 2, p.y / 2], overlap: fit.overlap, gain: fit.gain)
    decision = Self.decision(fit, look)
  }

  private init(hamming: Int, _ a: [UInt8]?, _ b: [UInt8]?) {
    self.hamming = hamming
    let found: vt_likeness? =
      if let a, let b { vt_compare(a, b, Self.coarse) } else { nil }
    structure = found.map { min(2, $0.structure) } ?? 2
    detail = nil
    texture = nil
    maxTexture = Self.maxTexture(.whole, colour: 0)
    colour = found.flatMap { $0.colour.isFinite ? $0.colour : nil }
    maxColour = Self.coarse.colour
    look = .whole
    maxDetail = Self.maxDetail(look, gain: 1)
    edit = nil
    decision =
      if hamming > Self.maxHamming {
        .hash
      } else if structure > Self.coarse.structure {
        .structure
      } else if colour.map({ $0 > Self.coarse.colour }) ?? true {
        .colour
      } else {
        .same
      }
  }

  /// Whether both show the same picture: re-encoded, resized, padded, mirrored, written on, slightly
  /// cropped, turned, lit.
  package var isSamePicture: Bool { decision == .same }

  /// How near two pictures that are taken for one are to being two, 0…1, whichever of them is laid over
  /// the other; `nil` where they are taken for two.
  package static func doubt(_ a: Fingerprint, _ b: Fingerprint) -> Float? {
    [Likeness(a, b).doubt, Likeness(b, a).doubt].compactMap(\.self).min()
  }

  /// The share of its bound that the measure nearest to its own takes up.
  private var doubt: Float? {
    guard isSamePicture else { return nil }
    let shares = [
      structure / (edit == nil ? Self.coarse.structure : Self.maxStructure),
      detail.map { $0 / maxDetail }, texture.map { $0 / maxTexture }, colour.map { $0 / maxColour },
    ]
    return shares.compactMap(\.self).max()
  }

  private static func maxColour(structure: Float) -> Float {
    min(3, 1 + 30 * structure.squareRoot())
  }

  /// Less where one has more than one and a half times the contrast of the other: of two shirts on one
  /// floor, one dark and one lit, only the print differs.
  private static func maxDetail(_ look: Look, gain: Float) -> Float {
    (look == .whole ? 0.0036 : 0.0009) * min(1, 1.5 * min(gain, 1 / gain))
  }

  private static func maxTexture(_ look: Look, colour: Float) -> Float {
    (look == .whole ? 0.18 : 0.045) / (2 + colour)
  }

  private static func decision(_ fit: vt_fit, _ look: Look) -> Decision {
    if fit.structure > maxStructure { return .structure }
    if fit.trimmed > maxDetail(look, gain: fit.gain) { return .detail }
    if fit.texture > maxTexture(look, colour: fit.colour) { return .texture }
    return fit.colour > maxColour(structure: fit.structure) ? .colour : .same
  }

  static func isWithinBounds(_ fit: vt_fit, _ look: Look) -> Bool { decision(fit, look) == .same }

  /// Whether two prints of the first version are of one picture, their hashes being near.
  static func isSamePicture(coarse a: UnsafePointer<UInt8>, _ b: [UInt8]) -> Bool {
    let found = vt_compare(a, b, coarse)
    return found.structure <= coarse.structure && found.colour <= coarse.colour
  }
}
