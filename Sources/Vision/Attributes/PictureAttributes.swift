package import Catalog
internal import Foundation

/// What a picture shows at a glance: its garment's colours, and whether it is a shop's shot on a plain
/// ground.
package struct PictureAttributes: Sendable, Equatable {
  package struct NamedColour: Sendable, Equatable, Encodable {
    package var name: ColourName
    /// Of the middle, 0…1.
    package var share: Double
  }

  /// The largest share first; at least a tenth each.
  package let colours: [NamedColour]
  /// How likely a picture is a product on a plain ground rather than a scene, 0…1: a logistic function
  /// of how even the frame is, not fitted to anything.
  package let productShot: Double

  private static let side = 64
  /// The part of the trimmed picture's sides that is looked at for colours.
  private static let middle = 0.5
  private static let leastShare = 0.1

  package init(of picture: Picture) {
    let square = picture.content(side: Self.side).pixels
    let frame = Frame(of: picture)
    productShot = frame.productShot
    var counts = [Double](repeating: 0, count: ColourName.allCases.count)
    var total = 0.0
    let edge = Int(Double(Self.side) * (1 - Self.middle) / 2)
    for y in edge..<Self.side - edge {
      for x in edge..<Self.side - edge {
        let i = 3 * (y * Self.side + x)
        let colour = OKLab(red: square[i], green: square[i + 1], blue: square[i + 2])
        // Ground that shows between sleeves and trouser legs is no colour of the garment.
        if frame.isPlain, colour.distance(to: frame.colour) < Frame.groundDistance { continue }
        counts[ColourName.nearest(to: colour).rawValue] += 1
        total += 1
      }
    }
    guard total > 0 else {
      // A white shirt on white: the ground's colour is the garment's.
      colours = [NamedColour(name: .nearest(to: frame.colour), share: 1)]
      return
    }
    colours = ColourName.allCases
      .map { NamedColour(name: $0, share: counts[$0.rawValue] / total) }
      .filter { $0.share >= Self.leastShare }
      .sorted { ($1.share, $0.name.rawValue) < ($0.share, $1.name.rawValue) }
  }
}

extension PictureTraits {
  package init(of picture: Picture) {
    let attributes = PictureAttributes(of: picture)
    self.init(
      colours: ColourSet(attributes.colours.map(\.name)),
      productShot: Int((attributes.productShot * 100).rounded()))
  }
}

/// The outermost pixels.
private struct Frame {
  /// Closer than this is the same ground, shadows included.
  static let groundDistance = 0.06
  let colour: OKLab
  /// Of the frame's pixels, the share that is the frame's own colour.
  let evenness: Double

  init(of picture: Picture) {
    let small = picture.resized(width: 48, height: 48).pixels
    var ring: [OKLab] = []
    for y in 0..<48 {
      for x in 0..<48 where min(x, y, 47 - x, 47 - y) < 3 {
        let i = 3 * (y * 48 + x)
        ring.append(OKLab(red: small[i], green: small[i + 1], blue: small[i + 2]))
      }
    }
    func median(_ part: KeyPath<OKLab, Double>) -> Double {
      ring.map { $0[keyPath: part] }.sorted()[ring.count / 2]
    }
    let own = OKLab(lightness: median(\.lightness), a: median(\.a), b: median(\.b))
    colour = own
    evenness =
      Double(ring.count { $0.distance(to: own) < Self.groundDistance }) / Double(ring.count)
  }

  var isPlain: Bool { evenness > 0.75 }

  /// Even chances at 70 % of plain frame on a light ground; a dark ground is seldom a shop's.
  var productShot: Double {
    let evidence = 12 * (evenness - 0.7) + 4 * (min(colour.lightness, 0.85) - 0.85)
    return 1 / (1 + exp(-evidence))
  }
}
