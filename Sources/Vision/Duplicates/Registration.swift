import CKernels
internal import Catalog
internal import Foundation

/// A fingerprint laid over another.
struct Registration {
  let fit: vt_fit
  let look: Likeness.Look

  /// How alike two middles must be for their pictures to be compared; of edits of photographs one
  /// in five hundred is below.
  static let leastLikeness: Float = 0.84

  /// The best fit of two pictures, whichever of them is laid over the other: the second is laid over
  /// the first where the first over the second is not the same. The verdict is that of both.
  ///
  /// - Parameters:
  ///   - sketches: of `moving` under all windows.
  ///   - onlyLikely: whether windows must be alike and the second try be near; else nothing is fitted.
  /// - Returns: `nil` where nothing was fitted. The placement is that of `moving` over `fixed`.
  init?(
    _ moving: vt_planes, _ sketches: Sketches, over fixed: vt_planes, onlyLikely: Bool = false
  ) {
    guard let forward = Self(laying: moving, sketches, over: fixed, onlyLikely: onlyLikely) else {
      return nil
    }
    let isHopeless = onlyLikely && forward.fit.structure >= Self.hopeless
    if !forward.isSame, !isHopeless,
      let backward = Self(
        laying: fixed, .all(of: fixed.luma), over: moving, onlyLikely: onlyLikely),
      backward.isSame
    {
      self = backward.told(fixed, over: moving)
    } else {
      self = forward
    }
  }

  /// Beyond this a fit that was tried from a likely window does not arrive from the other side either.
  private static let hopeless = 4 * Likeness.maxStructure

  /// Whether what differs is within its bounds.
  var isSame: Bool { Likeness.isWithinBounds(fit, look) }

  /// The best fit of `moving` over `fixed`: tried from the likest upright and mirrored windows, from
  /// the whole picture where none is alike, and then the other way round, for the coarser of two
  /// pictures fits the finer one better than the finer one it.
  private init?(
    laying moving: vt_planes, _ sketches: Sketches, over fixed: vt_planes, onlyLikely: Bool
  ) {
    let likest = sketches.likest(to: .middle(of: fixed.luma))
    var starts = likest.filter { $0.likeness >= Self.leastLikeness }
      .sorted { $0.likeness > $1.likeness }
      .map {
        $0.window.placement(
          moving: moving.aspect, fixed: fixed.aspect, isMirrored: $0.isMirrored)
      }
    if starts.isEmpty {
      if onlyLikely { return nil }
      starts = [
        Window.middle.placement(moving: moving.aspect, fixed: fixed.aspect, isMirrored: false)
      ]
    }
    var best: Registration?
    for start in starts {
      let found = Registration(fit: Self.register(moving, over: fixed, start), look: .whole)
      if best.map({ found.fit.structure < $0.fit.structure }) ?? true { best = found }
      if found.isSame { break }
    }
    guard var best else { return nil }
    if !best.isSame, best.fit.structure < 3 * Likeness.maxStructure {
      let inverse = Self.inverse(best.fit.placement, moving: moving.aspect, fixed: fixed.aspect)
      let reverse = Registration(fit: Self.register(fixed, over: moving, inverse), look: .whole)
      if reverse.isSame {
        best = reverse.told(fixed, over: moving)
      } else if let second = Self.secondLook(moving, over: fixed, best.fit) {
        best = second
      }
    }
    self = best
  }

  private init(fit: vt_fit, look: Likeness.Look) {
    self.fit = fit
    self.look = look
  }

  /// The same told the other way round: where `fixed` lies in `moving`.
  private func told(_ moving: vt_planes, over fixed: vt_planes) -> Registration {
    var fit = fit
    fit.overlap = min(1, Self.shown(fit, moving: moving.aspect, fixed: fixed.aspect))
    fit.placement = Self.inverse(
      fit.placement, moving: moving.aspect, fixed: fixed.aspect)
    fit.gain = 1 / fit.gain
    return Registration(fit: fit, look: look)
  }

  /// The share of the moving picture that lies in the fixed one.
  private static func shown(_ fit: vt_fit, moving: Float, fixed: Float) -> Float {
    fit.overlap * exp(2 * fit.placement.logScale) * fixed / moving
  }

  /// The fit next to a placement; one that shows less than half of the moving picture is none: a detail
  /// of a picture is another picture, whichever of them comes first.
  private static func register(
    _ moving: vt_planes, over fixed: vt_planes, _ start: vt_placement
  ) -> vt_fit {
    var fit = vt_register(moving, fixed, start, VT_ALL_ROWS, Likeness.maxStructure)
    let shown = shown(fit, moving: moving.aspect, fixed: fixed.aspect)
    if shown < leastShown {
      (fit.structure, fit.trimmed, fit.texture, fit.colour) = (2, .infinity, .infinity, .infinity)
    }
    return fit
  }

  private static let leastShown: Float = 0.5

  /// A fit of what remains once a caption is left out, or once what is bright is clipped in both; `nil`
  /// where that does not make them the same.
  private static func secondLook(
    _ moving: vt_planes, over fixed: vt_planes, _ first: vt_fit
  ) -> Registration? {
    if max(first.top, first.bottom) >= leastCaption {
      let isAbove = first.top >= first.bottom
      let (side, band) = (Int32(VT_LUMA_SIDE), Int32(VT_BAND))
      let rows =
        isAbove ? vt_rows(first: band, end: side) : vt_rows(first: 0, end: side - band)
      let look = isAbove ? Likeness.Look.withoutTop : .withoutBottom
      let found = Registration(
        fit: vt_register(moving, fixed, first.placement, rows, Likeness.maxStructure), look: look)
      if found.isSame { return found }
    }
    let lit = Registration(
      fit: vt_register_lit(moving, fixed, first.placement, Likeness.maxStructure), look: .lit)
    return lit.isSame ? lit : nil
  }

  /// Of all that differs, the share of the highest or lowest fifth from which it is taken out.
  private static let leastCaption: Float = 0.5

  /// The placement of the fixed picture over the moving one.
  static func inverse(_ p: vt_placement, moving: Float, fixed: Float) -> vt_placement {
    let isMirrored = p.mirrored != 0
    let angle = isMirrored ? p.angle : -p.angle
    let x = (isMirrored ? -p.x : p.x) * moving
    let scale = exp(-p.logScale)
    return vt_placement(
      logScale: -p.logScale, angle: angle,
      x: -scale * (cos(angle) * x - sin(angle) * p.y) / fixed,
      y: -scale * (sin(angle) * x + cos(angle) * p.y), mirrored: p.mirrored)
  }
}

extension Fingerprint {
  /// - Precondition: the fingerprint is fine.
  func withPlanes<Result>(_ body: (vt_planes) -> Result) -> Result {
    precondition(isFine)
    return luma.withUnsafeBufferPointer { luma in
      colour.withUnsafeBufferPointer { colour in
        body(
          vt_planes(luma: luma.baseAddress, chroma: colour.baseAddress, aspect: ratio))
      }
    }
  }

  /// Width ÷ height.
  var ratio: Float { Float(aspect) / 1_024 }
}
