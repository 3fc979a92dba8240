import Foundation

/// Things that lie around in a picture of an outfit.
extension Garment {
  private static func round(
    _ x: Double, _ y: Double, _ radius: Double, _ fabric: Fabric, roundness: Double,
    lift: Double = 0
  ) -> Piece {
    var piece = Piece(Outline(circleAt: Point(x, y), radius: radius), fabric: fabric)
    piece.folds = .none
    piece.roundness = roundness
    piece.lift = lift
    return piece
  }

  /// A cup from above, on its saucer.
  static func coffee(_ china: Colour) -> Garment {
    let glaze = Fabric(china, surface: .smooth, sheen: 0.5)
    var handle = Piece(
      Outline([
        .soft(66, -20), .soft(118, -26), .soft(128, 4), .soft(112, 26), .sharp(64, 18),
        .soft(100, 8), .soft(104, -8),
      ]), fabric: glaze)
    handle.folds = .none
    handle.roundness = 6
    handle.lift = 0.7
    return Garment(
      [
        round(0, 0, 132, glaze, roundness: 16),
        round(0, 0, 92, glaze.plain(darker: 0.06), roundness: 9),
        handle, round(0, 0, 80, glaze, roundness: 8, lift: 1.6),
        round(0, 0, 70, Fabric(Colour(0x6B4328), surface: .smooth, sheen: 0.2), roundness: 6),
        round(-4, 4, 48, Fabric(Colour(0xA87B52), surface: .smooth), roundness: 20),
        round(-6, 6, 24, Fabric(Colour(0xE3C7A2), surface: .smooth), roundness: 16),
      ], thickness: 1.3)
  }

  static func sunglasses(_ frame: Colour, lens: Colour) -> Garment {
    let acetate = Fabric(frame, surface: .smooth, sheen: 0.7)
    var pieces: [Piece] = []
    for side in [1.0, -1.0] {
      var arm = Piece(
        Outline([
          .sharp(150 * side, -34), .sharp(164 * side, -30), .soft(150 * side, -110),
          .soft(96 * side, -168), .sharp(60 * side, -178), .sharp(62 * side, -166),
          .soft(104 * side, -146), .soft(138 * side, -96),
        ]), fabric: acetate)
      arm.folds = .none
      arm.roundness = 4
      pieces.append(arm)
    }
    for side in [1.0, -1.0] {
      let rim: [Knot] = [
        .soft(18 * side, -24), .soft(80 * side, -44), .sharp(168 * side, -46),
        .soft(160 * side, 20),
        .soft(96 * side, 54), .soft(34 * side, 36),
      ]
      let inner: [Knot] = rim.map {
        let p = $0.point
        return .soft(p.x * 0.84 + 14 * side, p.y * 0.76 + 1)
      }
      var border = Piece(Outline(rim), fabric: acetate)
      border.folds = .none
      border.roundness = 6
      border.lift = 0.6
      var glass = Piece(
        Outline(inner),
        fabric: Fabric(
          lens, accent: lens.lighter(0.5), .fade(from: -40, to: 60), surface: .smooth, sheen: 0.5))
      glass.folds = .none
      glass.roundness = 26
      pieces += [border, glass]
    }
    var bridge = Piece(
      Outline(bothSidesOf: [.soft(0, -30), .sharp(28, -22), .sharp(26, -6), .soft(0, -16)]),
      fabric: acetate)
    bridge.folds = .none
    bridge.roundness = 4
    return Garment(pieces + [bridge], thickness: 1)
  }

  /// A closed magazine with a plain cover and lines of pretended print.
  static func magazine(_ cover: Colour, ink: Colour) -> Garment {
    var pages = Piece(
      Outline([.sharp(-146, -190), .sharp(152, -190), .sharp(152, 200), .sharp(-146, 200)]),
      fabric: Fabric(Colour(0xF1EEE6), surface: .smooth))
    pages.folds = .none
    pages.roundness = 4
    var front = Piece(
      Outline([.sharp(-150, -196), .sharp(146, -196), .sharp(146, 194), .sharp(-150, 194)]),
      fabric: Fabric(cover, surface: .smooth, sheen: 0.3))
    front.folds = Folds(frequency: 0.4, depth: 0.06, from: -600, creases: 0)
    front.roundness = 5
    front.lift = 0.3
    front.seams = [
      Seam([.sharp(-138, -196), .sharp(-138, 194)], width: 2, opacity: 0.16),
      Seam([.sharp(-112, -148), .sharp(84, -148)], width: 32, colour: ink, opacity: 0.95),
      Seam([.sharp(-112, 128), .sharp(30, 128)], width: 8, colour: ink, opacity: 0.8),
      Seam([.sharp(-112, 148), .sharp(70, 148)], width: 5, colour: ink, opacity: 0.6),
      Seam([.sharp(-112, 162), .sharp(50, 162)], width: 5, colour: ink, opacity: 0.6),
    ]
    let sun = round(20, 4, 84, Fabric(ink.mixed(with: cover, 0.3), surface: .smooth), roundness: 3)
    return Garment([pages, front, sun], thickness: 0.9)
  }

  /// A twig with leaves on both sides.
  static func sprig(_ leaf: Colour, leaves: Int, seed: UInt64) -> Garment {
    var choice = SeededChoice(seed: seed, "sprig")
    let stem: [Knot] = [.soft(-6, 230), .soft(14, 90), .soft(-8, -60), .soft(10, -220)]
    let line = Outline(stem, isClosed: false).points
    var twig = Piece(
      Outline([.sharp(-9, 230), .sharp(-2, 232), .sharp(12, -200), .sharp(9, -200)]),
      fabric: Fabric(leaf.darker(0.4), surface: .smooth))
    twig.folds = .none
    twig.opacity = 0
    twig.seams = [Seam(stem, width: 6, colour: leaf.darker(0.35), opacity: 1)]
    var pieces = [twig]
    for i in 0..<leaves {
      let at = line[min(line.count - 1, line.count * (i + 1) / (leaves + 1))]
      let side = i % 2 == 0 ? 1.0 : -1.0
      let size = (1 - 0.55 * Double(i) / Double(leaves)) * choice.between(0.85, 1.1)
      let placement = Placement(
        x: at.x, y: at.y, scale: size, angle: side * choice.between(0.75, 1.15))
      let shape = Outline([
        .sharp(0, 0), .soft(30, -50), .soft(22, -116), .sharp(0, -150), .soft(-24, -112),
        .soft(-30, -48),
      ])
      var outline = shape
      outline.points = shape.points.map(placement.apply)
      var piece = Piece(
        outline,
        fabric: Fabric(
          leaf.mixed(with: Colour(0xD8E2B8), Float(choice.between(0, 0.25))), surface: .smooth,
          sheen: 0.2))
      piece.folds = .none
      piece.roundness = 12
      piece.lift = 0.3
      piece.seams = [
        Seam(
          [Point(0, 0), Point(2, -70), Point(0, -140)].map { point -> Knot in
            let p = placement.apply(point)
            return .soft(p.x, p.y)
          }, width: 2, colour: leaf.lighter(0.4), opacity: 0.6)
      ]
      pieces.append(piece)
    }
    return Garment(pieces, thickness: 0.7)
  }

  static func phone(_ body: Colour) -> Garment {
    func plate(_ w: Double, _ h: Double, _ fabric: Fabric, roundness: Double) -> Piece {
      var piece = Piece(
        Outline(
          [
            .soft(-w + 16, -h), .soft(w - 16, -h), .soft(w, -h + 16), .soft(w, h - 16),
            .soft(w - 16, h), .soft(-w + 16, h), .soft(-w, h - 16), .soft(-w, -h + 16),
          ], tension: 0.25), fabric: fabric)
      piece.folds = .none
      piece.roundness = roundness
      return piece
    }
    let glass = Fabric(
      Colour(0x1B1D22), accent: Colour(0x4A505C), .fade(from: -180, to: 200), surface: .smooth,
      sheen: 0.4)
    return Garment(
      [
        plate(84, 168, Fabric(body, surface: .smooth, sheen: 0.6), roundness: 8),
        plate(77, 161, glass, roundness: 3),
      ], thickness: 0.8)
  }
}
