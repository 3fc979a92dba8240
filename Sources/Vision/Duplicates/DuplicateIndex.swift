import CKernels
package import Catalog

/// Finds the pictures that are the same as a given one, in memory.
///
/// A picture stands under the 64-bit code of its middle; a look-up asks for 194 codes, of what the
/// picture shows under each window and mirrored, and lays the picture over the few that are near.
/// 1.7 KB a picture. The relation is `Likeness`'s but for pictures whose codes are farther than the
/// radius, which are not compared; groups are its connected components, which the caller keeps.
package struct DuplicateIndex: Sendable {
  private var ids: [Int64] = []
  private var codes = BinaryCodes(words: 1)
  /// `[count × 64]`: what most candidates are turned down by, before their planes are read.
  private var middles: [Int8] = []
  /// `[count × planesSize]`: luma and chroma of each.
  private var planes: [UInt8] = []
  private var ratios: [Float] = []
  private var old = CoarsePrints()

  /// Bits by which the code of a window may differ from that of the same part of another file: of
  /// edits of photographs 99.7 % are found, whose middles are alike at all.
  private static let radius = 13

  package init() {}

  package var count: Int { ids.count + old.count }

  /// Adds a picture; its own id is found from then on too.
  ///
  /// - Returns: `false`, with nothing added, where the fingerprint is not a full one.
  @discardableResult
  package mutating func add(id: Int64, _ fingerprint: Fingerprint) -> Bool {
    guard fingerprint.isFine else { return old.add(id: id, fingerprint) }
    let middle = fingerprint.withPlanes { Sketches.middle(of: $0.luma) }
    codes.append(middle.codes)
    ids.append(id)
    Self.append(middle.rounded, to: &middles)
    Self.append(fingerprint.luma + fingerprint.colour, to: &planes)
    ratios.append(fingerprint.ratio)
    return true
  }

  /// Appends to what look-ups read here and there, in large pages once it is long.
  private static func append<Element>(_ new: [Element], to all: inout [Element]) {
    let room = all.capacity
    all += new
    guard all.capacity != room else { return }
    let size = all.capacity * MemoryLayout<Element>.stride
    all.withUnsafeMutableBytes { vt_prefer_large_pages($0.baseAddress, $0.count, size) }
  }

  /// The ids of all added pictures that are the same as `fingerprint`'s, ascending.
  ///
  /// A print of the first version is found among its like alone.
  package func matches(of fingerprint: Fingerprint) -> [Int64] {
    let coarse = old.matches(of: fingerprint)
    guard fingerprint.isFine else { return coarse.sorted() }
    let fine = fingerprint.withPlanes { moving in
      let sketches = Sketches.all(of: moving.luma)
      return sketches.likely(
        codes.places(within: Self.radius, ofAny: sketches.codes, loose: sketches.loose),
        among: middles, atLeast: Registration.leastLikeness
      ).filter { place in
        withPlanes(Int(place)) { fixed in
          Registration(moving, sketches, over: fixed, onlyLikely: true)
            .map(\.isSame) ?? false
        }
      }
    }
    return (coarse + fine.map { ids[Int($0)] }).sorted()
  }

  private func withPlanes<Result>(_ place: Int, _ body: (vt_planes) -> Result) -> Result {
    planes.withUnsafeBufferPointer { planes in
      let luma = planes.baseAddress.map { $0 + place * Fingerprint.planesSize }
      return body(
        vt_planes(
          luma: luma, chroma: luma.map { $0 + Fingerprint.lumaSize }, aspect: ratios[place]))
    }
  }
}

/// Prints of the first version, which catalogs hold: found by their perceptual hash, compared one by
/// one.
private struct CoarsePrints: Sendable {
  private var ids: [Int64] = []
  private var hashes = BinaryCodes(words: 1)
  /// `[count × coarseSize]`.
  private var planes: [UInt8] = []

  var count: Int { ids.count }

  mutating func add(id: Int64, _ fingerprint: Fingerprint) -> Bool {
    guard let coarse = fingerprint.coarsePlanes else { return false }
    hashes.append(CollectionOfOne(fingerprint.perceptual))
    ids.append(id)
    planes += coarse
    return true
  }

  func matches(of fingerprint: Fingerprint) -> [Int64] {
    guard !ids.isEmpty, let wanted = fingerprint.coarsePlanes else { return [] }
    return planes.withUnsafeBufferPointer { planes in
      guard let base = planes.baseAddress else { return [] }
      // Two bits a band find all that differ by up to 11, and nearly all that differ by 12.
      return hashes.places(
        within: Likeness.maxHamming, of: [fingerprint.perceptual], bandRadius: 2
      ).filter {
        Likeness.isSamePicture(coarse: base + Int($0) * Fingerprint.coarseSize, wanted)
      }.map { ids[Int($0)] }
    }
  }
}
