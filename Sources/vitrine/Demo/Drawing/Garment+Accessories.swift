import Foundation

extension Garment {
  /// One shoe from the side, toe to the right.
  static func sneaker(_ fabric: Fabric, sole: Colour, lace: Colour, seed: UInt32) -> Garment {
    var base = Piece(
      Outline([
        .sharp(-196, 74), .soft(-60, 84), .soft(80, 82), .soft(190, 72), .soft(214, 92),
        .soft(200, 122), .soft(100, 132), .soft(-100, 132), .soft(-190, 128), .soft(-208, 104),
      ]), fabric: Fabric(sole, surface: .smooth, sheen: 0.2))
    base.folds = .none
    base.roundness = 14
    base.seams = [
      Seam([.soft(-200, 112), .soft(0, 120), .soft(206, 110)], width: 3, opacity: 0.16),
      Seam([.soft(-198, 88), .soft(0, 98), .soft(206, 88)], width: 1.6, opacity: 0.14),
    ]
    var inside = Piece(
      Outline([
        .sharp(-172, -60), .soft(-120, -76), .soft(-60, -78), .sharp(-30, -84), .soft(-70, -46),
        .soft(-130, -40),
      ]), fabric: fabric.plain(darker: 0.55))
    inside.folds = .none
    var tongue = Piece(
      Outline([
        .sharp(-34, -70), .soft(-44, -118), .soft(-14, -130), .sharp(18, -100), .sharp(60, -40),
        .sharp(10, -30),
      ]), fabric: fabric.plain(darker: 0.1))
    tongue.folds = .none
    var upper = Piece(
      Outline([
        .sharp(-176, -64), .soft(-140, -40), .soft(-84, -44), .sharp(-32, -84), .soft(20, -44),
        .soft(84, -4), .soft(160, 18), .soft(200, 52), .sharp(206, 84), .soft(0, 96),
        .sharp(-194, 84), .soft(-190, 20),
      ]), fabric: fabric)
    upper.folds = Folds(depth: 0, creases: 0.04, seed: seed)
    upper.roundness = 34
    upper.seams = [
      .stitches([.soft(96, 92), .soft(104, 40), .soft(136, 16)], Colour(0), opacity: 0.35),
      .stitches([.sharp(-30, -74), .soft(30, -24), .soft(96, 16), .soft(60, 84)], Colour(0)),
    ]
    var toe = Piece(
      Outline([
        .soft(118, 90), .soft(122, 44), .soft(156, 22), .soft(198, 52), .sharp(206, 84),
      ]), fabric: Fabric(sole.darker(0.03), surface: .smooth, sheen: 0.25))
    toe.folds = .none
    toe.roundness = 18
    var heel = Piece(
      Outline([
        .sharp(-178, -62), .soft(-160, -50), .soft(-146, 10), .sharp(-150, 88), .sharp(-194, 84),
        .soft(-190, 20),
      ]), fabric: Fabric(fabric.accent, surface: .leather, sheen: 0.2))
    heel.folds = .none
    heel.roundness = 14
    var flash = Piece(
      Outline([
        .sharp(-128, 66), .soft(-40, 48), .soft(30, 6), .sharp(52, -16), .soft(40, 30),
        .soft(-20, 74), .sharp(-110, 84),
      ]), fabric: Fabric(fabric.accent, surface: .leather, sheen: 0.25))
    flash.folds = .none
    flash.roundness = 6
    flash.lift = 0.2
    for i in 0..<5 {
      let (x, y) = (-22 + 22 * Double(i), -66 + 17 * Double(i))
      upper.seams.append(
        Seam(
          [.soft(x - 16, y + 12), .soft(x + 4, y - 8), .soft(x + 24, y - 14)], width: 8,
          opacity: 0.28))
      upper.seams.append(
        Seam(
          [.soft(x - 18, y + 9), .soft(x + 2, y - 11), .soft(x + 22, y - 17)], width: 7,
          colour: lace, opacity: 1))
    }
    return Garment([inside, tongue, base, upper, toe, heel, flash], thickness: 1.5)
  }

  /// An ankle boot from the side, toe to the right.
  static func boot(_ fabric: Fabric, heel: Double, shaft: Double, sole: Colour, seed: UInt32)
    -> Garment
  {
    let ground = 150.0
    let lift = ground - heel
    var block = Piece(
      Outline([
        .sharp(-150, lift - 20), .sharp(-60, lift - 10), .soft(-72, ground - 20),
        .sharp(-76, ground), .sharp(-142, ground), .soft(-146, ground - 30),
      ]), fabric: Fabric(sole, surface: .leather, sheen: 0.3))
    block.folds = .none
    var welt = Piece(
      Outline([
        .sharp(-154, lift - 20), .soft(-60, lift - 8), .soft(20, ground - 26),
        .soft(100, ground - 18), .soft(204, ground - 22), .sharp(214, ground - 6),
        .soft(120, ground + 2), .soft(40, ground - 4), .soft(-50, lift + 10), .sharp(-152, lift),
      ]), fabric: Fabric(sole, surface: .leather, sheen: 0.2))
    welt.folds = .none
    welt.roundness = 6
    var inside = Piece(
      Outline(
        circleAt: Point(-76, -shaft + 2), radius: 78, squash: 0.22, turned: -0.05),
      fabric: fabric.plain(darker: 0.6))
    inside.folds = .none
    var upper = Piece(
      Outline([
        .sharp(-154, -shaft), .soft(-76, -shaft + 16), .sharp(2, -shaft - 6), .soft(10, -60),
        .soft(34, 4), .soft(110, 40), .soft(186, 66), .soft(214, 100), .sharp(212, ground - 18),
        .soft(100, ground - 14), .soft(20, ground - 22), .soft(-60, lift - 4),
        .sharp(-156, lift - 16), .soft(-164, lift - 70), .soft(-148, -40),
      ]), fabric: fabric)
    upper.folds = Folds(frequency: 1, depth: 0.05, from: -300, lean: 0.4, creases: 0.12, seed: seed)
    upper.roundness = 44
    var gore = Piece(
      Outline([
        .sharp(-104, -shaft + 8), .sharp(-36, -shaft + 8), .soft(-38, -20), .soft(-62, 30),
        .soft(-92, -10),
      ]), fabric: Fabric(fabric.base.darker(0.45), surface: .ribbed, sheen: 0))
    gore.folds = .none
    gore.roundness = 8
    upper.seams = [
      .stitches([.soft(20, 10), .soft(10, 70), .soft(-60, lift - 16)], Colour(0), opacity: 0.4)
    ]
    var tab = Piece(
      Outline([
        .sharp(-152, -shaft - 34), .soft(-142, -shaft - 42), .sharp(-132, -shaft - 34),
        .sharp(-134, -shaft + 30), .sharp(-150, -shaft + 30),
      ]), fabric: fabric.plain(darker: 0.3))
    tab.folds = .none
    tab.roundness = 4
    return Garment([inside, block, welt, upper, gore, tab], thickness: 1.5)
  }

  /// The same shoe twice, the second in front.
  static func pair(_ shoe: Garment, dx: Double, dy: Double) -> Garment {
    func moved(_ garment: Garment, _ x: Double, _ y: Double) -> [Piece] {
      garment.pieces.map { $0.moved(x, y) }
    }
    var front = moved(shoe, dx / 2, dy / 2)
    front[0].lift = 0
    for i in front.indices where front[i].lift == 0 && i > 1 { front[i].lift = i == 3 ? 1.6 : 0 }
    return Garment(moved(shoe, -dx / 2, -dy / 2) + front, thickness: shoe.thickness)
  }

  static func strawHat(_ fabric: Fabric, brim: Double, ribbon: Colour, seed: UInt32) -> Garment {
    var shade = Piece(
      Outline(circleAt: Point(0, 70), radius: brim, squash: 0.36), fabric: fabric)
    shade.folds = Folds(frequency: 0.8, depth: 0.14, from: -300, creases: 0, seed: seed)
    shade.roundness = 30
    shade.seams = [
      Seam(
        stride(from: 0.15, through: 2.99, by: 0.142).map { angle in
          .soft((brim - 12) * cos(angle), 70 + (brim - 12) * 0.36 * sin(angle))
        }, width: 3, opacity: 0.18)
    ]
    var crown = Piece(
      Outline(bothSidesOf: [
        .soft(0, -176), .soft(70, -186), .soft(122, -160), .soft(148, -60), .sharp(166, 62),
        .soft(90, 100), .soft(0, 110),
      ]), fabric: fabric)
    crown.folds = Folds(depth: 0, creases: 0.02, seed: seed)
    crown.roundness = 56
    crown.lift = 1.6
    var dent = Piece(
      Outline(bothSidesOf: [
        .soft(0, -172), .soft(46, -174), .soft(70, -150), .soft(40, -120), .soft(0, -112),
      ]), fabric: fabric.plain(darker: 0.12))
    dent.folds = .none
    dent.roundness = 26
    dent.opacity = 0.55
    dent.isCasting = false
    var band = Piece(
      Outline(bothSidesOf: [
        .soft(0, 44), .soft(90, 36), .sharp(158, 4), .sharp(167, 62), .soft(90, 100),
        .soft(0, 110),
      ]), fabric: Fabric(ribbon, surface: .ribbed, sheen: 0.25))
    band.folds = .none
    band.roundness = 16
    var bow = Piece(
      Outline([
        .sharp(96, 50), .soft(130, 26), .soft(160, 34), .sharp(150, 62), .soft(162, 92),
        .soft(132, 100), .sharp(96, 72), .soft(100, 60),
      ]), fabric: Fabric(ribbon.darker(0.05), surface: .smooth, sheen: 0.3))
    bow.folds = Folds(frequency: 3, depth: 0.2, from: -200, seed: seed)
    bow.lift = 0.5
    return Garment([shade, crown, dent, band, bow], thickness: 1.8)
  }

  static func beanie(_ fabric: Fabric, pompom: Colour?, seed: UInt32) -> Garment {
    var dome = Piece(
      Outline(bothSidesOf: [
        .soft(0, -196), .soft(84, -180), .soft(156, -104), .soft(178, 10), .sharp(180, 90),
        .soft(80, 104), .soft(0, 106),
      ]), fabric: fabric.with(surface: .knitted))
    dome.folds = Folds(frequency: 1.6, depth: 0.10, spread: 0.2, from: -300, creases: 0, seed: seed)
    dome.roundness = 60
    var brim = Piece(
      Outline(bothSidesOf: [
        .soft(0, 66), .soft(110, 60), .sharp(190, 44), .soft(200, 100), .sharp(192, 158),
        .soft(100, 176), .soft(0, 180),
      ]), fabric: fabric.plain(darker: 0.04).with(surface: .ribbed))
    brim.folds = .none
    brim.roundness = 30
    brim.lift = 0.9
    var pieces = [dome, brim]
    if let pompom {
      var choice = SeededChoice(seed: UInt64(seed))
      let rays = (0..<72).map { i -> Knot in
        let angle = 2 * Double.pi * Double(i) / 72
        let radius = (i % 2 == 0 ? 74 : 60) + choice.between(-7, 7)
        return .soft(radius * cos(angle), -226 + radius * sin(angle))
      }
      var ball = Piece(Outline(rays), fabric: Fabric(pompom, surface: .woven, sheen: 0))
      ball.folds = Folds(frequency: 6, depth: 0.25, from: -600, creases: 0.3, seed: seed &+ 3)
      ball.roundness = 44
      ball.lift = 0.8
      pieces.append(ball)
    }
    return Garment(pieces, thickness: 1.6)
  }

  /// An open tote with two handles.
  static func tote(_ fabric: Fabric, handle: Colour, seed: UInt32) -> Garment {
    func strap(_ lift: Double, darker: Float) -> Piece {
      var strap = Piece(
        Outline([
          .sharp(-112, -92), .soft(-104, -220), .soft(-50, -318 - lift), .soft(0, -334 - lift),
          .soft(50, -318 - lift), .soft(104, -220), .sharp(112, -92), .sharp(88, -92),
          .soft(80, -212), .soft(38, -290 - lift), .soft(0, -302 - lift), .soft(-38, -290 - lift),
          .soft(-80, -212), .sharp(-88, -92),
        ]), fabric: Fabric(handle.darker(darker), surface: .leather, sheen: 0.25))
      strap.folds = .none
      strap.roundness = 9
      return strap
    }
    var back = Piece(
      Outline(bothSidesOf: [
        .soft(0, -118), .sharp(196, -124), .sharp(190, -90), .soft(0, -80),
      ]), fabric: fabric.plain(darker: 0.45))
    back.folds = .none
    var body = Piece(
      Outline(bothSidesOf: [
        .soft(0, -98), .sharp(200, -112), .soft(212, 60), .soft(220, 200), .sharp(208, 288),
        .soft(100, 302), .soft(0, 304),
      ]), fabric: fabric)
    body.folds = Folds(frequency: 0.6, depth: 0.10, from: -200, creases: 0.08, seed: seed)
    body.roundness = 36
    body.seams = [
      .stitches([.sharp(-198, -84), .soft(0, -70), .sharp(198, -84)], Colour(0), opacity: 0.4),
      Seam([.soft(-214, 236), .soft(0, 250), .soft(214, 236)], opacity: 0.18),
    ]
    var front = strap(-26, darker: 0)
    front.lift = 0.8
    var pieces = [strap(20, darker: 0.2), back, body, front]
    for x in [-100.0, 100] {
      var patch = Piece(
        Outline([
          .sharp(x - 17, -108), .sharp(x + 17, -108), .sharp(x + 17, -40), .soft(x, -26),
          .sharp(x - 17, -40),
        ]), fabric: Fabric(handle, surface: .leather, sheen: 0.25))
      patch.folds = .none
      patch.roundness = 6
      patch.lift = 0.3
      pieces += [patch, button(x, -52, 5, Colour(0xCDAA5C))]
    }
    return Garment(pieces, thickness: 1.7)
  }

  /// A small bag with a flap, a clasp and a shoulder strap.
  static func handbag(_ fabric: Fabric, metal: Colour, seed: UInt32) -> Garment {
    var strap = Piece(
      Outline([
        .sharp(-186, -40), .soft(-196, -200), .soft(-110, -350), .soft(0, -384), .soft(110, -350),
        .soft(196, -200), .sharp(186, -40), .sharp(172, -40), .soft(180, -196), .soft(100, -334),
        .soft(0, -366), .soft(-100, -334), .soft(-180, -196), .sharp(-172, -40),
      ]), fabric: fabric.plain(darker: 0.12))
    strap.folds = .none
    strap.roundness = 6
    var body = Piece(
      Outline(bothSidesOf: [
        .soft(0, -62), .soft(150, -60), .soft(198, -40), .soft(222, 90), .soft(216, 196),
        .soft(180, 226), .soft(80, 234), .soft(0, 236),
      ]), fabric: fabric)
    body.folds = Folds(depth: 0, creases: 0.05, seed: seed)
    body.roundness = 46
    var flap = Piece(
      Outline(bothSidesOf: [
        .soft(0, -70), .soft(150, -68), .soft(202, -44), .soft(214, 30), .soft(160, 92),
        .soft(60, 124), .soft(0, 128),
      ]), fabric: fabric)
    flap.folds = .none
    flap.roundness = 30
    flap.lift = 1.1
    flap.seams = [
      .stitches(
        [
          .soft(-200, 26), .soft(-152, 82), .soft(-58, 112), .soft(0, 116), .soft(58, 112),
          .soft(152, 82), .soft(200, 26),
        ], fabric.third, opacity: 0.6)
    ]
    var clasp = Piece(
      Outline([
        .sharp(-24, 96), .soft(0, 90), .sharp(24, 96), .soft(26, 136), .soft(0, 152),
        .soft(-26, 136),
      ]), fabric: Fabric(metal, surface: .smooth, sheen: 0.9))
    clasp.folds = .none
    clasp.roundness = 8
    clasp.lift = 0.5
    var rings: [Piece] = []
    for x in [-179.0, 179] {
      var ring = Piece(
        Outline(circleAt: Point(x, -42), radius: 19),
        Outline(circleAt: Point(x, -42), radius: 11).mirrored.shifted(2 * x, 0),
        fabric: Fabric(metal, surface: .smooth, sheen: 0.9))
      ring.folds = .none
      ring.roundness = 4
      rings.append(ring)
    }
    return Garment([strap, body] + rings + [flap, clasp], thickness: 1.8)
  }

  /// A scarf folded once, its fringed ends down.
  static func scarf(_ fabric: Fabric, seed: UInt32) -> Garment {
    func end(_ x: Double, _ bottom: Double, lean: Double) -> Piece {
      var fringe = (0...14).map { i -> [Seam] in
        let at = x - 76 + 152 * Double(i) / 14 + lean
        return [
          Seam(
            [.soft(at, bottom - 4), .soft(at + (i % 2 == 0 ? 3 : -4), bottom + 44)], width: 6,
            colour: fabric.base.mixed(with: fabric.accent, i % 3 == 0 ? 0.7 : 0.1), opacity: 0.95)
        ]
      }.flatMap { $0 }
      fringe += [Seam([.soft(x - 80 + lean, bottom - 6), .soft(x + 80 + lean, bottom - 6)])]
      var piece = Piece(
        Outline([
          .sharp(x - 84, -220), .soft(x, -240), .sharp(x + 84, -220), .soft(x + 78 + lean, 60),
          .sharp(x + 82 + lean, bottom), .soft(x + lean, bottom + 3), .sharp(x - 82 + lean, bottom),
          .soft(x - 80 + lean, 60),
        ]), fabric: fabric)
      piece.folds = Folds(
        frequency: 1.8, depth: 0.2, from: -420, middle: x, creases: 0.06, seed: seed)
      piece.grain = Placement(x: x, y: 0, angle: 0.03)
      piece.roundness = 24
      piece.seams = fringe
      return piece
    }
    var loop = Piece(
      Outline(bothSidesOf: [
        .soft(0, -340), .soft(120, -326), .soft(186, -250), .soft(170, -160), .soft(90, -100),
        .soft(0, -86),
      ]), fabric: fabric)
    loop.folds = Folds(
      frequency: 1.6, depth: 0.26, from: -600, lean: 1.1, creases: 0.1, seed: seed &+ 8)
    loop.grain = Placement(x: 0, y: -200, angle: 1.2)
    loop.roundness = 46
    loop.lift = 1.2
    var right = end(58, 330, lean: 26)
    right.lift = 0.9
    return Garment([end(-62, 270, lean: -20), right, loop], thickness: 1.4)
  }
}

extension Outline {
  func shifted(_ dx: Double, _ dy: Double) -> Outline {
    var copy = self
    copy.points = points.map { Point($0.x + dx, $0.y + dy) }
    return copy
  }
}

extension Piece {
  func moved(_ dx: Double, _ dy: Double) -> Piece {
    var copy = self
    copy.contours = contours.map { $0.shifted(dx, dy) }
    copy.seams = seams.map { seam in
      var seam = seam
      seam.line = seam.line.map { Point($0.x + dx, $0.y + dy) }
      return seam
    }
    copy.grain = Placement(x: grain.origin.x + dx, y: grain.origin.y + dy, angle: grain.angle)
    copy.folds.middle += dx
    return copy
  }
}
