/// A part of a picture with something in it, in fractions of the picture's sides.
package struct Detection: Sendable, Equatable {
  package var x: Double
  package var y: Double
  package var width: Double
  package var height: Double
  /// What it shows, as the detector's card calls it.
  package var name: String
  /// How sure the detector is, 0…1.
  package var score: Float

  /// The shared area by that of both together (intersection over union), 0…1.
  func overlap(_ other: Detection) -> Double {
    let across = min(x + width, other.x + other.width) - max(x, other.x)
    let down = min(y + height, other.y + other.height) - max(y, other.y)
    guard across > 0, down > 0 else { return 0 }
    let shared = across * down
    return shared / (width * height + other.width * other.height - shared)
  }
}

extension [Detection] {
  /// The surest of those that lie over each other (greedy non-maximum suppression), surest first.
  ///
  /// - Parameters:
  ///   - overlap: what two of one name may share before the less sure one is dropped, 0…1.
  ///   - limit: how many are kept.
  /// - Complexity: `limit` times the count.
  func withoutOverlaps(above overlap: Double, limit: Int) -> [Detection] {
    var kept: [Detection] = []
    for detection in sorted(by: { $0.score > $1.score }) where kept.count < limit {
      let isCovered = kept.contains {
        $0.name == detection.name && $0.overlap(detection) > overlap
      }
      if !isCovered { kept.append(detection) }
    }
    return kept
  }
}
