import Catalog
import GRDB

/// A part of a picture that has a vector of its own.
package enum Box {}

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
    let rounded = [x, y, width, height].map { ($0 * 1_000_000).rounded() / 1_000_000 }
    guard rounded.allSatisfy(\.isFinite), rounded[0] >= 0, rounded[1] >= 0,
      rounded[2] >= Self.leastSide, rounded[3] >= Self.leastSide,
      rounded[0] + rounded[2] <= 1.000_001, rounded[1] + rounded[3] <= 1.000_001
    else { return nil }
    (self.x, self.y, self.width, self.height) = (rounded[0], rounded[1], rounded[2], rounded[3])
  }

  /// As the catalog holds it, where constraints keep it sound.
  init(stored x: Double, _ y: Double, _ width: Double, _ height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// The shared area by that of both together (intersection over union), 0…1.
  func overlap(_ other: Region) -> Double {
    let across = min(x + width, other.x + other.width) - max(x, other.x)
    let down = min(y + height, other.y + other.height) - max(y, other.y)
    guard across > 0, down > 0 else { return 0 }
    let shared = across * down
    return shared / (width * height + other.width * other.height - shared)
  }
}

/// A box that stands in a picture.
package struct BoxRecord: Sendable, Hashable {
  package var id: ID<Box>
  package var image: ID<ImageRecord>
  package var region: Region
  /// What it shows; empty where nobody said.
  package var name: String
  /// How sure the detector was, 0…1; `nil` where a person drew or named it.
  package var score: Double?
  /// A person drew or named it.
  package var isEdited: Bool
  package var revision: Int64

  /// Characters of a name.
  package static let nameLimit = 100
}

/// A box as a detector saw it.
package struct SeenBox: Sendable, Hashable {
  package var region: Region
  package var name: String
  package var score: Double

  /// - Parameter name: cut to ``BoxRecord/nameLimit`` characters.
  package init(region: Region, name: String, score: Double) {
    self.region = region
    self.name = String(String.UnicodeScalarView(name.unicodeScalars.prefix(BoxRecord.nameLimit)))
    self.score = min(max(score, 0), 1)
  }
}

/// A box as a person wants it.
package struct WantedBox: Sendable, Hashable {
  /// The box that it was; `nil` for one that stands nowhere yet, or is told by its place and name.
  package var id: ID<Box>?
  package var region: Region
  package var name: String

  package init(id: ID<Box>? = nil, region: Region, name: String) {
    self.id = id
    self.region = region
    self.name = name
  }
}

/// What became of a person's boxes.
package enum BoxPlacement: Sendable, Equatable {
  /// These stand in the picture now.
  case placed([BoxRecord])
  /// The picture's boxes have changed since the revision that was expected.
  case changedMeanwhile(revision: Int64)
  /// No such box stands in the picture.
  case unknown(ID<Box>)
  /// One box is wanted twice.
  case doubled(Region)
}

/// What a key of a vector index stands for.
package enum VectorKey: Sendable, Hashable {
  case picture(ID<ImageRecord>)
  case box(ID<Box>)

  /// Ids of pictures, counted from 1, never come up to that.
  private static let boxBit: UInt64 = 1 << 62

  package init(_ key: UInt64) {
    self =
      key & Self.boxBit == 0
      ? .picture(ID(Int64(clamping: key))) : .box(ID(Int64(clamping: key & ~Self.boxBit)))
  }

  package var key: UInt64 {
    switch self {
    case .picture(let id): UInt64(clamping: id.rawValue)
    case .box(let id): UInt64(clamping: id.rawValue) | Self.boxBit
    }
  }
}

extension ID<ImageRecord> {
  /// Of the picture's vector in an index.
  package var vectorKey: UInt64 { VectorKey.picture(self).key }
}

extension ID<Box> {
  /// Of the box's vector in an index.
  package var vectorKey: UInt64 { VectorKey.box(self).key }
}
