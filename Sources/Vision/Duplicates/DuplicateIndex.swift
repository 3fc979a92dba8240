import CKernels
package import Catalog

/// Finds the pictures that are the same as a given one, in memory.
///
/// The relation is symmetric and does not hang on the order of adding; groups are its connected
/// components, which the caller keeps. A look-up scans the hashes (8 bytes a picture, vectorised)
/// and checks the few that are near: below a millisecond at a million pictures, which take 310 MB.
package struct DuplicateIndex: Sendable {
  private var ids: [Int64] = []
  private var hashes: [UInt64] = []
  /// `[count × 288]`: 32 chroma means and 256 luma means of each.
  private var planes: [UInt8] = []

  package init() {}

  package var count: Int { ids.count }

  /// Adds a picture; its own id is found from then on too.
  ///
  /// - Returns: `false`, with nothing added, where the fingerprint is not a full one.
  @discardableResult
  package mutating func add(id: Int64, _ fingerprint: Fingerprint) -> Bool {
    guard fingerprint.colour.count + fingerprint.luma.count == Fingerprint.planeSize else {
      return false
    }
    ids.append(id)
    hashes.append(fingerprint.perceptual)
    planes += fingerprint.colour
    planes += fingerprint.luma
    return true
  }

  /// The ids of all added pictures that are the same as `fingerprint`'s, ascending.
  package func matches(of fingerprint: Fingerprint) -> [Int64] {
    let wanted = fingerprint.colour + fingerprint.luma
    return near(fingerprint.perceptual).filter { place in
      let start = Int(place) * Fingerprint.planeSize
      return Likeness.isSamePicture(
        planes: planes[start..<start + Fingerprint.planeSize], wanted[...])
    }.map { ids[Int($0)] }.sorted()
  }

  private func near(_ hash: UInt64) -> [UInt32] {
    var places = [UInt32](repeating: 0, count: 64)
    while true {
      let found = vt_hamming_within(
        hashes, hashes.count, hash, Int32(Likeness.maxHamming), &places, places.count)
      if found <= places.count { return Array(places[..<found]) }
      places = [UInt32](repeating: 0, count: found)
    }
  }
}
