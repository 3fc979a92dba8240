import Catalog
import GRDB

/// A part of a picture that has a vector of its own.
package enum Box {}

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
