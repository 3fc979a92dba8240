extension Canvas {
  /// Light comes from the upper left.
  private static let light = SIMD2<Float>(-0.62, -0.78)

  /// Draws a garment with its shadow on what is there.
  mutating func draw(_ garment: Garment, at placement: Placement, shadow: Float = 1) {
    let outlines = garment.pieces.map { piece in piece.contours.map { $0.placed(placement) } }
    drawShadow(of: garment, outlines, placement, strength: shadow)
    for (piece, outline) in zip(garment.pieces, outlines) {
      if piece.lift > 0,
        let soft = SoftMask(of: outline, canvas: self, radius: 4 * piece.lift * placement.scale)
      {
        let reach = Float(5 * piece.lift * placement.scale)
        shade(soft, dx: reach * 0.6, dy: reach, tint: Colour(0x4A3F46), strength: 0.42)
      }
      draw(piece, outline, placement)
      for seam in piece.seams {
        let strokes = seam.strokes.map { $0.map(placement.apply) }
        guard let mask = Mask(of: strokes, canvasWidth: width, canvasHeight: height) else {
          continue
        }
        fill(mask) { _, _, under in under.mixed(with: seam.colour, seam.opacity) }
      }
    }
  }

  private mutating func drawShadow(
    of garment: Garment, _ outlines: [[[Point]]], _ placement: Placement, strength: Float
  ) {
    let height = garment.thickness * placement.scale
    let near = max(1, SoftMask.reach(6 * height))
    let far = max(2, SoftMask.reach(24 * height))
    var union: Mask?
    let all = zip(garment.pieces, outlines).filter(\.0.isCasting).map(\.1)
    // The first mask spans everything, so that the others only need to be laid into it.
    guard
      var ground = SoftMask.reduced(all.flatMap { $0 }, self, margin: 3 * far + 2)
    else { return }
    for i in ground.coverage.indices { ground.coverage[i] = 0 }
    union = ground
    for outline in all {
      if let mask = SoftMask.reduced(outline, self, margin: 1) { union?.formUnion(mask) }
    }
    guard var close = union else { return }
    var wide = close
    close.blur(radius: near)
    wide.blur(radius: far)
    let reach = Float(height)
    shade(
      SoftMask(wide), dx: 13 * reach, dy: 22 * reach, tint: Colour(0x3A3340),
      strength: 0.40 * strength)
    shade(
      SoftMask(close), dx: 3 * reach, dy: 5 * reach, tint: Colour(0x2E2830),
      strength: 0.48 * strength)
  }

  private mutating func draw(_ piece: Piece, _ outline: [[Point]], _ placement: Placement) {
    guard let mask = Mask(of: outline, canvasWidth: width, canvasHeight: height) else { return }
    let radius = max(2, piece.roundness * placement.scale)
    guard let soft = SoftMask(of: outline, canvas: self, radius: radius) else { return }
    let folds = piece.folds
    let waves = FoldProfile(seed: folds.seed)
    let creases = FoldProfile(seed: folds.seed &+ 1)
    let cloth = placement.holding(piece.grain)
    let scale = Float(placement.scale)
    let fabric = piece.fabric
    let relief = Float(radius) * 0.55
    // Where right on the canvas is in the cloth.
    let turned = placement.inverse(0, 0).step * scale
    let lightAcross = Self.light.x * turned.x - Self.light.y * turned.y
    var row = Int.min
    var at = SIMD2<Float>()
    var step = SIMD2<Float>()
    var print = SIMD2<Float>()
    var printStep = SIMD2<Float>()
    fill(mask) { x, y, under in
      if y != row {
        row = y
        (at, step) = placement.inverse(0.5, Double(y) + 0.5)
        (print, printStep) = cloth.inverse(0.5, Double(y) + 0.5)
      }
      let here = at + step * Float(x)
      let (value, dx, dy) = soft.sample(Float(x) + 0.5, Float(y) + 0.5)
      // Edges bend away: towards the light they brighten, and everywhere they lose a little.
      let facing = -(dx * Self.light.x + dy * Self.light.y) * relief
      var light = 1 + 0.5 * min(0.5, max(-0.6, facing)) - 0.30 * max(0, 0.85 - value)
      var bend: Float = 0
      var gloss: Float = 0
      if folds.depth > 0 {
        let down = here.y - Float(folds.from)
        let widening = 1 + Float(folds.spread) * max(0, down) * 0.01
        let across = (here.x - Float(folds.middle) - Float(folds.lean) * here.y) / widening
        let wobble = creases.sample(here.y * 0.004).x * 0.35
        let wave = waves.sample(across * 0.01 * Float(folds.frequency) * 2.2 + wobble)
        let share = min(1, max(0, down * 0.008))
        let slope = wave.y * folds.depth * share * lightAcross
        light -= slope * 0.55
        bend = wave.x * folds.depth * share
        gloss = max(0, wave.x * 0.4 - slope) * share
      }
      if folds.creases > 0 {
        let crease = creases.sample((here.x * 0.5 + here.y) * 0.011 + bend * 2)
        let broken = waves.sample((here.x - here.y * 0.4) * 0.006).x
        light -= crease.y * folds.creases * 0.35 * (0.5 + 0.5 * broken)
      }
      let cloth = print + printStep * Float(x) + SIMD2(bend * 16, bend * 10)
      var colour = fabric.colour(cloth.x, cloth.y, scale: scale)
      light *= fabric.texture(cloth.x, cloth.y)
      if fabric.sheen > 0 {
        let shine = max(0, light - 1.02) * 1.6 + gloss * 0.35
        colour = colour.mixed(with: Colour(repeating: 1), min(0.5, shine * fabric.sheen))
      }
      // Shadows keep a little blue, as daylight in a room does.
      let cool = Colour(0.05, 0.045, 0.07, 0) * max(0, 1 - light)
      let lit = colour * min(1.35, max(0.18, light)) + cool
      return piece.opacity < 1 ? under.mixed(with: lit, piece.opacity) : lit
    }
  }
}
