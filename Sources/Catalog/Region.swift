/// A rectangle within a picture, in fractions of its sides, exact to a millionth.
package struct Region: Sendable, Hashable {
  package let x: Double
  package let y: Double
  package let width: Double
  package let height: Double

  /// The least width and height.
  package static let leastSide = 0.01

  /// `nil` where it is no number, smaller than ``leastSide`` or not within the picture.
  package init?(x: Double, y: Double, width: Double, height: Double) {
    let rounded = [x, y, width, height].map(\.inMillionths)
    guard rounded.allSatisfy(\.isFinite), rounded[0] >= 0, rounded[1] >= 0,
      rounded[2] >= Self.leastSide, rounded[3] >= Self.leastSide,
      rounded[0] + rounded[2] <= 1.000_001, rounded[1] + rounded[3] <= 1.000_001
    else { return nil }
    self.init(stored: rounded[0], rounded[1], rounded[2], rounded[3])
  }

  /// One that was a region before, as a catalog holds it.
  package init(stored x: Double, _ y: Double, _ width: Double, _ height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// What ``init(x:y:width:height:)`` asks for, for those who wrote something else.
  package static let demand =
    "x, y ≥ 0, width, height ≥ \(leastSide) and all within 0...1 of the picture's sides"

  /// The shared area by that of both together (intersection over union), 0…1.
  package func overlap(_ other: Region) -> Double {
    let across = min(x + width, other.x + other.width) - max(x, other.x)
    let down = min(y + height, other.y + other.height) - max(y, other.y)
    guard across > 0, down > 0 else { return 0 }
    let shared = across * down
    return shared / (width * height + other.width * other.height - shared)
  }
}

/// A part of a picture with something in it, as a detector saw it.
package struct Detection: Sendable, Hashable {
  package let region: Region
  /// What it shows, as the detector's card calls it.
  package let name: String
  /// How sure the detector is, 0…1, to a millionth.
  package let score: Double

  /// Characters of a name.
  package static let nameLimit = 100

  /// - Parameter name: cut to ``nameLimit`` characters.
  package init(region: Region, name: String, score: Double) {
    self.region = region
    self.name = String(String.UnicodeScalarView(name.unicodeScalars.prefix(Self.nameLimit)))
    self.score = min(max(score.inMillionths, 0), 1)
  }
}

extension Double {
  fileprivate var inMillionths: Double { (self * 1_000_000).rounded() / 1_000_000 }
}
