import Foundation

/// How a top is cut.
struct TopCut {
  enum Neck: CaseIterable { case round, vee, turtle, boat }
  enum Sleeves: CaseIterable { case none, short, puffed, long }

  var neck = Neck.round
  var sleeves = Sleeves.short
  /// 1 is a normal fit; more is wide.
  var ease = 1.0
  /// How long below the shoulder, 1 is the hip.
  var length = 1.0
}

extension Garment {
  private static let shoulder = Point(190, -300)

  private static func neckHalf(_ neck: TopCut.Neck) -> [Knot] {
    switch neck {
    case .round: [.soft(0, -272), .soft(46, -288), .sharp(84, -346)]
    case .vee: [.sharp(0, -180), .sharp(82, -346)]
    case .turtle: [.soft(0, -322), .soft(50, -330), .sharp(76, -348)]
    case .boat: [.soft(0, -312), .soft(70, -324), .sharp(118, -340)]
    }
  }

  /// What is seen of the inside of the back above the neckline.
  private static func neckBack(_ neck: TopCut.Neck, _ fabric: Fabric) -> Piece {
    let half = neckHalf(neck)
    let corner = half[half.count - 1].point
    let upper: [Knot] = [.soft(0, -333), .soft(corner.x * 0.6, -338), .sharp(corner.x, corner.y)]
    let lower = half.dropLast().reversed()
    var piece = Piece(
      Outline(bothSidesOf: upper + lower), fabric: fabric.plain(darker: 0.38))
    piece.folds = .none
    piece.roundness = 10
    return piece
  }

  private static func sleeve(
    _ sleeves: TopCut.Sleeves, ease: Double, fabric: Fabric, seed: UInt32
  ) -> [Piece] {
    var piece: Piece
    var grainAngle = -0.5
    switch sleeves {
    case .none: return []
    case .short:
      piece = Piece(
        Outline([
          .sharp(140, -334), .soft(205, -304), .soft(268, -222), .sharp(318, -128),
          .soft(285, -106), .sharp(226, -92), .soft(196, -136), .sharp(150, -190),
        ]), fabric: fabric)
      piece.seams = [
        .stitches([.soft(309, -142), .soft(278, -120), .soft(222, -106)], Colour(0), opacity: 0.25)
      ]
    case .puffed:
      piece = Piece(
        Outline([
          .sharp(146, -338), .soft(228, -346), .soft(312, -262), .soft(322, -170),
          .sharp(284, -112), .soft(250, -100), .sharp(214, -112), .soft(190, -160),
          .sharp(150, -200),
        ]), fabric: fabric)
      piece.folds = Folds(frequency: 3.2, depth: 0.3, from: -420, middle: 230, lean: -0.2)
      grainAngle = -0.3
    case .long:
      piece = Piece(
        Outline([
          .sharp(140, -335), .soft(208, -302), .soft(258, -190), .soft(292, -20),
          .sharp(324, 208), .soft(290, 220), .sharp(250, 216), .soft(222, 60), .soft(196, -90),
          .sharp(150, -190),
        ]), fabric: fabric)
      piece.folds = Folds(
        frequency: 1.5, depth: 0.08, from: -260, middle: 250, lean: 0.22, creases: 0.06)
      grainAngle = -0.2
    }
    piece.folds.seed = seed
    piece.grain = Placement(x: 150, y: -330, angle: grainAngle)
    piece.roundness = 24
    let scaled = ease == 1 ? piece : piece.wider(1 + (ease - 1) * 0.6, from: 140)
    return [scaled, scaled.mirrored]
  }

  private static func cuff(ease: Double, fabric: Fabric) -> [Piece] {
    var piece = Piece(
      Outline([
        .sharp(326, 204), .soft(290, 216), .sharp(246, 212), .sharp(250, 252), .soft(292, 260),
        .sharp(328, 246),
      ]), fabric: fabric)
    piece.folds = .none
    piece.grain = Placement(x: 290, y: 200, angle: -0.08)
    let moved = ease == 1 ? piece : piece.wider(1 + (ease - 1) * 0.6, from: 140)
    return [moved, moved.mirrored]
  }

  private static func trunk(_ cut: TopCut, fabric: Fabric, seed: UInt32) -> Piece {
    let hem = -300 + 600 * cut.length
    let e = cut.ease
    let sleeveless = cut.sleeves == .none
    let side: [Knot] =
      sleeveless
      ? [.soft(140, -330), .sharp(158, -322), .soft(136, -250), .sharp(178 * e, -168)]
      : [.soft(150, -330), .sharp(188, -308), .soft(176, -240), .sharp(184 * e, -172)]
    var piece = Piece(
      Outline(
        bothSidesOf: neckHalf(cut.neck) + side + [
          .soft(176 * e, -20), .soft(180 * e, hem * 0.5), .sharp(186 * e, hem - 8),
          .soft(100, hem + 4), .soft(0, hem + 6),
        ]), fabric: fabric)
    piece.folds = Folds(frequency: 0.9, depth: 0.065, spread: 0.02, from: -200, creases: 0.05)
    piece.folds.seed = seed
    piece.roundness = 26
    return piece
  }

  static func tee(_ fabric: Fabric, _ cut: TopCut, seed: UInt32) -> Garment {
    var trunk = trunk(cut, fabric: fabric, seed: seed)
    let hem = -300 + 600 * cut.length
    let e = cut.ease
    trunk.seams = [
      .stitches(
        [.soft(-184 * e, hem - 26), .soft(0, hem - 12), .soft(184 * e, hem - 26)], Colour(0),
        opacity: 0.25),
      Seam([.sharp(188, -308), .soft(176, -240), .sharp(184 * e, -172)], opacity: 0.22),
      Seam([.sharp(-188, -308), .soft(-176, -240), .sharp(-184 * e, -172)], opacity: 0.22),
    ]
    var band = Seam(neckLine(cut.neck), width: 15, colour: fabric.base.darker(0.1), opacity: 1)
    if cut.neck == .vee { band.width = 11 }
    let bandEdge = Seam(
      neckLine(cut.neck).map { $0.moved(0, 8) }, width: 1.6, colour: Colour(0), opacity: 0.24)
    trunk.seams += [band, bandEdge]
    var pieces = [neckBack(cut.neck, fabric)]
    pieces += sleeve(cut.sleeves, ease: cut.ease, fabric: fabric, seed: seed &+ 5)
    pieces.append(trunk)
    return Garment(pieces)
  }

  private static func neckLine(_ neck: TopCut.Neck) -> [Knot] {
    let half = neckHalf(neck)
    return half.reversed().map(\.mirrored) + half.dropFirst()
  }

  static func jumper(_ fabric: Fabric, _ cut: TopCut, seed: UInt32) -> Garment {
    let rib = fabric.plain(darker: 0.06).with(surface: .ribbed)
    var cut = cut
    cut.sleeves = .long
    var trunk = trunk(cut, fabric: fabric, seed: seed)
    trunk.roundness = 34
    let hem = -300 + 600 * cut.length
    let e = cut.ease
    var welt = Piece(
      Outline(bothSidesOf: [
        .soft(0, hem - 6), .soft(100, hem - 8), .sharp(187 * e, hem - 18), .soft(182 * e, hem + 16),
        .sharp(178 * e, hem + 34), .soft(100, hem + 44), .soft(0, hem + 46),
      ]), fabric: rib)
    welt.folds = .none
    welt.roundness = 14
    var pieces = [neckBack(cut.neck, rib)]
    var sleeves = sleeve(.long, ease: e, fabric: fabric, seed: seed &+ 5)
    for i in sleeves.indices { sleeves[i].roundness = 32 }
    pieces += sleeves + cuff(ease: e, fabric: rib) + [trunk, welt]
    if cut.neck == .turtle {
      var collar = Piece(
        Outline(bothSidesOf: [
          .soft(0, -412), .soft(60, -410), .sharp(78, -400), .soft(84, -370), .sharp(80, -340),
          .soft(50, -322), .soft(0, -314),
        ]), fabric: rib)
      collar.folds = .none
      collar.lift = 0.8
      pieces.append(collar)
    } else {
      let half = neckHalf(cut.neck)
      var collar = Piece(
        Outline(
          bothSidesOf: half + half.reversed().map { $0.moved($0.point.x * 0.12, 24) }), fabric: rib)
      collar.folds = .none
      collar.roundness = 9
      collar.lift = 0.5
      pieces.append(collar)
    }
    return Garment(pieces, thickness: 1.3)
  }

  static func shirt(_ fabric: Fabric, _ cut: TopCut, buttons: Colour, seed: UInt32) -> Garment {
    var cut = cut
    cut.neck = .round
    let hem = -300 + 600 * cut.length
    let e = cut.ease
    var trunk = trunk(cut, fabric: fabric, seed: seed)
    trunk.contours = [
      Outline(
        bothSidesOf: neckHalf(.round) + [
          .soft(150, -330), .sharp(190, -308), .soft(178, -240), .sharp(186 * e, -172),
          .soft(174 * e, -20), .soft(178 * e, hem * 0.4), .sharp(186 * e, hem - 70),
          .soft(150 * e, hem - 14), .soft(70, hem + 22), .soft(0, hem + 26),
        ])
    ]
    trunk.seams = [
      Seam([.sharp(190, -308), .soft(178, -240), .sharp(186 * e, -172)], opacity: 0.25),
      Seam([.sharp(-190, -308), .soft(-178, -240), .sharp(-186 * e, -172)], opacity: 0.25),
    ]
    var pieces = [neckBack(.round, fabric)]
    pieces += sleeve(cut.sleeves, ease: e, fabric: fabric, seed: seed &+ 5)
    if cut.sleeves == .long { pieces += cuff(ease: e, fabric: fabric.plain(darker: 0.03)) }
    pieces.append(trunk)
    var placket = Piece(
      Outline([.sharp(-17, -268), .sharp(17, -268), .sharp(17, hem + 22), .sharp(-17, hem + 25)]),
      fabric: fabric)
    placket.folds = Folds(frequency: 1.1, depth: 0.05, from: -200, creases: 0.05, seed: seed)
    placket.roundness = 5
    placket.lift = 0.28
    placket.seams = [
      .stitches([.sharp(-12, -262), .sharp(-12, hem + 22)], Colour(0), opacity: 0.22),
      .stitches([.sharp(12, -262), .sharp(12, hem + 20)], Colour(0), opacity: 0.22),
    ]
    pieces.append(placket)
    pieces += (0..<6).map { Self.button(0, -236 + (hem + 190) / 5.6 * Double($0), 8, buttons) }
    var pocket = Piece(
      Outline([
        .sharp(62, -128), .sharp(142, -134), .sharp(144, -44), .sharp(104, -24), .sharp(64, -40),
      ]), fabric: fabric)
    pocket.folds = .none
    pocket.roundness = 5
    pocket.lift = 0.3
    pocket.seams = [
      .stitches([.sharp(64, -112), .sharp(142, -118)], Colour(0), opacity: 0.25)
    ]
    pieces.append(pocket)
    var collar = Piece(
      Outline([
        .sharp(88, -352), .soft(40, -300), .sharp(6, -262), .sharp(62, -196), .soft(104, -252),
        .sharp(128, -326),
      ]), fabric: fabric)
    collar.grain = Placement(x: 60, y: -280, angle: 0.5)
    collar.folds = .none
    collar.roundness = 7
    collar.lift = 0.6
    collar.seams = [
      .stitches(
        [.sharp(12, -258), .sharp(62, -206), .soft(97, -254), .sharp(120, -322)], Colour(0),
        opacity: 0.25)
    ]
    return Garment(pieces + [collar, collar.mirrored])
  }

  static func button(_ x: Double, _ y: Double, _ radius: Double, _ colour: Colour) -> Piece {
    var button = Piece(
      Outline(circleAt: Point(x, y), radius: radius),
      fabric: Fabric(colour, surface: .smooth, sheen: 0.5))
    button.folds = .none
    button.roundness = 4
    button.lift = 0.3
    button.isCasting = false
    button.seams = [
      Seam([.sharp(x - 2.4, y - 2), .sharp(x - 2.2, y - 2.6)], width: 2.4, opacity: 0.6),
      Seam([.sharp(x + 2.4, y + 2), .sharp(x + 2.6, y + 2.6)], width: 2.4, opacity: 0.6),
    ]
    return button
  }

  /// A blazer or a long coat.
  static func coat(
    _ fabric: Fabric, length: Double, ease: Double, isDoubleBreasted: Bool, buttons: Colour,
    lining: Colour, seed: UInt32
  ) -> Garment {
    let hem = -330 + 560 * length
    let e = ease
    var back = Piece(
      Outline(bothSidesOf: [
        .soft(0, -352), .soft(60, -356), .sharp(96, -350), .soft(90, -200), .sharp(40, 0),
        .sharp(0, 0),
      ]), fabric: Fabric(lining, surface: .smooth, sheen: 0.3))
    back.roundness = 40
    back.folds = .none
    var front = Piece(
      Outline([
        .sharp(84, -356), .soft(150, -334), .sharp(200, -306), .soft(186, -236),
        .sharp(196 * e, -160), .soft(180 * e, -20), .soft(190 * e, hem * 0.5),
        .sharp(206 * e, hem - 12), .soft(110, hem + 8), .soft(30, hem + 10), .sharp(-46, hem + 4),
        .soft(-42, 60), .sharp(-40, -40), .soft(20, -180),
      ]), fabric: fabric)
    front.folds = Folds(frequency: 0.8, depth: 0.07, spread: 0.03, from: -100, creases: 0.05)
    front.folds.seed = seed
    front.roundness = 28
    front.seams = [
      Seam([.sharp(200, -306), .soft(186, -236), .sharp(196 * e, -160)], width: 2.4, opacity: 0.3),
      Seam([.soft(96, -130), .soft(100, 20), .soft(108, 150)], opacity: 0.14),
    ]
    let left = front.mirrored
    front.lift = 0.7
    var sleeves = sleeve(.long, ease: e * 1.06, fabric: fabric, seed: seed &+ 5)
    for i in sleeves.indices { sleeves[i].roundness = 30 }
    var cuffs = cuff(ease: e * 1.06, fabric: fabric.plain(darker: 0.08))
    for i in cuffs.indices { cuffs[i].fabric = fabric }
    var lapel = Piece(
      Outline([
        .sharp(88, -356), .soft(60, -270), .sharp(-38, -44), .sharp(104, -168), .sharp(96, -216),
        .sharp(150, -222), .soft(148, -290), .sharp(122, -346),
      ]), fabric: fabric)
    lapel.grain = Placement(x: 60, y: -200, angle: 0.6)
    lapel.folds = .none
    lapel.roundness = 8
    lapel.lift = 0.8
    lapel.seams = [
      Seam([.sharp(96, -216), .soft(70, -240), .soft(52, -268)], width: 2.6, opacity: 0.4)
    ]
    var other = lapel.mirrored
    other.lift = 0.8
    var pocket = Piece(
      Outline([.sharp(70, 64), .sharp(168, 58), .sharp(170, 92), .soft(120, 100), .sharp(72, 98)]),
      fabric: fabric)
    pocket.folds = .none
    pocket.roundness = 5
    pocket.lift = 0.45
    var pieces = [back] + sleeves + cuffs + [left, other, front, lapel, pocket, pocket.mirrored]
    let rows = isDoubleBreasted ? 3 : (length > 1.1 ? 3 : 2)
    for row in 0..<rows {
      let y = -4 + 78 * Double(row)
      pieces.append(button(isDoubleBreasted ? 62 : -4, y, 12, buttons))
      if isDoubleBreasted { pieces.append(button(-62 + 40, y, 12, buttons)) }
    }
    return Garment(pieces, thickness: 1.5)
  }
}

extension Piece {
  /// Stretched sideways away from a line at `edge`, on its own side of the middle.
  func wider(_ factor: Double, from edge: Double) -> Piece {
    func stretch(_ p: Point) -> Point {
      p.x > edge ? Point(edge + (p.x - edge) * factor, p.y) : p
    }
    var copy = self
    copy.contours = contours.map { outline in
      var outline = outline
      outline.points = outline.points.map(stretch)
      return outline
    }
    copy.seams = seams.map { seam in
      var seam = seam
      seam.line = seam.line.map(stretch)
      return seam
    }
    return copy
  }
}
