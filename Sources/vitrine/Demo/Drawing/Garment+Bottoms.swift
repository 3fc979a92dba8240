import Foundation

/// How a dress is cut.
struct DressCut {
  enum Neck: CaseIterable { case round, vee, straps, square }

  var neck = Neck.round
  var sleeves = TopCut.Sleeves.none
  /// The hem below the middle, in units: 120 is short, 420 reaches the ankle.
  var hem = 300.0
  /// Half the width of the hem.
  var flare = 230.0
  var isBelted = false
  var tiers = 1
}

extension Garment {
  static func dress(_ fabric: Fabric, _ cut: DressCut, belt: Colour, seed: UInt32) -> Garment {
    let top = -400.0
    let waist = -120.0
    let neck: [Knot] =
      switch cut.neck {
      case .round: [.soft(0, top + 66), .soft(40, top + 54), .sharp(72, top)]
      case .vee: [.sharp(0, top + 140), .sharp(70, top)]
      case .square: [.sharp(0, top + 84), .sharp(70, top + 80), .sharp(76, top)]
      case .straps: [.soft(0, top + 104), .soft(40, top + 96), .sharp(78, top + 82)]
      }
    let isStrapped = cut.neck == .straps
    let shoulder: [Knot] =
      isStrapped
      ? [.sharp(96, top + 84), .soft(112, top + 140), .sharp(132, top + 176)]
      : cut.sleeves == .none
        ? [.sharp(122, top + 16), .soft(106, top + 90), .sharp(134, top + 160)]
        : [.sharp(150, top + 24), .soft(138, top + 90), .sharp(140, top + 160)]
    var bodice = Piece(
      Outline(
        bothSidesOf: neck + shoulder + [
          .soft(124, waist - 60), .sharp(106, waist + 4), .soft(50, waist + 12),
          .soft(0, waist + 14),
        ]), fabric: fabric)
    bodice.folds = Folds(frequency: 1.2, depth: 0.08, from: top, creases: 0.06, seed: seed)
    bodice.roundness = 26
    if !isStrapped && cut.sleeves != .none {
      let seam = Seam(
        [.sharp(150, top + 24), .soft(138, top + 90), .sharp(140, top + 160)], opacity: 0.25)
      bodice.seams = [seam, seam.mirrored]
    }
    bodice.seams += [
      Seam(
        neck.reversed().map(\.mirrored) + neck.dropFirst(), width: 5,
        colour: fabric.base.darker(0.35), opacity: 0.55)
    ]
    var pieces: [Piece] = []
    if isStrapped {
      for side in [1.0, -1.0] {
        var strap = Piece(
          Outline([
            .sharp(64 * side, top - 20), .sharp(76 * side, top - 20), .sharp(96 * side, top + 92),
            .sharp(80 * side, top + 92),
          ]), fabric: fabric.plain(darker: 0.08))
        strap.folds = .none
        strap.roundness = 4
        pieces.append(strap)
      }
      var inside = Piece(
        Outline(bothSidesOf: [
          .soft(0, top + 78), .soft(50, top + 80), .sharp(96, top + 88), .soft(40, top + 104),
          .soft(0, top + 112),
        ]), fabric: fabric.plain(darker: 0.42))
      inside.folds = .none
      pieces.append(inside)
    } else {
      let corner = neck[neck.count - 1].point
      var inside = Piece(
        Outline(
          bothSidesOf: [.soft(0, top + 14), .soft(corner.x * 0.6, top + 9), .sharp(corner.x, top)]
            + neck.dropLast().reversed()), fabric: fabric.plain(darker: 0.4))
      inside.folds = .none
      pieces.append(inside)
    }
    pieces += dressSleeves(cut.sleeves, top: top, fabric: fabric, seed: seed &+ 5)
    pieces += dressSkirt(cut, waist: waist, fabric: fabric, seed: seed)
    pieces.append(bodice)
    if cut.isBelted {
      var band = Piece(
        Outline(bothSidesOf: [
          .soft(0, waist - 6), .sharp(110, waist - 14), .sharp(110, waist + 18),
          .soft(0, waist + 28),
        ]), fabric: Fabric(belt, surface: .leather, sheen: 0.35))
      band.folds = .none
      band.roundness = 7
      band.lift = 0.4
      var buckle = Piece(
        Outline(circleAt: Point(0, waist + 11), radius: 21, squash: 0.9),
        Outline(circleAt: Point(0, waist + 11), radius: 13, squash: 0.85).mirrored,
        fabric: Fabric(Colour(0xC9A24B), surface: .smooth, sheen: 0.8))
      buckle.folds = .none
      buckle.roundness = 3
      buckle.isCasting = false
      pieces += [band, buckle]
    } else {
      pieces[pieces.count - 1].seams.append(
        Seam(
          [.sharp(-106, waist + 4), .soft(0, waist + 14), .sharp(106, waist + 4)], width: 2.4,
          opacity: 0.3))
    }
    return Garment(pieces)
  }

  private static func dressSkirt(
    _ cut: DressCut, waist: Double, fabric: Fabric, seed: UInt32
  ) -> [Piece] {
    (0..<cut.tiers).reversed().map { tier in
      let (from, to) = (Double(tier) / Double(cut.tiers), Double(tier + 1) / Double(cut.tiers))
      let length = cut.hem - waist
      func half(_ share: Double) -> Double {
        106 + (cut.flare - 106) * (0.35 * share + 0.65 * share.squareRoot()) * min(1, share + 0.25)
      }
      let (y0, y1) = (waist + from * length, waist + to * length)
      let start = tier == 0 ? 106 : half(from) - 6
      let end = half(to) + (cut.tiers > 1 ? 10 : 0)
      let middle = (start + end) / 2 + 8
      let waves = (0...6).reversed().map { i -> Knot in
        let x = end * Double(i) / 6
        let dip = 16 * (1 - pow(x / end, 2))
        return i == 6
          ? .sharp(x, y1 - 6) : .soft(x, y1 + dip + (i % 2 == 0 ? 5 : -4) * cut.flare / 230)
      }
      var piece = Piece(
        Outline(
          bothSidesOf: [
            .soft(0, y0 - 6), .sharp(start, y0 - 10), .soft(middle, (y0 + y1) / 2),
          ] + waves), fabric: fabric)
      piece.folds = Folds(
        frequency: cut.tiers > 1 ? 2.6 : 1.7, depth: Float(min(0.3, 0.08 + cut.flare / 1300)),
        spread: (cut.flare / 106 - 1) * 100 / max(160, length), from: y0 - 40, creases: 0.03,
        seed: seed &+ UInt32(tier))
      piece.roundness = 26
      if cut.tiers > 1 && tier < cut.tiers - 1 { piece.lift = 0.7 }
      piece.seams = [
        .stitches(
          [.soft(-end + 4, y1 - 18), .soft(0, y1 + 4), .soft(end - 4, y1 - 18)], Colour(0),
          opacity: 0.16)
      ]
      return piece
    }
  }

  private static func dressSleeves(
    _ sleeves: TopCut.Sleeves, top: Double, fabric: Fabric, seed: UInt32
  ) -> [Piece] {
    let knots: [Knot]
    switch sleeves {
    case .none: return []
    case .short:
      knots = [
        .sharp(112, top + 6), .soft(166, top + 34), .soft(216, top + 110), .sharp(246, top + 176),
        .soft(216, top + 196), .sharp(172, top + 204), .sharp(128, top + 140),
      ]
    case .puffed:
      knots = [
        .sharp(112, top + 4), .soft(184, top - 10), .soft(258, top + 60), .soft(262, top + 140),
        .sharp(232, top + 190), .soft(200, top + 202), .sharp(172, top + 192),
        .sharp(126, top + 130),
      ]
    case .long:
      knots = [
        .sharp(112, top + 6), .soft(168, top + 34), .soft(216, top + 160), .soft(262, top + 330),
        .sharp(286, top + 470), .soft(258, top + 482), .sharp(226, top + 478),
        .soft(184, top + 300), .sharp(128, top + 150),
      ]
    }
    var piece = Piece(Outline(knots), fabric: fabric)
    piece.folds = Folds(
      frequency: sleeves == .puffed ? 3.4 : 2, depth: sleeves == .puffed ? 0.3 : 0.13,
      from: top - 60, middle: 190, lean: sleeves == .long ? 0.28 : 0.1, creases: 0.08, seed: seed)
    piece.roundness = 24
    piece.grain = Placement(x: 150, y: top, angle: -0.3)
    return [piece, piece.mirrored]
  }

  static func skirt(
    _ fabric: Fabric, hem: Double, flare: Double, pleats: Double, belt: Colour, seed: UInt32
  ) -> Garment {
    let top = -300.0
    var cut = DressCut()
    cut.hem = hem
    cut.flare = flare
    var pieces = dressSkirt(cut, waist: top + 40, fabric: fabric, seed: seed)
    pieces[0].folds.frequency = pleats
    pieces[0].folds.depth *= 1.25
    var band = Piece(
      Outline(bothSidesOf: [
        .soft(0, top + 10), .sharp(104, top), .sharp(108, top + 44), .soft(0, top + 56),
      ]), fabric: fabric.plain(darker: 0.05))
    band.folds = .none
    band.roundness = 10
    band.lift = 0.3
    band.seams = [
      .stitches([.sharp(-104, top + 38), .soft(0, top + 49), .sharp(104, top + 38)], Colour(0))
    ]
    return Garment(pieces + [band, button(74, top + 26, 10, belt)])
  }

  /// - Parameters:
  ///   - taper: half the width of a leg's hem.
  ///   - hem: below the middle.
  static func trousers(
    _ fabric: Fabric, taper: Double, hem: Double, isJeans: Bool, metal: Colour, seed: UInt32
  ) -> Garment {
    let top = -410.0
    let spread = 118.0
    var leg = Piece(
      Outline([
        .sharp(0, top + 20), .sharp(140, top + 8), .soft(166, top + 120), .soft(176, top + 230),
        .soft(spread + 40 + taper * 0.35, top + 480), .sharp(spread + taper, hem - 4),
        .soft(spread, hem + 4), .sharp(spread - taper, hem), .soft(44 - taper * 0.12, top + 480),
        .soft(14, top + 260), .sharp(-6, top + 196),
      ]), fabric: fabric)
    leg.folds = Folds(
      frequency: 1.1, depth: 0.06, from: top + 40, middle: 100, lean: 0.05, creases: 0.06,
      seed: seed)
    leg.roundness = 30
    let thread = isJeans ? Colour(0xD9A441) : Colour(0)
    let strength: Float = isJeans ? 0.75 : 0.22
    leg.seams = [
      .stitches(
        [
          .sharp(spread + taper - 1, hem - 22), .soft(spread, hem - 15),
          .sharp(spread - taper + 1, hem - 20),
        ],
        thread, opacity: strength),
      .stitches(
        [.sharp(144, top + 120), .soft(100, top + 108), .sharp(84, top + 48)], thread,
        opacity: strength),
    ]
    if isJeans {
      leg.seams.append(
        .stitches(
          [
            .soft(160, top + 130), .soft(170, top + 230),
            .soft(spread + 30 + taper * 0.35, top + 480),
          ],
          thread, opacity: 0.45))
    } else {
      leg.seams.append(
        Seam(
          [.soft(78, top + 60), .soft(96, top + 300), .soft(spread, hem - 8)], width: 2.4,
          opacity: 0.2))
    }
    var band = Piece(
      Outline(bothSidesOf: [
        .soft(0, top + 8), .sharp(136, top - 12), .sharp(142, top + 34), .soft(0, top + 54),
      ]), fabric: fabric.plain(darker: 0.05))
    band.folds = .none
    band.roundness = 9
    band.lift = 0.3
    band.seams = [
      .stitches(
        [.sharp(-140, top + 28), .soft(0, top + 47), .sharp(140, top + 28)], thread,
        opacity: strength)
    ]
    var inside = Piece(
      Outline(bothSidesOf: [
        .soft(0, top - 14), .sharp(136, top - 12), .soft(70, top), .soft(0, top + 10),
      ]), fabric: fabric.plain(darker: 0.45))
    inside.folds = .none
    var loops: [Piece] = []
    for x in [-92.0, 92] {
      var loop = Piece(
        Outline([
          .sharp(x - 6, top - 8), .sharp(x + 6, top - 8), .sharp(x + 6, top + 46),
          .sharp(x - 6, top + 46),
        ]), fabric: fabric.plain(darker: 0.12))
      loop.folds = .none
      loop.roundness = 3
      loop.lift = 0.25
      loops.append(loop)
    }
    var fly = leg.mirrored
    fly.seams.append(
      .stitches(
        [.sharp(8, top + 56), .soft(30, top + 130), .soft(12, top + 176)], thread, opacity: strength
      ))
    return Garment(
      [inside, leg, fly, band] + loops + [button(0, top + 30, 10, metal)], thickness: 1.1)
  }
}
