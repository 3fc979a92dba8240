import Catalog

/// Which boxes of two lists are the same part of a picture.
///
/// Pairs are taken greedily, those of one name first, then by how much they share; each box is in one
/// pair at most, so that of two garments over each other neither stands for both.
enum BoxMatching {
  /// The least overlap of two boxes that are the same.
  static let leastOverlap = 0.5

  /// For each of `found` the place of its pair in `known`, or `nil`.
  ///
  /// - Complexity: the product of the counts, times its logarithm.
  static func pairs(
    of found: [(region: Region, name: String)], with known: [(region: Region, name: String)]
  ) -> [Int?] {
    var candidates: [(found: Int, known: Int, isNamesake: Bool, overlap: Double)] = []
    for (place, box) in found.enumerated() {
      for (other, knownBox) in known.enumerated() {
        let overlap = box.region.overlap(knownBox.region)
        guard overlap >= leastOverlap else { continue }
        candidates.append((place, other, box.name == knownBox.name, overlap))
      }
    }
    candidates.sort {
      if $0.isNamesake != $1.isNamesake { return $0.isNamesake }
      if $0.overlap != $1.overlap { return $0.overlap > $1.overlap }
      return ($0.found, $0.known) < ($1.found, $1.known)
    }
    var pairs = [Int?](repeating: nil, count: found.count)
    var taken: Set<Int> = []
    for candidate in candidates
    where pairs[candidate.found] == nil && !taken.contains(candidate.known) {
      pairs[candidate.found] = candidate.known
      taken.insert(candidate.known)
    }
    return pairs
  }
}
