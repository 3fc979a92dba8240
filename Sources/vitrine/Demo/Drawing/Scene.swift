import Foundation
import Vision

/// A picture of the demo site: which things, how laid out, on what.
enum Scene: Hashable, Sendable {
  /// One thing in full, on a shop's own backdrop.
  case packshot(Design, Backdrop)
  /// The same thing from near by.
  case closeUp(Design, Backdrop)
  /// Several things laid out as an influencer would.
  case flatLay([Design], Backdrop, seed: UInt64)

  static let width = 640
  static let height = 800

  /// Draws the scene; about 40 ms of a core.
  func drawn() -> Picture {
    switch self {
    case .packshot(let design, let backdrop): Self.packshot(design, backdrop)
    case .closeUp(let design, let backdrop): Self.closeUp(design, backdrop)
    case .flatLay(let designs, let backdrop, let seed): Self.flatLay(designs, backdrop, seed: seed)
    }
  }

  private static let unit = Double(width) / 800

  private static func packshot(_ design: Design, _ backdrop: Backdrop) -> Picture {
    let seed = UInt32(truncatingIfNeeded: design.seed)
    var canvas = backdrop.canvas(width: width, height: height, seed: seed)
    let frame = design.frame
    let scale = unit * frame.scale
    var choice = SeededChoice(seed: design.seed, "packshot")
    canvas.draw(
      design.garment,
      at: Placement(
        x: Double(width) / 2, y: Double(height) / 2 - frame.middle * scale, scale: scale,
        angle: choice.between(-0.03, 0.03)))
    return canvas.picture(seed: seed)
  }

  private static func closeUp(_ design: Design, _ backdrop: Backdrop) -> Picture {
    let seed = UInt32(truncatingIfNeeded: design.seed) &+ 1
    var canvas = backdrop.canvas(width: width, height: height, seed: seed)
    let frame = design.frame
    let scale = unit * frame.scale * 1.95
    var choice = SeededChoice(seed: design.seed, "near")
    let focus = frame.middle + design.detail + choice.between(-30, 30)
    canvas.draw(
      design.garment,
      at: Placement(
        x: Double(width) / 2 + choice.between(-90, 90), y: Double(height) / 2 - focus * scale,
        scale: scale, angle: choice.between(-0.16, 0.16)))
    return canvas.picture(seed: seed)
  }

  /// Where up to five things lie: middle as a share of the canvas, scale and angle.
  private struct Spot {
    let x: Double
    let y: Double
    let scale: Double
    let angle: Double
  }

  private static func flatLay(_ designs: [Design], _ backdrop: Backdrop, seed: UInt64) -> Picture {
    var choice = SeededChoice(seed: seed, "flat lay")
    let noise = UInt32(truncatingIfNeeded: seed)
    var canvas = backdrop.canvas(width: width, height: height, seed: noise)
    let isMirrored = choice.happens(0.5)
    func place(_ spot: Spot) -> Placement {
      Placement(
        x: Double(width) * (isMirrored ? 1 - spot.x : spot.x), y: Double(height) * spot.y,
        scale: unit * spot.scale, angle: (isMirrored ? -1 : 1) * spot.angle)
    }
    let long = designs.filter { [.dress, .trousers, .skirt, .coat].contains($0.kind) }
    let tops = designs.filter { [.tee, .shirt, .jumper].contains($0.kind) }
    let small = designs.filter { design in !long.contains(design) && !tops.contains(design) }
    var corners = [
      Spot(x: 0.79, y: 0.83, scale: 0.5, angle: -0.2),
      Spot(x: tops.isEmpty ? 0.8 : 0.85, y: tops.isEmpty ? 0.2 : 0.12, scale: 0.5, angle: 0.2),
      Spot(x: 0.2, y: 0.86, scale: 0.46, angle: 0.25),
      Spot(x: 0.16, y: 0.16, scale: 0.44, angle: -0.3),
    ]
    for design in long {
      let isBelow = !tops.isEmpty
      let spot = Spot(
        x: isBelow ? 0.6 : 0.4, y: isBelow ? 0.66 : 0.5,
        scale: isBelow ? 0.7 : 0.92, angle: isBelow ? -0.12 : 0.1 + choice.between(-0.04, 0.04))
      canvas.draw(design.garment, at: place(spot))
    }
    for design in tops {
      let spot = Spot(
        x: 0.4, y: long.isEmpty ? 0.46 : 0.33, scale: long.isEmpty ? 0.9 : 0.7,
        angle: -0.14 + choice.between(-0.05, 0.05))
      canvas.draw(design.garment, at: place(spot))
    }
    for design in small.prefix(corners.count) {
      let corner = corners.removeFirst()
      canvas.draw(design.garment, at: place(corner))
    }
    for (corner, prop) in zip(corners, props(&choice, seed)) {
      canvas.draw(
        prop,
        at: place(
          Spot(
            x: corner.x, y: corner.y, scale: corner.y < 0.15 ? 0.5 : 0.62,
            angle: corner.angle + choice.between(-0.5, 0.5))))
    }
    windowLight(&canvas, &choice, seed)
    return canvas.picture(seed: noise)
  }

  private static func props(_ choice: inout SeededChoice, _ seed: UInt64) -> [Garment] {
    let green = choice.one(of: [Colour(0x5F7F5A), Colour(0x7C9A7E), Colour(0x4E6B4A)])
    return [
      .coffee(choice.one(of: [Colour(0xF7F4EC), Colour(0xD9E2E0), Colour(0xE9C9B5)])),
      .sprig(green, leaves: 9, seed: seed),
      .sunglasses(
        choice.one(of: [Colour(0x3A241A), Colour(0x1D1D20), Colour(0x8A4B2A)]),
        lens: Colour(0x3B3B42)),
      .magazine(
        choice.one(of: [Colour(0xE6C7B0), Colour(0xC7D3CC), Colour(0xEADFB4)]),
        ink: Colour(0x3A3A40)),
      .phone(choice.one(of: [Colour(0xD9D4CB), Colour(0x2F3238), Colour(0xE8C9C0)])),
    ].shuffled(using: &choice)
  }

  /// Late sun through leaves: soft shadows of a branch that is not in the picture.
  private static func windowLight(
    _ canvas: inout Canvas, _ choice: inout SeededChoice, _ seed: UInt64
  ) {
    guard choice.happens(0.7) else { return }
    let branch = Garment.sprig(Colour(0), leaves: 13, seed: seed &+ 5)
    let placement = Placement(
      x: Double(width) * choice.between(0.65, 0.95), y: Double(height) * choice.between(0, 0.2),
      scale: unit * 2.3, angle: choice.between(2.2, 3.6))
    let shapes = branch.pieces.dropFirst().flatMap { $0.contours.map { $0.placed(placement) } }
    for shape in shapes {
      if let soft = SoftMask(of: [shape], canvas: canvas, radius: 11) {
        canvas.shade(soft, dx: 0, dy: 0, tint: Colour(0x7C7686), strength: 0.42)
      }
    }
  }
}
