import CKernels
internal import Catalog
internal import Foundation

/// A fingerprint laid over another.
struct Registration {
  let fit: vt_fit
  let look: Likeness.Look

  /// How alike two middles must be for their pictures to be compared; of edits of photographs one
  /// in two hundred is below.
  static let leastLikeness: Float = 0.8

  /// The best fit of `moving` over `fixed`: tried from the likest upright and mirrored windows, from
  /// the whole picture where none is alike, and then the other way round, for the coarser of two
  /// pictures fits the finer one better than the finer one it.
  ///
  /// - Parameters:
  ///   - sketches: of `moving` under all windows.
  ///   - onlyLikely: whether windows must be alike; else nothing is fitted.
  /// - Returns: `nil` where nothing was fitted.
  init?(
    _ moving: vt_planes, _ sketches: Sketches, over fixed: vt_planes, onlyLikely: Bool = false
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
    var best: vt_fit?
    for start in starts {
      let fit = Self.register(moving, over: fixed, start)
      if best.map({ fit.structure < $0.structure }) ?? true { best = fit }
      if Likeness.isWithinBounds(fit, .whole) { break }
    }
    guard var best else { return nil }
    var look = Likeness.Look.whole
    if !Likeness.isWithinBounds(best, look), best.structure < 3 * Likeness.maxStructure {
      let reverse = Self.register(
        fixed, over: moving,
        Self.inverse(best.placement, moving: moving.aspect, fixed: fixed.aspect))
      if Likeness.isWithinBounds(reverse, look) {
        // Told as the caller asked: where the fixed picture lies in the moving one.
        best = reverse
        best.placement = Self.inverse(
          reverse.placement, moving: fixed.aspect, fixed: moving.aspect)
        best.gain = 1 / reverse.gain
      } else if let second = Self.secondLook(moving, over: fixed, best) {
        (best, look) = second
      }
    }
    fit = best
    self.look = look
  }

  /// The fit next to a placement; one that shows less than half of the moving picture is none: a detail
  /// of a picture is another picture, whichever of them comes first.
  private static func register(
    _ moving: vt_planes, over fixed: vt_planes, _ start: vt_placement
  ) -> vt_fit {
    var fit = vt_register(moving, fixed, start, VT_ALL_ROWS, Likeness.maxStructure)
    let scale = exp(fit.placement.logScale)
    let shown = fit.overlap * scale * scale * fixed.aspect / moving.aspect
    if shown < leastShown { (fit.structure, fit.trimmed, fit.colour) = (2, .infinity, .infinity) }
    return fit
  }

  private static let leastShown: Float = 0.5

  /// A fit of what remains once a caption is left out, or once what is bright is clipped in both; `nil`
  /// where that does not make them the same.
  private static func secondLook(
    _ moving: vt_planes, over fixed: vt_planes, _ first: vt_fit
  ) -> (vt_fit, Likeness.Look)? {
    if max(first.top, first.bottom) >= leastCaption {
      let isAbove = first.top >= first.bottom
      let (side, band) = (Int32(VT_LUMA_SIDE), Int32(VT_BAND))
      let rows =
        isAbove ? vt_rows(first: band, end: side) : vt_rows(first: 0, end: side - band)
      let look = isAbove ? Likeness.Look.withoutTop : .withoutBottom
      let fit = vt_register(moving, fixed, first.placement, rows, Likeness.maxStructure)
      if Likeness.isWithinBounds(fit, look) { return (fit, look) }
    }
    let fit = vt_register_lit(moving, fixed, first.placement, Likeness.maxStructure)
    return Likeness.isWithinBounds(fit, .lit) ? (fit, .lit) : nil
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
